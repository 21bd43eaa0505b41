//! The pairs of both APIs: every field of v1 against its place in v2, on the fixture and on the
//! generated shop, and writes of one read back through the other.

use serde_json::{Map, Value, json};

use crate::sandbox::seed::Kind;
use crate::sandbox::testing::{Bench, registry, s, v, with};

const LARGEST: i64 = 500;

/// Both shops of a dataset.
fn each_shop(kind: Kind, mut check: impl FnMut(&mut Bench)) {
    let mut bench = Bench::of(kind);
    for shop in [1, 2] {
        check(bench.shop(shop));
    }
}

/// All rows of a list of v1.
fn of_v1(bench: &mut Bench, name: &str, key: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let (status, answer) = bench.v1(name, json!({"page": page, "per_page": LARGEST}));
        assert_eq!(status, 200);
        rows.extend(answer[key].as_array().unwrap().iter().cloned());
        if answer["meta"]["total_pages"].as_i64().unwrap() <= page {
            break;
        }
    }
    rows
}

/// All rows of a list of v2.
fn of_v2(bench: &mut Bench, name: &str, args: &Value, key: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let mut args = args.clone();
        args["page"] = json!(page);
        args["per_page"] = json!(200);
        let answer = bench.ok(name, args);
        rows.extend(answer[key].as_array().unwrap().iter().cloned());
        if answer["meta"]["total_pages"].as_i64().unwrap() <= page {
            break;
        }
    }
    rows
}

/// An instant of v1 in the whole seconds of v2.
fn seconds(at: &Value) -> Value {
    match at.as_str() {
        Some(text) => {
            assert_eq!((text.len(), &text[19..20]), (24, "."), "{text}");
            json!(format!("{}Z", &text[..19]))
        }
        None => Value::Null,
    }
}

/// An instant of v2 with the milliseconds of v1, where v2 keeps none.
fn millis(at: &Value) -> Value {
    match at.as_str() {
        Some(text) => json!(text.replace('Z', ".000Z")),
        None => Value::Null,
    }
}

/// Fields that an intent has and a signup does not.
const ONLY_V1: [&str; 7] = [
    "type",
    "intent_trigger_id",
    "product_variant_id",
    "shop_id",
    "shopify_inventory_item_id",
    "accepts_marketing",
    "notifications_count",
];

/// Says of an intent, by the field map, what its signup says; each field of v1 is looked at once.
fn same_signup(intent: &Value, signup: &Value) {
    let mut left: Map<String, Value> = intent.as_object().unwrap().clone();
    let mut take = |name: &str| left.shift_remove(name).unwrap();
    let at = |pointer: &str| signup.pointer(pointer).unwrap().clone();
    for name in [
        "id",
        "channel",
        "quantity",
        "contact",
        "source",
        "shopify_market_id",
    ] {
        assert_eq!(take(name), signup[name], "{name} of {intent}");
    }
    for (name, pointer) in [
        ("shopify_variant_id", "/variant/shopify_variant_id"),
        ("shopify_product_id", "/variant/shopify_product_id"),
        ("customer_id", "/customer/id"),
        ("customer_name", "/customer/name"),
        ("sent_notifications_count", "/notifications_sent"),
    ] {
        assert_eq!(take(name), at(pointer), "{name} of {intent}");
    }
    for (name, pointer) in [
        ("created_at", "/created_at"),
        ("updated_at", "/updated_at"),
        ("notified_at", "/last_notified_at"),
    ] {
        assert_eq!(seconds(&take(name)), at(pointer), "{name} of {intent}");
    }
    assert_eq!(
        take("optin_confirmed"),
        json!(at("/optin/confirmed") == json!(true))
    );
    let (email, phone) = (take("email"), take("phone"));
    let own = match signup["channel"].as_str().unwrap() {
        "email" => (at("/contact"), Value::Null),
        "sms" => (Value::Null, at("/contact")),
        _ => (Value::Null, Value::Null),
    };
    assert_eq!((email, phone), own, "{intent}");
    let opted_out = [take("unsubscribed_at"), take("customer_unsubscribed_at")];
    let status = if opted_out.iter().any(Value::is_string) {
        "unsubscribed"
    } else if intent["notified_at"].is_string() {
        "notified"
    } else if take("blocked_at").is_string() {
        "blocked"
    } else {
        "pending"
    };
    assert_eq!(at("/status"), status, "{intent}");
    left.shift_remove("blocked_at");
    let rest: Vec<&String> = left.keys().collect();
    for name in ONLY_V1 {
        assert!(rest.iter().any(|left| *left == name), "{name} of {intent}");
    }
    assert_eq!(rest.len(), ONLY_V1.len(), "{rest:?}");
}

