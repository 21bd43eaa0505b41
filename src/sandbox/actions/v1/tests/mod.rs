//! v1 beside v2 and the registry: the same rows in the older form, whichever API wrote them.

mod parity;

use serde_json::{Value, json};

use crate::sandbox::actions::v1;
use crate::sandbox::scope::Args;
use crate::sandbox::testing::{Bench, registry, s};

#[test]
fn an_intent_is_its_signup_in_the_form_of_v1() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.v1("v1_intents_read", json!({"id": s(2)})),
        (
            200,
            json!({"id": "51900000-0000-4000-8000-000000000002", "blocked_at": null, "channel": "email",
                "email": "mateo.ruiz@example.com", "notified_at": "2026-03-12T08:00:04.000Z", "optin_confirmed": false,
                "phone": null, "quantity": 2, "sent_notifications_count": 1, "source": "storefront", "type": "restock",
                "unsubscribed_at": null, "created_at": "2026-03-03T14:02:10.000Z", "updated_at": "2026-03-12T08:00:04.000Z",
                "customer_id": "c0570000-0000-4000-8000-000000000002", "intent_trigger_id": null,
                "product_variant_id": "7a310000-0000-4000-8000-000000000004", "shop_id": "5b0e0000-0000-4000-8000-000000000001",
                "shopify_inventory_item_id": 46_021_000_000_301_i64, "shopify_market_id": null,
                "shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": 44_021_000_000_301_i64,
                "customer_name": "Mateo Ruiz", "contact": "mateo.ruiz@example.com", "customer_unsubscribed_at": null,
                "accepts_marketing": false, "notifications_count": 1})
        )
    );
    assert_eq!(
        bench.shop(2).v1("v1_intents_read", json!({"id": s(2)})),
        (404, json!({"error": "Intent not found"}))
    );
}

/// Whether an action of a name runs.
fn exists(name: &str) -> bool {
    let mut is_known = false;
    let _ = Bench::fixture().request(|scope| {
        is_known = v1::run(name, scope, &Args::default()).is_some();
        Ok(Value::Null)
    });
    is_known
}

#[test]
fn every_registered_action_of_v1_exists_and_no_other() {
    let (v1, v2): (Vec<_>, Vec<_>) = registry()
        .actions()
        .iter()
        .partition(|action| action.entry().api.is_v1());
    for action in v1 {
        assert!(exists(action.name()), "{}", action.name());
    }
    for action in v2 {
        assert!(!exists(action.name()), "{}", action.name());
    }
    for name in [
        "v1_intents_update",
        "v1_preorders_enable",
        "v1_intents",
        "v1_orders_read",
    ] {
        assert!(!exists(name), "{name}");
    }
}

#[test]
fn every_example_of_the_registry_succeeds() {
    let actions = registry().actions().iter();
    for action in actions.filter(|action| action.entry().api.is_v1()) {
        for example in &action.entry().examples {
            let args = Value::Object(example.arguments.clone());
            let (status, answer) = Bench::fixture().v1(action.name(), args);
            let is_done = match status {
                201 | 207 => true,
                200 => answer.get("errors").is_none(),
                _ => false,
            };
            assert!(
                is_done,
                "{}, {}: {status} {answer}",
                action.name(),
                example.title
            );
        }
    }
}
