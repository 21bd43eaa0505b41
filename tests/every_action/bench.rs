//! A sandbox, a server over it, and what the tests ask of them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::tools::{Tools, named_check, rows};
use crate::support::{SHOP, SandboxProcess, StdioProcess, side_by_side};

/// The moment at which the clock stands after [`Bench::fresh`].
pub const NOW: &str = "2026-03-31T12:10:00Z";

/// The registry file.
pub fn registry() -> Value {
    serde_json::from_str(include_str!("../../tools.registry.json")).unwrap()
}

/// One entry of the registry.
pub fn entry(registry: &Value, name: &str) -> Value {
    let actions = registry["actions"].as_array().unwrap();
    let found = actions.iter().find(|action| action["name"] == json!(name));
    found.unwrap_or_else(|| panic!("{name}")).clone()
}

/// The members of an object.
pub fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

/// The members of a list.
pub fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value}"))
}

/// A whole number.
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

/// A text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

/// A sandbox, a server over it and the server's tools.
pub struct Bench {
    pub sandbox: SandboxProcess,
    pub server: StdioProcess,
    pub tools: Tools,
    pub registry: Value,
}

impl Bench {
    /// The clock stands still, so that nothing falls due between two reads that are compared; jobs are
    /// done at their first poll, and no budget stops a test.
    pub fn new(dataset: &str) -> Self {
        let sandbox = SandboxProcess::start(dataset).unmetered().hasty();
        sandbox.control("POST", "/clock", json!({"frozen": true}));
        let mut server = StdioProcess::unmetered(&sandbox);
        let tools = Tools::of(&mut server);
        Self {
            sandbox,
            server,
            tools,
            registry: registry(),
        }
    }

    /// The fixture anew, its clock standing at [`NOW`].
    pub fn fresh(&mut self) {
        self.sandbox.reset("fixture");
        self.sandbox
            .control("POST", "/clock", json!({"now": NOW, "frozen": true}));
    }

    pub fn call(&mut self, name: &str, arguments: Value) -> Value {
        self.tools.call(&mut self.server, name, arguments)
    }

    /// What a read gives.
    pub fn data(&mut self, name: &str, arguments: Value) -> Value {
        let read = self.call(name, arguments);
        assert_eq!(read["status"], json!("ok"), "{name}");
        read["data"].clone()
    }

    /// A write that is accepted; its answer.
    pub fn write(&mut self, name: &str, arguments: Value) -> Value {
        let done = self.call(name, arguments);
        assert_eq!(done["status"], json!("accepted"), "{name}");
        done["data"].clone()
    }

    /// A bulk action, waited for; how many items it went through.
    pub fn job(&mut self, name: &str, arguments: Value) -> u64 {
        let done = self.call(name, arguments);
        let job = &done["job"];
        assert_eq!(done["status"], json!("ok"), "{name}");
        let total = number(&job["total"]);
        let ended = json!({"job_id": job["job_id"], "status": "completed", "progress": 100,
            "total": total, "processed": total});
        assert_eq!((job, &done["data"]), (&ended, &ended), "{name}");
        total
    }

    pub fn refusal(&mut self, name: &str, arguments: Value) -> String {
        self.server.refusal(name, arguments)
    }

    /// The arguments of a call whose records only its plan counts, with their number: a call without it
    /// is refused with it.
    pub fn counted(&mut self, name: &str, arguments: &Map<String, Value>) -> Map<String, Value> {
        let refused = self.refusal(name, Value::Object(arguments.clone()));
        let (_, count) = refused.rsplit_once("`expected_count`: ").unwrap();
        let count: u64 = count.trim_end_matches('.').parse().unwrap();
        let mut counted = arguments.clone();
        counted.insert("expected_count".to_owned(), json!(count));
        counted
    }

    /// Whether an action only looks.
    pub fn is_read(&self, name: &str) -> bool {
        entry(&self.registry, name)["class"] == json!("read")
    }

