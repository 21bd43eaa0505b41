//! Selling plans over the fixture: every example, every refusal, and the same effects as in v2.

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, v, with};

const LIST: &str = "v1_preorders_list";
const READ: &str = "v1_preorders_read";
const CREATE: &str = "v1_preorders_create";
const UPDATE: &str = "v1_preorders_update";
const DELETE: &str = "v1_preorders_delete";
const ADD: &str = "v1_preorders_add_variant";
const REMOVE: &str = "v1_preorders_remove_variant";
const OVERRIDE: &str = "v1_preorders_update_variant_settings";
const VARIANTS: &str = "v1_preorders_product_variants";
const POLICY: &str = "v1_preorders_bulk_toggle_inventory_policy";
const MAIL: &str = "v1_preorders_send_shipping_update";

/// Id of the plan O`n`.
fn o(number: u32) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

/// Shopify id of the order P`n`.
fn p(number: i64) -> i64 {
    6_130_000_000_000 + number
}

fn error(status: u16, text: &str) -> (u16, Value) {
    (status, json!({"error": text}))
}

fn unknown() -> (u16, Value) {
    error(404, "Selling plan not found")
}

/// Calls that are refused without a trace.
fn table(name: &str, rows: Vec<(Value, (u16, Value))>) {
    for (args, expected) in rows {
        let mut bench = Bench::fixture();
        assert_eq!(bench.v1(name, args.clone()), expected, "{name} {args}");
        assert_eq!(bench.effects, Vec::<Value>::new(), "{name} {args}");
    }
}

/// A call that must succeed.
fn ok(bench: &mut Bench, name: &str, args: Value) -> Value {
    let (status, answer) = bench.v1(name, args);
    assert!(matches!(status, 200 | 201), "{name}: {status} {answer}");
    answer
}

/// The change of a plan.
fn change(plan: u32, selling_plan: Value) -> Value {
    json!({"id": o(plan), "selling_plan": selling_plan})
}

/// The example of the contract, section 3.
fn field_jacket() -> Value {
    let settings = json!({
        "id": o(1), "name": "Field Jacket preorder", "internal_name": "Spring / jackets / wave 1",
        "enabled": true,
        "billing_type": "exact_time", "billing_at": "2026-04-15T09:00:00.000Z", "billing_after_n_intervals": null,
        "billing_after_interval_type": "day", "billing_checkout_charge_type": "percentage",
        "billing_checkout_charge_amount": null, "billing_checkout_charge_percentage": 25,
        "billing_title": "Pay 25% today", "billing_description": "The rest is due on 15 April.",
        "delivery_type": "exact_time", "delivery_at": "2026-05-10T00:00:00.000Z",
        "delivery_after_n_intervals": null, "delivery_after_interval_type": "day",
        "inventory_reserve_type": "on_sale", "inventory_provider": "stoq",
        "pricing_type": "percentage", "pricing_amount": null, "pricing_percentage": 10,
        "discount_text": "Preorder price: {{ discount }} off", "quantity_limit_text": "{{ quantity }} left",
    });
    let rest = json!({
        "preorder_button_text": "Preorder now", "preorder_button_text_color": "#FFFFFF",
        "preorder_button_background_color": "#0B5D3B", "preorder_button_colors_enabled": true,
        "preorder_discounted_price_enabled": true, "preorder_button_description": "This jacket is made to order.",
        "preorder_button_description_background_color": "#F4F4F4",
        "preorder_button_description_text_color": "#000000", "preorder_button_description_border_radius": "8",
        "preorder_button_description_quantity_limit_suffix": " left in this wave",
        "preorder_button_description_shipping_text_prefix": "Ships: ",
        "preorder_button_description_show_quantity_limit": true, "preorder_button_description_show_shipping": true,
        "preorder_badge_enabled": true, "preorder_badge_text": "Preorder", "preorder_badge_text_color": "#FFFFFF",
        "preorder_badge_background_color": "#1A1A1A",
        "preorder_shipping_text": "Expected to ship on {{ date }}", "shipping_text": null,
        "shipping_line_item_property_enabled": true, "shipping_applies_to_all_products": false,
        "preorder_tags": "preorder, field-jacket",
        "product_variants_source": "custom", "product_variants_source_id": null, "use_shopify_selling_plan": true,
        "selling_plan_product_variants_count": 2, "shopify_selling_plan_id": 15_000_000_001_i64,
        "shopify_selling_plan_group_id": 16_000_000_001_i64,
        "shop_id": 1, "market_id": null, "created_at": "2026-02-20T09:00:00.000Z",
        "updated_at": "2026-02-20T09:30:00.000Z", "discarded_at": null, "ongoing_job": false,
        "shopify_variant_ids": [v(5), v(6)],
    });
    with(settings, rest)
}

