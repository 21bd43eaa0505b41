//! Moving the signups of a variant to a different variant.

use rusqlite::{Connection, params};
use serde_json::json;

use super::super::signup_row::{JOINS, SELECT, SignupRow};
use super::super::terms::WAITING;
use crate::sandbox::actions::variants::{self, Variant};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Moves rows oldest first; who already waits on the target stays behind.
pub(in super::super) fn transfer(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let (source, target) = ends(scope, args)?;
    let (mut moved, mut skipped) = (0, Vec::new());
    for row in movable(scope, source.variant_id, args)? {
        if row.notified_at.is_none() && collides(scope.db, &row, target.variant_id)? {
            skipped.push(row.id);
            continue;
        }
        scope
            .db
            .prepare_cached(
                "UPDATE signups SET shopify_variant_id = ?, updated_at = ? WHERE id = ?",
            )?
            .execute(params![target.variant_id, scope.now_ms(), row.id])?;
        scope.effects.push(json!({
            "kind": "signup_moved",
            "signup_id": row.id,
            "from_shopify_variant_id": source.variant_id,
            "to_shopify_variant_id": target.variant_id,
        }));
        moved += 1;
    }
    Ok(json!({
        "transferred_count": moved,
        "skipped_count": skipped.len(),
        "skipped_ids": skipped,
    }))
}

/// Both variants, checked against the products the caller names.
fn ends(scope: &Scope<'_>, args: &Args) -> Result<(Variant, Variant), Refusal> {
    let variant = |end: &str| {
        let id = args
            .integer(&format!("{end}_shopify_variant_id"))
            .unwrap_or_default();
        variants::find(scope, id)?
            .ok_or_else(|| Refusal::NotFound(format!("Product variant not found: {id}")))
    };
    let (source, target) = (variant("from")?, variant("to")?);
    let texts: Vec<String> = [("from", &source), ("to", &target)]
        .into_iter()
        .filter(|(end, variant)| {
            args.integer(&format!("{end}_shopify_product_id")) != Some(variant.product_id)
        })
        .map(|(end, _)| format!("{end}_shopify_product_id does not match {end}_shopify_variant_id"))
        .collect();
    if !texts.is_empty() {
        return Err(Refusal::Invalid(texts));
    }
    if source.variant_id == target.variant_id {
        return Err(Refusal::invalid(
            "to_shopify_variant_id must differ from from_shopify_variant_id",
        ));
    }
    Ok((source, target))
}

/// Signups of the source that the wanted type covers, oldest first; none that opted out.
fn movable(scope: &Scope<'_>, variant_id: i64, args: &Args) -> Result<Vec<SignupRow>, Refusal> {
    let condition = match args.text("signup_type") {
        Some("sent") => {
            "s.notified_at IS NOT NULL AND s.unsubscribed_at IS NULL AND c.unsubscribed_at IS NULL"
        }
        Some("all") => "s.unsubscribed_at IS NULL AND c.unsubscribed_at IS NULL",
        _ => WAITING,
    };
    let rows = scope
        .db
        .prepare_cached(&format!(
            "{SELECT} FROM signups s {JOINS} WHERE s.shop_id = ? AND s.shopify_variant_id = ?
             AND {condition} ORDER BY s.created_at, s.id"
        ))?
        .query_map(params![scope.shop_id, variant_id], SignupRow::of)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Whether the shopper already waits on the target in the same way.
fn collides(db: &Connection, row: &SignupRow, target: i64) -> Result<bool, Refusal> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM signups WHERE customer_id = ? AND shopify_variant_id = ? AND channel = ?
             AND coalesce(shopify_market_id, 0) = coalesce(?, 0)
             AND notified_at IS NULL AND unsubscribed_at IS NULL",
        )?
        .exists(params![
            row.customer.id,
            target,
            row.channel.text(),
            row.market_id
        ])?)
}
