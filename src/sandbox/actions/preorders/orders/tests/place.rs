//! Orders coming in by the hook, and what happens to them outside the API.

use serde_json::{Value, json};

use super::{act, buy, count, effects, o, p, preorder, read};
use crate::sandbox::hooks;
use crate::sandbox::reply::Reply;
use crate::sandbox::testing::{Bench, object, v};

fn texts(reply: Reply) -> Vec<String> {
    let refusal = reply.unwrap_err();
    assert_eq!(refusal.status(), 422);
    refusal.texts()
}

/// Puts settings over those of an offer.
fn set(bench: &Bench, offer: u32, pointer: &str, value: &str) {
    bench.sql(&format!(
        "UPDATE offers SET blocks = json_set(blocks, '$.{pointer}', {value}) WHERE id = '{}'",
        o(offer)
    ));
}

#[test]
fn a_mixed_cart_keeps_its_preorder_lines() {
    let mut bench = Bench::fixture();
    let answer = buy(
        &mut bench,
        json!({
            "email": "Ana@Example.com", "name": "Ana Reyes", "shopify_customer_id": 42,
            "shopify_market_id": 91_000_000_002_i64, "decline_code": "expired_card",
            "lines": [
                {"shopify_variant_id": v(4), "quantity": 5},
                {"shopify_variant_id": v(1), "quantity": 2},
                {"shopify_variant_id": v(5), "quantity": 3, "price": "100.05"},
            ],
        }),
    )
    .unwrap();
    let id = 6_120_000_000_101_i64;
    assert_eq!(answer["shopify_order_id"], id);
    // 90.045 a unit goes up to 90.05; a quarter of 270.15 is 67.5375.
    assert_eq!(
        answer["preorder"],
        json!({
            "id": id, "shopify_order_id": id, "name": "#2101", "state": "awaiting_balance",
            "created_at": "2026-03-31T12:00:00Z", "cancelled_at": null, "cancel_reason": null,
            "financial_status": "partially_paid",
            "customer": {"id": 42, "email": "ana@example.com", "name": "Ana Reyes"},
            "market_id": 91_000_000_002_i64, "currency": "USD",
            "subtotal_price": "448.15", "total_price": "448.15",
            "payments": {
                "deposit": "245.54", "balance": "202.61", "total_outstanding": "202.61",
                "charged_at": null, "due_at": "2026-04-15T09:00:00Z", "auto_collect": true,
                "collected": "245.54", "refunded": "0.00", "collection_url_sent_at": null,
                "last_failure": null,
            },
            "fulfillment": {"status": "scheduled", "scheduled_at": "2026-05-10T00:00:00Z",
                "released_at": null, "fulfilled_at": null},
            "tags": ["preorder", "field-jacket"],
            "line_items": [
                {"id": 14_130_000_000_092_i64, "offer_id": o(2),
                    "shopify_product_id": 8_011_000_000_101_i64, "shopify_variant_id": v(1),
                    "product_title": "Alder Wool Throw", "variant_title": "Moss / Large",
                    "quantity": 2, "unit_price": "89.00", "deposit": "178.00", "balance": "0.00"},
                {"id": 14_130_000_000_093_i64, "offer_id": o(1),
                    "shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(5),
                    "product_title": "Canvas Field Jacket", "variant_title": "Medium / Olive",
                    "quantity": 3, "unit_price": "90.05", "deposit": "67.54", "balance": "202.61"},
            ],
        })
    );
    assert_eq!(
        effects(&bench),
        [json!({"kind": "order_placed", "shopify_order_id": id, "name": "#2101"})]
    );
    assert_eq!((count(&bench, 1), count(&bench, 5)), (3, 5));
    assert_eq!(read(&mut bench, id), answer["preorder"]);
    let refusal = act(&mut bench, "payments_charge_balance", id, json!({})).unwrap_err();
    assert!(refusal.texts()[0].starts_with("Balance charge failed: expired_card."));
    assert_eq!(preorder(&mut bench, 1, 1)["name"], "#2102");
}

#[test]
fn a_cart_without_a_preorder_line_is_none() {
    let mut bench = Bench::fixture();
    assert_eq!(preorder(&mut bench, 4, 1), Value::Null);
    assert_eq!(
        preorder(&mut bench, 3, 1),
        Value::Null,
        "O3 has not started"
    );
}