fn medium() -> Value {
    json!({"shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(5),
        "product_title": "Canvas Field Jacket", "variant_title": "Medium / Olive", "preorder_units_sold": 2,
        "preorder_max_count": 40, "shipping_text": "Ships with wave 1"})
}

fn large() -> Value {
    json!({"shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(6),
        "product_title": "Canvas Field Jacket", "variant_title": "Large / Olive", "preorder_units_sold": 2,
        "preorder_max_count": 2, "shipping_text": null})
}

#[test]
fn the_plan_of_the_contract_is_read_whole() {
    let mut bench = Bench::fixture();
    assert_eq!(bench.v1(READ, json!({"id": o(1)})), (200, field_jacket()));
    assert_eq!(
        bench.v1(READ, json!({"id": o(1).to_uppercase()})),
        (200, field_jacket())
    );
    // A scheduled plan is not enabled; another shop has another number.
    let (_, planned) = bench.v1(READ, json!({"id": o(3)}));
    assert_eq!(
        (
            &planned["enabled"],
            &planned["billing_checkout_charge_amount"]
        ),
        (&json!(false), &json!(20))
    );
    assert_eq!(bench.shop(2).v1(READ, json!({"id": o(1)})), unknown());
    let (_, mug) = bench.v1(READ, json!({"id": o(901)}));
    assert_eq!(mug["shop_id"], 2);
}

#[test]
fn plans_are_listed_in_short_and_found_by_a_part_of_their_names() {
    let mut bench = Bench::fixture();
    let row = json!({
        "id": o(1), "name": "Field Jacket preorder", "internal_name": "Spring / jackets / wave 1",
        "enabled": true, "selling_plan_product_variants_count": 2, "created_at": "2026-02-20T09:00:00.000Z",
        "updated_at": "2026-02-20T09:30:00.000Z", "shopify_variant_ids": [v(5), v(6)],
    });
    assert_eq!(
        bench.v1(LIST, json!({"name": "JACKET"})),
        (
            200,
            json!({"selling_plans": [row],
                "meta": {"total_count": 1, "page": 1, "per_page": 25, "total_pages": 1}})
        )
    );
    bench.sql(&format!(
        "UPDATE offers SET name = 'ÉTÉ' WHERE id = '{}'",
        o(4)
    ));
    let mut found = |args: Value| -> Vec<Value> {
        let answer = ok(&mut bench, LIST, args);
        let rows = answer["selling_plans"].as_array().unwrap().iter();
        rows.map(|row| row["id"].clone()).collect()
    };
    assert_eq!(found(json!({})), [o(3), o(2), o(1), o(4)]);
    assert_eq!(found(json!({"page": 2, "per_page": 3})), [o(4)]);
    assert_eq!(found(json!({"name": "wave 1"})), [o(1)]);
    assert_eq!(found(json!({"name": "été"})), [o(4)]);
    assert_eq!(found(json!({"name": "%"})), Vec::<Value>::new());
    table(
        LIST,
        vec![
            (
                json!({"page": 0}),
                error(400, "page must be greater than or equal to 1"),
            ),
            (
                json!({"per_page": 501, "name": 5}),
                error(400, "name must be a string"),
            ),
            (
                json!({"per_page": 501}),
                error(400, "per_page must be less than or equal to 500"),
            ),
        ],
    );
}

