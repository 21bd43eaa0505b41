//! Units preordered: the counts STOQ stores per variant and market, and the sums over orders that
//! they should be.

use rusqlite::{Connection, OptionalExtension, params};

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Preorder lines as `l` of orders as `p` that are neither cancelled nor fully refunded; fulfilled
/// ones stay among them.
pub(in crate::sandbox::actions) const ACTIVE_LINES: &str = "preorder_lines l
  JOIN preorder_orders p ON p.shop_id = l.shop_id AND p.shopify_order_id = l.shopify_order_id
    AND p.cancelled_at IS NULL AND p.financial_status <> 'refunded'";

/// Units of a variant as stored; none for a variant the shop does not have.
pub(super) fn stored(db: &Connection, shop_id: &str, variant_id: i64) -> Result<i64, Refusal> {
    Ok(db
        .prepare_cached(
            "SELECT preorder_count FROM variants WHERE shop_id = ? AND shopify_variant_id = ?",
        )?
        .query_row(params![shop_id, variant_id], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Units of a variant in one market as stored.
pub(super) fn stored_in_market(
    db: &Connection,
    shop_id: &str,
    variant_id: i64,
    market_id: i64,
) -> Result<i64, Refusal> {
    Ok(db
        .prepare_cached(
            "SELECT preorder_count FROM market_counts
             WHERE shop_id = ? AND shopify_variant_id = ? AND shopify_market_id = ?",
        )?
        .query_row(params![shop_id, variant_id, market_id], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Adds units, or takes some off, in the variant's count and in that of the market; never below 0.
pub(in crate::sandbox::actions) fn add(
    scope: &Scope<'_>,
    variant_id: i64,
    market_id: Option<i64>,
    units: i64,
) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached(
            "UPDATE variants SET preorder_count = max(0, preorder_count + ?)
             WHERE shop_id = ? AND shopify_variant_id = ?",
        )?
        .execute(params![units, scope.shop_id, variant_id])?;
    if let Some(market_id) = market_id {
        scope
            .db
            .prepare_cached(
                "INSERT INTO market_counts (shop_id, shopify_variant_id, shopify_market_id, preorder_count)
                 VALUES (?1, ?2, ?3, max(0, ?4))
                 ON CONFLICT DO UPDATE SET preorder_count = max(0, preorder_count + ?4)",
            )?
            .execute(params![scope.shop_id, variant_id, market_id, units])?;
    }
    Ok(())
}

/// Sets both kinds of counts of a variant to 0.
pub(in crate::sandbox::actions) fn zero(scope: &Scope<'_>, variant_id: i64) -> Result<(), Refusal> {
    let key = params![scope.shop_id, variant_id];
    scope
        .db
        .prepare_cached(
            "UPDATE variants SET preorder_count = 0 WHERE shop_id = ? AND shopify_variant_id = ?",
        )?
        .execute(key)?;
    scope
        .db
        .prepare_cached("DELETE FROM market_counts WHERE shop_id = ? AND shopify_variant_id = ?")?
        .execute(key)?;
    Ok(())
}

/// Counts a variant's units anew from its active lines.
pub(in crate::sandbox::actions) fn recount(
    scope: &Scope<'_>,
    variant_id: i64,
) -> Result<(), Refusal> {
    zero(scope, variant_id)?;
    let sums: Vec<(Option<i64>, i64)> = scope
        .db
        .prepare_cached(&format!(
            "SELECT p.shopify_market_id, sum(l.quantity) FROM {ACTIVE_LINES}
             WHERE l.shop_id = ? AND l.shopify_variant_id = ? GROUP BY 1 ORDER BY 1"
        ))?
        .query_map(params![scope.shop_id, variant_id], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (market_id, units) in sums {
        add(scope, variant_id, market_id, units)?;
    }
    Ok(())
}

/// Units sold through an offer, over active lines.
pub(in crate::sandbox::actions) fn sold_through(
    scope: &Scope<'_>,
    offer_id: &str,
) -> Result<i64, Refusal> {
    Ok(scope
        .db
        .prepare_cached(&format!(
            "SELECT coalesce(sum(l.quantity), 0) FROM {ACTIVE_LINES}
             WHERE l.shop_id = ? AND l.offer_id = ?"
        ))?
        .query_row(params![scope.shop_id, offer_id], |row| row.get(0))?)
}

/// Units of one variant sold through an offer, over active lines.
pub(in crate::sandbox::actions) fn sold_of_variant(
    scope: &Scope<'_>,
    offer_id: &str,
    variant_id: i64,
) -> Result<i64, Refusal> {
    Ok(scope
        .db
        .prepare_cached(&format!(
            "SELECT coalesce(sum(l.quantity), 0) FROM {ACTIVE_LINES}
             WHERE l.shop_id = ? AND l.offer_id = ? AND l.shopify_variant_id = ?"
        ))?
        .query_row(params![scope.shop_id, offer_id, variant_id], |row| {
            row.get(0)
        })?)
}
