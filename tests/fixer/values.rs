//! Wrong values of one field, and what is wrong with them.

use serde_json::{Value, json};
use stoq_mcp::registry::schema;

use crate::spell::misspelt;

/// The wrong values of a field, by kind of mistake.
pub fn wrong(piece: &Value, own: Option<&Value>, value: &Value) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    types(piece, &mut all);
    options(piece, value, &mut all);
    bounds(piece, &mut all);
    lengths(piece, value, &mut all);
    forms(piece, own, &mut all);
    all
}

type Found = Vec<(&'static str, Value)>;

/// Types that are not mended without a word.
fn types(piece: &Value, all: &mut Found) {
    let wrong: &[Value] = match schema::scalar_type(piece) {
        Some("string") => &[json!(true), json!({"value": "x"})],
        Some("integer") => &[json!("many"), json!(1.5)],
        Some("number") => &[json!("much"), json!(true)],
        Some("boolean") => &[json!("maybe"), json!(3)],
        Some("object") => &[json!("words"), json!(3), json!([1])],
        // A single value is taken for a list of one, so only its members can be wrong.
        Some("array") => match piece.get("items").and_then(schema::scalar_type) {
            Some("integer") => &[json!("many"), json!({"value": 1})],
            Some("string") => &[json!({"value": "x"}), json!([false])],
            Some("object") => &[json!("words"), json!([3])],
            _ => &[],
        },
        _ => &[],
    };
    all.extend(wrong.iter().map(|value| ("wrong type", value.clone())));
}

fn options(piece: &Value, value: &Value, all: &mut Found) {
    let Some(options) = piece.get("enum").and_then(Value::as_array) else {
        return;
    };
    let taken = |text: &str| {
        options.iter().any(|option| {
            option
                .as_str()
                .is_some_and(|option| option.eq_ignore_ascii_case(text))
        })
    };
    if let Some(text) = value.as_str() {
        let near = misspelt(text, "option", &taken);
        all.push(("near an allowed value", json!(near)));
    }
    all.push(("far from allowed values", json!("zzzz")));
}

fn bounds(piece: &Value, all: &mut Found) {
    for (key, kind, near, far) in [
        ("minimum", "below the minimum", -1, -1_000),
        ("maximum", "above the maximum", 1, 100_000),
    ] {
        let Some(bound) = piece.get(key) else {
            continue;
        };
        for step in [near, far] {
            let wrong = match bound.as_i64() {
                Some(bound) => json!(bound + i64::from(step)),
                None => json!(bound.as_f64().unwrap() + f64::from(step)),
            };
            all.push((kind, wrong));
        }
    }
}

fn lengths(piece: &Value, value: &Value, all: &mut Found) {
    let bound = |key: &str| {
        let bound = piece.get(key).and_then(Value::as_u64);
        bound.map(|bound| usize::try_from(bound).unwrap())
    };
    if bound("minLength").is_some_and(|least| least > 0) {
        all.push(("too short", json!("")));
    }
    if let (Some(most), Some(text)) = (bound("maxLength"), value.as_str())
        && piece.get("enum").is_none()
    {
        for longer in [1, 200] {
            let padding = "x".repeat(most + longer - text.chars().count());
            let long = if text.contains('@') {
                format!("{padding}{text}")
            } else {
                format!("{text}{padding}")
            };
            all.push(("too long", json!(long)));
        }
    }
    if bound("minItems").is_some_and(|least| least > 0) {
        all.push(("too few entries", json!([])));
    }
    if let (Some(most), Some(first)) = (
        bound("maxItems"),
        value.as_array().and_then(|members| members.first()),
    ) {
        for longer in [1, 30] {
            all.push((
                "too many entries",
                json!(vec![first.clone(); most + longer]),
            ));
        }
    }
}

/// Texts that look like none of the field's.
fn forms(piece: &Value, own: Option<&Value>, all: &mut Found) {
    if piece.get("pattern").is_some() {
        let validator = jsonschema::validator_for(piece).unwrap();
        let texts = ["Not, this", "#12,", "12345678,9", "USA,1"];
        let wrong = texts.map(|text| json!(text)).into_iter();
        let wrong = wrong.filter(|text| !validator.is_valid(text)).take(2);
        all.extend(wrong.map(|text| ("wrong form", text)));
    }
    let format = own
        .and_then(|own| own.get("format"))
        .and_then(Value::as_str);
    let wrong: &[&str] = match format {
        Some("date") => &["31.03.2026", "next week"],
        Some("date-time") => &["tomorrow at noon", "2026-02-30T00:00:00Z"],
        Some("email") => &["jane.okafor", "jane at example.com"],
        Some(_) | None => &[],
    };
    all.extend(wrong.iter().map(|text| ("wrong format", json!(text))));
}
