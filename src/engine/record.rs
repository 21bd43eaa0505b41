//! One log line a call, without values of arguments or answers.

use tokio::time::Instant;

use super::{CallError, Outcome};
use crate::registry::Action;

pub(super) fn record(
    action: Option<&Action>,
    name: &str,
    started: Instant,
    result: &Result<Outcome, CallError>,
) {
    let Some(action) = action else {
        // The name is the caller's text: only its length is told.
        tracing::info!(length = name.len(), "unknown action");
        return;
    };
    let took = started.elapsed();
    let (name, class) = (action.name(), action.entry().class.as_str());
    match result {
        Ok(outcome) => tracing::info!(
            action = name,
            class,
            status = outcome.status.as_str(),
            took_us = took.as_micros(),
            "call"
        ),
        Err(error) => tracing::info!(
            action = name,
            class,
            error = ?error.kind,
            took_us = took.as_micros(),
            "call failed"
        ),
    }
}
