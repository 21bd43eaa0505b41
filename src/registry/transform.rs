//! From schema to tool: the one documented way from an entry's schemas to what clients see.
//!
//! Input: placeholders become required properties; references are inlined; nullability is removed
//! (PATCH actions get `clear`, a list of dotted paths to set to null); open maps become lists of
//! `{key, value}`; keywords that some client chokes on are dropped. List actions take `limit`,
//! `cursor` and `fields` instead of the API's pages, jobs take `wait_seconds`. The inverse, from a
//! client's arguments to the API's request, is in [`to_request`].
//!
//! Output: one envelope for every way a call can end, with the shaped answer under `data`.

use serde_json::{Map, Value, json};

#[cfg(test)]
mod tests;

use super::Action;
use super::entry::{Handler, Method};
use super::schema;

/// Longest wait for a job within one call, in seconds; the whole call has 45.
pub const MAX_WAIT_SECONDS: u64 = 40;
/// Wait for a job when the caller names none, in seconds.
pub const DEFAULT_WAIT_SECONDS: u64 = 25;
/// Rows of a list when the caller names no limit (vendor docs: Back in Stock Signups).
pub const DEFAULT_LIMIT: u64 = 50;
/// Most rows of a list whose API has no pages.
const MAX_LOCAL_LIMIT: u64 = 500;

/// Where the rows of a list answer stand and how they are paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Key of the array in the answer.
    pub key: String,
    /// Whether the API pages it (`page`, `per_page`); else pages are cut here.
    pub paged: bool,
    /// Most rows of one call.
    pub max: u64,
}

/// Finds the rows of an answer: the one array of objects of a read or an export.
pub fn rows(action: &Action) -> Option<Rows> {
    let entry = action.entry();
    match (entry.method, entry.handler) {
        (Method::Get, _) | (_, Handler::Export) => {}
        (
            Method::Post | Method::Patch | Method::Delete,
            Handler::Request | Handler::Job | Handler::Local,
        ) => {
            return None;
        }
    }
    let mut arrays = schema::properties(action.response_schema())?
        .iter()
        .filter(|(_, piece)| {
            schema::scalar_type(piece) == Some("array")
                && piece
                    .get("items")
                    .is_some_and(|items| schema::scalar_type(items) == Some("object"))
        });
    let key = arrays.next()?.0.clone();
    if arrays.next().is_some() {
        return None;
    }
    let per_page = schema::properties(action.request_schema())
        .and_then(|properties| properties.get("per_page"))
        .filter(|_| entry.method == Method::Get);
    Some(Rows {
        key,
        paged: per_page.is_some(),
        max: per_page
            .and_then(|piece| piece.get("maximum"))
            .and_then(Value::as_u64)
            .unwrap_or(MAX_LOCAL_LIMIT),
    })
}

/// The input schema that clients see.
pub fn input_schema(action: &Action) -> Map<String, Value> {
    let entry = action.entry();
    let request = action.request_schema();
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in action.placeholders() {
        properties.insert(name.to_owned(), client_form(&action.path_schema(name)));
        required.push(json!(name));
    }
    for (name, piece) in schema::properties(request).into_iter().flatten() {
        if !is_paging(name) {
            properties.insert(name.clone(), client_form(piece));
        }
    }
    if let Some(Value::Array(names)) = request.get("required") {
        required.extend(names.iter().cloned());
    }
    if entry.method == Method::Patch {
        let paths = nullable_paths(request);
        if !paths.is_empty() {
            properties.insert("clear".into(), clear_schema(&paths));
        }
    }
    if let Some(rows) = action.rows() {
        add_list_properties(&mut properties, rows);
    }
    if matches!(entry.handler, Handler::Job | Handler::Export) {
        properties.insert(
            "wait_seconds".into(),
            json!({"type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECONDS,
                "description": format!("Seconds to wait for the job before a handle is given back; default {DEFAULT_WAIT_SECONDS}.")}),
        );
    }
    let mut root = Map::new();
    root.insert("type".into(), json!("object"));
    root.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        root.insert("required".into(), Value::Array(required));
    }
    root.insert("additionalProperties".into(), json!(false));
    root
}

