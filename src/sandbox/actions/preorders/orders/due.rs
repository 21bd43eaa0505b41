//! What the clock does to orders: scheduled ones may ship on their day, balances are collected by
//! themselves where the offer says so.

use rusqlite::params;

use super::payments::charge;
use super::row::OrderRow;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// The first order whose day comes up to an instant, with its moment.
pub(in crate::sandbox::actions) const FIRST_SHIPMENT: &str =
    "SELECT scheduled_at, shopify_order_id FROM preorder_orders
     WHERE shop_id = ? AND fulfillment_status = 'scheduled' AND cancelled_at IS NULL
       AND scheduled_at <= ?
     ORDER BY scheduled_at, shopify_order_id LIMIT 1";
/// The first order whose balance is charged. CROSS JOIN keeps the orders outermost, in the order of
/// their index.
pub(in crate::sandbox::actions) const FIRST_CHARGE: &str =
    "SELECT max(p.due_at, p.created_at), p.shopify_order_id
     FROM preorder_orders p CROSS JOIN offers o ON o.id = p.offer_id
     WHERE p.shop_id = ? AND p.outstanding_minor > 0 AND p.auto_attempted_at IS NULL
       AND p.due_at IS NOT NULL AND max(p.due_at, p.created_at) <= ?
       AND p.cancelled_at IS NULL AND p.financial_status <> 'refunded'
       AND o.deleted_at IS NULL AND o.auto_collect_since <= p.due_at
       AND json_extract(o.blocks, '$.payment.remaining_balance.auto_collect')
     ORDER BY max(p.due_at, p.created_at), p.shopify_order_id LIMIT 1";

/// The order may ship: its day has come.
pub(in crate::sandbox::actions) fn ship(scope: &Scope<'_>, id: i64) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached(
            "UPDATE preorder_orders SET fulfillment_status = 'unfulfilled'
             WHERE shop_id = ? AND shopify_order_id = ?",
        )?
        .execute(params![scope.shop_id, id])?;
    Ok(())
}

/// The order's balance is charged; one try for each order, whatever comes of it.
pub(in crate::sandbox::actions) fn collect(scope: &mut Scope<'_>, id: i64) -> Result<(), Refusal> {
    let Some(mut order) = OrderRow::find(scope, id)? else {
        return Ok(());
    };
    order.auto_attempted_at = Some(scope.now_ms());
    charge(scope, &mut order).map(drop)
}