#[test]
fn every_intent_says_what_its_signup_says() {
    for kind in [Kind::Fixture, Kind::Shop] {
        each_shop(kind, |bench| {
            let intents = of_v1(bench, "v1_intents_list", "intents");
            let signups = of_v2(bench, "back_in_stock_signups_list", &json!({}), "signups");
            assert_eq!(intents.len(), signups.len());
            assert!(!intents.is_empty());
            for (intent, signup) in intents.iter().zip(&signups) {
                same_signup(intent, signup);
            }
        });
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

#[test]
fn writes_of_intents_are_writes_of_signups() {
    let pairs = [
        (
            "v1_intents_notify",
            json!({"id": s(1)}),
            "back_in_stock_signups_notify",
            json!({"id": s(1)}),
        ),
        (
            "v1_intents_notify",
            json!({"id": s(22)}),
            "back_in_stock_signups_notify",
            json!({"id": s(22)}),
        ),
        (
            "v1_intents_bulk_notify",
            json!({"intent_ids": [s(22), s(2), s(4)], "allow_resend": true}),
            "back_in_stock_signups_bulk_notify",
            json!({"signup_ids": [s(22), s(2), s(4)], "allow_resend": true}),
        ),
        (
            "v1_intents_bulk_destroy",
            json!({"intent_ids": [s(4), s(7)]}),
            "back_in_stock_signups_bulk_delete",
            json!({"signup_ids": [s(4), s(7)]}),
        ),
        (
            "v1_intents_transfer",
            json!({"from_shopify_variant_id": v(4), "from_shopify_product_id": 8_011_000_000_103_i64,
            "to_shopify_variant_id": v(1), "to_shopify_product_id": 8_011_000_000_101_i64, "intent_type": "all"}),
            "back_in_stock_signups_transfer",
            json!({"from_shopify_variant_id": v(4),
            "from_shopify_product_id": 8_011_000_000_103_i64, "to_shopify_variant_id": v(1),
            "to_shopify_product_id": 8_011_000_000_101_i64, "signup_type": "all"}),
        ),
        (
            "v1_intents_create",
            json!({"intent": {"shopify_variant_id": v(3), "shopify_product_id": 8_011_000_000_102_i64,
            "channel": "email", "quantity": 2, "source": "api"}, "customer": {"email": "rosa.lind@example.com"}}),
            "back_in_stock_signups_create",
            json!({"shopify_variant_id": v(3), "quantity": 2, "channel": "email",
            "email": "rosa.lind@example.com"}),
        ),
    ];
    for (v1, of_v1_args, v2, of_v2_args) in pairs {
        let (mut one, mut other) = (Bench::fixture(), Bench::fixture());
        let (status, answer) = one.v1(v1, of_v1_args);
        other.ok(v2, of_v2_args);
        assert_eq!(one.effects, other.effects, "{v1}: {status} {answer}");
        assert!(!one.effects.is_empty(), "{v1}");
        let rows =
            |bench: &mut Bench| of_v2(bench, "back_in_stock_signups_list", &json!({}), "signups");
        assert_eq!(rows(&mut one), rows(&mut other), "{v1}");
        let intents = of_v1(&mut other, "v1_intents_list", "intents");
        for (intent, signup) in intents.iter().zip(&rows(&mut one)) {
            same_signup(intent, signup);
        }
    }
}
