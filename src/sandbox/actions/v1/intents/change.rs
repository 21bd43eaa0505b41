//! Deleting intents and moving them to a different variant.

use serde_json::{Map, json};

use super::super::reply::V1Answer;
use super::super::{V1Refusal, V1Reply, v2};
use super::row::IntentRow;
use crate::sandbox::actions::ids::ids;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Deletes all of the given intents or none.
pub(super) fn bulk_destroy(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let wanted = ids(args, "intent_ids");
    let of_v2 = Map::from_iter([("signup_ids".to_owned(), json!(wanted))]);
    let deleted = match v2(scope, "back_in_stock_signups_bulk_delete", of_v2) {
        Ok(deleted) => deleted,
        Err(Refusal::NotFound(_)) => {
            return Err(V1Refusal::because(404, "No valid intents found"));
        }
        Err(Refusal::Conflict(_)) => return Err(notified(scope, wanted)?),
        Err(other) => return Err(other.into()),
    };
    let count = deleted.get("deleted_count");
    Ok(V1Answer::new(
        200,
        json!({"success": true, "deleted_count": count}),
    ))
}

/// Names those among some intents that stand in the way.
fn notified(scope: &Scope<'_>, wanted: Vec<String>) -> Result<V1Refusal, V1Refusal> {
    let mut sent = Vec::new();
    for id in wanted {
        if IntentRow::find(scope, &id)?.is_some_and(|row| row.is_notified()) {
            sent.push(id);
        }
    }
    let body = json!({"error": "Cannot delete notified intents", "sent_intent_ids": sent});
    Ok(V1Refusal::Own(V1Answer::new(422, body)))
}

/// Moves intents; the answer is empty and does not say how many.
pub(super) fn transfer(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let mut of_v2 = args.0.clone();
    if let Some(kind) = of_v2.shift_remove("intent_type") {
        of_v2.insert("signup_type".to_owned(), kind);
    }
    match v2(scope, "back_in_stock_signups_transfer", of_v2) {
        Ok(_) => Ok(V1Answer {
            status: 200,
            body: None,
        }),
        // Here the ends are no records of the path.
        Err(Refusal::NotFound(text)) => Err(V1Refusal::because(422, &text)),
        Err(other) => Err(other.into()),
    }
}
