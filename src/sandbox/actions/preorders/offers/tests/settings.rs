//! Creation, and the twelve capabilities: defaults, patches, rules, what is switched along.

use serde_json::{Map, Value, json};

use crate::sandbox::actions::preorders::blocks::{Capability, defaults};
use crate::sandbox::actions::preorders::tests::{field_jacket, o, ok, refused, selling_plans};
use crate::sandbox::testing::{Bench, because, v};

/// A new offer of defaults with a patch.
fn offer(bench: &mut Bench, patch: Value) -> String {
    let mut args = json!({"name": "Test offer"});
    args.as_object_mut()
        .unwrap()
        .extend(patch.as_object().unwrap().clone());
    let answer = ok(bench, "offers_create", args);
    answer["id"].as_str().unwrap().to_owned()
}

fn partial() -> Value {
    json!({"type": "partial", "deposit": {"percentage": 20},
        "remaining_balance": {"due_type": "time_after_checkout", "due_after_days": 14}})
}

#[test]
fn a_new_offer_is_off_and_has_the_defaults() {
    let mut bench = Bench::fixture();
    let answer = ok(
        &mut bench,
        "offers_create",
        json!({"name": " New ", "id": "ignored"}),
    );
    let mut expected = json!({
        "id": answer["id"], "name": " New ", "internal_name": null, "state": "disabled",
        "schedule": {"starts_at": null, "ends_at": null}, "variants_count": 0,
        "created_at": "2026-03-31T12:00:00Z", "updated_at": "2026-03-31T12:00:00Z",
        "shopify_selling_plan_id": 15_000_000_902_i64, "shopify_selling_plan_group_id": 16_000_000_902_i64,
    });
    let fields: &mut Map<String, Value> = expected.as_object_mut().unwrap();
    fields.extend(defaults().as_object().unwrap().clone());
    expected["products"]["variants_count"] = json!(0);
    expected["products"]["units_sold"] = json!(0);
    assert_eq!(answer, expected);
    assert_eq!(
        bench.effects,
        [json!({"kind": "offer_created", "offer_id": answer["id"]})]
    );
    let again = ok(&mut bench, "offers_create", json!({"name": " New "}));
    assert_eq!(
        again["shopify_selling_plan_id"], 15_000_000_903_i64,
        "a second offer"
    );
    let listed = ok(&mut bench, "offers_list", json!({"per_page": 2}));
    assert_eq!(listed["meta"]["total_count"], 6);
}

#[test]
fn a_new_offer_takes_settings_and_a_source() {
    let mut bench = Bench::fixture();
    let answer = ok(
        &mut bench,
        "offers_create",
        json!({"name": "Everything", "internal_name": "all", "products": {"source": "all"},
            "payment": partial(), "translations": {"locales": {"de": {"billing_title": "Anzahlung"}}}}),
    );
    assert_eq!(answer["variants_count"], 8);
    assert_eq!(answer["payment"]["deposit"]["percentage"], 20);
    assert_eq!(
        answer["translations"],
        json!({"locales": {"de": {"billing_title": "Anzahlung"}}})
    );
    assert_eq!(bench.kinds()[..2], ["offer_created", "variants_attached"]);
    assert_eq!(
        selling_plans(&bench).as_array().unwrap().len(),
        2,
        "it is not live"
    );
}

