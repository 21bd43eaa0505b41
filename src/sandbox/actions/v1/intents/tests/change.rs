//! Intents deleted and moved.

use serde_json::{Value, json};

use super::{DESTROY, error, labels, table};
use crate::sandbox::testing::{Bench, s, v};
const TRANSFER: &str = "v1_intents_transfer";

/// Some variant and its product, as transfers name them.
fn ends(from: usize, to: usize) -> Value {
    let product = |label: usize| [101, 101, 102, 103, 103, 103, 104, 104][label - 1];
    json!({
        "from_shopify_variant_id": v(from),
        "from_shopify_product_id": 8_011_000_000_000_i64 + product(from),
        "to_shopify_variant_id": v(to),
        "to_shopify_product_id": 8_011_000_000_000_i64 + product(to),
    })
}

#[test]
fn intents_are_deleted_together_or_not_at_all() {
    let mut bench = Bench::fixture();
    let held = json!({"error": "Cannot delete notified intents", "sent_intent_ids": [s(2), s(3)]});
    assert_eq!(
        bench.v1(
            DESTROY,
            json!({"intent_ids": [s(4), s(2), s(7), s(3), s(2)]})
        ),
        (422, held)
    );
    assert_eq!(bench.effects, Vec::<Value>::new());
    assert_eq!(bench.v1("v1_intents_read", json!({"id": s(4)})).0, 200);
    assert_eq!(
        bench.v1(DESTROY, json!({"intent_ids": [s(4), s(99), s(7), s(4)]})),
        (200, json!({"success": true, "deleted_count": 2}))
    );
    assert_eq!(bench.kinds(), ["signup_deleted", "signup_deleted"]);
    assert_eq!(
        bench.v1(DESTROY, json!({"intent_ids": [s(4), s(7)]})),
        error(404, "No valid intents found")
    );
    // Another shop's are as good as none.
    assert_eq!(
        bench.v1(DESTROY, json!({"intent_ids": [s(901)]})),
        error(404, "No valid intents found")
    );
}

#[test]
fn intents_move_without_a_word() {
    let moved = |kind: Option<&str>| {
        let mut bench = Bench::fixture();
        let mut args = ends(4, 6);
        if let Some(kind) = kind {
            args["intent_type"] = json!(kind);
        }
        assert_eq!(bench.v1(TRANSFER, args.clone()), (200, Value::Null));
        let ids: Vec<String> = bench
            .effects
            .iter()
            .map(|effect| effect["signup_id"].as_str().unwrap().to_owned())
            .collect();
        // Nothing is left to move.
        assert_eq!(bench.v1(TRANSFER, args), (200, Value::Null));
        assert_eq!(bench.effects, Vec::<Value>::new());
        ids
    };
    assert_eq!(moved(None), labels(&[1]));
    assert_eq!(moved(Some("unsent")), labels(&[1]));
    assert_eq!(moved(Some("sent")), labels(&[2, 3]));
    assert_eq!(moved(Some("all")), labels(&[1, 2, 3]));
}

#[test]
fn what_transfers_refuse() {
    let with = |name: &str, value: Value| {
        let mut args = ends(4, 6);
        args[name] = value;
        args
    };
    table(
        TRANSFER,
        vec![
            (json!({}), error(400, "from_shopify_variant_id is missing")),
            (
                with("to_shopify_product_id", json!("x")),
                error(400, "to_shopify_product_id must be an integer"),
            ),
            (
                with("intent_type", json!("some")),
                error(400, "intent_type must be one of: unsent, sent, all"),
            ),
            (
                with("from_shopify_variant_id", json!(7)),
                error(422, "Product variant not found: 7"),
            ),
            (
                with("to_shopify_product_id", json!(8_011_000_000_101_i64)),
                error(
                    422,
                    "to_shopify_product_id does not match to_shopify_variant_id",
                ),
            ),
            (
                ends(4, 4),
                error(
                    422,
                    "to_shopify_variant_id must differ from from_shopify_variant_id",
                ),
            ),
        ],
    );
}
