//! The actions of v1, over the records of v2: what one API writes the other shows at once.
//!
//! A write is the v2 action behind it, whose arguments and answer are translated; what v1 alone can
//! do stands in the rooms of the records. v1 has answers of its own: any status with any body, one
//! text for what is wrong, and a success code for what it refuses. [`V1Reply`] holds them; what of
//! the work stays is a matter of `Ok` and `Err`, not of the status.

mod intents;
mod plans;
mod reply;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};
pub(in crate::sandbox) use reply::{V1Refusal, V1Reply};

/// Rows a page holds when the caller names no number.
const ROWS: i64 = 25;

/// Runs an action by its tool name; `None` when there is no such action.
pub(in crate::sandbox) fn run(name: &str, scope: &mut Scope<'_>, args: &Args) -> Option<V1Reply> {
    if let Some(action) = name.strip_prefix("v1_preorders_") {
        return plans::run(action, scope, args);
    }
    intents::run(name.strip_prefix("v1_intents_")?, scope, args)
}

/// What an action answers to parameters that break its contract; the texts are those of v2, in the
/// order the schema declares its fields, at least one.
pub(in crate::sandbox) fn broken(name: &str, texts: Vec<String>) -> V1Refusal {
    match name {
        "v1_intents_create" => intents::broken_create(texts),
        "v1_intents_notify" => intents::broken_notify(texts),
        "v1_preorders_create" | "v1_preorders_update" => plans::broken_settings(texts),
        "v1_preorders_remove_variant" | "v1_preorders_bulk_toggle_inventory_policy" => {
            plans::broken_policy(texts)
        }
        "v1_preorders_update_variant_settings" => plans::broken_override(texts),
        _ => V1Refusal::first(400, texts),
    }
}

/// Runs the v2 action behind an action of v1, on arguments by their v2 names.
fn v2(scope: &mut Scope<'_>, name: &str, args: Map<String, Value>) -> Reply {
    super::run(name, scope, &Args(args))
        .unwrap_or_else(|| Err(Refusal::Broken(format!("no action {name}"))))
}

/// An object's fields; none of anything else.
fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
