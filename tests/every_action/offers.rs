//! Preorder offers: what each write leaves on the offer, its variants and the storefront.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::bench::{Bench, NOW, at, every_example, holds, list, map, number, text};
use crate::support::{SandboxProcess, StdioProcess};

pub const ACTIONS: &[&str] = &["preorders_offers_"];

pub const OFFERS: &str = "preorders_offers_list";
pub const OFFER: &str = "preorders_offers_read";
const ATTACHED: &str = "preorders_offers_products_variants_list";
pub const VARIANT: &str = "preorders_product_variants_read";
/// The products of the fixture's shop.
const PRODUCTS: [(u64, usize); 4] = [
    (8_011_000_000_101, 2),
    (8_011_000_000_102, 1),
    (8_011_000_000_103, 3),
    (8_011_000_000_104, 2),
];

/// The id of an offer of the fixture.
pub fn offer(number: u64) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

#[test]
fn every_example_does_what_it_says() {
    every_example(ACTIONS, verify);
}

fn verify(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    match name.strip_prefix("preorders_offers_").unwrap() {
        "create" => create(bench, name, arguments),
        "enable" | "disable" | "schedule" => lifecycle(bench, name, arguments),
        "delete" => delete(bench, name, arguments),
        "products_add_variants" => add_variants(bench, name, arguments),
        "products_remove_variants" => remove_variants(bench, name, arguments),
        "products_update" => source(bench, name, arguments),
        "update" => bench.patched(name, arguments, &["updated_at"]),
        _ => bench.patched(name, arguments, &[]),
    }
}

/// What an offer of its own is when nothing is said of it.
fn create(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let known = bench.rows(OFFERS, json!({}));
    let made = bench.write(name, Value::Object(arguments.clone()));
    assert_eq!(bench.data(OFFER, json!({"id": made["id"]})), made);
    holds(&Value::Object(arguments.clone()), &made, name);
    let expected = json!({"state": "disabled", "schedule": {"starts_at": null, "ends_at": null},
        "variants_count": 0, "created_at": NOW, "updated_at": NOW,
        "products": {"source": "custom", "collection_id": null, "variants_count": 0, "units_sold": 0}});
    holds(&expected, &made, name);
    let after = bench.rows(OFFERS, json!({}));
    assert_eq!(after.len(), known.len() + 1);
    assert_eq!(after[1..], known, "the newest comes first");
    holds(&after[0], &made, "the row and the record");
    let disabled = bench.rows(OFFERS, json!({"status": "disabled"}));
    assert!(
        disabled.contains(&after[0]),
        "as its lost answer is looked up"
    );
}

/// The offer as the state machine of the contract leaves it.
fn moved(before: &Value, name: &str, arguments: &Map<String, Value>) -> Value {
    let mut after = before.clone();
    after["updated_at"] = json!(NOW);
    let past = |time: &Value| time.as_str().is_some_and(|time| time < NOW);
    match name.strip_prefix("preorders_offers_").unwrap() {
        "enable" => {
            after["state"] = json!("enabled");
            after["schedule"]["starts_at"] = Value::Null;
            if past(&before["schedule"]["ends_at"]) {
                after["schedule"]["ends_at"] = Value::Null;
            }
        }
        "disable" => {
            after["state"] = json!("disabled");
            after["schedule"]["starts_at"] = Value::Null;
        }
        "schedule" => {
            for key in ["starts_at", "ends_at"] {
                if let Some(time) = arguments.get(key) {
                    after["schedule"][key] = time.clone();
                }
            }
            for key in arguments.get("clear").map(list).into_iter().flatten() {
                after["schedule"][text(key)] = Value::Null;
            }
            if before["state"] != json!("enabled") {
                let planned = after["schedule"]["starts_at"].is_string();
                after["state"] = json!(if planned { "scheduled" } else { "disabled" });
            }
        }
        other => panic!("{other}"),
    }
    after
}

fn lifecycle(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let id = json!({"id": arguments["id"]});
    let before = bench.data(OFFER, id.clone());
    let variants = variants_of(bench, &arguments["id"]);
    let done = bench.write(name, Value::Object(arguments.clone()));
    assert_eq!(done, moved(&before, name, arguments), "{name}");
    assert_eq!(bench.data(OFFER, id), done, "{name}");
    storefront(bench, &variants);
}

