//! The transform on small registries, and its inverse as a property.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::registry::Registry;

/// One action of a registry made by hand.
fn with(change: Value) -> Registry {
    let mut entry = json!({"name": "a_update", "action": "update", "title": "Change it",
        "description": "A.", "phrases": [], "toolset": "a.b", "api": "v2", "method": "PATCH",
        "path": "/a", "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
        "class": "write", "handler": "request", "idempotent": true, "retry": "safe",
        "provenance": "inferred", "examples": []});
    entry
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    let registry = json!({"version": "v2", "base_path": "/", "actions": [entry], "$defs": {
        "word": {"type": "string", "description": "A word.", "format": "email", "maxLength": 9}}});
    Registry::parse(&registry.to_string(), "test").unwrap()
}

fn input(registry: &Registry) -> Value {
    Value::Object(input_schema(&registry.actions()[0]))
}

/// A patch with everything the transform turns: a reference, nulls, an open map in an open map, an
/// open map with entries and texts to remove.
fn patch() -> Registry {
    with(
        json!({"path": "/a/:id", "path_schema": {"id": {"type": "string", "description": "Id."}},
        "request_schema": {"type": "object", "required": ["on"], "properties": {
            "on": {"type": "boolean", "description": "On."},
            "mail": {"$ref": "#/$defs/word", "type": ["string", "null"], "description": "Mail."},
            "mode": {"type": ["string", "null"], "enum": ["a", "b", null], "default": null, "description": "Mode."},
            "box": {"type": "object", "description": "Box.", "properties": {
                "size": {"type": ["integer", "null"], "minimum": 1, "description": "Size."}}},
            "texts": {"type": "object", "description": "Texts by locale.", "additionalProperties": {
                "type": "object", "additionalProperties": {"type": "string"}}},
            "notes": {"type": "object", "propertyNames": {"pattern": "^[a-z]+$", "description": "Locale."},
                "description": "Notes by locale.", "additionalProperties": {
                    "type": ["object", "null"], "description": "Notes.", "additionalProperties": false,
                    "properties": {
                        "long": {"type": ["string", "null"], "description": "Long.", "x-verbatim": true},
                        "short": {"type": "string", "description": "Short."}}}}}}}),
    )
}

#[test]
fn clients_see_one_type_each_and_no_references() {
    assert_eq!(
        input(&patch()),
        json!({"type": "object", "properties": {
            "id": {"type": "string", "description": "Id."},
            "on": {"type": "boolean", "description": "On."},
            "mail": {"type": "string", "description": "Mail.", "maxLength": 9},
            "mode": {"type": "string", "enum": ["a", "b"], "description": "Mode."},
            "box": {"type": "object", "description": "Box.", "properties": {
                "size": {"type": "integer", "minimum": 1, "description": "Size."}}},
            "texts": {"type": "array", "items": {"type": "object", "properties": {
                    "key": {"type": "string", "description": "Name."},
                    "value": {"type": "array", "items": {"type": "object", "properties": {
                            "key": {"type": "string", "description": "Name."},
                            "value": {"type": "string"}},
                        "required": ["key", "value"]}}},
                "required": ["key", "value"]}, "description": "Texts by locale."},
            "notes": {"type": "array", "items": {"type": "object", "properties": {
                    "key": {"type": "string", "description": "Locale.", "pattern": "^[a-z]+$"},
                    "value": {"type": "object", "properties": {
                            "long": {"type": "string", "description": "Long."},
                            "short": {"type": "string", "description": "Short."}},
                        "description": "Notes. Left out, and nothing cleared: the entry is removed."},
                    "clear": {"type": "array", "items": {"type": "string", "enum": ["long"]},
                        "description": "Fields to set to null."}},
                "required": ["key"]}, "description": "Notes by locale."},
            "clear": {"type": "array", "items": {"type": "string", "enum": ["mail", "mode", "box.size"]},
                "description": "Fields to set to null."}},
            "required": ["id", "on"], "additionalProperties": false})
    );
}

/// A POST with a nullable text, at the root and in an open map.
fn post(change: Value) -> Registry {
    let note = json!({"type": ["string", "null"], "description": "Note."});
    let mut request = json!({"type": "object", "properties": {"note": note, "notes": {
        "type": "object", "description": "Notes.", "additionalProperties": note}}});
    request
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    with(json!({"method": "POST", "request_schema": request}))
}

