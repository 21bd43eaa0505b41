//! Jobs: submitted, waited for within bounds, then handed back with the action that resumes them.

use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant};

use super::request::Prepared;
use super::{
    CallError, Engine, ErrorKind, JobInfo, MetJob, Outcome, Progress, Run, Status, error, send,
    shape, verify,
};
use crate::registry::entry::{Api, Method, Retry};
use crate::registry::transform::DEFAULT_WAIT_SECONDS;
use crate::registry::{Action, placeholders, schema};
use crate::upstream::{ForeignText, JobHandle, JobState, JobStatus, UpstreamError};

/// Kept of the call's deadline for what follows the wait: the file and its shaping.
const AFTER_WAIT: Duration = Duration::from_secs(4);
/// The wait when nobody says how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(DEFAULT_WAIT_SECONDS);

/// A job and the action that reads it.
pub(super) struct Followed<'a> {
    pub job_id: String,
    pub path: String,
    pub reader: Option<&'a Action>,
}

impl Engine {
    /// Submits a job and waits for it; a cursor leads back to the job it came from instead.
    pub(super) async fn submit(
        &self,
        run: &Run<'_>,
        prepared: Prepared,
    ) -> Result<Outcome, CallError> {
        if let Some(job_id) = prepared
            .window
            .as_ref()
            .and_then(|window| window.job_id.clone())
        {
            let job = self.job_of(run, job_id)?;
            return self.wait(run, &prepared, job, false).await;
        }
        let fail = |failure| error::from_upstream(run.action, failure);
        let started = Instant::now();
        let retry = run.action.entry().retry;
        let sent = self
            .upstream
            .send(
                &prepared.request,
                send::repeat(retry),
                send::priority(run),
                run.deadline,
            )
            .await;
        match &sent {
            Ok(answer) => run.trace.taken(answer.status),
            Err(failure) => run.trace.failed(failure),
        }
        let answer = match (sent, retry) {
            (Ok(answer), _) => answer,
            // A job that was perhaps submitted is never submitted again.
            (
                Err(failure @ UpstreamError::Ambiguous(_)),
                Retry::ReadBack | Retry::NaturalKey | Retry::Once,
            ) => return Ok(self.unknown(run, &prepared, started, &failure)),
            (Err(failure), _) => return Err(fail(failure)),
        };
        let handle =
            JobHandle::from_answer(answer.body.unshown(), self.upstream.base()).map_err(fail)?;
        let reader = self
            .registry
            .match_path(Api::V2, Method::Get, &handle.path)
            .map(|(action, _)| action);
        let job = Followed {
            job_id: handle.job_id,
            path: handle.path,
            reader,
        };
        self.wait(run, &prepared, job, true).await
    }

    /// Goes on waiting for a job that an earlier call submitted.
    pub(super) async fn resume(
        &self,
        run: &Run<'_>,
        prepared: Prepared,
    ) -> Result<Outcome, CallError> {
        let job = Followed {
            job_id: job_id(run.action, &prepared),
            path: prepared.request.path.clone(),
            reader: Some(run.action),
        };
        self.wait(run, &prepared, job, false).await
    }