fn delete(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let id = &arguments["id"];
    let before = bench.rows(OFFERS, json!({}));
    let orders = bench.rows("preorders_orders_list", json!({"offer_id": id}));
    let variants = variants_of(bench, id);
    let done = bench.write(name, Value::Object(arguments.clone()));
    assert_eq!(done, json!({"id": id, "deleted": true}));
    let gone = bench.refusal(OFFER, json!({"id": id}));
    assert!(gone.contains("Offer not found"), "{gone}");
    let kept: Vec<Value> = before.into_iter().filter(|row| row["id"] != *id).collect();
    assert_eq!(bench.rows(OFFERS, json!({})), kept);
    let still = bench.rows("preorders_orders_list", json!({"offer_id": id}));
    let ids = |rows: &[Value]| -> Vec<Value> { rows.iter().map(|row| row["id"].clone()).collect() };
    assert_eq!(ids(&still), ids(&orders), "its orders stay");
    // A variant that no other offer holds is no preorder variant any more.
    for variant in variants.keys() {
        let gone = bench.refusal(VARIANT, json!({"variant_id": variant}));
        assert!(gone.contains("Product variant not found"), "{gone}");
    }
}

fn add_variants(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let id = &arguments["id"];
    let mut wanted: Vec<u64> = variants_of(bench, id).into_keys().collect();
    let added = list(&arguments["variant_ids"]);
    let done = bench.write(name, Value::Object(arguments.clone()));
    wanted.extend(added.iter().map(number));
    wanted.sort_unstable();
    let after = variants_of(bench, id);
    assert_eq!(after.keys().copied().collect::<Vec<u64>>(), wanted);
    let block = bench.data("preorders_offers_products_read", json!({"id": id}));
    assert_eq!(done, json!({"variants_added": added, "products": block}));
    assert_eq!(block["variants_count"], json!(wanted.len()));
    for variant in added {
        let rows = bench.rows(
            "preorders_product_variants_offers",
            json!({"variant_id": variant}),
        );
        assert!(rows.iter().any(|row| row["id"] == *id), "{variant}");
    }
    storefront(bench, &after);
}

fn remove_variants(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let id = &arguments["id"];
    let before = variants_of(bench, id);
    let removed = list(&arguments["variant_ids"]);
    let done = bench.write(name, Value::Object(arguments.clone()));
    let after = variants_of(bench, id);
    let kept = |variant: &&u64| !removed.contains(&json!(variant));
    let wanted: Vec<&u64> = before.keys().filter(kept).collect();
    assert_eq!(after.keys().collect::<Vec<_>>(), wanted);
    let block = bench.data("preorders_offers_products_read", json!({"id": id}));
    assert_eq!(
        done,
        json!({"variants_removed": removed, "products": block})
    );
    for variant in removed {
        let target = json!({"id": id, "variant_id": variant});
        let gone = bench.refusal("preorders_offers_products_variants_read", target);
        assert!(gone.contains("Product variant not found"), "{gone}");
    }
    // The stock policy of a variant that no offer holds is told by the journal alone.
    let effects = bench.sandbox.all_effects();
    let kind = json!("policy_set");
    let set = effects.iter().filter(|effect| effect["kind"] == kind);
    let set: Vec<(&Value, &Value)> = set
        .map(|effect| (&effect["shopify_variant_id"], &effect["inventory_policy"]))
        .collect();
    let sold_on = removed.iter();
    let sold_on = sold_on.filter(|variant| before[&number(variant)] == json!("CONTINUE"));
    let deny = json!("DENY");
    assert_eq!(
        set,
        sold_on.map(|variant| (variant, &deny)).collect::<Vec<_>>()
    );
    storefront(bench, &after);
}

fn source(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let id = &arguments["id"];
    bench.patched(name, arguments, &["variants_count", "collection_id"]);
    let attached = bench.walk(ATTACHED, &json!({"id": id}), 3);
    let of = |product: u64| {
        let rows = attached.iter();
        rows.filter(|row| row["shopify_product_id"] == json!(product))
            .count()
    };
    if arguments["source"] == json!("all") {
        for (product, variants) in PRODUCTS {
            assert_eq!(of(product), variants, "{product}");
        }
        let hint = bench.refusal(
            "preorders_offers_products_add_variants",
            json!({"id": id, "variant_ids": [44_021_000_000_301_u64]}),
        );
        let unblock =
            "Offer takes its variants from source all. PATCH products with source custom first.";
        assert!(hint.contains(unblock), "{hint}");
    }
    // Going back to single variants keeps the present ones.
    bench.write(name, json!({"id": id, "source": "custom"}));
    assert_eq!(bench.walk(ATTACHED, &json!({"id": id}), 200), attached);
    let after = variants_of(bench, id);
    storefront(bench, &after);
}

