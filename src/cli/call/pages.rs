//! `--all`: every page of a list, one after the other, within what the points budget gives.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::progress::Bar;
use super::super::style::{Role, paint, tell};
use super::super::{Failure, misused, words};
use crate::engine::{Call, CallError, Engine, ErrorKind, Outcome, Progress};
use crate::registry::Action;

/// How long to wait when the points are used up: they come back within a minute.
const PAUSE: Duration = Duration::from_secs(15);
/// Waits in a row before it is given up.
const MOST_PAUSES: u32 = 8;

/// Reads every page.
pub(super) async fn every(
    engine: &Arc<Engine>,
    mut call: Call,
    bar: &Bar,
) -> Result<Outcome, Failure> {
    let widened = match engine.offered(&call.action) {
        Ok(action) => widen(action, &mut call)?,
        Err(_) => false,
    };
    let mut whole = page(engine, &call, 0).await?;
    if let (true, Some(first)) = (widened, &whole.page) {
        narrow(&mut call, first.shown);
    }
    loop {
        let Some(at) = whole.page.clone() else {
            return Ok(whole);
        };
        show(bar, at.shown, at.total);
        let Some(cursor) = at.next_cursor else {
            return Ok(whole);
        };
        call.arguments.insert("cursor".into(), json!(cursor));
        let next = page(engine, &call, at.shown).await?;
        whole.append(next);
        let now = whole
            .page
            .as_ref()
            .and_then(|page| page.next_cursor.as_ref());
        if now == Some(&cursor) {
            return Err(Failure::new(
                Exit::Failed,
                anyhow!(
                    "the list does not go on after {} rows; call again",
                    at.shown
                ),
            ));
        }
    }
}

/// Asks for as many rows at once as one call gives, when nobody said how many; says whether it did.
fn widen(action: &Action, call: &mut Call) -> Result<bool, Failure> {
    let Some(rows) = action.rows() else {
        return Err(misused(anyhow!(
            "--all reads every page of a list, and `{}` is none; leave it out",
            action.name()
        )));
    };
    let own = ["limit", "page", "per_page"];
    let is_free = !own.iter().any(|name| call.arguments.contains_key(*name));
    if is_free {
        call.arguments.insert("limit".into(), Value::from(rows.max));
    }
    Ok(is_free)
}

/// Asks for no more than an answer shows, a little less for rows that are longer: the API's pages are
/// read once then, and not for the few rows that were cut off.
fn narrow(call: &mut Call, shown: usize) {
    let fits = u64::try_from(shown - shown / 10).unwrap_or(u64::MAX);
    let limit = call.arguments.get("limit").and_then(Value::as_u64);
    if let Some(limit) = limit.filter(|limit| fits < *limit)
        && fits > 0
        && limit > u64::try_from(shown).unwrap_or(u64::MAX)
    {
        call.arguments.insert("limit".into(), Value::from(fits));
    }
}

/// One page, waited for while the points are used up.
async fn page(engine: &Arc<Engine>, call: &Call, before: usize) -> Result<Outcome, Failure> {
    for _ in 0..MOST_PAUSES {
        match engine.call(call.clone()).await {
            Err(error) if error.kind == ErrorKind::Budget => {
                let told = format!(
                    "… {before} rows so far; the points are used up, waiting {} s\n",
                    PAUSE.as_secs()
                );
                tell(&paint(Role::Warn, told));
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = call.cancel.cancelled() => return Err(broken(&error, Exit::Interrupted, call, before)),
                }
            }
            Err(error) => return Err(broken(&error, Exit::of_error(error.kind), call, before)),
            Ok(outcome) => return Ok(outcome),
        }
    }
    let error = engine.call(call.clone()).await;
    error.map_err(|error| broken(&error, Exit::of_error(error.kind), call, before))
}

/// Why the rest is missing, and how to go on.
fn broken(error: &CallError, exit: Exit, call: &Call, before: usize) -> Failure {
    let told = words::told(error);
    let cursor = call.arguments.get("cursor").and_then(Value::as_str);
    match cursor {
        Some(cursor) if before > 0 => Failure::new(
            exit,
            anyhow!("{told} {before} rows were read before; the rest begins with cursor={cursor}"),
        ),
        Some(_) | None => Failure::new(exit, anyhow!(told)),
    }
}

fn show(bar: &Bar, shown: usize, total: Option<u64>) {
    let done = u64::try_from(shown).unwrap_or(u64::MAX);
    bar.show(&Progress {
        done,
        total: total.unwrap_or(done),
        message: "rows".to_owned(),
    });
}
