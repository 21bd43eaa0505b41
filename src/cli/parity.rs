//! `parity`: what v2 has instead of each call of v1.

use std::path::PathBuf;

use super::{Outcome, print, source};
use crate::discovery;

/// Flags of `parity`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Print it as JSON instead of tables
    #[arg(long)]
    json: bool,
    /// A registry file instead of the one built in
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
}

pub(super) fn run(flags: Flags) -> Outcome {
    let registry = source::load(flags.registry.as_deref())?;
    let text = if flags.json {
        discovery::parity_json(&registry)
    } else {
        discovery::parity(&registry)
    };
    print(&text)
}
