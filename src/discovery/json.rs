//! The whole registry as one JSON: every action with everything that is derived from it, references
//! inlined. For people who make documentation or clients of their own.

use serde_json::{Map, Value, json};

use super::example;
use super::offer::Offer;
use crate::registry::Action;
use crate::surface::executor;

/// The document.
pub fn json(offer: Offer<'_>) -> Value {
    let actions: Vec<Value> = offer.actions().map(one).collect();
    let toolsets: Vec<Value> = offer
        .toolsets()
        .into_iter()
        .map(|toolset| {
            let of = offer.actions().filter(|action| action.toolset() == toolset);
            let names: Vec<&str> = of.map(Action::name).collect();
            json!({"name": toolset, "actions": names})
        })
        .collect();
    json!({
        "program": "stoq-mcp",
        "program_version": env!("CARGO_PKG_VERSION"),
        "api_version": offer.registry.version,
        "toolsets": toolsets,
        "actions": actions,
    })
}

/// The entry as the file has it, with what is derived from it in place of what it is derived from.
fn one(action: &Action) -> Value {
    let entry = action.entry();
    let mut out = match serde_json::to_value(entry) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => Map::new(),
    };
    let path_schema: Map<String, Value> = action
        .placeholders()
        .map(|name| (name.to_owned(), action.path_schema(name)))
        .collect();
    let requests: Vec<Value> = entry
        .examples
        .iter()
        .map(|told| {
            let request = example::request(action, &told.arguments);
            json!({"title": told.title, "path": request.placeholders, "parameters": request.parameters})
        })
        .collect();
    for (name, value) in [
        (
            "address",
            json!(format!("{}{}", entry.api.base_path(), entry.path)),
        ),
        ("points", json!(entry.points())),
        ("parameters_in", json!(entry.parameters_in())),
        ("answers", json!(entry.success())),
        ("tool", json!(executor(entry.class))),
        ("path_schema", json!(path_schema)),
        ("request_schema", action.request_schema().clone()),
        ("response_schema", action.response_schema().clone()),
        ("input_schema", json!(action.input_schema().as_ref())),
        ("output_schema", json!(action.output_schema().as_ref())),
        ("requests", json!(requests)),
    ] {
        out.insert(name.to_owned(), value);
    }
    out.shift_remove("wire_schema");
    Value::Object(out)
}
