//! What the contract step refuses of the offers' and variants' parameters before any record is
//! looked at, and what it hands on.

use serde_json::{Value, json};

use crate::sandbox::contract;
use crate::sandbox::reply::Refusal;
use crate::sandbox::testing::{object, registry};

fn check(name: &str, sent: Value) -> Result<Value, Vec<String>> {
    let action = registry().get(&format!("preorders_{name}")).unwrap();
    match contract::check(action, object(sent)) {
        Ok(args) => Ok(Value::Object(args)),
        Err(Refusal::Invalid(texts)) => Err(texts),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn parameters_that_are_refused() {
    let long = |length: usize| "x".repeat(length);
    let ids: Vec<i64> = (1..=1_001).collect();
    let cases: Vec<(&str, Value, &[&str])> = vec![
        (
            "offers_list",
            json!({"status": "live"}),
            &["status must be one of: disabled, scheduled, enabled"],
        ),
        (
            "offers_list",
            json!({"page": 0}),
            &["page must be greater than or equal to 1"],
        ),
        (
            "offers_list",
            json!({"per_page": 201}),
            &["per_page must be less than or equal to 200"],
        ),
        ("offers_create", json!({}), &["name is missing"]),
        (
            "offers_create",
            json!({"name": ""}),
            &["name must be filled"],
        ),
        (
            "offers_create",
            json!({"name": long(256)}),
            &["name length cannot be greater than 255"],
        ),
        (
            "offers_create",
            json!({"name": "x", "widget": {"button": {"text_color": "red"}}, "limits": {"per_order": {"min": 0}}}),
            &[
                "widget.button.text_color is in invalid format",
                "limits.per_order.min must be greater than or equal to 1",
            ],
        ),
        (
            "offers_update",
            json!({"state": "enabled"}),
            &["body must be filled"],
        ),
        (
            "offers_update",
            json!({"name": null}),
            &["name must be filled"],
        ),
        (
            "offers_schedule",
            json!({}),
            &["starts_at or ends_at is required"],
        ),
        (
            "offers_schedule",
            json!({"starts_at": "soon"}),
            &["starts_at must be a date"],
        ),
        (
            "offers_widget_update",
            json!({"colour": "red"}),
            &["body must be filled"],
        ),
        (
            "offers_widget_update",
            json!({"badge": {"enabled": null}}),
            &["badge.enabled must be filled"],
        ),
        (
            "offers_widget_update",
            json!({"badge": {"enabled": "yes"}}),
            &["badge.enabled must be boolean"],
        ),
        (
            "offers_widget_update",
            json!({"disclaimer": {"text": long(1_001), "border_radius": 101}}),
            &[
                "disclaimer.text length cannot be greater than 1000",
                "disclaimer.border_radius must be less than or equal to 100",
            ],
        ),
        (
            "offers_widget_set_badge_colors",
            json!({"text_color": "#12"}),
            &[
                "text_color is in invalid format",
                "background_color is missing",
            ],
        ),
        (
            "offers_widget_set_button_text",
            json!({"text": null}),
            &["text must be filled"],
        ),
        (
            "offers_products_update",
            json!({"source": "some"}),
            &["source must be one of: custom, collection, all"],
        ),
        (
            "offers_products_add_variants",
            json!({}),
            &["variant_ids is missing"],
        ),
        (
            "offers_products_add_variants",
            json!({"variant_ids": []}),
            &["variant_ids size cannot be less than 1"],
        ),
        (
            "offers_products_remove_variants",
            json!({"variant_ids": ids, "inventory_policy": "STOP"}),
            &[
                "variant_ids size cannot be greater than 1000",
                "inventory_policy must be one of: CONTINUE, DENY",
            ],
        ),
        (
            "offers_products_variants_update",
            json!({"cap": 1}),
            &["shipping_text or preorder_max_count is required"],
        ),
        (
            "offers_products_variants_update",
            json!({"preorder_max_count": -1}),
            &["preorder_max_count must be greater than or equal to 0"],
        ),
        (
            "offers_pricing_update",
            json!({"percentage": 101}),
            &["percentage must be less than or equal to 100"],
        ),
        (
            "offers_pricing_update",
            json!({"amount": "much"}),
            &["amount must be a number"],
        ),
        (
            "offers_payment_update",
            json!({"remaining_balance": {"due_after_days": 0, "due_type": "later"}}),
            &[
                "remaining_balance.due_type must be one of: exact_time, time_after_checkout",
                "remaining_balance.due_after_days must be greater than or equal to 1",
            ],
        ),
        (
            "offers_delivery_set_delivery_date",
            json!({"date": "10.05.2026"}),
            &["date must be a date"],
        ),
        (
            "offers_translations_update",
            json!({"locales": {"fr": {"title": "x"}, "F": {}}}),
            &[
                "locales.fr.title is not allowed",
                "locales.F is in invalid format",
            ],
        ),
        (
            "offers_tagging_update",
            json!({"order_tags": ["a,b", long(41), ""]}),
            &[
                "order_tags.0 is in invalid format",
                "order_tags.1 length cannot be greater than 40",
                "order_tags.2 must be filled",
            ],
        ),
        (
            "product_variants_list",
            json!({"offer_id": "x", "variant_ids": vec![1; 201]}),
            &[
                "offer_id is not a valid UUID",
                "variant_ids size cannot be greater than 200",
            ],
        ),
        (
            "product_variants_offers",
            json!({"state": "x"}),
            &["state must be one of: disabled, scheduled, enabled"],
        ),
    ];
    for (name, sent, texts) in cases {
        let expected = texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(check(name, sent.clone()), Err(expected), "{name} {sent}");
    }
}

#[test]
fn what_is_handed_on() {
    let same = |name: &str, sent: Value| assert_eq!(check(name, sent.clone()), Ok(sent));
    same("offers_schedule", json!({"starts_at": null}));
    same(
        "offers_widget_update",
        json!({"disclaimer": {"quantity_limit_suffix": " ", "text": null}}),
    );
    same("offers_widget_set_button_text", json!({"text": " Get it "}));
    same(
        "offers_translations_update",
        json!({"locales": {"pt-BR": {"billing_title": " x"}, "fr": null}}),
    );
    same(
        "offers_products_variants_update",
        json!({"shipping_text": null}),
    );
    assert_eq!(
        check(
            "offers_payment_update",
            json!({"deposit": {"amount": "20.00"}, "x": 1})
        ),
        Ok(json!({"deposit": {"amount": 20.0}}))
    );
    assert_eq!(
        check(
            "product_variants_list",
            json!({"variant_ids": ["7", 8], "per_page": "5"})
        ),
        Ok(json!({"variant_ids": [7, 8], "per_page": 5}))
    );
    assert_eq!(check("offers_enable", json!({"x": 1})), Ok(json!({})));
}
