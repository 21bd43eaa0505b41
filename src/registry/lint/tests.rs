//! The bundled registry has no mistake, and each mistake is found by its rule alone.

mod cases;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::registry::BUNDLED;
use cases::{ANSWERS, BY_HAND, CLIENTS, Case, EFFECTS, NAMES, REFERENCES, REQUESTS, TEXTS, entry};

/// The waitlist's part of the bundled registry, v1's too: enough to put every mistake into, and soon
/// linted.
fn part() -> Value {
    let mut registry: Value = serde_json::from_str(BUNDLED).unwrap();
    let actions = registry["actions"].as_array_mut().unwrap();
    actions.retain(|entry| {
        let toolset = entry["toolset"].as_str();
        toolset.is_some_and(|name| name.starts_with("back_in_stock.") || name == "v1.intents")
    });
    loop {
        let text = registry.to_string();
        let defs = registry["$defs"].as_object_mut().unwrap();
        let before = defs.len();
        defs.retain(|name, _| text.contains(&format!("\"#/$defs/{name}\"")));
        if defs.len() == before {
            return registry;
        }
    }
}

fn findings(registry: &Value) -> Vec<Finding> {
    lint(&format!("{registry:#}"), "copy").unwrap()
}

fn check(cases: &[Case]) {
    for (rule, what, action, breaks) in cases {
        let mut registry = part();
        let subject = if action.starts_with(['$', '+']) {
            breaks(&mut registry);
            action.trim_start_matches('+').to_owned()
        } else {
            let entry = entry(&mut registry, action);
            breaks(entry);
            entry["name"].as_str().unwrap().to_owned()
        };
        let found: Vec<(&str, String, String)> = findings(&registry)
            .into_iter()
            .map(|finding| (finding.rule, finding.action, finding.what))
            .collect();
        assert_eq!(found, [(*rule, subject, (*what).to_owned())], "{rule}");
    }
}

#[test]
fn the_bundled_registry_has_no_mistake() {
    let found: Vec<String> = lint(BUNDLED, "tools.registry.json")
        .unwrap()
        .iter()
        .map(Finding::to_string)
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn names_are_checked() {
    check(NAMES);
}

#[test]
fn texts_are_checked() {
    check(TEXTS);
}

#[test]
fn requests_are_checked() {
    check(REQUESTS);
}

#[test]
fn answers_are_checked() {
    check(ANSWERS);
}

#[test]
fn effects_are_checked() {
    check(EFFECTS);
}

#[test]
fn references_are_checked() {
    check(REFERENCES);
}

#[test]
fn what_clients_see_is_checked() {
    check(CLIENTS);
}

#[test]
fn schemas_of_any_tool_are_checked() {
    for (rule, what, breaks) in BY_HAND {
        let mut root = json!({"type": "object", "additionalProperties": false,
            "properties": {"a": {"type": "string", "description": "A."}}});
        assert_eq!(client_findings(root.as_object().unwrap(), &[]), []);
        breaks(&mut root);
        let found = client_findings(root.as_object().unwrap(), &[]);
        assert_eq!(found, [(*rule, (*what).to_owned())]);
    }
}

#[test]
fn free_form_arguments_are_exempt() {
    let root = json!({"type": "object", "additionalProperties": false, "properties": {
        "arguments": {"type": "object", "additionalProperties": true, "description": "Any."}}});
    let root = root.as_object().unwrap();
    assert_eq!(client_findings(root, &["arguments"]), []);
    let found = client_findings(root, &[]);
    assert_eq!(
        found,
        [(
            "client-closed",
            "`arguments` has `additionalProperties`".to_owned()
        )]
    );
}

#[test]
fn every_rule_has_a_case() {
    let cases = [
        NAMES, TEXTS, REQUESTS, ANSWERS, EFFECTS, REFERENCES, CLIENTS,
    ];
    let tried: BTreeSet<&str> = cases
        .iter()
        .flat_map(|cases| cases.iter().map(|case| case.0))
        .chain(BY_HAND.iter().map(|case| case.0))
        .collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(tried, rules);
    assert_eq!(rules.len(), RULES.len());
}

#[test]
fn a_finding_says_where_what_and_what_to_do() {
    let text = BUNDLED.replace("\"title\": \"List signups\"", "\"title\": \"Signups\"");
    let line = BUNDLED
        .lines()
        .position(|line| line.contains("\"name\": \"back_in_stock_signups_list\""))
        .unwrap()
        + 1;
    let found: Vec<String> = lint(&text, "copy")
        .unwrap()
        .iter()
        .map(Finding::to_string)
        .collect();
    assert_eq!(
        found,
        [format!(
            "line {line}, back_in_stock_signups_list: title: the title is \"Signups\" (write two to six words without a full stop)"
        )]
    );
}

#[test]
fn what_is_no_registry_is_an_error() {
    let error = lint("{", "copy").unwrap_err();
    assert_eq!(
        error.to_string(),
        "copy, line 1, column 1: EOF while parsing an object"
    );
}