/// A collection takes its variants and leaves the others, and needs to be named.
#[test]
fn an_offer_takes_the_variants_of_its_source() {
    let mut bench = Bench::new("shop");
    let update = "preorders_offers_products_update";
    let offers = bench.rows(OFFERS, json!({}));
    let mut of_source: BTreeMap<String, Value> = BTreeMap::new();
    for offer in &offers {
        let block = bench.data("preorders_offers_products_read", json!({"id": offer["id"]}));
        of_source.insert(text(&block["source"]).to_owned(), block);
    }
    let sources: Vec<&str> = of_source.keys().map(String::as_str).collect();
    assert_eq!(sources, ["all", "collection", "custom"]);
    let made = bench.write("preorders_offers_create", json!({"name": "Another"}));
    let id = &made["id"];
    let told = bench.refusal(update, json!({"id": id, "source": "collection"}));
    assert!(told.contains("collection_id must be filled"), "{told}");
    for source in ["collection", "all", "custom"] {
        let mut arguments = map(json!({"id": id, "source": source}));
        let known = &of_source[source];
        if source == "collection" {
            arguments.insert("collection_id".into(), known["collection_id"].clone());
        }
        let block = bench.write(update, Value::Object(arguments));
        let attached = bench.walk(ATTACHED, &json!({"id": id}), 200);
        assert_eq!(block["variants_count"], json!(attached.len()), "{source}");
        if source != "custom" {
            let mut expected = known.clone();
            expected["units_sold"] = json!(0);
            assert_eq!(block, expected, "{source}");
        }
    }
}

/// Shopify variant id and stock policy of what an offer holds.
fn variants_of(bench: &mut Bench, id: &Value) -> BTreeMap<u64, Value> {
    let rows = bench.walk(ATTACHED, &json!({"id": id}), 200);
    let rows = rows.iter().map(|row| number(&row["shopify_variant_id"]));
    rows.map(|variant| {
        let read = bench.data(VARIANT, json!({"variant_id": variant}));
        (variant, read["inventory_policy"].clone())
    })
    .collect()
}

/// What Shopify holds of some variants fits the offers that hold them now: the selling plans of the
/// enabled ones, and a stock policy that sells on below the cap.
fn storefront(bench: &mut Bench, before: &BTreeMap<u64, Value>) {
    let plans: BTreeMap<String, Value> = bench
        .rows(OFFERS, json!({"status": "enabled"}))
        .iter()
        .map(|row| {
            let offer = bench.data(OFFER, json!({"id": row["id"]}));
            let id = text(&row["id"]).to_owned();
            (id, offer["shopify_selling_plan_id"].clone())
        })
        .collect();
    for (variant, policy) in before {
        let read = bench.data(VARIANT, json!({"variant_id": variant}));
        let held = list(&read["offers"]).iter();
        let mut wanted: Vec<&Value> = held
            .filter_map(|offer| plans.get(text(&offer["id"])))
            .collect();
        wanted.sort_by_key(|id| id.as_u64());
        let found = list(at(&read, "metafields.selling_plan_ids"));
        let mut found: Vec<&Value> = found.iter().collect();
        found.sort_by_key(|id| id.as_u64());
        assert_eq!(found, wanted, "{variant}");
        let max = read["preorder_max_count"].as_u64();
        let full = max.is_some_and(|max| number(&read["preorder_count"]) >= max);
        let expected = match (wanted.is_empty(), full) {
            (false, false) => json!("CONTINUE"),
            (false, true) => json!("DENY"),
            // Gone from its last enabled offer, or never in one.
            (true, _) => json!("DENY"),
        };
        assert_eq!(
            read["inventory_policy"], expected,
            "{variant}, {policy} before"
        );
    }
}