#[test]
fn the_variants_of_the_contract_and_one_of_them_bare() {
    let mut bench = Bench::fixture();
    let whole = json!({
        "selling_plan_id": o(1), "selling_plan_name": "Field Jacket preorder", "currency": "USD",
        "product_variants": [medium(), large()], "meta": {"total_variants": 2, "total_units_sold": 4},
    });
    assert_eq!(
        bench.v1(VARIANTS, json!({"id": o(1)})),
        (200, whole.clone())
    );
    let args = json!({"id": o(1), "shopify_product_id": 8_011_000_000_103_i64});
    assert_eq!(bench.v1(VARIANTS, args), (200, whole));
    let args = json!({"id": o(1), "shopify_variant_id": v(5).to_string()});
    assert_eq!(bench.v1(VARIANTS, args), (200, medium()));
    let args = json!({"id": o(1), "shopify_product_id": 8_011_000_000_101_i64});
    let none = ok(&mut bench, VARIANTS, args);
    assert_eq!(
        (&none["product_variants"], &none["meta"]),
        (
            &json!([]),
            &json!({"total_variants": 0, "total_units_sold": 0})
        )
    );
    table(
        VARIANTS,
        vec![
            (json!({"id": o(99)}), unknown()),
            (
                json!({"id": o(99), "shopify_product_id": 1, "shopify_variant_id": 1}),
                error(
                    400,
                    "shopify_product_id and shopify_variant_id exclude each other",
                ),
            ),
            (
                json!({"id": o(1), "shopify_variant_id": v(1)}),
                error(404, "Product variant not found"),
            ),
            (
                json!({"id": o(1), "shopify_variant_id": "x"}),
                error(400, "shopify_variant_id must be an integer"),
            ),
        ],
    );
}