#[test]
fn every_block_is_read_and_patched_alone() {
    let mut bench = Bench::fixture();
    for block in Capability::ALL {
        let read = format!("offers_{}_read", block.text());
        let expected = &field_jacket()[block.text()];
        assert_eq!(&ok(&mut bench, &read, json!({"id": o(1)})), expected);
    }
    for (block, patch) in [
        (
            "widget",
            json!({"badge": {"text": null}, "disclaimer": {"border_radius": 0}}),
        ),
        ("products", json!({"source": "custom"})),
        (
            "pricing",
            json!({"type": "fixed_amount", "amount": "20.00"}),
        ),
        ("payment", json!({"deposit": {"percentage": 12.5}})),
        ("delivery", json!({"shipping_text": " soon "})),
        (
            "fulfillment",
            json!({"hold_all": {"enabled": true, "note": "wait"}}),
        ),
        ("inventory", json!({"reserve_type": "on_fulfillment"})),
        ("limits", json!({"per_order": {"min": 1}})),
        ("markets", json!({"market_ids": [91_000_000_001_i64]})),
        ("tagging", json!({"order_tags": ["a"]})),
        ("checkout", json!({"pos": {"enabled": true}})),
    ] {
        let before = ok(
            &mut bench,
            &format!("offers_{block}_read"),
            json!({"id": o(1)}),
        );
        let mut expected = before.clone();
        merge(&mut expected, &patch);
        let mut args = patch.clone();
        args["id"] = json!(o(1));
        args["nope"] = json!(1);
        let name = format!("offers_{block}_update");
        assert_eq!(ok(&mut bench, &name, args.clone()), expected, "{block}");
        let told = match expected == before {
            true => Value::Null,
            false => json!({"kind": "offer_updated", "offer_id": o(1), "blocks": [block]}),
        };
        assert_eq!(bench.effects.first().unwrap_or(&Value::Null), &told);
        ok(&mut bench, &name, args);
        assert_eq!(
            bench.effects,
            Vec::<Value>::new(),
            "{block}: the same again"
        );
    }
}

fn merge(target: &mut Value, patch: &Value) {
    for (name, value) in patch.as_object().unwrap() {
        if value.is_object() {
            merge(&mut target[name], value);
        } else {
            target[name] = value.clone();
        }
    }
}

#[test]
fn values_are_kept_in_one_form() {
    let mut bench = Bench::fixture();
    let patch = json!({"id": o(1),
        "pricing": {"type": "fixed_amount", "amount": 7.5, "percentage": 12.0},
        "payment": {"deposit": {"type": "price", "amount": 20}, "remaining_balance":
            {"due_at": "2026-04-15T11:00:00.250+02:00"}},
        "delivery": {"date": "2026-05-10"}});
    let offer = ok(&mut bench, "offers_update", patch);
    assert_eq!(
        (
            &offer["pricing"]["amount"],
            &offer["pricing"]["percentage"],
            &offer["payment"]["deposit"]["amount"],
            &offer["payment"]["remaining_balance"]["due_at"],
            &offer["delivery"]["date"]
        ),
        (
            &json!("7.50"),
            &json!(12),
            &json!("20.00"),
            &json!("2026-04-15T09:00:00Z"),
            &json!("2026-05-10T00:00:00Z")
        )
    );
}

