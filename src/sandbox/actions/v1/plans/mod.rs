//! Selling plans: offers by their older name (vendor docs: Preorders API v1).

mod fields;
mod mail;
mod row;
#[cfg(test)]
mod tests;
mod variants;
mod write;

pub(super) use variants::{broken_override, broken_policy};
pub(super) use write::broken as broken_settings;

use serde_json::{Value, json};

use super::reply::V1Answer;
use super::{ROWS, V1Refusal, V1Reply};
use crate::sandbox::actions::ids::id;
use crate::sandbox::actions::page::Page;
use crate::sandbox::actions::preorders::OfferRow;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<V1Reply> {
    Some(match action {
        "list" => list(scope, args),
        "read" => read(scope, args),
        "create" => write::create(scope, args),
        "update" => write::update(scope, args),
        "delete" => write::delete(scope, args),
        "add_variant" => variants::add(scope, args),
        "remove_variant" => variants::remove(scope, args),
        "update_variant_settings" => variants::override_settings(scope, args),
        "product_variants" => variants::list(scope, args),
        "bulk_toggle_inventory_policy" => variants::queue_policy(scope, args),
        "send_shipping_update" => mail::send_shipping_update(scope, args),
        _ => return None,
    })
}

/// Plans whose name or label holds a text, newest first, in short.
fn list(scope: &Scope<'_>, args: &Args) -> V1Reply {
    let part = args.text("name").map(str::to_lowercase);
    let holds = |text: &str| {
        part.as_ref()
            .is_none_or(|part| text.to_lowercase().contains(part))
    };
    let mut plans = OfferRow::live(scope)?;
    plans.retain(|plan| holds(&plan.name) || plan.internal_name.as_deref().is_some_and(holds));
    let total = i64::try_from(plans.len()).map_err(|error| Refusal::Broken(error.to_string()))?;
    let page = Page::of(args, ROWS);
    let rows: Vec<Value> = page
        .of_rows(plans)
        .iter()
        .map(|plan| row::print(scope, plan))
        .collect::<Result<_, _>>()?;
    Ok(V1Answer::new(
        200,
        json!({"selling_plans": rows, "meta": page.meta(total)}),
    ))
}

/// One plan with all its settings.
fn read(scope: &Scope<'_>, args: &Args) -> V1Reply {
    let plan = named(scope, args)?;
    Ok(V1Answer::new(200, row::print_whole(scope, &plan)?))
}

/// The plan a call names.
fn named(scope: &Scope<'_>, args: &Args) -> Result<OfferRow, V1Refusal> {
    OfferRow::find(scope, &id(args, "id"))?
        .ok_or_else(|| V1Refusal::because(404, "Selling plan not found"))
}

/// A success that says what was done, with what it was done to.
fn done(message: &str, (name, value): (&str, Value)) -> V1Answer {
    V1Answer::new(
        200,
        json!({"success": true, "message": message, name: value}),
    )
}
