//! Plans created, changed, switched and deleted.

use serde_json::{Value, json};

use super::{DELETE, READ, UPDATE, VARIANTS, change, error, field_jacket, o, ok, table, unknown};
use crate::sandbox::testing::{Bench, with};
const CREATE: &str = "v1_preorders_create";

/// Settings that are refused whether a plan is created with them or O2, which has the defaults but of
/// delivery, is changed to them.
fn refused(settings: Vec<(Value, &str)>) {
    for (sent, text) in settings {
        table(
            CREATE,
            vec![(json!({"selling_plan": sent}), error(422, text))],
        );
        table(UPDATE, vec![(change(2, sent), error(422, text))]);
    }
}

#[test]
fn a_plan_is_created_disabled_or_live() {
    let mut bench = Bench::fixture();
    let (status, plan) = bench.v1(
        CREATE,
        json!({"selling_plan": {"name": "Summer hats preorder"}}),
    );
    let now = "2026-03-31T12:00:00.000Z";
    let settings = json!({
                "id": plan["id"], "name": "Summer hats preorder", "internal_name": null, "enabled": false,
                "billing_type": "no_remaining_balance", "billing_at": null, "billing_after_n_intervals": null,
                "billing_after_interval_type": "day", "billing_checkout_charge_type": "percentage",
                "billing_checkout_charge_amount": null, "billing_checkout_charge_percentage": null,
                "billing_title": null, "billing_description": null,
                "delivery_type": "asap", "delivery_at": null, "delivery_after_n_intervals": null,
                "delivery_after_interval_type": "day", "inventory_reserve_type": "on_sale",
                "inventory_provider": "stoq", "pricing_type": "no_discount", "pricing_amount": null,
                "pricing_percentage": null, "discount_text": null, "quantity_limit_text": null,
    });
    let rest = json!({
        "preorder_button_text": "Preorder now", "preorder_button_text_color": "#FFFFFF",
        "preorder_button_background_color": "#000000", "preorder_button_colors_enabled": false,
        "preorder_discounted_price_enabled": false, "preorder_button_description": null,
        "preorder_button_description_background_color": "#FFFFFF",
        "preorder_button_description_text_color": "#000000",
        "preorder_button_description_border_radius": "8",
        "preorder_button_description_quantity_limit_suffix": null,
        "preorder_button_description_shipping_text_prefix": null,
        "preorder_button_description_show_quantity_limit": false,
        "preorder_button_description_show_shipping": true,
        "preorder_badge_enabled": true, "preorder_badge_text": "Preorder",
        "preorder_badge_text_color": "#FFFFFF", "preorder_badge_background_color": "#000000",
        "preorder_shipping_text": null, "shipping_text": null,
        "shipping_line_item_property_enabled": false, "shipping_applies_to_all_products": true,
        "preorder_tags": "", "product_variants_source": "custom", "product_variants_source_id": null,
        "use_shopify_selling_plan": true, "selling_plan_product_variants_count": 0,
        "shopify_selling_plan_id": 15_000_000_902_i64, "shopify_selling_plan_group_id": 16_000_000_902_i64,
        "shop_id": 1, "market_id": null, "created_at": now, "updated_at": now, "discarded_at": null,
        "ongoing_job": false, "shopify_variant_ids": [],
    });
    assert_eq!((status, &plan), (201, &with(settings, rest)));
    assert_eq!(bench.kinds(), ["offer_created"]);
    let live = json!({"selling_plan": {"name": "Hats", "enabled": true, "product_variants_source": "all"}});
    let plan = ok(&mut bench, CREATE, live);
    assert_eq!(
        (
            &plan["enabled"],
            &plan["selling_plan_product_variants_count"]
        ),
        (&json!(true), &json!(8))
    );
    let kinds = bench.kinds();
    assert_eq!(kinds[..2], ["offer_created", "variants_attached"]);
    assert!(kinds.contains(&"offer_enabled") && kinds.contains(&"policy_set"));
}

