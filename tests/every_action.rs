//! Every action and every example of the bundled registry, called as a client calls them.
//!
//! The golden files of the tool list are refreshed by
//! `INSTA_UPDATE=always cargo test --test every_action`; look at their difference before committing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use support::tools::{Tools, examples, rows};
use support::{SandboxProcess, StdioProcess};

const SIGNUPS: &str = "back_in_stock_signups_list";
const SIGNUP: &str = "back_in_stock_signups_read";
const NOTIFICATION: &str = "back_in_stock_notifications_read";
const JOB: &str = "back_in_stock_reports_jobs_read";

/// The lists, each with a filter that nothing matches; a series has a row per bucket whatever matches.
const LISTS: [(&str, &str); 7] = [
    (SIGNUPS, "variant_id"),
    ("back_in_stock_notifications_list", "product_id"),
    ("back_in_stock_reports_list", ""),
    ("back_in_stock_reports_signups", ""),
    ("back_in_stock_reports_notifications", ""),
    ("back_in_stock_reports_conversions", ""),
    ("back_in_stock_reports_products_in_demand", "product_id"),
];

fn registry() -> Value {
    serde_json::from_str(include_str!("../tools.registry.json")).unwrap()
}

fn entry(registry: &Value, name: &str) -> Value {
    let actions = registry["actions"].as_array().unwrap();
    let found = actions.iter().find(|action| action["name"] == json!(name));
    found.unwrap().clone()
}

/// A sandbox, a server over it and the server's tools.
struct Bench {
    sandbox: SandboxProcess,
    server: StdioProcess,
    tools: Tools,
    registry: Value,
}

impl Bench {
    fn new(dataset: &str) -> Self {
        let sandbox = SandboxProcess::start(dataset).unmetered();
        let mut server = StdioProcess::unmetered(&sandbox);
        let tools = Tools::of(&mut server);
        Self {
            sandbox,
            server,
            tools,
            registry: registry(),
        }
    }

    fn call(&mut self, name: &str, arguments: Value) -> Value {
        self.tools.call(&mut self.server, name, arguments)
    }

    fn is_read(&self, name: &str) -> bool {
        entry(&self.registry, name)["class"] == json!("read")
    }

    /// The rows of a list, asked for with its largest limit.
    fn rows(&mut self, name: &str, arguments: Value) -> Vec<Value> {
        rows(&self.call(name, arguments)).unwrap().1
    }

    /// An export made now, for the actions that read one.
    fn export(&mut self) -> String {
        let made = self.call("back_in_stock_reports_summary_export", json!({}));
        made["data"]["job_id"].as_str().unwrap().to_owned()
    }

    /// Every row of a list, page by page.
    fn walk(&mut self, name: &str, filters: &Value, limit: u64) -> Vec<Value> {
        let mut arguments = filters.as_object().unwrap().clone();
        arguments.insert("limit".into(), json!(limit));
        let mut all = Vec::new();
        loop {
            let page = self.call(name, Value::Object(arguments.clone()));
            let (_, rows) = rows(&page).unwrap();
            assert!(!rows.is_empty(), "{name} {arguments:?}: an empty page");
            assert!(rows.len() <= usize::try_from(limit).unwrap());
            all.extend(rows);
            let total = usize::try_from(page["page"]["total"].as_u64().unwrap()).unwrap();
            match page["page"]["next_cursor"].as_str() {
                Some(cursor) => {
                    assert!(all.len() < total, "{name}: {} of {total}", all.len());
                    arguments.insert("cursor".into(), json!(cursor));
                }
                None => {
                    assert_eq!(all.len(), total, "{name}");
                    return all;
                }
            }
        }
    }

