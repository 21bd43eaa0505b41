//! Sending alerts by hand, one or many. An alert that is held back is a failure here, and logged.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::super::reply::V1Answer;
use super::super::{V1Refusal, V1Reply, v2};
use super::{UNKNOWN, unknown};
use crate::sandbox::actions::ids::ids;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Sends the alert of one intent.
pub(super) fn notify(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let id = args.text("id").unwrap_or_default().to_ascii_lowercase();
    let sent = match v2(scope, "back_in_stock_signups_notify", args.0.clone()) {
        Ok(sent) => sent,
        Err(Refusal::NotFound(_)) => return Err(unknown()),
        Err(other) => return Err(other.into()),
    };
    let reason = sent.pointer("/notification/blocked_reason");
    Ok(match reason.and_then(Value::as_str) {
        Some(reason) => V1Answer::error(422, &held_back(reason)),
        None => V1Answer::new(200, json!({"success": true, "intent_id": id})),
    })
}

/// Sends the alerts of many; 207 as soon as one was not sent.
pub(super) fn bulk_notify(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let wanted = ids(args, "intent_ids");
    let mut of_v2 = Map::from_iter([("signup_ids".to_owned(), json!(wanted))]);
    if let Some(resend) = args.get("allow_resend") {
        of_v2.insert("allow_resend".to_owned(), resend.clone());
    }
    let done = v2(scope, "back_in_stock_signups_bulk_notify", of_v2)?;
    let reasons = reasons(&done);
    // In the order they were sent in, as v2 keeps two lists.
    let failed: Vec<Value> = wanted
        .iter()
        .filter_map(|id| Some(json!({"intent_id": id, "error": reasons.get(id.as_str())?})))
        .collect();
    let status = if failed.is_empty() { 200 } else { 207 };
    let body = json!({"success": done.get("success"), "failed": failed});
    Ok(V1Answer::new(status, body))
}

/// Why signups were not alerted, by their id.
fn reasons(done: &Value) -> HashMap<&str, String> {
    let rows = |name: &str| {
        done.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let text =
        |row: &'_ Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let blocked = rows("blocked").filter_map(|row| {
        let reason = text(row, "blocked_reason")?;
        Some((row.get("signup_id")?.as_str()?, held_back(&reason)))
    });
    let failed = rows("failed").filter_map(|row| {
        let error = match text(row, "error")?.as_str() {
            "Signup not found" => UNKNOWN.to_owned(),
            other => other.to_owned(),
        };
        Some((row.get("signup_id")?.as_str()?, error))
    });
    blocked.chain(failed).collect()
}

fn held_back(reason: &str) -> String {
    format!("Notification blocked: {reason}")
}

/// Without an id there is no intent.
pub(in super::super) fn broken(texts: Vec<String>) -> V1Refusal {
    match texts.first().map(String::as_str) {
        Some("id is missing" | "id must be filled") => unknown(),
        Some(_) | None => V1Refusal::first(400, texts),
    }
}
