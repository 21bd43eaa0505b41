//! The fixture's examples, and what the tests of this room start from.

mod contract;
mod machine;

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, v};

/// Runs an action that must succeed.
pub(super) fn ok(bench: &mut Bench, name: &str, args: Value) -> Value {
    bench.ok(&format!("preorders_{name}"), args)
}

/// Runs an action that must be refused without a trace.
pub(super) fn refused(bench: &mut Bench, name: &str, args: Value) -> (u16, Vec<String>) {
    bench.refused(&format!("preorders_{name}"), args)
}

/// Id of the offer O`n`.
pub(super) fn o(number: u32) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

/// The example of the contract, 3.1.
pub(super) fn field_jacket() -> Value {
    json!({
        "id": o(1),
        "name": "Field Jacket preorder", "internal_name": "Spring / jackets / wave 1", "state": "enabled",
        "schedule": {"starts_at": null, "ends_at": "2026-05-31T22:00:00Z"},
        "variants_count": 2, "shopify_selling_plan_id": 15_000_000_001_i64,
        "shopify_selling_plan_group_id": 16_000_000_001_i64,
        "created_at": "2026-02-20T09:00:00Z", "updated_at": "2026-02-20T09:30:00Z",
        "widget": {
            "badge": {"enabled": true, "text": "Preorder", "text_color": "#FFFFFF", "background_color": "#1A1A1A"},
            "button": {"text": "Preorder now", "colors_enabled": true, "text_color": "#FFFFFF",
                "background_color": "#0B5D3B"},
            "billing_widget": {"enabled": true, "title": "Pay 25% today",
                "description": "The rest is due on 15 April."},
            "disclaimer": {
                "text": "This jacket is made to order.", "text_color": "#000000", "background_color": "#F4F4F4",
                "border_radius": 8, "show_quantity_limit": true, "quantity_limit_suffix": " left in this wave",
                "show_shipping": true, "shipping_text_prefix": "Ships: "
            }
        },
        "products": {"source": "custom", "collection_id": null, "variants_count": 2, "units_sold": 4},
        "pricing": {
            "type": "percentage", "percentage": 10, "amount": null,
            "discount_text": "Preorder price: {{ discount }} off", "discounted_price": {"enabled": true}
        },
        "payment": {
            "type": "partial",
            "deposit": {"type": "percentage", "percentage": 25, "amount": null},
            "remaining_balance": {
                "due_type": "exact_time", "due_at": "2026-04-15T09:00:00Z", "due_after_days": null,
                "auto_collect": true
            }
        },
        "delivery": {
            "type": "exact_time", "date": "2026-05-10T00:00:00Z", "after_days": null,
            "applies_to_all_products": false, "shipping_text": null,
            "preorder_shipping_text": "Expected to ship on {{ date }}", "line_item_property": {"enabled": true}
        },
        "fulfillment": {
            "hold_all": {"enabled": false, "note": null}, "split_fulfillment": {"enabled": false},
            "split_order": {"enabled": false, "hold": false}
        },
        "inventory": {"provider": "stoq", "reserve_type": "on_sale"},
        "limits": {
            "total": {"display": "text", "text": "{{ quantity }} left"}, "per_order": {"min": null, "max": 3},
            "terms": {"enabled": true, "text": "I agree to wait for delivery.", "required": true}
        },
        "markets": {"enabled": false, "market_ids": []},
        "translations": {"locales": {"fr": {"preorder_button_text": "Commander en avance"}}},
        "tagging": {"order_tags": ["preorder", "field-jacket"]},
        "checkout": {
            "purchase_option": {"enabled": true}, "mixed_cart": {"allowed": true},
            "b2b": {"enabled": true}, "pos": {"enabled": false}, "bundles": {"enabled": false}
        }
    })
}

