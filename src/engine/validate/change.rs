//! A settings write changes something: the API refuses an empty one, and null counts as absent.

use serde_json::{Map, Value};

use super::fitting;
use super::mistakes::{Mistakes, names};
use crate::registry::Action;

/// Refuses a write that changes nothing.
pub(super) fn check(
    action: &Action,
    properties: &Map<String, Value>,
    arguments: &Map<String, Value>,
    mistakes: &mut Mistakes,
) {
    let any_of = any_of(action);
    if any_of.is_empty() {
        if action.entry().method.is_partial() && !changes(action, arguments) {
            let all = properties.keys().map(String::as_str);
            let all: Vec<&str> = all.filter(|name| !is_id(action, name)).collect();
            mistakes.add(|| nothing(action, &all));
        }
    } else if mistakes.is_empty() && !any_of.iter().any(|name| is_given(name, arguments)) {
        mistakes.add(|| nothing(action, &any_of));
    }
}

/// The fields of which the body must have one (`x-any-of`); none when it need not.
fn any_of(action: &Action) -> Vec<&str> {
    let names = action.request_schema().get("x-any-of");
    let names = names.and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}

/// Whether a field is given a value, or cleared.
fn is_given(name: &str, arguments: &Map<String, Value>) -> bool {
    let cleared = arguments.get("clear").and_then(Value::as_array);
    let is_cleared = cleared.is_some_and(|paths| paths.iter().any(|path| path == name));
    arguments.contains_key(name) || is_cleared
}

fn is_id(action: &Action, name: &str) -> bool {
    action.placeholders().any(|placeholder| placeholder == name)
}

fn changes(action: &Action, arguments: &Map<String, Value>) -> bool {
    arguments
        .iter()
        .any(|(name, value)| !is_id(action, name) && says_something(name, value))
}

fn nothing(action: &Action, changing: &[&str]) -> String {
    let nulls = if changing.contains(&"clear") {
        "; null counts as absent, `clear` sets fields to null"
    } else {
        ""
    };
    // What an example changes says more than what a schema suggests.
    let is_shown = |name: &&&str| fitting::from_examples(action, &[**name]).next().is_some();
    let example = changing
        .iter()
        .find(is_shown)
        .or(changing.first())
        .and_then(|name| Some((*name, fitting::value(action, &[*name])?)))
        .map(|(name, value)| format!(" (e.g. {})", Value::Object(one(name, value))))
        .unwrap_or_default();
    format!(
        "there is nothing to change; pass at least one of {}{nulls}{example}",
        names(changing)
    )
}

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn says_something(name: &str, value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(name, inner)| says_something(name, inner)),
        // An empty list is a value; only an empty list of fields to clear says nothing.
        Value::Array(items) => name != "clear" || !items.is_empty(),
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}
