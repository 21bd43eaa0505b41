//! JSON Schema as data: references into `$defs` and how they are inlined.

use serde_json::{Map, Value};

const DEFS: &str = "#/$defs/";
/// Deeper than any honest schema; stops a reference that leads back to itself.
const MAX_DEPTH: usize = 32;

/// Checks that every reference leads to a shared piece and never back to itself.
///
/// # Errors
/// The reason, naming the reference.
pub fn check_refs(schema: &Value, defs: &Map<String, Value>) -> Result<(), String> {
    check(schema, defs, 0)
}

fn check(schema: &Value, defs: &Map<String, Value>, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err("a `$ref` leads back to itself; schemas must be finite".to_owned());
    }
    match schema {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref") {
                check(lookup(target, defs)?, defs, depth + 1)?;
            }
            map.values()
                .try_for_each(|value| check(value, defs, depth + 1))
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|value| check(value, defs, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn lookup<'a>(target: &Value, defs: &'a Map<String, Value>) -> Result<&'a Value, String> {
    let Some(name) = target.as_str().and_then(|text| text.strip_prefix(DEFS)) else {
        return Err(format!(
            "`$ref` {target} is not of the form \"{DEFS}<name>\""
        ));
    };
    defs.get(name)
        .ok_or_else(|| format!("`$ref` \"{DEFS}{name}\" leads nowhere; add `{name}` to `$defs`"))
}

/// The schema with every reference replaced by its piece; keys beside a reference win.
///
/// References were checked at load; one that still leads nowhere is left out.
pub fn inline(schema: &Value, defs: &Map<String, Value>) -> Value {
    inline_at(schema, defs, 0)
}

fn inline_at(schema: &Value, defs: &Map<String, Value>, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Object(Map::new());
    }
    match schema {
        Value::Object(map) => {
            let mut out = Map::new();
            if let Some(target) = map.get("$ref")
                && let Ok(piece) = lookup(target, defs)
                && let Value::Object(base) = inline_at(piece, defs, depth + 1)
            {
                out = base;
            }
            for (key, value) in map {
                if key != "$ref" {
                    out.insert(key.clone(), inline_at(value, defs, depth + 1));
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|value| inline_at(value, defs, depth + 1))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// The properties of an object schema.
pub fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

/// The schema at a dotted path of properties.
pub fn at<'a>(schema: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(schema, |piece, name| properties(piece)?.get(name))
}

/// Dotted paths of the properties that have none below them, in their order.
pub fn leaves(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_leaves(schema, "", &mut found);
    found
}

fn collect_leaves(schema: &Value, prefix: &str, found: &mut Vec<String>) {
    for (name, piece) in properties(schema).into_iter().flatten() {
        let path = format!("{prefix}{name}");
        if properties(piece).is_some_and(|below| !below.is_empty()) {
            collect_leaves(piece, &format!("{path}."), found);
        } else {
            found.push(path);
        }
    }
}

/// The first type of a schema that is not `null`.
pub fn scalar_type(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => Some(name),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => None,
    }
}

/// Whether a schema admits `null`.
pub fn is_nullable(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        Some(Value::String(name)) => name == "null",
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    }
}

/// The schema of an open map's values: an object without named properties.
pub fn open_map(schema: &Value) -> Option<&Value> {
    let values = schema.get("additionalProperties")?;
    (values.is_object() && properties(schema).is_none_or(Map::is_empty)).then_some(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn defs(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn keys_beside_a_reference_win() {
        let defs = defs(json!({
            "id": {"type": "integer", "minimum": 1, "description": "Id."},
            "ids": {"type": "array", "items": {"$ref": "#/$defs/id"}}}));
        assert_eq!(
            inline(
                &json!({"a": {"$ref": "#/$defs/ids", "description": "All."}}),
                &defs
            ),
            json!({"a": {"type": "array", "description": "All.",
                "items": {"type": "integer", "minimum": 1, "description": "Id."}}})
        );
    }

    #[test]
    fn a_reference_must_lead_to_a_piece_and_end() {
        let defs = defs(json!({"loop": {"items": {"$ref": "#/$defs/loop"}}, "a": {}}));
        let check = |target: Value| check_refs(&json!({"x": [{"$ref": target}]}), &defs);
        assert_eq!(check(json!("#/$defs/a")), Ok(()));
        assert_eq!(
            check(json!("#/$defs/loop")),
            Err("a `$ref` leads back to itself; schemas must be finite".to_owned())
        );
        assert_eq!(
            check(json!("#/$defs/b")),
            Err("`$ref` \"#/$defs/b\" leads nowhere; add `b` to `$defs`".to_owned())
        );
        assert_eq!(
            check(json!(7)),
            Err("`$ref` 7 is not of the form \"#/$defs/<name>\"".to_owned())
        );
    }

    #[test]
    fn null_is_set_apart_from_the_type() {
        let cases = [
            (json!({"type": "string"}), Some("string"), false),
            (json!({"type": ["null", "integer"]}), Some("integer"), true),
            (json!({"type": "null"}), Some("null"), true),
            (json!({"enum": ["a"]}), None, false),
        ];
        for (piece, name, nullable) in cases {
            assert_eq!(
                (scalar_type(&piece), is_nullable(&piece)),
                (name, nullable),
                "{piece}"
            );
        }
    }

    #[test]
    fn an_object_with_named_properties_is_no_open_map() {
        let values = json!({"type": "string"});
        let open = json!({"type": "object", "additionalProperties": values});
        assert_eq!(open_map(&open), Some(&values));
        for piece in [
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "object", "properties": {"a": {}}, "additionalProperties": values}),
            json!({"type": "object"}),
        ] {
            assert_eq!(open_map(&piece), None, "{piece}");
        }
    }
}
