//! States: enable, disable, schedule, delete, and the clock.

use serde_json::{Value, json};

use crate::sandbox::actions::preorders::tests::{
    field_jacket, metafields, o, ok, policy, refused, selling_plans,
};
use crate::sandbox::testing::{Bench, because, v};

fn state(bench: &mut Bench, number: u32) -> (Value, Value, Value) {
    let offer = ok(bench, "offers_read", json!({"id": o(number)}));
    let schedule = &offer["schedule"];
    (
        offer["state"].clone(),
        schedule["starts_at"].clone(),
        schedule["ends_at"].clone(),
    )
}

#[test]
fn an_unknown_offer_is_a_missing_record_everywhere() {
    let mut bench = Bench::fixture();
    for (name, args) in [
        ("offers_read", json!({})),
        ("offers_update", json!({"name": "x"})),
        ("offers_enable", json!({})),
        ("offers_disable", json!({})),
        (
            "offers_schedule",
            json!({"starts_at": "2020-01-01T00:00:00Z"}),
        ),
        ("offers_delete", json!({})),
        ("offers_widget_read", json!({})),
        ("offers_widget_set_button_text", json!({"text": "Buy"})),
        ("offers_payment_update", json!({"type": "partial"})),
        (
            "offers_delivery_set_delivery_date",
            json!({"date": "2026-06-01"}),
        ),
        ("offers_products_add_variants", json!({"variant_ids": [1]})),
        (
            "offers_products_remove_variants",
            json!({"variant_ids": [1]}),
        ),
        ("offers_products_variants_list", json!({})),
        ("offers_products_variants_read", json!({"variant_id": v(5)})),
        (
            "offers_products_variants_update",
            json!({"variant_id": v(5), "preorder_max_count": 1}),
        ),
    ] {
        // One that nobody has, one of another shop, one that is no id at all.
        for id in [o(77), o(901), "nope".to_owned()] {
            let mut args = args.clone();
            args["id"] = json!(id);
            assert_eq!(
                refused(&mut bench, name, args),
                because(404, "Offer not found"),
                "{name}"
            );
        }
    }
}

#[test]
fn states_that_forbid_an_action() {
    let mut bench = Bench::fixture();
    let future = "2026-04-20T00:00:00Z";
    for (name, args, text) in [
        (
            "offers_enable",
            json!({"id": o(1)}),
            "Offer is already enabled. Call disable to stop it.",
        ),
        (
            "offers_disable",
            json!({"id": o(4)}),
            "Offer is already disabled. Call enable or schedule to start it.",
        ),
        (
            "offers_schedule",
            json!({"id": o(1), "starts_at": future}),
            "Offer is enabled, a start cannot be set. Call disable first, or send only ends_at.",
        ),
        // The state is looked at before the times.
        (
            "offers_schedule",
            json!({"id": o(1), "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-01T00:00:00Z"}),
            "Offer is enabled, a start cannot be set. Call disable first, or send only ends_at.",
        ),
    ] {
        assert_eq!(refused(&mut bench, name, args), because(409, text));
    }
}

#[test]
fn times_that_break_a_rule() {
    let mut bench = Bench::fixture();
    let (starts, ends, after) = (
        "starts_at must be in the future",
        "ends_at must be in the future",
        "ends_at must be after starts_at",
    );
    let now = "2026-03-31T12:00:00Z";
    for (number, args, texts) in [
        (3, json!({"starts_at": now}), vec![starts]),
        (1, json!({"ends_at": now}), vec![ends]),
        (
            2,
            json!({"ends_at": "2026-03-31T14:00:00+02:00"}),
            vec![ends],
        ),
        (
            2,
            json!({"starts_at": null, "ends_at": "2026-03-01T00:00:00Z"}),
            vec![ends],
        ),
        (
            4,
            json!({"starts_at": "2026-03-30T00:00:00Z", "ends_at": "2026-03-29T00:00:00Z"}),
            vec![starts, ends, after],
        ),
        (3, json!({"starts_at": "2026-04-30T22:00:00Z"}), vec![after]),
        (3, json!({"ends_at": "2026-04-10T08:00:00Z"}), vec![after]),
        (4, json!({"starts_at": "2026-04-10T08:00:00Z"}), vec![after]),
    ] {
        let mut sent = args.clone();
        sent["id"] = json!(o(number));
        let expected = (422, texts.into_iter().map(str::to_owned).collect());
        assert_eq!(
            refused(&mut bench, "offers_schedule", sent),
            expected,
            "{args}"
        );
    }
}