/// The shop metafield as Shopify holds it.
pub(super) fn selling_plans(bench: &Bench) -> Value {
    let text: String = bench
        .db
        .query_row(
            "SELECT selling_plans FROM shops WHERE id LIKE '%1'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Stock policy of the variant V`n`.
pub(super) fn policy(bench: &Bench, label: usize) -> String {
    bench
        .db
        .query_row(
            "SELECT inventory_policy FROM variants WHERE shopify_variant_id = ?",
            [v(label)],
            |row| row.get(0),
        )
        .unwrap()
}

/// The metafields of the variant V`n` as Shopify holds them.
pub(super) fn metafields(bench: &mut Bench, label: usize) -> Value {
    let args = json!({"variant_id": v(label)});
    ok(bench, "product_variants_read", args)["metafields"].clone()
}

#[test]
fn the_offer_of_the_contract_is_read_whole() {
    let mut bench = Bench::fixture();
    assert_eq!(
        ok(&mut bench, "offers_read", json!({"id": o(1)})),
        field_jacket()
    );
    let upper = o(1).to_uppercase();
    assert_eq!(
        ok(&mut bench, "offers_read", json!({"id": upper})),
        field_jacket()
    );
}

#[test]
fn offers_are_listed_newest_first_in_short() {
    let mut bench = Bench::fixture();
    let answer = ok(&mut bench, "offers_list", json!({}));
    let ids: Vec<&Value> = answer["offers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(
        ids,
        [&json!(o(3)), &json!(o(2)), &json!(o(1)), &json!(o(4))]
    );
    assert_eq!(
        answer["offers"][2],
        json!({
            "id": o(1), "name": "Field Jacket preorder", "internal_name": "Spring / jackets / wave 1",
            "state": "enabled", "schedule": {"starts_at": null, "ends_at": "2026-05-31T22:00:00Z"},
            "variants_count": 2, "created_at": "2026-02-20T09:00:00Z", "updated_at": "2026-02-20T09:30:00Z",
        })
    );
    assert_eq!(
        answer["meta"],
        json!({"total_count": 4, "page": 1, "per_page": 25, "total_pages": 1})
    );
    let scheduled = ok(
        &mut bench,
        "offers_list",
        json!({"status": "scheduled", "per_page": 1}),
    );
    assert_eq!(scheduled["offers"][0]["id"], o(3));
    assert_eq!(
        scheduled["meta"],
        json!({"total_count": 1, "page": 1, "per_page": 1, "total_pages": 1})
    );
}

#[test]
fn the_variants_of_an_offer_as_the_contract_shows_them() {
    let mut bench = Bench::fixture();
    let olive = json!({
        "shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(5),
        "product_title": "Canvas Field Jacket", "variant_title": "Medium / Olive",
        "preorder_units_sold": 2, "preorder_max_count": 40, "shipping_text": "Ships with wave 1",
    });
    let large = json!({
        "shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(6),
        "product_title": "Canvas Field Jacket", "variant_title": "Large / Olive",
        "preorder_units_sold": 2, "preorder_max_count": 2, "shipping_text": null,
    });
    assert_eq!(
        ok(
            &mut bench,
            "offers_products_variants_list",
            json!({"id": o(1)})
        ),
        json!({"variants": [olive, large],
            "meta": {"total_count": 2, "page": 1, "per_page": 25, "total_pages": 1}})
    );
    let args = json!({"id": o(1), "variant_id": v(5).to_string()});
    assert_eq!(ok(&mut bench, "offers_products_variants_read", args), olive);
    let args = json!({"id": o(1), "product_id": 8_011_000_000_101_i64});
    assert_eq!(
        ok(&mut bench, "offers_products_variants_list", args)["variants"],
        json!([])
    );
}

#[test]
fn the_variant_of_the_contract_is_read_whole() {
    let mut bench = Bench::fixture();
    let expected = json!({
        "shopify_variant_id": v(5), "shopify_product_id": 8_011_000_000_103_i64,
        "product_title": "Canvas Field Jacket", "variant_title": "Medium / Olive",
        "preorder_count": 2, "preorder_max_count": 40, "inventory_policy": "CONTINUE",
        "offers": [{"id": o(1), "name": "Field Jacket preorder", "state": "enabled",
            "preorder_units_sold": 2, "preorder_max_count": 40, "shipping_text": "Ships with wave 1"}],
        "metafields": {
            "selling_plan_ids": [15_000_000_001_i64], "preorder_count": 1, "preorder_max_count": 40,
            "shipping_text": {"91000000001": "Ships with wave 1"},
            "market_preorder_count": null, "market_preorder_max_count": null, "market_shipping_text": null,
        },
        "metafield_drift": {"detected": true, "keys": ["preorder_count"]},
    });
    let args = json!({"variant_id": v(5).to_string()});
    assert_eq!(ok(&mut bench, "product_variants_read", args), expected);
}

#[test]
fn the_shop_metafield_of_the_contract() {
    let bench = Bench::fixture();
    let plans = selling_plans(&bench);
    let names: Vec<&Value> = plans
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| &plan["name"])
        .collect();
    assert_eq!(names, ["Wool Throw preorder", "Field Jacket preorder"]);
    assert_eq!(
        plans[1],
        json!({
            "shopify_selling_plan_group_id": 16_000_000_001_i64, "shopify_selling_plan_id": 15_000_000_001_i64,
            "enabled": true, "variant_ids": [v(5), v(6)], "name": "Field Jacket preorder",
            "preorder_button_text": "Preorder now",
            "preorder_button_description": "This jacket is made to order.",
            "preorder_button_description_background_color": "#F4F4F4",
            "preorder_button_description_text_color": "#000000",
            "preorder_button_description_border_radius": 8,
            "preorder_button_description_show_quantity_limit": true,
            "preorder_button_description_quantity_limit_suffix": " left in this wave",
            "preorder_button_description_show_shipping": true,
            "preorder_button_description_shipping_text_prefix": "Ships: ",
            "quantity_limit_text": "{{ quantity }} left",
            "delivery_exact_time": "2026-05-10T00:00:00Z",
            "preorder_shipping_text": "Expected to ship on {{ date }}",
            "shipping_text": null, "shipping_applies_to_all_products": false,
            "payment_type": "partial", "billing_checkout_charge_type": "percentage",
            "billing_checkout_charge_amount": null, "billing_checkout_charge_percentage": "25.0",
            "pricing_type": "percentage", "pricing_amount": null, "pricing_percentage": "10.0",
            "discount_text": "Preorder price: {{ discount }} off",
            "enable_billing_widget": true, "billing_title": "Pay 25% today",
            "billing_description": "The rest is due on 15 April.",
            "inventory_provider": "stoq", "preorder_badge_enabled": true, "preorder_badge_text": "Preorder",
            "preorder_badge_text_color": "#FFFFFF", "preorder_badge_background_color": "#1A1A1A",
            "translations": {"fr": {"preorder_button_text": "Commander en avance"}},
        })
    );
}
