//! The forms a value can be sent in: numbers and booleans as texts, dates, ids, addresses.

use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) fn digits(text: &str) -> Option<i64> {
    let bare = text.strip_prefix('-').unwrap_or(text);
    let plain = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

pub(super) fn as_boolean(value: &Value) -> Option<bool> {
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
pub(super) fn is_date(text: &str) -> bool {
    if text.len() == 10 && text.starts_with(|first: char| first.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    }
    DateTime::parse_from_rfc3339(text).is_ok()
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

pub(super) fn is_email(text: &str) -> bool {
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

pub(super) fn is_phone(digits: &str) -> bool {
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn matches_pattern(piece: &Value, value: &Value) -> bool {
    piece.get("pattern").is_none_or(|pattern| {
        jsonschema::validator_for(&json!({"pattern": pattern}))
            .is_ok_and(|validator| validator.is_valid(value))
    })
}
