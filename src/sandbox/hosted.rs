//! The vendor's hosted MCP server (vendor docs: MCP): one JSON-RPC object per POST, one tool per
//! action, over the same contract and actions as plain requests.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::core::{Core, Shop};
use super::reply::{Refusal, Refuses};
use super::wire::{Answer, Ask, Done};
use crate::registry::entry::Api;
use crate::registry::manifest::{Extra, manifest};
use crate::registry::{Action, Registry, vendor_name};

const SERVER: &str = "stoq-api-v2";
const SERVER_VERSION: &str = "2.0.0-beta";
/// Told to a client that names no version of its own.
const PROTOCOL: &str = "2025-06-18";

/// A JSON-RPC error.
struct RpcError {
    code: i32,
    message: String,
}

impl RpcError {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// Answers one POST.
pub(super) fn answer(
    core: &mut Core,
    ask: &Ask,
    shop: &Shop,
    now: DateTime<Utc>,
) -> Result<Done, Refusal> {
    let limit = core.max_body();
    if ask.body.len() > limit {
        return Err(Refusal::TooLarge(limit));
    }
    let failed = |id: Value, error: RpcError| {
        let body = json!({"jsonrpc": "2.0", "id": id,
            "error": {"code": error.code, "message": error.message}});
        Ok((Answer::json(200, &body), Vec::new()))
    };
    let message = match serde_json::from_slice::<Value>(&ask.body) {
        Ok(Value::Object(message)) => message,
        Ok(_) => return failed(Value::Null, RpcError::new(-32600, "Invalid Request")),
        Err(_) => return failed(Value::Null, RpcError::new(-32700, "Parse error")),
    };
    let method = message.get("method").and_then(Value::as_str);
    let (Some(method), Some("2.0")) = (method, message.get("jsonrpc").and_then(Value::as_str))
    else {
        return failed(Value::Null, RpcError::new(-32600, "Invalid Request"));
    };
    let Some(id) = message.get("id").cloned() else {
        return Ok((Answer::empty(202), Vec::new()));
    };
    let params = message.get("params").and_then(Value::as_object);
    match result(core, method, params, shop, now) {
        Ok((result, effects)) => {
            let body = json!({"jsonrpc": "2.0", "id": id, "result": result});
            Ok((Answer::json(200, &body), effects))
        }
        Err(error) => failed(id, error),
    }
}

fn result(
    core: &mut Core,
    method: &str,
    params: Option<&Map<String, Value>>,
    shop: &Shop,
    now: DateTime<Utc>,
) -> Result<(Value, Vec<Value>), RpcError> {
    let still = |value: Value| Ok((value, Vec::new()));
    let param = |name: &str| params.and_then(|params| params.get(name));
    match method {
        "initialize" => {
            let version = param("protocolVersion").and_then(Value::as_str);
            still(json!({"protocolVersion": version.unwrap_or(PROTOCOL),
                "capabilities": {"tools": {}},
                "serverInfo": {"name": SERVER, "title": SERVER, "version": SERVER_VERSION}}))
        }
        "ping" => still(json!({})),
        "tools/list" => still(json!({"tools": tools(&core.registry)})),
        "tools/call" => {
            let name = param("name").and_then(Value::as_str).unwrap_or_default();
            let arguments = param("arguments").and_then(Value::as_object);
            call(
                core,
                name,
                arguments.cloned().unwrap_or_default(),
                shop,
                now,
            )
        }
        _ => Err(RpcError::new(-32601, "Method not found")),
    }
}

fn call(
    core: &mut Core,
    name: &str,
    mut arguments: Map<String, Value>,
    shop: &Shop,
    now: DateTime<Utc>,
) -> Result<(Value, Vec<Value>), RpcError> {
    let registry = std::sync::Arc::clone(&core.registry);
    let action = registry
        .actions()
        .iter()
        .find(|action| action.entry().api == Api::V2 && tool_name(action) == name)
        .ok_or_else(|| RpcError::new(-32602, format!("Unknown tool: {name}")))?;
    let done = placeholders(action, &mut arguments)
        .and_then(|values| core.act(action, &values, arguments, shop, now));
    Ok(match done {
        Ok((body, effects)) => (content(&body, false), effects),
        Err(Refusal::Broken(reason)) => {
            tracing::error!(%reason, "the sandbox failed to serve a tool call");
            return Err(RpcError::new(-32603, "Internal error"));
        }
        Err(mut refusal) => (content(&refusal.body(), true), refusal.take_effects()),
    })
}

fn content(body: &Value, is_error: bool) -> Value {
    json!({"content": [{"type": "text", "text": body.to_string()}], "isError": is_error})
}

/// Takes the path parameters out of the flat arguments.
fn placeholders(
    action: &Action,
    arguments: &mut Map<String, Value>,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for name in action.placeholders() {
        match arguments.shift_remove(name) {
            None => errors.push(format!("{name} is missing")),
            Some(Value::String(text)) if !text.trim().is_empty() => {
                values.push((name.to_owned(), text.trim().to_owned()));
            }
            Some(Value::Number(number)) => values.push((name.to_owned(), number.to_string())),
            Some(Value::Null | Value::String(_)) => errors.push(format!("{name} must be filled")),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                errors.push(format!("{name} must be a string"));
            }
        }
    }
    if errors.is_empty() {
        Ok(values)
    } else {
        Err(Refusal::Invalid(errors))
    }
}

/// All tools, from the manifest.
fn tools(registry: &Registry) -> Vec<Value> {
    let printed = manifest(registry, "", Extra::None);
    let entries = printed.get("actions").and_then(Value::as_array);
    registry
        .actions()
        .iter()
        .filter(|action| action.entry().api == Api::V2)
        .zip(entries.into_iter().flatten())
        .map(|(action, printed)| tool(action, printed))
        .collect()
}

fn tool(action: &Action, printed: &Value) -> Value {
    let mut schema = printed.get("request_schema").cloned().unwrap_or_default();
    if let Value::Object(schema) = &mut schema {
        for name in action.placeholders() {
            if let Some(Value::Object(properties)) = schema.get_mut("properties") {
                properties.insert(name.to_owned(), json!({"type": "string"}));
            }
            if let Value::Array(required) = schema
                .entry("required")
                .or_insert_with(|| Value::Array(Vec::new()))
            {
                required.push(json!(name));
            }
        }
    }
    json!({"name": tool_name(action), "description": description(printed),
        "inputSchema": schema})
}

fn description(printed: &Value) -> String {
    let text = |key: &str| printed.get(key).and_then(Value::as_str);
    let mut out = text("description").unwrap_or_default().to_owned();
    let aliases: Vec<&str> = printed
        .get("aliases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !aliases.is_empty() {
        out.push_str(&format!(" Aliases: {}.", aliases.join(", ")));
    }
    if let Some(notes) = text("notes") {
        out.push_str(&format!(" Note: {notes}"));
    }
    out
}

/// The name the vendor's server lists an action under.
fn tool_name(action: &Action) -> String {
    vendor_name(&action.entry().path, &action.entry().action)
}
