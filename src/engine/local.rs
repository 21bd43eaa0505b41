//! Actions that this server answers by itself, from what the program knows.

use serde_json::{Value, json};

use super::request::Prepared;
use super::{CallError, ErrorKind, Outcome, Run, Shown, Status};
use crate::knowledge::{TOPICS, topic};

/// Answers a call; nothing is sent.
pub(super) fn answer(run: &Run<'_>, prepared: &Prepared) -> Result<Outcome, CallError> {
    let name = prepared.arguments.get("topic").and_then(Value::as_str);
    let Some(topic) = name.and_then(topic) else {
        let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
        return Err(CallError::new(
            ErrorKind::Refused,
            format!("`{}` failed: there is no such topic.", run.action.name()),
            format!("The topics are {}.", names.join(", ")),
        ));
    };
    let body = json!({"topic": topic.name, "title": topic.title, "uri": topic.uri(),
        "text": topic.text});
    let mut outcome = Outcome::new(Status::Ok);
    outcome.data = Some(Shown::ours(body));
    Ok(outcome)
}