/// The API's paging keys; accepted from clients, but `limit` and `cursor` stand for them.
pub fn is_paging(name: &str) -> bool {
    matches!(name, "page" | "per_page")
}

fn add_list_properties(properties: &mut Map<String, Value>, rows: &Rows) {
    let default = if rows.paged {
        format!("default {DEFAULT_LIMIT}")
    } else {
        "default all that fit".to_owned()
    };
    properties.insert(
        "limit".into(),
        json!({"type": "integer", "minimum": 1, "maximum": rows.max,
            "description": format!("Most rows to give back, {default}.")}),
    );
    properties.insert(
        "cursor".into(),
        json!({"type": "string", "maxLength": 512,
            "description": "Value of `page.next_cursor` of the answer before; same filters."}),
    );
    properties.insert(
        "fields".into(),
        json!({"type": "array", "maxItems": 40, "items": {"type": "string", "maxLength": 64},
            "description": "Row fields to keep, dotted for nested ones; all when absent."}),
    );
}

fn clear_schema(paths: &[String]) -> Value {
    json!({"type": "array", "items": {"type": "string", "enum": paths},
        "description": "Fields to set to null."})
}

/// Dotted paths of the nullable fields of a body.
pub fn nullable_paths(request: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect_nullable(request, "", &mut paths);
    paths
}

fn collect_nullable(piece: &Value, prefix: &str, paths: &mut Vec<String>) {
    for (name, child) in schema::properties(piece).into_iter().flatten() {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if schema::is_nullable(child) {
            paths.push(path.clone());
        }
        collect_nullable(child, &path, paths);
    }
}

/// One schema piece in the form every client reads.
fn client_form(piece: &Value) -> Value {
    if let Some(values) = schema::open_map(piece) {
        let mut list = json!({"type": "array", "items": {"type": "object",
            "properties": {"key": {"type": "string", "description": "Name."},
                           "value": client_form(values)},
            "required": ["key", "value"]}});
        copy_description(piece, &mut list);
        return list;
    }
    let Value::Object(map) = piece else {
        return json!({"type": "string"});
    };
    let mut out = Map::new();
    if let Some(name) = schema::scalar_type(piece) {
        out.insert("type".into(), json!(name));
    }
    for (key, value) in map {
        match key.as_str() {
            "description" | "minimum" | "maximum" | "minLength" | "maxLength" | "pattern"
            | "minItems" | "maxItems" | "required" => {
                out.insert(key.clone(), value.clone());
            }
            "default" if !value.is_null() => {
                out.insert(key.clone(), value.clone());
            }
            "enum" => {
                out.insert(key.clone(), without_null(value));
            }
            "format" if value == "date-time" => {
                out.insert(key.clone(), value.clone());
            }
            "items" => {
                out.insert(key.clone(), client_form(value));
            }
            "properties" => {
                let members = value.as_object().into_iter().flatten();
                let formed = members.map(|(name, child)| (name.clone(), client_form(child)));
                out.insert(key.clone(), Value::Object(formed.collect()));
            }
            _ => {}
        }
    }
    Value::Object(out)
}

fn copy_description(from: &Value, to: &mut Value) {
    if let (Some(text), Value::Object(map)) = (from.get("description"), to) {
        map.insert("description".into(), text.clone());
    }
}

fn without_null(values: &Value) -> Value {
    Value::Array(
        values
            .as_array()
            .into_iter()
            .flatten()
            .filter(|value| !value.is_null())
            .cloned()
            .collect(),
    )
}

