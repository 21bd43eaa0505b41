//! Variants of a plan: listed, attached, detached, overridden.

use serde_json::{Value, json};

use super::{UPDATE, VARIANTS, change, error, o, ok, table, unknown};
use crate::sandbox::testing::{Bench, v};
const ADD: &str = "v1_preorders_add_variant";
const REMOVE: &str = "v1_preorders_remove_variant";
const OVERRIDE: &str = "v1_preorders_update_variant_settings";

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
