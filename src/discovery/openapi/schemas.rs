//! The registry's schemas as OpenAPI has them: references into `components`, and of our own keywords
//! only those that say something of the data.

use serde_json::{Map, Value, json};

/// Keywords of ours that readers of the document can use.
const KEPT: [&str; 3] = ["x-pii", "x-untrusted", "x-decimal"];

const OF_REGISTRY: &str = "#/$defs/";
pub(super) const OF_DOCUMENT: &str = "#/components/schemas/";

/// A schema in the document's form.
pub(super) fn formed(piece: &Value) -> Value {
    let Value::Object(map) = piece else {
        return piece.clone();
    };
    let mut out = Map::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            ("$ref", Value::String(target)) => match target.strip_prefix(OF_REGISTRY) {
                Some(name) => json!(format!("{OF_DOCUMENT}{name}")),
                None => value.clone(),
            },
            ("properties", Value::Object(members)) => {
                let members = members.iter();
                members
                    .map(|(name, child)| (name.clone(), formed(child)))
                    .collect()
            }
            ("items" | "additionalProperties" | "propertyNames" | "not", child) => formed(child),
            (own, _) if own.starts_with("x-") && !KEPT.contains(&own) => continue,
            (_, value) => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    Value::Object(out)
}

/// A request body: what the form alone does not say of it is said in the words of the standard.
pub(super) fn body(request: &Value, is_partial: bool) -> Value {
    let mut out = formed(request);
    let Value::Object(map) = &mut out else {
        return out;
    };
    // Not sent and sent without anything known are refused.
    if is_partial && !map.contains_key("required") {
        map.insert("minProperties".to_owned(), json!(1));
    }
    let any = request.get("x-any-of").and_then(Value::as_array);
    let any: Vec<Value> = any
        .into_iter()
        .flatten()
        .map(|name| json!({"required": [name]}))
        .collect();
    if !any.is_empty() {
        map.insert("anyOf".to_owned(), Value::Array(any));
    }
    out
}

/// Adds the shared pieces that a part of the document refers to, in the order of the registry, and those
/// that they refer to.
pub(super) fn add_used(part: &Value, defs: &Map<String, Value>, schemas: &mut Map<String, Value>) {
    let mut used = Vec::new();
    names(part, &mut used);
    let mut at = 0;
    while let Some(name) = used.get(at).cloned() {
        if let Some(piece) = defs.get(&name) {
            names(&formed(piece), &mut used);
        }
        at += 1;
    }
    let used = defs.iter().filter(|(name, _)| used.contains(name));
    schemas.extend(used.map(|(name, piece)| (name.clone(), formed(piece))));
}

/// The names of the pieces referred to, each once.
fn names(part: &Value, found: &mut Vec<String>) {
    match part {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str);
            if let Some(name) = target.and_then(|target| target.strip_prefix(OF_DOCUMENT))
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
            map.values().for_each(|value| names(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| names(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
