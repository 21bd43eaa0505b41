//! What MCP clients can read: rules over the input schema of a tool, found by trying the clients.

use serde_json::{Map, Value, json};

use super::request::at;
use super::walk::{Place, places, undescribed};

const SCALARS: [&str; 6] = ["string", "integer", "number", "boolean", "array", "object"];
/// Keywords that make some client refuse the tool, or every tool of the server.
const FORBIDDEN: [&str; 23] = [
    "$ref",
    "$defs",
    "$schema",
    "$id",
    "definitions",
    "const",
    "examples",
    "readOnly",
    "writeOnly",
    "nullable",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "dependentRequired",
];
const ROOT_FORBIDDEN: [&str; 9] = [
    "oneOf", "anyOf", "allOf", "not", "enum", "if", "then", "else", "$ref",
];
const MAX_ENUM: usize = 50;
const MAX_DEPTH: usize = 5;
const MAX_KEY: usize = 64;
/// 2^53: beyond it JavaScript clients lose digits.
const MAX_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Places below the root, without those of free-form properties when they are named.
fn below<'a>(root: &'a Value, free_form: &[&str]) -> Vec<Place<'a>> {
    places(root)
        .into_iter()
        .filter(|place| place.depth > 0)
        .filter(|place| {
            let first = place.path.split(['.', '[', '{']).next();
            first.is_none_or(|first| !free_form.contains(&first))
        })
        .collect()
}

/// The schema as one value; the rules walk values.
fn whole(root: &Map<String, Value>) -> Value {
    Value::Object(root.clone())
}

pub(super) fn root(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    let mut mistakes = Vec::new();
    if root.get("type") != Some(&json!("object")) {
        mistakes.push("the root is not of type object".to_owned());
    }
    if !root.get("properties").is_some_and(Value::is_object) {
        mistakes.push("the root has no `properties`".to_owned());
    }
    for keyword in ROOT_FORBIDDEN
        .iter()
        .filter(|name| root.contains_key(**name))
    {
        mistakes.push(format!("the root has `{keyword}`"));
    }
    mistakes
}

pub(super) fn types(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for place in below(&whole(root), &[]) {
        let name = place.piece.get("type").and_then(Value::as_str);
        if place.name.is_some() && !name.is_some_and(|name| SCALARS.contains(&name)) {
            mistakes.push(format!("{} has not one scalar type", at(&place.path)));
        }
        if place.piece.get("default") == Some(&Value::Null) {
            mistakes.push(format!("{} has a null default", at(&place.path)));
        }
    }
    mistakes
}

pub(super) fn items(root: &Map<String, Value>, free_form: &[&str]) -> Vec<String> {
    let root = whole(root);
    let untyped = |place: &Place<'_>| {
        let items = place.piece.get("items");
        let kind = items
            .and_then(|items| items.get("type"))
            .and_then(Value::as_str);
        place.piece.get("type") == Some(&json!("array"))
            && !kind.is_some_and(|kind| SCALARS.contains(&kind))
    };
    let empty = |place: &Place<'_>| {
        place.name.is_some() && place.piece.as_object().is_none_or(Map::is_empty)
    };
    below(&root, free_form)
        .into_iter()
        .filter(|place| untyped(place) || empty(place))
        .map(|place| format!("{} has no typed items", at(&place.path)))
        .collect()
}

pub(super) fn keywords(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for place in places(&whole(root)) {
        for (keyword, value) in place.piece.as_object().into_iter().flatten() {
            let odd_format = keyword == "format" && value != "date-time";
            // What the root may not have is told by its own rule.
            let told = place.depth == 0 && ROOT_FORBIDDEN.contains(&keyword.as_str());
            if (FORBIDDEN.contains(&keyword.as_str()) && !told) || odd_format {
                mistakes.push(format!("{} has `{keyword}`", at(&place.path)));
            }
        }
    }
    mistakes
}

pub(super) fn closed(root: &Map<String, Value>, free_form: &[&str]) -> Vec<String> {
    let mut mistakes = Vec::new();
    if root.get("additionalProperties") != Some(&Value::Bool(false)) {
        mistakes.push("the root is not closed".to_owned());
    }
    for place in below(&whole(root), free_form) {
        if place.piece.get("additionalProperties").is_some() {
            mistakes.push(format!("{} has `additionalProperties`", at(&place.path)));
        }
    }
    mistakes
}

pub(super) fn enums(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    let sound = |values: &Value| {
        values.as_array().is_some_and(|values| {
            (1..=MAX_ENUM).contains(&values.len())
                && values
                    .iter()
                    .all(|value| value.as_str().is_some_and(|text| !text.is_empty()))
        })
    };
    below(&whole(root), &[])
        .into_iter()
        .filter(|place| place.piece.get("enum").is_some_and(|values| !sound(values)))
        .map(|place| format!("the values of {} are not usable", at(&place.path)))
        .collect()
}

pub(super) fn depth(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    below(&whole(root), &[])
        .into_iter()
        .filter(|place| place.depth == MAX_DEPTH + 1)
        .map(|place| format!("{} lies {} levels deep", at(&place.path), place.depth))
        .collect()
}

pub(super) fn integers(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for place in below(&whole(root), &[]) {
        for keyword in ["minimum", "maximum", "default"] {
            let bound = place.piece.get(keyword).and_then(Value::as_f64);
            if bound.is_some_and(|bound| bound.abs() > MAX_INTEGER) {
                mistakes.push(format!("`{keyword}` of {} loses digits", at(&place.path)));
            }
        }
    }
    mistakes
}

pub(super) fn keys(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    let sound = |name: &str| {
        (1..=MAX_KEY).contains(&name.len())
            && name.chars().all(|symbol| {
                symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '_'
            })
    };
    below(&whole(root), &[])
        .into_iter()
        .filter(|place| place.name.is_some_and(|name| !sound(name)))
        .map(|place| format!("{} is not a key every client takes", at(&place.path)))
        .collect()
}

pub(super) fn descriptions(root: &Map<String, Value>, _: &[&str]) -> Vec<String> {
    undescribed(&whole(root))
        .into_iter()
        .map(|path| format!("`{path}` has no description"))
        .collect()
}
