//! What the clock does: the fixture's checks, scheduled days, automatic charges.

use serde_json::{Value, json};

use super::{act, effects, o, p, preorder, read};
use crate::sandbox::testing::Bench;

/// Moves the clock to an instant and settles; the journal's entries of orders.
fn until(bench: &mut Bench, instant: &str) -> Vec<Value> {
    bench.now = instant.parse().unwrap();
    bench.request(|_| Ok(Value::Null)).unwrap();
    effects(bench)
        .into_iter()
        .filter(|effect| effect["shopify_order_id"].is_i64())
        .collect()
}

#[test]
fn the_due_time_charges_p1_and_declines_p2() {
    let mut bench = Bench::fixture();
    assert_eq!(
        until(&mut bench, "2026-04-15T08:59:59Z"),
        Vec::<Value>::new()
    );
    let mail = |mail: &str, to: &str| json!({"kind": "mail", "shopify_order_id": p(2), "mail": mail, "to": to});
    assert_eq!(
        until(&mut bench, "2026-04-20T00:00:00Z"),
        [
            json!({"kind": "charge_succeeded", "shopify_order_id": p(1), "amount": "79.65"}),
            json!({"kind": "charge_failed", "shopify_order_id": p(2), "amount": "159.30",
                "code": "card_declined"}),
            mail("payment_failed_customer", "mateo.ruiz@example.com"),
            mail("payment_failed_merchant", "juniper-supply.myshopify.com"),
        ]
    );
    let charged = read(&mut bench, p(1));
    assert_eq!(charged["state"], "balance_collected");
    assert_eq!(charged["payments"]["charged_at"], "2026-04-15T09:00:00Z");
    let declined = read(&mut bench, p(2));
    assert_eq!(
        declined["payments"]["last_failure"]["at"],
        "2026-04-15T09:00:00Z"
    );
    bench.sql("UPDATE preorder_orders SET decline_code = NULL");
    assert_eq!(
        until(&mut bench, "2026-05-01T00:00:00Z"),
        Vec::<Value>::new(),
        "one try for each order"
    );
}

#[test]
fn only_what_the_offer_collects_is_charged() {
    for change in [
        format!("UPDATE offers SET deleted_at = 1 WHERE id = '{}'", o(1)),
        format!(
            "UPDATE offers SET blocks = json_set(blocks,
             '$.payment.remaining_balance.auto_collect', json('false')) WHERE id = '{}'",
            o(1)
        ),
        "UPDATE offers SET auto_collect_since = auto_collect_since + 86400000 * 60".to_owned(),
        "UPDATE preorder_orders SET cancelled_at = 1".to_owned(),
    ] {
        let mut bench = Bench::fixture();
        bench.sql(&change);
        assert_eq!(
            until(&mut bench, "2026-04-20T00:00:00Z"),
            Vec::<Value>::new(),
            "{change}"
        );
    }
}

#[test]
fn an_order_placed_after_the_due_time_is_charged_when_it_is_there() {
    let mut bench = Bench::fixture();
    until(&mut bench, "2026-04-20T00:00:00Z");
    let order = preorder(&mut bench, 5, 1);
    assert_eq!(order["state"], "awaiting_balance");
    let charged = read(&mut bench, order["id"].as_i64().unwrap());
    assert_eq!(charged["state"], "balance_collected");
    assert_eq!(charged["payments"]["charged_at"], "2026-04-20T00:00:00Z");
}

#[test]
fn a_scheduled_order_may_ship_on_its_day() {
    let mut bench = Bench::fixture();
    act(&mut bench, "cancel", p(1), json!({})).unwrap();
    until(&mut bench, "2026-05-09T23:59:59Z");
    assert_eq!(read(&mut bench, p(3))["fulfillment"]["status"], "scheduled");
    until(&mut bench, "2026-05-10T00:00:00Z");
    let order = read(&mut bench, p(3));
    assert_eq!(order["fulfillment"]["status"], "unfulfilled");
    assert_eq!(order["fulfillment"]["scheduled_at"], "2026-05-10T00:00:00Z");
    assert_eq!(order["state"], "balance_collected");
    assert_eq!(read(&mut bench, p(1))["fulfillment"]["status"], "scheduled");
    assert_eq!(read(&mut bench, p(4))["fulfillment"]["status"], "on_hold");
}

#[test]
fn a_piece_that_cannot_be_done_is_undone_alone() {
    let mut bench = Bench::fixture();
    let break_p1 = |status: &str| {
        format!("UPDATE preorder_orders SET financial_status = '{status}' WHERE name = '#2001'")
    };
    bench.ok(
        "preorders_orders_bulk_set_tags",
        json!({"order_ids": [p(4)], "tags": ["x"]}),
    );
    bench.sql(&break_p1("broken"));
    assert_eq!(
        until(&mut bench, "2026-04-20T00:00:00Z"),
        [json!({"kind": "tags_set", "shopify_order_id": p(4), "tags": ["x"]})],
        "the job goes on, later charges wait"
    );
    assert_eq!(
        bench.number("SELECT count(*) FROM offers WHERE state = 'enabled' AND name LIKE 'Pour%'"),
        1,
        "so do the offers"
    );
    bench.sql(&break_p1("partially_paid"));
    let kinds: Vec<Value> = until(&mut bench, "2026-04-20T00:00:01Z")
        .iter()
        .map(|effect| effect["kind"].clone())
        .collect();
    assert_eq!(kinds, ["charge_succeeded", "charge_failed", "mail", "mail"]);
    assert_eq!(
        read(&mut bench, p(1))["payments"]["charged_at"],
        "2026-04-15T09:00:00Z"
    );
}
