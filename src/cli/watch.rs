//! `watch`: a job until it ends, or the waitlist as it changes.

mod job;
mod waitlist;

use std::time::Duration;

use anyhow::anyhow;
use clap::Subcommand;
use tokio_util::sync::CancellationToken;

use super::settings::GlobalFlags;
use super::{Failure, Outcome, runtime};

/// What to watch.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Follow a job until it ends; the exit code says how
    Job(job::Flags),
    /// Show how many shoppers wait for what, and what changes
    Waitlist(waitlist::Flags),
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        match flags.what {
            What::Job(flags) => job::watch(&global, flags).await,
            What::Waitlist(flags) => waitlist::watch(&global, flags).await,
        }
    });
    runtime.shutdown_background();
    ended
}

/// A time span as it is typed: `30s`, `5m`, `1h`, or seconds alone.
fn span(text: &str) -> Result<Duration, String> {
    let told = || format!("`{text}` is no time span; write 30s, 5m or 1h");
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, text.split_at(number.len()).1),
        None => (text, "s"),
    };
    let number: u32 = number.parse().map_err(|_| told())?;
    let seconds = match unit {
        "h" => 3_600,
        "m" => 60,
        _ => 1,
    };
    let span = Duration::from_secs(u64::from(number) * seconds);
    match span.is_zero() {
        true => Err(told()),
        false => Ok(span),
    }
}

/// Waits for the next look; says whether somebody stopped it meanwhile.
async fn is_stopped(stop: &CancellationToken, span: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => true,
        () = tokio::time::sleep(span) => false,
    }
}

/// The refusal of looks that cost the shop's budget more than watching is worth.
fn too_often(least: Duration) -> Failure {
    super::misused(anyhow!(
        "--every is at least {} s for a shop: each look costs a point of the budget that everything with the shop's key shares",
        least.as_secs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_is_typed() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h", 3_600), ("7", 7)] {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "0s", "-1s", "1d", "1.5s", "99999999999s"] {
            let told = format!("`{text}` is no time span; write 30s, 5m or 1h");
            assert_eq!(span(text), Err(told));
        }
    }
}
