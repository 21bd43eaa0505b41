//! Argument templates of the registry: `"{name}"` stands for an argument of the call.

use serde_json::{Map, Value};

/// Fills a template; an argument that the call does not have is left out. `call_time` is the moment
/// of the call by the API's clock, when that is known.
pub(super) fn fill(
    template: &Map<String, Value>,
    arguments: &Map<String, Value>,
    call_time: Option<&str>,
) -> Map<String, Value> {
    template
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), one(value, arguments, call_time)?)))
        .collect()
}

fn one(value: &Value, arguments: &Map<String, Value>, call_time: Option<&str>) -> Option<Value> {
    let name = value
        .as_str()
        .and_then(|text| text.strip_prefix('{'))
        .and_then(|text| text.strip_suffix('}'));
    match name {
        Some("call_time") => call_time.map(|at| Value::String(at.to_owned())),
        Some(name) => arguments
            .get(name)
            .filter(|value| !value.is_null())
            .cloned(),
        None => Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_arguments_are_left_out() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let filled = fill(
            &map(
                json!({"variant_id": "{shopify_variant_id}", "email": "{email}", "from": "{call_time}", "status": "pending"}),
            ),
            &map(json!({"shopify_variant_id": 7, "email": null})),
            Some("2026-03-31T12:00:00Z"),
        );
        assert_eq!(
            Value::Object(filled),
            json!({"variant_id": 7, "from": "2026-03-31T12:00:00Z", "status": "pending"})
        );
    }
}
