//! The mail that tells shoppers how their preorders ship; only v1 sends it.

use serde_json::json;

use super::super::{V1Refusal, V1Reply};
use super::done;
use crate::sandbox::actions::ids::ids;
use crate::sandbox::actions::preorders::orders::{OrderRow, mail};
use crate::sandbox::scope::{Args, Scope};

/// Mails the shopper of every order that is known and has an address.
pub(super) fn send_shipping_update(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let is_sent = ["order_ids", "shopify_order_ids"].map(|name| args.get(name).is_some());
    let orders = match is_sent {
        [true, false] => own(scope, args)?,
        [false, true] => of_shopify(scope, args)?,
        [false, false] => {
            return Err(V1Refusal::because(
                400,
                "order_ids or shopify_order_ids is required",
            ));
        }
        [true, true] => {
            return Err(V1Refusal::because(
                400,
                "order_ids and shopify_order_ids exclude each other",
            ));
        }
    };
    if orders.is_empty() {
        return Err(V1Refusal::because(404, "Order not found"));
    }
    for order in &orders {
        mail(scope, order, "shipping_update");
    }
    let count = ("orders_count", json!(orders.len()));
    Ok(done("Shipping update queued", count))
}

fn own(scope: &Scope<'_>, args: &Args) -> Result<Vec<OrderRow>, V1Refusal> {
    let mut orders = Vec::new();
    for id in ids(args, "order_ids") {
        orders.extend(OrderRow::find_own(scope, &id)?);
    }
    Ok(orders)
}

fn of_shopify(scope: &Scope<'_>, args: &Args) -> Result<Vec<OrderRow>, V1Refusal> {
    let mut orders = Vec::new();
    for id in args.distinct_integers("shopify_order_ids") {
        orders.extend(OrderRow::find(scope, id)?);
    }
    Ok(orders)
}
