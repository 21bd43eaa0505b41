//! Long work as tasks, for clients that declared the extension: a call whose job is still at work
//! after a short wait gives a task back. Nothing is kept here: a task's id is a sealed ticket, which
//! any server of the shop reads, after a restart too.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, CreateTaskResult, DetailedTask, GetTaskResult, JsonObject, Task, TaskPayload,
    TaskStatus,
};
use serde_json::Value;

use super::result;
use crate::engine::{CallError, Engine, ErrorKind, JobInfo, Outcome, Status, Ticket};

/// How long a call waits for its job before it becomes a task.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How often a client should look: each look costs the shop a point.
const POLL_MS: u64 = 3_000;
/// How long the API keeps a finished job (vendor docs: Async Jobs, 24 h).
const KEPT_MS: u64 = 24 * 60 * 60 * 1_000;

/// The task of a call whose job is still at work.
pub(super) fn begun(engine: &Engine, job: &JobInfo) -> CreateTaskResult {
    let (ticket, id) = engine.ticket(job);
    let now = engine.upstream().clock();
    CreateTaskResult::new(
        task(id, &ticket, TaskStatus::Working, now).with_status_message(told(job)),
    )
}

/// The state of a task, with its result when it has one.
pub(super) async fn get(engine: &Arc<Engine>, id: String) -> Result<GetTaskResult, ErrorData> {
    let ticket = read(engine, &id)?;
    let ended = engine.follow(&ticket, Duration::ZERO).await;
    let now = engine.upstream().clock();
    let task = |status| task(id, &ticket, status, now);
    let detailed = match ended {
        Ok(Outcome {
            status: Status::Running,
            job: Some(job),
            ..
        }) => DetailedTask::new(
            task(TaskStatus::Working).with_status_message(told(&job)),
            TaskPayload::Working,
        ),
        Ok(outcome) => completed(task(TaskStatus::Completed), &result::success(outcome, None))?,
        // Looking failed; the job goes on.
        Err(error) if is_passing(&error) => DetailedTask::new(
            task(TaskStatus::Working).with_status_message(error.to_string()),
            TaskPayload::Working,
        ),
        Err(error) => completed(task(TaskStatus::Completed), &result::failure(&error))?,
    };
    Ok(GetTaskResult::new(detailed))
}

/// Refuses the id of no task.
pub(super) fn known(engine: &Engine, id: &str) -> Result<(), ErrorData> {
    read(engine, id).map(drop)
}

fn read(engine: &Engine, id: &str) -> Result<Ticket, ErrorData> {
    engine.read_ticket(id).ok_or_else(|| {
        ErrorData::invalid_params(
            "There is no such task: its id was not given by a server of this shop.",
            None,
        )
    })
}

fn task(id: String, ticket: &Ticket, status: TaskStatus, now: DateTime<Utc>) -> Task {
    Task::new(id, status, stamp(ticket.since), stamp(now))
        .with_ttl_ms(KEPT_MS)
        .with_poll_interval_ms(POLL_MS)
}

fn completed(task: Task, result: &CallToolResult) -> Result<DetailedTask, ErrorData> {
    let fault = || ErrorData::internal_error("the result could not be written", None);
    match serde_json::to_value(result) {
        Ok(Value::Object(map)) => {
            let result: JsonObject = map;
            Ok(DetailedTask::new(task, TaskPayload::Completed { result }))
        }
        Ok(_) | Err(_) => Err(fault()),
    }
}

/// Whether a later look may succeed.
fn is_passing(error: &CallError) -> bool {
    match error.kind {
        ErrorKind::Budget | ErrorKind::Unavailable | ErrorKind::Busy | ErrorKind::Cancelled => true,
        ErrorKind::UnknownAction
        | ErrorKind::Arguments
        | ErrorKind::Forbidden
        | ErrorKind::OtherClass(_)
        | ErrorKind::Refused
        | ErrorKind::Gone
        | ErrorKind::JobFailed
        | ErrorKind::Key
        | ErrorKind::Unagreed
        | ErrorKind::Repeated
        | ErrorKind::State
        | ErrorKind::Internal => false,
    }
}

fn told(job: &JobInfo) -> String {
    format!("{} of {} done", job.processed, job.total)
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
