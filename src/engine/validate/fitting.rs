//! A value that fits a field, to be named when a mistake is explained: one from the action's
//! examples, else one made from the schema.
//!
//! It only ever looks at the registry, never at what the caller sent.

use serde_json::{Map, Value, json};

use crate::registry::{Action, schema};

/// Most bytes of a value that an error names.
const MAX_VALUE: usize = 160;

/// Texts that patterns without a description are tried with.
const TEXTS: [&str; 5] = ["text", "8", "us", "#0B5D3B", "2026-03-31"];

/// What the description or the name of a field must hold for a value to be one of its kind.
const KINDS: [(&[&str], &str); 7] = [
    (&["YYYY-MM-DD", "UTC date"], "2026-03-31"),
    (&["ISO 8601", "Time the", "time;"], "2026-03-31T08:00:00Z"),
    (&["UUID"], "51900000-0000-4000-8000-000000000001"),
    (&["email", "Email"], "jane.okafor@example.com"),
    (&["phone", "Phone"], "15035550101"),
    (&["myshopify"], "juniper-supply.myshopify.com"),
    (&["URL"], "https://example.com/"),
];

/// A value for the field at a path, as ` (e.g. …)`; nothing when none is known.
pub(super) fn such_as(action: &Action, path: &[&str]) -> String {
    value(action, path).map_or_else(String::new, |value| format!(" (e.g. {value})"))
}

/// A value for the field at a path, of which lists are named by the place of a member.
pub(super) fn value(action: &Action, path: &[&str]) -> Option<Value> {
    let piece = piece_at(action.input_schema(), path)?;
    from_examples(action, path)
        .find(|value| fits(piece, value))
        .cloned()
        .or_else(|| made(piece, path.last().copied().unwrap_or_default()))
}

/// The values that the action's examples have at a path.
pub(super) fn from_examples<'a>(
    action: &'a Action,
    path: &'a [&'a str],
) -> impl Iterator<Item = &'a Value> {
    let examples = action.entry().examples.iter();
    examples.filter_map(move |example| {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(example.arguments.get(*first)?, |value, part| match value {
                Value::Object(map) => map.get(*part),
                Value::Array(members) => members.first(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            })
    })
}

/// The schema of the field at a path.
pub(super) fn piece_at<'a>(root: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(
            root.get("properties")?.get(*first)?,
            |piece, part| match schema::properties(piece) {
                Some(properties) => properties.get(*part),
                None => piece.get("items"),
            },
        )
}

fn fits(piece: &Value, value: &Value) -> bool {
    value.to_string().len() <= MAX_VALUE
        && jsonschema::validator_for(piece).is_ok_and(|validator| validator.is_valid(value))
}

/// The first of the values a schema suggests that fits it.
fn made(piece: &Value, name: &str) -> Option<Value> {
    let mut tried: Vec<Value> = piece
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .chain(piece.get("default"))
        .cloned()
        .collect();
    match schema::scalar_type(piece) {
        Some("object") => tried.extend(made_object(piece)),
        Some("array") => tried.extend(made_array(piece)),
        Some("boolean") => tried.push(json!(true)),
        Some("integer" | "number") => {
            if description(piece).contains("Shopify") {
                tried.push(json!(44_021_000_000_301_u64));
            }
            tried.push(json!(1));
            tried.extend(piece.get("minimum").cloned());
            tried.extend(piece.get("maximum").cloned());
        }
        Some("string") | None => tried.extend(texts(piece, name).map(Value::String)),
        Some(_) => {}
    }
    tried.into_iter().find(|value| fits(piece, value))
}

fn made_object(piece: &Value) -> Option<Value> {
    let properties = schema::properties(piece)?;
    let required: Vec<&str> = piece
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let one = |name: &str| Some((name.to_owned(), made(properties.get(name)?, name)?));
    let members: Option<Map<String, Value>> = if required.is_empty() {
        let first = properties.keys().find_map(|name| one(name));
        first.map(|pair| Map::from_iter([pair]))
    } else {
        required.into_iter().map(one).collect()
    };
    members.map(Value::Object)
}

fn made_array(piece: &Value) -> Option<Value> {
    let member = made(piece.get("items")?, "")?;
    let least = piece.get("minItems").and_then(Value::as_u64).unwrap_or(1);
    let count = usize::try_from(least.max(1)).ok()?;
    Some(Value::Array(vec![member; count.min(MAX_VALUE)]))
}

fn texts<'a>(piece: &'a Value, name: &'a str) -> impl Iterator<Item = String> {
    let told = description(piece);
    let named = told
        .split_once("e.g. ")
        .and_then(|(_, rest)| rest.split(' ').next())
        .map(|word| word.trim_matches(['.', ',', ';', '`', ')']));
    let kind = KINDS.iter().find_map(|(words, text)| {
        let held = |word: &&str| told.contains(*word) || name.contains(*word);
        words.iter().any(held).then_some(*text)
    });
    let moment = piece
        .get("format")
        .and_then(Value::as_str)
        .filter(|format| *format == "date-time")
        .map(|_| "2026-03-31T08:00:00Z");
    let least = piece.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    let long = "x".repeat(usize::try_from(least).unwrap_or(MAX_VALUE).min(MAX_VALUE));
    moment
        .into_iter()
        .chain(kind)
        .chain(named)
        .chain(TEXTS)
        .map(str::to_owned)
        .chain([long])
}

fn description(piece: &Value) -> &str {
    piece
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_from_what_the_schema_says() {
        let cases = [
            (json!({"type": "string", "enum": ["a", "b"]}), json!("a")),
            (json!({"type": "integer", "minimum": 5}), json!(5)),
            (
                json!({"type": "integer", "minimum": -3, "maximum": 0}),
                json!(-3),
            ),
            (json!({"type": "integer", "default": 7}), json!(7)),
            (json!({"type": "boolean"}), json!(true)),
            (
                json!({"type": "string", "description": "Day, YYYY-MM-DD."}),
                json!("2026-03-31"),
            ),
            (
                json!({"type": "string", "pattern": "^[a-z]{2}-[A-Z]{2}$", "description": "Locale, e.g. pt-BR."}),
                json!("pt-BR"),
            ),
            (
                json!({"type": "string", "pattern": "^#[0-9A-F]{6}$"}),
                json!("#0B5D3B"),
            ),
            (
                json!({"type": "array", "minItems": 2, "items": {"type": "integer"}}),
                json!([1, 1]),
            ),
            (
                json!({"type": "object", "required": ["b"], "properties": {
                    "a": {"type": "string"}, "b": {"type": "boolean"}}}),
                json!({"b": true}),
            ),
        ];
        for (piece, wanted) in cases {
            assert_eq!(made(&piece, ""), Some(wanted), "{piece}");
        }
        let strange = json!({"type": "string", "pattern": "^[Q]{7}$"});
        assert_eq!(made(&strange, ""), None);
    }
}
