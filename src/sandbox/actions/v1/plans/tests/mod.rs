//! Selling plans over the fixture: every example, every refusal, and the same effects as in v2.

mod mail;
mod policy;
mod variants;
mod write;

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, v, with};
const LIST: &str = "v1_preorders_list";
const READ: &str = "v1_preorders_read";
const UPDATE: &str = "v1_preorders_update";
const DELETE: &str = "v1_preorders_delete";
const VARIANTS: &str = "v1_preorders_product_variants";

/// Id of the plan O`n`.
fn o(number: u32) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
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
