//! Variants on preorder: counters and metafields, one by one and in bulk.

use serde_json::{Map, Value, json};

use crate::bench::{Bench, at, changes, list, number, text};
use crate::offers::VARIANT;
use crate::orders::{ORDER, ORDERS};

pub const ACTIONS: &[&str] = &["preorders_product_variants_"];

const VARIANTS: &str = "preorders_product_variants_list";
/// The three writes: a bulk action, and the single one it runs for its variants.
const WRITES: [(&str, &str); 3] = [
    (
        "preorders_product_variants_bulk_recalc_counts",
        "preorders_product_variants_recalculate_count",
    ),
    (
        "preorders_product_variants_bulk_reset_metafields",
        "preorders_product_variants_reset_metafields",
    ),
    (
        "preorders_product_variants_bulk_sync_metafields",
        "preorders_product_variants_sync_metafields",
    ),
];

#[test]
fn every_example_does_what_it_says() {
    Bench::new("fixture").every_example(ACTIONS, verify);
}

fn verify(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    if let Some((_, single)) = WRITES.iter().find(|(bulk, _)| *bulk == name) {
        let ids = list(&arguments["variant_ids"]);
        let before: Vec<Value> = ids.iter().map(|id| read(bench, id)).collect();
        let items = bench.job(name, Value::Object(arguments.clone()));
        assert_eq!(items, u64::try_from(ids.len()).unwrap(), "{name}");
        for before in before {
            seen_through(bench, single, &before);
        }
        return;
    }
    let before = read(bench, &arguments["variant_id"]);
    let done = match name {
        "preorders_product_variants_recalculate_count" => {
            bench.write(name, Value::Object(arguments.clone()))
        }
        _ => {
            let moves = ["metafields", "metafield_drift", "inventory_policy"];
            bench.patched(name, arguments, &moves);
            read(bench, &arguments["variant_id"])
        }
    };
    assert_eq!(read(bench, &arguments["variant_id"]), done, "{name}");
    seen_through(bench, name, &before);
}

fn read(bench: &mut Bench, id: &Value) -> Value {
    bench.data(VARIANT, json!({"variant_id": id}))
}

/// What a write has left of a variant.
fn seen_through(bench: &mut Bench, name: &str, before: &Value) {
    let after = read(bench, &before["shopify_variant_id"]);
    let in_step = json!({"detected": false, "keys": []});
    let count = number(&after["preorder_count"]);
    match name.strip_prefix("preorders_product_variants_").unwrap() {
        "recalculate_count" => {
            assert_eq!(count, units_sold(bench, &before["shopify_variant_id"]));
        }
        "reset_metafields" => assert_eq!(count, 0),
        "sync_metafields" => assert_eq!(after["preorder_count"], before["preorder_count"]),
        other => panic!("{other}"),
    }
    assert_eq!(after["metafield_drift"], in_step, "{name}");
    let held = |key: &str| at(&after, &format!("metafields.{key}")).clone();
    assert_eq!(held("preorder_count"), json!(count), "{name}");
    assert_eq!(held("preorder_max_count"), after["preorder_max_count"]);
    let enabled = list(&after["offers"]);
    let enabled = enabled
        .iter()
        .any(|offer| offer["state"] == json!("enabled"));
    let full = after["preorder_max_count"]
        .as_u64()
        .is_some_and(|max| count >= max);
    let policy = if enabled && !full { "CONTINUE" } else { "DENY" };
    assert_eq!(text(&after["inventory_policy"]), policy, "{name}");
    let known = ["metafield", "preorder_count", "inventory_policy"];
    let strange: Vec<String> = changes(before, &after)
        .into_iter()
        .filter(|path| !known.iter().any(|start| path.starts_with(start)))
        .collect();
    assert_eq!(strange, Vec::<String>::new(), "{name}");
}

/// Units of a variant on orders that are neither cancelled nor given back in full.
fn units_sold(bench: &mut Bench, variant: &Value) -> u64 {
    let orders = bench.walk(ORDERS, &json!({"variant_id": variant}), 200);
    let active = orders
        .iter()
        .filter(|order| !matches!(text(&order["state"]), "cancelled" | "refunded"));
    active
        .map(|order| {
            let whole = bench.data(ORDER, json!({"id": order["id"]}));
            let lines = list(&whole["line_items"]).iter();
            let lines = lines.filter(|line| line["shopify_variant_id"] == *variant);
            lines.map(|line| number(&line["quantity"])).sum::<u64>()
        })
        .sum()
}

/// Variants that Shopify shows otherwise are found, mended and stay so, in a shop with many.
#[test]
fn drift_is_found_and_mended() {
    let mut bench = Bench::new("shop");
    let rows = bench.walk(VARIANTS, &json!({}), 200);
    let mut adrift = Vec::new();
    for row in &rows {
        let whole = read(&mut bench, &row["shopify_variant_id"]);
        crate::bench::holds(row, &whole, "the row and the record");
        let drift = &whole["metafield_drift"];
        let keys = list(&drift["keys"]);
        assert_eq!(drift["detected"], json!(!keys.is_empty()));
        if !keys.is_empty() {
            adrift.push(whole);
        }
    }
    assert_eq!(adrift.len(), 5, "{adrift:?}");
    let ids: Vec<&Value> = adrift
        .iter()
        .map(|row| &row["shopify_variant_id"])
        .collect();
    let (bulk, single) = WRITES[2];
    assert_eq!(bench.job(bulk, json!({"variant_ids": ids})), 5);
    for before in &adrift {
        let after = read(&mut bench, &before["shopify_variant_id"]);
        assert_eq!(
            after["metafield_drift"],
            json!({"detected": false, "keys": []}),
            "{single}"
        );
        assert_eq!(after["preorder_count"], before["preorder_count"]);
    }
}

/// What is no variant on preorder is passed over by a job and refused alone.
#[test]
fn a_bulk_job_passes_over_what_is_in_no_offer() {
    let mut bench = Bench::new("fixture");
    let (held, other) = (44_021_000_000_302_u64, 44_021_000_000_301_u64);
    for (bulk, single) in WRITES {
        bench.fresh();
        let told = bench.refusal(single, json!({"variant_id": other}));
        assert!(told.contains("Product variant not found"), "{told}");
        let before = read(&mut bench, &json!(held));
        let items = bench.job(bulk, json!({"variant_ids": [other, held, 1]}));
        assert_eq!(items, 3, "{bulk}");
        seen_through(&mut bench, single, &before);
    }
}
