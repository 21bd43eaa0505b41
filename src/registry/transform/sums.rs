//! Which fields of a list's rows can be added up, and the form in which their sums are told.

use serde_json::{Map, Value, json};

use super::Rows;
use crate::registry::schema;

/// Field in which a row says what its money is.
pub(super) const CURRENCY: &str = "currency";
/// Key under which some answers have sums of their own.
const TOTALS: &str = "totals";

/// A field of rows that can be added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Additive {
    /// Dotted path in the row.
    pub path: String,
    /// Whether it is a decimal text, as money is; else it is a number.
    pub is_text: bool,
}

/// The fields of a row marked `x-sum`, less those that the answer itself sums up beside its rows.
pub(super) fn additive(response: &Value, row: Option<&Value>) -> Vec<Additive> {
    let is_told = |path: &str| {
        let own = schema::properties(response).and_then(|properties| properties.get(TOTALS));
        let beside = schema::at(response, path);
        beside.is_some_and(|piece| piece.get("x-decimal").is_some())
            || own.is_some_and(|totals| schema::at(totals, path).is_some())
    };
    let row = row.unwrap_or(&Value::Null);
    let marked = schema::leaves(row).into_iter().filter_map(|path| {
        let piece = schema::at(row, &path)?;
        let is_sum = piece.get("x-sum") == Some(&Value::Bool(true));
        (is_sum && !is_told(&path)).then(|| Additive {
            is_text: schema::scalar_type(piece) == Some("string"),
            path,
        })
    });
    marked.collect()
}

/// The form of `totals` in a result; `None` when nothing can be added up.
pub(super) fn totals_schema(rows: &Rows) -> Option<Value> {
    if rows.sums.is_empty() {
        return None;
    }
    let mut sums = json!({"type": "object"});
    for field in &rows.sums {
        let kind = if field.is_text { "string" } else { "integer" };
        put(&mut sums, &field.path, json!({"type": kind}));
    }
    let mut properties = json!({
        "rows": {"type": "integer", "description": "Rows that match."},
        "sums": sums});
    if rows.has_currency
        && let Value::Object(properties) = &mut properties
    {
        let each = json!({"type": "object", "properties": {
            "currency": {"type": ["string", "null"], "description": "ISO 4217."}, "sums": sums}});
        properties.insert(
            "by_currency".into(),
            json!({"type": "array", "items": each}),
        );
    }
    Some(
        json!({"type": "object", "properties": properties, "required": ["rows"],
        "description": "Exact sums over all rows that match, also those not shown; absent when not all are known."}),
    )
}

/// Puts a piece below an object schema, with an object for each part of its path.
fn put(parent: &mut Value, path: &str, piece: Value) {
    let Value::Object(parent) = parent else {
        return;
    };
    let properties = parent
        .entry("properties")
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(properties) = properties else {
        return;
    };
    match path.split_once('.') {
        None => {
            properties.insert(path.to_owned(), piece);
        }
        Some((head, rest)) => {
            let below = properties
                .entry(head.to_owned())
                .or_insert_with(|| json!({"type": "object"}));
            put(below, rest, piece);
        }
    }
}
