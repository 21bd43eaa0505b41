//! Which variants an offer holds, and what they override in it.

use serde_json::{Value, json};

use crate::sandbox::actions::preorders::tests::{
    metafields, o, ok, policy, refused, selling_plans,
};
use crate::sandbox::testing::{Bench, because, v};

fn held(bench: &mut Bench, number: u32) -> Vec<i64> {
    let rows = ok(
        bench,
        "offers_products_variants_list",
        json!({"id": o(number), "per_page": 200}),
    );
    rows["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["shopify_variant_id"].as_i64().unwrap())
        .collect()
}

#[test]
fn variants_join_an_enabled_offer() {
    let mut bench = Bench::fixture();
    let answer = ok(
        &mut bench,
        "offers_products_add_variants",
        json!({"id": o(2), "variant_ids": [v(5), v(4), v(5)]}),
    );
    assert_eq!(
        answer,
        json!({"variants_added": [v(5), v(4)], "products":
            {"source": "custom", "collection_id": null, "variants_count": 4, "units_sold": 2}})
    );
    assert_eq!(
        bench.effects[..2],
        [
            json!({"kind": "variants_attached", "offer_id": o(2), "variant_ids": [v(5), v(4)]}),
            json!({"kind": "policy_set", "shopify_variant_id": v(4), "inventory_policy": "CONTINUE"}),
        ]
    );
    let both = json!([15_000_000_002_i64, 15_000_000_001_i64]);
    assert_eq!(
        metafields(&mut bench, 5)["selling_plan_ids"],
        both,
        "newest first"
    );
    assert_eq!(
        metafields(&mut bench, 4),
        json!({"selling_plan_ids": [15_000_000_002_i64], "preorder_count": 0, "preorder_max_count": null,
            "shipping_text": {"91000000001": "Date to be announced"},
            "market_preorder_count": null, "market_preorder_max_count": null, "market_shipping_text": null})
    );
    assert_eq!(
        selling_plans(&bench)[0]["variant_ids"],
        json!([v(1), v(2), v(4), v(5)])
    );
}

#[test]
fn what_add_and_remove_refuse() {
    let mut bench = Bench::fixture();
    let add = "offers_products_add_variants";
    let remove = "offers_products_remove_variants";
    let ids = |ids: &[i64]| json!({"id": o(1), "variant_ids": ids});
    assert_eq!(
        refused(&mut bench, add, ids(&[v(4), v(5)])),
        because(422, "variant_ids already attached: 44021000000302")
    );
    assert_eq!(
        refused(&mut bench, add, ids(&[v(4), 44_021_000_000_999])),
        because(422, "variant_ids not found: 44021000000999")
    );
    assert_eq!(
        refused(&mut bench, add, ids(&[44_022_000_000_101, v(6), v(5)])),
        (
            422,
            vec![
                "variant_ids already attached: 44021000000303, 44021000000302".to_owned(),
                "variant_ids not found: 44022000000101".to_owned(),
            ]
        )
    );
    assert_eq!(held(&mut bench, 1), [v(5), v(6)], "nothing was added");
    assert_eq!(
        refused(&mut bench, remove, ids(&[v(4), 7])),
        because(404, "Product variant not found")
    );
    ok(
        &mut bench,
        "offers_products_update",
        json!({"id": o(1), "source": "all"}),
    );
    let text = "Offer takes its variants from source all. PATCH products with source custom first.";
    assert_eq!(
        refused(&mut bench, add, ids(&[v(5), 7])),
        because(409, text)
    );
    assert_eq!(
        refused(&mut bench, remove, ids(&[v(5)])),
        because(409, text)
    );
    assert_eq!(
        refused(&mut bench, remove, ids(&[7])),
        because(404, "Product variant not found")
    );
    bench.sql("INSERT INTO collections SELECT id, 88, 8011000000104 FROM shops WHERE id LIKE '%1'");
    let collection = json!({"id": o(1), "source": "collection", "collection_id": 88});
    ok(&mut bench, "offers_products_update", collection);
    let text =
        "Offer takes its variants from source collection. PATCH products with source custom first.";
    assert_eq!(
        refused(&mut bench, remove, ids(&[v(7)])),
        because(409, text)
    );
}

#[test]
fn removal_drops_overrides_and_skips_what_is_not_there() {
    let mut bench = Bench::fixture();
    let answer = ok(
        &mut bench,
        "offers_products_remove_variants",
        json!({"id": o(1), "variant_ids": [v(4), v(5), v(5)]}),
    );
    assert_eq!(
        answer,
        json!({"variants_removed": [v(5)], "products":
            {"source": "custom", "collection_id": null, "variants_count": 1, "units_sold": 4}})
    );
    assert_eq!(
        bench.effects[..2],
        [
            json!({"kind": "variants_detached", "offer_id": o(1), "variant_ids": [v(5)]}),
            json!({"kind": "policy_set", "shopify_variant_id": v(5), "inventory_policy": "DENY"}),
        ]
    );
    assert_eq!(
        refused(
            &mut bench,
            "product_variants_read",
            json!({"variant_id": v(5)})
        ),
        because(404, "Product variant not found")
    );
    ok(
        &mut bench,
        "offers_products_add_variants",
        json!({"id": o(1), "variant_ids": [v(5)]}),
    );
    let row = ok(
        &mut bench,
        "offers_products_variants_read",
        json!({"id": o(1), "variant_id": v(5)}),
    );
    assert_eq!(
        (
            &row["preorder_max_count"],
            &row["shipping_text"],
            &row["preorder_units_sold"]
        ),
        (&Value::Null, &Value::Null, &json!(2))
    );
}

#[test]
fn a_policy_that_is_asked_for_wins_over_the_offers() {
    let mut bench = Bench::fixture();
    let remove = "offers_products_remove_variants";
    let args = |number: u32, label: usize, policy: &str| json!({"id": o(number), "variant_ids": [v(label)], "inventory_policy": policy});
    ok(&mut bench, remove, args(1, 5, "CONTINUE"));
    assert_eq!(policy(&bench, 5), "CONTINUE");
    ok(
        &mut bench,
        "offers_products_add_variants",
        json!({"id": o(4), "variant_ids": [v(1)]}),
    );
    ok(&mut bench, remove, args(4, 1, "DENY"));
    assert_eq!(policy(&bench, 1), "DENY", "though O2 still holds it");
    // Until the next event.
    ok(&mut bench, "offers_disable", json!({"id": o(2)}));
    ok(&mut bench, "offers_enable", json!({"id": o(2)}));
    assert_eq!(policy(&bench, 1), "CONTINUE");
}

#[test]
fn an_offer_that_is_off_moves_no_policy() {
    let mut bench = Bench::fixture();
    bench.sql(
        "UPDATE variants SET inventory_policy = 'CONTINUE' WHERE shopify_variant_id IN
        (44021000000301, 44021000000401)",
    );
    ok(
        &mut bench,
        "offers_products_add_variants",
        json!({"id": o(4), "variant_ids": [v(4)]}),
    );
    let remove = json!({"id": o(4), "variant_ids": [v(7)]});
    ok(&mut bench, "offers_products_remove_variants", remove);
    assert_eq!(
        (policy(&bench, 4), policy(&bench, 7)),
        ("CONTINUE".into(), "CONTINUE".into())
    );
    assert_eq!(metafields(&mut bench, 4)["selling_plan_ids"], json!([]));
}

#[test]
fn a_source_attaches_all_in_its_scope_and_detaches_the_rest() {
    let mut bench = Bench::fixture();
    bench.sql("INSERT INTO collections SELECT id, 88, 8011000000104 FROM shops WHERE id LIKE '%1'");
    let update = "offers_products_update";
    let block = ok(&mut bench, update, json!({"id": o(1), "source": "all"}));
    assert_eq!(
        block,
        json!({"source": "all", "collection_id": null, "variants_count": 8, "units_sold": 4})
    );
    let row = json!({"id": o(1), "variant_id": v(5)});
    assert_eq!(
        ok(&mut bench, "offers_products_variants_read", row.clone())["preorder_max_count"],
        40,
        "what was attached keeps its overrides"
    );
    assert_eq!(policy(&bench, 8), "CONTINUE");
    let collection = json!({"id": o(1), "source": "collection", "collection_id": 88});
    let block = ok(&mut bench, update, collection.clone());
    assert_eq!(
        block,
        json!({"source": "collection", "collection_id": 88, "variants_count": 2, "units_sold": 4})
    );
    let kinds = bench.kinds();
    assert_eq!(kinds[..2], ["offer_updated", "variants_detached"]);
    assert!(!kinds.contains(&"variants_attached"));
    assert_eq!(held(&mut bench, 1), [v(7), v(8)]);
    assert_eq!(
        (policy(&bench, 4), policy(&bench, 1)),
        ("DENY".into(), "CONTINUE".into())
    );
    ok(&mut bench, update, collection);
    assert_eq!(bench.effects, Vec::<Value>::new());
    let block = ok(&mut bench, update, json!({"id": o(1), "source": "custom"}));
    assert_eq!(
        block,
        json!({"source": "custom", "collection_id": null, "variants_count": 2, "units_sold": 4}),
        "the present set is kept"
    );
    assert_eq!(
        refused(
            &mut bench,
            update,
            json!({"id": o(1), "source": "collection"})
        ),
        because(422, "collection_id must be filled")
    );
}

#[test]
fn caps_and_texts_of_one_variant() {
    let mut bench = Bench::fixture();
    let update = "offers_products_variants_update";
    let args = json!({"id": o(1), "variant_id": v(6).to_string(), "preorder_max_count": 3});
    let row = ok(&mut bench, update, args.clone());
    assert_eq!(
        row,
        json!({"shopify_product_id": 8_011_000_000_103_i64, "shopify_variant_id": v(6),
            "product_title": "Canvas Field Jacket", "variant_title": "Large / Olive",
            "preorder_units_sold": 2, "preorder_max_count": 3, "shipping_text": null})
    );
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "variant_settings_written", "offer_id": o(1), "shopify_variant_id": v(6),
                "settings": {"preorder_max_count": 3}}),
            json!({"kind": "policy_set", "shopify_variant_id": v(6), "inventory_policy": "CONTINUE"}),
            json!({"kind": "metafields_written", "owner": "variant", "shopify_variant_id": v(6),
                "keys": ["preorder_max_count"]}),
        ],
        "below the cap again"
    );
    ok(&mut bench, update, args);
    assert_eq!(
        bench.effects,
        Vec::<Value>::new(),
        "the same again changes nothing"
    );
    let mut set = |args: Value| {
        let mut sent = json!({"id": o(1), "variant_id": v(6)});
        sent.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        ok(&mut bench, update, sent);
        let fields = metafields(&mut bench, 6);
        (
            policy(&bench, 6),
            fields["preorder_max_count"].clone(),
            fields["shipping_text"].clone(),
        )
    };
    let continued = || "CONTINUE".to_owned();
    assert_eq!(
        set(json!({"preorder_max_count": 0})),
        ("DENY".to_owned(), json!(0), Value::Null)
    );
    assert_eq!(
        set(json!({"preorder_max_count": null})),
        (continued(), Value::Null, Value::Null)
    );
    assert_eq!(
        set(json!({"shipping_text": " In May "})),
        (continued(), Value::Null, json!({"91000000001": " In May "}))
    );
    assert_eq!(
        set(json!({"shipping_text": null})),
        (continued(), Value::Null, Value::Null)
    );
    for id in [
        v(1).to_string(),
        "x".to_owned(),
        "+44021000000303".to_owned(),
    ] {
        let args = json!({"id": o(1), "variant_id": id, "preorder_max_count": 1});
        assert_eq!(
            refused(&mut bench, update, args),
            because(404, "Product variant not found"),
            "{id}"
        );
    }
}