#[test]
fn the_offer_decides_what_is_paid_when() {
    let mut bench = Bench::fixture();
    let payments = |bench: &mut Bench| {
        let order = preorder(bench, 1, 2);
        let payments = &order["payments"];
        let status = order["financial_status"].as_str().unwrap().to_owned();
        let text = |key: &str| payments[key].as_str().unwrap_or("-").to_owned();
        [status, text("deposit"), text("balance"), text("due_at")]
    };
    assert_eq!(payments(&mut bench), ["paid", "178.00", "0.00", "-"]);
    set(&bench, 2, "payment.type", "'partial'");
    set(&bench, 2, "payment.deposit.type", "'price'");
    set(&bench, 2, "payment.deposit.amount", "'20.00'");
    set(
        &bench,
        2,
        "payment.remaining_balance.due_type",
        "'time_after_checkout'",
    );
    set(&bench, 2, "payment.remaining_balance.due_after_days", "14");
    assert_eq!(
        payments(&mut bench),
        ["partially_paid", "40.00", "138.00", "2026-04-14T12:00:00Z"]
    );
    set(&bench, 2, "payment.deposit.amount", "'500.00'");
    assert_eq!(payments(&mut bench), ["paid", "178.00", "0.00", "-"]);
    set(&bench, 2, "payment.deposit.type", "'percentage'");
    set(&bench, 2, "payment.deposit.percentage", "0");
    assert_eq!(
        payments(&mut bench),
        ["pending", "0.00", "178.00", "2026-04-14T12:00:00Z"]
    );
    set(&bench, 2, "pricing.type", "'fixed_amount'");
    set(&bench, 2, "pricing.amount", "'100.00'");
    assert_eq!(
        payments(&mut bench),
        ["paid", "0.00", "0.00", "-"],
        "never below nothing"
    );
}

#[test]
fn the_offer_decides_when_goods_go() {
    let mut bench = Bench::fixture();
    let goods = |bench: &mut Bench| {
        let order = preorder(bench, 1, 1);
        let text = |key: &str| order["fulfillment"][key].as_str().unwrap_or("-").to_owned();
        [text("status"), text("scheduled_at")]
    };
    assert_eq!(goods(&mut bench), ["on_hold", "-"]);
    set(&bench, 2, "delivery.type", "'asap'");
    assert_eq!(goods(&mut bench), ["unfulfilled", "-"]);
    set(&bench, 2, "delivery.type", "'anchor'");
    set(&bench, 2, "delivery.after_days", "3");
    assert_eq!(goods(&mut bench), ["scheduled", "2026-04-03T12:00:00Z"]);
    set(&bench, 2, "fulfillment.hold_all.enabled", "json('true')");
    assert_eq!(goods(&mut bench), ["on_hold", "2026-04-03T12:00:00Z"]);
}

#[test]
fn a_line_may_name_its_offer() {
    let mut bench = Bench::fixture();
    bench.sql(&format!(
        "UPDATE offers SET state = 'enabled', ends_at = NULL WHERE id = '{}';
         INSERT INTO offer_variants (offer_id, shop_id, shopify_variant_id)
         SELECT '{}', shop_id, {} FROM offers WHERE id = '{}'",
        o(4),
        o(4),
        v(1),
        o(4)
    ));
    let offer = |bench: &mut Bench, asked: Value| {
        let line = json!({"shopify_variant_id": v(1), "quantity": 1, "offer_id": asked});
        let reply = buy(bench, json!({"email": "ana@example.com", "lines": [line]}));
        reply.map(|answer| answer["preorder"]["line_items"][0]["offer_id"].clone())
    };
    assert_eq!(
        offer(&mut bench, Value::Null),
        Ok(json!(o(2))),
        "the newest"
    );
    assert_eq!(
        offer(&mut bench, json!(o(4).to_uppercase())),
        Ok(json!(o(4)))
    );
    assert_eq!(
        texts(offer(&mut bench, json!(o(1)))),
        ["lines.0.offer_id is not an enabled offer of this variant"]
    );
}

#[test]
fn bodies_are_checked() {
    let mut bench = Bench::fixture();
    let body = json!({
        "email": "a@example.com", "currency": "usd", "shopify_market_id": 92_000_000_001_i64,
        "decline_code": "no_money", "name": " ",
        "lines": [{"shopify_variant_id": v(1), "quantity": 1}],
    });
    assert_eq!(
        texts(buy(&mut bench, body)),
        [
            "name must be filled",
            "currency is in invalid format",
            "shopify_market_id is not a market of this shop",
            "decline_code must be one of: expired_card, card_declined, insufficient_funds, \
             payment_method_removed, authentication_required, processing_error",
        ]
    );
}

