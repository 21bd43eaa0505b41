//! The tool `job`: lists the jobs met, waits for one, fetches what it made.

use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::house;
use crate::engine::{Call, CallError, Engine, ErrorKind, Outcome, Shown, Status};
use crate::registry::entry::Class;

/// Runs one call of the tool; `like` says how to wait and whom to tell.
pub(super) async fn job(
    engine: &Arc<Engine>,
    arguments: Map<String, Value>,
    like: Call,
) -> Result<Outcome, CallError> {
    let mut arguments = house::arguments("job", arguments)?;
    let Some(Value::String(job_id)) = arguments.shift_remove("job_id") else {
        return Ok(list(engine).await);
    };
    let mut ended = Err(unread());
    for reader in readers(engine, &job_id).await? {
        let call = Call {
            action: reader.clone(),
            arguments: reading(engine, &reader, &job_id, &arguments),
            class: Some(Class::Read),
            ..like.clone()
        };
        ended = engine.call(call).await;
        match &ended {
            // Only one of them knows it.
            Err(error) if error.kind == ErrorKind::Gone => {}
            Ok(_) | Err(_) => break,
        }
    }
    ended
}

/// The actions that may read a job: the one that does when it was met before, else all. The others
/// would say that there is no such job, as if it had to be started again.
pub(crate) async fn readers(engine: &Engine, job_id: &str) -> Result<Vec<String>, CallError> {
    if let Some(reader) = engine.job_met(job_id).await {
        engine.offered(&reader)?;
        return Ok(vec![reader]);
    }
    let readers = engine
        .allowed()
        .filter(|action| action.entry().reads_jobs());
    Ok(readers.map(|action| action.name().to_owned()).collect())
}

/// The reader's arguments: those of the tool that it takes. Only exports have rows.
fn reading(
    engine: &Engine,
    reader: &str,
    job_id: &str,
    given: &Map<String, Value>,
) -> Map<String, Value> {
    let Some(action) = engine.find(reader) else {
        return Map::new();
    };
    let known = action.input_schema().get("properties");
    let mut arguments: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| known.is_some_and(|known| known.get(name.as_str()).is_some()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for name in action.placeholders() {
        arguments.insert(name.to_owned(), json!(job_id));
    }
    arguments
}

fn unread() -> CallError {
    CallError {
        kind: ErrorKind::Forbidden,
        what: "No action of this server reads jobs.".to_owned(),
        next: "The operator can offer one by `toolsets` or `tools` and restart the server."
            .to_owned(),
    }
}

async fn list(engine: &Engine) -> Outcome {
    let mut outcome = Outcome::new(Status::Ok);
    let (met, missing) = engine.jobs().await;
    let jobs: Vec<Value> = met
        .into_iter()
        .map(|job| {
            json!({"job_id": job.info.job_id, "action": job.action,
                "since": job.since.to_rfc3339_opts(SecondsFormat::Secs, true),
                "last_seen": job.info.status, "processed": job.info.processed, "total": job.info.total})
        })
        .collect();
    if let Some(failure) = missing {
        tracing::warn!(%failure, "the jobs of other servers were not listed");
        outcome.add_note(
            "Only jobs of this server since its start are listed: the state store, which holds the others, cannot be read now.",
        );
    } else if jobs.is_empty() {
        outcome.add_note(
            "This server has met no job in the last day. One that was begun elsewhere can still be read by its `job_id`.",
        );
    }
    outcome.data = Some(Shown::ours(json!({"jobs": jobs})));
    outcome.rows_key = Some("jobs".to_owned());
    outcome
}
