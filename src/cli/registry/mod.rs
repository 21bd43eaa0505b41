//! `registry`: looks after the action registry.

mod drift;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::settings::GlobalFlags;
use super::source::read;
use super::{Outcome, failed, misused};
use crate::registry::BUNDLED;
use crate::registry::lint::lint;

/// Flags of `registry`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a registry against every rule of its format and of the clients
    Lint {
        /// The registry file [default: the one built in]
        file: Option<PathBuf>,
    },
    /// Read the API's manifest, and keep it for starts at which the API cannot be reached
    Pull(drift::PullFlags),
    /// Show what the API's manifest has that the registry built in has not, and the reverse
    Diff(drift::DiffFlags),
    /// Fail with exit code 1 when the API's manifest differs from the registry built in
    Check(drift::DiffFlags),
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    match flags.command {
        Command::Lint { file } => check(file.as_deref()),
        Command::Pull(flags) => drift::pull(&global, &flags),
        Command::Diff(flags) => drift::diff(&global, &flags),
        Command::Check(flags) => drift::check(&global, &flags),
    }
}

fn check(path: Option<&Path>) -> Outcome {
    let (text, origin) = match path {
        Some(path) => (read(path)?, path.display().to_string()),
        None => (BUNDLED.to_owned(), "bundled registry".to_owned()),
    };
    let findings = lint(&text, &origin).map_err(misused)?;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("{origin}: no mistakes");
        return Ok(());
    }
    Err(failed(anyhow::anyhow!(
        "{origin}: {} mistakes",
        findings.len()
    )))
}
