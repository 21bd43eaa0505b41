//! The older API: what each call leaves, seen with v2, for both speak of the same records.

use serde_json::{Map, Value, json};

use crate::bench::{Bench, NOW, at, every_example, examples, list, map, number, text};
use crate::offers::{OFFER, OFFERS, VARIANT};
use crate::waitlist::{SIGNUP, SIGNUPS};

pub const ACTIONS: &[&str] = &["v1_"];

const ATTACHED: &str = "preorders_offers_products_variants_list";

#[test]
fn every_example_does_what_it_says() {
    every_example(ACTIONS, verify);
}

/// A write of v1, which answers `ok`: its answer.
fn write(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) -> Value {
    let done = bench.call(name, Value::Object(arguments.clone()));
    assert_eq!(done["status"], json!("ok"), "{name}");
    done.get("data").cloned().unwrap_or_default()
}

fn verify(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    match name.strip_prefix("v1_").unwrap() {
        "intents_create" => {
            let done = write(bench, name, arguments);
            let made = &list(&done["intents"])[0];
            let email = at(&Value::Object(arguments.clone()), "customer.email").clone();
            let variant = &arguments["intent"]["shopify_variant_id"];
            let found = bench.rows(SIGNUPS, json!({"email": email, "variant_id": variant}));
            assert_eq!(found.len(), 1);
            assert_eq!(
                (&found[0]["id"], &found[0]["contact"]),
                (&made["id"], &email)
            );
            assert_eq!(found[0]["quantity"], arguments["intent"]["quantity"]);
        }
        "intents_notify" => {
            let done = write(bench, name, arguments);
            assert_eq!(done, json!({"success": true, "intent_id": arguments["id"]}));
            is_notified(bench, &arguments["id"]);
        }
        "intents_bulk_notify" => {
            let done = write(bench, name, arguments);
            let (sent, failed) = (list(&done["success"]), list(&done["failed"]));
            for id in sent {
                is_notified(bench, id);
            }
            let asked = list(&arguments["intent_ids"]).len();
            assert_eq!(sent.len() + failed.len(), asked);
        }
        "intents_bulk_destroy" => {
            let ids = list(&arguments["intent_ids"]);
            let done = write(bench, name, arguments);
            assert_eq!(done, json!({"success": true, "deleted_count": ids.len()}));
            for id in ids {
                let gone = bench.refusal(SIGNUP, json!({"id": id}));
                assert!(gone.contains("Signup not found"), "{gone}");
            }
        }
        "intents_transfer" => {
            let filter = json!({"variant_id": arguments["to_shopify_variant_id"]});
            let before = bench.walk(SIGNUPS, &filter, 200).len();
            let counted = bench.counted(name, arguments);
            write(bench, name, &counted);
            let moved = bench.sandbox.effects("signup_moved");
            assert!(moved > 0);
            assert_eq!(bench.walk(SIGNUPS, &filter, 200).len(), before + moved);
        }
        other => plans(
            bench,
            name,
            other.strip_prefix("preorders_").unwrap(),
            arguments,
        ),
    }
}

fn is_notified(bench: &mut Bench, id: &Value) {
    let read = bench.data(SIGNUP, json!({"id": id}));
    assert_eq!(read["status"], json!("notified"));
    assert_eq!(read["last_notified_at"], json!(NOW));
}

fn plans(bench: &mut Bench, name: &str, call: &str, arguments: &Map<String, Value>) {
    match call {
        "create" => {
            let known = bench.rows(OFFERS, json!({}));
            let plan = write(bench, name, arguments);
            same(bench, &plan, &arguments["selling_plan"]);
            let after = bench.rows(OFFERS, json!({}));
            assert_eq!(after.len(), known.len() + 1);
            assert_eq!(after[0]["id"], plan["id"]);
        }
        "update" => {
            let plan = write(bench, name, arguments);
            same(bench, &plan, &arguments["selling_plan"]);
        }
        "delete" => {
            let done = write(bench, name, arguments);
            assert_eq!(done["success"], json!(true));
            let gone = bench.refusal(OFFER, json!({"id": arguments["id"]}));
            assert!(gone.contains("Offer not found"), "{gone}");
        }
        "add_variant" | "remove_variant" => {
            let adds = call == "add_variant";
            let before = attached(bench, &arguments["id"]);
            let done = write(bench, name, arguments);
            let key = if adds {
                "variants_added"
            } else {
                "variants_removed"
            };
            let ids = &arguments["shopify_variant_ids"];
            assert_eq!(
                (&done["success"], &done[key]),
                (&json!(true), ids),
                "{name}"
            );
            let after = attached(bench, &arguments["id"]);
            let meant = |id: &u64| list(ids).contains(&json!(id));
            let kept =
                |ids: &[u64]| -> Vec<u64> { ids.iter().copied().filter(|id| !meant(id)).collect() };
            assert_eq!(kept(&before), kept(&after), "{name}");
            let found = after.iter().filter(|id| meant(id)).count();
            assert_eq!(found, if adds { list(ids).len() } else { 0 }, "{name}");
        }
        "update_variant_settings" => variant_settings(bench, name, arguments),
        "bulk_toggle_inventory_policy" => {
            let ids = &arguments["shopify_variant_ids"];
            let plan = json!({"id": arguments["id"]});
            let is_busy = |bench: &mut Bench| {
                let plan = bench.data("v1_preorders_read", plan.clone());
                plan["ongoing_job"] == json!(true)
            };
            let done = write(bench, name, arguments);
            let told = json!({"success": true, "message": "Inventory policy update queued",
                "variants_queued": ids});
            assert_eq!((done, is_busy(bench)), (told, true));
            bench
                .sandbox
                .control("POST", "/clock", json!({"advance_ms": 250}));
            assert!(!is_busy(bench));
            for id in list(ids) {
                let read = bench.data(VARIANT, json!({"variant_id": id}));
                assert_eq!(read["inventory_policy"], arguments["inventory_policy"]);
            }
        }
        "send_shipping_update" => {
            let ids = list(&arguments["shopify_order_ids"]);
            let done = write(bench, name, arguments);
            assert_eq!(done["orders_count"], json!(ids.len()));
            let mail = |id: &Value| ("shipping_update".to_owned(), number(id));
            assert_eq!(bench.mails(), ids.iter().map(mail).collect::<Vec<_>>());
        }
        other => panic!("{other}"),
    }
}