#[test]
fn broken_settings_are_told_as_one_text() {
    let tags = vec!["a"; 51].join(",");
    let long = "b".repeat(41);
    refused(vec![
        (
            json!({"name": 5, "enabled": "often"}),
            "selling_plan.name must be a string, selling_plan.enabled must be boolean",
        ),
        (
            json!({"name": "x", "billing_type": "later"}),
            "selling_plan.billing_type must be one of: exact_time, no_remaining_balance, time_after_checkout",
        ),
        (
            json!({"name": "x", "billing_at": "soon"}),
            "selling_plan.billing_at must be a date",
        ),
        (
            json!({"name": "x", "billing_after_n_intervals": 0}),
            "selling_plan.billing_after_n_intervals must be greater than or equal to 1",
        ),
        (
            json!({"name": "x", "pricing_percentage": 101}),
            "selling_plan.pricing_percentage must be less than or equal to 100",
        ),
        (
            json!({"name": "x", "preorder_badge_text_color": "red"}),
            "selling_plan.preorder_badge_text_color is in invalid format",
        ),
        (
            json!({"name": "x", "preorder_button_description_border_radius": "101"}),
            "selling_plan.preorder_button_description_border_radius must be less than or equal to 100",
        ),
        (
            json!({"name": "x", "preorder_tags": tags}),
            "selling_plan.preorder_tags size cannot be greater than 50",
        ),
        (
            json!({"name": "x", "preorder_tags": format!("a,{long}")}),
            "selling_plan.preorder_tags.1 length cannot be greater than 40",
        ),
    ]);
}

#[test]
fn the_rules_of_v2_that_compare_fields_hold() {
    refused(vec![
        (
            json!({"name": "x", "billing_type": "exact_time"}),
            "selling_plan.billing_checkout_charge_percentage must be filled, selling_plan.billing_at must be filled",
        ),
        (
            json!({"name": "x", "billing_type": "time_after_checkout", "billing_checkout_charge_type": "price"}),
            "selling_plan.billing_checkout_charge_amount must be filled, \
             selling_plan.billing_after_n_intervals must be filled",
        ),
        (
            json!({"name": "x", "billing_type": "exact_time", "billing_at": "2026-06-01T00:00:00Z",
            "billing_checkout_charge_percentage": 5, "use_shopify_selling_plan": false}),
            "selling_plan.billing_type cannot be partial while the Shopify purchase option is off, \
             selling_plan.use_shopify_selling_plan cannot be false with partial payment",
        ),
        (
            json!({"name": "x", "auto_collect_payment": true}),
            "selling_plan.auto_collect_payment requires payment type partial",
        ),
        (
            json!({"name": "x", "pricing_type": "percentage"}),
            "selling_plan.pricing_percentage must be filled",
        ),
        (
            json!({"name": "x", "pricing_type": "fixed_amount"}),
            "selling_plan.pricing_amount must be filled",
        ),
        (
            json!({"name": "x", "pricing_amount": 1.005}),
            "selling_plan.pricing_amount must have at most two decimal places",
        ),
        (
            json!({"name": "x", "delivery_type": "exact_time"}),
            "selling_plan.delivery_at must be filled",
        ),
        (
            json!({"name": "x", "delivery_type": "anchor"}),
            "selling_plan.delivery_after_n_intervals must be filled",
        ),
        (
            json!({"name": "x", "delivery_type": "anchor", "delivery_after_n_intervals": 3,
            "use_shopify_selling_plan": false}),
            "selling_plan.delivery_type must be one of: asap, unknown",
        ),
        (
            json!({"name": "x", "product_variants_source": "collection"}),
            "selling_plan.product_variants_source_id must be filled",
        ),
        (
            json!({"name": "x", "markets_enabled": true}),
            "selling_plan.shopify_market_ids size cannot be less than 1",
        ),
        (
            json!({"name": "x", "shopify_market_ids": [5, 91_000_000_001_i64]}),
            "selling_plan.shopify_market_ids not found: 5",
        ),
    ]);
}

#[test]
fn a_body_without_its_object_is_400() {
    for (name, id) in [(CREATE, None), (UPDATE, Some(o(2)))] {
        for (body, expected) in [
            (json!({}), error(400, "selling_plan is missing")),
            (
                json!({"selling_plan": null}),
                error(400, "selling_plan must be filled"),
            ),
            (
                json!({"selling_plan": "x"}),
                error(400, "selling_plan must be a hash"),
            ),
        ] {
            let mut body = body;
            if let Some(id) = &id {
                body["id"] = json!(id);
            }
            table(name, vec![(body, expected)]);
        }
    }
    table(
        CREATE,
        vec![
            (
                json!({"selling_plan": {}}),
                error(422, "selling_plan.name is missing"),
            ),
            (
                json!({"selling_plan": {"name": ""}}),
                error(422, "selling_plan.name must be filled"),
            ),
        ],
    );
    table(
        UPDATE,
        vec![
            (change(99, json!({"enabled": true})), unknown()),
            (
                change(99, json!({"enabled": "x"})),
                error(422, "selling_plan.enabled must be boolean"),
            ),
            (
                change(2, json!({"name": null})),
                error(422, "selling_plan.name must be filled"),
            ),
            // Another shop's plan is as good as none.
            (change(901, json!({"enabled": true})), unknown()),
        ],
    );
}

