//! Request forms: ours where the manifest says the same or less, the manifest's where it differs.

use super::*;

/// The request form of the list after the manifest published this one.
fn form(properties: Value, required: Value) -> (Value, Vec<String>) {
    let mut all = published();
    all[0]["request_schema"] =
        json!({"type": "object", "properties": properties, "required": required});
    let merged = merged(all);
    let action = merged.registry.get("shop_things_list").unwrap();
    assert_eq!(
        crate::registry::lint::client_findings(action.input_schema(), &[]),
        []
    );
    (
        action.request_schema().clone(),
        merged
            .report
            .told()
            .iter()
            .filter(|told| told.starts_with("GET"))
            .cloned()
            .collect(),
    )
}

fn properties(properties: Value) -> Value {
    let (mut form, remarks) = form(properties, json!([]));
    assert_eq!(remarks, Vec::<String>::new());
    form["properties"].take()
}

#[test]
fn an_untyped_property_never_weakens_a_type() {
    assert_eq!(
        properties(json!({"count": {}, "email": {"not": {"type": "null"}},
            "status": {"enum": ["on", "off", "gone"]}})),
        json!({"count": {"type": "integer", "minimum": 1, "description": "How many."},
            "email": {"type": "string", "maxLength": 254, "description": "Address."},
            "status": {"type": "string", "enum": ["on", "off", "gone"], "description": "State."}})
    );
}

#[test]
fn what_a_manifest_does_not_print_is_not_taken_away() {
    let ours = properties(json!({"email": {}}));
    assert_eq!(properties(json!({"email": {"type": "string"}})), ours);
    assert_eq!(
        properties(json!({"email": {"type": "string", "maxLength": 9, "format": "email"}})),
        json!({"email": {"type": "string", "maxLength": 9, "format": "email", "description": "Address."}})
    );
}

#[test]
fn a_bare_object_says_nothing_of_what_is_in_it() {
    assert_eq!(
        properties(json!({"texts": {"type": ["object", "null"]}})),
        json!({"texts": {"type": ["object", "null"], "description": "Texts.",
            "additionalProperties": {"type": "string", "description": "Text."}}})
    );
    assert_eq!(
        properties(
            json!({"texts": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 5}}})
        ),
        json!({"texts": {"type": "object", "description": "Texts.",
            "additionalProperties": {"type": "string", "maxLength": 5, "description": "Text."}}})
    );
}

#[test]
fn a_form_that_differs_wins_and_keeps_our_words_where_the_type_is_the_same() {
    assert_eq!(
        form(
            json!({"count": {"type": "integer", "minimum": 0, "maximum": 9},
                "email": {"type": "integer"},
                "region": {"type": ["string", "null"], "maxLength": 2, "description": "Two\n letters \"us\"."}}),
            json!(["count", "nothing", 7])
        ),
        (
            json!({"type": "object", "x-any-of": ["email"], "required": ["count"], "properties": {
                "count": {"type": "integer", "minimum": 0, "maximum": 9, "description": "How many."},
                "email": {"type": "integer", "description": "`email`, as the API's manifest lists it."},
                "region": {"type": ["string", "null"], "maxLength": 2,
                    "description": "The API's text: \"Two  letters 'us'.\""}}}),
            vec![]
        )
    );
}

