//! Orders of the fixture: what the API shows of them, what may be done with them, what the clock
//! does.

mod due;
mod guards;
mod list;
mod machine;
mod money;
mod place;

use serde_json::{Value, json};

use crate::sandbox::actions::preorders;
use crate::sandbox::hooks;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Args;
use crate::sandbox::testing::{Bench, object, v};

/// Shopify id of the order P`n`.
pub(super) fn p(number: i64) -> i64 {
    6_130_000_000_000 + number
}

/// Id of the offer O`n`.
fn o(number: u32) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

/// Runs an action on an order.
fn act(bench: &mut Bench, action: &str, order: i64, args: Value) -> Reply {
    let mut args = object(args);
    args.insert("id".to_owned(), json!(order.to_string()));
    let (action, args) = (format!("orders_{action}"), Args(args));
    bench.request(|scope| preorders::run(&action, scope, &args).unwrap())
}

/// The same, refused without a trace.
fn refused(bench: &mut Bench, action: &str, order: i64, args: Value) -> (u16, Vec<String>) {
    let refusal = act(bench, action, order, args).unwrap_err();
    assert_eq!(bench.effects, Vec::<Value>::new(), "{action} left effects");
    (refusal.status(), refusal.texts())
}

/// The order as a read answers it.
fn read(bench: &mut Bench, order: i64) -> Value {
    bench.ok("preorders_orders_read", json!({"id": order.to_string()}))
}

/// An order comes in.
fn buy(bench: &mut Bench, body: Value) -> Reply {
    let body = object(body);
    bench.request(|scope| hooks::take_order(scope, &body))
}

/// A preorder of some units of a variant comes in.
fn preorder(bench: &mut Bench, variant: usize, quantity: i64) -> Value {
    let body = json!({
        "email": "ana@example.com", "lines": [{"shopify_variant_id": v(variant), "quantity": quantity}],
    });
    buy(bench, body).unwrap()["preorder"].clone()
}

/// Effects of the latest call that tell of orders, not of what follows for variants.
fn effects(bench: &Bench) -> Vec<Value> {
    let follows = [json!("metafields_written"), json!("policy_set")];
    bench
        .effects
        .iter()
        .filter(|effect| !follows.contains(&effect["kind"]))
        .cloned()
        .collect()
}

/// Stored count of a variant.
fn count(bench: &Bench, variant: usize) -> i64 {
    bench.number(&format!(
        "SELECT preorder_count FROM variants WHERE shopify_variant_id = {}",
        v(variant)
    ))
}

/// Stock policy of a variant.
fn policy(bench: &Bench, variant: usize) -> String {
    let query = "SELECT inventory_policy FROM variants WHERE shopify_variant_id = ?";
    bench
        .db
        .query_row(query, [v(variant)], |row| row.get(0))
        .unwrap()
}

#[test]
fn the_order_of_the_contract() {
    let mut bench = Bench::fixture();
    assert_eq!(
        read(&mut bench, p(1)),
        json!({
            "id": 6_130_000_000_001_i64, "shopify_order_id": 6_130_000_000_001_i64, "name": "#2001",
            "state": "awaiting_balance", "created_at": "2026-03-05T10:00:00Z",
            "cancelled_at": null, "cancel_reason": null, "financial_status": "partially_paid",
            "customer": {"id": 7_300_000_000_001_i64, "email": "jane.okafor@example.com",
                "name": "Jane Okafor"},
            "market_id": 91_000_000_001_i64, "currency": "USD", "subtotal_price": "106.20",
            "total_price": "106.20",
            "payments": {
                "deposit": "26.55", "balance": "79.65", "total_outstanding": "79.65",
                "charged_at": null, "due_at": "2026-04-15T09:00:00Z", "auto_collect": true,
                "collected": "26.55", "refunded": "0.00", "collection_url_sent_at": null,
                "last_failure": null
            },
            "fulfillment": {"status": "scheduled", "scheduled_at": "2026-05-10T00:00:00Z",
                "released_at": null, "fulfilled_at": null},
            "line_items": [{
                "id": 14_130_000_000_011_i64, "offer_id": o(1),
                "shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(5),
                "product_title": "Canvas Field Jacket", "variant_title": "Medium / Olive",
                "quantity": 1, "unit_price": "106.20", "deposit": "26.55", "balance": "79.65"
            }],
            "tags": ["preorder", "field-jacket"]
        })
    );
}

#[test]
fn an_order_of_another_shop_is_not_found() {
    let mut bench = Bench::fixture();
    assert_eq!(
        refused(&mut bench, "read", p(901), json!({})),
        (404, vec!["Order not found".to_owned()])
    );
    bench.shop(2);
    assert_eq!(read(&mut bench, p(901))["name"], "#2901");
}

#[test]
fn the_present_setting_of_the_offer_is_shown_until_it_is_deleted() {
    let mut bench = Bench::fixture();
    bench.sql("UPDATE offers SET deleted_at = 1 WHERE name = 'Field Jacket preorder'");
    assert_eq!(read(&mut bench, p(1))["payments"]["auto_collect"], false);
}

#[test]
fn what_a_refusal_on_record_wrote_stays() {
    let mut bench = Bench::fixture();
    let refusal = act(&mut bench, "payments_charge_balance", p(2), json!({})).unwrap_err();
    assert!(matches!(refusal, Refusal::OnRecord { .. }));
    assert_eq!(
        read(&mut bench, p(2))["payments"]["last_failure"],
        json!({"code": "card_declined", "message": "The card was declined.",
            "at": "2026-03-31T12:00:00Z"})
    );
}
