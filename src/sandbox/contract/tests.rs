//! What is refused, what is coerced, and in which words.

use super::*;
use crate::registry::Registry;

fn checked(request: &Value, sent: Value, patch: bool) -> Result<Value, Vec<String>> {
    let Value::Object(sent) = sent else {
        panic!("parameters are an object");
    };
    let checked = if patch {
        check_patch(request, sent)
    } else {
        check_schema(request, sent, false)
    };
    match checked {
        Ok(map) => Ok(Value::Object(map)),
        Err(Refusal::Invalid(texts)) => Err(texts),
        Err(other) => panic!("{other:?}"),
    }
}

fn request() -> Value {
    json!({"type": "object", "required": ["channel", "signup_ids"], "properties": {
        "variant_id": {"type": "integer", "minimum": 1, "maximum": 200},
        "channel": {"type": "string", "enum": ["email", "sms", "push"]},
        "signup_ids": {"type": "array", "minItems": 1, "maxItems": 3,
            "items": {"type": "string", "format": "uuid"}},
        "from": {"type": "string", "format": "date"},
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "phone": {"type": "string", "format": "phone"},
        "tag": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[^,]+$"},
        "resend": {"type": "boolean"},
        "customer": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "integer"}, "on": {"type": "boolean"}}}}})
}

const ID: &str = "51900000-0000-4000-8000-000000000001";

#[test]
fn coerces_trims_and_drops_what_is_unknown_or_blank() {
    let sent = json!({"variant_id": " 7 ", "channel": " sms ", "signup_ids": [ID],
        "name": "  ", "from": null, "phone": "+49 (30) 123-45.67", "resend": "1", "other": 1,
        "customer": {"id": "5", "on": "false", "more": 1}});
    let expected = json!({"variant_id": 7, "channel": "sms", "signup_ids": [ID],
        "phone": "49301234567", "resend": true, "customer": {"id": 5, "on": false}});
    assert_eq!(checked(&request(), sent, false), Ok(expected));
}

#[test]
fn all_failures_come_in_declaration_order() {
    let sent = json!({"resend": "yes", "tag": "a,b", "phone": "12", "email": "a@b",
        "name": 5, "from": "31.03.2026", "signup_ids": ["x", ID, null], "channel": "fax",
        "variant_id": 201, "customer": {"on": 1}});
    let expected = [
        "variant_id must be less than or equal to 200",
        "channel must be one of: email, sms, push",
        "signup_ids.0 is not a valid UUID",
        "signup_ids.2 must be filled",
        "from must be a date",
        "name must be a string",
        "email is in invalid format",
        "phone is in invalid format",
        "tag is in invalid format",
        "resend must be boolean",
        "customer.id is missing",
        "customer.on must be boolean",
    ];
    assert_eq!(
        checked(&request(), sent, false),
        Err(expected.map(str::to_owned).to_vec())
    );
}

#[test]
fn one_rule_at_a_time() {
    let cases = [
        (
            json!({}),
            vec!["channel is missing", "signup_ids is missing"],
        ),
        (
            json!({"channel": "", "signup_ids": null}),
            vec!["channel must be filled", "signup_ids must be filled"],
        ),
        (
            json!({"channel": "sms", "signup_ids": []}),
            vec!["signup_ids size cannot be less than 1"],
        ),
        (
            json!({"channel": "sms", "signup_ids": [ID, ID, ID, ID]}),
            vec!["signup_ids size cannot be greater than 3"],
        ),
        (
            json!({"channel": "sms", "signup_ids": "x", "variant_id": 0, "customer": []}),
            vec![
                "variant_id must be greater than or equal to 1",
                "signup_ids must be an array",
                "customer must be a hash",
            ],
        ),
        (
            json!({"channel": 1, "signup_ids": [ID], "variant_id": 1.5, "tag": "x",
                "name": "n".repeat(256), "from": "2026-02-30"}),
            vec![
                "variant_id must be an integer",
                "channel must be a string",
                "from must be a date",
                "name length cannot be greater than 255",
                "tag length cannot be less than 2",
            ],
        ),
    ];
    for (sent, expected) in cases {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(checked(&request(), sent, false), Err(expected));
    }
}

#[test]
fn a_patch_distinguishes_null_from_absent() {
    let request = json!({"properties": {
        "recipient": {"type": ["string", "null"], "format": "email"},
        "report": {"type": "object", "properties": {"on": {"type": "boolean"}}}}});
    assert_eq!(
        checked(&request, json!({"other": 1}), true),
        Err(vec!["body must be filled".to_owned()])
    );
    assert_eq!(
        checked(
            &request,
            json!({"recipient": null, "report": {"on": true}}),
            true
        ),
        Ok(json!({"recipient": null, "report": {"on": true}}))
    );
    assert_eq!(
        checked(&request, json!({"report": {"on": null}}), true),
        Err(vec!["report.on must be filled".to_owned()])
    );
}

