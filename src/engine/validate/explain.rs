//! Schema errors in words that name the field, the allowed values and the nearest of them.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use super::fitting;
use super::mistakes::names;
use crate::registry::{Action, nearest};
use crate::text::line;

/// Most characters of a caller's value that an error repeats.
const SHOWN: usize = 40;

/// Unknown keys at the root are told with the valid ones.
pub(super) fn is_told_elsewhere(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::AdditionalProperties { .. })
}

/// Whether a mistake only repeats another of the same value: a text that is too short has no form
/// either.
pub(super) fn repeats(error: &ValidationError<'_>, before: Option<&ValidationError<'_>>) -> bool {
    matches!(error.kind(), Kind::Pattern { .. })
        && before.is_some_and(|before| {
            matches!(before.kind(), Kind::MinLength { .. })
                && before.instance_path().as_str() == error.instance_path().as_str()
        })
}

/// One mistake in words; where a value is asked for whose form cannot be told in a word, one that fits
/// is named.
pub(super) fn mistake(action: &Action, error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path().as_str();
    let path = dotted(pointer);
    let field = if path.is_empty() {
        "the arguments".to_owned()
    } else {
        format!("`{path}`")
    };
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let example = || fitting::such_as(action, &parts);
    let given = shown(error.instance());
    match error.kind() {
        Kind::Required { property } => required(action, &parts, property),
        Kind::Type { kind } => {
            let kind = type_name(kind);
            let example = gid_number(error.instance()).map_or_else(example, |number| {
                format!(": pass the number at its end (e.g. {number})")
            });
            format!("{field} must be {kind}, not {given}{example}")
        }
        Kind::Enum { options } => one_of(&field, error.instance(), options),
        Kind::Minimum { limit } => format!("{field} must be at least {limit}, not {given}"),
        Kind::Maximum { limit } => format!("{field} must be at most {limit}, not {given}"),
        Kind::MinLength { limit } => {
            let limit = counted(*limit, "character", "characters");
            format!("{field} must have at least {limit}{}", example())
        }
        Kind::MaxLength { limit } => format!(
            "{field} must have at most {}, not {}",
            counted(*limit, "character", "characters"),
            error
                .instance()
                .as_str()
                .map_or(0, |text| text.chars().count())
        ),
        Kind::MinItems { limit } => {
            let limit = counted(*limit, "entry", "entries");
            format!("{field} must have at least {limit}{}", example())
        }
        Kind::MaxItems { limit } => format!(
            "{field} must have at most {}, not {}",
            counted(*limit, "entry", "entries"),
            error.instance().as_array().map_or(0, Vec::len)
        ),
        Kind::Pattern { pattern } => format!(
            "{field} must have the form {pattern}, not {given}{}{}",
            meaning(action, &parts),
            example()
        ),
        Kind::Format { format } => format!("{field} must be a {format}, not {given}{}", example()),
        _ => format!(
            "{field} breaks the rule {}{}",
            error.schema_path().as_str(),
            example()
        ),
    }
}

/// The number that ends a global id of Shopify; the API knows records by their numbers alone.
fn gid_number(given: &Value) -> Option<u64> {
    let path = given.as_str()?.strip_prefix("gid://shopify/")?;
    path.rsplit_once('/')?.1.parse().ok()
}

fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn required(action: &Action, parts: &[&str], property: &Value) -> String {
    let name = property.as_str().unwrap_or_default();
    let path: Vec<&str> = parts.iter().copied().chain([name]).collect();
    let meaning = meaning(action, &path);
    let example = fitting::such_as(action, &path);
    format!("`{}` is required{meaning}{example}", path.join("."))
}

/// The beginning of what the schema says of a field, as `: …`; examples are named apart.
fn meaning(action: &Action, path: &[&str]) -> String {
    let told = fitting::piece_at(action.input_schema(), path)
        .and_then(|piece| piece.get("description")?.as_str())
        .unwrap_or_default();
    let ends = [", e.g. ", ". ", "; "];
    let end = ends.iter().filter_map(|end| told.find(end)).min();
    let told = end.and_then(|end| told.get(..end)).unwrap_or(told);
    match told.trim_end_matches('.') {
        "" => String::new(),
        told => format!(": {told}"),
    }
}

fn one_of(field: &str, given: &Value, options: &Value) -> String {
    let all: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(|option| {
            option
                .as_str()
                .map_or_else(|| option.to_string(), str::to_owned)
        })
        .collect();
    let near = given
        .as_str()
        .and_then(|text| nearest(text, all.iter().map(String::as_str)))
        .map(|near| format!(", did you mean `{near}`?"))
        .unwrap_or_default();
    format!(
        "{field} must be one of: {}; not {}{near}",
        names(&all),
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
