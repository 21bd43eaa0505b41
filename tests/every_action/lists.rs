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

/// What the registry says of a list's rows: the fields that matter most.
fn concise(bench: &Bench, name: &str) -> Vec<String> {
    let entry = entry(&bench.registry, name);
    let fields = entry.get("concise").map(list).into_iter().flatten();
    fields.map(|field| text(field).to_owned()).collect()
}

#[test]
fn lists_show_what_matters_most_until_more_is_asked() {
    let mut bench = Bench::new("fixture");
    for list in lists(&mut bench) {
        let name = list.name;
        let wanted = concise(&bench, name);
        let whole = bench.call(name, with(&list, json!({"detail": "full", "limit": 7})));
        assert_eq!(whole["page"].get("detail"), None, "{name}");
        let whole = rows(&whole).unwrap().1;
        let shown = bench.call(name, with(&list, json!({"limit": 7})));
        let same = bench.call(name, with(&list, json!({"limit": 7, "detail": "concise"})));
        assert_eq!(shown, same, "{name}");
        let told = shown["page"].get("detail");
        let shown = rows(&shown).unwrap().1;
        if wanted.is_empty() {
            assert_eq!((told, &shown), (None, &whole), "{name}");
            continue;
        }
        assert_eq!(told, Some(&json!("concise")), "{name}");
        assert_eq!(shown.len(), whole.len(), "{name}");
        for (shown, whole) in shown.iter().zip(&whole) {
            let all = cells(whole);
            let kept: Vec<(String, String)> = wanted
                .iter()
                .filter_map(|path| all.iter().find(|(name, _)| name == path).cloned())
                .collect();
            assert_eq!(cells(shown), kept, "{name}");
        }
        let named = bench.call(
            name,
            with(
                &list,
                json!({"fields": [wanted[0]], "detail": "full", "limit": 7}),
            ),
        );
        assert_eq!(named["page"].get("detail"), None, "{name}");
        let columns = cells(&rows(&named).unwrap().1[0]);
        assert_eq!(columns, cells(&shown[0])[..1], "{name}");
    }
    let asked = json!({"metrics": ["deposits"], "limit": 1});
    let figures = bench.call("preorders_reports_by_date", asked);
    let columns: Vec<String> = cells(&rows(&figures).unwrap().1[0])
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(columns, ["date", "deposits"], "what was asked for is shown");
}

/// A decimal text in hundredths.
fn hundredths(text: &str) -> i64 {
    // A whole number has none.
    let (whole, places) = text.split_once('.').unwrap_or((text, "00"));
    assert_eq!(places.len(), 2, "{text}");
    format!("{whole}{places}").parse().unwrap()
}

