//! Manifests that lie, flood or contradict, and honest ones that differ.

mod forms;
mod hostile;
mod merging;

use serde_json::{Value, json};

use super::*;
use crate::registry::Registry;
use crate::registry::entry::Entry;

/// A registry of three actions that refer to each other.
fn bundled() -> Registry {
    let entry = |change: Value| {
        let mut entry = json!({"action": "list", "title": "Do it", "description": "Does it.",
            "manifest_description": "Do it.", "phrases": [], "toolset": "shop.things", "api": "v2",
            "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
            "class": "read", "handler": "request", "idempotent": true, "retry": "safe",
            "provenance": "documented", "examples": []});
        let map = entry.as_object_mut().unwrap();
        map.extend(change.as_object().unwrap().clone());
        entry
    };
    let registry = json!({"version": "v2", "base_path": "/api/v2/external",
    "$defs": {"email": {"type": "string", "maxLength": 254, "description": "Address."}},
    "actions": [
        entry(json!({"name": "shop_things_list", "method": "GET", "path": "/shop/things",
            "request_schema": {"type": "object", "x-any-of": ["email"], "properties": {
                "email": {"$ref": "#/$defs/email"},
                "texts": {"type": "object", "description": "Texts.", "additionalProperties": {
                    "type": "string", "description": "Text."}},
                "status": {"type": "string", "enum": ["on", "off"], "description": "State."},
                "count": {"type": "integer", "minimum": 1, "description": "How many."}}},
            "wire_schema": {"type": "object", "properties": {
                "email": {"$ref": "#/$defs/email"}, "texts": {"type": "object"},
                "status": {"enum": ["on", "off"]},
                "count": {"type": "integer", "minimum": 1}}},
            "next": ["shop_things_create", "shop_things_update"],
            "examples": [{"title": "By email", "arguments": {"email": "a@b.example"}},
                {"title": "All that are on", "arguments": {"status": "on"}}]})),
        entry(json!({"name": "shop_things_create", "action": "create", "method": "POST",
            "path": "/shop/things", "class": "send", "idempotent": false, "retry": "natural_key",
            "request_schema": {"type": "object", "required": ["email"], "properties": {
                "email": {"$ref": "#/$defs/email"}}},
            "read_back": {"action": "shop_things_list", "arguments": {"email": "{email}"},
                "proof": "created"}, "targets": {"kind": "one"},
            "next": ["shop_things_list"]})),
        entry(json!({"name": "shop_things_update", "action": "update", "method": "PATCH",
            "path": "/shop/things/:id/block", "class": "write", "retry": "read_back",
            "path_schema": {"id": {"type": "string", "description": "Id."}},
            "request_schema": {"type": "object", "properties": {
                "text": {"type": ["string", "null"], "description": "Text."},
                "charge": {"type": "object", "description": "Charging.", "properties": {
                    "auto": {"type": "boolean", "description": "By itself."}}}}},
            "raises": [{"argument": "charge.auto", "equals": true, "class": "money",
                "why": "it charges"}],
            "read_back": {"action": "shop_things_read", "arguments": {"id": "{id}"},
                "proof": "patched",
                "holds": {"block": {"text": "{text}"}}}})),
        entry(json!({"name": "shop_things_read", "action": "read", "method": "GET",
            "path": "/shop/things/:id", "path_schema": {
                "id": {"type": "string", "description": "Id."}}})),
        entry(json!({"name": "v1_things_list", "method": "GET", "path": "/things.json",
            "api": "v1", "toolset": "v1.things", "successors": [
                {"actions": ["shop_things_list"], "provenance": "documented"}]}))
    ]});
    Registry::parse(&registry.to_string(), "test").unwrap()
}

fn manifest(actions: Value) -> Value {
    json!({"version": "v2", "base_path": "/api/v2/external", "actions": actions})
}

/// What the bundled registry of the tests publishes, to be changed.
fn published() -> Vec<Value> {
    let printed =
        crate::registry::manifest::manifest(&bundled(), "", crate::registry::manifest::Extra::None);
    printed["actions"].as_array().unwrap().clone()
}

fn merged(actions: Vec<Value>) -> Merged {
    let published = Published::read(&manifest(json!(actions))).unwrap();
    merge(&bundled(), &published).unwrap()
}

fn entry_of<'a>(merged: &'a Merged, name: &str) -> &'a Entry {
    let action = merged.registry.get(name);
    action.unwrap_or_else(|| panic!("{name}")).entry()
}

/// A listed action beside those of the bundled registry.
fn listed(change: Value) -> Value {
    let mut entry = json!({"name": "go", "method": "POST", "path": "/shop/other/go",
        "description": "Go.", "aliases": [], "request_schema": {"type": "object"}});
    let map = entry.as_object_mut().unwrap();
    map.extend(change.as_object().unwrap().clone());
    entry
}