/// Settings of a new offer, the block that is patched (root when empty), the patch, its refusals.
type Case = (Value, &'static str, Value, &'static [&'static str]);

fn one_block() -> Vec<Case> {
    let off = json!({"checkout": {"purchase_option": {"enabled": false}}});
    let split = json!({"fulfillment": {"split_fulfillment": {"enabled": true}}});
    let none = || json!({});
    vec![
        (
            none(),
            "products",
            json!({"source": "collection"}),
            &["collection_id must be filled"],
        ),
        (
            none(),
            "pricing",
            json!({"type": "percentage"}),
            &["percentage must be filled"],
        ),
        (
            none(),
            "pricing",
            json!({"type": "fixed_amount"}),
            &["amount must be filled"],
        ),
        (
            none(),
            "pricing",
            json!({"amount": 1.005}),
            &["amount must have at most two decimal places"],
        ),
        (
            none(),
            "payment",
            json!({"type": "partial"}),
            &[
                "deposit.percentage must be filled",
                "remaining_balance.due_type must be filled",
            ],
        ),
        (
            none(),
            "payment",
            json!({"type": "partial", "deposit": {"type": "price"}, "remaining_balance": {"due_type": "exact_time"}}),
            &[
                "deposit.amount must be filled",
                "remaining_balance.due_at must be filled",
            ],
        ),
        (
            none(),
            "payment",
            json!({"type": "partial", "deposit": {"percentage": 0},
                "remaining_balance": {"due_type": "time_after_checkout"}}),
            &["remaining_balance.due_after_days must be filled"],
        ),
        (
            json!({"payment": partial()}),
            "payment",
            json!({"remaining_balance": {"due_type": null}}),
            &["remaining_balance.due_type must be filled"],
        ),
        (
            none(),
            "payment",
            json!({"remaining_balance": {"auto_collect": true}}),
            &["remaining_balance.auto_collect requires payment type partial"],
        ),
        (
            json!({"payment": partial()}),
            "payment",
            json!({"type": "full", "remaining_balance": {"auto_collect": true}}),
            &["remaining_balance.auto_collect requires payment type partial"],
        ),
        (
            off.clone(),
            "payment",
            partial(),
            &["type cannot be partial while the Shopify purchase option is off"],
        ),
        (
            none(),
            "delivery",
            json!({"type": "anchor"}),
            &["after_days must be filled"],
        ),
        (
            none(),
            "delivery",
            json!({"type": "exact_time", "after_days": 3}),
            &["date must be filled"],
        ),
        (
            off.clone(),
            "delivery",
            json!({"type": "exact_time", "date": "2026-05-10T00:00:00Z"}),
            &["type must be one of: asap, unknown"],
        ),
        (
            off,
            "delivery",
            json!({"type": "anchor"}),
            &[
                "type must be one of: asap, unknown",
                "after_days must be filled",
            ],
        ),
        (
            split,
            "delivery",
            json!({"type": "unknown"}),
            &["fulfillment.split_fulfillment.enabled requires delivery type asap"],
        ),
        (
            json!({"delivery": {"type": "unknown"}}),
            "fulfillment",
            json!({"split_fulfillment": {"enabled": true}}),
            &["split_fulfillment.enabled requires delivery type asap"],
        ),
        (
            none(),
            "fulfillment",
            json!({"split_order": {"enabled": true}}),
            &["split_order.enabled requires the Shopify purchase option to be off"],
        ),
        (
            none(),
            "fulfillment",
            json!({"hold_all": {"enabled": true}, "split_fulfillment": {"enabled": true}}),
            &["hold_all.enabled and split_fulfillment.enabled exclude each other"],
        ),
        (
            json!({"limits": {"per_order": {"min": 3}}}),
            "limits",
            json!({"per_order": {"max": 2}}),
            &["per_order.max must be greater than or equal to 3"],
        ),
        (
            none(),
            "limits",
            json!({"terms": {"enabled": true}}),
            &["terms.text must be filled"],
        ),
        (
            none(),
            "markets",
            json!({"enabled": true}),
            &["market_ids size cannot be less than 1"],
        ),
        (
            none(),
            "markets",
            json!({"market_ids": [91_000_000_001_i64, 92_000_000_001_i64, 5]}),
            &["market_ids not found: 92000000001, 5"],
        ),
        (
            json!({"payment": partial()}),
            "checkout",
            json!({"purchase_option": {"enabled": false}}),
            &["purchase_option.enabled cannot be false with partial payment"],
        ),
    ]
}

fn several_blocks() -> Vec<Case> {
    let off = json!({"purchase_option": {"enabled": false}});
    vec![
        (
            json!({}),
            "",
            json!({"checkout": off, "payment": partial(), "delivery": {"type": "anchor", "after_days": 2}}),
            &[
                "payment.type cannot be partial while the Shopify purchase option is off",
                "delivery.type must be one of: asap, unknown",
                "checkout.purchase_option.enabled cannot be false with partial payment",
            ],
        ),
        (
            json!({}),
            "",
            json!({"markets": {"enabled": true}, "pricing": {"type": "percentage", "amount": 1.005},
                "fulfillment": {"split_order": {"enabled": true}}, "checkout": {"purchase_option": {"enabled": true}}}),
            &[
                "pricing.amount must have at most two decimal places",
                "pricing.percentage must be filled",
                "fulfillment.split_order.enabled requires the Shopify purchase option to be off",
                "markets.market_ids size cannot be less than 1",
            ],
        ),
    ]
}

#[test]
fn broken_rules_come_together_and_nothing_is_written() {
    for (settings, block, patch, texts) in one_block().into_iter().chain(several_blocks()) {
        let mut bench = Bench::fixture();
        let id = offer(&mut bench, settings);
        let before = ok(&mut bench, "offers_read", json!({"id": id}));
        let name = match block {
            "" => "offers_update".to_owned(),
            block => format!("offers_{block}_update"),
        };
        let mut args = patch.clone();
        args["id"] = json!(id);
        let expected = (422, texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(
            refused(&mut bench, &name, args),
            expected,
            "{block}: {patch}"
        );
        assert_eq!(ok(&mut bench, "offers_read", json!({"id": id})), before);
        if block.is_empty() {
            let mut args = patch;
            args["name"] = json!("x");
            assert_eq!(
                refused(&mut bench, "offers_create", args),
                expected,
                "creation"
            );
        }
    }
}

#[test]
fn what_one_setting_switches_along() {
    let dated = json!({"type": "exact_time", "date": "2026-05-10T00:00:00Z"});
    let auto = json!({"type": "partial", "deposit": {"percentage": 20}, "remaining_balance":
        {"due_type": "time_after_checkout", "due_after_days": 14, "auto_collect": true}});
    let off = json!({"purchase_option": {"enabled": false}});
    for (settings, block, patch, pointer, expected) in [
        (
            json!({"payment": auto}),
            "payment",
            json!({"type": "full"}),
            "/payment/remaining_balance/auto_collect",
            json!(false),
        ),
        (
            json!({"delivery": dated}),
            "checkout",
            off.clone(),
            "/delivery/type",
            json!("asap"),
        ),
        (
            json!({"delivery": dated}),
            "checkout",
            off.clone(),
            "/delivery/date",
            Value::Null,
        ),
        (
            json!({"delivery": {"type": "unknown"}}),
            "checkout",
            off.clone(),
            "/delivery/type",
            json!("unknown"),
        ),
        (
            json!({"checkout": off, "fulfillment": {"split_order": {"enabled": true}}}),
            "checkout",
            json!({"purchase_option": {"enabled": true}}),
            "/fulfillment/split_order/enabled",
            json!(false),
        ),
        (
            json!({"fulfillment": {"split_fulfillment": {"enabled": true}}}),
            "fulfillment",
            json!({"hold_all": {"enabled": true}}),
            "/fulfillment/split_fulfillment/enabled",
            json!(false),
        ),
        (
            json!({"fulfillment": {"hold_all": {"enabled": true}}}),
            "fulfillment",
            json!({"split_fulfillment": {"enabled": true}}),
            "/fulfillment/hold_all/enabled",
            json!(false),
        ),
        (
            json!({"delivery": dated}),
            "delivery",
            json!({"type": "anchor", "after_days": 5}),
            "/delivery/date",
            Value::Null,
        ),
        (
            json!({"delivery": {"type": "anchor", "after_days": 5}}),
            "delivery",
            dated.clone(),
            "/delivery/after_days",
            Value::Null,
        ),
        (
            json!({"products": {"source": "collection", "collection_id": 7}}),
            "products",
            json!({"source": "all"}),
            "/products/collection_id",
            Value::Null,
        ),
    ] {
        let mut bench = Bench::fixture();
        let id = offer(&mut bench, settings);
        let mut args = patch.clone();
        args["id"] = json!(id);
        ok(&mut bench, &format!("offers_{block}_update"), args);
        let after = ok(&mut bench, "offers_read", json!({"id": id}));
        assert_eq!(after.pointer(pointer), Some(&expected), "{block}: {patch}");
    }
}

#[test]
fn locales_are_added_and_taken_away() {
    let mut bench = Bench::fixture();
    let mut patch = |locales: Value| {
        let args = json!({"id": o(1), "locales": locales});
        ok(&mut bench, "offers_translations_update", args)["locales"].clone()
    };
    assert_eq!(
        patch(json!({"de": {"billing_title": "Anzahlung", "discount_text": null}})),
        json!({"fr": {"preorder_button_text": "Commander en avance"}, "de": {"billing_title": "Anzahlung"}})
    );
    assert_eq!(
        patch(
            json!({"fr": {"shipping_text": "Bientôt", "preorder_button_text": null}, "de": null})
        ),
        json!({"fr": {"shipping_text": "Bientôt"}})
    );
    assert_eq!(
        selling_plans(&bench)[1]["translations"],
        json!({"fr": {"shipping_text": "Bientôt"}})
    );
}

#[test]
fn named_actions_of_the_widget() {
    for (action, args, changed) in [
        (
            "badge_colors",
            json!({"text_color": "#111", "background_color": "#222"}),
            json!({"badge": {"text_color": "#111", "background_color": "#222"}}),
        ),
        (
            "badge_text",
            json!({"text": "Soon"}),
            json!({"badge": {"text": "Soon"}}),
        ),
        (
            "billing_widget_text",
            json!({"title": "Today", "description": "Later"}),
            json!({"billing_widget": {"title": "Today", "description": "Later"}}),
        ),
        (
            "button_colors",
            json!({"text_color": "#111", "background_color": "#222"}),
            json!({"button": {"text_color": "#111", "background_color": "#222", "colors_enabled": true}}),
        ),
        (
            "button_text",
            json!({"text": " Get it "}),
            json!({"button": {"text": " Get it "}}),
        ),
        (
            "disclaimer_style",
            json!({"text_color": "#111", "background_color": "#222", "border_radius": 3}),
            json!({"disclaimer": {"text_color": "#111", "background_color": "#222", "border_radius": 3}}),
        ),
        (
            "disclaimer_text",
            json!({"text": "Wait."}),
            json!({"disclaimer": {"text": "Wait."}}),
        ),
    ] {
        let mut bench = Bench::fixture();
        let mut expected = defaults()["widget"].clone();
        merge(&mut expected, &changed);
        let mut args = args.clone();
        args["id"] = json!(o(2));
        let name = format!("offers_widget_set_{action}");
        assert_eq!(ok(&mut bench, &name, args), expected, "{action}");
        // A theme does not see the button's colours.
        let seen = usize::from(action != "button_colors");
        assert_eq!(
            bench.kinds(),
            ["offer_updated", "metafields_written"][..=seen]
        );
    }
}

#[test]
fn a_delivery_date_is_promised() {
    let mut bench = Bench::fixture();
    let set = "offers_delivery_set_delivery_date";
    let anchored = json!({"delivery": {"type": "anchor", "after_days": 5}});
    let id = offer(&mut bench, anchored);
    let block = ok(&mut bench, set, json!({"id": id, "date": "2026-06-01"}));
    let mut expected = defaults()["delivery"].clone();
    merge(
        &mut expected,
        &json!({"type": "exact_time", "date": "2026-06-01T00:00:00Z"}),
    );
    assert_eq!(block, expected);
    let block = ok(
        &mut bench,
        set,
        json!({"id": o(1), "date": "2026-06-02T10:00:00+02:00"}),
    );
    assert_eq!(block["date"], "2026-06-02T08:00:00Z");
    assert_eq!(
        selling_plans(&bench)[1]["delivery_exact_time"],
        "2026-06-02T08:00:00Z"
    );
    let off = json!({"id": id, "purchase_option": {"enabled": false}});
    ok(&mut bench, "offers_checkout_update", off);
    assert_eq!(
        refused(&mut bench, set, json!({"id": id, "date": "2026-06-01"})),
        because(
            409,
            "The Shopify purchase option is off. PATCH checkout with purchase_option.enabled true first."
        )
    );
}

#[test]
fn names_change_on_their_own_and_with_blocks() {
    let mut bench = Bench::fixture();
    let mut expected = field_jacket();
    expected["name"] = json!("Jacket");
    expected["internal_name"] = Value::Null;
    expected["updated_at"] = json!("2026-03-31T12:00:00Z");
    expected["widget"]["badge"]["enabled"] = json!(false);
    let args = json!({"id": o(1), "name": "Jacket", "internal_name": null,
        "widget": {"badge": {"enabled": false}}});
    assert_eq!(ok(&mut bench, "offers_update", args), expected);
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "offer_updated", "offer_id": o(1), "blocks": ["widget"]}),
            json!({"kind": "metafields_written", "owner": "shop", "keys": ["selling_plans"]}),
        ]
    );
    ok(
        &mut bench,
        "offers_update",
        json!({"id": o(4), "name": "Candles"}),
    );
    assert_eq!(
        bench.kinds(),
        ["offer_updated"],
        "an offer that is off shows nowhere"
    );
    assert_eq!(
        ok(&mut bench, "offers_read", json!({"id": o(4)}))["internal_name"],
        Value::Null
    );
}

