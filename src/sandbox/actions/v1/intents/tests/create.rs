//! Shoppers put on the waitlist, and what only looks like it.

use serde_json::{Value, json};

use super::{error, table};
use crate::sandbox::testing::{Bench, c, s, v};
const CREATE: &str = "v1_intents_create";

/// The refusal of a create that looks like a success.
fn refused(text: &str) -> (u16, Value) {
    (200, json!({"errors": [text]}))
}

fn newcomer() -> Value {
    json!({
        "intent": {"shopify_variant_id": v(3), "shopify_product_id": 8_011_000_000_102_i64,
            "channel": "email", "quantity": 1, "source": "api"},
        "customer": {"email": "rosa.lind@example.com", "name": "Rosa Lind", "country": "us", "locale": "en"},
    })
}

/// The newcomer with other fields, by their pointers; null takes one away.
fn newcomer_with(changes: &[(&str, Value)]) -> Value {
    let mut body = newcomer();
    for (pointer, value) in changes {
        let (part, field) = pointer[1..].split_once('/').unwrap();
        let part = body[part].as_object_mut().unwrap();
        if value.is_null() {
            part.shift_remove(field);
        } else {
            part.insert(field.to_owned(), value.clone());
        }
    }
    body
}

#[test]
fn the_create_example_of_the_contract_is_answered_with_201() {
    let mut bench = Bench::fixture();
    let (status, answer) = bench.v1(CREATE, newcomer());
    let intent = &answer["intents"][0];
    let (id, customer) = (intent["id"].clone(), intent["customer_id"].clone());
    let now = "2026-03-31T12:00:00.000Z";
    assert_eq!(
        (status, &answer),
        (
            201,
            &json!({"intents": [{"id": id, "blocked_at": null, "channel": "email",
                "email": "rosa.lind@example.com", "notified_at": null, "optin_confirmed": false, "phone": null,
                "quantity": 1, "sent_notifications_count": 0, "source": "api", "type": "restock",
                "unsubscribed_at": null, "created_at": now, "updated_at": now, "customer_id": customer,
                "intent_trigger_id": null, "product_variant_id": "7a310000-0000-4000-8000-000000000003",
                "shop_id": "5b0e0000-0000-4000-8000-000000000001",
                "shopify_inventory_item_id": 46_021_000_000_201_i64, "shopify_market_id": null,
                "shopify_product_id": 8_011_000_000_102_i64, "shopify_variant_id": v(3),
                "customer_name": "Rosa Lind", "contact": "rosa.lind@example.com",
                "customer_unsubscribed_at": null, "accepts_marketing": false, "notifications_count": 0}],
                "errors": []})
        )
    );
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "customer_created", "customer_id": customer}),
            json!({"kind": "signup_created", "signup_id": id}),
            json!({"kind": "merchant_alert", "shopify_variant_id": v(3), "waiting": 6,
                "recipient_email": "ops@juniper-supply.example"}),
        ]
    );
    let repeat = format!("signup already exists: {}", id.as_str().unwrap());
    assert_eq!(bench.v1(CREATE, newcomer()), refused(&repeat));
    assert_eq!(bench.effects, Vec::<Value>::new());
}

#[test]
fn a_named_customer_is_updated() {
    let mut bench = Bench::fixture();
    let body = newcomer_with(&[
        ("/intent/shopify_market_id", json!(91_000_000_002_i64)),
        ("/intent/quantity", json!("4")),
        ("/customer/id", json!(c(3))),
        ("/customer/email", json!("Priya.Nair@Example.com")),
        ("/customer/shopify_customer_id", json!("7300000000055")),
        ("/customer/accepts_marketing", json!(true)),
    ]);
    let (status, answer) = bench.v1(CREATE, body);
    let intent = &answer["intents"][0];
    assert_eq!(
        (
            status,
            &intent["customer_id"],
            &intent["email"],
            &intent["customer_name"],
            &intent["quantity"],
            &intent["shopify_market_id"],
            &intent["accepts_marketing"],
        ),
        (
            201,
            &json!(c(3)),
            &json!("priya.nair@example.com"),
            &json!("Rosa Lind"),
            &json!(4),
            &json!(91_000_000_002_i64),
            &json!(true)
        )
    );
    assert_eq!(
        bench.kinds(),
        ["customer_updated", "signup_created", "merchant_alert"]
    );
    assert_eq!(
        bench.number("SELECT count(*) FROM customers WHERE shopify_customer_id = 7300000000055"),
        1
    );
}

