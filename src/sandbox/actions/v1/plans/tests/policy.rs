//! Stock policies that are queued.

use serde_json::{Value, json};

use super::{READ, UPDATE, change, error, o, ok, table, unknown};
use crate::sandbox::testing::{Bench, v};
const POLICY: &str = "v1_preorders_bulk_toggle_inventory_policy";

#[test]
fn a_queued_policy_is_set_a_quarter_of_a_second_later() {
    let mut bench = Bench::fixture();
    let args = json!({"id": o(4), "shopify_variant_ids": [v(7), v(5), 5, v(7)], "inventory_policy": "CONTINUE"});
    let queued = json!({"success": true, "message": "Inventory policy update queued", "variants_queued": [v(7), v(5)]});
    assert_eq!(bench.v1(POLICY, args), (200, queued));
    assert_eq!(bench.effects, Vec::<Value>::new());
    let policy = |bench: &mut Bench| {
        let variant = bench.ok(
            "preorders_product_variants_read",
            json!({"variant_id": v(7)}),
        );
        variant["inventory_policy"].clone()
    };
    let is_busy = |bench: &mut Bench| ok(bench, READ, json!({"id": o(4)}))["ongoing_job"].clone();
    bench.now += chrono::Duration::milliseconds(249);
    assert_eq!(
        (is_busy(&mut bench), policy(&mut bench)),
        (json!(true), json!("DENY"))
    );
    assert_eq!(
        ok(&mut bench, READ, json!({"id": o(1)}))["ongoing_job"],
        false
    );
    bench.now += chrono::Duration::milliseconds(1);
    assert_eq!(is_busy(&mut bench), json!(false));
    // The medium jacket sold on already.
    assert_eq!(
        bench.effects,
        [json!({"kind": "policy_set", "shopify_variant_id": v(7), "inventory_policy": "CONTINUE"})]
    );
    assert_eq!(policy(&mut bench), json!("CONTINUE"));
    // It stays until the plan is next switched.
    ok(&mut bench, UPDATE, change(4, json!({"billing_title": "x"})));
    assert_eq!(policy(&mut bench), json!("CONTINUE"));
    ok(&mut bench, UPDATE, change(4, json!({"enabled": true})));
    ok(&mut bench, UPDATE, change(4, json!({"enabled": false})));
    assert_eq!(policy(&mut bench), json!("DENY"));
}

#[test]
fn what_queued_policies_refuse() {
    let of = |policy: Value| json!({"id": o(1), "shopify_variant_ids": [v(5)], "inventory_policy": policy});
    let none = json!({"success": true, "message": "Inventory policy update queued", "variants_queued": []});
    let mut bench = Bench::fixture();
    let args = json!({"id": o(1), "shopify_variant_ids": [5], "inventory_policy": "DENY"});
    assert_eq!(bench.v1(POLICY, args), (200, none));
    assert_eq!(
        ok(&mut bench, READ, json!({"id": o(1)}))["ongoing_job"],
        false
    );
    table(
        POLICY,
        vec![
            (
                json!({"id": o(1)}),
                error(400, "shopify_variant_ids is missing"),
            ),
            (
                json!({"id": o(1), "shopify_variant_ids": [v(5)]}),
                error(400, "inventory_policy is missing"),
            ),
            (
                of(json!(null)),
                error(400, "inventory_policy must be filled"),
            ),
            (
                of(json!(1)),
                error(400, "inventory_policy must be a string"),
            ),
            (
                of(json!("continue")),
                error(422, "inventory_policy must be one of: CONTINUE, DENY"),
            ),
            (
                json!({"id": o(99), "shopify_variant_ids": [v(5)], "inventory_policy": "DENY"}),
                unknown(),
            ),
        ],
    );
}
