//! What v2 has instead of each call of v1: a table for people, and the same as JSON.

use serde_json::{Value, json};

use crate::registry::entry::{Api, Entry, Provenance, Successor};
use crate::registry::{Action, Registry};

/// One call of v1 beside what succeeds it.
struct Pair<'r> {
    /// The v1 action.
    entry: &'r Entry,
    /// Its verb and path from the host root.
    call: String,
    /// What v2 has instead.
    successor: &'r Successor,
}

/// A group of v1 actions and what they make of v2.
struct Table<'r> {
    toolset: &'r str,
    pairs: Vec<Pair<'r>>,
    /// v2 actions of the same field that succeed nothing.
    new: Vec<&'r Action>,
}

/// The pairs as Markdown tables, one for each group of v1.
pub fn parity(registry: &Registry) -> String {
    let mut text = String::new();
    for table in tables(registry) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("## {}\n\n", table.toolset));
        text.push_str("| v1 | v2 | differences | source |\n|---|---|---|---|\n");
        for pair in &table.pairs {
            let Successor {
                when,
                actions,
                differences,
                provenance,
            } = pair.successor;
            let when = when.as_ref().map(|when| format!(" {when}"));
            let v2: Vec<String> = actions.iter().map(|name| told(registry, name)).collect();
            text.push_str(&format!(
                "| `{}`{} | {} | {} | {} |\n",
                pair.call,
                when.unwrap_or_default(),
                if v2.is_empty() {
                    "none".to_owned()
                } else {
                    v2.join(", ")
                },
                differences.as_deref().unwrap_or_default(),
                provenance.as_str()
            ));
        }
        text.push_str(&new_row(&table.new));
    }
    text
}

/// The same as one line of JSON.
pub fn parity_json(registry: &Registry) -> String {
    let groups: Vec<Value> = tables(registry)
        .iter()
        .map(|table| {
            let pairs: Vec<Value> = table.pairs.iter().map(|pair| row(registry, pair)).collect();
            let new: Vec<&str> = table.new.iter().map(|action| action.name()).collect();
            json!({"toolset": table.toolset, "pairs": pairs, "new_in_v2": new})
        })
        .collect();
    let mut text = Value::Array(groups).to_string();
    text.push('\n');
    text
}

fn row(registry: &Registry, pair: &Pair<'_>) -> Value {
    let v2: Vec<Value> = pair
        .successor
        .actions
        .iter()
        .map(|name| json!({"action": name, "call": registry.get(name).map(|found| call(found.entry()))}))
        .collect();
    json!({
        "action": pair.entry.name,
        "call": pair.call,
        "when": pair.successor.when,
        "v2": v2,
        "differences": pair.successor.differences,
        "provenance": pair.successor.provenance,
    })
}

/// The groups of v1 in registry order.
fn tables(registry: &Registry) -> Vec<Table<'_>> {
    let mut tables: Vec<Table<'_>> = Vec::new();
    let entries = registry.actions().iter().map(Action::entry);
    for entry in entries.filter(|entry| entry.api.is_v1()) {
        let pairs = pairs(entry);
        match tables
            .iter_mut()
            .find(|table| table.toolset == entry.toolset)
        {
            Some(table) => table.pairs.extend(pairs),
            None => tables.push(Table {
                toolset: &entry.toolset,
                pairs,
                new: Vec::new(),
            }),
        }
    }
    let named: Vec<&str> = tables
        .iter()
        .flat_map(|table| &table.pairs)
        .flat_map(|pair| pair.successor.actions.iter().map(String::as_str))
        .collect();
    for table in &mut tables {
        table.new = new(registry, table, &named);
    }
    tables
}

fn pairs(entry: &Entry) -> Vec<Pair<'_>> {
    let keyed = entry.keyed.as_ref();
    let with_key = keyed.map(|keyed| {
        let (base, path) = (Api::V1.base_path(), &keyed.path);
        (
            format!("{} {base}{path}", entry.method.as_str()),
            &keyed.successors,
        )
    });
    std::iter::once((call(entry), &entry.successors))
        .chain(with_key)
        .flat_map(|(call, successors)| {
            successors.iter().map(move |successor| Pair {
                entry,
                call: call.clone(),
                successor,
            })
        })
        .collect()
}

/// The v2 actions of the fields that a table's successors belong to, without the successors.
fn new<'r>(registry: &'r Registry, table: &Table<'_>, named: &[&str]) -> Vec<&'r Action> {
    let names = table.pairs.iter().flat_map(|pair| &pair.successor.actions);
    let fields: Vec<&str> = names
        .filter_map(|name| Some(field(registry.get(name)?)))
        .collect();
    let actions = registry.actions().iter();
    actions
        .filter(|action| {
            !action.entry().api.is_v1()
                && fields.contains(&field(action))
                && !named.contains(&action.name())
        })
        .collect()
}

