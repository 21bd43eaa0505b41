//! Lists: paged, narrowed, and told when empty.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bench::{Bench, entry, list, map, number, text};
use crate::offers::OFFERS;
use crate::support::tools::{cells, rows};
use crate::waitlist::SIGNUPS;

/// An id that nothing has.
const NOBODY: &str = "51900000-0000-4000-8000-999999999999";

/// A list: the arguments it cannot do without, and a filter that nothing matches.
struct List {
    name: &'static str,
    arguments: Value,
    nothing: Option<(&'static str, Value)>,
}

/// Every list of v2. A series has a row per bucket whatever matches.
fn lists(bench: &mut Bench) -> Vec<List> {
    let offers = bench.rows(OFFERS, json!({"status": "enabled"}));
    let variants = bench.rows("preorders_product_variants_list", json!({"limit": 1}));
    let offer = offers.first().map(|offer| offer["id"].clone());
    let variant = variants
        .first()
        .map(|row| row["shopify_variant_id"].clone());
    let no_product = || Some(("product_id", json!(1)));
    let no_offer = || Some(("offer_id", json!(NOBODY)));
    let simple = [
        (SIGNUPS, Some(("variant_id", json!(1)))),
        ("back_in_stock_notifications_list", no_product()),
        ("back_in_stock_reports_list", None),
        ("back_in_stock_reports_signups", None),
        ("back_in_stock_reports_notifications", None),
        ("back_in_stock_reports_conversions", None),
        ("back_in_stock_reports_products_in_demand", no_product()),
        (OFFERS, None),
        ("preorders_product_variants_list", no_product()),
        ("preorders_orders_list", Some(("customer_id", json!(1)))),
        ("preorders_reports_list", None),
        ("preorders_reports_revenue", None),
        ("preorders_reports_by_date", None),
        ("preorders_reports_by_product", no_product()),
        ("preorders_reports_by_offer", no_offer()),
        ("preorders_reports_by_market", no_offer()),
        ("preorders_reports_customers", no_offer()),
        ("preorders_reports_outstanding_balances", no_offer()),
    ];
    let mut all: Vec<List> = simple
        .into_iter()
        .map(|(name, nothing)| List {
            name,
            arguments: json!({}),
            nothing,
        })
        .collect();
    // Those of one record need one.
    for (name, key, id, nothing) in [
        (
            "preorders_offers_products_variants_list",
            "id",
            &offer,
            no_product(),
        ),
        (
            "preorders_product_variants_offers",
            "variant_id",
            &variant,
            None,
        ),
        ("preorders_reports_by_variant", "offer_id", &offer, None),
    ] {
        if let Some(id) = id {
            all.push(List {
                name,
                arguments: json!({key: id}),
                nothing,
            });
        }
    }
    all
}

/// The arguments of a list with more of them.
fn with(list: &List, more: Value) -> Value {
    let mut arguments = map(list.arguments.clone());
    arguments.extend(map(more));
    Value::Object(arguments)
}

#[test]
fn no_list_is_left_out() {
    let mut bench = Bench::new("fixture");
    let known: BTreeSet<&str> = lists(&mut bench).iter().map(|list| list.name).collect();
    let is_list = |tool: &&Value| {
        let action = entry(&bench.registry, text(&tool["name"]));
        let paged = tool["inputSchema"]["properties"].get("limit").is_some();
        paged && action["handler"] == json!("request") && action["api"] == json!("v2")
    };
    let listed = bench.tools.listed.iter().filter(is_list);
    let listed: BTreeSet<&str> = listed.map(|tool| text(&tool["name"])).collect();
    assert_eq!(known, listed);
}

#[test]
fn every_list_pages_through_all_rows_once() {
    for (dataset, limit) in [("fixture", 3), ("shop", 200)] {
        let mut bench = Bench::new(dataset);
        for list in lists(&mut bench) {
            let properties = &bench.tools.get(list.name)["inputSchema"]["properties"];
            let arguments = match properties.get("granularity") {
                Some(_) => with(&list, json!({"granularity": "day"})),
                None => list.arguments.clone(),
            };
            let walked = bench.walk(list.name, &arguments, limit);
            let about = format!("{} on {dataset}", list.name);
            assert!(!walked.is_empty(), "{about}");
            assert_eq!(walked, bench.direct(list.name, &arguments), "{about}");
            let keys: BTreeSet<String> = walked.iter().map(Value::to_string).collect();
            assert_eq!(keys.len(), walked.len(), "{about}: no row twice");
        }
    }
}

#[test]
fn lists_take_the_smallest_and_the_largest_limit() {
    let mut bench = Bench::new("fixture");
    for list in lists(&mut bench) {
        let name = list.name;
        let most = bench.tools.get(name)["inputSchema"]["properties"]["limit"]["maximum"].clone();
        let all = bench.call(name, with(&list, json!({"limit": most})));
        let (_, all_rows) = rows(&all).unwrap();
        assert_eq!(all["page"]["next_cursor"], Value::Null, "{name}");
        assert_eq!(all["page"]["total"], json!(all_rows.len()), "{name}");
        let one = bench.call(name, with(&list, json!({"limit": 1})));
        assert_eq!(rows(&one).unwrap().1, all_rows[..1], "{name}");
        assert_eq!(one["page"]["total"], all["page"]["total"], "{name}");
        let text = bench.refusal(name, with(&list, json!({"limit": 0})));
        assert!(text.contains("`limit` must be at least 1"), "{text}");
        let text = bench.refusal(name, with(&list, json!({"limit": number(&most) + 1})));
        let told = format!("`limit` must be at most {most}");
        assert!(text.contains(&told), "{text}");
    }
}

#[test]
fn lists_keep_the_fields_that_were_asked_for() {
    let mut bench = Bench::new("fixture");
    for list in lists(&mut bench) {
        let whole = bench.rows(list.name, list.arguments.clone());
        let leaves: Vec<String> = cells(&whole[0]).into_iter().map(|(path, _)| path).collect();
        let wanted = [leaves.last().unwrap().clone(), leaves[0].clone()];
        let narrow = bench.rows(list.name, with(&list, json!({"fields": wanted})));
        assert_eq!(narrow.len(), whole.len(), "{}", list.name);
        for (narrow, whole) in narrow.iter().zip(&whole) {
            let all = cells(whole);
            let expected: Vec<(String, String)> = wanted
                .iter()
                .filter_map(|path| all.iter().find(|(name, _)| name == path).cloned())
                .collect();
            assert_eq!(cells(narrow), expected, "{}", list.name);
        }
    }
}

#[test]
fn an_empty_list_names_the_filter_to_relax() {
    let mut bench = Bench::new("fixture");
    let empty = json!({"shown": 0, "total": 0, "next_cursor": null});
    let all = lists(&mut bench);
    let filtered: Vec<(&List, &str, &Value)> = all
        .iter()
        .filter_map(|list| {
            let (filter, value) = list.nothing.as_ref()?;
            Some((list, *filter, value))
        })
        .collect();
    for (list, filter, value) in &filtered {
        let none = bench.call(list.name, with(list, json!({*filter: value, "limit": 5})));
        assert_eq!(none["page"], empty, "{}", list.name);
        let note = text(&none["note"]);
        let told = format!("No row matches; relax `{filter}`.");
        assert_eq!(note, told, "{}", list.name);
    }
    let page = bench.call(SIGNUPS, json!({"limit": 5}));
    let cursor = page["page"]["next_cursor"].clone();
    bench.sandbox.reset("empty");
    for (list, _, _) in filtered {
        if list.arguments == json!({}) {
            let none = bench.call(list.name, json!({}));
            assert_eq!(none["note"], json!("There are no rows."), "{}", list.name);
        }
    }
    let past = bench.call(SIGNUPS, json!({"limit": 5, "cursor": cursor}));
    assert_eq!(past["page"], empty);
    // A filter that the API applies after paging finds nothing either.
    let none = bench.call("preorders_orders_list", json!({"state": "placed"}));
    assert_eq!(none["page"], empty);
    assert_eq!(none["note"], json!("No row matches; relax `state`."));
}

/// A cursor of one state, page or list is no cursor of another.
#[test]
fn a_cursor_stays_with_its_query() {
    let mut bench = Bench::new("shop");
    let orders = "preorders_orders_list";
    let mut states = ["awaiting_balance", "fulfilled"].map(|state| {
        let page = bench.call(orders, json!({"state": state, "limit": 2}));
        assert_eq!(list(&page["data"]["orders"]).len(), 2);
        page["page"]["next_cursor"].clone()
    });
    states.reverse();
    let wrong = [
        (
            orders,
            json!({"state": "awaiting_balance", "cursor": states[0]}),
        ),
        (orders, json!({"cursor": states[0]})),
        (OFFERS, json!({"cursor": states[0]})),
    ];
    for (name, arguments) in wrong {
        let told = bench.refusal(name, arguments);
        let reason = format!("`{name}` was not called: `cursor` does not belong to this query.");
        assert!(told.starts_with(&reason), "{told}");
    }
    let told = bench.refusal(orders, json!({"state": "fulfilled", "page": 2}));
    assert!(
        told.contains("the API filters by `state` only after"),
        "{told}"
    );
}
