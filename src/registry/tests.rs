//! Loading, and what is told of a registry that cannot be loaded.

use serde_json::{Value, json};

use super::*;

fn two_reads() -> Value {
    let entry = |name: &str, path: &str| {
        json!({"name": name, "action": "read", "title": "Read it", "description": "Reads.",
            "phrases": [], "toolset": "a.b", "api": "v2", "method": "GET", "path": path,
            "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
            "class": "read", "handler": "request", "idempotent": true, "retry": "safe",
            "provenance": "inferred", "examples": []})
    };
    json!({"version": "v2", "base_path": "/api", "$defs": {}, "actions": [
        entry("things_read", "/things/:id"), entry("things_latest", "/things/latest")]})
}

fn refused(registry: &Value) -> String {
    Registry::parse(&format!("{registry:#}"), "my.json")
        .unwrap_err()
        .to_string()
}

/// 1-based line of the first line with that text.
fn line(registry: &Value, text: &str) -> usize {
    format!("{registry:#}")
        .lines()
        .position(|line| line.contains(text))
        .unwrap()
        + 1
}

#[test]
fn the_bundled_registry_holds_the_back_in_stock_actions() {
    let registry = Registry::bundled().unwrap();
    let count = |toolset: &str| {
        let actions = registry.actions().iter();
        actions
            .filter(|action| action.entry().toolset == toolset)
            .count()
    };
    assert_eq!(
        ["signups", "notifications", "settings", "reports"]
            .map(|group| count(&format!("back_in_stock.{group}"))),
        [8, 2, 12, 12]
    );
    assert_eq!(
        (registry.version.as_str(), registry.base_path.as_str()),
        ("v2", "/api/v2/external")
    );
}

#[test]
fn a_syntax_error_names_line_and_reason() {
    let text = "{\n  \"version\": \"v2\",\n  oops\n}";
    assert_eq!(
        Registry::parse(text, "my.json").unwrap_err().to_string(),
        "my.json, line 3, column 3: key must be a string"
    );
}

#[test]
fn an_unknown_key_is_named_on_its_line() {
    let mut registry = two_reads();
    registry["actions"][0]["colour"] = json!("red");
    let found = refused(&registry);
    let line = line(&registry, "\"colour\"");
    assert!(
        found.starts_with(&format!(
            "my.json, line {line}, column 14: unknown field `colour`, expected one of `name`, "
        )),
        "{found}"
    );
}

#[test]
fn a_missing_key_is_named() {
    let mut registry = two_reads();
    registry["actions"][1]
        .as_object_mut()
        .unwrap()
        .remove("class");
    assert!(refused(&registry).ends_with(": missing field `class`"));
}

#[test]
fn two_entries_cannot_share_a_name() {
    let mut registry = two_reads();
    registry["actions"][1]["also_known_as"] = json!(["things_read"]);
    let line = line(&registry, "\"name\": \"things_latest\"");
    assert_eq!(
        refused(&registry),
        format!(
            "my.json, line {line}, action `things_latest`: the name `things_read` is taken by an earlier entry; every name is unique"
        )
    );
}

#[test]
fn the_second_of_two_equal_names_is_the_mistake() {
    let mut registry = two_reads();
    registry["actions"][1]["name"] = json!("things_read");
    let text = format!("{registry:#}");
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains("\"name\": "));
    let line = lines.nth(1).unwrap().0 + 1;
    assert_eq!(
        refused(&registry),
        format!(
            "my.json, line {line}, action `things_read`: the name `things_read` is taken by an earlier entry; every name is unique"
        )
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_named() {
    let mut registry = two_reads();
    registry["actions"][1]["response_schema"] =
        json!({"type": "object", "properties": {"page": {"$ref": "#/$defs/page"}}});
    let line = line(&registry, "\"name\": \"things_latest\"");
    assert_eq!(
        refused(&registry),
        format!(
            "my.json, line {line}, action `things_latest`: `$ref` \"#/$defs/page\" leads nowhere; add `page` to `$defs`"
        )
    );
}

#[test]
fn a_static_segment_beats_a_placeholder() {
    let registry = Registry::parse(&two_reads().to_string(), "test").unwrap();
    let found = |path: &str| {
        let (action, values) = registry.match_path(Api::V2, Method::Get, path)?;
        Some((
            action.name().to_owned(),
            values.into_iter().map(|(_, value)| value).collect(),
        ))
    };
    let some = |name: &str, values: &[&str]| {
        Some((
            name.to_owned(),
            values
                .iter()
                .map(|value| (*value).to_owned())
                .collect::<Vec<_>>(),
        ))
    };
    assert_eq!(found("/things/latest"), some("things_latest", &[]));
    assert_eq!(found("/things/a%2Fb"), some("things_read", &["a%2Fb"]));
    assert_eq!(found("/things/"), None);
    assert_eq!(found("/things/1/2"), None);
    assert_eq!(found("/things"), None);
    let other = |api, method| registry.match_path(api, method, "/things/1").is_none();
    assert!(other(Api::V2, Method::Post) && other(Api::V1, Method::Get));
}

#[test]
fn longer_names_stay_callable() {
    let mut registry = two_reads();
    registry["actions"][1]["also_known_as"] = json!(["things_read_the_latest_one"]);
    let registry = Registry::parse(&registry.to_string(), "test").unwrap();
    let found = registry.get("things_read_the_latest_one").map(Action::name);
    assert_eq!(found, Some("things_latest"));
    assert_eq!(registry.nearest("thing_read"), Some("things_read"));
    assert_eq!(registry.nearest("weather"), None);
    // A slip in the longer name is a slip all the same.
    assert_eq!(
        registry.nearest("things_raed_the_latest_one"),
        Some("things_latest")
    );
}

#[test]
fn a_slip_of_the_fingers_comes_before_what_looks_alike() {
    for (typed, names, meant) in [
        ("iid", vec!["id"], Some("id")),
        (
            "offers_wigdet_read",
            vec!["offers_read", "offers_widget_read"],
            Some("offers_widget_read"),
        ),
        (
            "repoorts_demand_export",
            vec!["reports_demand", "reports_demand_export"],
            Some("reports_demand_export"),
        ),
        ("zz", vec!["id", "to"], None),
    ] {
        assert_eq!(nearest(typed, names.into_iter()), meant, "{typed}");
    }
}
