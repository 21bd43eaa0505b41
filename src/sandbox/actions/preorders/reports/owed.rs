//! Orders that still owe a balance.

use chrono::{DateTime, NaiveDate};
use rusqlite::{OptionalExtension, params, params_from_iter};
use serde_json::{Value, json};

use super::lines::Filters;
use crate::sandbox::actions::instant;
use crate::sandbox::actions::money;
use crate::sandbox::actions::preorders::orders::{JOINS, OrderRow, SELECT};
use crate::sandbox::actions::window::Window;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Keys of a row.
pub(super) const COLUMNS: [&str; 10] = [
    "order_id",
    "name",
    "customer_id",
    "email",
    "state",
    "total_outstanding",
    "due_at",
    "overdue",
    "auto_collect",
    "last_failure_code",
];

/// The window: without ends it begins with the oldest order, so that no old debt is hidden.
pub(super) fn window(scope: &Scope<'_>, args: &Args) -> Result<Window, Refusal> {
    if args.text("from").is_none() && args.text("to").is_none() {
        let today = scope.now.date_naive();
        if let Some(from) = oldest(scope)?.filter(|from| *from <= today) {
            return Ok(Window { from, to: today });
        }
    }
    Window::of(scope, args)
}

/// The day of the shop's oldest order.
fn oldest(scope: &Scope<'_>) -> Result<Option<NaiveDate>, Refusal> {
    let at: Option<i64> = scope
        .db
        .prepare_cached("SELECT min(created_at) FROM preorder_orders WHERE shop_id = ?")?
        .query_row(params![scope.shop_id], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(at
        .and_then(DateTime::from_timestamp_millis)
        .map(|at| at.date_naive()))
}

/// What is owed in all, and each order, the earliest due first.
pub(super) fn orders(
    scope: &Scope<'_>,
    window: &Window,
    filters: &Filters,
) -> Result<(String, Vec<Value>), Refusal> {
    let mut filter = filters.on_orders(scope, window);
    filter.and(
        "p.outstanding_minor > 0 AND p.cancelled_at IS NULL AND p.financial_status <> 'refunded'",
    );
    if let Some(offers) = &filters.offers {
        filter.and_value(
            "EXISTS (SELECT 1 FROM preorder_lines l WHERE l.shop_id = p.shop_id
               AND l.shopify_order_id = p.shopify_order_id AND l.offer_id IN (SELECT value FROM json_each(?)))",
            json!(offers).to_string(),
        );
    }
    let sql = format!(
        "{SELECT} FROM preorder_orders p {JOINS} WHERE {}
         ORDER BY p.due_at IS NULL, p.due_at, p.shopify_order_id",
        filter.text()
    );
    let orders = scope
        .db
        .prepare_cached(&sql)?
        .query_map(params_from_iter(filter.values()), OrderRow::of)?
        .collect::<rusqlite::Result<Vec<OrderRow>>>()?;
    let total = orders.iter().map(|order| order.outstanding).sum();
    let rows = orders.iter().map(|order| print(order, scope.now_ms()));
    Ok((money::print(total), rows.collect()))
}

fn print(order: &OrderRow, now_ms: i64) -> Value {
    let failure = order.last_failure.as_ref();
    json!({
        "order_id": order.id,
        "name": order.name,
        "customer_id": order.customer_id,
        "email": order.email,
        "state": order.state().text(),
        "total_outstanding": money::print(order.outstanding),
        "due_at": instant::print_or_null(order.due_at),
        "overdue": order.due_at.is_some_and(|due_at| due_at < now_ms),
        "auto_collect": order.auto_collect,
        "last_failure_code": failure.and_then(|failure| failure.get("code")),
    })
}
