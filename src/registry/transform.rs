//! From schema to tool: the one documented way from an entry's schemas to what clients see.
//!
//! Input: placeholders become required properties; references are inlined; nullability is removed
//! (where null clears, `clear` names the dotted paths to set to null); open maps become lists of
//! `{key, value}`, with a `clear` of their own for each value; keywords that some client chokes on
//! are dropped. List actions take `limit`,
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

/// What the API says of its own pages beside the rows; results tell it in their envelope.
pub const OF_PAGES: [&str; 5] = ["meta", "page", "per_page", "has_next_page", "has_prev_page"];

/// Arguments that clients have beside the API's own; the engine takes them out again.
pub const OURS: [&str; 5] = ["limit", "cursor", "fields", "clear", "wait_seconds"];

/// Where the rows of a list answer stand and how they are paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Key of the array in the answer.
    pub key: String,
    /// Whether the API pages it (`page`, `per_page`); else pages are cut here.
    pub paged: bool,
    /// Most rows of one call.
    pub max: u64,
    /// Filters that the API applies only after it has cut the page (`x-after-paging`): pages may be
    /// short, and the API's total counts the rows before the filter.
    pub sparse: Vec<String>,
}

/// Finds the rows of an answer: the one array of objects of a read or an export. A request whose path
/// ends in a placeholder reads one record, which is no list whatever it holds.
pub fn rows(action: &Action) -> Option<Rows> {
    let entry = action.entry();
    match (entry.method, entry.handler) {
        (Method::Get, _) | (_, Handler::Export) => {}
        (
            Method::Post | Method::Put | Method::Patch | Method::Delete,
            Handler::Request | Handler::Job | Handler::Local,
        ) => return None,
    }
    let ends_in_id = entry
        .path
        .rsplit('/')
        .next()
        .is_some_and(|segment| segment.starts_with(':'));
    if entry.handler == Handler::Request && ends_in_id {
        return None;
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
        sparse: sparse_filters(action),
    })
}

fn sparse_filters(action: &Action) -> Vec<String> {
    schema::properties(action.request_schema())
        .into_iter()
        .flatten()
        .filter(|(_, piece)| piece.get("x-after-paging") == Some(&Value::Bool(true)))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether `null` in the body differs from absent: it clears the field. So it is in every PATCH and
/// PUT, and in other actions whose request schema says `"x-null-clears": true` at its root.
pub fn null_clears(action: &Action) -> bool {
    action.entry().method.is_partial()
        || action.request_schema().get("x-null-clears") == Some(&Value::Bool(true))
}

/// The input schema that clients see.
pub fn input_schema(action: &Action) -> Map<String, Value> {
    let entry = action.entry();
    let request = action.request_schema();
    let nulls = null_clears(action);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in action.placeholders() {
        properties.insert(
            name.to_owned(),
            client_form(&action.path_schema(name), nulls),
        );
        required.push(json!(name));
    }
    for (name, piece) in schema::properties(request).into_iter().flatten() {
        // Without rows to page, names like `page` are the API's business.
        if action.rows().is_none() || !is_paging(name) {
            properties.insert(name.clone(), client_form(piece, nulls));
        }
    }
    if let Some(Value::Array(names)) = request.get("required") {
        required.extend(names.iter().cloned());
    }
    if nulls {
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

/// One schema piece in the form every client reads; `nulls` says whether null clears.
fn client_form(piece: &Value, nulls: bool) -> Value {
    if let Some(values) = schema::open_map(piece) {
        return pairs_form(piece, values, nulls);
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
                out.insert(key.clone(), client_form(value, nulls));
            }
            "properties" => {
                let members = value.as_object().into_iter().flatten();
                let formed = members.map(|(name, child)| (name.clone(), client_form(child, nulls)));
                out.insert(key.clone(), Value::Object(formed.collect()));
            }
            _ => {}
        }
    }
    Value::Object(out)
}

/// An open map as a list of pairs. A pair without `value` removes its key, where null does so; a
/// pair's `clear` sets fields of its value to null.
fn pairs_form(piece: &Value, values: &Value, nulls: bool) -> Value {
    let mut key = json!({"type": "string", "description": "Name."});
    if let Some(names) = piece.get("propertyNames") {
        copy(names, "pattern", &mut key);
        copy(names, "description", &mut key);
    }
    let mut value = client_form(values, nulls);
    let mut required = vec!["key"];
    if nulls && schema::is_nullable(values) {
        let text = "Left out, and nothing cleared: the entry is removed.";
        let text = match value.get("description").and_then(Value::as_str) {
            Some(own) => format!("{own} {text}"),
            None => text.to_owned(),
        };
        set(&mut value, "description", json!(text));
    } else {
        required.push("value");
    }
    let mut pair = json!({"key": key, "value": value});
    let paths = nullable_paths(values);
    if nulls && !paths.is_empty() {
        set(&mut pair, "clear", clear_schema(&paths));
    }
    let mut list = json!({"type": "array", "items": {"type": "object",
        "properties": pair, "required": required}});
    copy(piece, "description", &mut list);
    list
}

fn set(map: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = map {
        map.insert(key.to_owned(), value);
    }
}

fn copy(from: &Value, key: &str, to: &mut Value) {
    if let Some(value) = from.get(key) {
        set(to, key, value.clone());
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
/// maps again, and cleared paths and removed entries become nulls. Placeholders and our own keys are not in `arguments`.
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
            if let Some(key) = pair.get("key").and_then(Value::as_str).map(str::to_owned)
                && let Some(inner) = restore_value(values, pair)
            {
                map.insert(key, inner);
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

/// The value of one pair; `None` when the pair says nothing.
fn restore_value(values: &Value, pair: &mut Value) -> Option<Value> {
    let cleared: Vec<String> = pair
        .get("clear")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|path| path.as_str().map(str::to_owned))
        .collect();
    let mut value = match pair.get_mut("value") {
        Some(inner) => {
            restore_maps(values, inner);
            inner.take()
        }
        None if !cleared.is_empty() => Value::Object(Map::new()),
        None if schema::is_nullable(values) => Value::Null,
        None => return None,
    };
    if let Value::Object(map) = &mut value {
        cleared.iter().for_each(|path| set_null(map, path));
    }
    Some(value)
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
        for name in OF_PAGES {
            properties.shift_remove(name);
        }
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
                    "total": {"type": ["integer", "null"], "description": "Rows that match; null while not known."},
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
