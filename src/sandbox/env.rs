//! What every request of the sandbox shares beside the tables: knobs, addresses, the link signer.

use super::config::Config;
use super::faults::JobFault;
use super::links::Links;

/// Surroundings of a request.
#[derive(Debug)]
pub struct Env {
    /// The knobs.
    pub config: Config,
    /// Signer of export links.
    pub links: Links,
    /// `http://127.0.0.1:<port>`.
    pub origin: String,
    /// Path of the v2 base below the origin.
    pub base_path: String,
    /// The job fault that hit this request, for the job it submits.
    pub job_fault: Option<JobFault>,
}

impl Env {
    /// Surroundings with every knob at its default.
    pub fn new(origin: String, base_path: String) -> Self {
        Self {
            config: Config::default(),
            links: Links::new(),
            origin,
            base_path,
            job_fault: None,
        }
    }
}
