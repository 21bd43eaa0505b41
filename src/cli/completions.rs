//! `completions`: what a shell completes on the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome, print};

/// Flags of `completions`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The shell
    shell: Shell,
}

pub(super) fn run(flags: &Flags) -> Outcome {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(flags.shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}