    /// The whole rows of one answer of a list.
    pub fn rows(&mut self, name: &str, arguments: Value) -> Vec<Value> {
        let mut arguments = map(arguments);
        arguments.entry("detail").or_insert(json!("full"));
        rows(&self.call(name, Value::Object(arguments))).unwrap().1
    }

    /// Every whole row of a list, page by page. A list that the API filters after paging tells its total on
    /// its last page alone.
    pub fn walk(&mut self, name: &str, filters: &Value, limit: u64) -> Vec<Value> {
        let mut arguments = map(filters.clone());
        arguments.insert("limit".into(), json!(limit));
        arguments.insert("detail".into(), json!("full"));
        let mut all = Vec::new();
        loop {
            let page = self.call(name, Value::Object(arguments.clone()));
            let (_, rows) = rows(&page).unwrap();
            assert!(rows.len() <= usize::try_from(limit).unwrap());
            let total = page["page"]["total"].as_u64();
            if let Some(total) = total {
                assert!(!rows.is_empty() || total == 0, "{name} {arguments:?}");
            }
            all.extend(rows);
            match page["page"]["next_cursor"].as_str() {
                Some(cursor) => {
                    let seen = u64::try_from(all.len()).unwrap();
                    assert!(total.is_none_or(|total| seen < total), "{name}: {seen}");
                    arguments.insert("cursor".into(), json!(cursor));
                }
                None => {
                    assert_eq!(total, u64::try_from(all.len()).ok(), "{name}");
                    return all;
                }
            }
        }
    }

    /// Every row of a list of v2, straight from the API.
    pub fn direct(&self, name: &str, arguments: &Value) -> Vec<Value> {
        let mut path = text(&entry(&self.registry, name)["path"]).to_owned();
        let mut query = String::new();
        for (key, value) in arguments.as_object().unwrap() {
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            match path.contains(&format!(":{key}")) {
                true => path = path.replace(&format!(":{key}"), &shown),
                false => query.push_str(&format!("&{key}={shown}")),
            }
        }
        let mut all = Vec::new();
        for page in 1.. {
            let target = format!("{path}?per_page=200&page={page}{query}");
            let (status, body) = self.sandbox.api("GET", &target, Value::Null);
            assert_eq!(status, 200, "{body}");
            let mut arrays = body
                .as_object()
                .unwrap()
                .values()
                .filter_map(Value::as_array);
            all.extend(arrays.next().unwrap().iter().cloned());
            assert_eq!(arrays.next(), None, "one array: {name}");
            if page >= body["meta"]["total_pages"].as_u64().unwrap_or(1) {
                return all;
            }
        }
        all
    }

    /// A job of a toolset, for the action that reads its jobs.
    pub fn some_job(&mut self, reader: &str) -> Value {
        let (starter, arguments) = match reader {
            "back_in_stock_reports_jobs_read" => {
                ("back_in_stock_reports_summary_export", json!({}))
            }
            "preorders_reports_jobs_read" => ("preorders_reports_summary_export", json!({})),
            "preorders_orders_jobs_read" => {
                let order = self.rows("preorders_orders_list", json!({"limit": 1}))[0].clone();
                let same = json!({"order_ids": [order["id"]], "tags": order["tags"]});
                ("preorders_orders_bulk_set_tags", same)
            }
            "preorders_product_variants_jobs_read" => {
                let row = self.rows("preorders_product_variants_list", json!({"limit": 1}));
                let ids = json!({"variant_ids": [row[0]["shopify_variant_id"]]});
                ("preorders_product_variants_bulk_sync_metafields", ids)
            }
            other => panic!("{other}"),
        };
        let mut arguments = map(arguments);
        arguments.insert("wait_seconds".into(), json!(0));
        self.call(starter, Value::Object(arguments))["job"]["job_id"].clone()
    }

