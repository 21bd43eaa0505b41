//! What an action takes and gives, as flat lines: dotted paths, types in words, bounds.

use serde_json::Value;

use crate::registry::transform::OURS;
use crate::registry::{Action, schema};

/// Deeper than any honest schema.
const DEPTH: usize = 8;

/// One argument, or one field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Dotted; `[]` after a list.
    pub path: String,
    /// Type and bounds, in words.
    pub kind: String,
    /// Whether a call needs it, or an answer always has it.
    pub is_required: bool,
    /// The schema's description.
    pub told: String,
}

/// The arguments of an action in the form that clients see, without those of ours that every list, job or
/// effect has.
pub(super) fn arguments(action: &Action) -> Vec<Line> {
    let input = Value::Object(action.input_schema().as_ref().clone());
    let theirs = schema::properties(action.request_schema());
    let is_theirs = |name: &str| theirs.is_some_and(|theirs| theirs.contains_key(name));
    let mut lines = Vec::new();
    collect(&input, "", true, 0, &mut lines);
    lines.retain(|line| {
        let root = line.path.split(['.', '[']).next().unwrap_or_default();
        // What can be cleared is said of this action alone.
        !OURS.contains(&root) || root == "clear" || is_theirs(root)
    });
    lines
}

/// The arguments of ours that an action takes beside the API's.
pub(super) fn ours(action: &Action) -> Vec<&'static str> {
    let theirs = schema::properties(action.request_schema());
    let input = action.input_schema().get("properties");
    OURS.into_iter()
        .filter(|name| *name != "clear")
        .filter(|name| input.is_some_and(|input| input.get(name).is_some()))
        .filter(|name| !theirs.is_some_and(|theirs| theirs.contains_key(*name)))
        .collect()
}

/// The fields of the answer that this server gives; of rows within it, the names alone.
pub(super) fn answer(action: &Action) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, piece) in schema::properties(action.response_schema())
        .into_iter()
        .flatten()
    {
        // Paging is told in the envelope of every list.
        if name == "meta" && action.rows().is_some() {
            continue;
        }
        let mut line = line(
            name.clone(),
            piece,
            is_required(action.response_schema(), name),
        );
        let below = piece.get("items").unwrap_or(piece);
        let fields: Vec<String> = schema::leaves(below)
            .iter()
            .map(|field| format!("`{field}`"))
            .collect();
        if !fields.is_empty() {
            line.told = format!("{} {}", line.told, fields.join(", "));
        }
        lines.push(line);
    }
    lines
}

fn is_required(parent: &Value, name: &str) -> bool {
    let names = parent.get("required").and_then(Value::as_array);
    names.is_some_and(|names| names.iter().any(|required| required == name))
}

fn collect(parent: &Value, prefix: &str, needed: bool, depth: usize, lines: &mut Vec<Line>) {
    if depth > DEPTH {
        return;
    }
    for (name, piece) in schema::properties(parent).into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let is_required = needed && is_required(parent, name);
        let below = piece.get("items").unwrap_or(piece);
        let is_list = piece.get("items").is_some();
        lines.push(line(path.clone(), piece, is_required));
        if schema::properties(below).is_some_and(|members| !members.is_empty()) {
            let next = format!("{path}{}.", if is_list { "[]" } else { "" });
            // A member is needed where its object is given.
            collect(below, &next, true, depth + 1, lines);
        }
    }
}

fn line(path: String, piece: &Value, is_required: bool) -> Line {
    let told = piece.get("description").and_then(Value::as_str);
    Line {
        path,
        kind: kind(piece),
        is_required,
        told: told.unwrap_or_default().to_owned(),
    }
}

