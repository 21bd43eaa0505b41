//! Plans and offers.

use serde_json::{Map, Value, json};

use super::{each_shop, of_v1, of_v2, seconds};
use crate::sandbox::seed::Kind;
use crate::sandbox::testing::{Bench, registry, with};

/// An instant of v2 with the milliseconds of v1, where v2 keeps none.
fn millis(at: &Value) -> Value {
    match at.as_str() {
        Some(text) => json!(text.replace('Z', ".000Z")),
        None => Value::Null,
    }
}

/// The plan that an offer of v2 is, by the field map.
fn plan(offer: &Value, variants: &[Value]) -> Value {
    let at = |pointer: &str| offer.pointer(pointer).unwrap().clone();
    let number = |pointer: &str| match at(pointer).as_str() {
        Some(money) => money.parse::<f64>().unwrap().into(),
        None => Value::Null,
    };
    let tags: Vec<String> = serde_json::from_value(at("/tagging/order_tags")).unwrap();
    let billing = match at("/payment/type").as_str().unwrap() {
        "full" => json!("no_remaining_balance"),
        _ => at("/payment/remaining_balance/due_type"),
    };
    let market = match at("/markets/enabled") == json!(true) {
        true => at("/markets/market_ids/0"),
        false => Value::Null,
    };
    let ids: Vec<&Value> = variants
        .iter()
        .map(|row| &row["shopify_variant_id"])
        .collect();
    let settings = json!({
        "id": at("/id"), "name": at("/name"), "internal_name": at("/internal_name"),
        "enabled": at("/state") == json!("enabled"),
        "billing_type": billing,
        "billing_at": millis(&at("/payment/remaining_balance/due_at")),
        "billing_after_n_intervals": at("/payment/remaining_balance/due_after_days"),
        "billing_after_interval_type": "day",
        "billing_checkout_charge_type": at("/payment/deposit/type"),
        "billing_checkout_charge_amount": number("/payment/deposit/amount"),
        "billing_checkout_charge_percentage": at("/payment/deposit/percentage"),
        "billing_title": at("/widget/billing_widget/title"),
        "billing_description": at("/widget/billing_widget/description"),
        "delivery_type": at("/delivery/type"), "delivery_at": millis(&at("/delivery/date")),
        "delivery_after_n_intervals": at("/delivery/after_days"), "delivery_after_interval_type": "day",
        "inventory_reserve_type": at("/inventory/reserve_type"), "inventory_provider": at("/inventory/provider"),
        "pricing_type": at("/pricing/type"), "pricing_amount": number("/pricing/amount"),
        "pricing_percentage": at("/pricing/percentage"), "discount_text": at("/pricing/discount_text"),
        "quantity_limit_text": at("/limits/total/text"),
    });
    let rest = json!({
        "preorder_button_text": at("/widget/button/text"),
        "preorder_button_text_color": at("/widget/button/text_color"),
        "preorder_button_background_color": at("/widget/button/background_color"),
        "preorder_button_colors_enabled": at("/widget/button/colors_enabled"),
        "preorder_discounted_price_enabled": at("/pricing/discounted_price/enabled"),
        "preorder_button_description": at("/widget/disclaimer/text"),
        "preorder_button_description_background_color": at("/widget/disclaimer/background_color"),
        "preorder_button_description_text_color": at("/widget/disclaimer/text_color"),
        "preorder_button_description_border_radius": at("/widget/disclaimer/border_radius").to_string(),
        "preorder_button_description_quantity_limit_suffix": at("/widget/disclaimer/quantity_limit_suffix"),
        "preorder_button_description_shipping_text_prefix": at("/widget/disclaimer/shipping_text_prefix"),
        "preorder_button_description_show_quantity_limit": at("/widget/disclaimer/show_quantity_limit"),
        "preorder_button_description_show_shipping": at("/widget/disclaimer/show_shipping"),
        "preorder_badge_enabled": at("/widget/badge/enabled"), "preorder_badge_text": at("/widget/badge/text"),
        "preorder_badge_text_color": at("/widget/badge/text_color"),
        "preorder_badge_background_color": at("/widget/badge/background_color"),
        "preorder_shipping_text": at("/delivery/preorder_shipping_text"),
        "shipping_text": at("/delivery/shipping_text"),
        "shipping_line_item_property_enabled": at("/delivery/line_item_property/enabled"),
        "shipping_applies_to_all_products": at("/delivery/applies_to_all_products"),
        "preorder_tags": tags.join(", "),
        "product_variants_source": at("/products/source"),
        "product_variants_source_id": at("/products/collection_id"),
        "use_shopify_selling_plan": at("/checkout/purchase_option/enabled"),
        "selling_plan_product_variants_count": at("/variants_count"),
        "shopify_selling_plan_id": at("/shopify_selling_plan_id"),
        "shopify_selling_plan_group_id": at("/shopify_selling_plan_group_id"),
        "market_id": market, "discarded_at": null, "ongoing_job": false,
        "created_at": at("/created_at"), "updated_at": at("/updated_at"), "shopify_variant_ids": ids,
    });
    with(settings, rest)
}

