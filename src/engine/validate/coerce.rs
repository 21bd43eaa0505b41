//! Mends what clients get wrong without changing what they mean: `"5"` for 5, `"a"` for `["a"]`,
//! null for absent, JSON inside a string, an enum in other letters.

use serde_json::{Map, Number, Value};

use crate::registry::schema;

/// Mends every known property and leaves out nulls.
pub(super) fn object(properties: Option<&Map<String, Value>>, map: &mut Map<String, Value>) {
    map.retain(|_, value| !value.is_null());
    for (name, value) in map.iter_mut() {
        if let Some(piece) = properties.and_then(|properties| properties.get(name)) {
            self::value(piece, value);
        }
    }
}

/// Mends one value.
pub(super) fn value(piece: &Value, value: &mut Value) {
    match schema::scalar_type(piece) {
        Some("integer") => integer(value),
        Some("number") => number(value),
        Some("boolean") => boolean(value),
        Some("string") => string(piece, value),
        Some("array") => array(piece, value),
        Some("object") => {
            unpack(value, Value::is_object);
            if let Value::Object(map) = value {
                object(schema::properties(piece), map);
            }
        }
        Some(_) | None => {}
    }
}

fn integer(value: &mut Value) {
    let parsed = match value {
        Value::String(text) => text.trim().parse::<i64>().ok(),
        Value::Number(number) if !number.is_i64() && !number.is_u64() => whole(number),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    };
    if let Some(parsed) = parsed {
        *value = Value::Number(parsed.into());
    }
}

/// `5.0` as 5, within the range in which every integer is exact.
fn whole(number: &Number) -> Option<i64> {
    let float = number.as_f64()?;
    let text = format!("{float:.0}");
    (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0)
        .then(|| text.parse().ok())
        .flatten()
}

fn number(value: &mut Value) {
    if let Value::String(text) = value
        && let Ok(parsed) = text.trim().parse::<f64>()
        && let Some(number) = Number::from_f64(parsed)
    {
        *value = Value::Number(number);
    }
}

fn boolean(value: &mut Value) {
    let parsed = match value {
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    };
    if let Some(parsed) = parsed {
        *value = Value::Bool(parsed);
    }
}

fn string(piece: &Value, value: &mut Value) {
    if let Value::Number(number) = value {
        *value = Value::String(number.to_string());
    }
    if let (Some(options), Value::String(text)) =
        (piece.get("enum").and_then(Value::as_array), &mut *value)
        && let Some(option) = options
            .iter()
            .filter_map(Value::as_str)
            .find(|option| option.eq_ignore_ascii_case(text.trim()))
    {
        *text = option.to_owned();
    }
}

fn array(piece: &Value, value: &mut Value) {
    unpack(value, Value::is_array);
    let items = piece.get("items");
    if !value.is_array() {
        let mut single = value.clone();
        if let Some(items) = items {
            self::value(items, &mut single);
        }
        // What could be no member was not meant as one.
        if items.is_none_or(|items| is_of_type(items, &single)) {
            *value = Value::Array(vec![single]);
        }
    }
    if let Value::Array(members) = value {
        members.retain(|member| !member.is_null());
        if let Some(items) = items {
            members
                .iter_mut()
                .for_each(|member| self::value(items, member));
        }
    }
}

fn is_of_type(piece: &Value, value: &Value) -> bool {
    match schema::scalar_type(piece) {
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(_) | None => true,
    }
}

/// Some clients send arrays and objects as JSON text.
fn unpack(value: &mut Value, wanted: impl Fn(&Value) -> bool) {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['[', '{'])
        && let Ok(parsed) = serde_json::from_str::<Value>(text)
        && wanted(&parsed)
    {
        *value = parsed;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mended(piece: Value, given: Value) -> Value {
        let mut given = given;
        value(&piece, &mut given);
        given
    }

    #[test]
    fn slips_are_mended() {
        let cases = [
            (json!({"type": "integer"}), json!("5"), json!(5)),
            (json!({"type": "integer"}), json!(" -7 "), json!(-7)),
            (json!({"type": "integer"}), json!(5.0), json!(5)),
            (json!({"type": "number"}), json!("0.5"), json!(0.5)),
            (json!({"type": "boolean"}), json!("True"), json!(true)),
            (
                json!({"type": "string"}),
                json!(15_035_550_101_u64),
                json!("15035550101"),
            ),
            (
                json!({"type": "string", "enum": ["email", "sms"]}),
                json!("Email "),
                json!("email"),
            ),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                json!("a"),
                json!(["a"]),
            ),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                json!("[1,\"2\"]"),
                json!([1, 2]),
            ),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                json!(["a", null]),
                json!(["a"]),
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "boolean"}}}),
                json!("{\"a\":\"false\",\"b\":null}"),
                json!({"a": false}),
            ),
        ];
        for (piece, given, wanted) in cases {
            assert_eq!(
                mended(piece.clone(), given.clone()),
                wanted,
                "{given} for {piece}"
            );
        }
    }

    #[test]
    fn what_is_no_slip_stays() {
        for (piece, given) in [
            (json!({"type": "integer"}), json!("five")),
            (json!({"type": "integer"}), json!(5.5)),
            (json!({"type": "integer"}), json!("1e3")),
            (json!({"type": "boolean"}), json!("yes")),
            (json!({"type": "boolean"}), json!(1)),
            (json!({"type": "string"}), json!(true)),
            (json!({"type": "string", "enum": ["email"]}), json!("mail")),
            (json!({"type": "object"}), json!("[1]")),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                json!("many"),
            ),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                json!({"value": "a"}),
            ),
        ] {
            assert_eq!(mended(piece.clone(), given.clone()), given, "{piece}");
        }
    }
}
