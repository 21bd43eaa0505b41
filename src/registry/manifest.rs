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
    manifest_of(registry, scope, extra, |_| true)
}

/// The same for the actions that `keep` holds.
pub fn manifest_of(
    registry: &Registry,
    scope: &str,
    extra: Extra,
    keep: impl Fn(&Action) -> bool,
) -> Value {
    let actions: Vec<Value> = registry
        .actions()
        .iter()
        .filter(|action| action.entry().api == Api::V2 && in_scope(&action.entry().path, scope))
        .filter(|action| keep(action))
        .map(|action| entry(action, extra))
        .collect();
    json!({"version": registry.version, "base_path": registry.base_path, "actions": actions})
}

pub(crate) fn in_scope(path: &str, scope: &str) -> bool {
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
    out.insert("points".into(), json!(source.points()));
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
pub(super) fn wire_form(request: &Value) -> Value {
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
        // The vendor prints an open map as a plain object.
        let open = matches!(key.as_str(), "additionalProperties" | "propertyNames");
        if open || key == "description" || key.starts_with("x-") {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The entry that the vendor shows in full (vendor docs: Dispatch & Discovery).
    fn button_text() -> Registry {
        let registry = json!({"version": "v2", "base_path": "/api/v2/external", "$defs": {}, "actions": [{
            "name": "preorders_offers_widget_set_button_text", "action": "set_button_text",
            "title": "Set button text", "description": "Set the text of the preorder button.",
            "aliases": ["change button text", "rename button", "set button label",
                "change preorder button label", "update button text"],
            "phrases": [], "toolset": "preorders.offers", "api": "v2", "method": "POST",
            "path": "/preorders/offers/:id/widget/set_button_text",
            "path_schema": {"id": {"type": "string", "description": "Offer id."}},
            "request_schema": {"type": "object", "required": ["text"], "properties": {
                "text": {"type": "string", "description": "Text."}}},
            "wire_schema": {"type": "object", "required": ["text"], "properties": {
                "text": {"not": {"type": "null"}}}},
            "response_schema": {"type": "object"}, "class": "write", "handler": "request",
            "idempotent": true, "retry": "safe", "provenance": "documented", "examples": []}]});
        Registry::parse(&registry.to_string(), "test").unwrap()
    }

    fn of(registry: &Registry, path: &str, method: &str) -> Value {
        let manifest = manifest(registry, path, Extra::None);
        let actions = manifest["actions"].as_array().unwrap();
        let found = actions
            .iter()
            .find(|entry| entry["path"] == path && entry["method"] == method);
        found.unwrap().clone()
    }

    #[test]
    fn the_vendors_own_example_comes_out_as_printed() {
        assert_eq!(
            manifest(&button_text(), "", Extra::None),
            json!({"version": "v2", "base_path": "/api/v2/external", "actions": [{
                "name": "set_button_text", "method": "POST",
                "path": "/preorders/offers/:id/widget/set_button_text",
                "description": "Set the text of the preorder button.",
                "aliases": ["change button text", "rename button", "set button label",
                    "change preorder button label", "update button text"],
                "path_params": ["id"],
                "request_schema": {"type": "object",
                    "properties": {"text": {"not": {"type": "null"}}},
                    "required": ["text"]}}]})
        );
    }

    #[test]
    fn a_capability_patch_lists_its_toggles() {
        let registry = Registry::bundled().unwrap();
        assert_eq!(
            of(&registry, "/back_in_stock/settings/channels", "PATCH"),
            json!({"name": "update", "method": "PATCH", "path": "/back_in_stock/settings/channels",
                "description": "Update which channels send alerts.", "aliases": [],
                "notes": "Toggles: email.enabled, sms.enabled, push.enabled. First SMS use starts a content check.",
                "request_schema": {"type": "object", "properties": {
                    "email": {"type": "object", "properties": {"enabled": {"type": "boolean"}}},
                    "sms": {"type": "object", "properties": {"enabled": {"type": "boolean"}}},
                    "push": {"type": "object", "properties": {"enabled": {"type": "boolean"}}}}}})
        );
    }

    #[test]
    fn the_filters_of_notifications_are_printed_untyped() {
        let registry = Registry::bundled().unwrap();
        assert_eq!(
            of(&registry, "/back_in_stock/notifications", "GET"),
            json!({"name": "list", "method": "GET", "path": "/back_in_stock/notifications",
                "description": "List the shop's alert send log.",
                "aliases": ["list notifications", "back in stock send log",
                    "restock notifications sent", "who got notified", "notification history",
                    "show sent restock alerts"],
                "notes": "Filter status=blocked for alerts held back, e.g. by the plan; blocked_reason says why.",
                "request_schema": {"type": "object", "properties": {
                    "channel": {"enum": ["email", "sms", "push"]},
                    "status": {"enum": ["sent", "blocked"]},
                    "variant_id": {}, "product_id": {}, "from": {}, "to": {}, "page": {}, "per_page": {}}}})
        );
    }

    #[test]
    fn keys_without_content_are_absent() {
        let entry = of(
            &Registry::bundled().unwrap(),
            "/back_in_stock/settings",
            "GET",
        );
        let keys: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "name",
                "method",
                "path",
                "description",
                "aliases",
                "request_schema"
            ]
        );
        assert_eq!(entry["aliases"], json!([]));
        assert_eq!(
            entry["request_schema"],
            json!({"type": "object", "properties": {}})
        );
    }

    #[test]
    fn an_open_map_is_printed_as_a_plain_object() {
        let registry = Registry::bundled().unwrap();
        assert_eq!(
            of(&registry, "/preorders/offers/:id/translations", "PATCH")["request_schema"],
            json!({"type": "object", "properties": {"locales": {"type": "object"}}})
        );
    }

    #[test]
    fn a_scope_holds_whole_segments_in_any_spelling() {
        let registry = Registry::bundled().unwrap();
        let count = |scope: &str| {
            let manifest = manifest(&registry, scope, Extra::None);
            manifest["actions"].as_array().unwrap().len()
        };
        let is_v2 = |action: &&Action| action.entry().api == Api::V2;
        let all = registry.actions().iter().filter(is_v2).count();
        for (scope, wanted) in [
            ("", all),
            ("/", all),
            ("/back_in_stock", 34),
            ("back_in_stock/", 34),
            ("/back_in_stock/signups", 8),
            ("/back_in_stock/signup", 0),
            (
                "/back_in_stock/signups/51900000-0000-4000-8000-000000000001/notify",
                1,
            ),
            ("/back_in_stock/reports/", 12),
            ("/nothing", 0),
        ] {
            assert_eq!(count(scope), wanted, "{scope}");
        }
    }

    #[test]
    fn our_manifest_adds_what_the_vendors_lacks() {
        let manifest = manifest(&button_text(), "", Extra::Ours);
        let entry = manifest["actions"][0].as_object().unwrap();
        let added: Vec<&str> = entry.keys().skip(7).map(String::as_str).collect();
        assert_eq!(
            added,
            [
                "tool",
                "title",
                "summary",
                "toolset",
                "class",
                "points",
                "handler",
                "idempotent",
                "retry",
                "provenance",
                "preconditions",
                "next",
                "response_schema",
                "examples"
            ]
        );
        assert_eq!(
            (&entry["tool"], &entry["points"]),
            (&json!("preorders_offers_widget_set_button_text"), &json!(2))
        );
    }
}
