//! What an action takes: placeholders, request schema, examples.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::walk::places;
use crate::registry::entry::{Method, ParametersIn};
use crate::registry::transform::OURS;
use crate::registry::{Action, Registry, schema};

const FORMATS: [&str; 5] = ["date", "date-time", "uuid", "email", "phone"];
const KEYWORDS: &[&str] = &[
    "type",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "x-after-paging",
    "default",
    "additionalProperties",
    "propertyNames",
    "description",
    "x-pii",
    "x-untrusted",
    "x-verbatim",
    "x-null-clears",
    "x-any-of",
    "x-shapes",
    "x-default-window",
];

pub(super) fn placeholders(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let in_path: Vec<&str> = action.placeholders().collect();
    let named: BTreeSet<&str> = in_path.iter().copied().collect();
    let described: BTreeSet<&str> = entry.path_schema.keys().map(String::as_str).collect();
    let mut mistakes = Vec::new();
    if named.len() < in_path.len() {
        mistakes.push(format!("{} names a placeholder twice", entry.path));
    }
    for name in named.difference(&described) {
        mistakes.push(format!("`:{name}` has no schema"));
    }
    for name in described.difference(&named) {
        mistakes.push(format!("`{name}` is not in the path"));
    }
    if !entry.path.starts_with('/') || entry.path.ends_with('/') || entry.path.contains("//") {
        mistakes.push(format!("\"{}\" is not a path", entry.path));
    }
    mistakes
}

pub(super) fn reserved(action: &Action, _: &Registry) -> Vec<String> {
    let taken: Vec<&str> = action.placeholders().chain(OURS).collect();
    schema::properties(action.request_schema())
        .into_iter()
        .flatten()
        .filter(|(name, _)| taken.contains(&name.as_str()))
        .map(|(name, _)| format!("`{name}` cannot be an argument of the API"))
        .collect()
}

pub(super) fn keywords(action: &Action, _: &Registry) -> Vec<String> {
    let mut mistakes = Vec::new();
    for place in places(action.request_schema()) {
        for keyword in place.piece.as_object().into_iter().flat_map(Map::keys) {
            if !KEYWORDS.contains(&keyword.as_str()) {
                mistakes.push(format!("{} has `{keyword}`", at(&place.path)));
            }
        }
    }
    mistakes
}

pub(super) fn format(action: &Action, _: &Registry) -> Vec<String> {
    places(action.request_schema())
        .into_iter()
        .filter_map(|place| {
            let format = place.piece.get("format")?;
            let known = format.as_str().is_some_and(|name| FORMATS.contains(&name));
            (!known).then(|| format!("{} has the format {format}", at(&place.path)))
        })
        .collect()
}

/// Names in `required`, of the request and of the answer, that no property has.
pub(super) fn required(action: &Action, _: &Registry) -> Vec<String> {
    let mut mistakes = Vec::new();
    for root in [action.request_schema(), action.response_schema()] {
        for place in places(root) {
            let names = place.piece.get("required").and_then(Value::as_array);
            for name in names.into_iter().flatten().filter_map(Value::as_str) {
                let known = schema::properties(place.piece)
                    .is_some_and(|properties| properties.contains_key(name));
                if !known {
                    mistakes.push(format!(
                        "{} requires `{name}`, which it lacks",
                        at(&place.path)
                    ));
                }
            }
        }
    }
    mistakes
}

pub(super) fn parameters_in(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    match entry.parameters_in {
        Some(place) if place == entry.method.parameters_in() => {
            vec![format!(
                "`parameters_in` says what {} does",
                entry.method.as_str()
            )]
        }
        Some(ParametersIn::Body) if entry.method == Method::Get => {
            vec!["a GET has no body".to_owned()]
        }
        Some(_) | None => Vec::new(),
    }
}

pub(super) fn wire(action: &Action, _: &Registry) -> Vec<String> {
    if action.entry().wire_schema.is_none() {
        return Vec::new();
    }
    let wire = action.wire_schema();
    let names = |schema: &Value| -> BTreeSet<String> {
        let properties = schema::properties(schema).into_iter().flatten();
        properties.map(|(name, _)| name.clone()).collect()
    };
    let (printed, taken) = (names(&wire), names(action.request_schema()));
    printed
        .symmetric_difference(&taken)
        .map(|name| format!("`{name}` stands in only one of the two"))
        .collect()
}

pub(super) fn examples(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let takes_arguments = !entry.path_schema.is_empty()
        || schema::properties(action.request_schema()).is_some_and(|map| !map.is_empty());
    let wanted = if takes_arguments { 2 } else { 1 };
    let mut mistakes = Vec::new();
    if entry.examples.len() < wanted {
        mistakes.push(format!("there are {} examples", entry.examples.len()));
    }
    let mut titles = BTreeSet::new();
    for example in &entry.examples {
        if example.title.trim().is_empty() || !titles.insert(&example.title) {
            mistakes.push(format!("the title \"{}\" says nothing new", example.title));
        }
        let arguments = Value::Object(example.arguments.clone());
        let errors = action.input_validator().into_iter();
        for error in errors.flat_map(|validator| validator.iter_errors(&arguments)) {
            let path = error
                .instance_path()
                .as_str()
                .trim_start_matches('/')
                .replace('/', ".");
            mistakes.push(format!("\"{}\", {}: {error}", example.title, at(&path)));
        }
    }
    mistakes
}

/// A place in words.
pub(super) fn at(path: &str) -> String {
    if path.is_empty() {
        "the root".to_owned()
    } else {
        format!("`{path}`")
    }
}
