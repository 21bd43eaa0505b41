//! `man`: the manual pages, made from the flags themselves.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Outcome, failed, misused, print};

/// Flags of `man`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The page of this subcommand, e.g. `serve` or `registry diff`, instead of the program's own
    #[arg(value_name = "SUBCOMMAND", conflicts_with = "dir")]
    of: Vec<String>,
    /// Write all pages into this folder instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(flags: &Flags) -> Outcome {
    let mut command = Cli::command().disable_help_subcommand(true);
    if let Some(dir) = &flags.dir {
        let written =
            std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir));
        return written.map_err(|error| {
            failed(anyhow::anyhow!(
                "the pages cannot be written to {}: {error}",
                dir.display()
            ))
        });
    }
    command.build();
    let mut found = &command;
    for name in &flags.of {
        found = found.find_subcommand(name).ok_or_else(|| {
            misused(anyhow::anyhow!(
                "there is no subcommand `{name}`; `stoq-mcp --help` lists them"
            ))
        })?;
    }
    let mut page = Vec::new();
    Man::new(found.clone()).render(&mut page).map_err(failed)?;
    print(&String::from_utf8_lossy(&page))
}