#[test]
fn enabling_puts_everything_in_step() {
    let mut bench = Bench::fixture();
    let answer = ok(&mut bench, "offers_enable", json!({"id": o(4)}));
    assert_eq!(answer["state"], "enabled");
    assert_eq!(
        answer["schedule"],
        json!({"starts_at": null, "ends_at": null})
    );
    assert_eq!(answer["updated_at"], "2026-03-31T12:00:00Z");
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "offer_enabled", "offer_id": o(4)}),
            json!({"kind": "policy_set", "shopify_variant_id": v(7), "inventory_policy": "CONTINUE"}),
            json!({"kind": "policy_set", "shopify_variant_id": v(8), "inventory_policy": "CONTINUE"}),
            json!({"kind": "metafields_written", "owner": "variant", "shopify_variant_id": v(7),
                "keys": ["selling_plan_ids"]}),
            json!({"kind": "metafields_written", "owner": "variant", "shopify_variant_id": v(8),
                "keys": ["selling_plan_ids"]}),
            json!({"kind": "metafields_written", "owner": "shop", "keys": ["selling_plans"]}),
        ]
    );
    assert_eq!(
        metafields(&mut bench, 7)["selling_plan_ids"],
        json!([15_000_000_004_i64])
    );
    assert_eq!(selling_plans(&bench)[2]["name"], "Candle Trio restock");
}

#[test]
fn a_planned_start_or_end_is_spent_when_the_merchant_is_faster() {
    let mut bench = Bench::fixture();
    ok(&mut bench, "offers_enable", json!({"id": o(3)}));
    let end = json!("2026-04-30T22:00:00Z");
    assert_eq!(
        state(&mut bench, 3),
        (json!("enabled"), Value::Null, end.clone())
    );
    ok(&mut bench, "offers_disable", json!({"id": o(3)}));
    assert_eq!(
        state(&mut bench, 3),
        (json!("disabled"), Value::Null, end.clone())
    );
    let start = json!("2026-04-10T08:00:00Z");
    ok(
        &mut bench,
        "offers_schedule",
        json!({"id": o(3), "starts_at": start}),
    );
    assert_eq!(
        state(&mut bench, 3),
        (json!("scheduled"), start, end.clone())
    );
    ok(&mut bench, "offers_disable", json!({"id": o(3)}));
    assert_eq!(
        bench.effects,
        [json!({"kind": "offer_disabled", "offer_id": o(3)})]
    );
    assert_eq!(state(&mut bench, 3), (json!("disabled"), Value::Null, end));
}

#[test]
fn disabling_stops_overselling_and_clears_the_storefront() {
    let mut bench = Bench::fixture();
    let mut expected = field_jacket();
    expected["state"] = json!("disabled");
    expected["updated_at"] = json!("2026-03-31T12:00:00Z");
    assert_eq!(
        ok(&mut bench, "offers_disable", json!({"id": o(1)})),
        expected
    );
    assert_eq!(
        (policy(&bench, 5), policy(&bench, 6)),
        ("DENY".to_owned(), "DENY".to_owned())
    );
    assert_eq!(
        metafields(&mut bench, 5),
        json!({"selling_plan_ids": [], "preorder_count": 2, "preorder_max_count": null, "shipping_text": null,
            "market_preorder_count": null, "market_preorder_max_count": null, "market_shipping_text": null})
    );
    assert_eq!(selling_plans(&bench).as_array().unwrap().len(), 1);
}

#[test]
fn a_schedule_keeps_what_it_is_not_sent() {
    let mut bench = Bench::fixture();
    let start = json!("2026-04-10T08:00:00Z");
    let (first, second) = (json!("2026-04-30T22:00:00Z"), json!("2026-05-02T10:00:00Z"));
    assert_eq!(
        state(&mut bench, 3),
        (json!("scheduled"), start.clone(), first)
    );
    let moved = json!({"id": o(3), "ends_at": "2026-05-02T12:00:00.750+02:00"});
    ok(&mut bench, "offers_schedule", moved.clone());
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "offer_scheduled", "offer_id": o(3), "state": "scheduled",
            "starts_at": start, "ends_at": second})
        ]
    );
    ok(&mut bench, "offers_schedule", moved);
    assert_eq!(
        bench.effects,
        Vec::<Value>::new(),
        "the same again changes nothing"
    );
    assert_eq!(
        state(&mut bench, 3),
        (json!("scheduled"), start, second.clone())
    );
    ok(
        &mut bench,
        "offers_schedule",
        json!({"id": o(3), "starts_at": null}),
    );
    assert_eq!(
        state(&mut bench, 3),
        (json!("disabled"), Value::Null, second.clone())
    );
    ok(
        &mut bench,
        "offers_schedule",
        json!({"id": o(1), "ends_at": null}),
    );
    assert_eq!(
        state(&mut bench, 1),
        (json!("enabled"), Value::Null, Value::Null)
    );
    // An end alone starts nothing.
    ok(&mut bench, "offers_disable", json!({"id": o(2)}));
    ok(
        &mut bench,
        "offers_schedule",
        json!({"id": o(2), "ends_at": second}),
    );
    assert_eq!(
        state(&mut bench, 2),
        (json!("disabled"), Value::Null, second)
    );
}