#[test]
fn published_schemas_become_what_every_client_reads() {
    let deep = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {
        "b": {"type": "object", "properties": {"c": {"type": "object", "properties": {
            "d": {"type": "object", "properties": {"e": {"type": "string"}}}}}}}}}}});
    let told = |name: &str| json!(format!("`{name}`, as the API's manifest lists it."));
    let untyped =
        |name: &str| format!("`{name}`, as the API's manifest lists it. Its type is not stated.");
    let cases = [
        (
            json!({}),
            json!({"type": "string", "description": untyped("x")}),
        ),
        (
            json!(true),
            json!({"type": "string", "description": untyped("x")}),
        ),
        (
            json!({"type": "null"}),
            json!({"type": "string", "description": untyped("x")}),
        ),
        (
            json!({"type": "tuple"}),
            json!({"type": "string", "description": untyped("x")}),
        ),
        (
            json!({"enum": ["a", "b"]}),
            json!({"type": "string", "enum": ["a", "b"], "description": untyped("x")}),
        ),
        (
            json!({"enum": [1, 2]}),
            json!({"type": "integer", "description": format!("{} One of 1, 2", untyped("x"))}),
        ),
        (
            json!({"enum": ["a", 2, ""]}),
            json!({"type": "string", "description": format!("{} One of \"a\", 2, \"\"", untyped("x"))}),
        ),
        (
            json!({"anyOf": [{"type": "null"}, {"type": "integer", "exclusiveMinimum": 0}]}),
            json!({"type": ["integer", "null"], "minimum": 1, "description": told("x")}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
            json!({"type": "string", "description": untyped("x")}),
        ),
        (
            json!({"type": "array"}),
            json!({"type": "array", "items": {"type": "string"}, "description": told("x")}),
        ),
        (
            json!({"items": {"type": "integer"}, "maxItems": 3}),
            json!({"type": "array", "maxItems": 3,
            "items": {"type": "integer", "description": told("x")}, "description": told("x")}),
        ),
        (
            json!({"type": "string", "pattern": "(a+)+$", "const": 1, "format": "date", "default": "q",
            "minLength": -1, "maxLength": 9, "x-evil": true}),
            json!({"type": "string", "maxLength": 9, "format": "date", "description": told("x")}),
        ),
        (
            json!({"type": "integer", "minimum": 1e300, "maximum": 5}),
            json!({"type": "integer", "maximum": 5, "description": told("x")}),
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
            json!({"type": "object", "additionalProperties": {"type": "boolean", "description": told("x")},
                "description": told("x")}),
        ),
        (
            json!({"type": "object"}),
            json!({"type": "object", "description": told("x")}),
        ),
        (
            deep,
            json!({"type": "object", "description": told("x"), "properties": {
            "a": {"type": "object", "description": told("a"), "properties": {
            "b": {"type": "object", "description": told("b"), "properties": {
            "c": {"type": "object", "description": told("c"), "properties": {
            "d": {"type": "object", "description": told("d")}}}}}}}}}),
        ),
    ];
    for (published, wanted) in cases {
        assert_eq!(
            properties(json!({"x": published})),
            json!({"x": wanted}),
            "{published}"
        );
    }
}

#[test]
fn what_no_client_can_pass_is_left_out_or_ends_the_form() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let deep = json!({"properties": {"a": {"properties": {"b": {"properties": {"c": {"properties": {
        "d": list}}}}}}}});
    assert_eq!(
        form(
            json!({"count": {"type": "integer", "minimum": 1}, "cursor": {}, "Upper": {},
                "tuple": {"type": "array", "items": [{}, {}]}, "deep": deep}),
            json!([])
        ),
        (
            json!({"type": "object", "x-any-of": ["email"], "properties": {
                "count": {"type": "integer", "minimum": 1, "description": "How many."},
                "deep": {"type": "object", "description": "`deep`, as the API's manifest lists it.", "properties": {
                "a": {"type": "object", "description": "`a`, as the API's manifest lists it.", "properties": {
                "b": {"type": "object", "description": "`b`, as the API's manifest lists it.", "properties": {
                "c": {"type": "object", "description": "`c`, as the API's manifest lists it.", "properties": {}}}}}}}}}}),
            vec![
                "GET /shop/things: its argument `cursor` was left out: a placeholder or an argument of ours has that name".to_owned(),
                "GET /shop/things: its argument `Upper` was left out: it is not a name that every client takes".to_owned(),
                "GET /shop/things: its argument `tuple` was left out: it holds a list whose items have no one form".to_owned(),
                "GET /shop/things: its argument `d` was left out: it holds a list deeper than 5 levels".to_owned(),
            ]
        )
    );
    let ours = bundled()
        .get("shop_things_list")
        .unwrap()
        .request_schema()
        .clone();
    for (name, why) in [
        (
            "Upper",
            "its required `Upper` is not a name that every client takes",
        ),
        (
            "limit",
            "its required `limit` is a placeholder or an argument of ours",
        ),
    ] {
        assert_eq!(
            form(json!({name: {}}), json!([name])),
            (
                ours.clone(),
                vec![format!(
                    "GET /shop/things: the built-in request form stays: {why}"
                )]
            )
        );
    }
}

#[test]
fn a_form_that_some_client_would_refuse_is_not_taken() {
    let many: serde_json::Map<String, Value> = (0..60)
        .map(|n| (format!("a{n}"), json!({"type": ["string", "null"]})))
        .collect();
    let merged = merged(vec![
        listed(json!({"method": "PATCH", "path": "/a", "name": "update",
        "request_schema": {"properties": many}})),
        listed(json!({})),
    ]);
    assert_eq!(
        merged.report.told(),
        [
            "PATCH /a: its request form is not usable: client-enums: the values of `clear[]` are not usable"
        ]
    );
    assert_eq!(merged.added, 1);
}