/// `whole number, 1 to 200`; `one of: email, sms, push`; `list of texts, at most 500`.
fn kind(piece: &Value) -> String {
    if let Some(values) = piece.get("enum").and_then(Value::as_array) {
        let values = values.iter().filter(|value| !value.is_null());
        let values: Vec<String> = values.map(|value| format!("`{}`", plain(value))).collect();
        return format!("one of {}", values.join(", "));
    }
    let null = if schema::is_nullable(piece) {
        ", or null"
    } else {
        ""
    };
    let format = piece.get("format").and_then(Value::as_str);
    let name = match (schema::scalar_type(piece), format) {
        (Some("string"), Some("date")) => "date",
        (Some("string"), Some("date-time")) => "date and time",
        (Some("string"), Some("uuid")) => "UUID",
        (Some("string"), Some("email")) => "email address",
        (Some("string"), Some("phone")) => "phone number",
        (Some("string"), _) => "text",
        (Some("integer"), _) => "whole number",
        (Some("number"), _) => "number",
        (Some("boolean"), _) => "true or false",
        (Some("array"), _) => return format!("list of {}{}{null}", several(piece), size(piece)),
        (Some("object"), _) => "object",
        (Some(_) | None, _) => "any value",
    };
    format!("{name}{}{null}", bounds(piece))
}

/// What a list holds.
fn several(piece: &Value) -> String {
    match piece.get("items") {
        Some(items) if schema::properties(items).is_some() => "objects".to_owned(),
        Some(items) => {
            let inner = kind(items);
            match inner.as_str() {
                "text" => "texts".to_owned(),
                "UUID" => "UUIDs".to_owned(),
                _ => inner,
            }
        }
        None => "values".to_owned(),
    }
}

fn size(piece: &Value) -> String {
    range(piece, "minItems", "maxItems", "")
}

fn bounds(piece: &Value) -> String {
    let numbers = range(piece, "minimum", "maximum", "");
    let texts = range(piece, "minLength", "maxLength", " characters");
    format!("{numbers}{texts}")
}

fn range(piece: &Value, least: &str, most: &str, unit: &str) -> String {
    match (piece.get(least), piece.get(most)) {
        (Some(least), Some(most)) => format!(", {} to {}{unit}", plain(least), plain(most)),
        (Some(least), None) => format!(", at least {}{unit}", plain(least)),
        (None, Some(most)) => format!(", at most {}{unit}", plain(most)),
        (None, None) => String::new(),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_and_bounds_are_told_in_words() {
        for (piece, told) in [
            (
                json!({"type": "integer", "minimum": 1, "maximum": 200}),
                "whole number, 1 to 200",
            ),
            (
                json!({"type": "number", "minimum": 0}),
                "number, at least 0",
            ),
            (
                json!({"type": "string", "maxLength": 255}),
                "text, at most 255 characters",
            ),
            (
                json!({"type": ["string", "null"], "format": "date"}),
                "date, or null",
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                "one of `a`, `b`",
            ),
            (
                json!({"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1, "maxItems": 500}),
                "list of UUIDs, 1 to 500",
            ),
            (
                json!({"type": "array", "items": {"type": "object", "properties": {}}}),
                "list of objects",
            ),
            (json!({"type": "boolean"}), "true or false"),
            (json!({}), "any value"),
        ] {
            assert_eq!(kind(&piece), told, "{piece}");
        }
    }

    #[test]
    fn members_follow_their_object_with_a_dotted_path() {
        let root = json!({"required": ["email"], "properties": {
            "email": {"type": "object", "description": "Email.", "required": ["enabled"],
                "properties": {"enabled": {"type": "boolean", "description": "Send."}}},
            "rows": {"type": "array", "items": {"type": "object",
                "properties": {"key": {"type": "string"}}}}}});
        let mut lines = Vec::new();
        collect(&root, "", true, 0, &mut lines);
        let told: Vec<(&str, bool)> = lines
            .iter()
            .map(|line| (line.path.as_str(), line.is_required))
            .collect();
        assert_eq!(
            told,
            [
                ("email", true),
                ("email.enabled", true),
                ("rows", false),
                ("rows[].key", false)
            ]
        );
    }
}
