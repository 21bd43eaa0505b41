//! Dates, times and addresses that cannot be meant as such. The API refuses them; told here, they
//! cost nothing. Only what is certain is refused: the finer rules are the API's.

use chrono::NaiveDate;
use serde_json::Value;

use super::mistakes::Mistakes;
use super::{explain, fitting};
use crate::registry::{Action, schema};

/// Bytes of a day, YYYY-MM-DD.
const DAY: usize = 10;

/// Refuses texts that do not have the format of their field.
pub(super) fn check(
    action: &Action,
    arguments: &serde_json::Map<String, Value>,
    mistakes: &mut Mistakes,
) {
    let properties = schema::properties(action.request_schema());
    for (name, piece) in properties.into_iter().flatten() {
        if let Some(value) = arguments.get(name) {
            below(action, piece, value, name, mistakes);
        }
    }
}

fn below(action: &Action, piece: &Value, value: &Value, path: &str, mistakes: &mut Mistakes) {
    match value {
        Value::String(text) => {
            let format = piece.get("format").and_then(Value::as_str);
            if let Some(broken) = format.and_then(|format| Broken::of(format, text)) {
                mistakes.add(|| broken.told(action, path, text));
            }
        }
        Value::Object(map) => {
            for (name, child) in schema::properties(piece).into_iter().flatten() {
                if let Some(inner) = map.get(name) {
                    below(action, child, inner, &format!("{path}.{name}"), mistakes);
                }
            }
        }
        Value::Array(members) => {
            // The pairs of an open map have another form than its schema says.
            if let Some(child) = piece.get("items") {
                for (index, member) in members.iter().enumerate() {
                    below(action, child, member, &format!("{path}.{index}"), mistakes);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A format that a text does not have.
#[derive(Clone, Copy)]
enum Broken {
    Day,
    Moment,
    Email,
}

impl Broken {
    fn of(format: &str, text: &str) -> Option<Self> {
        let text = text.trim();
        match format {
            "date" if !begins_with_day(text) => Some(Self::Day),
            "date-time" if !begins_with_day(text) => Some(Self::Moment),
            "email" if !is_address(text) => Some(Self::Email),
            _ => None,
        }
    }

    fn told(self, action: &Action, path: &str, text: &str) -> String {
        let (kind, usual) = match self {
            Self::Day => ("a day, YYYY-MM-DD", "2026-03-31"),
            Self::Moment => ("a time, ISO 8601", "2026-03-31T08:00:00Z"),
            Self::Email => ("an email address", "jane.okafor@example.com"),
        };
        let parts: Vec<&str> = path.split('.').collect();
        let example = fitting::from_examples(action, &parts)
            .find_map(Value::as_str)
            .unwrap_or(usual);
        let given = match self {
            Self::Day | Self::Moment => format!(", not \"{}\"", explain::short(text)),
            // Nobody's address belongs into a log.
            Self::Email => String::new(),
        };
        format!(
            "`{path}` must be {kind}{given} (e.g. {})",
            Value::from(example)
        )
    }
}

fn begins_with_day(text: &str) -> bool {
    text.get(..DAY)
        .is_some_and(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok())
}

fn is_address(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_meant_is_refused() {
        let broken = |format: &str, text: &str| Broken::of(format, text).is_some();
        for (format, text) in [
            ("date", "2026-03-31"),
            ("date", "2026-03-31T08:00:00Z"),
            ("date-time", "2026-03-31 08:00"),
            ("email", "jane.okafor@example.com"),
            ("uuid", "any"),
        ] {
            assert!(!broken(format, text), "{format}: {text}");
        }
        for (format, text) in [
            ("date", "2026-02-30"),
            ("date", "31.03.2026"),
            ("date", ""),
            ("date-time", "tomorrow"),
            ("email", "jane.okafor"),
            ("email", "jane okafor@example.com"),
            ("email", "@"),
        ] {
            assert!(broken(format, text), "{format}: {text}");
        }
    }
}
