//! Intents: signups by their older name (vendor docs: v1 Back in Stock API).

mod change;
mod create;
mod demand;
mod list;
mod notify;
mod row;
#[cfg(test)]
mod tests;

pub(super) use create::broken as broken_create;
pub(super) use notify::broken as broken_notify;

use super::V1Reply;
use super::reply::{V1Answer, V1Refusal};
use crate::sandbox::actions::ids::id;
use crate::sandbox::actions::instant::{Span, date};
use crate::sandbox::actions::window::days;
use crate::sandbox::scope::{Args, Scope};
use row::IntentRow;

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<V1Reply> {
    Some(match action {
        "list" => list::list(scope, args),
        "read" => read(scope, args),
        "create" => create::create(scope, args),
        "notify" => notify::notify(scope, args),
        "bulk_notify" => notify::bulk_notify(scope, args),
        "bulk_destroy" => change::bulk_destroy(scope, args),
        "transfer" => change::transfer(scope, args),
        "products_in_demand" => demand::ranking(scope, args),
        _ => return None,
    })
}

/// One intent.
fn read(scope: &Scope<'_>, args: &Args) -> V1Reply {
    match IntentRow::find(scope, &id(args, "id"))? {
        Some(row) => Ok(V1Answer::new(200, row.print())),
        None => Err(unknown()),
    }
}

/// The answer to an id that the shop does not have.
fn unknown() -> V1Refusal {
    V1Refusal::because(404, UNKNOWN)
}

const UNKNOWN: &str = "Intent not found";

/// Reads `start_date` and `end_date`: whole UTC days, both included.
fn span(args: &Args) -> Result<Span, V1Refusal> {
    let end = |name: &str| match args.text(name) {
        None => Ok(None),
        Some(text) => date(text)
            .map(Some)
            .ok_or_else(|| V1Refusal::because(400, &format!("{name} must be a date"))),
    };
    let (from, to) = (end("start_date")?, end("end_date")?);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(V1Refusal::because(
            400,
            "start_date must be on or before end_date",
        ));
    }
    Ok(days(from, to))
}