/// The totals of an unpaged list stand on each of its pages, and are those of its rows.
#[test]
fn totals_are_the_sums_of_all_rows() {
    let mut bench = Bench::new("shop");
    let mut seen = 0;
    for list in lists(&mut bench) {
        let name = list.name;
        let schema = &bench.tools.get(name)["outputSchema"]["properties"];
        let can_sum = schema.get("totals").is_some();
        let request = entry(&bench.registry, name)["request_schema"].clone();
        let is_paged = request["properties"].get("per_page").is_some();
        let all = bench.walk(name, &list.arguments, 200);
        let first = bench.call(name, with(&list, json!({"limit": 1})));
        let Some(totals) = first.get("totals") else {
            assert!(!can_sum || is_paged || all.len() < 2, "{name}");
            continue;
        };
        seen += 1;
        assert!(can_sum && !is_paged, "{name}");
        assert_eq!(totals["rows"], json!(all.len()), "{name}");
        let sums = cells(&totals["sums"]);
        assert!(!sums.is_empty(), "{name}");
        for (path, sum) in sums {
            let values = all.iter().map(|row| {
                let found = cells(row).into_iter().find(|(name, _)| *name == path);
                hundredths(&found.unwrap().1)
            });
            assert_eq!(hundredths(&sum), values.sum::<i64>(), "{name} {path}");
        }
    }
    assert!(seen >= 6, "{seen}");
    // Whole lists that the API pages have totals too, and walked ones; per currency where rows have one.
    let demand = json!({"limit": 200});
    let demand = bench.call("back_in_stock_reports_products_in_demand", demand);
    assert_eq!(demand["totals"]["rows"], demand["page"]["total"]);
    let part = bench.call(
        "back_in_stock_reports_products_in_demand",
        json!({"limit": 5}),
    );
    assert_eq!(part.get("totals"), None, "not all rows are known");
    let named = json!({"limit": 200, "fields": ["sku", "pending"]});
    let named = bench.call("back_in_stock_reports_products_in_demand", named);
    let pending = &demand["totals"]["sums"]["pending"];
    assert_eq!(named["totals"]["sums"], json!({"pending": pending}));
    bench.fresh();
    let orders = bench.call(
        "preorders_orders_list",
        json!({"state": "awaiting_balance"}),
    );
    let all = bench.walk(
        "preorders_orders_list",
        &json!({"state": "awaiting_balance"}),
        200,
    );
    let owed = all.iter().map(|order| {
        assert_eq!(order["currency"], json!("USD"));
        hundredths(text(&order["payments"]["total_outstanding"]))
    });
    let owed: i64 = owed.sum();
    let groups = list(&orders["totals"]["by_currency"]);
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0]["currency"], json!("USD"));
    let told = text(&groups[0]["sums"]["payments"]["total_outstanding"]);
    assert_eq!(hundredths(told), owed);
}

/// Whether a list has a window that ends up 30 days long when nobody chooses it.
fn has_default_window(bench: &Bench, name: &str) -> bool {
    let request = &entry(&bench.registry, name)["request_schema"];
    request["properties"]["from"]["$ref"] == json!("#/$defs/report_from")
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
        let told = match has_default_window(&bench, list.name) {
            false => format!("No row matches; relax `{filter}`."),
            true => format!(
                "No row matches in the default window of 30 days; widen it with `from`, or relax `{filter}`."
            ),
        };
        assert_eq!(text(&none["note"]), told, "{}", list.name);
    }
    let asked = json!({"product_id": 1, "from": "2025-01-01", "limit": 5});
    let none = bench.call("preorders_reports_by_product", asked);
    let told = "No row matches; relax `product_id` or `from`.";
    assert_eq!(none["note"], json!(told));
    // How rows come is no filter, in a file neither.
    let asked = json!({"product_id": 1, "wait_seconds": 0});
    let none = bench.call("preorders_reports_by_product_export", asked);
    let told = "No row matches in the default window of 30 days; widen it with `from`, or relax `product_id`.";
    assert_eq!((&none["page"], &none["note"]), (&empty, &json!(told)));
    let asked = json!({"shopify_variant_id": 1});
    let none = bench.call("v1_intents_list", asked);
    assert!(text(&none["note"]).starts_with("No row matches; relax `shopify_variant_id`."));
    let page = bench.call(SIGNUPS, json!({"limit": 5}));
    let cursor = page["page"]["next_cursor"].clone();
    bench.sandbox.reset("empty");
    for (list, _, _) in filtered {
        if list.arguments == json!({}) {
            let none = bench.call(list.name, json!({}));
            let told = match has_default_window(&bench, list.name) {
                false => "There are no rows.",
                true => "No row matches in the default window of 30 days; widen it with `from`.",
            };
            assert_eq!(none["note"], json!(told), "{}", list.name);
        }
    }
    let ranked = json!({"sort_by": "total", "direction": "asc"});
    let none = bench.call("v1_intents_products_in_demand", ranked);
    assert!(text(&none["note"]).starts_with("There are no rows."));
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
        let reason = format!("`{name}` was not called: `cursor` does not belong to this query: ");
        assert!(told.starts_with(&reason), "{told}");
    }
    let told = bench.refusal(orders, json!({"state": "fulfilled", "page": 2}));
    assert!(
        told.contains("the API filters by `state` only after"),
        "{told}"
    );
}
