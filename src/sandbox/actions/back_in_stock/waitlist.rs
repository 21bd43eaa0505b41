//! The merchant's own alert: a variant's waitlist has become large.

use rusqlite::params;
use serde_json::json;

use super::terms::WAITING;
use crate::sandbox::actions::shop::{is_on, number, settings};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Tells the merchant when the waiting signups of a variant have just reached the threshold; once a
/// variant, until the alert's settings are written again.
pub(super) fn grew(scope: &mut Scope<'_>, variant_id: i64) -> Result<(), Refusal> {
    let settings = settings(scope)?;
    if !is_on(&settings, "/alerts/waitlist_alert/enabled") {
        return Ok(());
    }
    let waiting: i64 = scope
        .db
        .prepare_cached(&format!(
            "SELECT count(*) FROM signups s CROSS JOIN customers c ON c.id = s.customer_id
             WHERE s.shop_id = ? AND s.shopify_variant_id = ? AND {WAITING}"
        ))?
        .query_row(params![scope.shop_id, variant_id], |row| row.get(0))?;
    if waiting != number(&settings, "/alerts/waitlist_alert/threshold")? {
        return Ok(());
    }
    let is_new = scope
        .db
        .prepare_cached(
            "INSERT OR IGNORE INTO waitlist_marks (shop_id, shopify_variant_id) VALUES (?, ?)",
        )?
        .execute(params![scope.shop_id, variant_id])?
        == 1;
    if is_new {
        scope.effects.push(json!({
            "kind": "merchant_alert",
            "shopify_variant_id": variant_id,
            "waiting": waiting,
            "recipient_email": settings.pointer("/alerts/recipient_email"),
        }));
    }
    Ok(())
}

/// Forgets for which variants the merchant was told.
pub(super) fn forget(scope: &Scope<'_>) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached("DELETE FROM waitlist_marks WHERE shop_id = ?")?
        .execute(params![scope.shop_id])?;
    Ok(())
}
