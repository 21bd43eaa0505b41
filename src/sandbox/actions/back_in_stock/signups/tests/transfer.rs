//! Moving signups to a different variant.

use serde_json::{Value, json};

use super::{labels, with};
use crate::sandbox::testing::{Bench, because, s, v};

const TRANSFER: &str = "back_in_stock_signups_transfer";

fn pour_over_to_cedar() -> Value {
    json!({
        "from_shopify_variant_id": v(3), "from_shopify_product_id": 8_011_000_000_102_i64,
        "to_shopify_variant_id": v(7), "to_shopify_product_id": 8_011_000_000_104_i64,
    })
}

#[test]
fn the_transfer_example_of_the_contract_holds() {
    let mut bench = Bench::fixture();
    let answer = bench.ok(TRANSFER, pour_over_to_cedar());
    assert_eq!(
        answer,
        json!({"transferred_count": 4, "skipped_count": 1, "skipped_ids": [s(13)]})
    );
    assert_eq!(
        bench.effects[0],
        json!({"kind": "signup_moved", "signup_id": s(14), "from_shopify_variant_id": v(3),
            "to_shopify_variant_id": v(7)})
    );
    assert_eq!(bench.kinds(), ["signup_moved"; 4]);
    let moved = bench.ok("back_in_stock_signups_read", json!({"id": s(14)}));
    assert_eq!(moved["variant"]["title"], "Cedar");
    assert_eq!(moved["created_at"], "2026-03-16T13:37:00Z");
    assert_eq!(moved["updated_at"], "2026-03-31T12:00:00Z");
    assert_eq!(
        bench.ok(TRANSFER, pour_over_to_cedar()),
        json!({"transferred_count": 0, "skipped_count": 1, "skipped_ids": [s(13)]})
    );
}

#[test]
fn transfer_moves_the_wanted_type_and_never_an_opt_out() {
    let move_all =
        |kind: &str| {
            let mut bench = Bench::fixture();
            let answer = bench.ok(TRANSFER, json!({
            "from_shopify_variant_id": v(5), "from_shopify_product_id": 8_011_000_000_103_i64,
            "to_shopify_variant_id": v(6), "to_shopify_product_id": 8_011_000_000_103_i64,
            "signup_type": kind,
        }));
            let moved: Vec<String> = bench
                .effects
                .iter()
                .map(|effect| effect["signup_id"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(answer["transferred_count"], moved.len());
            moved
        };
    assert_eq!(move_all("unsent"), labels(&[4, 6]));
    assert_eq!(move_all("sent"), labels(&[5]));
    assert_eq!(move_all("all"), labels(&[4, 5, 6]));
    let mut bench = Bench::fixture();
    let answer = bench.ok(
        TRANSFER,
        json!({
            "from_shopify_variant_id": v(1), "from_shopify_product_id": 8_011_000_000_101_i64,
            "to_shopify_variant_id": v(2), "to_shopify_product_id": 8_011_000_000_101_i64,
            "signup_type": "all",
        }),
    );
    assert_eq!(answer["transferred_count"], 3, "S9 opted out");
    let log = bench.ok(
        "back_in_stock_notifications_list",
        json!({"variant_id": v(1)}),
    );
    assert_eq!(
        log["meta"]["total_count"], 4,
        "the log keeps the variant of the attempt"
    );
}

#[test]
fn transfer_refuses_in_the_order_of_the_contract() {
    let mut bench = Bench::fixture();
    let mut refused = |more: Value| bench.refused(TRANSFER, with(pour_over_to_cedar(), more));
    assert_eq!(
        refused(json!({"from_shopify_variant_id": 5, "to_shopify_variant_id": 6})),
        because(404, "Product variant not found: 5")
    );
    assert_eq!(
        refused(json!({"to_shopify_variant_id": 44_022_000_000_101_i64})),
        because(404, "Product variant not found: 44022000000101")
    );
    assert_eq!(
        refused(json!({"from_shopify_product_id": 1, "to_shopify_product_id": 1})),
        (
            422,
            vec![
                "from_shopify_product_id does not match from_shopify_variant_id".to_owned(),
                "to_shopify_product_id does not match to_shopify_variant_id".to_owned(),
            ]
        )
    );
    assert_eq!(
        refused(
            json!({"to_shopify_variant_id": v(3), "to_shopify_product_id": 8_011_000_000_102_i64})
        ),
        because(
            422,
            "to_shopify_variant_id must differ from from_shopify_variant_id"
        )
    );
}
