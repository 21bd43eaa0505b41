//! The contract of an action: what it was sent against its request schema, coerced, with the API's
//! texts for what is wrong. It knows no records; whether an id exists is the action's business.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::reply::Refusal;
use crate::registry::Action;
use crate::registry::entry::Method;
use crate::registry::{schema, transform};

/// Longest text where the schema names no other bound.
const MAX_TEXT: u64 = 255;

/// Checks and coerces what an action was sent; unknown names are left out.
///
/// # Errors
/// All broken rules, in the order the schema declares its fields.
pub(super) fn check(
    action: &Action,
    sent: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let request = action.request_schema();
    needs_any(request, &sent)?;
    if action.entry().method == Method::Patch {
        return check_patch(request, sent);
    }
    check_schema(request, sent, transform::null_clears(action))
}

/// `x-any-of` at the root names fields of which a body must have one.
fn needs_any(request: &Value, sent: &Map<String, Value>) -> Result<(), Refusal> {
    let names = request.get("x-any-of").and_then(Value::as_array);
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() || names.iter().any(|name| sent.contains_key(*name)) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "{} is required",
        names.join(" or ")
    )))
}

/// Checks a body in which `null` differs from absent, as settings writes read it.
///
/// # Errors
/// All broken rules, in the order the schema declares its fields.
pub(super) fn check_patch(
    request: &Value,
    sent: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let known =
        |name: &String| schema::properties(request).is_some_and(|all| all.contains_key(name));
    // Where something is required, that is what is missing.
    if request.get("required").is_none() && !sent.keys().any(known) {
        return Err(Refusal::invalid("body must be filled"));
    }
    check_schema(request, sent, true)
}

fn check_schema(
    request: &Value,
    sent: Map<String, Value>,
    nulls: bool,
) -> Result<Map<String, Value>, Refusal> {
    let mut check = Check {
        nulls,
        errors: Vec::new(),
    };
    let out = check.members(request, sent, "");
    if check.errors.is_empty() {
        Ok(out)
    } else {
        Err(Refusal::Invalid(check.errors))
    }
}

struct Check {
    /// Whether `null` clears a nullable field; else it counts as absent.
    nulls: bool,
    errors: Vec<String>,
}

impl Check {
    fn fail(&mut self, path: &str, rule: &str) -> Option<Value> {
        self.errors.push(format!("{path} {rule}"));
        None
    }

    fn members(
        &mut self,
        piece: &Value,
        mut sent: Map<String, Value>,
        prefix: &str,
    ) -> Map<String, Value> {
        let required = |name: &str| {
            piece
                .get("required")
                .and_then(Value::as_array)
                .is_some_and(|names| names.iter().any(|required| required == name))
        };
        let mut out = Map::new();
        for (name, child) in schema::properties(piece).into_iter().flatten() {
            let path = format!("{prefix}{name}");
            let value = match sent.shift_remove(name) {
                None => {
                    if required(name) {
                        self.fail(&path, "is missing");
                    }
                    continue;
                }
                Some(value) if is_blank(child, &value) => self.blank(child, required(name), &path),
                Some(value) => self.value(child, value, &path),
            };
            if let Some(value) = value {
                out.insert(name.clone(), value);
            }
        }
        if let Some(values) = schema::open_map(piece) {
            for (name, value) in sent {
                let path = format!("{prefix}{name}");
                if let Some(value) = self.entry(piece, values, &name, value, &path) {
                    out.insert(name, value);
                }
            }
        } else if piece.get("additionalProperties") == Some(&Value::Bool(false)) {
            for name in sent.keys() {
                self.fail(&format!("{prefix}{name}"), "is not allowed");
            }
        }
        out
    }

    /// A member of an open map, whose name has a rule of its own.
    fn entry(
        &mut self,
        map: &Value,
        piece: &Value,
        name: &str,
        value: Value,
        path: &str,
    ) -> Option<Value> {
        let names = map.get("propertyNames").unwrap_or(&Value::Null);
        if !matches_pattern(names, &Value::String(name.to_owned())) {
            return self.fail(path, "is in invalid format");
        }
        if is_blank(piece, &value) {
            return self.blank(piece, false, path);
        }
        self.value(piece, value, path)
    }

    /// What was sent without a value: null where that means something, else absent or a failure.
    fn blank(&mut self, piece: &Value, is_required: bool, path: &str) -> Option<Value> {
        if self.nulls && schema::is_nullable(piece) {
            Some(Value::Null)
        } else if self.nulls || is_required {
            self.fail(path, "must be filled")
        } else {
            None
        }
    }

    /// One filled value, coerced; `None` when a rule is broken.
    fn value(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        match schema::scalar_type(piece) {
            Some("integer") => self.integer(piece, &value, path),
            Some("number") => self.number(piece, value, path),
            Some("boolean") => match as_boolean(&value) {
                Some(flag) => Some(Value::Bool(flag)),
                None => self.fail(path, "must be boolean"),
            },
            Some("string") => match value {
                Value::String(text) if is_verbatim(piece) => self.text(piece, &text, path),
                Value::String(text) => self.text(piece, text.trim(), path),
                _ => self.fail(path, "must be a string"),
            },
            Some("array") => match value {
                Value::Array(items) => self.items(piece, items, path),
                _ => self.fail(path, "must be an array"),
            },
            Some("object") => match value {
                Value::Object(map) => {
                    Some(Value::Object(self.members(piece, map, &format!("{path}."))))
                }
                _ => self.fail(path, "must be a hash"),
            },
            Some(_) | None => {
                let value = match value {
                    Value::String(text) => Value::String(text.trim().to_owned()),
                    other => other,
                };
                self.one_of(piece, value, path)
            }
        }
    }