#[test]
fn a_body_without_its_objects_is_400_and_an_unknown_variant_404() {
    let with = |part: &str, value: Value| {
        let mut body = newcomer();
        body[part] = value;
        body
    };
    let mut bare = newcomer();
    bare.as_object_mut().unwrap().shift_remove("customer");
    table(
        CREATE,
        vec![
            (json!({}), error(400, "intent is missing")),
            (bare, error(400, "customer is missing")),
            (
                with("intent", json!(null)),
                error(400, "intent must be filled"),
            ),
            (
                with("intent", json!([])),
                error(400, "intent must be a hash"),
            ),
            (
                with("customer", json!("x")),
                error(400, "customer must be a hash"),
            ),
            (
                newcomer_with(&[("/intent/shopify_variant_id", json!(1))]),
                error(404, "Not found"),
            ),
        ],
    );
}

#[test]
fn what_is_read_but_refused_is_200_without_intents() {
    let one = |pointer: &str, value: Value| newcomer_with(&[(pointer, value)]);
    table(
        CREATE,
        vec![
            (
                one("/intent/source", json!("storefront")),
                refused("intent.source must be one of: api"),
            ),
            (
                one("/intent/source", json!(null)),
                refused("intent.source is missing"),
            ),
            (
                one("/intent/channel", json!("fax")),
                refused("intent.channel must be one of: email, sms, push"),
            ),
            (
                one("/intent/quantity", json!(0)),
                refused("intent.quantity must be greater than or equal to 1"),
            ),
            (
                one("/intent/shopify_product_id", json!(null)),
                refused("intent.shopify_product_id is missing"),
            ),
            (
                one("/customer/email", json!("rosa")),
                refused("customer.email is in invalid format"),
            ),
            (
                one("/customer/country", json!("US")),
                refused("customer.country is in invalid format"),
            ),
            (
                one(
                    "/customer/shopify_customer_id",
                    json!("99999999999999999999"),
                ),
                refused("customer.shopify_customer_id is in invalid format"),
            ),
            (
                one("/customer/email", json!(null)),
                refused("customer.email must be filled when channel is email"),
            ),
            (
                one("/intent/channel", json!("sms")),
                refused("customer.phone must be filled when channel is sms"),
            ),
            (
                one("/intent/channel", json!("push")),
                refused("customer.push must be filled when channel is push"),
            ),
            (
                one("/intent/shopify_product_id", json!(8_011_000_000_101_i64)),
                refused("intent.shopify_product_id does not match shopify_variant_id"),
            ),
            (
                one("/intent/shopify_market_id", json!(5)),
                refused("intent.shopify_market_id is not a market of this shop"),
            ),
            (
                newcomer_with(&[
                    ("/intent/channel", json!("sms")),
                    ("/customer/phone", json!("15035550199")),
                ]),
                refused("channel sms is not enabled"),
            ),
            (
                one("/customer/id", json!(c(99))),
                refused("Customer not found"),
            ),
            (
                newcomer_with(&[
                    ("/customer/id", json!(c(3))),
                    ("/customer/email", json!("mateo.ruiz@example.com")),
                ]),
                refused("customer.email belongs to another customer"),
            ),
            (
                one("/customer/email", json!("sam.wood@example.com")),
                refused("contact has unsubscribed from alerts"),
            ),
            (
                one("/customer/email", json!("priya.nair@example.com")),
                refused(&format!("signup already exists: {}", s(13))),
            ),
        ],
    );
    // All that is wrong inside the objects comes together.
    let both = newcomer_with(&[
        ("/intent/quantity", json!("x")),
        ("/customer/name", json!(5)),
    ]);
    assert_eq!(
        Bench::fixture().v1(CREATE, both),
        (
            200,
            json!({"errors": ["intent.quantity must be an integer", "customer.name must be a string"]})
        )
    );
}