/// The inverse of the input transform for the API's own parameters: lists of `{key, value}` become
/// maps again and cleared paths become nulls. Placeholders and our own keys are not in `arguments`.
pub fn to_request(
    action: &Action,
    mut arguments: Map<String, Value>,
    clear: &[String],
) -> Map<String, Value> {
    let request = action.request_schema();
    for (name, piece) in schema::properties(request).into_iter().flatten() {
        if let Some(value) = arguments.get_mut(name) {
            restore_maps(piece, value);
        }
    }
    for path in clear {
        set_null(&mut arguments, path);
    }
    arguments
}

fn restore_maps(piece: &Value, value: &mut Value) {
    if let (Some(values), Value::Array(pairs)) = (schema::open_map(piece), &mut *value) {
        let mut map = Map::new();
        for pair in pairs.iter_mut() {
            if let (Some(key), Some(inner)) = (
                pair.get("key").and_then(Value::as_str).map(str::to_owned),
                pair.get_mut("value"),
            ) {
                restore_maps(values, inner);
                map.insert(key, inner.take());
            }
        }
        *value = Value::Object(map);
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, child) in schema::properties(piece).into_iter().flatten() {
                if let Some(inner) = map.get_mut(name) {
                    restore_maps(child, inner);
                }
            }
        }
        Value::Array(items) => {
            if let Some(child) = piece.get("items") {
                items.iter_mut().for_each(|item| restore_maps(child, item));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn set_null(map: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), Value::Null);
        }
        Some((head, rest)) => {
            let child = map
                .entry(head.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = child {
                set_null(inner, rest);
            }
        }
    }
}

/// The output schema that clients see: the envelope of every result.
pub fn output_schema(action: &Action) -> Map<String, Value> {
    let mut data = output_form(action.response_schema());
    // `fields` may leave out any field of a row, and what the API sends outside its form is left
    // out rather than losing the whole answer: so nothing below `data` is required.
    drop_required(&mut data);
    if let (Some(rows), Some(Value::Object(properties))) =
        (action.rows(), data.get_mut("properties"))
        && rows.paged
    {
        // Pages are told by the envelope.
        properties.shift_remove("meta");
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "status": {"type": "string",
                "enum": ["ok", "accepted", "planned", "running", "replayed", "outcome_unknown"],
                "description": "How the call ended."},
            "data": data,
            "page": {"type": "object", "description": "Where a list stands.",
                "properties": {
                    "shown": {"type": "integer", "description": "Rows in this answer."},
                    "total": {"type": "integer", "description": "Rows that match."},
                    "next_cursor": {"type": ["string", "null"], "description": "Pass as `cursor` for the next rows; null at the end."}},
                "required": ["shown", "total", "next_cursor"]},
            "plan": {"type": "object", "description": "What a commit would do."},
            "job": {"type": "object", "description": "A job on the API's side.",
                "properties": {
                    "job_id": {"type": "string", "description": "Id of the job."},
                    "status": {"type": "string", "description": "State of the job."},
                    "progress": {"type": "integer", "description": "Percent done."},
                    "total": {"type": "integer", "description": "Items in the job."},
                    "processed": {"type": "integer", "description": "Items done."},
                    "error": {"type": ["string", "null"], "description": "Why the job failed."},
                    "resume_action": {"type": ["string", "null"], "description": "Action that resumes the wait."},
                    "resume_arguments": {"type": "object", "description": "Its arguments."}},
                "required": ["job_id", "status"]},
            "note": {"type": "string", "description": "What to know or do next."}
        },
        "required": ["status"],
    });
    match schema {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// Drops our own markers (`x-…`), which strict validators refuse.
fn output_form(piece: &Value) -> Value {
    match piece {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, _)| !key.starts_with("x-"))
                .map(|(key, value)| (key.clone(), output_form(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(output_form).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => piece.clone(),
    }
}

fn drop_required(piece: &mut Value) {
    if let Value::Object(map) = piece {
        map.shift_remove("required");
        if let Some(Value::Object(properties)) = map.get_mut("properties") {
            properties.values_mut().for_each(drop_required);
        }
        if let Some(items) = map.get_mut("items") {
            drop_required(items);
        }
    }
}
