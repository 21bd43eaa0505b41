//! What releases, charges, refunds, cancellations and tags do to an order and to its variants.

use serde_json::{Value, json};

use super::{act, count, effects, p, policy, preorder, read};
use crate::sandbox::testing::{Bench, v};

const NOW: &str = "2026-03-31T12:00:00Z";

/// Some fields of an order by their pointers.
fn fields(order: &Value, pointers: &[&str]) -> Vec<Value> {
    pointers
        .iter()
        .map(|pointer| order.pointer(pointer).unwrap().clone())
        .collect()
}

const MONEY: [&str; 6] = [
    "/state",
    "/financial_status",
    "/payments/total_outstanding",
    "/payments/collected",
    "/payments/refunded",
    "/payments/charged_at",
];

fn values(texts: &[Option<&str>]) -> Vec<Value> {
    texts.iter().map(|text| json!(text)).collect()
}

#[test]
fn release_lifts_the_holds_and_leaves_the_money() {
    let mut bench = Bench::fixture();
    let mut expected = read(&mut bench, p(1));
    expected["state"] = json!("released");
    expected["fulfillment"]["status"] = json!("open");
    expected["fulfillment"]["released_at"] = json!(NOW);
    let released = act(&mut bench, "release", p(1), json!({"force": true})).unwrap();
    assert_eq!(released, expected);
    assert_eq!(
        bench.effects,
        [json!({"kind": "order_released", "shopify_order_id": p(1), "force": true})]
    );
    assert_eq!(read(&mut bench, p(1)), expected);
}

#[test]
fn a_charge_collects_the_balance() {
    let mut bench = Bench::fixture();
    let charged = act(&mut bench, "payments_charge_balance", p(1), json!({})).unwrap();
    assert_eq!(
        fields(&charged, &MONEY),
        values(&[
            Some("balance_collected"),
            Some("paid"),
            Some("0.00"),
            Some("106.20"),
            Some("0.00"),
            Some(NOW),
        ])
    );
    assert_eq!(charged["payments"]["balance"], "79.65", "as agreed");
    assert_eq!(
        bench.effects,
        [json!({"kind": "charge_succeeded", "shopify_order_id": p(1), "amount": "79.65"})]
    );
}

#[test]
fn a_decline_is_recorded_and_mailed() {
    let mut bench = Bench::fixture();
    let refusal = act(&mut bench, "payments_charge_balance", p(2), json!({})).unwrap_err();
    assert_eq!(
        (refusal.status(), refusal.texts()),
        (
            422,
            vec![
                "Balance charge failed: card_declined. Call payments/send_payment_collection_url to let the shopper pay."
                    .to_owned()
            ]
        )
    );
    let mail = |mail: &str, to: &str| json!({"kind": "mail", "shopify_order_id": p(2), "mail": mail, "to": to});
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "charge_failed", "shopify_order_id": p(2), "amount": "159.30",
                "code": "card_declined"}),
            mail("payment_failed_customer", "mateo.ruiz@example.com"),
            mail("payment_failed_merchant", "juniper-supply.myshopify.com"),
        ]
    );
    let order = read(&mut bench, p(2));
    assert_eq!(
        fields(&order, &MONEY),
        values(&[
            Some("awaiting_balance"),
            Some("partially_paid"),
            Some("159.30"),
            Some("53.10"),
            Some("0.00"),
            None,
        ])
    );
    bench.sql("UPDATE preorder_orders SET decline_code = NULL");
    let charged = act(&mut bench, "payments_charge_balance", p(2), json!({})).unwrap();
    assert_eq!(charged["payments"]["last_failure"], Value::Null);
}

#[test]
fn a_payment_link_can_be_mailed_again() {
    let mut bench = Bench::fixture();
    for at in [NOW, "2026-03-31T12:05:00Z"] {
        let order = act(&mut bench, "payments_send_payment_link", p(9), json!({})).unwrap();
        assert_eq!(order["payments"]["collection_url_sent_at"], at);
        assert_eq!(
            bench.effects,
            [
                json!({"kind": "mail", "shopify_order_id": p(9), "mail": "payment_link",
                "to": "priya.nair@example.com"})
            ]
        );
        bench.advance(5);
    }
}

#[test]
fn a_refund_in_parts_ends_in_refunded() {
    let mut bench = Bench::fixture();
    let args = json!({"amount": 6.2, "reason": "late", "notify_customer": true});
    let part = act(&mut bench, "payments_refund", p(3), args).unwrap();
    assert_eq!(
        fields(&part, &MONEY),
        values(&[
            Some("balance_collected"),
            Some("partially_refunded"),
            Some("0.00"),
            Some("106.20"),
            Some("6.20"),
            Some("2026-03-20T08:00:00Z"),
        ])
    );
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "refund", "shopify_order_id": p(3), "amount": "6.20", "reason": "late"}),
            json!({"kind": "mail", "shopify_order_id": p(3), "mail": "order_refunded",
                "to": "priya.nair@example.com"}),
        ]
    );
    assert_eq!(count(&bench, 5), 2);
    let whole = act(&mut bench, "payments_refund", p(3), json!({})).unwrap();
    assert_eq!(whole["state"], "refunded");
    assert_eq!(whole["payments"]["refunded"], "106.20");
    assert_eq!(
        effects(&bench),
        [json!({"kind": "refund", "shopify_order_id": p(3), "amount": "100.00", "reason": null})]
    );
    assert_eq!(count(&bench, 5), 1, "its unit is free again");
}