    /// The job a cursor names, below the toolset of the action it was given to.
    pub(super) fn job_of(&self, run: &Run<'_>, job_id: String) -> Result<Followed<'_>, CallError> {
        let reader = self.job_reader(&run.action.entry().toolset);
        let path = reader.and_then(|reader| job_path(reader, &job_id));
        match (reader, path) {
            (Some(reader), Some(path)) => Ok(Followed {
                job_id,
                path,
                reader: Some(reader),
            }),
            _ => Err(CallError::new(
                ErrorKind::Arguments,
                format!(
                    "`{}` was not called: `cursor` names no job.",
                    run.action.name()
                ),
                "Leave `cursor` out to export anew.",
            )),
        }
    }

    /// The action that reads the jobs of a toolset.
    pub(super) fn job_reader(&self, toolset: &str) -> Option<&Action> {
        self.registry.actions().iter().find(|action| {
            let entry = action.entry();
            entry.toolset == toolset && entry.reads_jobs()
        })
    }

    async fn met(&self, run: &Run<'_>, job: &Followed<'_>, info: &JobInfo) {
        let seen = MetJob {
            action: run.action.name().to_owned(),
            reader: job.reader.map(|reader| reader.name().to_owned()),
            since: self.upstream.clock(),
            info: info.clone(),
        };
        self.jobs.note(seen, self.guards.clock.now()).await;
    }

    pub(super) async fn wait(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        job: Followed<'_>,
        fresh: bool,
    ) -> Result<Outcome, CallError> {
        let until =
            (Instant::now() + prepared.wait.unwrap_or(DEFAULT_WAIT)).min(run.deadline - AFTER_WAIT);
        let followed = self
            .upstream
            .follow(&job.path, fresh, until, run.deadline, |state| {
                tell(run, state);
            })
            .await;
        let state = match followed {
            Ok(state) => state,
            // The job is there and at work: its id must not be lost with one poll.
            Err(failure) if fresh && !is_gone(&failure) => {
                let info = info(run.action, &job, &JobState::unknown());
                self.met(run, &job, &info).await;
                let mut outcome = running(info);
                outcome.add_note(&format!("Its state could not be read yet: {failure}."));
                return Ok(outcome);
            }
            Err(failure) => return Err(job_error(run.action, &job, failure)),
        };
        let info = info(run.action, &job, &state);
        self.met(run, &job, &info).await;
        match state.status {
            JobStatus::Running => Ok(running(info)),
            JobStatus::Ready => self.fetched(run, prepared, &job, state, info).await,
            JobStatus::Completed => {
                let mut outcome = Outcome::new(Status::Ok);
                let data = state_data(run.action, &job, &state);
                outcome.data = Some(shape::shape_state(run.action, prepared, data));
                outcome.job = Some(info);
                outcome.add_note("The API does not report items that failed: read the records back to see each one.");
                // One that only read the job does not know which records it was about.
                if run.action.entry().read_back.is_some() {
                    outcome.add_note(&verify::how_to_check(
                        run.action,
                        &prepared.arguments,
                        None,
                        &prepared.masker,
                    ));
                }
                Ok(outcome)
            }
            JobStatus::Failed | JobStatus::Cancelled => stopped(run, prepared, &job, &state, info),
        }
    }
}

/// The path of a job by its reading action.
pub(super) fn job_path(reader: &Action, job_id: &str) -> Option<String> {
    let path = &reader.entry().path;
    let mut names = placeholders(path);
    let name = names.next()?;
    if names.next().is_some() || !crate::upstream::is_job_id(job_id) {
        return None;
    }
    Some(path.replace(&format!(":{name}"), job_id))
}

fn job_id(action: &Action, prepared: &Prepared) -> String {
    action
        .placeholders()
        .last()
        .and_then(|name| prepared.arguments.get(name))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn tell(run: &Run<'_>, state: &JobState) {
    if let Some(on_progress) = &run.on_progress {
        on_progress(Progress {
            done: state.processed,
            total: state.total,
            message: format!("{} %", state.progress),
        });
    }
}

fn info(action: &Action, job: &Followed<'_>, state: &JobState) -> JobInfo {
    let resume = job.reader.filter(|_| !state.is_final()).map(|reader| {
        let arguments: Map<String, Value> = reader
            .placeholders()
            .map(|name| (name.to_owned(), json!(job.job_id)))
            .collect();
        (reader.name().to_owned(), arguments)
    });
    JobInfo {
        action: action.name().to_owned(),
        job_id: job.job_id.clone(),
        status: state.status.as_str(),
        progress: state.progress,
        total: state.total,
        processed: state.processed,
        resume,
    }
}

fn running(info: JobInfo) -> Outcome {
    let mut outcome = Outcome::new(Status::Running);
    match &info.resume {
        Some((action, arguments)) => outcome.add_note(&format!(
            "The job is still at work; `{action}` {} waits on.",
            Value::Object(arguments.clone())
        )),
        None => outcome.add_note("The job is still at work; no action of the registry reads it."),
    }
    outcome.job = Some(info);
    outcome
}

/// The state of a job, with the keys the action's answer has. Never the signed link.
pub(super) fn state_data(action: &Action, job: &Followed<'_>, state: &JobState) -> Value {
    let known = schema::properties(action.response_schema());
    let all = [
        ("job_id", json!(job.job_id)),
        ("status", json!(state.status.as_str())),
        ("progress", json!(state.progress)),
        ("total", json!(state.total)),
        ("processed", json!(state.processed)),
        ("error", json!(state.error.as_ref().map(ForeignText::shown))),
        (
            "expires_at",
            json!(state.expires_at.as_ref().map(ForeignText::shown)),
        ),
    ];
    let data = all.into_iter().filter(|(name, value)| {
        !value.is_null() && known.is_some_and(|known| known.contains_key(*name))
    });
    Value::Object(data.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A job that broke: a failure of the call that submitted it, a plain fact for one that reads it.
fn stopped(
    run: &Run<'_>,
    prepared: &Prepared,
    job: &Followed<'_>,
    state: &JobState,
    info: JobInfo,
) -> Result<Outcome, CallError> {
    if run.action.entry().method == Method::Get {
        let mut outcome = Outcome::new(Status::Ok);
        let data = state_data(run.action, job, state);
        outcome.data = Some(shape::shape_state(run.action, prepared, data));
        outcome.job = Some(info);
        return Ok(outcome);
    }
    let why = state
        .error
        .as_ref()
        .map(|text| format!(": {}", text.shown()))
        .unwrap_or_default();
    Err(CallError::new(
        ErrorKind::JobFailed,
        format!(
            "`{}`: the job `{}` ended as {}{why}.",
            run.action.name(),
            job.job_id,
            state.status.as_str()
        ),
        "What it had done stays done. Call again to start a new job.",
    ))
}

/// Whether the API says that there is no such job.
fn is_gone(failure: &UpstreamError) -> bool {
    matches!(failure, UpstreamError::NotFound { .. })
}

fn job_error(action: &Action, job: &Followed<'_>, failure: UpstreamError) -> CallError {
    if is_gone(&failure) {
        return CallError::new(
            ErrorKind::Gone,
            format!("The job `{}` is unknown or expired.", job.job_id),
            "Jobs are kept for 24 h. Export again, but read the records of a bulk action back before you repeat it: it may have done its work.",
        );
    }
    error::from_upstream(action, failure)
}
