//! Orders that still owe a balance.

use chrono::{DateTime, NaiveDate};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde_json::{Value, json};

use super::lines::Filters;
use crate::sandbox::actions::instant;
use crate::sandbox::actions::money;
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
    let mut orders = filters.on_orders(scope, window);
    orders.and(
        "o.outstanding_minor > 0 AND o.cancelled_at IS NULL AND o.financial_status <> 'refunded'",
    );
    if let Some(offers) = &filters.offers {
        orders.and_value(
            "EXISTS (SELECT 1 FROM preorder_lines l WHERE l.shop_id = o.shop_id
               AND l.shopify_order_id = o.shopify_order_id AND l.offer_id IN (SELECT value FROM json_each(?)))",
            json!(offers).to_string(),
        );
    }
    let sql = format!(
        "SELECT o.shopify_order_id, o.name, o.customer_id, o.email, o.fulfillment_status, o.financial_status,
           o.outstanding_minor, o.due_at, o.last_failure ->> 'code',
           g.deleted_at IS NULL AND g.blocks ->> '$.payment.remaining_balance.auto_collect'
         FROM preorder_orders o CROSS JOIN offers g ON g.id = o.offer_id
         WHERE {} ORDER BY o.due_at IS NULL, o.due_at, o.shopify_order_id",
        orders.text()
    );
    let mut statement = scope.db.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params_from_iter(orders.values()), |row| {
            Ok((row.get::<_, i64>(6)?, print(row, scope.now_ms())?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, Value)>>>()?;
    let total = rows.iter().map(|(owed, _)| owed).sum();
    Ok((
        money::print(total),
        rows.into_iter().map(|(_, row)| row).collect(),
    ))
}

fn print(row: &Row<'_>, now_ms: i64) -> rusqlite::Result<Value> {
    let due_at: Option<i64> = row.get(7)?;
    Ok(json!({
        "order_id": row.get::<_, i64>(0)?,
        "name": row.get::<_, String>(1)?,
        "customer_id": row.get::<_, Option<i64>>(2)?,
        "email": row.get::<_, Option<String>>(3)?,
        "state": state(&row.get::<_, String>(4)?, &row.get::<_, String>(5)?),
        "total_outstanding": money::print(row.get(6)?),
        "due_at": instant::print_or_null(due_at),
        "overdue": due_at.is_some_and(|due_at| due_at < now_ms),
        "auto_collect": row.get::<_, bool>(9)?,
        "last_failure_code": row.get::<_, Option<String>>(8)?,
    }))
}

/// The state of an order that owes.
fn state(fulfillment: &str, financial: &str) -> &'static str {
    match (fulfillment, financial) {
        ("fulfilled", _) => "fulfilled",
        ("open", _) => "released",
        (_, "partially_paid" | "partially_refunded") => "awaiting_balance",
        _ => "placed",
    }
}
