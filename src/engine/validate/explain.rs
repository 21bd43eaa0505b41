//! Schema errors in words that name the field, the allowed values and the nearest of them.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::registry::{Action, nearest};
use crate::text::line;

/// Most characters of a caller's value that an error repeats.
const SHOWN: usize = 40;

/// Unknown keys at the root are told with the valid ones.
pub(super) fn is_told_elsewhere(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::AdditionalProperties { .. })
}

/// One mistake in words.
pub(super) fn mistake(action: &Action, error: &ValidationError<'_>) -> String {
    let path = dotted(error.instance_path().as_str());
    let field = if path.is_empty() {
        "the arguments".to_owned()
    } else {
        format!("`{path}`")
    };
    let given = shown(error.instance());
    match error.kind() {
        Kind::Required { property } => required(action, &path, property),
        Kind::Type { kind } => format!("{field} must be {}, not {given}", type_name(kind)),
        Kind::Enum { options } => one_of(&field, error.instance(), options),
        Kind::Minimum { limit } => format!("{field} must be at least {limit}, not {given}"),
        Kind::Maximum { limit } => format!("{field} must be at most {limit}, not {given}"),
        Kind::MinLength { limit } => format!("{field} must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("{field} must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("{field} must have at least {limit} entries"),
        Kind::MaxItems { limit } => format!("{field} must have at most {limit} entries"),
        Kind::Pattern { pattern } => {
            format!("{field} must have the form {pattern}, not {given}")
        }
        Kind::Format { format } => format!("{field} must be a {format}, not {given}"),
        _ => format!("{field} breaks the rule {}", error.schema_path().as_str()),
    }
}

fn required(action: &Action, path: &str, property: &Value) -> String {
    let name = property.as_str().unwrap_or_default();
    let full = if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    };
    let meaning = (path.is_empty())
        .then(|| {
            action
                .input_schema()
                .get("properties")?
                .get(name)?
                .get("description")?
                .as_str()
        })
        .flatten()
        .and_then(|text| text.split(". ").next())
        .map(|text| format!(" ({})", text.trim_end_matches('.')))
        .unwrap_or_default();
    format!("`{full}` is required{meaning}")
}

fn one_of(field: &str, given: &Value, options: &Value) -> String {
    let names: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let near = given
        .as_str()
        .and_then(|text| nearest(&short(text), names.iter().copied()))
        .map(|near| format!(", did you mean `{near}`?"))
        .unwrap_or_default();
    format!(
        "{field} must be one of: {}; not {}{near}",
        names.join(", "),
        shown(given)
    )
}

fn type_name(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(single) => article(&single.to_string()),
        TypeKind::Multiple(many) => many
            .iter()
            .map(|single| article(&single.to_string()))
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn article(name: &str) -> String {
    match name {
        "integer" | "array" | "object" => format!("an {name}"),
        "string" => "a text".to_owned(),
        _ => format!("a {name}"),
    }
}

/// `/a/0/b` as `a.0.b`.
fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// The caller's own value, short and on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", short(text)),
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// The beginning of a caller's text.
pub(super) fn short(text: &str) -> String {
    line(text, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_hidden_values_are_cut() {
        assert_eq!(short(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
        assert_eq!(short("a\0b\nc"), "ab c");
        assert_eq!(dotted("/signup_ids/3"), "signup_ids.3");
    }
}
