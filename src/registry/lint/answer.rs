//! What an action answers, and whether its schemas can be used.

use serde_json::{Value, json};

use super::request::at;
use super::walk::{is_described, places, undescribed};
use crate::registry::entry::Method;
use crate::registry::transform::is_paging;
use crate::registry::{Action, Registry, schema};

/// Kinds of personal data that results can mask.
const PII: [&str; 5] = ["email", "phone", "name", "address", "token"];

pub(super) fn root(action: &Action, _: &Registry) -> Vec<String> {
    let response = action.response_schema();
    let properties = schema::properties(response);
    let is_object = response.get("type") == Some(&json!("object"))
        && properties.is_some_and(|properties| {
            // Some writes of v1 answer without a body.
            let entry = action.entry();
            !properties.is_empty() || (entry.api.is_v1() && entry.method != Method::Get)
        });
    if is_object {
        Vec::new()
    } else {
        vec!["the root of the answer is not an object with properties".to_owned()]
    }
}

pub(super) fn compiles(action: &Action, _: &Registry) -> Vec<String> {
    let input = Value::Object(action.input_schema().as_ref().clone());
    let output = Value::Object(action.output_schema().as_ref().clone());
    [("input", input), ("output", output)]
        .into_iter()
        .filter_map(|(name, schema)| {
            let error = jsonschema::validator_for(&schema).err()?;
            Some(format!("the {name} schema: {error}"))
        })
        .collect()
}

/// Properties of the answer without a description, and the paging keys that clients do not see.
pub(super) fn descriptions(action: &Action, _: &Registry) -> Vec<String> {
    let paging = schema::properties(action.request_schema())
        .into_iter()
        .flatten();
    let paging = paging
        .filter(|(name, piece)| is_paging(name) && !is_described(piece))
        .map(|(name, _)| format!("`{name}` of the request has no description"));
    undescribed(action.response_schema())
        .into_iter()
        .map(|path| format!("`{path}` of the answer has no description"))
        .chain(paging)
        .collect()
}

pub(super) fn markers(action: &Action, _: &Registry) -> Vec<String> {
    let mut mistakes = Vec::new();
    let is_true = |value: &Value| *value == Value::Bool(true);
    // A shared piece may stand in a record too, where there is nothing to add up.
    let rows = action.rows().map(|rows| format!("{}[].", rows.key));
    for place in places(action.response_schema()) {
        let Value::Object(piece) = place.piece else {
            continue;
        };
        for (key, value) in piece.iter().filter(|(key, _)| key.starts_with("x-")) {
            let is_text = schema::scalar_type(place.piece) == Some("string");
            let known = match key.as_str() {
                "x-pii" => is_text && value.as_str().is_some_and(|kind| PII.contains(&kind)),
                "x-untrusted" | "x-verbatim" | "x-decimal" => is_text && is_true(value),
                "x-sum" => {
                    let is_number = schema::scalar_type(place.piece) == Some("integer");
                    let is_decimal = is_text && piece.get("x-decimal").is_some_and(is_true);
                    let of_rows = rows
                        .as_ref()
                        .is_none_or(|rows| place.path.starts_with(rows));
                    is_true(value) && of_rows && (is_number || is_decimal)
                }
                _ => false,
            };
            if !known {
                mistakes.push(format!("{} cannot have `{key}`: {value}", at(&place.path)));
            }
        }
    }
    mistakes
}