#[test]
fn the_clock_starts_and_ends_offers_and_keeps_their_times() {
    let mut bench = Bench::fixture();
    let (start, end) = (json!("2026-04-10T08:00:00Z"), json!("2026-04-30T22:00:00Z"));
    bench.advance(10 * 24 * 60);
    assert_eq!(
        state(&mut bench, 3),
        (json!("enabled"), start.clone(), end.clone())
    );
    assert_eq!(
        ok(&mut bench, "offers_read", json!({"id": o(3)}))["updated_at"],
        "2026-04-10T08:00:00Z"
    );
    assert_eq!(policy(&bench, 3), "CONTINUE");
    assert_eq!(
        metafields(&mut bench, 3)["selling_plan_ids"],
        json!([15_000_000_003_i64])
    );
    bench.advance(60 * 24 * 60);
    assert_eq!(state(&mut bench, 3), (json!("disabled"), start, end));
    assert_eq!(policy(&bench, 3), "DENY");
    assert_eq!(
        state(&mut bench, 1).0,
        "disabled",
        "its end has passed as well"
    );
    assert_eq!(state(&mut bench, 2).0, "enabled");
}

#[test]
fn both_turns_of_one_tick_happen_at_their_own_moments() {
    let mut bench = Bench::fixture();
    bench.advance(365 * 24 * 60);
    let offer = ok(&mut bench, "offers_read", json!({"id": o(3)}));
    let turns: Vec<&Value> = bench
        .effects
        .iter()
        .filter(|effect| effect["kind"].as_str().unwrap().starts_with("offer_"))
        .collect();
    assert_eq!(
        turns,
        [
            &json!({"kind": "offer_enabled", "offer_id": o(3)}),
            &json!({"kind": "offer_disabled", "offer_id": o(3)}),
            &json!({"kind": "offer_disabled", "offer_id": o(1)}),
        ]
    );
    assert_eq!(offer["updated_at"], "2026-04-30T22:00:00Z");
    assert_eq!(policy(&bench, 3), "DENY");
}

#[test]
fn a_queued_policy_is_set_when_it_is_due() {
    let mut bench = Bench::fixture();
    bench.sql(
        "INSERT INTO queued_policies SELECT shop_id, id, created_at, 'CONTINUE',
        '[44021000000301,44021000000303,7]' FROM offers WHERE id LIKE '%0001'",
    );
    ok(&mut bench, "offers_list", json!({}));
    assert_eq!(
        bench.effects,
        [4, 6].map(
            |label| json!({"kind": "policy_set", "shopify_variant_id": v(label),
            "inventory_policy": "CONTINUE"})
        )
    );
    assert_eq!(bench.number("SELECT count(*) FROM queued_policies"), 0);
}

#[test]
fn a_deleted_offer_is_gone_but_for_its_orders() {
    let mut bench = Bench::fixture();
    assert_eq!(
        ok(&mut bench, "offers_delete", json!({"id": o(2)})),
        json!({"id": o(2), "deleted": true})
    );
    assert_eq!(
        bench.effects[0],
        json!({"kind": "offer_deleted", "offer_id": o(2)})
    );
    assert_eq!(
        (policy(&bench, 1), policy(&bench, 2)),
        ("DENY".to_owned(), "DENY".to_owned())
    );
    for name in ["offers_read", "offers_delete", "offers_enable"] {
        assert_eq!(
            refused(&mut bench, name, json!({"id": o(2)})),
            because(404, "Offer not found")
        );
    }
    assert_eq!(
        refused(
            &mut bench,
            "product_variants_read",
            json!({"variant_id": v(1)})
        ),
        because(404, "Product variant not found")
    );
    assert_eq!(
        ok(&mut bench, "offers_list", json!({}))["meta"]["total_count"],
        3
    );
    assert_eq!(selling_plans(&bench)[0]["name"], "Field Jacket preorder");
    assert_eq!(
        bench.number("SELECT count(*) FROM offer_variants WHERE offer_id LIKE '%0002'"),
        0
    );
    assert_eq!(
        bench.number("SELECT count(*) FROM preorder_lines WHERE offer_id LIKE '%0002'"),
        3
    );
    // A scheduled one never starts.
    ok(&mut bench, "offers_delete", json!({"id": o(3)}));
    bench.advance(12 * 24 * 60);
    ok(&mut bench, "offers_list", json!({}));
    assert_eq!(bench.effects, Vec::<Value>::new());
}
