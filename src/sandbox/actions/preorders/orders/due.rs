//! What the clock does to orders: scheduled ones may ship on their day, balances are collected by
//! themselves where the offer says so.

use rusqlite::{OptionalExtension, params};

use super::payments::charge;
use super::row::OrderRow;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// One piece of due work, on the order of this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum Due {
    /// Its day has come: it may ship.
    Ship(i64),
    /// Its balance is charged.
    Charge(i64),
}

/// The first piece that is due up to an instant, with its own; shipping before charges when they
/// fall together. Both in unix milliseconds.
pub(in crate::sandbox::actions) fn next_due(
    scope: &Scope<'_>,
    until: i64,
) -> Result<Option<(i64, Due)>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT scheduled_at AS at, 0 AS kind, shopify_order_id FROM preorder_orders
             WHERE shop_id = ?1 AND fulfillment_status = 'scheduled' AND scheduled_at <= ?2
               AND cancelled_at IS NULL
             UNION ALL SELECT max(p.due_at, p.created_at), 1, p.shopify_order_id
             FROM preorder_orders p JOIN offers o ON o.id = p.offer_id
             WHERE p.shop_id = ?1 AND p.outstanding_minor > 0 AND p.auto_attempted_at IS NULL
               AND p.due_at IS NOT NULL AND max(p.due_at, p.created_at) <= ?2 AND p.due_at <= ?2
               AND p.cancelled_at IS NULL AND p.financial_status <> 'refunded'
               AND o.deleted_at IS NULL AND o.auto_collect_since <= p.due_at
               AND json_extract(o.blocks, '$.payment.remaining_balance.auto_collect')
             ORDER BY 1, 2, 3 LIMIT 1",
        )?
        .query_row(params![scope.shop_id, until], |row| {
            let id = row.get(2)?;
            let due = match row.get(1)? {
                0 => Due::Ship(id),
                _ => Due::Charge(id),
            };
            Ok((row.get(0)?, due))
        })
        .optional()?)
}

/// Does one piece; `scope.now` is its moment.
pub(in crate::sandbox::actions) fn run_due(scope: &mut Scope<'_>, due: Due) -> Result<(), Refusal> {
    match due {
        Due::Ship(id) => {
            scope
                .db
                .prepare_cached(
                    "UPDATE preorder_orders SET fulfillment_status = 'unfulfilled'
                     WHERE shop_id = ? AND shopify_order_id = ?",
                )?
                .execute(params![scope.shop_id, id])?;
            Ok(())
        }
        Due::Charge(id) => match OrderRow::find(scope, id)? {
            Some(mut order) => {
                // One try for each order, whatever comes of it.
                order.auto_attempted_at = Some(scope.now_ms());
                charge(scope, &mut order).map(drop)
            }
            None => Ok(()),
        },
    }
}
