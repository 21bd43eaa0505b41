//! The command line: one file per subcommand.
//!
//! It reads flags, resolves the configuration, builds the rooms below and turns their errors into
//! messages and exit codes. What a call does is not its concern.

mod actions;
mod audit;
mod cache;
mod call;
mod completions;
mod connect;
mod data;
mod demo;
mod docs;
mod doctor;
pub mod exit;
mod find;
mod install;
mod live;
mod man;
mod parity;
mod picture;
mod progress;
mod receipts;
mod registry;
mod sandbox;
mod serve;
mod settings;
mod signal;
mod source;
mod sources;
mod state;
mod style;
mod token;
mod tools;
mod watch;
mod words;
mod writes;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::Exit;
use settings::GlobalFlags;

use crate::text::without_keys;

/// What stands below the help of the program.
fn after_help() -> String {
    format!(
        "Try it without a key:  stoq-mcp demo\nThe shop's key is read from the environment variable STOQ_API_KEY.\n\n{}",
        exit::help()
    )
}

#[derive(Debug, Parser)]
#[command(
    name = "stoq-mcp",
    version,
    about = "Back-in-stock waitlists and preorders on STOQ for AI agents: MCP server, sandbox shop and command line",
    after_help = after_help()
)]
struct Cli {
    #[command(flatten)]
    global: GlobalFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put this server into the file of an MCP client, or take it out again
    Install(install::Flags),
    /// Check program, configuration, key, API, policy, state and clients, and say what mends each finding
    Doctor(Box<doctor::Flags>),
    /// Watch a restock morning: a real client, a real server and a sandbox shop, no key needed
    Demo(demo::Flags),
    /// Serve MCP on standard input and output, or over HTTP
    Serve(serve::Flags),
    /// Run the API's sandbox alone: a lifelike shop over HTTP on this machine, no key needed
    Sandbox(sandbox::Flags),
    /// Do one thing at the shop: read a list, change a setting, send an alert
    Call(call::Flags),
    /// Follow a job until it ends, or the waitlist as it changes
    Watch(watch::Flags),
    /// List the actions
    Actions(actions::Flags),
    /// Show the tools a client sees, and what they cost in context
    Tools(tools::Flags),
    /// Find the action that does what you say, in your own words
    Find(find::Flags),
    /// Print what v2 has instead of each call of v1
    Parity(parity::Flags),
    /// Check and read the trail of what was done
    Audit(audit::Flags),
    /// Show what was done: one line a call, or all of one
    Receipts(receipts::Flags),
    /// Turn everything but reads off or on, for every server that shares the state
    Writes(writes::Flags),
    /// Make bearer tokens for a server over HTTP, or list those of a file
    #[command(subcommand)]
    Token(token::Command),
    /// Look after the action registry
    Registry(registry::Flags),
    /// Write the generated files anew, or print what there is in one of their formats
    Docs(docs::Flags),
    /// Print what a shell needs to complete this program's command line
    Completions(completions::Flags),
    /// Print the manual page
    Man(man::Flags),
}

/// Why a subcommand ended badly, with its exit code.
#[derive(Debug)]
struct Failure {
    code: Exit,
    error: anyhow::Error,
}

impl Failure {
    fn new(code: Exit, error: anyhow::Error) -> Self {
        Self { code, error }
    }

    /// An end that the result on standard output tells of already.
    fn told(code: Exit) -> Self {
        Self::new(code, anyhow::Error::msg(""))
    }
}

type Outcome = Result<(), Failure>;

/// A failure while running.
fn failed(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Failed, error.into())
}

/// A mistake in what was asked.
fn misused(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Misused, error.into())
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistake; printing them may meet a closed pipe.
            let told = error.to_string();
            let safe = without_keys(&told);
            if safe == told {
                let _ = error.print();
            } else {
                eprint!("{safe}");
            }
            return ExitCode::from(match error.use_stderr() {
                true => Exit::Misused.code(),
                false => Exit::Done.code(),
            });
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // A key that was put into a flag, a file or an address must not end in a client's log.
            let told = without_keys(&format!("{:#}", failure.error));
            if !told.is_empty() {
                style::complain(&told);
            }
            ExitCode::from(failure.code.code())
        }
    }
}

fn dispatch(cli: Cli) -> Outcome {
    let global = cli.global;
    match cli.command {
        Command::Demo(flags) => demo::run(global, flags),
        Command::Serve(flags) => serve::run(global, flags),
        Command::Sandbox(flags) => sandbox::run(global, flags),
        Command::Call(flags) => call::run(global, flags),
        Command::Watch(flags) => watch::run(global, flags),
        Command::Actions(flags) => actions::run(global, flags),
        Command::Tools(flags) => tools::run(global, flags),
        Command::Find(flags) => find::run(global, flags),
        Command::Parity(flags) => parity::run(flags),
        Command::Audit(flags) => audit::run(global, flags),
        Command::Receipts(flags) => receipts::run(global, flags),
        Command::Writes(flags) => writes::run(global, flags),
        Command::Token(command) => token::run(command),
        Command::Registry(flags) => registry::run(global, flags),
        Command::Docs(flags) => docs::run(global, flags),
        Command::Install(flags) => install::run(flags),
        Command::Doctor(flags) => doctor::run(&global, &flags),
        Command::Completions(flags) => completions::run(&flags),
        Command::Man(flags) => man::run(&flags),
    }
}

/// Writes a whole text to standard output; a closed pipe is the reader's choice.
fn print(text: &str) -> Outcome {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(failed(error)),
        _ => Ok(()),
    }
}

/// The runtime of a subcommand that talks.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }
}
