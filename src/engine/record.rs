//! What is known of a call when it has ended, without values of arguments or answers: one log line, its
//! figures, and what its span says of it.

use tokio::time::Instant;

use super::{CallError, Outcome};
use crate::observe::{self, Acting, Scope};
use crate::registry::Action;

/// What is at work while a call of an action is, for all that happens within it.
pub(super) fn scope(action: Option<&Action>) -> Scope {
    let trace = observe::here().trace;
    let acting = match action {
        Some(action) => {
            let class = action.entry().class.as_str();
            if let Some(trace) = &trace {
                trace.note("stoq.action", action.name().to_owned());
                trace.note("stoq.class", class);
            }
            Acting::known(action.name(), class)
        }
        None => Acting::other(),
    };
    Scope {
        acting: Some(acting),
        trace,
    }
}

pub(super) fn record(
    action: Option<&Action>,
    name: &str,
    started: Instant,
    result: &Result<Outcome, CallError>,
) {
    let took = started.elapsed();
    let scope = observe::here();
    let trace = scope.trace.clone();
    count(scope.acting(), took, result);
    if let (Some(trace), Err(error)) = (&trace, result) {
        trace.note("stoq.error.kind", error.kind.as_str());
    }
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let trace_id = trace.map(|trace| trace.id());
    let Some(action) = action else {
        // The name is the caller's text: only its length is told.
        tracing::info!(length = name.len(), trace_id, "unknown action");
        return;
    };
    let (name, class) = (action.name(), action.entry().class.as_str());
    match result {
        Ok(outcome) => tracing::info!(
            action = name,
            class,
            status = outcome.status.as_str(),
            took_us = took.as_micros(),
            trace_id,
            "call"
        ),
        Err(error) => tracing::info!(
            action = name,
            class,
            error = ?error.kind,
            took_us = took.as_micros(),
            trace_id,
            "call failed"
        ),
    }
}

fn count(acting: Acting, took: std::time::Duration, result: &Result<Outcome, CallError>) {
    let figures = observe::figures();
    match result {
        Ok(outcome) => figures.call_ended(acting, took, outcome.status.as_str()),
        Err(error) if error.kind.is_own_refusal() => {
            figures.call_refused(acting, took, error.kind.as_str());
        }
        Err(error) => figures.call_failed(acting, took, error.kind.as_str()),
    }
}