#[test]
fn the_smallest_cap_of_the_enabled_offers_counts() {
    let mut bench = Bench::fixture();
    let cap = |bench: &mut Bench, number: u32, cap: i64| {
        let args = json!({"id": o(number), "variant_id": v(5), "preorder_max_count": cap});
        ok(bench, "offers_products_variants_update", args);
    };
    let effective = |bench: &mut Bench| {
        let row = ok(bench, "product_variants_read", json!({"variant_id": v(5)}));
        (
            row["preorder_max_count"].clone(),
            row["inventory_policy"].clone(),
        )
    };
    for number in [2, 3] {
        let args = json!({"id": o(number), "variant_ids": [v(5)]});
        ok(&mut bench, "offers_products_add_variants", args);
    }
    cap(&mut bench, 3, 1);
    assert_eq!(
        effective(&mut bench),
        (json!(40), json!("CONTINUE")),
        "O3 is not enabled"
    );
    cap(&mut bench, 2, 2);
    assert_eq!(effective(&mut bench), (json!(2), json!("DENY")));
    ok(
        &mut bench,
        "offers_inventory_update",
        json!({"id": o(2), "provider": "shopify"}),
    );
    assert_eq!(
        effective(&mut bench),
        (json!(40), json!("CONTINUE")),
        "O2 no longer counts"
    );
    ok(
        &mut bench,
        "offers_inventory_update",
        json!({"id": o(1), "provider": "shopify"}),
    );
    assert_eq!(effective(&mut bench), (Value::Null, json!("CONTINUE")));
    ok(&mut bench, "offers_disable", json!({"id": o(1)}));
    assert_eq!(
        effective(&mut bench),
        (Value::Null, json!("CONTINUE")),
        "its policy is not managed"
    );
    ok(&mut bench, "offers_enable", json!({"id": o(3)}));
    assert_eq!(effective(&mut bench), (json!(1), json!("DENY")));
}

