//! Lists, upkeep of counts and metafields, and drift.

use serde_json::{Value, json};

use crate::sandbox::actions::preorders::tests::{metafields, o, ok, policy, refused};
use crate::sandbox::testing::{Bench, because, v};

fn listed(bench: &mut Bench, args: Value) -> Vec<Value> {
    let answer = ok(bench, "product_variants_list", args);
    let rows = answer["product_variants"].as_array().unwrap();
    rows.iter()
        .map(|row| row["shopify_variant_id"].clone())
        .collect()
}

#[test]
fn variants_of_any_offer_are_listed_by_their_id() {
    let mut bench = Bench::fixture();
    let all: Vec<Value> = [1, 2, 3, 5, 6, 7, 8].map(|label| json!(v(label))).to_vec();
    assert_eq!(listed(&mut bench, json!({})), all);
    assert_eq!(
        listed(&mut bench, json!({"per_page": 3, "page": 3})),
        [json!(v(8))]
    );
    assert_eq!(
        listed(&mut bench, json!({"offer_id": o(4)})),
        [json!(v(7)), json!(v(8))]
    );
    assert_eq!(
        listed(&mut bench, json!({"offer_id": o(77)})),
        [] as [Value; 0]
    );
    let product = json!({"product_id": 8_011_000_000_103_i64});
    assert_eq!(listed(&mut bench, product), [json!(v(5)), json!(v(6))]);
    let ids = json!({"variant_ids": [v(4), v(6), v(1)]});
    assert_eq!(listed(&mut bench, ids), [json!(v(1)), json!(v(6))]);
    let answer = ok(
        &mut bench,
        "product_variants_list",
        json!({"variant_ids": [v(6)]}),
    );
    assert_eq!(
        answer,
        json!({"product_variants": [{"shopify_variant_id": v(6), "shopify_product_id": 8_011_000_000_103_i64,
            "product_title": "Canvas Field Jacket", "variant_title": "Large / Olive", "preorder_count": 2,
            "preorder_max_count": 2, "inventory_policy": "DENY"}],
            "meta": {"total_count": 1, "page": 1, "per_page": 25, "total_pages": 1}})
    );
}

#[test]
fn the_offers_of_a_variant() {
    let mut bench = Bench::fixture();
    ok(
        &mut bench,
        "offers_products_add_variants",
        json!({"id": o(3), "variant_ids": [v(5)]}),
    );
    let mut ids = |args: Value| -> Vec<Value> {
        let answer = ok(&mut bench, "product_variants_offers", args);
        answer["offers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].clone())
            .collect()
    };
    assert_eq!(ids(json!({"variant_id": v(5)})), [json!(o(3)), json!(o(1))]);
    assert_eq!(
        ids(json!({"variant_id": v(5), "state": "enabled"})),
        [json!(o(1))]
    );
    let answer = ok(
        &mut bench,
        "product_variants_offers",
        json!({"variant_id": v(7)}),
    );
    assert_eq!(
        answer,
        json!({"offers": [{"id": o(4), "name": "Candle Trio restock", "internal_name": null,
            "state": "disabled", "schedule": {"starts_at": null, "ends_at": "2026-03-01T00:00:00Z"},
            "variants_count": 2, "created_at": "2026-01-15T08:00:00Z",
            "updated_at": answer["offers"][0]["updated_at"]}]})
    );
}

#[test]
fn a_variant_in_no_offer_is_unknown_here() {
    let mut bench = Bench::fixture();
    for action in [
        "read",
        "offers",
        "recalculate_count",
        "reset_metafields",
        "sync_metafields",
    ] {
        for id in [
            json!(v(4)),
            json!(44_022_000_000_101_i64),
            json!("x"),
            json!("-1"),
        ] {
            let name = format!("product_variants_{action}");
            assert_eq!(
                refused(&mut bench, &name, json!({"variant_id": id})),
                because(404, "Product variant not found"),
                "{name} {id}"
            );
        }
    }
}

#[test]
fn a_sync_writes_what_differs_and_counts_nothing() {
    let mut bench = Bench::fixture();
    bench.sql("INSERT INTO variant_metafields SELECT id, 44021000000302, 'market_shipping_text', '{\"9\":\"x\"}'
        FROM shops WHERE id LIKE '%1'; UPDATE variants SET preorder_count = 7
        WHERE shopify_variant_id = 44021000000302");
    let before = ok(
        &mut bench,
        "product_variants_read",
        json!({"variant_id": v(5)}),
    );
    assert_eq!(
        before["metafield_drift"],
        json!({"detected": true, "keys": ["preorder_count", "market_shipping_text"]})
    );
    let after = ok(
        &mut bench,
        "product_variants_sync_metafields",
        json!({"variant_id": v(5)}),
    );
    assert_eq!(
        after["metafield_drift"],
        json!({"detected": false, "keys": []})
    );
    assert_eq!(
        (
            &after["preorder_count"],
            &after["metafields"]["preorder_count"]
        ),
        (&json!(7), &json!(7))
    );
    assert_eq!(after["metafields"]["market_shipping_text"], Value::Null);
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "metafields_written", "owner": "variant", "shopify_variant_id": v(5),
            "keys": ["preorder_count", "market_shipping_text"]})
        ]
    );
    ok(
        &mut bench,
        "product_variants_sync_metafields",
        json!({"variant_id": v(5)}),
    );
    assert_eq!(bench.effects, Vec::<Value>::new());
}

