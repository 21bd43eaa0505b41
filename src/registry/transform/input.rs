//! From a request schema to the input schema that clients see.

use serde_json::{Map, Value, json};

use super::{
    CHART, CONFIRM, DEFAULT_LIMIT, DEFAULT_WAIT_SECONDS, EXPECTED_COUNT, IDEMPOTENCY_KEY,
    MAX_KEY_CHARS, MAX_WAIT_SECONDS, Rows, is_paging, null_clears,
};
use crate::registry::entry::{Handler, Targets};
use crate::registry::{Action, schema};

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
    if entry.chart.is_some() {
        properties.insert(
            CHART.into(),
            json!({"type": "boolean", "description": "Adds a picture."}),
        );
    }
    if matches!(entry.handler, Handler::Job | Handler::Export) {
        properties.insert(
            "wait_seconds".into(),
            json!({"type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECONDS,
                "description": format!("Seconds to wait for the job, default {DEFAULT_WAIT_SECONDS}.")}),
        );
    }
    if !entry.class.is_reversible() {
        add_proof_properties(
            &mut properties,
            matches!(entry.targets, Some(Targets::Query { .. })),
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

/// What makes a call of an effect that cannot be taken back go ahead, and only once.
fn add_proof_properties(properties: &mut Map<String, Value>, counts: bool) {
    properties.insert(
        CONFIRM.into(),
        json!({"type": "string", "maxLength": 64, "description": "Handle of the plan agreed to."}),
    );
    properties.insert(
        IDEMPOTENCY_KEY.into(),
        json!({"type": "string", "maxLength": MAX_KEY_CHARS,
            "description": "Calls with the same key take effect once."}),
    );
    if counts {
        properties.insert(
            EXPECTED_COUNT.into(),
            json!({"type": "integer", "minimum": 0,
                "description": "Records the plan showed; another count is refused."}),
        );
    }
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
            "description": format!("Most rows, {default}.")}),
    );
    properties.insert(
        "cursor".into(),
        json!({"type": "string", "maxLength": 512,
            "description": "`page.next_cursor` of the answer before."}),
    );
    properties.insert(
        "detail".into(),
        json!({"type": "string", "enum": ["concise", "full"],
            "description": "Fields of a row; default concise."}),
    );
    properties.insert(
        "fields".into(),
        json!({"type": "array", "maxItems": 40, "items": {"type": "string", "maxLength": 64},
            "description": "Row fields instead, dotted."}),
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