fn outside(
    bench: &mut Bench,
    order: i64,
    work: impl FnOnce(&mut crate::sandbox::scope::Scope<'_>, &str) -> Reply,
) -> Reply {
    bench.request(|scope| work(scope, &order.to_string()))
}

#[test]
fn parcels_leave_and_links_are_paid() {
    let mut bench = Bench::fixture();
    let paid = outside(&mut bench, p(2), hooks::pay_order).unwrap();
    assert_eq!(
        paid["state"], "balance_collected",
        "the card does not matter"
    );
    assert_eq!(paid["payments"]["charged_at"], "2026-03-31T12:00:00Z");
    assert_eq!(
        bench.effects,
        [json!({"kind": "charge_succeeded", "shopify_order_id": p(2), "amount": "159.30"})]
    );
    let again = outside(&mut bench, p(2), hooks::pay_order).unwrap_err();
    assert_eq!(
        (again.status(), again.texts()),
        (
            409,
            vec!["Order has no outstanding balance. It can be released.".to_owned()]
        )
    );
    let shipped = outside(&mut bench, p(2), hooks::fulfill_order).unwrap();
    assert_eq!(shipped["state"], "fulfilled");
    assert_eq!(
        shipped["fulfillment"]["fulfilled_at"],
        "2026-03-31T12:00:00Z"
    );
    assert_eq!(
        bench.effects,
        [json!({"kind": "order_fulfilled", "shopify_order_id": p(2)})]
    );
    let cancelled = outside(&mut bench, p(7), hooks::fulfill_order).unwrap_err();
    assert_eq!(
        (cancelled.status(), cancelled.texts()),
        (
            409,
            vec!["Order is cancelled and does not ship. Place a new order.".to_owned()]
        )
    );
    let unknown = outside(&mut bench, 1, hooks::fulfill_order).unwrap_err();
    assert_eq!(
        (unknown.status(), unknown.texts()),
        (404, vec!["Order not found".to_owned()])
    );
}

#[test]
fn cards_and_addresses_change() {
    let mut bench = Bench::fixture();
    let mut patch = |body: Value| {
        let body = object(body);
        outside(&mut bench, p(2), |scope, id| {
            hooks::patch_order(scope, id, &body)
        })
    };
    let order = patch(json!({"decline_code": null, "email": " New@Example.com "})).unwrap();
    assert_eq!(order["customer"]["email"], "new@example.com");
    assert_eq!(
        texts(patch(json!({"decline_code": "x", "email": 5, "name": "x"}))),
        [
            "name is not a field here",
            "decline_code must be one of: expired_card, card_declined, insufficient_funds, \
             payment_method_removed, authentication_required, processing_error",
            "email must be a string",
        ]
    );
    let order = patch(json!({"email": null})).unwrap();
    assert_eq!(order["customer"]["email"], Value::Null);
    assert!(act(&mut bench, "payments_charge_balance", p(2), json!({})).is_ok());
}

#[test]
fn shopify_may_hold_other_metafields() {
    let mut bench = Bench::fixture();
    let mut set = |variant: &str, body: Value| {
        let body = object(body);
        bench.request(|scope| hooks::set_metafields(scope, variant, &body))
    };
    let variant = v(5).to_string();
    let held = set(
        &variant,
        json!({"preorder_count": 77, "shipping_text": null}),
    )
    .unwrap();
    assert_eq!(held["preorder_count"], 77);
    assert_eq!(held["shipping_text"], Value::Null);
    assert_eq!(held.as_object().unwrap().len(), 7);
    assert_eq!(
        texts(set(&variant, json!({"count": 1}))),
        ["count is not a field here"]
    );
    for unknown in ["5", "x"] {
        let refusal = set(unknown, json!({})).unwrap_err();
        assert_eq!(
            (refusal.status(), refusal.texts()),
            (404, vec!["Product variant not found".to_owned()])
        );
    }
    let read = bench.ok(
        "preorders_product_variants_read",
        json!({"variant_id": variant}),
    );
    assert!(
        read["metafield_drift"]["keys"]
            .as_array()
            .unwrap()
            .contains(&json!("preorder_count"))
    );
}
