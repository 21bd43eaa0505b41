//! What happens outside the API: stock moves, orders come in, shoppers confirm or opt out.
//!
//! The control plane calls these with parsed JSON objects; there is no contract in front of them, so
//! each checks its own body. Everything that is due must have been settled before.

mod form;
mod metafields;
mod order;
mod preorder;

use rusqlite::params;
use serde_json::{Map, Value, json};

use super::actions::{alerts, attribution, orders};
use super::reply::{Refusal, Reply};
use super::scope::Scope;
use form::Form;
pub(super) use metafields::set_metafields;
pub(super) use preorder::{fulfill_order, patch_order, pay_order};

/// Units that no shelf holds; keeps sums far from the end of the integers.
const MOST_UNITS: i64 = 1_000_000_000;

/// Sets the available units of a variant at a location.
pub(super) fn set_inventory(scope: &mut Scope<'_>, body: &Map<String, Value>) -> Reply {
    let mut form = Form::of(body);
    let variant = form.shopify_id("shopify_variant_id", true);
    let location = form.shopify_id("shopify_location_id", true);
    let available = form.integer("available", -MOST_UNITS..=MOST_UNITS, true);
    if let Some(variant) = variant
        && !form::is_variant(scope, variant)?
    {
        form.refuse("shopify_variant_id is not a variant of this shop");
    }
    if let Some(location) = location
        && !form::is_location(scope, location)?
    {
        form.refuse("shopify_location_id is not a location of this shop");
    }
    form.finish()?;
    let restock = alerts::restock(
        scope,
        variant.unwrap_or_default(),
        location.unwrap_or_default(),
        available.unwrap_or_default(),
    )?;
    Ok(json!({"countable": restock.countable, "alerts_started": restock.started}))
}

/// Takes an order: credits it to the alerts that led to it, keeps what of it is preordered.
pub(super) fn take_order(scope: &mut Scope<'_>, body: &Map<String, Value>) -> Reply {
    let sale = order::read(scope, body)?;
    let attributions = attribution::take(scope, &sale)?;
    let preorder = orders::place(scope, &sale)?;
    Ok(json!({
        "shopify_order_id": sale.id, "attributions": attributions, "preorder": preorder,
    }))
}

/// The shopper follows the opt-in link of a signup.
pub(super) fn confirm_optin(scope: &mut Scope<'_>, signup_id: &str) -> Reply {
    let statement = "UPDATE signups SET optin_confirmed = 1, updated_at = ?1
                     WHERE id = ?2 AND shop_id = ?3";
    change(scope, statement, signup_id)
}

/// The shopper opts out, of one signup or of everything; the first time counts.
pub(super) fn unsubscribe(
    scope: &mut Scope<'_>,
    signup_id: &str,
    body: &Map<String, Value>,
) -> Reply {
    let wanted = body.get("scope").filter(|value| !value.is_null());
    let statement = match wanted.map(Value::as_str) {
        None | Some(Some("signup")) => {
            "UPDATE signups SET unsubscribed_at = coalesce(unsubscribed_at, ?1), updated_at = ?1
             WHERE id = ?2 AND shop_id = ?3"
        }
        Some(Some("customer")) => {
            "UPDATE customers SET unsubscribed_at = coalesce(unsubscribed_at, ?1), updated_at = ?1
             WHERE id = (SELECT customer_id FROM signups WHERE id = ?2 AND shop_id = ?3)"
        }
        Some(_) => return Err(Refusal::invalid("scope must be one of: signup, customer")),
    };
    change(scope, statement, signup_id)
}

/// Runs a statement over now, a signup's id and the shop; without a row there is no such signup.
fn change(scope: &Scope<'_>, statement: &str, signup_id: &str) -> Reply {
    let changed = scope.db.prepare_cached(statement)?.execute(params![
        scope.now_ms(),
        signup_id.to_ascii_lowercase(),
        scope.shop_id
    ])?;
    if changed == 0 {
        return Err(Refusal::not_found("Signup"));
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests;
