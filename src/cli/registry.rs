//! `registry`: looks after the action registry.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Failure, Outcome, failed, misused};
use crate::registry::lint::lint;
use crate::registry::{BUNDLED, Registry};

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
}

pub(super) fn run(flags: Flags) -> Outcome {
    match flags.command {
        Command::Lint { file } => check(file.as_deref()),
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
    Err(Failure {
        code: super::FAILED,
        error: anyhow::anyhow!("{origin}: {} mistakes", findings.len()),
    })
}

/// The text of a registry file.
fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        misused(anyhow::anyhow!(
            "the registry file {} cannot be read: {error}",
            path.display()
        ))
    })
}

/// The registry of a file, or the bundled one.
pub(super) fn load(path: Option<&PathBuf>) -> Result<Registry, Failure> {
    match path {
        None => Registry::bundled().map_err(failed),
        Some(path) => {
            let text = read(path)?;
            Registry::parse(&text, &path.display().to_string()).map_err(misused)
        }
    }
}
