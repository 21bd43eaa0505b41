//! What is said in words is what JSON says.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::*;
use crate::engine::checked;
use crate::registry::Registry;

fn schema() -> Value {
    json!({"properties": {
        "limit": {"type": "integer"}, "rate": {"type": ["null", "number"]},
        "email": {"type": "string"}, "dry": {"type": "boolean"},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}},
        "order_tag": {"type": "object", "properties": {"enabled": {"type": "boolean"}, "value": {"type": "string"}}}}})
}

fn said(words: &[&str]) -> Result<Value, String> {
    said_over(json!({}), words)
}

fn said_over(before: Value, words: &[&str]) -> Result<Value, String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut arguments = before.as_object().cloned().unwrap();
    let schema = schema();
    match add(&mut arguments, schema.as_object(), &words) {
        Ok(()) => Ok(Value::Object(arguments)),
        Err(failure) => Err(failure.error.to_string()),
    }
}

#[test]
fn a_value_is_typed_by_its_place() {
    for (words, wanted) in [
        (&["limit=5"][..], json!({"limit": 5})),
        (&["limit=five"], json!({"limit": "five"})),
        (&["rate=0.5", "dry=Yes"], json!({"rate": 0.5, "dry": true})),
        (&["email=5"], json!({"email": "5"})),
        (&["email=a=b"], json!({"email": "a=b"})),
        (&["email="], json!({"email": ""})),
        (&["email=@@x"], json!({"email": "@x"})),
        (&["email:=null"], json!({"email": null})),
        (&["ids=1,2", "ids=3"], json!({"ids": [1, 2, 3]})),
        (&["ids=[1, 2]"], json!({"ids": [1, 2]})),
        (&["ids="], json!({"ids": []})),
        (&["tags=a\\,b,c\\d"], json!({"tags": ["a,b", "c\\d"]})),
        (&["tags=a\\\\,b"], json!({"tags": ["a\\", "b"]})),
        (
            &["lines={\"id\": 1}", "lines={\"id\": 2}"],
            json!({"lines": [{"id": 1}, {"id": 2}]}),
        ),
        (
            &["order_tag.enabled=true", "order_tag.value=back"],
            json!({"order_tag": {"enabled": true, "value": "back"}}),
        ),
        (
            &["order_tag:={\"value\": \"x\"}", "order_tag.enabled=off"],
            json!({"order_tag": {"value": "x", "enabled": false}}),
        ),
        (&["unknown=1"], json!({"unknown": "1"})),
    ] {
        assert_eq!(said(words), Ok(wanted), "{words:?}");
    }
}

