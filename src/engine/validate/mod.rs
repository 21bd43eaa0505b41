//! Checks arguments before anything costs anything, and says exactly what is wrong with them.

mod coerce;
mod explain;

use serde_json::{Map, Value, json};

use super::{CallError, ErrorKind};
use crate::registry::transform::is_paging;
use crate::registry::{Action, nearest, schema};

/// Mistakes told at once.
const MAX_MISTAKES: usize = 5;

/// The arguments in the form the schema wants: harmless slips of clients mended, null left out.
///
/// # Errors
/// With every mistake, the valid keys or values, the nearest of them, and an example.
pub(super) fn validate(
    action: &Action,
    mut arguments: Map<String, Value>,
) -> Result<Map<String, Value>, CallError> {
    let root = action.input_schema();
    let properties = root.get("properties").and_then(Value::as_object);
    let mut mistakes = Vec::new();
    let paging = take_paging(action, &mut arguments, &mut mistakes);
    unknown_keys(properties, &arguments, &mut mistakes);
    coerce::object(properties, &mut arguments);
    check(action, &arguments, &mut mistakes)?;
    check_fields(action, &arguments, &mut mistakes);
    if mistakes.is_empty() {
        arguments.extend(paging);
        return Ok(arguments);
    }
    Err(refuse(action, &mistakes))
}

fn refuse(action: &Action, mistakes: &[String]) -> CallError {
    let mut told: Vec<&str> = mistakes
        .iter()
        .take(MAX_MISTAKES)
        .map(String::as_str)
        .collect();
    let more = format!(
        "{} more mistakes",
        mistakes.len().saturating_sub(MAX_MISTAKES)
    );
    if mistakes.len() > MAX_MISTAKES {
        told.push(&more);
    }
    let example = action.entry().examples.first().map_or_else(
        || "Correct the arguments and call again.".to_owned(),
        |example| {
            let arguments = Value::Object(example.arguments.clone());
            format!("Nothing was sent. Example arguments: {arguments}")
        },
    );
    CallError::new(
        ErrorKind::Arguments,
        format!("`{}` was not called: {}.", action.name(), told.join("; ")),
        example,
    )
}

/// Takes `page` and `per_page` out: accepted from clients who know the API, though the schema shows
/// `limit` and `cursor` in their place.
fn take_paging(
    action: &Action,
    arguments: &mut Map<String, Value>,
    mistakes: &mut Vec<String>,
) -> Map<String, Value> {
    let mut taken = Map::new();
    let Some(rows) = action.rows().filter(|rows| rows.paged) else {
        return taken;
    };
    for (name, max) in [("page", u64::from(u32::MAX)), ("per_page", rows.max)] {
        let Some(mut value) = arguments.shift_remove(name) else {
            continue;
        };
        coerce::value(&json!({"type": "integer"}), &mut value);
        match value.as_u64() {
            Some(number) if (1..=max).contains(&number) => {
                taken.insert(name.to_owned(), json!(number));
            }
            _ if value.is_null() => {}
            _ => mistakes.push(format!("`{name}` must be an integer from 1 to {max}")),
        }
    }
    taken
}

fn unknown_keys(
    properties: Option<&Map<String, Value>>,
    arguments: &Map<String, Value>,
    mistakes: &mut Vec<String>,
) {
    let valid: Vec<&str> = properties
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    for name in arguments
        .keys()
        .filter(|name| !valid.contains(&name.as_str()))
    {
        let shown = explain::short(name);
        let mut text = format!("there is no argument `{shown}`");
        if let Some(near) = nearest(name, valid.iter().copied()) {
            text.push_str(&format!(", did you mean `{near}`?"));
        }
        if is_paging(name) {
            text.push_str(" (this action has no pages)");
        }
        if valid.is_empty() {
            text.push_str(" (it takes none)");
        } else {
            text.push_str(&format!(" (valid: {})", valid.join(", ")));
        }
        mistakes.push(text);
    }
}

fn check(
    action: &Action,
    arguments: &Map<String, Value>,
    mistakes: &mut Vec<String>,
) -> Result<(), CallError> {
    let validator = action.input_validator().ok_or_else(|| {
        CallError::new(
            ErrorKind::Internal,
            format!("The schema of `{}` cannot be used.", action.name()),
            "Nothing was sent. Run `stoq-mcp registry lint` on the registry in use.",
        )
    })?;
    let instance = Value::Object(arguments.clone());
    if !validator.is_valid(&instance) {
        mistakes.extend(
            validator
                .iter_errors(&instance)
                .filter_map(|error| explain::mistake(action, &error)),
        );
    }
    Ok(())
}

/// Every field asked for is one the rows have.
fn check_fields(action: &Action, arguments: &Map<String, Value>, mistakes: &mut Vec<String>) {
    let (Some(rows), Some(Value::Array(fields))) = (action.rows(), arguments.get("fields")) else {
        return;
    };
    let Some(row) = schema::properties(action.response_schema())
        .and_then(|properties| properties.get(&rows.key))
        .and_then(|piece| piece.get("items"))
        .filter(|row| schema::properties(row).is_some())
    else {
        return;
    };
    for field in fields.iter().filter_map(Value::as_str) {
        let mut piece = Some(row);
        for part in field.split('.') {
            piece = piece
                .and_then(schema::properties)
                .and_then(|properties| properties.get(part));
        }
        if piece.is_none() {
            let mut valid = Vec::new();
            leaves(row, "", &mut valid);
            let near = nearest(field, valid.iter().map(String::as_str))
                .map(|near| format!(", did you mean `{near}`?"))
                .unwrap_or_default();
            mistakes.push(format!(
                "`fields`: the rows have no field `{}`{near} (valid: {})",
                explain::short(field),
                valid.join(", ")
            ));
        }
    }
}

fn leaves(piece: &Value, prefix: &str, found: &mut Vec<String>) {
    for (name, child) in schema::properties(piece).into_iter().flatten() {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if schema::properties(child).is_some_and(|inner| !inner.is_empty()) {
            leaves(child, &path, found);
        } else {
            found.push(path);
        }
    }
}
