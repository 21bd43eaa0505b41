//! Intents over the fixture: every example, every refusal, and what stays of each.

mod change;
mod create;
mod demand;
mod notify;

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, s, v};
const LIST: &str = "v1_intents_list";
const BULK_NOTIFY: &str = "v1_intents_bulk_notify";
const DESTROY: &str = "v1_intents_bulk_destroy";

fn error(status: u16, text: &str) -> (u16, Value) {
    (status, json!({"error": text}))
}

/// Calls that are refused without a trace.
fn table(name: &str, rows: Vec<(Value, (u16, Value))>) {
    for (args, expected) in rows {
        let mut bench = Bench::fixture();
        assert_eq!(bench.v1(name, args.clone()), expected, "{name} {args}");
        assert_eq!(bench.effects, Vec::<Value>::new(), "{name} {args}");
    }
}

fn listed(args: Value) -> Vec<String> {
    let (status, answer) = Bench::fixture().v1(LIST, args);
    assert_eq!(status, 200);
    let rows = answer["intents"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn labels(numbers: &[u32]) -> Vec<String> {
    numbers.iter().copied().map(s).collect()
}

#[test]
fn the_list_example_of_the_contract_holds() {
    let (status, answer) = Bench::fixture().v1(LIST, json!({"notified": true, "per_page": 1}));
    assert_eq!(status, 200);
    assert_eq!(answer["intents"][0]["id"], s(11));
    assert_eq!(answer["intents"][0]["channel"], "email");
    assert_eq!(
        answer["meta"],
        json!({"total_count": 7, "page": 1, "per_page": 1, "total_pages": 7})
    );
    let (_, whole) = Bench::fixture().v1(LIST, json!({}));
    assert_eq!(
        whole["meta"],
        json!({"total_count": 22, "page": 1, "per_page": 25, "total_pages": 1})
    );
    assert_eq!(whole["intents"][0]["id"], s(20));
}

#[test]
fn filters_match_contacts_whole_and_join() {
    let cases = [
        (json!({"shopify_variant_id": v(4)}), vec![3, 2, 1]),
        (
            json!({"shopify_product_id": 8_011_000_000_104_i64}),
            vec![20, 22, 19, 18],
        ),
        (json!({"email": "MATEO.RUIZ@example.com"}), vec![19, 12, 2]),
        (json!({"email": "mateo"}), vec![]),
        // An SMS intent is its customer's as well.
        (json!({"phone": "+1 (503) 555-0106"}), vec![22, 6]),
        (json!({"phone": "5550106"}), vec![]),
        (json!({"phone": "none"}), vec![]),
        (json!({"start_date": "2026-03-29"}), vec![20, 22]),
        (
            json!({"start_date": "2026-03-27", "end_date": "2026-03-29"}),
            vec![22, 19],
        ),
        (json!({"end_date": "2026-03-02"}), vec![1, 21]),
        (
            json!({"notified": false, "shopify_variant_id": v(4)}),
            vec![1],
        ),
        (
            json!({"notified": "true", "email": "mateo.ruiz@example.com"}),
            vec![2],
        ),
        (json!({"page": 3, "per_page": 10}), vec![1, 21]),
    ];
    for (args, expected) in cases {
        assert_eq!(listed(args.clone()), labels(&expected), "{args}");
    }
}

#[test]
fn what_lists_refuse() {
    table(
        LIST,
        vec![
            (
                json!({"per_page": 501}),
                error(400, "per_page must be less than or equal to 500"),
            ),
            (
                json!({"page": 0, "per_page": 0}),
                error(400, "page must be greater than or equal to 1"),
            ),
            (
                json!({"start_date": "yesterday"}),
                error(400, "start_date must be a date"),
            ),
            (
                json!({"start_date": "2026-03-02", "end_date": "2026-03-01"}),
                error(400, "start_date must be on or before end_date"),
            ),
            (
                json!({"notified": "maybe"}),
                error(400, "notified must be boolean"),
            ),
            (
                json!({"shopify_variant_id": "x"}),
                error(400, "shopify_variant_id must be an integer"),
            ),
        ],
    );
    table(
        "v1_intents_read",
        vec![
            (json!({"id": s(99)}), error(404, "Intent not found")),
            (json!({"id": "S1"}), error(404, "Intent not found")),
        ],
    );
}

#[test]
fn lists_of_intents_are_checked() {
    let many: Vec<String> = (0..501).map(s).collect();
    for name in [BULK_NOTIFY, DESTROY] {
        table(
            name,
            vec![
                (json!({}), error(400, "intent_ids is missing")),
                (
                    json!({"intent_ids": null}),
                    error(400, "intent_ids must be filled"),
                ),
                (
                    json!({"intent_ids": []}),
                    error(400, "intent_ids size cannot be less than 1"),
                ),
                (
                    json!({"intent_ids": many}),
                    error(400, "intent_ids size cannot be greater than 500"),
                ),
                (
                    json!({"intent_ids": 5}),
                    error(400, "intent_ids must be an array"),
                ),
                (
                    json!({"intent_ids": [s(1), "x", "y"]}),
                    error(400, "intent_ids.1 is not a valid UUID"),
                ),
            ],
        );
    }
}
