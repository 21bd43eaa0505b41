//! The list: its order, its filters, and the state that is looked at after paging.

use serde_json::{Value, json};

use super::{o, p, read};
use crate::sandbox::testing::{Bench, because, v};

/// Numbers of the listed orders, and the `meta` block.
fn listed(bench: &mut Bench, args: Value) -> (Vec<i64>, Value) {
    let answer = bench.ok("preorders_orders_list", args);
    let numbers = answer["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| order["id"].as_i64().unwrap() - p(0))
        .collect();
    (numbers, answer["meta"].clone())
}

fn meta(total: i64, page: i64, per_page: i64, pages: i64) -> Value {
    json!({"total_count": total, "page": page, "per_page": per_page, "total_pages": pages})
}

#[test]
fn newest_first_without_lines() {
    let mut bench = Bench::fixture();
    assert_eq!(
        listed(&mut bench, json!({})),
        (vec![8, 7, 5, 4, 3, 2, 1, 9, 6], meta(9, 1, 25, 1))
    );
    let mut expected = read(&mut bench, p(8));
    expected.as_object_mut().unwrap().remove("line_items");
    let answer = bench.ok("preorders_orders_list", json!({"per_page": 1}));
    assert_eq!(
        answer,
        json!({"orders": [expected], "meta": meta(9, 1, 1, 9)})
    );
}

#[test]
fn the_state_filter_leaves_short_pages() {
    let mut bench = Bench::fixture();
    let mut page = |number: i64| {
        listed(
            &mut bench,
            json!({"state": "awaiting_balance", "per_page": 3, "page": number}),
        )
    };
    assert_eq!(page(1), (vec![], meta(9, 1, 3, 3)));
    assert_eq!(page(2), (vec![2], meta(9, 2, 3, 3)));
    assert_eq!(page(3), (vec![1], meta(9, 3, 3, 3)));
}

#[test]
fn each_state_has_its_orders() {
    let mut bench = Bench::fixture();
    for (state, numbers) in [
        ("placed", vec![9]),
        ("awaiting_balance", vec![2, 1]),
        ("balance_collected", vec![4, 3]),
        ("released", vec![5]),
        ("fulfilled", vec![6]),
        ("cancelled", vec![7]),
        ("refunded", vec![8]),
    ] {
        let (found, meta) = listed(&mut bench, json!({"state": state}));
        assert_eq!(
            (found, &meta["total_count"]),
            (numbers, &json!(9)),
            "{state}"
        );
    }
}

#[test]
fn filters() {
    let mut bench = Bench::fixture();
    let mut numbers = |args: Value| listed(&mut bench, args).0;
    assert_eq!(numbers(json!({"offer_id": o(2).to_uppercase()})), [8, 5, 4]);
    assert_eq!(numbers(json!({"offer_id": o(99)})), Vec::<i64>::new());
    assert_eq!(numbers(json!({"variant_id": v(6)})), [7, 2]);
    assert_eq!(
        numbers(json!({"customer_id": 7_300_000_000_003_i64})),
        [3, 9]
    );
    assert_eq!(
        numbers(json!({"from": "2026-03-14", "to": "2026-03-15"})),
        [7, 5]
    );
    assert_eq!(
        numbers(json!({"from": "2026-03-08T12:30:00Z", "to": "2026-03-10T09:15:00Z"})),
        [3, 2]
    );
    assert_eq!(
        bench.refused(
            "preorders_orders_list",
            json!({"from": "2026-03-02", "to": "2026-03-01"})
        ),
        because(422, "from must be on or before to")
    );
}