#[test]
fn texts_that_are_kept_as_sent() {
    let request = json!({"properties": {
        "suffix": {"type": ["string", "null"], "maxLength": 6, "x-verbatim": true},
        "label": {"type": "string", "maxLength": 6}}});
    assert_eq!(
        checked(
            &request,
            json!({"suffix": " left ", "label": " left "}),
            true
        ),
        Ok(json!({"suffix": " left ", "label": "left"}))
    );
    assert_eq!(
        checked(&request, json!({"suffix": " "}), true),
        Ok(json!({"suffix": " "}))
    );
    assert_eq!(
        checked(&request, json!({"suffix": ""}), true),
        Ok(json!({"suffix": null}))
    );
    assert_eq!(
        checked(&request, json!({"suffix": "  left  "}), true),
        Err(vec!["suffix length cannot be greater than 6".to_owned()])
    );
}

#[test]
fn members_of_an_open_map_have_rules() {
    let request = json!({"properties": {"locales": {"type": "object",
        "propertyNames": {"pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$"},
        "additionalProperties": {"type": ["object", "null"], "additionalProperties": false,
            "properties": {"title": {"type": ["string", "null"], "maxLength": 5}}}}}});
    let locales = |sent: Value, patch: bool| checked(&request, json!({"locales": sent}), patch);
    let sent = json!({"fr": {"title": "Bonne"}, "pt-BR": null, "de": {"title": null}});
    assert_eq!(
        locales(sent.clone(), true),
        Ok(json!({"locales": sent.clone()}))
    );
    assert_eq!(
        locales(sent, false),
        Ok(json!({"locales": {"fr": {"title": "Bonne"}, "de": {}}}))
    );
    let wrong = json!({"fr": {"title": "Bonjour", "name": "x"}, "FR": {}, "de": 7});
    assert_eq!(
        locales(wrong, true),
        Err([
            "locales.fr.title length cannot be greater than 5",
            "locales.fr.name is not allowed",
            "locales.FR is in invalid format",
            "locales.de must be a hash",
        ]
        .map(str::to_owned)
        .to_vec())
    );
}

#[test]
fn a_time_is_more_than_a_day() {
    let request = json!({"properties": {"at": {"type": "string", "format": "date-time"}}});
    let at = |text: &str| checked(&request, json!({"at": text}), false);
    let good = "2026-04-15T09:00:00+02:00";
    assert_eq!(at(good), Ok(json!({"at": good})));
    for bad in ["2026-04-15", "2026-04-15T09:00:00", "soon"] {
        assert_eq!(at(bad), Err(vec!["at must be a date".to_owned()]), "{bad}");
    }
}

#[test]
fn null_clears_where_the_entry_says_so() {
    let action = |request: Value| {
        let registry = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [{
            "name": "a", "action": "a", "title": "A", "description": "A.", "phrases": [],
            "toolset": "a.b", "api": "v2", "method": "POST", "path": "/a",
            "request_schema": request, "response_schema": {"type": "object"},
            "class": "write", "handler": "request", "idempotent": true, "retry": "safe",
            "provenance": "inferred", "examples": []}]});
        Registry::parse(&registry.to_string(), "test").unwrap()
    };
    let at = json!({"at": {"type": ["string", "null"], "format": "date"}});
    let plain = action(json!({"properties": at}));
    let clears = action(json!({"x-null-clears": true, "properties": at}));
    for (registry, sent, expected) in [
        (&plain, json!({"at": null}), json!({})),
        (&clears, json!({"at": null}), json!({"at": null})),
        (&clears, json!({}), json!({})),
    ] {
        let checked = check(&registry.actions()[0], sent.as_object().unwrap().clone());
        assert_eq!(Value::Object(checked.unwrap()), expected, "{sent}");
    }
}

#[test]
fn dates_are_days_or_timestamps_with_offset() {
    for good in [
        "2026-03-31",
        "2026-03-31T12:00:00Z",
        "2026-03-31T12:00:00.5+02:00",
    ] {
        assert!(is_date(good), "{good}");
    }
    for bad in [
        "2026-3-31",
        "2026-03-31T12:00:00",
        "yesterday",
        "+026-03-31",
    ] {
        assert!(!is_date(bad), "{bad}");
    }
}