    /// A write proven by what its entry says the read-back must hold: what was sent, or what `holds`
    /// names. Its answer is the very record that is read back, and nothing else of it has changed but
    /// what `moves` with it.
    pub fn patched(&mut self, name: &str, arguments: &Map<String, Value>, moves: &[&str]) {
        let entry = entry(&self.registry, name);
        let read_back = &entry["read_back"];
        assert_eq!(read_back["proof"], json!("patched"), "{name}");
        let reader = text(&read_back["action"]).to_owned();
        let target = filled(&read_back["arguments"], arguments);
        let before = self.data(&reader, target.clone());
        let done = self.call(name, Value::Object(arguments.clone()));
        assert_eq!(done["status"], json!("accepted"), "{name}");
        let check = named_check(text(&done["note"]));
        assert_eq!(check, (reader.clone(), target.clone()), "{name}");
        let after = self.data(&reader, target);
        assert_eq!(done["data"], after, "{name}: the whole record");
        let mut sent = match read_back.get("holds") {
            Some(holds) => filled(holds, arguments),
            None => Value::Object(arguments.clone()),
        };
        let members = sent.as_object_mut().unwrap();
        for key in target_keys(&entry) {
            members.remove(&key);
        }
        members.remove("clear");
        let cleared = arguments.get("clear").map(list);
        let cleared = cleared.into_iter().flatten().map(text);
        for path in cleared.clone() {
            assert_eq!(at(&after, path), &Value::Null, "{name}: {path}");
        }
        holds(&sent, &after, name);
        let mut expected: Vec<String> = cleared.map(str::to_owned).collect();
        expected.extend(moves.iter().map(|path| (*path).to_owned()));
        leaves(&sent, "", &mut expected);
        let strange: Vec<String> = changes(&before, &after)
            .into_iter()
            .filter(|path| !expected.iter().any(|known| covers(known, path)))
            .collect();
        assert_eq!(strange, Vec::<String>::new(), "{name}: changed as well");
    }

    /// What the API sent to shoppers and the merchant by mail since the last reset: which, and of
    /// which order.
    pub fn mails(&self) -> Vec<(String, u64)> {
        let effects = self.sandbox.all_effects();
        let mails = effects
            .iter()
            .filter(|effect| effect["kind"] == json!("mail"));
        let named = mails.map(|mail| {
            let order = number(&mail["shopify_order_id"]);
            (text(&mail["mail"]).to_owned(), order)
        });
        named.collect()
    }

    /// A call of the shop's control plane.
    pub fn shop(&self, method: &str, path: &str, body: Value) -> Value {
        self.sandbox
            .control(method, &format!("/shops/{SHOP}{path}"), body)
    }
}

/// The examples of the actions whose names begin so; each has one at least.
pub fn examples(prefixes: &[&str]) -> Vec<(String, Map<String, Value>)> {
    let registry = registry();
    let mut all = crate::support::tools::examples(&registry);
    all.retain(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)));
    let called: BTreeSet<&String> = all.iter().map(|(name, _)| name).collect();
    for action in list(&registry["actions"]) {
        let name = text(&action["name"]).to_owned();
        let meant = prefixes.iter().any(|prefix| name.starts_with(prefix));
        assert_eq!(called.contains(&name), meant, "{name} has an example");
    }
    all
}

/// Calls every example of some actions, each on a fresh fixture; a write is seen through by `verify`.
/// A few at a time, as those of jobs mostly wait.
pub fn every_example(prefixes: &[&str], verify: fn(&mut Bench, &str, &Map<String, Value>)) {
    let bench = || RefCell::new(Bench::new("fixture"));
    side_by_side(
        3,
        examples(prefixes),
        bench,
        |bench, (name, mut arguments)| {
            let mut bench = bench.borrow_mut();
            bench.fresh();
            if !bench.is_read(&name) {
                verify(&mut bench, &name, &arguments);
                return;
            }
            if arguments.contains_key("job_id") {
                arguments.insert("job_id".into(), bench.some_job(&name));
            }
            let read = bench.call(&name, Value::Object(arguments));
            assert_eq!(read["status"], json!("ok"), "{name}");
        },
    );
}