/// What v1 says of a plan, in the form [`plan`] gives: its numbers as floats where they are money.
fn told(mut plan: Value) -> Value {
    for name in ["created_at", "updated_at"] {
        plan[name] = seconds(&plan[name]);
    }
    for name in ["billing_checkout_charge_amount", "pricing_amount"] {
        plan[name] = plan[name].as_f64().map_or(Value::Null, Value::from);
    }
    assert!(
        plan.as_object_mut()
            .unwrap()
            .shift_remove("shop_id")
            .is_some()
    );
    plan
}

/// Reads a plan both ways; they must be one.
fn same_plan(bench: &mut Bench, id: &Value) {
    let offer = bench.ok("preorders_offers_read", json!({"id": id}));
    let variants = of_v2(
        bench,
        "preorders_offers_products_variants_list",
        &json!({"id": id}),
        "variants",
    );
    let (status, of_v1) = bench.v1("v1_preorders_read", json!({"id": id}));
    assert_eq!((status, told(of_v1)), (200, plan(&offer, &variants)));
    let (_, listed) = bench.v1("v1_preorders_product_variants", json!({"id": id}));
    assert_eq!(listed["product_variants"], json!(variants));
    assert_eq!(listed["meta"]["total_variants"], offer["variants_count"]);
}

#[test]
fn every_plan_says_what_its_offer_says() {
    for kind in [Kind::Fixture, Kind::Shop] {
        each_shop(kind, |bench| {
            let plans = of_v1(bench, "v1_preorders_list", "selling_plans");
            let offers = of_v2(bench, "preorders_offers_list", &json!({}), "offers");
            assert_eq!(plans.len(), offers.len());
            assert!(!plans.is_empty());
            for (plan, offer) in plans.iter().zip(&offers) {
                assert_eq!(plan["id"], offer["id"]);
                same_plan(bench, &plan["id"]);
            }
        });
    }
}

/// A value of every request field of a plan, with its place and value in v2.
fn settings() -> Vec<(&'static str, Value, &'static str, Value)> {
    let same = |name, value: Value, pointer| (name, value.clone(), pointer, value);
    vec![
        same("name", json!("Boots"), "/name"),
        same("internal_name", json!("Autumn"), "/internal_name"),
        ("enabled", json!(true), "/state", json!("enabled")),
        (
            "billing_type",
            json!("exact_time"),
            "/payment/type",
            json!("partial"),
        ),
        (
            "billing_at",
            json!("2026-06-15T11:00:00+02:00"),
            "/payment/remaining_balance/due_at",
            json!("2026-06-15T09:00:00Z"),
        ),
        same(
            "billing_after_n_intervals",
            json!(5),
            "/payment/remaining_balance/due_after_days",
        ),
        same(
            "billing_checkout_charge_type",
            json!("price"),
            "/payment/deposit/type",
        ),
        (
            "billing_checkout_charge_amount",
            json!(19.9),
            "/payment/deposit/amount",
            json!("19.90"),
        ),
        same(
            "billing_checkout_charge_percentage",
            json!(30),
            "/payment/deposit/percentage",
        ),
        same(
            "billing_title",
            json!("Pay"),
            "/widget/billing_widget/title",
        ),
        same(
            "billing_description",
            json!("Later"),
            "/widget/billing_widget/description",
        ),
        same(
            "auto_collect_payment",
            json!(true),
            "/payment/remaining_balance/auto_collect",
        ),
        same("delivery_type", json!("anchor"), "/delivery/type"),
        same(
            "delivery_after_n_intervals",
            json!(9),
            "/delivery/after_days",
        ),
        same(
            "inventory_reserve_type",
            json!("on_fulfillment"),
            "/inventory/reserve_type",
        ),
        same(
            "inventory_provider",
            json!("shopify"),
            "/inventory/provider",
        ),
        same("pricing_type", json!("fixed_amount"), "/pricing/type"),
        ("pricing_amount", json!(4), "/pricing/amount", json!("4.00")),
        same("pricing_percentage", json!(2.5), "/pricing/percentage"),
        same(
            "discount_text",
            json!("{{ discount }} off"),
            "/pricing/discount_text",
        ),
        same(
            "quantity_limit_text",
            json!("{{ quantity }} left"),
            "/limits/total/text",
        ),
        same(
            "preorder_button_text",
            json!("Reserve"),
            "/widget/button/text",
        ),
        same(
            "preorder_button_text_color",
            json!("#111"),
            "/widget/button/text_color",
        ),
        same(
            "preorder_button_background_color",
            json!("#222"),
            "/widget/button/background_color",
        ),
        same(
            "preorder_button_colors_enabled",
            json!(true),
            "/widget/button/colors_enabled",
        ),
        same(
            "preorder_discounted_price_enabled",
            json!(true),
            "/pricing/discounted_price/enabled",
        ),
        same(
            "preorder_button_description",
            json!("Made to order"),
            "/widget/disclaimer/text",
        ),
        same(
            "preorder_button_description_background_color",
            json!("#333"),
            "/widget/disclaimer/background_color",
        ),
        same(
            "preorder_button_description_text_color",
            json!("#444"),
            "/widget/disclaimer/text_color",
        ),
        (
            "preorder_button_description_border_radius",
            json!("012"),
            "/widget/disclaimer/border_radius",
            json!(12),
        ),
        same(
            "preorder_button_description_quantity_limit_suffix",
            json!(" left"),
            "/widget/disclaimer/quantity_limit_suffix",
        ),
        same(
            "preorder_button_description_shipping_text_prefix",
            json!("Ships: "),
            "/widget/disclaimer/shipping_text_prefix",
        ),
        same(
            "preorder_button_description_show_quantity_limit",
            json!(true),
            "/widget/disclaimer/show_quantity_limit",
        ),
        same(
            "preorder_button_description_show_shipping",
            json!(false),
            "/widget/disclaimer/show_shipping",
        ),
        same(
            "preorder_badge_enabled",
            json!(false),
            "/widget/badge/enabled",
        ),
        same("preorder_badge_text", json!("Soon"), "/widget/badge/text"),
        same(
            "preorder_badge_text_color",
            json!("#555"),
            "/widget/badge/text_color",
        ),
        same(
            "preorder_badge_background_color",
            json!("#666"),
            "/widget/badge/background_color",
        ),
        same(
            "preorder_shipping_text",
            json!("On {{ date }}"),
            "/delivery/preorder_shipping_text",
        ),
        same(
            "shipping_text",
            json!("Some day"),
            "/delivery/shipping_text",
        ),
        same(
            "shipping_line_item_property_enabled",
            json!(true),
            "/delivery/line_item_property/enabled",
        ),
        same(
            "shipping_applies_to_all_products",
            json!(false),
            "/delivery/applies_to_all_products",
        ),
        (
            "preorder_tags",
            json!("boots,vip"),
            "/tagging/order_tags",
            json!(["boots", "vip"]),
        ),
        same("product_variants_source", json!("all"), "/products/source"),
        same("markets_enabled", json!(true), "/markets/enabled"),
        same(
            "shopify_market_ids",
            json!([91_000_000_002_i64]),
            "/markets/market_ids",
        ),
        same(
            "use_shopify_selling_plan",
            json!(true),
            "/checkout/purchase_option/enabled",
        ),
    ]
}