fn variant_settings(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let variant = &arguments["shopify_variant_id"];
    let target = json!({"id": arguments["id"], "variant_id": variant});
    let read = "preorders_offers_products_variants_read";
    let before = bench.data(read, target.clone());
    let done = write(bench, name, arguments);
    let mut expected = before;
    for key in ["shipping_text", "preorder_max_count"] {
        if let Some(value) = arguments.get(key) {
            expected[key] = value.clone();
        }
    }
    assert_eq!(bench.data(read, target), expected);
    let told = json!({"shopify_variant_id": variant, "shipping_text": expected["shipping_text"],
        "preorder_max_count": expected["preorder_max_count"]});
    assert_eq!(done["variant"], told);
}

/// The ids of the variants that an offer holds, in order.
fn attached(bench: &mut Bench, id: &Value) -> Vec<u64> {
    let rows = bench.walk(ATTACHED, &json!({"id": id}), 200);
    let ids = rows.iter().map(|row| number(&row["shopify_variant_id"]));
    ids.collect()
}

/// A plan holds what was sent, reads back alike, and is the offer of v2 by its fields there.
fn same(bench: &mut Bench, plan: &Value, sent: &Value) {
    let again = bench.data("v1_preorders_read", json!({"id": plan["id"]}));
    assert_eq!(&again, plan);
    let offer = bench.data(OFFER, json!({"id": plan["id"]}));
    // The two APIs print moments with and without their milliseconds.
    let moment = |value: &Value| match value.as_str() {
        Some(text) => json!(text.replace(".000Z", "Z")),
        None => value.clone(),
    };
    let homes = [
        ("name", "name"),
        ("billing_at", "payment.remaining_balance.due_at"),
        ("billing_checkout_charge_type", "payment.deposit.type"),
        (
            "billing_checkout_charge_percentage",
            "payment.deposit.percentage",
        ),
        ("delivery_type", "delivery.type"),
        ("delivery_at", "delivery.date"),
        ("preorder_button_text", "widget.button.text"),
    ];
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(moment(&plan[name]), moment(value), "{name}");
        if let Some((_, home)) = homes.iter().find(|(v1, _)| v1 == name) {
            assert_eq!(moment(at(&offer, home)), moment(value), "{name}");
        }
    }
    let state = if plan["enabled"] == json!(true) {
        "enabled"
    } else {
        "disabled"
    };
    assert_eq!(text(&offer["state"]), state);
}

/// The lists of v1 page through what v2 lists.
#[test]
fn the_lists_are_those_of_v2() {
    for (dataset, limit) in [("fixture", 3), ("shop", 200)] {
        let mut bench = Bench::new(dataset);
        let ids = json!({"fields": ["id"]});
        for (old, new) in [("v1_intents_list", SIGNUPS), ("v1_preorders_list", OFFERS)] {
            let wanted = bench.walk(new, &ids, 200);
            assert_eq!(bench.walk(old, &ids, limit), wanted, "{old} on {dataset}");
        }
        let offer = bench.rows(OFFERS, json!({"status": "enabled"}))[0]["id"].clone();
        let plan = json!({"id": offer});
        let rows = bench.walk("v1_preorders_product_variants", &plan, limit);
        assert_eq!(rows, bench.walk(ATTACHED, &plan, 200), "{dataset}");
    }
}

/// What v1 refuses is an error with its reason, as of v2.
#[test]
fn a_refusal_is_an_error_whatever_its_status() {
    let mut bench = Bench::new("fixture");
    let create = "v1_intents_create";
    let twice = examples(&[create])[0].1.clone();
    write(&mut bench, create, &twice);
    let told = bench.refusal(create, Value::Object(twice));
    assert!(told.contains("Nothing was done."), "{told}");
    assert_eq!(bench.sandbox.effects("signup_created"), 1);
    let some = map(
        json!({"intent_ids": ["51900000-0000-4000-8000-000000000001", "51900000-0000-4000-8000-000000000002"]}),
    );
    let told = bench.refusal("v1_intents_bulk_destroy", Value::Object(some));
    let notified = "51900000-0000-4000-8000-000000000002";
    assert!(
        told.contains("Cannot delete notified intents") && told.contains(notified),
        "{told}"
    );
    let unknown = json!({"id": "0ffe0000-0000-4000-8000-000000000009"});
    let told = bench.refusal("v1_preorders_read", unknown);
    assert!(told.contains("not found"), "{told}");
}