    /// Every row of a list, straight from the API.
    fn direct(&self, name: &str) -> Vec<Value> {
        let path = entry(&self.registry, name)["path"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut all = Vec::new();
        for page in 1.. {
            let query = format!("{path}?per_page=200&page={page}");
            let (status, body) = self.sandbox.api("GET", &query, Value::Null);
            assert_eq!(status, 200, "{body}");
            let key = rows_key(&body);
            all.extend(body[&key].as_array().unwrap().iter().cloned());
            let pages = body["meta"]["total_pages"].as_u64().unwrap_or(1);
            if page >= pages {
                return all;
            }
        }
        all
    }

    /// Sees with a read what a write has left.
    fn verify(&mut self, name: &str, arguments: &Map<String, Value>, before: &Value) {
        let done = self.call(name, Value::Object(arguments.clone()));
        assert_eq!(done["status"], json!("accepted"), "{name}");
        let data = done["data"].clone();
        match name.strip_prefix("back_in_stock_").unwrap() {
            "signups_create" => {
                let found = self.rows(SIGNUPS, json!({"email": arguments["email"]}));
                assert_eq!(found, [data]);
            }
            "signups_delete" => {
                assert_eq!(data, json!({"id": arguments["id"], "deleted": true}));
                self.is_gone(&arguments["id"]);
            }
            "signups_notify" => {
                let read = self.call(SIGNUP, json!({"id": arguments["id"]}));
                assert_eq!(read["data"], data["signup"]);
                assert_eq!(read["data"]["status"], json!("notified"));
                assert_eq!(data["notification"]["status"], json!("sent"));
                let sent = before["data"]["notifications_sent"].as_u64().unwrap();
                assert_eq!(read["data"]["notifications_sent"], json!(sent + 1));
            }
            "signups_bulk_notify" => {
                for id in data["success"].as_array().unwrap() {
                    let read = self.call(SIGNUP, json!({"id": id}));
                    assert_eq!(read["data"]["status"], json!("notified"));
                }
                for blocked in data["blocked"].as_array().unwrap() {
                    let id = &blocked["notification_id"];
                    let read = self.call(NOTIFICATION, json!({"id": id}));
                    assert_eq!(read["data"]["blocked_reason"], blocked["blocked_reason"]);
                }
                let named =
                    ["success", "blocked", "failed"].map(|key| data[key].as_array().unwrap().len());
                assert_eq!(named.iter().sum::<usize>(), ids(arguments).len());
                assert_eq!(data["failed"], json!([]));
            }
            "signups_bulk_delete" => {
                assert_eq!(data, json!({"deleted_count": ids(arguments).len()}));
                for id in ids(arguments) {
                    self.is_gone(&id);
                }
            }
            "signups_transfer" => {
                let filter = json!({"variant_id": arguments["to_shopify_variant_id"]});
                let after = self.call(SIGNUPS, filter);
                let count = |page: &Value| page["page"]["total"].as_u64().unwrap();
                let moved = data["transferred_count"].as_u64().unwrap();
                assert!(moved > 0);
                assert_eq!(count(&after), count(before) + moved);
            }
            _ => {
                let reader = entry(&self.registry, name)["read_back"]["action"].clone();
                let read = self.call(reader.as_str().unwrap(), json!({}));
                assert_eq!(read["data"], data, "{name}: the whole block");
                let mut sent = arguments.clone();
                for path in sent
                    .remove("clear")
                    .iter()
                    .flat_map(|paths| paths.as_array().unwrap())
                {
                    assert_eq!(data[path.as_str().unwrap()], Value::Null);
                }
                holds(&Value::Object(sent), &data);
            }
        }
    }

    /// What a write is compared with.
    fn before(&mut self, name: &str, arguments: &Map<String, Value>) -> Value {
        match name {
            "back_in_stock_signups_notify" => self.call(SIGNUP, json!({"id": arguments["id"]})),
            "back_in_stock_signups_transfer" => self.call(
                SIGNUPS,
                json!({"variant_id": arguments["to_shopify_variant_id"]}),
            ),
            _ => Value::Null,
        }
    }

    fn is_gone(&mut self, id: &Value) {
        let text = self.server.refusal(SIGNUP, json!({"id": id}));
        assert!(text.contains("Signup not found"), "{text}");
    }

    /// Every read of the registry, with its examples and bare, on a dataset whose ids it looks up.
    fn all_reads(&mut self) {
        let job = self.export();
        let first = |rows: Vec<Value>| rows.first().unwrap()["id"].clone();
        let signup = first(self.rows(SIGNUPS, json!({"limit": 1})));
        let notification =
            first(self.rows("back_in_stock_notifications_list", json!({"limit": 1})));
        let mut asked = examples(&self.registry);
        let names: BTreeSet<String> = asked.iter().map(|(name, _)| name.clone()).collect();
        asked.extend(names.into_iter().map(|name| (name, Map::new())));
        for (name, mut arguments) in asked {
            if !self.is_read(&name) {
                continue;
            }
            match name.as_str() {
                SIGNUP => drop(arguments.insert("id".into(), signup.clone())),
                NOTIFICATION => drop(arguments.insert("id".into(), notification.clone())),
                JOB => drop(arguments.insert("job_id".into(), json!(job))),
                _ => {}
            }
            let done = self.call(&name, Value::Object(arguments));
            assert_eq!(done["status"], json!("ok"), "{name}");
        }
    }

    /// Every row of the lists whose rows can be read alone is the same when it is.
    fn rows_read_alone(&mut self, most: usize) {
        for (list, read) in [
            (SIGNUPS, SIGNUP),
            ("back_in_stock_notifications_list", NOTIFICATION),
        ] {
            let rows = self.rows(list, json!({"limit": 200}));
            assert!(!rows.is_empty());
            for row in rows.iter().take(most) {
                let alone = self.call(read, json!({"id": row["id"]}));
                assert_eq!(alone["data"], *row);
            }
        }
    }
}

fn ids(arguments: &Map<String, Value>) -> Vec<Value> {
    arguments["signup_ids"].as_array().unwrap().clone()
}

/// The key of the one array of an answer.
fn rows_key(body: &Value) -> String {
    let members = body.as_object().unwrap().iter();
    let mut arrays = members.filter(|(_, value)| value.is_array());
    arrays.next().unwrap().0.clone()
}

/// Every leaf that was sent stands in what was read.
fn holds(sent: &Value, read: &Value) {
    match sent {
        Value::Object(map) => map
            .iter()
            .for_each(|(name, value)| holds(value, &read[name])),
        other => assert_eq!(other, read),
    }
}

#[test]
fn every_example_of_every_action_does_what_it_says() {
    let mut bench = Bench::new("fixture");
    let all = examples(&bench.registry);
    let mut called = BTreeSet::new();
    for (name, mut arguments) in all {
        bench.sandbox.reset("fixture");
        if name == JOB {
            let made = bench.export();
            arguments.insert("job_id".into(), json!(made));
        }
        if bench.is_read(&name) {
            let done = bench.call(&name, Value::Object(arguments));
            assert_eq!(done["status"], json!("ok"), "{name}");
        } else {
            let before = bench.before(&name, &arguments);
            bench.verify(&name, &arguments, &before);
        }
        called.insert(name);
    }
    let names = bench.registry["actions"].as_array().unwrap().iter();
    let names: BTreeSet<String> = names
        .map(|action| action["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(called, names, "every action has an example");
}

#[test]
fn every_read_holds_on_a_lifelike_shop() {
    let mut bench = Bench::new("shop");
    bench.all_reads();
    bench.rows_read_alone(20);
}

#[test]
fn every_read_holds_on_hostile_texts() {
    let mut bench = Bench::new("hostile");
    bench.all_reads();
    bench.rows_read_alone(200);
}

#[test]
fn every_list_pages_through_all_rows_once() {
    for (dataset, limit) in [("fixture", 3), ("shop", 200)] {
        let mut bench = Bench::new(dataset);
        for (name, _) in LISTS {
            let wide = match name {
                "back_in_stock_reports_signups"
                | "back_in_stock_reports_notifications"
                | "back_in_stock_reports_conversions" => json!({"granularity": "day"}),
                _ => json!({}),
            };
            let walked = bench.walk(name, &wide, limit);
            if wide == json!({}) {
                assert_eq!(walked, bench.direct(name), "{name} on {dataset}");
            }
            let keys: BTreeSet<String> = walked.iter().map(Value::to_string).collect();
            assert_eq!(
                keys.len(),
                walked.len(),
                "{name} on {dataset}: no row twice"
            );
        }
    }
}

#[test]
fn lists_take_the_smallest_and_the_largest_limit() {
    let mut bench = Bench::new("fixture");
    for (name, _) in LISTS {
        let most = bench.tools.get(name)["inputSchema"]["properties"]["limit"]["maximum"].clone();
        let all = bench.call(name, json!({"limit": most}));
        let (_, all_rows) = rows(&all).unwrap();
        assert_eq!(all["page"]["next_cursor"], Value::Null, "{name}");
        assert_eq!(all["page"]["total"], json!(all_rows.len()), "{name}");
        let one = bench.call(name, json!({"limit": 1}));
        assert_eq!(rows(&one).unwrap().1, all_rows[..1], "{name}");
        assert_eq!(one["page"]["total"], all["page"]["total"], "{name}");
        let text = bench.server.refusal(name, json!({"limit": 0}));
        assert!(text.contains("`limit` must be at least 1"), "{text}");
        let over = most.as_u64().unwrap() + 1;
        let text = bench.server.refusal(name, json!({"limit": over}));
        assert!(
            text.contains(&format!("`limit` must be at most {most}")),
            "{text}"
        );
    }
}

#[test]
fn lists_keep_the_fields_that_were_asked_for() {
    let mut bench = Bench::new("fixture");
    for (name, _) in LISTS {
        let whole = bench.rows(name, json!({}));
        let leaves: Vec<String> = support::tools::cells(&whole[0])
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        let wanted = [leaves.last().unwrap().clone(), leaves[0].clone()];
        let narrow = bench.rows(name, json!({"fields": wanted}));
        assert_eq!(narrow.len(), whole.len(), "{name}");
        for (narrow, whole) in narrow.iter().zip(&whole) {
            let kept = support::tools::cells(narrow);
            let all = support::tools::cells(whole);
            let expected: Vec<(String, String)> = wanted
                .iter()
                .filter_map(|path| all.iter().find(|(name, _)| name == path).cloned())
                .collect();
            assert_eq!(kept, expected, "{name}");
        }
    }
}

#[test]
fn an_empty_list_names_the_filter_to_relax() {
    let mut bench = Bench::new("fixture");
    for (name, filter) in LISTS.into_iter().filter(|(_, filter)| !filter.is_empty()) {
        let none = bench.call(name, json!({filter: 1, "limit": 5}));
        assert_eq!(
            none["page"],
            json!({"shown": 0, "total": 0, "next_cursor": null})
        );
        let note = none["note"].as_str().unwrap();
        assert_eq!(note, format!("No row matches; relax `{filter}`."), "{name}");
    }
    bench.sandbox.reset("empty");
    for (name, filter) in LISTS.into_iter().filter(|(_, filter)| !filter.is_empty()) {
        let none = bench.call(name, json!({}));
        assert_eq!(none["note"], json!("There are no rows."), "{name} {filter}");
    }
    bench.sandbox.reset("fixture");
    let page = bench.call(SIGNUPS, json!({"limit": 5}));
    let cursor = page["page"]["next_cursor"].clone();
    bench.sandbox.reset("empty");
    let past = bench.call(SIGNUPS, json!({"limit": 5, "cursor": cursor}));
    assert_eq!(
        past["page"],
        json!({"shown": 0, "total": 0, "next_cursor": null})
    );
}

#[test]
fn an_export_without_rows_says_so() {
    let mut bench = Bench::new("empty");
    let none = bench.call("back_in_stock_reports_products_in_demand_export", json!({}));
    assert_eq!(none["note"], json!("There are no rows."));
    let job = none["data"]["job_id"].clone();
    let again = bench.call(JOB, json!({"job_id": job}));
    assert_eq!(again["note"], json!("There are no rows."));
}

/// Names and annotations of a tool list, one line each.
fn summary(tools: &[Value], registry: &Value) -> String {
    tools
        .iter()
        .map(|tool| {
            let name = tool["name"].as_str().unwrap();
            let class = entry(registry, name)["class"].clone();
            format!(
                "{name} {} {}\n",
                class.as_str().unwrap(),
                tool["annotations"]
            )
        })
        .collect()
}

#[test]
fn the_tools_of_every_set_are_the_golden_ones() {
    let registry = registry();
    let mut server = StdioProcess::sandbox("fixture");
    let tools = Tools::of(&mut server).listed;
    let mut sets: Vec<String> = Vec::new();
    for tool in &tools {
        let set = entry(&registry, tool["name"].as_str().unwrap())["toolset"].clone();
        let set = set.as_str().unwrap().to_owned();
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    for set in sets {
        let of_set: Vec<Value> = tools
            .iter()
            .filter(|tool| {
                entry(&registry, tool["name"].as_str().unwrap())["toolset"] == json!(set)
            })
            .cloned()
            .collect();
        insta::assert_snapshot!(format!("{set}_tools"), summary(&of_set, &registry));
        let whole = serde_json::to_string_pretty(&of_set).unwrap();
        insta::assert_snapshot!(format!("{set}_schemas"), whole);
    }
}

#[test]
fn what_is_allowed_decides_what_is_listed() {
    let sandbox = SandboxProcess::start("fixture");
    let registry = registry();
    let classes = |more: &[&str]| {
        let mut server = StdioProcess::beside(&sandbox, more);
        let listed = Tools::of(&mut server).listed;
        let listed: Vec<String> = listed
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect();
        let allowed: BTreeSet<String> = listed
            .iter()
            .map(|name| entry(&registry, name)["class"].as_str().unwrap().to_owned())
            .collect();
        let wanted = registry["actions"].as_array().unwrap().iter();
        let wanted: Vec<String> = wanted
            .filter(|action| allowed.contains(action["class"].as_str().unwrap()))
            .map(|action| action["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            listed, wanted,
            "all actions of the allowed classes, in registry order"
        );
        allowed.into_iter().collect::<Vec<String>>().join(" ")
    };
    assert_eq!(classes(&[]), "read write");
    assert_eq!(classes(&["--read-only"]), "read");
    assert_eq!(classes(&["--read-only", "--allow", "send,destroy"]), "read");
    assert_eq!(classes(&["--allow", "send"]), "read send write");
    assert_eq!(
        classes(&["--allow", "send,destroy"]),
        "destroy read send write"
    );
}
