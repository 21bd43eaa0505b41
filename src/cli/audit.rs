//! `audit`: whether the trail is whole, what it holds, and where it ends.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use serde_json::json;

use super::connect::TRAIL;
use super::settings::GlobalFlags;
use super::state::StateFlags;
use super::style::{self, Role, paint};
use super::{Failure, Outcome, failed, misused, print};
use crate::safety::audit::export::{Filter, Form, Printer, unverified};
use crate::safety::audit::types::Kind;
use crate::safety::audit::verify::walk;
use crate::safety::audit::{
    Expected, Finding, Key, Line, Verified, VerifyError, Wanted, head, verify,
};

/// Flags of `audit`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that no line was changed, lost or moved
    Verify(VerifyFlags),
    /// Print lines of a trail that is whole
    Export(ExportFlags),
    /// Print number and code of the last line, to be kept elsewhere
    Head(StateFlags),
}

#[derive(Debug, Args)]
struct WantedFlags {
    /// Number of the line that the trail begins with, when older files were moved away
    #[arg(long, value_name = "SEQ", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// A line that must be in the trail, as `audit head` printed it: finds that the whole folder was
    /// put back to an older state
    #[arg(long, value_name = "SEQ:MAC")]
    expect: Option<Expected>,
}

impl WantedFlags {
    const fn wanted(&self) -> Wanted {
        Wanted {
            from: self.from,
            expected: self.expect,
        }
    }
}

#[derive(Debug, Args)]
struct VerifyFlags {
    #[command(flatten)]
    place: StateFlags,
    #[command(flatten)]
    wanted: WantedFlags,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ExportFlags {
    #[command(flatten)]
    place: StateFlags,
    #[command(flatten)]
    wanted: WantedFlags,
    /// From this day on (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,
    /// Up to this day (UTC), and with it
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
    /// Of this principal
    #[arg(long)]
    principal: Option<String>,
    /// Of this shop, by the hash that stands in the lines
    #[arg(long)]
    shop: Option<String>,
    /// Of this action
    #[arg(long)]
    action: Option<String>,
    /// Of this kind
    #[arg(long)]
    event: Option<Kind>,
    /// Print a table instead of JSON lines
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print one JSON array instead of JSON lines
    #[arg(long)]
    json: bool,
    /// Print what can be read of a trail without checking it
    #[arg(long, conflicts_with_all = ["from", "expect"])]
    unverified: bool,
}

impl ExportFlags {
    fn filter(&self) -> Filter {
        let begin = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        Filter {
            since: self.since.map(begin),
            before: self.until.map(|day| match day.succ_opt() {
                Some(next) => begin(next),
                None => DateTime::<Utc>::MAX_UTC,
            }),
            principal: self.principal.clone(),
            shop: self.shop.clone(),
            action: self.action.clone(),
            event: self.event,
        }
    }