#[test]
fn a_deposit_given_back_in_full_leaves_nothing_owed() {
    let mut bench = Bench::fixture();
    let part = act(&mut bench, "payments_refund", p(1), json!({"amount": 1})).unwrap();
    assert_eq!(part["state"], "awaiting_balance");
    let charged = act(&mut bench, "payments_charge_balance", p(1), json!({})).unwrap();
    assert_eq!(charged["financial_status"], "partially_refunded");
    assert_eq!(charged["state"], "balance_collected");
    let deposit = act(&mut bench, "payments_refund", p(2), json!({})).unwrap();
    assert_eq!(
        fields(&deposit, &MONEY),
        values(&[
            Some("refunded"),
            Some("refunded"),
            Some("0.00"),
            Some("53.10"),
            Some("53.10"),
            None,
        ])
    );
    assert_eq!(
        (count(&bench, 6), policy(&bench, 6)),
        (0, "CONTINUE".to_owned())
    );
}

#[test]
fn a_cancelled_order_gives_money_and_units_back() {
    let mut bench = Bench::fixture();
    let args = json!({"reason": "inventory", "notify_customer": true, "restock": false});
    let order = act(&mut bench, "cancel", p(2), args).unwrap();
    assert_eq!(
        fields(&order, &MONEY),
        values(&[
            Some("cancelled"),
            Some("refunded"),
            Some("0.00"),
            Some("53.10"),
            Some("53.10"),
            None,
        ])
    );
    assert_eq!(order["cancelled_at"], NOW);
    assert_eq!(order["cancel_reason"], "inventory");
    assert_eq!(
        effects(&bench),
        [
            json!({"kind": "order_cancelled", "shopify_order_id": p(2), "reason": "inventory",
                "restock": false}),
            json!({"kind": "refund", "shopify_order_id": p(2), "amount": "53.10", "reason": null}),
            json!({"kind": "mail", "shopify_order_id": p(2), "mail": "order_cancelled",
                "to": "mateo.ruiz@example.com"}),
        ]
    );
    assert_eq!(
        (count(&bench, 6), policy(&bench, 6)),
        (0, "CONTINUE".to_owned())
    );
}

#[test]
fn a_cancelled_order_may_keep_the_money() {
    let mut bench = Bench::fixture();
    let kept = act(&mut bench, "cancel", p(1), json!({"refund": false})).unwrap();
    assert_eq!(
        fields(&kept, &MONEY),
        values(&[
            Some("cancelled"),
            Some("partially_paid"),
            Some("0.00"),
            Some("26.55"),
            Some("0.00"),
            None,
        ])
    );
    assert_eq!(kept["cancel_reason"], "other");
    assert_eq!(count(&bench, 5), 1);
    act(&mut bench, "payments_refund", p(1), json!({})).unwrap();
    assert_eq!(count(&bench, 5), 1, "units come back once");
    for refund in [true, false] {
        let mut bench = Bench::fixture();
        let unpaid = act(&mut bench, "cancel", p(9), json!({"refund": refund})).unwrap();
        assert_eq!(unpaid["financial_status"], "voided");
    }
}

#[test]
fn tags_are_replaced_each_once() {
    let mut bench = Bench::fixture();
    let tags = json!({"tags": ["b", "a", "b"]});
    let order = act(&mut bench, "tags_set_tags", p(1), tags).unwrap();
    assert_eq!(order["tags"], json!(["b", "a"]));
    assert_eq!(
        bench.effects,
        [json!({"kind": "tags_set", "shopify_order_id": p(1), "tags": ["b", "a"]})]
    );
    let none = act(&mut bench, "tags_set_tags", p(1), json!({"tags": []})).unwrap();
    assert_eq!(none["tags"], json!([]));
}

#[test]
fn an_order_at_the_cap_closes_the_variant_and_a_cancel_opens_it() {
    let mut bench = Bench::fixture();
    bench.sql(&format!(
        "UPDATE offer_variants SET preorder_max_count = 4 WHERE shopify_variant_id = {}",
        v(5)
    ));
    let order = preorder(&mut bench, 5, 2);
    assert_eq!(
        (count(&bench, 5), policy(&bench, 5)),
        (4, "DENY".to_owned())
    );
    let id = order["id"].as_i64().unwrap();
    act(&mut bench, "cancel", id, json!({})).unwrap();
    assert_eq!(
        (count(&bench, 5), policy(&bench, 5)),
        (2, "CONTINUE".to_owned())
    );
}