#[test]
fn a_rule_on_what_v1_has_no_field_for_keeps_the_path_of_v2() {
    let mut bench = Bench::fixture();
    let split = json!({"id": o(4), "split_fulfillment": {"enabled": true}});
    bench.ok("preorders_offers_fulfillment_update", split);
    assert_eq!(
        bench.v1(UPDATE, change(4, json!({"delivery_type": "unknown"}))),
        error(
            422,
            "fulfillment.split_fulfillment.enabled requires delivery type asap"
        )
    );
}

#[test]
fn only_what_is_sent_is_changed_and_null_clears() {
    let mut bench = Bench::fixture();
    bench.advance(1);
    let sent = json!({"billing_title": null, "preorder_tags": " vip ,, field-jacket,", "pricing_percentage": "12.5",
        "unknown": 1, "id": "x", "shop_id": 7});
    let after = ok(&mut bench, UPDATE, change(1, sent));
    let mut expected = field_jacket();
    expected["billing_title"] = json!(null);
    expected["preorder_tags"] = json!("vip, field-jacket");
    expected["pricing_percentage"] = json!(12.5);
    expected["updated_at"] = json!("2026-03-31T12:01:00.000Z");
    assert_eq!(after, expected);
    assert_eq!(
        bench.effects[0],
        json!({"kind": "offer_updated", "offer_id": o(1), "blocks": ["widget", "pricing", "tagging"]})
    );
    assert_eq!(bench.v1(READ, json!({"id": o(1)})), (200, expected.clone()));
    // The same again, and nothing at all, change nothing.
    bench.advance(1);
    for sent in [
        json!({"pricing_percentage": 12.5, "enabled": true}),
        json!({}),
    ] {
        assert_eq!(ok(&mut bench, UPDATE, change(1, sent)), expected);
        assert_eq!(bench.effects, Vec::<Value>::new());
    }
}

#[test]
fn enabled_moves_the_state_machine_of_v2() {
    let state = |bench: &mut Bench, plan: u32| {
        let offer = bench.ok("preorders_offers_read", json!({"id": o(plan)}));
        (offer["state"].clone(), offer["schedule"].clone())
    };
    let ends = |at: &str| json!({"starts_at": null, "ends_at": at});
    let mut bench = Bench::fixture();
    // A planned start is moved to now, or cancelled.
    let live = ok(&mut bench, UPDATE, change(3, json!({"enabled": true})));
    assert_eq!(live["enabled"], true);
    assert_eq!(
        bench.kinds(),
        [
            "offer_enabled",
            "policy_set",
            "metafields_written",
            "metafields_written"
        ]
    );
    assert_eq!(
        state(&mut bench, 3),
        (json!("enabled"), ends("2026-04-30T22:00:00Z"))
    );
    let mut bench = Bench::fixture();
    let off = ok(&mut bench, UPDATE, change(3, json!({"enabled": false})));
    assert_eq!(off["enabled"], false);
    assert_eq!(bench.kinds(), ["offer_disabled"]);
    assert_eq!(
        state(&mut bench, 3),
        (json!("disabled"), ends("2026-04-30T22:00:00Z"))
    );
    // The present value is no conflict.
    for (plan, enabled) in [(1, true), (4, false)] {
        ok(
            &mut bench,
            UPDATE,
            change(plan, json!({"enabled": enabled})),
        );
        assert_eq!(bench.effects, Vec::<Value>::new());
    }
    // The same effects as the named actions.
    for (plan, enabled, action) in [(1, false, "disable"), (4, true, "enable")] {
        let (mut one, mut other) = (Bench::fixture(), Bench::fixture());
        ok(&mut one, UPDATE, change(plan, json!({"enabled": enabled})));
        other.ok(
            &format!("preorders_offers_{action}"),
            json!({"id": o(plan)}),
        );
        assert_eq!(one.effects, other.effects);
        assert!(!one.effects.is_empty());
    }
    // Settings that are refused leave the state alone.
    let sent = json!({"enabled": false, "delivery_type": "anchor"});
    assert_eq!(Bench::fixture().v1(UPDATE, change(1, sent)).0, 422);
}

#[test]
fn a_plan_is_deleted_for_good() {
    let mut bench = Bench::fixture();
    let gone = json!({"success": true, "message": "Selling plan deleted"});
    assert_eq!(bench.v1(DELETE, json!({"id": o(1)})), (200, gone));
    let mut other = Bench::fixture();
    other.ok("preorders_offers_delete", json!({"id": o(1)}));
    assert_eq!(bench.effects, other.effects);
    for name in [DELETE, READ, VARIANTS] {
        assert_eq!(bench.v1(name, json!({"id": o(1)})), unknown(), "{name}");
    }
}