/// The field of a v2 action: `back_in_stock` or `preorders`.
fn field(action: &Action) -> &str {
    let toolset = &action.entry().toolset;
    toolset.split_once('.').map_or(toolset, |(field, _)| field)
}

/// The row of what only v2 has: how many actions of which group.
fn new_row(new: &[&Action]) -> String {
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for action in new {
        let toolset = action.entry().toolset.as_str();
        match groups.iter_mut().find(|(name, _)| *name == toolset) {
            Some((_, count)) => *count += 1,
            None => groups.push((toolset, 1)),
        }
    }
    let told: Vec<String> = groups
        .iter()
        .map(|(name, count)| format!("{name} ({count})"))
        .collect();
    let inferred = new
        .iter()
        .filter(|action| action.entry().provenance == Provenance::Inferred)
        .count();
    if new.is_empty() {
        return String::new();
    }
    format!(
        "| none | {} | new in v2 | {} documented, {inferred} inferred |\n",
        told.join(", "),
        new.len() - inferred
    )
}

/// Verb and path from the host root.
fn call(entry: &Entry) -> String {
    let (verb, base) = (entry.method.as_str(), entry.api.base_path());
    format!("{verb} {base}{}", entry.path)
}

/// A v2 action by name and call.
fn told(registry: &Registry, name: &str) -> String {
    match registry.get(name) {
        Some(action) => {
            let entry = action.entry();
            format!("`{name}` ({} {})", entry.method.as_str(), entry.path)
        }
        None => format!("`{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Registry {
        let entry = |more: Value| {
            let mut entry = json!({"action": "x", "title": "A", "description": "A.", "phrases": [],
                "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
                "class": "read", "handler": "request", "idempotent": true, "retry": "safe",
                "provenance": "documented", "examples": []});
            if let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) {
                entry.extend(more);
            }
            entry
        };
        let v2 = |name: &str, toolset: &str, path: &str, provenance: &str| {
            entry(
                json!({"name": name, "toolset": toolset, "api": "v2", "method": "GET",
                "path": path, "provenance": provenance}),
            )
        };
        let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [
            v2("shop_things_list", "shop.things", "/shop/things", "documented"),
            v2("shop_things_count", "shop.things", "/shop/things/count", "documented"),
            v2("shop_boxes_list", "shop.boxes", "/shop/boxes", "inferred"),
            v2("other_list", "other.all", "/other", "documented"),
            entry(json!({"name": "v1_things_list", "toolset": "v1.things", "api": "v1",
                "method": "GET", "path": "/things", "successors": [
                    {"actions": ["shop_things_list"], "differences": "more rows", "provenance": "documented"},
                    {"when": "with `box`", "actions": [], "provenance": "inferred"}]})),
            entry(json!({"name": "v1_things_add", "toolset": "v1.things", "api": "v1_public",
                "method": "POST", "path": "/things.json",
                "keyed": {"path": "/things", "successors": [
                    {"actions": ["shop_things_list"], "provenance": "documented"}]},
                "successors": [{"actions": [], "differences": "needs a key", "provenance": "documented"}]}))]});
        Registry::parse(&text.to_string(), "test").unwrap()
    }

    #[test]
    fn every_call_of_v1_stands_beside_what_succeeds_it() {
        assert_eq!(
            parity(&registry()),
            "## v1.things\n\
             \n\
             | v1 | v2 | differences | source |\n\
             |---|---|---|---|\n\
             | `GET /api/v1/external/things` | `shop_things_list` (GET /shop/things) | more rows | documented |\n\
             | `GET /api/v1/external/things` with `box` | none |  | inferred |\n\
             | `POST /api/v1/things.json` | none | needs a key | documented |\n\
             | `POST /api/v1/external/things` | `shop_things_list` (GET /shop/things) |  | documented |\n\
             | none | shop.things (1), shop.boxes (1) | new in v2 | 1 documented, 1 inferred |\n"
        );
    }

    #[test]
    fn the_json_says_the_same() {
        let found: Value = serde_json::from_str(&parity_json(&registry())).unwrap();
        let listed =
            json!([{"action": "shop_things_list", "call": "GET /api/v2/external/shop/things"}]);
        assert_eq!(
            found,
            json!([{"toolset": "v1.things", "new_in_v2": ["shop_things_count", "shop_boxes_list"],
                "pairs": [
                    {"action": "v1_things_list", "call": "GET /api/v1/external/things", "when": null,
                        "v2": listed, "differences": "more rows", "provenance": "documented"},
                    {"action": "v1_things_list", "call": "GET /api/v1/external/things",
                        "when": "with `box`", "v2": [], "differences": null, "provenance": "inferred"},
                    {"action": "v1_things_add", "call": "POST /api/v1/things.json", "when": null,
                        "v2": [], "differences": "needs a key", "provenance": "documented"},
                    {"action": "v1_things_add", "call": "POST /api/v1/external/things", "when": null,
                        "v2": listed, "differences": null, "provenance": "documented"}]}])
        );
    }
}
