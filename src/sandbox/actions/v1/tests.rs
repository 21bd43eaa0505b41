//! v1 over the fixture: the same rows in the older form.

use serde_json::json;

use crate::sandbox::testing::{Bench, s};

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
