//! Plans created, changed, switched and deleted. `enabled` moves the state machine of v2; asking for
//! what holds already is no conflict here.

use serde_json::{Map, Value, json};

use super::super::reply::V1Answer;
use super::super::{V1Refusal, V1Reply, fields as object, v2};
use super::{fields, named, row};
use crate::sandbox::actions::preorders::{OfferRow, OfferState};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Names of a plan that are no settings.
const NAMES: [&str; 2] = ["name", "internal_name"];

/// A new plan, put live when that is asked for.
pub(super) fn create(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let sent = sent(args);
    let created = changed(scope, "create", Map::new(), &sent)?;
    let id = created.get("id").cloned().unwrap_or_default();
    answer(scope, 201, id, &sent)
}

/// Changes what is sent of a plan, and nothing else.
pub(super) fn update(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let id = json!(named(scope, args)?.id);
    let sent = sent(args);
    let of_v2 = Map::from_iter([("id".to_owned(), id.clone())]);
    changed(scope, "update", of_v2, &sent)?;
    answer(scope, 200, id, &sent)
}

/// Deletes a plan for good.
pub(super) fn delete(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let id = json!(named(scope, args)?.id);
    act(scope, "delete", id)?;
    Ok(V1Answer::new(
        200,
        json!({"success": true, "message": "Selling plan deleted"}),
    ))
}

/// The settings sent.
fn sent(args: &Args) -> Map<String, Value> {
    object(args.get("selling_plan").cloned().unwrap_or_default())
}

/// Runs the v2 action with the names and settings sent.
fn changed(
    scope: &mut Scope<'_>,
    action: &str,
    mut of_v2: Map<String, Value>,
    sent: &Map<String, Value>,
) -> Result<Value, V1Refusal> {
    of_v2.extend(fields::patch(sent).map_err(|texts| joined(&texts))?);
    for name in NAMES {
        if let Some(value) = sent.get(name) {
            of_v2.insert(name.to_owned(), value.clone());
        }
    }
    v2(scope, &format!("preorders_offers_{action}"), of_v2).map_err(|refusal| match refusal {
        Refusal::Conflict(texts) | Refusal::Invalid(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| fields::translated(text)).collect();
            joined(&texts)
        }
        other => other.into(),
    })
}

/// Switches the plan where `enabled` asks for what does not hold, and answers it.
fn answer(scope: &mut Scope<'_>, status: u16, id: Value, sent: &Map<String, Value>) -> V1Reply {
    let wanted = sent.get("enabled").and_then(Value::as_bool);
    let plan = found(scope, &id)?;
    match (wanted, plan.state) {
        (Some(true), OfferState::Disabled | OfferState::Scheduled) => {
            act(scope, "enable", id.clone())?;
        }
        // A planned start is dropped, though the plan shows as not enabled already.
        (Some(false), OfferState::Enabled | OfferState::Scheduled) => {
            act(scope, "disable", id.clone())?;
        }
        (Some(true), OfferState::Enabled)
        | (Some(false), OfferState::Disabled)
        | (None, OfferState::Disabled | OfferState::Scheduled | OfferState::Enabled) => {}
    }
    let plan = found(scope, &id)?;
    Ok(V1Answer::new(status, row::print_whole(scope, &plan)?))
}

/// Runs a v2 action that takes the id alone.
fn act(scope: &mut Scope<'_>, action: &str, id: Value) -> Reply {
    let of_v2 = Map::from_iter([("id".to_owned(), id)]);
    v2(scope, &format!("preorders_offers_{action}"), of_v2)
}

fn found(scope: &Scope<'_>, id: &Value) -> Result<OfferRow, Refusal> {
    OfferRow::find(scope, id.as_str().unwrap_or_default())?
        .ok_or_else(|| Refusal::Broken(format!("offer {id} has gone")))
}

/// All texts as one.
fn joined(texts: &[String]) -> V1Refusal {
    V1Refusal::because(422, &texts.join(", "))
}

/// Without its object the body could not be read; what is wrong in it is told as one text.
pub(in super::super) fn broken(texts: Vec<String>) -> V1Refusal {
    match texts.first() {
        Some(first) if first.starts_with("selling_plan ") => V1Refusal::first(400, texts),
        Some(_) | None => joined(&texts),
    }
}
