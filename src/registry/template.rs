//! Argument templates of entries: `"{name}"` stands for an argument of the call, `"{name.part}"` for
//! a part of it, `"{name.0}"` for the first member of a list, `"{call_time}"` for the moment of the
//! call.

use serde_json::{Map, Value};

/// Fills a template; an argument that the call does not have is left out. `call_time` is the moment
/// of the call by the API's clock, when that is known.
pub fn fill(
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
    match stands_for(value) {
        Some("call_time") => call_time.map(|at| Value::String(at.to_owned())),
        Some(source) => lookup(arguments, source)
            .filter(|value| !value.is_null())
            .cloned(),
        None => Some(value.clone()),
    }
}

/// Fills a template of nested objects; an argument that the call does not have is left out, one that
/// it sets to null is null.
pub fn fill_nested(template: &Map<String, Value>, arguments: &Map<String, Value>) -> Value {
    let filled = template.iter().filter_map(|(name, value)| {
        let value = match (value, stands_for(value)) {
            (Value::Object(inner), _) => fill_nested(inner, arguments),
            (_, Some(source)) => lookup(arguments, source)?.clone(),
            (other, None) => other.clone(),
        };
        Some((name.clone(), value))
    });
    Value::Object(filled.collect())
}

/// The argument, or the part of one, at a dotted path.
pub fn lookup<'a>(arguments: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let mut value = arguments.get(parts.next()?)?;
    for part in parts {
        value = match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            other => other.get(part)?,
        };
    }
    Some(value)
}

/// The argument a template value stands for.
pub fn stands_for(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix('{')?.strip_suffix('}')
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

    #[test]
    fn a_nested_template_keeps_its_form() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let template = map(
            json!({"schedule": {"starts_at": "{starts_at}", "ends_at": "{ends_at}"},
            "state": "enabled", "name": "{name}"}),
        );
        assert_eq!(
            fill_nested(&template, &map(json!({"ends_at": null, "name": "A"}))),
            json!({"schedule": {"ends_at": null}, "state": "enabled", "name": "A"})
        );
    }

    #[test]
    fn a_part_of_an_argument_is_named_by_its_path() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let template = map(
            json!({"email": "{customer.email}", "phone": "{customer.phone}", "id": "{a.0.id}"}),
        );
        let filled = fill(
            &template,
            &map(json!({"customer": {"email": "a@b.c"}, "a": [{"id": 7}]})),
            None,
        );
        assert_eq!(Value::Object(filled), json!({"email": "a@b.c", "id": 7}));
    }

    #[test]
    fn a_member_of_a_list_is_named_by_its_place() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let template = map(json!({"id": "{ids.0}", "other": "{ids.9}", "name": "{name.0}"}));
        let filled = fill(
            &template,
            &map(json!({"ids": ["a", "b"], "name": "x"})),
            None,
        );
        assert_eq!(Value::Object(filled), json!({"id": "a"}));
    }
}