#[test]
fn a_recount_takes_active_lines_and_writes_count_keys_alone() {
    let mut bench = Bench::fixture();
    bench.sql(
        "UPDATE variants SET preorder_count = 40 WHERE shopify_variant_id = 44021000000302;
        UPDATE variants SET inventory_policy = 'DENY' WHERE shopify_variant_id = 44021000000302;
        UPDATE variant_metafields SET value = 5
        WHERE key = 'preorder_max_count' AND shopify_variant_id = 44021000000302",
    );
    let recount = "product_variants_recalculate_count";
    let after = ok(&mut bench, recount, json!({"variant_id": v(5)}));
    assert_eq!(after["preorder_count"], 2, "P1 and P3");
    assert_eq!(after["inventory_policy"], "CONTINUE", "below the cap again");
    assert_eq!(
        after["metafield_drift"],
        json!({"detected": true, "keys": ["preorder_max_count"]})
    );
    assert_eq!(
        bench.number("SELECT sum(preorder_count) FROM market_counts WHERE shopify_variant_id = 44021000000302"),
        2
    );
    // Cancelled P7 and refunded P8 do not count; fulfilled P6 does.
    for (label, count) in [(6, 2), (1, 1), (2, 1), (7, 2), (8, 1), (3, 0)] {
        bench.sql("UPDATE variants SET preorder_count = 99");
        let after = ok(&mut bench, recount, json!({"variant_id": v(label)}));
        assert_eq!(after["preorder_count"], count, "V{label}");
        assert_eq!(after["metafields"]["preorder_count"], count);
    }
}

#[test]
fn a_reset_forgets_the_counts_and_opens_a_reached_cap() {
    let mut bench = Bench::fixture();
    assert_eq!(policy(&bench, 6), "DENY");
    let after = ok(
        &mut bench,
        "product_variants_reset_metafields",
        json!({"variant_id": v(6)}),
    );
    assert_eq!(
        (
            &after["preorder_count"],
            &after["inventory_policy"],
            &after["offers"][0]["preorder_units_sold"]
        ),
        (&json!(0), &json!("CONTINUE"), &json!(2))
    );
    assert_eq!(metafields(&mut bench, 6)["preorder_count"], 0);
    assert_eq!(
        bench
            .number("SELECT count(*) FROM market_counts WHERE shopify_variant_id = 44021000000303"),
        0
    );
    let recount = "product_variants_recalculate_count";
    let after = ok(&mut bench, recount, json!({"variant_id": v(6)}));
    assert_eq!(
        (&after["preorder_count"], &after["inventory_policy"]),
        (&json!(2), &json!("DENY"))
    );
}
