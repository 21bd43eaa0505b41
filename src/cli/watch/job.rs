//! A job, until it ends.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use serde_json::{Map, Value, json};

use super::super::connect::{Caller, ConnectFlags, connect};
use super::super::exit::{Exit, is_broken};
use super::super::progress::Bar;
use super::super::settings::GlobalFlags;
use super::super::signal::stop_on_signal;
use super::super::style::{Role, paint, print};
use super::super::{Failure, Outcome, words};
use crate::engine::{Call, CallError, Engine, ErrorKind, JobInfo, OnProgress, Outcome as Shown};
use crate::surface::job_readers;

/// Flags of `watch job`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Id of the job, as the call that began it printed it
    id: String,
    /// Print one JSON line a change
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectFlags,
}

/// Prints how far a job is, as JSON, when that has changed.
#[derive(Debug, Default)]
struct Lines(Mutex<Option<String>>);

impl Lines {
    fn say(&self, line: String) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&line) {
            // A closed pipe ends nothing: the exit code still tells.
            let _ = print(&format!("{line}\n"));
            *last = Some(line);
        }
    }
}

pub(super) async fn watch(global: &GlobalFlags, flags: Flags) -> Outcome {
    let connection = connect(global, &flags.connect, Caller::Shell).await?;
    let bar = match flags.json {
        true => Bar::silent(),
        false => Bar::new(),
    };
    let lines = Arc::new(Lines::default());
    let on_progress: OnProgress = match flags.json {
        true => {
            let (lines, id) = (Arc::clone(&lines), flags.id.clone());
            Arc::new(move |progress| {
                let line = json!({"job_id": id, "status": "running", "processed": progress.done,
                    "total": progress.total});
                lines.say(line.to_string());
            })
        }
        false => bar.listener(),
    };
    let call = Call {
        on_progress: Some(on_progress),
        cancel: stop_on_signal()?,
        ..Call::default()
    };
    let ended = follow(&connection.engine, &flags.id, &call).await;
    bar.clear();
    let (reader, outcome) = ended.map_err(|error| {
        let exit = Exit::of_error(error.kind);
        let told = match exit == Exit::Interrupted {
            true => format!(
                "Stopped watching. The job `{}` goes on without it.",
                flags.id
            ),
            false => words::told(&error),
        };
        Failure::new(exit, anyhow!(told))
    })?;
    end(&flags, &lines, &reader, &outcome)
}

/// Waits, call after call, until the job has ended.
async fn follow(engine: &Arc<Engine>, id: &str, call: &Call) -> Result<(String, Shown), CallError> {
    let mut readers = job_readers(engine, id).await?;
    loop {
        let mut ended = None;
        for reader in &readers {
            let call = Call {
                action: reader.clone(),
                arguments: arguments(engine, reader, id),
                ..call.clone()
            };
            match engine.call(call).await {
                // Only one of them knows it.
                Err(error) if error.kind == ErrorKind::Gone => ended = Some(Err(error)),
                other => {
                    ended = Some(other.map(|outcome| (reader.clone(), outcome)));
                    break;
                }
            }
        }
        match ended {
            Some(Ok((reader, outcome))) if is_running(&outcome) => readers = vec![reader],
            Some(ended) => return ended,
            None => {
                return Err(CallError {
                    kind: ErrorKind::Forbidden,
                    what: "No action that is offered here reads jobs.".to_owned(),
                    next: "Nothing was sent.".to_owned(),
                });
            }
        }
    }
}

fn arguments(engine: &Engine, reader: &str, id: &str) -> Map<String, Value> {
    let names = engine.find(reader).into_iter();
    let names = names.flat_map(|action| action.placeholders());
    names.map(|name| (name.to_owned(), json!(id))).collect()
}

fn is_running(outcome: &Shown) -> bool {
    outcome.status == crate::engine::Status::Running
}

/// Tells how the job ended.
fn end(flags: &Flags, lines: &Lines, reader: &str, outcome: &Shown) -> Outcome {
    let Some(job) = &outcome.job else {
        return Err(super::super::failed(anyhow!(
            "`{reader}` told nothing of the job `{}`",
            flags.id
        )));
    };
    if flags.json {
        let line = json!({"job_id": job.job_id, "status": job.status, "processed": job.processed,
            "total": job.total});
        lines.say(line.to_string());
    } else {
        print(&last(job, reader, outcome.resource.is_some()))?;
    }
    match is_broken(job) {
        false => Ok(()),
        true => Err(Failure::new(
            Exit::Failed,
            anyhow!(
                "The job `{}` ended as {}{}. What it had done stays done",
                job.job_id,
                job.status,
                why(outcome)
            ),
        )),
    }
}

/// The last line for people.
fn last(job: &JobInfo, reader: &str, has_file: bool) -> String {
    let role = match is_broken(job) {
        true => Role::Bad,
        false => Role::Good,
    };
    let mut text = format!(
        "job {}: {}, {} of {}\n",
        job.job_id,
        paint(role, job.status),
        job.processed,
        job.total
    );
    if has_file {
        let command = format!(
            "stoq-mcp call {reader} job_id={} --csv --out FILE.csv",
            job.job_id
        );
        text.push_str(&format!("Its file: {}\n", paint(Role::Name, command)));
    }
    text
}

/// What the API says of a job that broke.
fn why(outcome: &Shown) -> String {
    let told = outcome
        .data
        .as_ref()
        .and_then(|data| data.get("error")?.as_str());
    told.map(|text| format!(": {text}")).unwrap_or_default()
}
