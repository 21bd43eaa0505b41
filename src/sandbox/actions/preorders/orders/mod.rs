//! Orders that hold preorder lines (vendor docs: Orders): list and read here, what changes them in
//! the files below. How they come in and what falls due on them is here too; the shop's stock of
//! offers is only read.

mod cancel;
pub(in crate::sandbox::actions) mod due;
mod effects;
mod line;
mod outside;
mod payments;
mod place;
mod price;
mod release;
mod row;
mod tags;
mod terms;
#[cfg(test)]
mod tests;

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::id;
use crate::sandbox::actions::instant::span;
use crate::sandbox::actions::page::{PREORDER_ROWS, Page};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};
pub(in crate::sandbox::actions) use effects::mail;
pub(in crate::sandbox) use outside::{change, decline_codes, fulfill, pay_link};
pub(in crate::sandbox) use place::{offer_for, place};
pub(in crate::sandbox::actions) use row::OrderRow;
pub(super) use row::{JOINS, SELECT};
pub(in crate::sandbox) use terms::Decline;

/// Runs an action by its name below the resource; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    Some(match action {
        "list" => list(scope, args),
        "read" => OrderRow::need(scope, args).and_then(|order| order.whole(scope)),
        "release" => release::release(scope, args),
        "cancel" => cancel::cancel(scope, args),
        "payments_charge_balance" => payments::charge_balance(scope, args),
        "payments_send_payment_link" => payments::send_link(scope, args),
        "payments_refund" => payments::refund(scope, args),
        "tags_set_tags" => tags::set_tags(scope, args),
        _ => return None,
    })
}

/// Orders that match, newest first. The state is derived from a row: it is looked at once the page
/// is cut, so a page may be short.
fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let mut filter = matching(scope, args)?;
    let total = filter.count(scope, "preorder_orders p")?;
    let page = Page::of(args, PREORDER_ROWS);
    filter.cut(page);
    let rows: Vec<OrderRow> = scope
        .db
        .prepare_cached(&format!(
            "{SELECT} FROM preorder_orders p {JOINS} WHERE {}
             ORDER BY p.created_at DESC, p.shopify_order_id DESC LIMIT ? OFFSET ?",
            filter.text()
        ))?
        .query_map(params_from_iter(filter.values()), OrderRow::of)?
        .collect::<rusqlite::Result<_>>()?;
    let wanted = args.text("state");
    let shown: Vec<Value> = rows
        .iter()
        .filter(|order| wanted.is_none_or(|state| order.state().text() == state))
        .map(OrderRow::print)
        .collect();
    Ok(json!({"orders": shown, "meta": page.meta(total)}))
}

/// The list's filters, the state apart.
fn matching(scope: &Scope<'_>, args: &Args) -> Result<Filter, Refusal> {
    let mut filter = Filter::new("p.shop_id = ?", scope.shop_id.clone());
    let line = "EXISTS (SELECT 1 FROM preorder_lines l WHERE l.shop_id = p.shop_id
                AND l.shopify_order_id = p.shopify_order_id AND";
    let offer = args.text("offer_id").map(|_| id(args, "offer_id"));
    filter.and_some(&format!("{line} l.offer_id = ?)"), offer);
    filter.and_some(
        &format!("{line} l.shopify_variant_id = ?)"),
        args.integer("variant_id"),
    );
    filter.and_some("p.customer_id = ?", args.integer("customer_id"));
    filter.and_span("p.created_at", &span(args)?);
    Ok(filter)
}
