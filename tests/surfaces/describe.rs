//! What `describe_actions` shows: short, and nothing that decides a call left out.

use insta::assert_snapshot;
use serde_json::{Map, Value, json};
use stoq_mcp::engine::{Outcome, Policy};
use stoq_mcp::registry::schema;
use stoq_mcp::registry::transform::{CONFIRM, IDEMPOTENCY_KEY, OURS};
use stoq_mcp::surface::{Kind, Request, Surface};

use crate::surface;

async fn answer(surface: &Surface, names: &[&str]) -> Outcome {
    let Value::Object(arguments) = json!({"names": names}) else {
        panic!("an object is no object");
    };
    let request = Request {
        tool: "describe_actions".to_owned(),
        arguments,
        call: Default::default(),
    };
    surface.call(request).await.unwrap().unwrap()
}

async fn described(surface: &Surface, names: &[&str]) -> Vec<Value> {
    let data = answer(surface, names).await.data.unwrap();
    data["actions"].as_array().unwrap().clone()
}

/// A list, a large record as answer, and arguments that raise the class of a call.
#[tokio::test]
async fn what_is_shown_of_an_action() {
    let surface = surface(Kind::Core, Policy::everything());
    let names = [
        "back_in_stock_signups_list",
        "preorders_offers_schedule",
        "preorders_offers_payment_update",
    ];
    let shown = described(&surface, &names).await;
    assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

/// Paths of everything a schema names, and the keywords that stand there.
fn keywords(path: &str, piece: &Value, found: &mut Vec<(String, String, Value)>) {
    let Value::Object(map) = piece else { return };
    for (key, value) in map {
        if !matches!(key.as_str(), "properties" | "items" | "type") {
            found.push((path.to_owned(), key.clone(), value.clone()));
        }
    }
    for (name, child) in schema::properties(piece).into_iter().flatten() {
        found.push((path.to_owned(), "property".to_owned(), json!(name)));
        keywords(&format!("{path}.{name}"), child, found);
    }
    if let Some(items) = map.get("items") {
        keywords(&format!("{path}[]"), items, found);
    }
}

/// Only what the instructions say of every list and job, and what other keywords show, is left out.
#[tokio::test]
async fn the_input_schema_loses_no_fact() {
    let surface = surface(Kind::Compact, Policy::everything());
    for action in surface.engine().allowed() {
        let shown = described(&surface, &[action.name()]).await.remove(0);
        let listed = |root: &Value| {
            let mut found = Vec::new();
            keywords("", root, &mut found);
            found.retain(|(path, key, value)| {
                let top = path.trim_start_matches('.');
                let top = top.split(['.', '[']).next().unwrap();
                // These the executors of the surface take beside `arguments`.
                let is_theirs = [CONFIRM, IDEMPOTENCY_KEY].iter().any(|name| value == name);
                key != "additionalProperties"
                    && !OURS.contains(&top)
                    && !(key == "property" && path.is_empty() && is_theirs)
            });
            found
        };
        let whole = Value::Object(Map::clone(action.input_schema()));
        assert_eq!(
            listed(&shown["input_schema"]),
            listed(&whole),
            "{}",
            action.name()
        );
    }
}

/// The examples shown stand in the registry, first the first, and each is a call by itself.
#[tokio::test]
async fn the_first_example_is_always_shown() {
    let surface = surface(Kind::Compact, Policy::everything());
    for action in surface.engine().allowed() {
        let shown = described(&surface, &[action.name()]).await.remove(0);
        let shown = shown["examples"].as_array().unwrap();
        let known = action.entry().examples.iter();
        let known: Vec<Value> = known.map(|example| json!(example.arguments)).collect();
        assert_eq!(shown.first(), known.first(), "{}", action.name());
        assert!(shown.iter().all(|example| known.contains(example)));
    }
}

/// Five of the largest do not fit into one answer: what is left out is named.
#[tokio::test]
async fn large_descriptions_are_left_for_another_call() {
    let surface = surface(Kind::Compact, Policy::everything());
    let names = [
        "preorders_offers_create",
        "preorders_offers_update",
        "v1_preorders_create",
        "v1_preorders_update",
        "preorders_offers_list",
    ];
    let outcome = answer(&surface, &names).await;
    let data = outcome.data.unwrap();
    let shown = data["actions"].as_array().unwrap().iter();
    let shown: Vec<&str> = shown.map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(
        shown,
        [
            "preorders_offers_create",
            "v1_preorders_create",
            "preorders_offers_list"
        ]
    );
    assert_eq!(
        outcome.note.as_deref(),
        Some(
            "Too large to describe at once; ask again for `preorders_offers_update`, `v1_preorders_update`."
        )
    );
}