    const fn form(&self) -> Form {
        match (self.csv, self.json) {
            (true, _) => Form::Csv,
            (false, true) => Form::Json,
            (false, false) => Form::JsonLines,
        }
    }
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    match flags.command {
        Command::Verify(flags) => run_verify(&global, &flags),
        Command::Export(flags) => run_export(&global, &flags),
        Command::Head(flags) => run_head(&global, &flags),
    }
}

fn run_verify(global: &GlobalFlags, flags: &VerifyFlags) -> Outcome {
    let folder = trail(&flags.place, global)?;
    let checked = verify(&folder, key()?, flags.wanted.wanted());
    match &checked {
        Ok(whole) if flags.json => print(&format!("{}\n", whole_json(whole))),
        Ok(whole) => style::print(&whole_text(whole)),
        Err(VerifyError::Found(found)) if flags.json => print(&format!("{}\n", found_json(found))),
        Err(VerifyError::Found(_) | VerifyError::Unread(_) | VerifyError::NotTaken(_)) => Ok(()),
    }?;
    checked.map(|_| ()).map_err(failed)
}

fn whole_text(whole: &Verified) -> String {
    let mut text = format!(
        "{} Lines: {}",
        paint(Role::Good, "The audit trail is whole."),
        count(whole.lines, "none", |lines| format!(
            "{lines} ({} to {})",
            whole.first, whole.last
        ))
    );
    text.push_str(&format!(". Files: {}.\n", whole.files));
    text.push_str(&count(whole.torn, "", |torn| {
        format!("Lines that tell of a crash in the middle of a line: {torn}.\n")
    }));
    text.push_str(&count(whole.unfinished, "", |bytes| {
        format!(
            "After the last line stand {bytes} bytes of one that a crash cut, or that somebody added; the next write records them.\n"
        )
    }));
    text
}

fn count(number: u64, none: &str, some: impl FnOnce(u64) -> String) -> String {
    if number == 0 {
        none.to_owned()
    } else {
        some(number)
    }
}

fn whole_json(whole: &Verified) -> serde_json::Value {
    let Verified {
        lines,
        first,
        last,
        files,
        torn,
        unfinished,
    } = whole;
    json!({
        "whole": true, "lines": lines, "first": first, "last": last, "files": files,
        "torn": torn, "unfinished": unfinished,
    })
}

fn found_json(found: &Finding) -> serde_json::Value {
    let Finding {
        file,
        line,
        seq,
        what,
    } = found;
    json!({
        "whole": false, "file": file, "line": line, "seq": seq, "what": what.to_string(),
    })
}

fn run_export(global: &GlobalFlags, flags: &ExportFlags) -> Outcome {
    let folder = trail(&flags.place, global)?;
    let wanted = flags.wanted.wanted();
    if !flags.unverified {
        // All of it, before the first line is printed.
        verify(&folder, key()?, wanted).map_err(|error| match error {
            VerifyError::Found(found) => failed(anyhow!(
                "nothing is exported, since the audit trail is not whole. {found}. Add --unverified to print what can be read of it"
            )),
            error @ (VerifyError::Unread(_) | VerifyError::NotTaken(_)) => failed(error),
        })?;
    }
    let filter = flags.filter();
    let exported = (|| -> Result<u64, Ended> {
        let out = BufWriter::new(io::stdout().lock());
        let mut printer = Printer::new(out, flags.form()).map_err(VerifyError::NotTaken)?;
        let mut take = |line: &Line| match filter.takes(line) {
            true => printer.print(line),
            false => Ok(()),
        };
        let unread = if flags.unverified {
            unverified(&folder, &mut take)?
        } else {
            walk(&folder, key()?, wanted, &mut take)?;
            0
        };
        printer.end().map_err(VerifyError::NotTaken)?;
        Ok(unread)
    })();
    match exported {
        Ok(unread) => {
            if flags.unverified {
                style::complain(&format!(
                    "these lines were not checked; {unread} could not be read and are left out"
                ));
            }
            Ok(())
        }
        // A closed pipe is the reader's choice.
        Err(Ended::Broken(VerifyError::NotTaken(error)))
            if error.kind() == io::ErrorKind::BrokenPipe =>
        {
            Ok(())
        }
        Err(Ended::Broken(error)) => Err(failed(error)),
        Err(Ended::Misused(failure)) => Err(failure),
    }
}

/// Why an export ended early.
enum Ended {
    Broken(VerifyError),
    Misused(Failure),
}

impl From<VerifyError> for Ended {
    fn from(error: VerifyError) -> Self {
        Self::Broken(error)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Misused(failure)
    }
}

fn run_head(global: &GlobalFlags, flags: &StateFlags) -> Outcome {
    let folder = trail(flags, global)?;
    match head(&folder, key()?).map_err(failed)? {
        Some(head) => print(&format!("{}:{}\n", head.seq, head.mac)),
        None => Err(failed(anyhow!(
            "there is no audit trail in {}",
            folder.display()
        ))),
    }
}

/// Folder of the trail.
fn trail(state: &StateFlags, global: &GlobalFlags) -> Result<PathBuf, Failure> {
    Ok(state.place(global)?.trail.join(TRAIL))
}

/// The key that the environment holds, if it holds one.
fn key() -> Result<Option<Key>, Failure> {
    Key::of_environment(|name| {
        std::env::var_os(name).map(|text| text.to_string_lossy().into_owned())
    })
    .map_err(misused)
}
