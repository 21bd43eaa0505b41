//! The demand ranking.

use serde_json::{Value, json};

use super::{error, table};
use crate::sandbox::testing::{Bench, v};
const DEMAND: &str = "v1_intents_products_in_demand";

#[test]
fn the_demand_example_of_the_contract_holds() {
    let variant = json!({"id": v(3), "title": "Default Title", "sku": "POUR-SET"});
    assert_eq!(
        Bench::fixture().v1(DEMAND, json!({"per_page": 1})),
        (
            200,
            json!({
                "product_variants_in_demand": [{"shopify_variant_id": v(3),
                    "shopify_product_id": 8_011_000_000_102_i64,
                    "shopify_inventory_item_id": 46_021_000_000_201_i64, "total": 5, "pending": 5,
                    "last_requested_at": "2026-03-22T22:22:22Z",
                    "product_data": {"id": 8_011_000_000_102_i64, "title": "Stoneware Pour-Over Set",
                        "vendor": "Kiln & Co", "variants": [variant]},
                    "variant_data": variant}],
                "page": 1, "per_page": 1, "has_next_page": true, "has_prev_page": false
            })
        )
    );
}

#[test]
fn demand_is_ranked_and_windowed_by_the_latest_request() {
    let ranked = |args: Value| -> Vec<(i64, i64, i64)> {
        let (status, answer) = Bench::fixture().v1(DEMAND, args);
        assert_eq!(status, 200);
        let rows = answer["product_variants_in_demand"]
            .as_array()
            .unwrap()
            .iter();
        let number = |row: &Value, name: &str| row[name].as_i64().unwrap();
        rows.map(|row| {
            let label = (1..=8).find(|label| json!(v(*label)) == row["shopify_variant_id"]);
            let label = i64::try_from(label.unwrap()).unwrap();
            (label, number(row, "total"), number(row, "pending"))
        })
        .collect()
    };
    // Ties by the variant's id, whichever way is sorted.
    assert_eq!(
        ranked(json!({})),
        [
            (3, 5, 5),
            (5, 3, 2),
            (7, 2, 2),
            (8, 2, 2),
            (1, 4, 1),
            (2, 1, 1),
            (4, 3, 1),
            (6, 2, 1)
        ]
    );
    assert_eq!(
        ranked(json!({"direction": "asc", "per_page": 3})),
        [(1, 4, 1), (2, 1, 1), (4, 3, 1)]
    );
    assert_eq!(
        ranked(json!({"sort_by": "total", "per_page": 3})),
        [(3, 5, 5), (1, 4, 1), (4, 3, 1)]
    );
    assert_eq!(
        ranked(json!({"sort_by": "last_requested_at", "per_page": 2, "page": 2})),
        [(3, 5, 5), (2, 1, 1)]
    );
    // The window keeps whole variants: the count of V7 has its earlier intent too.
    assert_eq!(
        ranked(json!({"start_date": "2026-03-29", "end_date": "2026-03-30"})),
        [(7, 2, 2), (8, 2, 2)]
    );
    assert_eq!(ranked(json!({"end_date": "2026-03-05"})), [(4, 3, 1)]);
    assert_eq!(ranked(json!({"intent_type": "restock"})).len(), 8);
    let none = json!({"product_variants_in_demand": [], "page": 2, "per_page": 25,
        "has_next_page": false, "has_prev_page": true});
    let args = json!({"intent_type": "wishlist_reminder", "page": 2});
    assert_eq!(Bench::fixture().v1(DEMAND, args), (200, none));
}

#[test]
fn what_the_demand_ranking_refuses() {
    table(
        DEMAND,
        vec![
            (
                json!({"sort_by": "name"}),
                error(
                    400,
                    "sort_by must be one of: pending, total, last_requested_at",
                ),
            ),
            (
                json!({"direction": "up"}),
                error(400, "direction must be one of: asc, desc"),
            ),
            (
                json!({"per_page": 501}),
                error(400, "per_page must be less than or equal to 500"),
            ),
            (
                json!({"end_date": "2026-02-30"}),
                error(400, "end_date must be a date"),
            ),
            (
                json!({"start_date": "2026-03-02", "end_date": "2026-03-01"}),
                error(400, "start_date must be on or before end_date"),
            ),
        ],
    );
}
