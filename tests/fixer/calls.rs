//! Calls that are right: the examples of an action, and one that gives every argument there is.

use serde_json::{Map, Value, json};
use stoq_mcp::registry::{Action, schema};

const TEXTS: [&str; 7] = [
    "Some words",
    "2026-04-01",
    "de",
    "12",
    "#A1B2C3",
    "#ABC",
    "51900000-0000-4000-8000-000000000002",
];

/// The right calls of an action.
pub fn of(action: &Action) -> Vec<Map<String, Value>> {
    let examples = action.entry().examples.iter();
    let mut calls: Vec<_> = examples.map(|example| example.arguments.clone()).collect();
    calls.push(full(action));
    calls
}

fn full(action: &Action) -> Map<String, Value> {
    let request = schema::properties(action.request_schema());
    let properties = action.input_schema().get("properties").unwrap();
    let mut call = Map::new();
    for (name, piece) in properties.as_object().unwrap() {
        let own = request.and_then(|request| request.get(name));
        match name.as_str() {
            // A cursor is the API's word; none fits a call that was never made.
            "cursor" if own.is_none() => {}
            "fields" if own.is_none() => {
                call.insert(name.clone(), json!(row_fields(action)));
            }
            _ => {
                call.insert(name.clone(), fill(piece, own));
            }
        }
    }
    call
}

/// Two fields that the rows have.
pub fn row_fields(action: &Action) -> Vec<String> {
    let rows = action.rows().unwrap();
    let row = schema::properties(action.response_schema()).unwrap()[&rows.key].get("items");
    let names = row.and_then(schema::properties).into_iter().flatten();
    names.map(|(name, _)| name.clone()).take(2).collect()
}

/// A value of a schema with all its members; `own` is the API's own schema of it, which knows formats.
fn fill(piece: &Value, own: Option<&Value>) -> Value {
    let inner = |name: &str| own.and_then(schema::properties)?.get(name);
    let items = own.and_then(|own| own.get("items"));
    match schema::scalar_type(piece) {
        Some("object") => {
            let members = schema::properties(piece).into_iter().flatten();
            let filled = members.map(|(name, child)| (name.clone(), fill(child, inner(name))));
            Value::Object(filled.collect())
        }
        Some("array") => {
            let most = piece.get("maxItems").and_then(Value::as_u64).unwrap_or(2);
            let least = piece.get("minItems").and_then(Value::as_u64).unwrap_or(0);
            let count = usize::try_from(most.min(2).max(least)).unwrap();
            json!(vec![fill(&piece["items"], items); count])
        }
        Some("boolean") => json!(false),
        Some("integer" | "number") => first_fit(
            piece,
            [json!(7)].into_iter().chain(
                ["minimum", "maximum"]
                    .iter()
                    .filter_map(|key| piece.get(*key).cloned()),
            ),
        ),
        _ => first_fit(piece, options(piece).chain(texts(own))),
    }
}

fn options(piece: &Value) -> impl Iterator<Item = Value> {
    let options = piece.get("enum").and_then(Value::as_array);
    options.into_iter().flatten().cloned()
}

fn texts(own: Option<&Value>) -> impl Iterator<Item = Value> {
    let format = own
        .and_then(|own| own.get("format"))
        .and_then(Value::as_str);
    let formed = match format {
        Some("date") => Some("2026-04-01"),
        Some("date-time") => Some("2026-04-01T09:30:00Z"),
        Some("email") => Some("rosa.lind@example.com"),
        Some("phone") => Some("15035550102"),
        Some("uuid") => Some("51900000-0000-4000-8000-000000000003"),
        Some(_) | None => None,
    };
    formed.into_iter().chain(TEXTS).map(Value::from)
}

fn first_fit(piece: &Value, mut tried: impl Iterator<Item = Value>) -> Value {
    let validator = jsonschema::validator_for(piece).unwrap();
    tried
        .find(|value| validator.is_valid(value))
        .unwrap_or_else(|| panic!("nothing fits {piece}"))
}
