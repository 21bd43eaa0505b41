//! From a client's arguments back to the API's request.

use serde_json::{Map, Value};

use crate::registry::{Action, schema};

/// The inverse of the input transform for the API's own parameters: lists of `{key, value}` become
/// maps again, and cleared paths and removed entries become nulls. Placeholders and our own keys are not in `arguments`.
pub fn to_request(
    action: &Action,
    mut arguments: Map<String, Value>,
    clear: &[String],
) -> Map<String, Value> {
    let request = action.request_schema();
    for (name, piece) in schema::properties(request).into_iter().flatten() {
        if let Some(value) = arguments.get_mut(name) {
            restore_maps(piece, value);
        }
    }
    for path in clear {
        set_null(&mut arguments, path);
    }
    arguments
}

/// The paths that an argument or the value of a map says to clear.
pub fn cleared(map: &Map<String, Value>) -> Vec<String> {
    texts(map.get("clear"))
}

/// The texts of a list; of anything else none.
pub fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn restore_maps(piece: &Value, value: &mut Value) {
    if let (Some(values), Value::Array(pairs)) = (schema::open_map(piece), &mut *value) {
        let mut map = Map::new();
        for pair in pairs.iter_mut() {
            if let Some(key) = pair.get("key").and_then(Value::as_str).map(str::to_owned)
                && let Some(inner) = restore_value(values, pair)
            {
                map.insert(key, inner);
            }
        }
        *value = Value::Object(map);
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, child) in schema::properties(piece).into_iter().flatten() {
                if let Some(inner) = map.get_mut(name) {
                    restore_maps(child, inner);
                }
            }
        }
        Value::Array(items) => {
            if let Some(child) = piece.get("items") {
                items.iter_mut().for_each(|item| restore_maps(child, item));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The value of one pair; `None` when the pair says nothing.
fn restore_value(values: &Value, pair: &mut Value) -> Option<Value> {
    let cleared = pair.as_object().map(cleared).unwrap_or_default();
    let mut value = match pair.get_mut("value") {
        Some(inner) => {
            restore_maps(values, inner);
            inner.take()
        }
        None if !cleared.is_empty() => Value::Object(Map::new()),
        None if schema::is_nullable(values) => Value::Null,
        None => return None,
    };
    if let Value::Object(map) = &mut value {
        cleared.iter().for_each(|path| set_null(map, path));
    }
    Some(value)
}

fn set_null(map: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), Value::Null);
        }
        Some((head, rest)) => {
            let child = map
                .entry(head.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = child {
                set_null(inner, rest);
            }
        }
    }
}