    fn integer(&mut self, piece: &Value, value: &Value, path: &str) -> Option<Value> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => digits(text.trim()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        match number {
            Some(number) => {
                let value = self.one_of(piece, json!(number), path)?;
                self.bounds(piece, value, path)
            }
            None => self.fail(path, "must be an integer"),
        }
    }

    fn number(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        match value {
            Value::Number(_) => self.bounds(piece, value, path),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => self.bounds(piece, json!(number), path),
                Ok(_) | Err(_) => self.fail(path, "must be a number"),
            },
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.fail(path, "must be a number")
            }
        }
    }

    fn bounds(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        let number = value.as_f64();
        let bound = |name: &str| {
            piece
                .get(name)
                .map(|bound| (bound.to_string(), bound.as_f64()))
        };
        if let Some((text, least)) = bound("minimum")
            && number < least
        {
            return self.fail(path, &format!("must be greater than or equal to {text}"));
        }
        if let Some((text, most)) = bound("maximum")
            && number > most
        {
            return self.fail(path, &format!("must be less than or equal to {text}"));
        }
        Some(value)
    }

    fn text(&mut self, piece: &Value, text: &str, path: &str) -> Option<Value> {
        let format = piece.get("format").and_then(Value::as_str);
        let kept = match format {
            Some("phone") => text
                .chars()
                .filter(|symbol| !"+.-() ".contains(*symbol))
                .collect(),
            Some(_) | None => text.to_owned(),
        };
        let value = self.one_of(piece, Value::String(kept.clone()), path)?;
        let length = u64::try_from(kept.chars().count()).unwrap_or(u64::MAX);
        let most = bound(piece, "maxLength").unwrap_or(MAX_TEXT);
        if length > most {
            return self.fail(path, &format!("length cannot be greater than {most}"));
        }
        if let Some(least) = bound(piece, "minLength")
            && length < least
        {
            return self.fail(path, &format!("length cannot be less than {least}"));
        }
        let rule = match format {
            Some("date") if !is_date(&kept) => "must be a date",
            Some("date-time") if DateTime::parse_from_rfc3339(&kept).is_err() => "must be a date",
            Some("uuid") if !is_uuid(&kept) => "is not a valid UUID",
            Some("email") if !is_email(&kept) => "is in invalid format",
            Some("phone") if !is_phone(&kept) => "is in invalid format",
            Some(_) | None if !matches_pattern(piece, &value) => "is in invalid format",
            Some(_) | None => return Some(value),
        };
        self.fail(path, rule)
    }

    fn items(&mut self, piece: &Value, items: Vec<Value>, path: &str) -> Option<Value> {
        let size = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if let Some(most) = bound(piece, "maxItems")
            && size > most
        {
            return self.fail(path, &format!("size cannot be greater than {most}"));
        }
        if let Some(least) = bound(piece, "minItems")
            && size < least
        {
            return self.fail(path, &format!("size cannot be less than {least}"));
        }
        let Some(child) = piece.get("items") else {
            return Some(Value::Array(items));
        };
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}.{index}");
            let item = if is_blank(child, &item) {
                self.fail(&path, "must be filled")
            } else {
                self.value(child, item, &path)
            };
            out.extend(item);
        }
        Some(Value::Array(out))
    }

    fn one_of(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        let Some(values) = piece.get("enum").and_then(Value::as_array) else {
            return Some(value);
        };
        if values.contains(&value) {
            return Some(value);
        }
        let names: Vec<String> = values
            .iter()
            .filter(|value| !value.is_null())
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        self.fail(path, &format!("must be one of: {}", names.join(", ")))
    }
}

/// Null and texts without a letter count as not sent; a text that is kept as it is may be blanks.
fn is_blank(piece: &Value, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) if is_verbatim(piece) => text.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a text is kept as sent: the blanks around a prefix or suffix belong to it.
fn is_verbatim(piece: &Value) -> bool {
    piece.get("x-verbatim") == Some(&Value::Bool(true))
}

fn bound(piece: &Value, name: &str) -> Option<u64> {
    piece.get(name).and_then(Value::as_u64)
}

fn digits(text: &str) -> Option<i64> {
    let bare = text.strip_prefix('-').unwrap_or(text);
    let plain = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn as_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.trim() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A day, or a timestamp with its offset.
fn is_date(text: &str) -> bool {
    if text.len() == 10 && text.starts_with(|first: char| first.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    }
    DateTime::parse_from_rfc3339(text).is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else {
        return false;
    };
    !name.is_empty()
        && !text.contains(char::is_whitespace)
        && !host.contains('@')
        && host
            .rsplit_once('.')
            .is_some_and(|(front, end)| !front.is_empty() && !end.is_empty())
}

fn is_phone(digits: &str) -> bool {
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn matches_pattern(piece: &Value, value: &Value) -> bool {
    piece.get("pattern").is_none_or(|pattern| {
        jsonschema::validator_for(&json!({"pattern": pattern}))
            .is_ok_and(|validator| validator.is_valid(value))
    })
}

#[cfg(test)]
mod tests {
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
}
