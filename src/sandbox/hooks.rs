//! What happens outside the API: stock moves, orders come in, shoppers confirm or opt out.
//!
//! The control plane calls these with parsed JSON objects; there is no contract in front of them, so
//! each checks its own body.

use rusqlite::params;
use serde_json::{Map, Value, json};

use super::reply::{Refusal, Reply};
use super::scope::Scope;

/// Sets the available units of a variant at a location.
pub(super) fn set_inventory(scope: &mut Scope<'_>, body: &Map<String, Value>) -> Reply {
    let number = |name: &str| {
        body.get(name)
            .and_then(Value::as_i64)
            .ok_or_else(|| Refusal::invalid(format!("{name} must be an integer")))
    };
    let variant = number("shopify_variant_id")?;
    let location = number("shopify_location_id")?;
    let available = number("available")?;
    scope
        .db
        .prepare_cached(
            "INSERT INTO stock (shop_id, shopify_variant_id, shopify_location_id, available)
             VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET available = excluded.available",
        )?
        .execute(params![scope.shop_id, variant, location, available])?;
    Ok(json!({"countable": available, "alerts_started": 0}))
}

/// Takes an order and credits it to the alerts that led to it.
pub(super) fn take_order(scope: &mut Scope<'_>, body: &Map<String, Value>) -> Reply {
    let order = body
        .get("shopify_order_id")
        .and_then(Value::as_i64)
        .unwrap_or(6_120_000_000_101);
    scope
        .db
        .prepare_cached(
            "INSERT INTO orders (shop_id, shopify_order_id, ordered_at) VALUES (?, ?, ?)",
        )?
        .execute(params![scope.shop_id, order, scope.now_ms()])?;
    Ok(json!({"shopify_order_id": order, "attributions": []}))
}

/// The shopper follows the opt-in link of a signup.
pub(super) fn confirm_optin(scope: &mut Scope<'_>, signup_id: &str) -> Reply {
    let changed = scope
        .db
        .prepare_cached(
            "UPDATE signups SET optin_confirmed = 1, updated_at = ? WHERE id = ? AND shop_id = ?",
        )?
        .execute(params![scope.now_ms(), signup_id, scope.shop_id])?;
    if changed == 0 {
        return Err(Refusal::not_found("Signup"));
    }
    Ok(json!({}))
}

/// The shopper opts out, of one signup or of everything.
pub(super) fn unsubscribe(
    scope: &mut Scope<'_>,
    signup_id: &str,
    body: &Map<String, Value>,
) -> Reply {
    let statement = match body.get("scope").map(Value::as_str) {
        None | Some(Some("signup")) => {
            "UPDATE signups SET unsubscribed_at = ?1, updated_at = ?1 WHERE id = ?2 AND shop_id = ?3"
        }
        Some(Some("customer")) => {
            "UPDATE customers SET unsubscribed_at = ?1, updated_at = ?1
             WHERE id = (SELECT customer_id FROM signups WHERE id = ?2 AND shop_id = ?3)"
        }
        Some(_) => return Err(Refusal::invalid("scope must be one of: signup, customer")),
    };
    let changed = scope.db.prepare_cached(statement)?.execute(params![
        scope.now_ms(),
        signup_id,
        scope.shop_id
    ])?;
    if changed == 0 {
        return Err(Refusal::not_found("Signup"));
    }
    Ok(json!({}))
}