/// The moves that the examples leave out, the refused ones with the way out.
#[test]
fn an_offer_goes_through_its_whole_life() {
    let mut bench = Bench::new("fixture");
    bench.fresh();
    let made = bench.write("preorders_offers_create", json!({"name": "Run"}));
    let id = made["id"].clone();
    let run = |more: Value| {
        let mut arguments = map(json!({"id": id}));
        arguments.extend(map(more));
        arguments
    };
    let told = |bench: &mut Bench, name: &str, more: Value, hint: &str| {
        let text = bench.refusal(name, Value::Object(run(more)));
        assert!(text.contains(hint), "{text}");
    };
    let (enable, disable, schedule, delete) = (
        "preorders_offers_enable",
        "preorders_offers_disable",
        "preorders_offers_schedule",
        "preorders_offers_delete",
    );
    let off = "Offer is already disabled. Call enable or schedule to start it.";
    told(&mut bench, disable, json!({}), off);
    lifecycle(
        &mut bench,
        schedule,
        &run(json!({"ends_at": "2026-05-01T00:00:00Z"})),
    );
    lifecycle(
        &mut bench,
        schedule,
        &run(json!({"starts_at": "2026-04-10T00:00:00Z"})),
    );
    let order = "ends_at must be after starts_at";
    told(
        &mut bench,
        schedule,
        json!({"ends_at": "2026-04-09T00:00:00Z"}),
        order,
    );
    let late = "starts_at must be in the future";
    told(
        &mut bench,
        schedule,
        json!({"starts_at": "2026-03-01T00:00:00Z"}),
        late,
    );
    lifecycle(&mut bench, enable, &run(json!({})));
    let on = "Offer is already enabled. Call disable to stop it.";
    told(&mut bench, enable, json!({}), on);
    let busy = "Offer is enabled, a start cannot be set. Call disable first, or send only ends_at.";
    told(
        &mut bench,
        schedule,
        json!({"starts_at": "2026-04-20T00:00:00Z"}),
        busy,
    );
    lifecycle(&mut bench, schedule, &run(json!({"clear": ["ends_at"]})));
    lifecycle(&mut bench, disable, &run(json!({})));
    lifecycle(
        &mut bench,
        schedule,
        &run(json!({"starts_at": "2026-04-10T00:00:00Z", "ends_at": "2026-04-20T00:00:00Z"})),
    );
    // The clock starts and ends it by itself.
    let state = |bench: &mut Bench, now: &str| {
        bench.sandbox.control("POST", "/clock", json!({"now": now}));
        bench.data(OFFER, json!({"id": id}))["state"].clone()
    };
    assert_eq!(
        state(&mut bench, "2026-04-09T23:59:59Z"),
        json!("scheduled")
    );
    assert_eq!(state(&mut bench, "2026-04-10T00:00:00Z"), json!("enabled"));
    assert_eq!(state(&mut bench, "2026-04-20T00:00:00Z"), json!("disabled"));
    let done = bench.write(delete, json!({"id": id}));
    assert_eq!(done, json!({"id": id, "deleted": true}));
    told(&mut bench, delete, json!({}), "Offer not found");
}

/// Automatic charges are of class `money`, whichever action switches them on.
#[test]
fn switching_automatic_charges_on_moves_money() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let mut server = StdioProcess::beside(&sandbox, &["--allow", "write"]);
    let terms = |auto_collect: bool| {
        json!({"type": "partial", "deposit": {"type": "percentage", "percentage": 20},
            "remaining_balance": {"due_type": "time_after_checkout", "due_after_days": 30,
                "auto_collect": auto_collect}})
    };
    let calls = |auto_collect: bool| {
        let terms = terms(auto_collect);
        let mut alone = terms.clone();
        alone["id"] = json!(offer(2));
        [
            ("preorders_offers_payment_update", alone),
            (
                "preorders_offers_update",
                json!({"id": offer(2), "payment": terms}),
            ),
            (
                "preorders_offers_create",
                json!({"name": "Run", "payment": terms}),
            ),
        ]
    };
    for (name, arguments) in calls(true) {
        let told = server.refusal(name, arguments);
        assert_eq!(
            told,
            format!(
                "`{name}` is of class `money` (starts automatic charges of shoppers at the due time), which this server does not allow. Nothing was sent. The operator can allow it: start the server with --allow and the class's name."
            )
        );
    }
    assert_eq!(sandbox.all_effects(), Vec::<Value>::new());
    let asked = sandbox.journal();
    assert!(asked.iter().all(|entry| entry["method"] == json!("GET")));
    for (name, arguments) in calls(false) {
        let done = server.structured(name, arguments);
        assert_eq!(done["status"], json!("accepted"), "{name}");
    }
    let mut trusted = StdioProcess::unmetered(&sandbox);
    for (name, arguments) in calls(true) {
        let told = trusted.refusal(name, arguments.clone());
        assert!(
            told.contains("Nothing was sent. Call `run_money` with"),
            "{told}"
        );
        let call = json!({"action": name, "arguments": arguments});
        let done = trusted.structured("run_money", call);
        assert_eq!(done["status"], json!("accepted"), "{name}");
    }
}
