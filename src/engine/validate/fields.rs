//! The `fields` a caller asks for are ones the rows have.

use serde_json::{Map, Value};

use super::explain;
use super::mistakes::Mistakes;
use crate::registry::{Action, nearest, schema};

/// Refuses every field asked for that the rows do not have.
pub(super) fn check(action: &Action, arguments: &Map<String, Value>, mistakes: &mut Mistakes) {
    let (Some(rows), Some(Value::Array(fields))) = (action.rows(), arguments.get("fields")) else {
        return;
    };
    let Some(row) = schema::properties(action.response_schema())
        .and_then(|properties| properties.get(&rows.key))
        .and_then(|piece| piece.get("items"))
        .filter(|row| schema::properties(row).is_some())
    else {
        return;
    };
    let mut valid = Vec::new();
    leaves(row, "", &mut valid);
    for field in fields.iter().filter_map(Value::as_str) {
        let mut piece = Some(row);
        for part in field.split('.') {
            piece = piece
                .and_then(schema::properties)
                .and_then(|properties| properties.get(part));
        }
        if piece.is_none() {
            mistakes.add_listing("fields", &valid, || {
                let near = nearest(field, valid.iter().map(String::as_str))
                    .map(|near| format!(", did you mean `{near}`?"))
                    .unwrap_or_default();
                let shown = explain::short(field);
                format!("`fields`: the rows have no field `{shown}`{near}")
            });
        }
    }
}

fn leaves(piece: &Value, prefix: &str, found: &mut Vec<String>) {
    for (name, child) in schema::properties(piece).into_iter().flatten() {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if schema::properties(child).is_some_and(|inner| !inner.is_empty()) {
            leaves(child, &path, found);
        } else {
            found.push(path);
        }
    }
}