#[test]
fn market_metafields_of_a_limited_offer() {
    let mut bench = Bench::fixture();
    let (us, canada) = (91_000_000_001_i64, 91_000_000_002_i64);
    let args = json!({"id": o(1), "enabled": true, "market_ids": [canada, us]});
    ok(&mut bench, "offers_markets_update", args);
    let fields = metafields(&mut bench, 5);
    assert_eq!(
        (
            &fields["shipping_text"],
            &fields["market_preorder_count"],
            &fields["market_preorder_max_count"],
            &fields["market_shipping_text"]
        ),
        (
            &json!({"91000000001": "Ships with wave 1"}),
            &json!({"91000000001": 2, "91000000002": 0}),
            &json!({"91000000001": 40, "91000000002": 40}),
            &json!({"91000000001": "Ships with wave 1", "91000000002": "Ships with wave 1"}),
        )
    );
    ok(
        &mut bench,
        "offers_markets_update",
        json!({"id": o(1), "market_ids": [canada]}),
    );
    assert_eq!(
        metafields(&mut bench, 5)["market_preorder_count"],
        json!({"91000000002": 0})
    );
    ok(
        &mut bench,
        "offers_markets_update",
        json!({"id": o(1), "enabled": false}),
    );
    assert_eq!(
        metafields(&mut bench, 5)["market_preorder_count"],
        Value::Null
    );
}