#[test]
fn a_post_clears_only_when_it_says_so() {
    let note = json!({"type": "string", "description": "Note."});
    let notes = |value: Value, required: Value| {
        json!({"type": "array", "description": "Notes.", "items": {"type": "object",
            "properties": {"key": {"type": "string", "description": "Name."}, "value": value},
            "required": required}})
    };
    assert_eq!(
        input(&post(json!({}))),
        json!({"type": "object", "additionalProperties": false, "properties": {
            "note": note, "notes": notes(note.clone(), json!(["key", "value"]))}})
    );
    let registry = post(json!({"x-null-clears": true}));
    let removable = json!({"type": "string",
        "description": "Note. Left out, and nothing cleared: the entry is removed."});
    assert_eq!(
        input(&registry),
        json!({"type": "object", "additionalProperties": false, "properties": {
            "note": note, "notes": notes(removable, json!(["key"])),
            "clear": {"type": "array", "items": {"type": "string", "enum": ["note"]},
                "description": "Fields to set to null."}}})
    );
    let arguments = json!({"notes": [{"key": "a"}, {"key": "b", "value": "B"}]});
    let Value::Object(arguments) = arguments else {
        panic!("an object");
    };
    assert_eq!(
        Value::Object(to_request(
            &registry.actions()[0],
            arguments,
            &["note".to_owned()]
        )),
        json!({"notes": {"a": null, "b": "B"}, "note": null})
    );
}