#[test]
fn automatic_charges_count_from_when_they_were_switched_on() {
    let mut bench = Bench::fixture();
    let since = |bench: &Bench, id: &str| {
        let query = format!("SELECT coalesce(auto_collect_since, 0) FROM offers WHERE id = '{id}'");
        bench.number(&query)
    };
    let id = offer(&mut bench, json!({"payment": partial()}));
    assert_eq!(since(&bench, &id), 0);
    let switch = |on: bool| json!({"id": id, "remaining_balance": {"auto_collect": on}});
    bench.advance(60);
    let on_at = bench.now.timestamp_millis();
    ok(&mut bench, "offers_payment_update", switch(true));
    assert_eq!(since(&bench, &id), on_at);
    bench.advance(60);
    ok(&mut bench, "offers_payment_update", switch(true));
    let other = json!({"id": id, "deposit": {"percentage": 50}});
    ok(&mut bench, "offers_payment_update", other);
    assert_eq!(since(&bench, &id), on_at, "it stayed on");
    ok(&mut bench, "offers_payment_update", switch(false));
    assert_eq!(since(&bench, &id), 0);
    bench.advance(60);
    ok(&mut bench, "offers_payment_update", switch(true));
    assert_eq!(since(&bench, &id), bench.now.timestamp_millis());
    let mut auto = partial();
    auto["remaining_balance"]["auto_collect"] = json!(true);
    let id = offer(&mut bench, json!({"payment": auto}));
    assert_eq!(since(&bench, &id), bench.now.timestamp_millis());
}

#[test]
fn a_text_reaches_the_variants_that_show_it() {
    let mut bench = Bench::fixture();
    let args = json!({"id": o(2), "shipping_text": "In June"});
    ok(&mut bench, "offers_delivery_update", args);
    assert_eq!(
        bench.effects[1],
        json!({"kind": "metafields_written", "owner": "variant", "shopify_variant_id": v(1),
            "keys": ["shipping_text"]})
    );
    // A variant's own text wins only where the offer lets it.
    let args = json!({"id": o(1), "applies_to_all_products": true, "shipping_text": "All in May"});
    ok(&mut bench, "offers_delivery_update", args);
    let row = ok(
        &mut bench,
        "product_variants_read",
        json!({"variant_id": v(5)}),
    );
    assert_eq!(
        row["metafields"]["shipping_text"],
        json!({"91000000001": "All in May"})
    );
}
