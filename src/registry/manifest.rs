//! The manifest in the vendor's form (vendor docs: Dispatch & Discovery), from the registry.
//!
//! `/help` of the API, of the sandbox and of this server print the same entries; the server's own
//! adds keys, which [`Extra`] names.

use serde_json::{Map, Value, json};

use super::entry::Api;
use super::{Action, Registry, schema};

/// Which keys an entry has beside the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// None: exactly what the API prints.
    None,
    /// Ours too: tool name, class, points, toolset, handler, provenance, response schema, examples.
    Ours,
}

/// The manifest of the v2 actions whose path lies in a scope; the empty scope holds everything.
///
/// A scope is a path prefix on whole segments, with or without leading and trailing slash. A
/// concrete segment matches a placeholder.
pub fn manifest(registry: &Registry, scope: &str, extra: Extra) -> Value {
    let actions: Vec<Value> = registry
        .actions()
        .iter()
        .filter(|action| action.entry().api == Api::V2 && in_scope(&action.entry().path, scope))
        .map(|action| entry(action, extra))
        .collect();
    json!({"version": registry.version, "base_path": registry.base_path, "actions": actions})
}

fn in_scope(path: &str, scope: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    scope
        .split('/')
        .filter(|segment| !segment.is_empty())
        .all(|wanted| {
            segments
                .next()
                .is_some_and(|segment| segment == wanted || segment.starts_with(':'))
        })
}

fn entry(action: &Action, extra: Extra) -> Value {
    let source = action.entry();
    let mut out = Map::new();
    out.insert("name".into(), json!(source.action));
    out.insert("method".into(), json!(source.method.as_str()));
    out.insert("path".into(), json!(source.path));
    let description = source.manifest_description.as_ref();
    out.insert(
        "description".into(),
        json!(description.unwrap_or(&source.description)),
    );
    out.insert("aliases".into(), json!(source.aliases));
    if let Some(notes) = &source.notes {
        out.insert("notes".into(), json!(notes));
    }
    let placeholders: Vec<&str> = action.placeholders().collect();
    if !placeholders.is_empty() {
        out.insert("path_params".into(), json!(placeholders));
    }
    out.insert("request_schema".into(), wire_form(&action.wire_schema()));
    match extra {
        Extra::None => {}
        Extra::Ours => add_ours(action, &mut out),
    }
    Value::Object(out)
}

fn add_ours(action: &Action, out: &mut Map<String, Value>) {
    let source = action.entry();
    out.insert("tool".into(), json!(source.name));
    out.insert("title".into(), json!(source.title));
    out.insert("summary".into(), json!(source.description));
    out.insert("toolset".into(), json!(source.toolset));
    out.insert("class".into(), json!(source.class));
    out.insert("points".into(), json!(source.method.points()));
    out.insert("handler".into(), json!(source.handler));
    out.insert("idempotent".into(), json!(source.idempotent));
    out.insert("retry".into(), json!(source.retry));
    out.insert("provenance".into(), json!(source.provenance));
    out.insert("preconditions".into(), json!(source.preconditions));
    out.insert("next".into(), json!(source.next));
    out.insert("response_schema".into(), action.response_schema().clone());
    out.insert("examples".into(), json!(source.examples));
}

/// The root always has `type` and `properties`; our markers and prose are not the vendor's.
fn wire_form(request: &Value) -> Value {
    let mut out = Map::new();
    out.insert("type".into(), json!("object"));
    let properties = schema::properties(request).cloned().unwrap_or_default();
    let formed = properties
        .iter()
        .map(|(name, piece)| (name.clone(), wire_piece(piece)))
        .collect();
    out.insert("properties".into(), Value::Object(formed));
    if let Some(required) = request.get("required") {
        out.insert("required".into(), required.clone());
    }
    Value::Object(out)
}

fn wire_piece(piece: &Value) -> Value {
    let Value::Object(map) = piece else {
        return piece.clone();
    };
    let mut out = Map::new();
    for (key, value) in map {
        if key == "description" || key.starts_with("x-") {
            continue;
        }
        let formed = match (key.as_str(), value) {
            ("properties", Value::Object(members)) => Value::Object(
                members
                    .iter()
                    .map(|(name, child)| (name.clone(), wire_piece(child)))
                    .collect(),
            ),
            ("items", child) => wire_piece(child),
            _ => value.clone(),
        };
        out.insert(key.clone(), formed);
    }
    Value::Object(out)
}
