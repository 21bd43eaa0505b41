//! Intents: signups by their older name.

mod row;

use super::V1Reply;
use super::reply::{V1Answer, V1Refusal};
use crate::sandbox::actions::ids::id;
use crate::sandbox::scope::{Args, Scope};
use row::IntentRow;

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<V1Reply> {
    Some(match action {
        "read" => read(scope, args),
        _ => return None,
    })
}

/// One intent.
fn read(scope: &Scope<'_>, args: &Args) -> V1Reply {
    match IntentRow::find(scope, &id(args, "id"))? {
        Some(row) => Ok(V1Answer::new(200, row.print())),
        None => Err(V1Refusal::because(404, "Intent not found")),
    }
}