#[test]
fn a_word_counts_before_the_json() {
    let before = json!({"limit": 1, "ids": [1], "email": "a"});
    assert_eq!(
        said_over(before, &["limit=2", "ids=7"]),
        Ok(json!({"limit": 2, "ids": [7], "email": "a"}))
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    for (words, wanted) in [
        (
            &["limit"][..],
            "`limit` is no argument; write key=value, such as limit=5, key=@file.json, or key:=JSON",
        ),
        (
            &["a..b=1"],
            "`a..b=1` is no argument; write key=value, such as limit=5, key=@file.json, or key:=JSON",
        ),
        (
            &["limit=1", "limit=2"],
            "`limit` is given twice; it takes one value. Leave one of them out",
        ),
        (
            &["email=a", "email.b=c"],
            "`email.b` lies within something that was given as a single value; write all of it as one or as parts",
        ),
        (
            &["limit:=five"],
            "`limit:=` takes JSON, and this is none (expected ident at line 1 column 2); for a plain text write `limit=…`",
        ),
        (
            &["ids=@/nonexistent.json"],
            "the file of `ids`, /nonexistent.json, cannot be read: No such file or directory (os error 2). For a text that begins with @ write `ids=@@…`",
        ),
    ] {
        assert_eq!(said(words), Err(wanted.to_owned()), "{words:?}");
    }
}

/// A value of a schema.
fn some(piece: &Value) -> BoxedStrategy<Value> {
    if let Some(options) = piece.get("enum").and_then(Value::as_array) {
        return proptest::sample::select(options.clone()).boxed();
    }
    let text = || "\\PC{0,12}".prop_map(Value::from);
    match schema::scalar_type(piece) {
        Some("integer") => any::<i64>().prop_map(Value::from).boxed(),
        Some("number") => prop_oneof![
            any::<i32>().prop_map(Value::from),
            (-1e6..1e6).prop_map(Value::from)
        ]
        .boxed(),
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("array") => {
            let items = piece.get("items").map_or_else(|| text().boxed(), some);
            proptest::collection::vec(items, 0..4)
                .prop_map(Value::from)
                .boxed()
        }
        Some("object") => object(piece.get("properties").and_then(Value::as_object)),
        Some(_) | None => text().boxed(),
    }
}

/// An object with any of its fields.
fn object(properties: Option<&Map<String, Value>>) -> BoxedStrategy<Value> {
    let fields = properties.into_iter().flatten();
    let fields: Vec<_> = fields
        .map(|(name, piece)| {
            let name = name.clone();
            proptest::option::of(some(piece)).prop_map(move |value| Some((name.clone(), value?)))
        })
        .collect();
    fields
        .prop_map(|fields| Value::Object(fields.into_iter().flatten().collect()))
        .boxed()
}

/// The words that say a value: plain ones where they can.
fn said_of(path: &str, piece: Option<&Value>, value: &Value, words: &mut Vec<String>) {
    let raw = format!("{path}:={value}");
    match value {
        Value::Object(map) if !map.is_empty() => {
            let properties = piece.and_then(schema::properties);
            for (name, inner) in map {
                let piece = properties.and_then(|properties| properties.get(name));
                said_of(&format!("{path}.{name}"), piece, inner, words);
            }
        }
        Value::String(text) if text.starts_with('@') => words.push(format!("{path}=@{text}")),
        Value::String(text) => words.push(format!("{path}={text}")),
        Value::Bool(_) | Value::Number(_) => words.push(format!("{path}={value}")),
        Value::Array(list) => {
            let members: Vec<String> = list.iter().map(member).collect();
            let joined = members.join(",");
            // What looks like JSON or a file, and a single empty text, are said as JSON.
            let is_plain = list.iter().all(|one| !one.is_object() && !one.is_array())
                && !joined.starts_with(['[', '{', '@'])
                && (!joined.is_empty() || list.is_empty());
            match is_plain {
                false => words.push(raw),
                // Either all at once or one after the other.
                true if joined.len().is_multiple_of(2) || members.iter().any(String::is_empty) => {
                    words.push(format!("{path}={joined}"));
                }
                true if members.iter().any(|one| one.starts_with(['[', '{', '@'])) => {
                    words.push(raw);
                }
                true => words.extend(members.iter().map(|one| format!("{path}={one}"))),
            }
        }
        Value::Null | Value::Object(_) => words.push(raw),
    }
}

fn member(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\\', "\\\\").replace(',', "\\,"),
        other => other.to_string(),
    }
}

#[test]
fn whatever_json_says_can_be_said_as_words() {
    let registry = Registry::bundled().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(16));
    for action in registry.actions() {
        let schema = action.input_schema();
        let properties = schema.get("properties").and_then(Value::as_object);
        let check = |wanted: Value| {
            let mut words = Vec::new();
            for (name, value) in wanted.as_object().unwrap() {
                let piece = properties.and_then(|properties| properties.get(name));
                said_of(name, piece, value, &mut words);
            }
            let mut found = Map::new();
            let ended = add(&mut found, Some(schema), &words);
            prop_assert!(ended.is_ok(), "{words:?}: {ended:?}");
            prop_assert_eq!(Value::Object(found), wanted, "{:?}", words);
            Ok(())
        };
        if let Err(error) = runner.run(&object(properties), check) {
            panic!("{}: {error}", action.name());
        }
    }
}

#[test]
fn every_example_of_the_registry_can_be_said_as_words() {
    let registry = Registry::bundled().unwrap();
    let mut said = 0;
    for action in registry.actions() {
        let schema = action.input_schema();
        let properties = schema.get("properties").and_then(Value::as_object);
        for example in &action.entry().examples {
            let wanted = example.arguments.clone();
            let mut words = Vec::new();
            for (name, value) in &wanted {
                let piece = properties.and_then(|properties| properties.get(name));
                said_of(name, piece, value, &mut words);
            }
            let mut found = Map::new();
            add(&mut found, Some(schema), &words).unwrap();
            let by_words = checked(action, found);
            assert!(by_words.is_ok(), "{}: {by_words:?}", action.name());
            assert_eq!(by_words, checked(action, wanted), "{}", action.name());
            said += 1;
        }
    }
    assert!(said > registry.actions().len() / 2, "{said}");
}
