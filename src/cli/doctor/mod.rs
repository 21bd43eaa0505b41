//! `doctor`: looks at everything that must be right for a client to work with a shop, and says of each
//! finding what mends it.
//!
//! It changes nothing, and asks the API once, in the way every start does.

mod api;
mod clients;
mod configuration;
mod finding;
mod policy;
mod program;
mod state;

use clap::Args;

use super::connect::ConnectFlags;
use super::settings::{self, GlobalFlags};
use super::{Outcome, failed, print, runtime};
use finding::Report;

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Print the commands that mend what was found, and nothing else
    #[arg(long, conflicts_with = "json")]
    fix_hints: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectFlags,
}

pub(super) fn run(global: &GlobalFlags, flags: &Flags) -> Outcome {
    let report = look(global, flags)?;
    print(&match (flags.json, flags.fix_hints) {
        (true, _) => report.json(),
        (false, true) => report.fixes(),
        (false, false) => report.text(),
    })?;
    match report.problems() {
        0 => Ok(()),
        1 => Err(failed(anyhow::anyhow!("there is a problem"))),
        count => Err(failed(anyhow::anyhow!("there are {count} problems"))),
    }
}

fn look(global: &GlobalFlags, flags: &Flags) -> Result<Report, super::Failure> {
    let mut report = Report::default();
    program::look(&mut report);
    match settings::resolve(global, flags.connect.layer()) {
        Ok(config) => {
            let file = settings::config_file(global);
            configuration::look(&mut report, &config, file.as_deref());
            runtime()?.block_on(async {
                api::look(&mut report, &config, &flags.connect.target).await;
                policy::look(&mut report, &config, flags.connect.target.sandbox);
                state::look(&mut report, &config, flags.connect.target.sandbox).await;
            });
        }
        // What hangs on it cannot be looked at.
        Err(failure) => configuration::refused(&mut report, &failure.error, global),
    }
    clients::look(&mut report);
    Ok(report)
}
