//! OpenAPI 3.1 of the API's actions: v2, v1 and the public part of v1, from the registry.
//!
//! It says what goes over the wire, for people who call the API themselves or generate a client: the
//! handle of a job where this server would wait for it and give rows. Actions that this server answers by
//! itself have no address; they are named under `x-stoq-local`.

mod answers;
mod operation;
mod schemas;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::offer::Offer;
use crate::registry::Action;
use crate::registry::entry::Api;
use crate::upstream::Base;

/// Where `stoq-mcp sandbox` listens unless told otherwise.
const SANDBOX: &str = "http://127.0.0.1:8089";

/// The document.
pub fn openapi(offer: Offer<'_>) -> Value {
    let paths = paths(offer);
    let mut tags = Vec::new();
    for toolset in offer.toolsets() {
        let is_here = |action: &&Action| action.toolset() == toolset;
        if offer.actions().filter(is_here).any(has_address) {
            tags.push(json!({"name": toolset}));
        }
    }
    let local = offer.actions().filter(|action| !has_address(action));
    let local: Vec<Value> = local
        .map(|action| {
            let entry = action.entry();
            json!({"name": entry.name, "title": entry.title, "description": entry.description})
        })
        .collect();
    let defs = offer.actions().next().map(Action::defs);
    let components = components(&Value::Object(paths.clone()), defs);
    json!({
        "openapi": "3.1.0",
        "info": info(offer),
        "servers": [
            {"url": host(), "description": "The live API"},
            {"url": SANDBOX, "description": "The sandbox: `stoq-mcp sandbox` prints a key for it"},
        ],
        "security": [{"shop_key": []}],
        "tags": tags,
        "paths": paths,
        "components": components,
        "x-stoq-local": local,
    })
}

fn has_address(action: &Action) -> bool {
    match action.entry().api {
        Api::V2 | Api::V1 | Api::V1Public => true,
        Api::Local => false,
    }
}

/// The live API's root, below which every base lies.
fn host() -> &'static str {
    let base = Api::V2.base_path();
    Base::LIVE.strip_suffix(base).unwrap_or(Base::LIVE)
}

fn info(offer: Offer<'_>) -> Value {
    json!({
        "title": "STOQ API",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Back-in-stock waitlists and preorders of a Shopify shop",
        "description": "The actions of STOQ's API as the registry of stoq-mcp describes them. The vendor \
            documents only part of v2: `x-stoq-provenance` says of each operation whether it is \
            `documented`, `documented_name` (the path follows a stated pattern), `inferred` or `live` \
            (read from the shop's own manifest). `x-stoq-class` is the worst a call can do: `read`, \
            `write`, `send` (can message shoppers), `money` or `destroy`. `x-stoq-points` count against \
            the shop's budget. `x-pii` marks personal data, `x-untrusted` texts that shoppers wrote.",
        "license": {"name": "MIT", "identifier": "MIT"},
        "x-stoq-api-version": offer.registry.version,
    })
}

/// Every address with its verbs, in the order of the registry.
fn paths(offer: Offer<'_>) -> Map<String, Value> {
    let mut paths = Map::new();
    let mut add = |path: String, verb: String, operation: Value| {
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(verbs) = entry {
            verbs.insert(verb, operation);
        }
    };
    for action in offer.actions().filter(|action| has_address(action)) {
        let entry = action.entry();
        let verb = entry.method.as_str().to_lowercase();
        let path = address(entry.api, &entry.path);
        add(path, verb.clone(), operation::operation(offer, action));
        if let Some(keyed) = &entry.keyed {
            let path = address(Api::V1, &keyed.path);
            add(path, verb, operation::keyed(offer, action));
        }
    }
    paths
}

/// `/api/v2/external/preorders/offers/{id}`.
fn address(api: Api, path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        });
    let segments: Vec<String> = segments.collect();
    format!("{}{}", api.base_path(), segments.join("/"))
}

/// What the paths refer to, and what those refer to.
fn components(paths: &Value, defs: Option<&Map<String, Value>>) -> Value {
    let mut all = answers::components();
    let own = all.shift_remove("schemas").unwrap_or_default();
    let Value::Object(mut schemas) = own else {
        return Value::Object(all);
    };
    if let Some(defs) = defs {
        schemas::add_used(paths, defs, &mut schemas);
    }
    all.insert("schemas".to_owned(), Value::Object(schemas));
    all.insert(
        "securitySchemes".to_owned(),
        json!({"shop_key": {"type": "apiKey", "in": "header", "name": "X-Auth-Token",
            "description": "The shop's API key; it selects the shop."}}),
    );
    Value::Object(all)
}
