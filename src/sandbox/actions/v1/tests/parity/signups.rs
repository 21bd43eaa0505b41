//! Intents and signups.

use serde_json::{Map, Value, json};

use super::{each_shop, of_v1, of_v2, seconds};
use crate::sandbox::seed::Kind;
use crate::sandbox::testing::{Bench, s, v};

/// Fields that an intent has and a signup does not.
const ONLY_V1: [&str; 7] = [
    "type",
    "intent_trigger_id",
    "product_variant_id",
    "shop_id",
    "shopify_inventory_item_id",
    "accepts_marketing",
    "notifications_count",
];

/// Says of an intent, by the field map, what its signup says; each field of v1 is looked at once.
fn same_signup(intent: &Value, signup: &Value) {
    let mut left: Map<String, Value> = intent.as_object().unwrap().clone();
    let mut take = |name: &str| left.shift_remove(name).unwrap();
    let at = |pointer: &str| signup.pointer(pointer).unwrap().clone();
    for name in [
        "id",
        "channel",
        "quantity",
        "contact",
        "source",
        "shopify_market_id",
    ] {
        assert_eq!(take(name), signup[name], "{name} of {intent}");
    }
    for (name, pointer) in [
        ("shopify_variant_id", "/variant/shopify_variant_id"),
        ("shopify_product_id", "/variant/shopify_product_id"),
        ("customer_id", "/customer/id"),
        ("customer_name", "/customer/name"),
        ("sent_notifications_count", "/notifications_sent"),
    ] {
        assert_eq!(take(name), at(pointer), "{name} of {intent}");
    }
    for (name, pointer) in [
        ("created_at", "/created_at"),
        ("updated_at", "/updated_at"),
        ("notified_at", "/last_notified_at"),
    ] {
        assert_eq!(seconds(&take(name)), at(pointer), "{name} of {intent}");
    }
    assert_eq!(
        take("optin_confirmed"),
        json!(at("/optin/confirmed") == json!(true))
    );
    let (email, phone) = (take("email"), take("phone"));
    let own = match signup["channel"].as_str().unwrap() {
        "email" => (at("/contact"), Value::Null),
        "sms" => (Value::Null, at("/contact")),
        _ => (Value::Null, Value::Null),
    };
    assert_eq!((email, phone), own, "{intent}");
    let opted_out = [take("unsubscribed_at"), take("customer_unsubscribed_at")];
    let status = if opted_out.iter().any(Value::is_string) {
        "unsubscribed"
    } else if intent["notified_at"].is_string() {
        "notified"
    } else if take("blocked_at").is_string() {
        "blocked"
    } else {
        "pending"
    };
    assert_eq!(at("/status"), status, "{intent}");
    left.shift_remove("blocked_at");
    let rest: Vec<&String> = left.keys().collect();
    for name in ONLY_V1 {
        assert!(rest.iter().any(|left| *left == name), "{name} of {intent}");
    }
    assert_eq!(rest.len(), ONLY_V1.len(), "{rest:?}");
}

#[test]
fn every_intent_says_what_its_signup_says() {
    for kind in [Kind::Fixture, Kind::Shop] {
        each_shop(kind, |bench| {
            let intents = of_v1(bench, "v1_intents_list", "intents");
            let signups = of_v2(bench, "back_in_stock_signups_list", &json!({}), "signups");
            assert_eq!(intents.len(), signups.len());
            assert!(!intents.is_empty());
            for (intent, signup) in intents.iter().zip(&signups) {
                same_signup(intent, signup);
            }
        });
    }
}

#[test]
fn writes_of_intents_are_writes_of_signups() {
    let pairs = [
        (
            "v1_intents_notify",
            json!({"id": s(1)}),
            "back_in_stock_signups_notify",
            json!({"id": s(1)}),
        ),
        (
            "v1_intents_notify",
            json!({"id": s(22)}),
            "back_in_stock_signups_notify",
            json!({"id": s(22)}),
        ),
        (
            "v1_intents_bulk_notify",
            json!({"intent_ids": [s(22), s(2), s(4)], "allow_resend": true}),
            "back_in_stock_signups_bulk_notify",
            json!({"signup_ids": [s(22), s(2), s(4)], "allow_resend": true}),
        ),
        (
            "v1_intents_bulk_destroy",
            json!({"intent_ids": [s(4), s(7)]}),
            "back_in_stock_signups_bulk_delete",
            json!({"signup_ids": [s(4), s(7)]}),
        ),
        (
            "v1_intents_transfer",
            json!({"from_shopify_variant_id": v(4), "from_shopify_product_id": 8_011_000_000_103_i64,
            "to_shopify_variant_id": v(1), "to_shopify_product_id": 8_011_000_000_101_i64, "intent_type": "all"}),
            "back_in_stock_signups_transfer",
            json!({"from_shopify_variant_id": v(4),
            "from_shopify_product_id": 8_011_000_000_103_i64, "to_shopify_variant_id": v(1),
            "to_shopify_product_id": 8_011_000_000_101_i64, "signup_type": "all"}),
        ),
        (
            "v1_intents_create",
            json!({"intent": {"shopify_variant_id": v(3), "shopify_product_id": 8_011_000_000_102_i64,
            "channel": "email", "quantity": 2, "source": "api"}, "customer": {"email": "rosa.lind@example.com"}}),
            "back_in_stock_signups_create",
            json!({"shopify_variant_id": v(3), "quantity": 2, "channel": "email",
            "email": "rosa.lind@example.com"}),
        ),
    ];
    for (v1, of_v1_args, v2, of_v2_args) in pairs {
        let (mut one, mut other) = (Bench::fixture(), Bench::fixture());
        let (status, answer) = one.v1(v1, of_v1_args);
        other.ok(v2, of_v2_args);
        assert_eq!(one.effects, other.effects, "{v1}: {status} {answer}");
        assert!(!one.effects.is_empty(), "{v1}");
        let rows =
            |bench: &mut Bench| of_v2(bench, "back_in_stock_signups_list", &json!({}), "signups");
        assert_eq!(rows(&mut one), rows(&mut other), "{v1}");
        let intents = of_v1(&mut other, "v1_intents_list", "intents");
        for (intent, signup) in intents.iter().zip(&rows(&mut one)) {
            same_signup(intent, signup);
        }
    }
}