fn keys(registry: &Registry) -> Vec<String> {
    let schema = input(registry);
    schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

fn list(request: Value, change: Value) -> Registry {
    let mut entry = json!({"method": "GET", "class": "read", "request_schema": request,
        "response_schema": {"type": "object", "properties": {
            "things": {"type": "array", "items": {"type": "object", "properties": {
                "id": {"type": "string", "x-pii": "name"}}, "required": ["id"]}},
            "ids": {"type": "array", "items": {"type": "string"}},
            "meta": {"type": "object"}}}});
    entry
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    with(entry)
}

#[test]
fn pages_become_limit_and_cursor() {
    let request = json!({"type": "object", "properties": {
        "page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 80}}});
    let registry = list(request, json!({}));
    let action = &registry.actions()[0];
    assert_eq!(
        rows(action),
        Some(Rows {
            key: "things".into(),
            paged: true,
            max: 80,
            sparse: Vec::new(),
            sums: Vec::new(),
            has_currency: false,
        })
    );
    assert_eq!(keys(&registry), ["limit", "cursor", "detail", "fields"]);
    let output = Value::Object(output_schema(action));
    assert_eq!(
        output["properties"]["data"],
        json!({"type": "object", "properties": {
            "things": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
            "ids": {"type": "array", "items": {"type": "string"}}}})
    );
    assert_eq!(output["required"], json!(["status"]));
}

#[test]
fn what_can_be_added_up_has_totals_and_no_marker_shows() {
    let money = json!({"type": "string", "x-decimal": true, "x-sum": true});
    let row = json!({"type": "object", "properties": {
        "n": {"type": "integer", "x-sum": true},
        "rate": {"type": "number"},
        "paid": {"type": "object", "properties": {"in": money, "back": money}},
        "told": money, "beside": money, "currency": {"type": "string"}}});
    let response = json!({"type": "object", "properties": {
        "things": {"type": "array", "items": row},
        "totals": {"type": "object", "properties": {"told": money}},
        "beside": {"type": "string", "x-decimal": true}}});
    let registry = list(
        json!({"type": "object"}),
        json!({"response_schema": response}),
    );
    let action = &registry.actions()[0];
    let found = rows(action).unwrap();
    let field = |path: &str, is_text| Additive {
        path: path.to_owned(),
        is_text,
    };
    assert_eq!(
        (found.sums, found.has_currency),
        (
            vec![
                field("n", false),
                field("paid.in", true),
                field("paid.back", true)
            ],
            true
        )
    );
    let output = Value::Object(output_schema(action));
    let sums = json!({"type": "object", "properties": {
        "n": {"type": "integer"},
        "paid": {"type": "object", "properties": {
            "in": {"type": "string"}, "back": {"type": "string"}}}}});
    let totals = &output["properties"]["totals"]["properties"];
    assert_eq!(totals["sums"], sums);
    let each = &totals["by_currency"]["items"]["properties"];
    assert_eq!(each["sums"], sums);
    assert!(!output.to_string().contains("\"x-"), "{output}");
}

#[test]
fn a_list_without_pages_is_cut_here() {
    let registry = list(json!({"type": "object"}), json!({}));
    assert_eq!(
        rows(&registry.actions()[0]),
        Some(Rows {
            key: "things".into(),
            paged: false,
            max: 500,
            sparse: Vec::new(),
            sums: Vec::new(),
            has_currency: false,
        })
    );
    let output = Value::Object(output_schema(&registry.actions()[0]));
    assert!(
        output["properties"]["data"]["properties"]
            .get("meta")
            .is_some()
    );
}

#[test]
fn jobs_can_be_waited_for() {
    let registry = list(
        json!({"type": "object"}),
        json!({"method": "POST", "handler": "export"}),
    );
    assert_eq!(
        keys(&registry),
        ["limit", "cursor", "detail", "fields", "wait_seconds"]
    );
}

#[test]
fn writes_and_records_have_no_rows() {
    let write = list(
        json!({"type": "object"}),
        json!({"method": "POST", "class": "send"}),
    );
    assert_eq!(rows(&write.actions()[0]), None);
    let record = list(
        json!({"type": "object"}),
        json!({"response_schema": {"type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "string"}}}}}),
    );
    assert_eq!(rows(&record.actions()[0]), None);
    // One order has lines, and is still one order.
    let one = list(json!({"type": "object"}), json!({"path": "/a/:id"}));
    assert_eq!(rows(&one.actions()[0]), None);
    let two = json!({"type": "array", "items": {"type": "object"}});
    let both = list(
        json!({"type": "object"}),
        json!({"response_schema": {"type": "object",
        "properties": {"a": two, "b": two}}}),
    );
    assert_eq!(rows(&both.actions()[0]), None);
}

/// A body of the patch above, as the API takes it.
fn body() -> impl Strategy<Value = Value> {
    let texts = prop::collection::btree_map(
        "[a-z]{2}",
        prop::collection::btree_map("[a-z.]{1,6}", ".{0,5}", 0..3),
        0..3,
    );
    let note = (
        prop::option::of(prop::option::of("[a-z]{0,3}")),
        prop::option::of("[a-z]{0,3}"),
    );
    let notes = prop::collection::btree_map("[a-z]{2}", prop::option::of(note), 0..3)
        .prop_map(|notes| -> Map<String, Value> { notes.into_iter().map(note_of).collect() });
    let some = |value: Option<Value>, name: &str, body: &mut Map<String, Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    let word = prop::option::of(prop::option::of("[a-z]{0,4}"));
    let size = prop::option::of(prop::option::of(1..9_i64));
    let maps = (prop::option::of(texts), prop::option::of(notes));
    (any::<bool>(), word, size, maps).prop_map(move |(on, mail, size, (texts, notes))| {
        let mut body = Map::new();
        body.insert("on".to_owned(), json!(on));
        some(mail.map(|mail| json!(mail)), "mail", &mut body);
        some(size.map(|size| json!({"size": size})), "box", &mut body);
        some(texts.map(|texts| json!(texts)), "texts", &mut body);
        some(notes.map(Value::Object), "notes", &mut body);
        Value::Object(body)
    })
}

type Note = Option<(Option<Option<String>>, Option<String>)>;

/// One entry of `notes`: removed, or with either text set, cleared or left alone.
fn note_of((key, note): (String, Note)) -> (String, Value) {
    let Some((long, short)) = note else {
        return (key, Value::Null);
    };
    let mut value = Map::new();
    value.extend(short.map(|short| ("short".to_owned(), json!(short))));
    value.extend(long.map(|long| ("long".to_owned(), json!(long))));
    (key, Value::Object(value))
}

/// The arguments a client gives for that body: maps as lists, nulls as cleared paths.
fn arguments(body: &Value) -> (Map<String, Value>, Vec<String>) {
    fn pairs(map: &Value) -> Value {
        let pairs = map.as_object().unwrap().iter();
        Value::Array(
            pairs
                .map(|(key, value)| json!({"key": key, "value": value}))
                .collect(),
        )
    }
    let mut arguments = body.as_object().unwrap().clone();
    let mut clear = Vec::new();
    if body.get("mail") == Some(&Value::Null) {
        arguments.shift_remove("mail");
        clear.push("mail".to_owned());
    }
    if body.pointer("/box/size") == Some(&Value::Null) {
        arguments.shift_remove("box");
        clear.push("box.size".to_owned());
    }
    if let Some(texts) = arguments.get_mut("texts") {
        texts
            .as_object_mut()
            .unwrap()
            .values_mut()
            .for_each(|inner| *inner = pairs(inner));
        *texts = pairs(texts);
    }
    if let Some(notes) = arguments.get_mut("notes") {
        let pairs = notes.as_object().unwrap().iter();
        *notes = Value::Array(pairs.map(|(key, note)| note_pair(key, note)).collect());
    }
    (arguments, clear)
}

fn note_pair(key: &str, note: &Value) -> Value {
    let mut pair = json!({"key": key});
    if let Value::Object(texts) = note {
        let mut value = texts.clone();
        value.retain(|_, text| !text.is_null());
        let cleared: Vec<&String> = texts
            .keys()
            .filter(|name| !value.contains_key(*name))
            .collect();
        if !cleared.is_empty() {
            pair["clear"] = json!(cleared);
        }
        if !value.is_empty() || cleared.is_empty() {
            pair["value"] = Value::Object(value);
        }
    }
    pair
}

proptest! {
    #[test]
    fn the_inverse_gives_the_request_back(body in body()) {
        static REGISTRY: LazyLock<Registry> = LazyLock::new(patch);
        let action = &REGISTRY.actions()[0];
        let (arguments, clear) = arguments(&body);
        let mut seen = arguments.clone();
        seen.insert("id".into(), json!("1"));
        if !clear.is_empty() {
            seen.insert("clear".into(), json!(clear));
        }
        prop_assert!(action.input_validator().unwrap().is_valid(&Value::Object(seen)));
        prop_assert_eq!(Value::Object(to_request(action, arguments, &clear)), body);
    }
}