#[test]
fn a_list_of_variants_has_no_pages() {
    let mut bench = Bench::fixture();
    bench.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO variants (shop_id, shopify_variant_id, id, shopify_product_id, title, inventory_item_id,
           price_minor, inventory_policy)
         SELECT '5b0e0000-0000-4000-8000-000000000001', i, 'id' || i, 8011000000101, 'V', i, 100, 'DENY' FROM n;
         INSERT INTO offer_variants (offer_id, shop_id, shopify_variant_id)
         SELECT '{}', shop_id, shopify_variant_id FROM variants WHERE shopify_variant_id <= 300",
        o(1)
    ));
    let whole = ok(&mut bench, VARIANTS, json!({"id": o(1)}));
    assert_eq!(whole["product_variants"].as_array().unwrap().len(), 302);
    assert_eq!(
        whole["meta"],
        json!({"total_variants": 302, "total_units_sold": 4})
    );
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
fn create_and_update_are_refused_with_all_texts_as_one() {
    let tags = vec!["a"; 51].join(",");
    let long = "b".repeat(41);
    let settings = [
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
        // The rules of v2 that compare fields.
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
    ];
    for (sent, text) in settings {
        table(
            CREATE,
            vec![(json!({"selling_plan": sent}), error(422, text))],
        );
        // O2 has the defaults but of delivery.
        table(UPDATE, vec![(change(2, sent), error(422, text))]);
    }
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
            // v1 has no name for what splits an order.
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

#[test]
fn variants_are_attached_all_or_none() {
    let mut bench = Bench::fixture();
    let args = json!({"id": o(2), "shopify_variant_ids": [v(3), v(7).to_string(), v(3)]});
    assert_eq!(
        bench.v1(ADD, args),
        (
            200,
            json!({"success": true, "message": "Variants added", "variants_added": [v(3), v(7)]})
        )
    );
    let mut other = Bench::fixture();
    other.ok(
        "preorders_offers_products_add_variants",
        json!({"id": o(2), "variant_ids": [v(3), v(7)]}),
    );
    assert_eq!(bench.effects, other.effects);
    let (v1, v2) = (v(1), v(2));
    let refused =
        |text: &str, existing: Value| (422, json!({"error": text, "existing_variants": existing}));
    table(
        ADD,
        vec![
            (
                json!({"id": o(2), "shopify_variant_ids": [v(3), v1, v2, 5]}),
                refused(
                    &format!("shopify_variant_ids already attached: {v1}, {v2}"),
                    json!([v1, v2]),
                ),
            ),
            (
                json!({"id": o(2), "shopify_variant_ids": [v(3), 5, 6]}),
                refused("shopify_variant_ids not found: 5, 6", json!([])),
            ),
            (
                json!({"id": o(99), "shopify_variant_ids": [v(3)]}),
                unknown(),
            ),
            (
                json!({"id": o(99)}),
                error(400, "shopify_variant_ids is missing"),
            ),
            (
                json!({"id": o(2), "shopify_variant_ids": []}),
                error(400, "shopify_variant_ids size cannot be less than 1"),
            ),
            (
                json!({"id": o(2), "shopify_variant_ids": [v(3), "x", "y"]}),
                error(400, "shopify_variant_ids.1 must be an integer"),
            ),
        ],
    );
    ok(
        &mut bench,
        UPDATE,
        change(2, json!({"product_variants_source": "all"})),
    );
    assert_eq!(
        bench.v1(ADD, json!({"id": o(2), "shopify_variant_ids": [5]})),
        refused(
            "Offer takes its variants from source all. PATCH products with source custom first.",
            json!([])
        )
    );
}

#[test]
fn variants_are_detached_with_the_policy_asked_for() {
    let mut bench = Bench::fixture();
    let args =
        json!({"id": o(1), "shopify_variant_ids": [v(5), v(1)], "inventory_policy": "CONTINUE"});
    assert_eq!(
        bench.v1(REMOVE, args),
        (
            200,
            json!({"success": true, "message": "Variants removed", "variants_removed": [v(5)]})
        )
    );
    let mut other = Bench::fixture();
    other.ok(
        "preorders_offers_products_remove_variants",
        json!({"id": o(1), "variant_ids": [v(5), v(1)], "inventory_policy": "CONTINUE"}),
    );
    assert_eq!(bench.effects, other.effects);
    let again = json!({"id": o(1), "shopify_variant_ids": [v(5)]});
    assert_eq!(
        bench.v1(REMOVE, again),
        error(404, "Product variant not found")
    );
    table(
        REMOVE,
        vec![
            (
                json!({"id": o(99), "shopify_variant_ids": [v(5)]}),
                unknown(),
            ),
            (
                json!({"id": o(1)}),
                error(400, "shopify_variant_ids is missing"),
            ),
            (
                json!({"id": o(1), "shopify_variant_ids": "x"}),
                error(400, "shopify_variant_ids must be an array"),
            ),
            (
                json!({"id": o(1), "shopify_variant_ids": [v(5)], "inventory_policy": "STOP"}),
                error(422, "inventory_policy must be one of: CONTINUE, DENY"),
            ),
            (
                json!({"id": o(1), "shopify_variant_ids": [v(5)], "inventory_policy": 5}),
                error(400, "inventory_policy must be a string"),
            ),
            (
                json!({"id": o(1), "shopify_variant_ids": [], "inventory_policy": "STOP"}),
                error(400, "shopify_variant_ids size cannot be less than 1"),
            ),
        ],
    );
    ok(
        &mut bench,
        UPDATE,
        change(1, json!({"product_variants_source": "all"})),
    );
    assert_eq!(
        bench.v1(REMOVE, json!({"id": o(1), "shopify_variant_ids": [v(6)]})),
        error(
            422,
            "Offer takes its variants from source all. PATCH products with source custom first."
        )
    );
}

#[test]
fn a_variant_is_overridden_as_in_v2() {
    let mut bench = Bench::fixture();
    let args = json!({"id": o(1), "shopify_variant_id": v(6), "preorder_max_count": 3, "shipping_text": " soon "});
    let shown = |text: Value, cap: Value| {
        json!({"success": true, "message": "Variant settings updated",
            "variant": {"shopify_variant_id": v(6), "shipping_text": text, "preorder_max_count": cap}})
    };
    assert_eq!(
        bench.v1(OVERRIDE, args),
        (200, shown(json!(" soon "), json!(3)))
    );
    let mut other = Bench::fixture();
    other.ok(
        "preorders_offers_products_variants_update",
        json!({"id": o(1), "variant_id": v(6), "preorder_max_count": 3, "shipping_text": " soon "}),
    );
    assert_eq!(bench.effects, other.effects);
    // What is not sent stays; null clears.
    let args = json!({"id": o(1), "shopify_variant_id": v(6), "preorder_max_count": null});
    assert_eq!(
        bench.v1(OVERRIDE, args),
        (200, shown(json!(" soon "), json!(null)))
    );
    table(
        OVERRIDE,
        vec![
            (
                json!({"id": o(1)}),
                error(400, "shopify_variant_id is missing"),
            ),
            (
                json!({"id": o(1), "shopify_variant_id": "x", "preorder_max_count": -1}),
                error(400, "shopify_variant_id must be an integer"),
            ),
            (
                json!({"id": o(99), "shopify_variant_id": v(5)}),
                error(400, "shipping_text or preorder_max_count is required"),
            ),
            (
                json!({"id": o(99), "shopify_variant_id": v(5), "preorder_max_count": 1}),
                unknown(),
            ),
            (
                json!({"id": o(1), "shopify_variant_id": v(1), "preorder_max_count": 1}),
                error(404, "Product variant not found"),
            ),
            (
                json!({"id": o(1), "shopify_variant_id": v(5), "preorder_max_count": -1}),
                error(422, "preorder_max_count must be greater than or equal to 0"),
            ),
            (
                json!({"id": o(1), "shopify_variant_id": v(5), "shipping_text": 5}),
                error(422, "shipping_text must be a string"),
            ),
        ],
    );
}

#[test]
fn a_queued_policy_is_set_a_quarter_of_a_second_later() {
    let mut bench = Bench::fixture();
    let args = json!({"id": o(4), "shopify_variant_ids": [v(7), v(5), 5, v(7)], "inventory_policy": "CONTINUE"});
    let queued = json!({"success": true, "message": "Inventory policy update queued", "variants_queued": [v(7), v(5)]});
    assert_eq!(bench.v1(POLICY, args), (200, queued));
    assert_eq!(bench.effects, Vec::<Value>::new());
    let policy = |bench: &mut Bench| {
        let variant = bench.ok(
            "preorders_product_variants_read",
            json!({"variant_id": v(7)}),
        );
        variant["inventory_policy"].clone()
    };
    let is_busy = |bench: &mut Bench| ok(bench, READ, json!({"id": o(4)}))["ongoing_job"].clone();
    bench.now += chrono::Duration::milliseconds(249);
    assert_eq!(
        (is_busy(&mut bench), policy(&mut bench)),
        (json!(true), json!("DENY"))
    );
    assert_eq!(
        ok(&mut bench, READ, json!({"id": o(1)}))["ongoing_job"],
        false
    );
    bench.now += chrono::Duration::milliseconds(1);
    assert_eq!(is_busy(&mut bench), json!(false));
    // The medium jacket sold on already.
    assert_eq!(
        bench.effects,
        [json!({"kind": "policy_set", "shopify_variant_id": v(7), "inventory_policy": "CONTINUE"})]
    );
    assert_eq!(policy(&mut bench), json!("CONTINUE"));
    // It stays until the plan is next switched.
    ok(&mut bench, UPDATE, change(4, json!({"billing_title": "x"})));
    assert_eq!(policy(&mut bench), json!("CONTINUE"));
    ok(&mut bench, UPDATE, change(4, json!({"enabled": true})));
    ok(&mut bench, UPDATE, change(4, json!({"enabled": false})));
    assert_eq!(policy(&mut bench), json!("DENY"));
}

#[test]
fn what_queued_policies_refuse() {
    let of = |policy: Value| json!({"id": o(1), "shopify_variant_ids": [v(5)], "inventory_policy": policy});
    let none = json!({"success": true, "message": "Inventory policy update queued", "variants_queued": []});
    let mut bench = Bench::fixture();
    let args = json!({"id": o(1), "shopify_variant_ids": [5], "inventory_policy": "DENY"});
    assert_eq!(bench.v1(POLICY, args), (200, none));
    assert_eq!(
        ok(&mut bench, READ, json!({"id": o(1)}))["ongoing_job"],
        false
    );
    table(
        POLICY,
        vec![
            (
                json!({"id": o(1)}),
                error(400, "shopify_variant_ids is missing"),
            ),
            (
                json!({"id": o(1), "shopify_variant_ids": [v(5)]}),
                error(400, "inventory_policy is missing"),
            ),
            (
                of(json!(null)),
                error(400, "inventory_policy must be filled"),
            ),
            (
                of(json!(1)),
                error(400, "inventory_policy must be a string"),
            ),
            (
                of(json!("continue")),
                error(422, "inventory_policy must be one of: CONTINUE, DENY"),
            ),
            (
                json!({"id": o(99), "shopify_variant_ids": [v(5)], "inventory_policy": "DENY"}),
                unknown(),
            ),
        ],
    );
}

#[test]
fn a_shipping_update_is_mailed_to_every_known_order() {
    let mail = |ids: &str, list: Value| {
        json!({ids: list, "subject": "Your jacket ships a week later", "header": "A short delay",
            "description": "It leaves on 17 May."})
    };
    let sent = |count: u32| json!({"success": true, "message": "Shipping update queued", "orders_count": count});
    let to = |order: i64, address: &str| json!({"kind": "mail", "shopify_order_id": p(order), "mail": "shipping_update", "to": address});
    let mut bench = Bench::fixture();
    let args = mail("shopify_order_ids", json!([p(1), 5, p(3), p(1)]));
    let both = [
        to(1, "jane.okafor@example.com"),
        to(3, "priya.nair@example.com"),
    ];
    assert_eq!(bench.v1(MAIL, args.clone()), (200, sent(2)));
    assert_eq!(bench.effects, both);
    // Once more, to the same; and by STOQ's own ids.
    assert_eq!(bench.v1(MAIL, args), (200, sent(2)));
    assert_eq!(bench.effects, both);
    let own = "0DE50000-0000-4000-8000-000000000002";
    let args = mail(
        "order_ids",
        json!([own, "0de50000-0000-4000-8000-000000000901"]),
    );
    assert_eq!(bench.v1(MAIL, args), (200, sent(1)));
    assert_eq!(bench.effects, [to(2, "mateo.ruiz@example.com")]);
    // A guest without an address counts, and nobody is mailed.
    bench.sql(&format!(
        "UPDATE preorder_orders SET email = NULL WHERE shopify_order_id = {}",
        p(4)
    ));
    assert_eq!(
        bench.v1(MAIL, mail("shopify_order_ids", json!([p(4)]))),
        (200, sent(1))
    );
    assert_eq!(bench.effects, Vec::<Value>::new());
    let without = |name: &str| {
        let mut args = mail("shopify_order_ids", json!([p(1)]));
        args.as_object_mut().unwrap().shift_remove(name);
        args
    };
    let mut doubled = mail("shopify_order_ids", json!([p(1)]));
    doubled["order_ids"] = json!([own]);
    table(
        MAIL,
        vec![
            (without("subject"), error(400, "subject is missing")),
            (without("header"), error(400, "header is missing")),
            (without("description"), error(400, "description is missing")),
            (
                without("shopify_order_ids"),
                error(400, "order_ids or shopify_order_ids is required"),
            ),
            (
                doubled,
                error(400, "order_ids and shopify_order_ids exclude each other"),
            ),
            (
                mail("shopify_order_ids", json!([])),
                error(400, "shopify_order_ids size cannot be less than 1"),
            ),
            (
                mail("order_ids", json!(["x"])),
                error(400, "order_ids.0 is not a valid UUID"),
            ),
            (
                mail("shopify_order_ids", json!([5, p(901)])),
                error(404, "Order not found"),
            ),
        ],
    );
}

#[test]
fn plans_nobody_has_are_unknown_to_every_call() {
    for (name, args) in [
        (READ, json!({})),
        (UPDATE, json!({"selling_plan": {}})),
        (DELETE, json!({})),
    ] {
        for id in [o(99), o(901), "x".to_owned()] {
            let mut args = args.clone();
            args["id"] = json!(id);
            table(name, vec![(args, unknown())]);
        }
    }
}