/// The placeholders of an action's path.
fn target_keys(entry: &Value) -> Vec<String> {
    let segments = text(&entry["path"]).split('/');
    let names = segments.filter_map(|segment| segment.strip_prefix(':'));
    names.map(str::to_owned).collect()
}

/// A template of the registry with the arguments of a call in it; what the call lacks is left out.
fn filled(template: &Value, arguments: &Map<String, Value>) -> Value {
    let members = template.as_object().unwrap().iter();
    let filled = members.filter_map(|(name, value)| {
        let value = match value {
            Value::Object(_) => filled(value, arguments),
            Value::String(text) if text.starts_with('{') => {
                let path = text.trim_matches(['{', '}']);
                let whole = Value::Object(arguments.clone());
                whole
                    .pointer(&format!("/{}", path.replace('.', "/")))?
                    .clone()
            }
            other => other.clone(),
        };
        Some((name.clone(), value))
    });
    Value::Object(filled.collect())
}

/// The value at a dotted path.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value
        .pointer(&format!("/{}", path.replace('.', "/")))
        .unwrap_or(&Value::Null)
}

/// Pairs of `{key, value}` with `clear`, as clients write an open map.
fn pairs(sent: &Value) -> Option<Vec<&Value>> {
    let items = sent.as_array()?;
    let all = items.iter().all(|item| item.get("key").is_some());
    (all && !items.is_empty()).then(|| items.iter().collect())
}

/// Every leaf that was sent stands in what was read, in the form the API prints it.
pub fn holds(sent: &Value, read: &Value, about: &str) {
    if let (Some(pairs), Value::Object(map)) = (pairs(sent), read) {
        for pair in pairs {
            let key = text(&pair["key"]);
            let cleared = pair.get("clear").map(list).into_iter().flatten();
            for path in cleared {
                assert_eq!(at(&map[key], text(path)), &Value::Null, "{about}: {key}");
            }
            match pair.get("value") {
                Some(value) => holds(value, &map[key], about),
                None if pair.get("clear").is_none() => {
                    assert!(!map.contains_key(key), "{about}: {key} is gone");
                }
                None => {}
            }
        }
        return;
    }
    match (sent, read) {
        (Value::Object(sent), _) => {
            for (name, value) in sent {
                holds(value, &read[name], &format!("{about}: {name}"));
            }
        }
        // Money is sent as a number and printed with two digits; a day begins at midnight.
        (Value::Number(_), Value::String(read)) => {
            assert_eq!(sent.as_f64(), read.parse().ok(), "{about}");
        }
        (Value::String(sent), Value::String(read)) if sent.len() == 10 && read.len() == 20 => {
            assert_eq!(&format!("{sent}T00:00:00Z"), read, "{about}");
        }
        _ => assert_eq!(sent, read, "{about}"),
    }
}

/// The dotted paths of what was sent; an open map's stop at its keys.
fn leaves(value: &Value, prefix: &str, paths: &mut Vec<String>) {
    let below = |name: &str| match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}.{name}"),
    };
    match (value, pairs(value)) {
        (_, Some(pairs)) => paths.extend(pairs.iter().map(|pair| below(text(&pair["key"])))),
        (Value::Object(map), None) => {
            for (name, value) in map {
                leaves(value, &below(name), paths);
            }
        }
        _ => paths.push(prefix.to_owned()),
    }
}

/// The dotted paths at which two records differ.
pub fn changes(before: &Value, after: &Value) -> Vec<String> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    leaves(before, "", &mut old);
    leaves(after, "", &mut new);
    let all: BTreeSet<String> = old.into_iter().chain(new).collect();
    all.into_iter()
        .filter(|path| at(before, path) != at(after, path))
        .collect()
}

/// Whether a path is the other or lies below it.
fn covers(known: &str, path: &str) -> bool {
    path.strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
