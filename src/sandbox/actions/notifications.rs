//! The send log: list and read. It is written by sends alone.

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::filter::Filter;
use super::ids::id;
use super::instant::span;
use super::notification_row::{JOINS, NotificationRow, SELECT};
use super::page::Page;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Entries of the log that match, newest first.
pub(super) fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let mut filter = Filter::new("n.shop_id = ?", scope.shop_id.clone());
    filter.and_some("n.channel = ?", args.text("channel").map(str::to_owned));
    filter.and_some("n.status = ?", args.text("status").map(str::to_owned));
    filter.and_some("n.shopify_variant_id = ?", args.integer("variant_id"));
    filter.and_some("n.shopify_product_id = ?", args.integer("product_id"));
    filter.and_span("n.created_at", &span(args)?);
    let where_clause = filter.text();
    let total: i64 = scope
        .db
        .prepare_cached(&format!(
            "SELECT count(*) FROM notifications n WHERE {where_clause}"
        ))?
        .query_row(params_from_iter(filter.values()), |row| row.get(0))?;
    let page = Page::of(args);
    filter.value(page.limit());
    filter.value(page.offset());
    let rows: Vec<Value> = scope
        .db
        .prepare_cached(&format!(
            "{SELECT} FROM notifications n {JOINS} WHERE {}
             ORDER BY n.created_at DESC, n.id DESC LIMIT ? OFFSET ?",
            filter.text()
        ))?
        .query_map(params_from_iter(filter.values()), NotificationRow::of)?
        .map(|row| row.map(|row| row.print()))
        .collect::<rusqlite::Result<_>>()?;
    Ok(json!({"notifications": rows, "meta": page.meta(total)}))
}

/// One entry of the log.
pub(super) fn read(scope: &Scope<'_>, args: &Args) -> Reply {
    NotificationRow::find(scope.db, &scope.shop_id, &id(args, "id"))?
        .map(|row| row.print())
        .ok_or_else(|| Refusal::not_found("Notification"))
}