#[test]
fn what_v1_writes_of_a_plan_v2_shows_and_the_reverse() {
    let sent: Map<String, Value> = settings()
        .iter()
        .map(|(name, value, ..)| ((*name).to_owned(), value.clone()))
        .collect();
    for existing in [true, false] {
        let mut bench = Bench::fixture();
        let id = json!("0ffe0000-0000-4000-8000-000000000004");
        let (status, answer) = match existing {
            true => bench.v1(
                "v1_preorders_update",
                json!({"id": id, "selling_plan": sent}),
            ),
            false => bench.v1("v1_preorders_create", json!({"selling_plan": sent})),
        };
        assert_eq!(status, if existing { 200 } else { 201 }, "{answer}");
        let offer = bench.ok("preorders_offers_read", json!({"id": answer["id"]}));
        for (name, _, pointer, expected) in settings() {
            assert_eq!(offer.pointer(pointer), Some(&expected), "{name}");
        }
        assert_eq!(
            offer["payment"]["remaining_balance"]["due_type"],
            "exact_time"
        );
        same_plan(&mut bench, &answer["id"]);
        // The reverse: v2 writes, v1 shows.
        bench.advance(1);
        let patch = json!({"id": answer["id"], "name": "Boots again", "payment": {"type": "full"},
            "delivery": {"type": "exact_time", "date": "2026-07-01"}, "markets": {"enabled": false}});
        bench.ok("preorders_offers_update", patch);
        bench.ok("preorders_offers_disable", json!({"id": answer["id"]}));
        same_plan(&mut bench, &answer["id"]);
        let (_, read) = bench.v1("v1_preorders_read", json!({"id": answer["id"]}));
        assert_eq!(
            (
                &read["name"],
                &read["billing_type"],
                &read["delivery_at"],
                &read["market_id"],
                &read["enabled"]
            ),
            (
                &json!("Boots again"),
                &json!("no_remaining_balance"),
                &json!("2026-07-01T00:00:00.000Z"),
                &json!(null),
                &json!(false)
            )
        );
    }
}

#[test]
fn every_request_field_of_a_plan_is_among_the_pairs() {
    let schema = registry()
        .get("v1_preorders_update")
        .unwrap()
        .request_schema();
    let fields = schema["properties"]["selling_plan"]["properties"]
        .as_object()
        .unwrap();
    let mut missing: Vec<&str> = fields.keys().map(String::as_str).collect();
    missing.retain(|field| !settings().iter().any(|(name, ..)| name == field));
    // Units of intervals, and what excludes another setting of the pairs.
    assert_eq!(
        missing,
        [
            "billing_after_interval_type",
            "delivery_at",
            "delivery_after_interval_type",
            "product_variants_source_id"
        ]
    );
    assert_eq!(fields.len(), settings().len() + missing.len());
}
