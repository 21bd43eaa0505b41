//! One action as an operation.

use serde_json::{Map, Value, json};

use super::{answers, schemas};
use crate::discovery::example;
use crate::discovery::offer::Offer;
use crate::registry::entry::{Api, Entry, ParametersIn};
use crate::registry::{Action, schema};

/// A shop of the sandbox, for the header that names one.
const SHOP: &str = "juniper-supply.myshopify.com";

/// The operation of an action at its own address.
pub(super) fn operation(offer: Offer<'_>, action: &Action) -> Value {
    let entry = action.entry();
    made(offer, action, entry.api, entry.name.clone())
}

/// The same action at the address that takes the shop's key.
pub(super) fn keyed(offer: Offer<'_>, action: &Action) -> Value {
    made(offer, action, Api::V1, format!("{}_keyed", action.name()))
}

fn made(offer: Offer<'_>, action: &Action, api: Api, id: String) -> Value {
    let entry = action.entry();
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("operationId", json!(id));
    put("summary", json!(entry.title));
    put("description", json!(description(entry)));
    put("tags", json!([entry.toolset]));
    if matches!(api, Api::V1Public) {
        put("security", json!([]));
    }
    let parameters = parameters(action, api);
    if !parameters.is_empty() {
        put("parameters", Value::Array(parameters));
    }
    if let Some(body) = body(action) {
        put("requestBody", body);
    }
    put("responses", Value::Object(answers::of(action, api)));
    put("x-stoq-class", json!(entry.class));
    if !entry.raises.is_empty() {
        put("x-stoq-raises", json!(entry.raises));
    }
    put("x-stoq-points", json!(api.points(entry.method)));
    put("x-stoq-provenance", json!(entry.provenance));
    put("x-stoq-idempotent", json!(entry.idempotent));
    put("x-stoq-retry", json!(entry.retry));
    let next = entry.next.iter();
    let next: Vec<&String> = next.filter(|name| offer.get(name).is_some()).collect();
    if !next.is_empty() {
        put("x-stoq-next", json!(next));
    }
    Value::Object(out)
}

fn description(entry: &Entry) -> String {
    let mut text = entry.description.clone();
    if let Some(notes) = &entry.notes {
        text.push_str(&format!("\n\n{notes}"));
    }
    if !entry.preconditions.is_empty() {
        text.push_str("\n\nBefore:\n");
        for condition in &entry.preconditions {
            text.push_str(&format!("\n- {condition}"));
        }
    }
    text
}

/// Placeholders, the header that names a shop, and the query.
fn parameters(action: &Action, api: Api) -> Vec<Value> {
    let entry = action.entry();
    let mut out = Vec::new();
    for name in action.placeholders() {
        let mut piece = schemas::formed(&action.path_schema(name));
        // One segment with something in it.
        if let Value::Object(map) = &mut piece {
            map.entry("type").or_insert_with(|| json!("string"));
            if map.get("type") == Some(&json!("string")) {
                map.entry("minLength").or_insert_with(|| json!(1));
            }
        }
        let samples = samples(action, |request| request.placeholders.get(name).cloned());
        out.push(parameter("path", name, true, piece, samples));
    }
    if matches!(api, Api::V1Public) {
        let piece =
            json!({"type": "string", "description": "The shop's `*.myshopify.com` domain."});
        out.push(parameter(
            "header",
            "X-Shopify-Shop-Domain",
            true,
            piece,
            samples(action, |_| Some(json!(SHOP))),
        ));
    }
    if entry.parameters_in() == ParametersIn::Body {
        return out;
    }
    let request = action.request_schema();
    let required = request.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    for (name, piece) in schema::properties(request).into_iter().flatten() {
        let is_list = schema::scalar_type(piece) == Some("array");
        let wire = if is_list {
            format!("{name}[]")
        } else {
            name.clone()
        };
        let samples = samples(action, |request| request.parameters.get(name).cloned());
        let piece = schemas::formed(piece);
        out.push(parameter("query", &wire, is_required(name), piece, samples));
    }
    out
}

fn parameter(
    place: &str,
    name: &str,
    is_required: bool,
    mut piece: Value,
    samples: Map<String, Value>,
) -> Value {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(name));
    out.insert("in".to_owned(), json!(place));
    if is_required {
        out.insert("required".to_owned(), json!(true));
    }
    if let Value::Object(map) = &mut piece
        && let Some(told) = map.shift_remove("description")
    {
        out.insert("description".to_owned(), told);
    }
    out.insert("schema".to_owned(), piece);
    if !samples.is_empty() {
        out.insert("examples".to_owned(), Value::Object(samples));
    }
    Value::Object(out)
}

/// What each example says of a parameter, under the name that the example has in the body too.
fn samples(
    action: &Action,
    part: impl Fn(&example::Request) -> Option<Value>,
) -> Map<String, Value> {
    let examples = action.entry().examples.iter().enumerate();
    examples
        .filter_map(|(at, told)| {
            let value = part(&example::request(action, &told.arguments))?;
            Some((numbered(at), json!({"summary": told.title, "value": value})))
        })
        .collect()
}

/// The name of an example.
fn numbered(at: usize) -> String {
    format!("example_{}", at + 1)
}

/// The body with its examples; none where nothing can be sent.
fn body(action: &Action) -> Option<Value> {
    let entry = action.entry();
    if entry.parameters_in() == ParametersIn::Query {
        return None;
    }
    schema::properties(action.request_schema()).filter(|all| !all.is_empty())?;
    let mut examples = Map::new();
    for (at, told) in entry.examples.iter().enumerate() {
        let value = example::request(action, &told.arguments).parameters;
        let example = json!({"summary": told.title, "value": value});
        examples.insert(numbered(at), example);
    }
    let is_partial = entry.method.is_partial();
    let is_required = is_partial || action.request_schema().get("required").is_some();
    let piece = schemas::body(&entry.request_schema, is_partial);
    let mut media = Map::new();
    media.insert("schema".to_owned(), piece);
    if !examples.is_empty() {
        media.insert("examples".to_owned(), Value::Object(examples));
    }
    Some(json!({"required": is_required, "content": {"application/json": media}}))
}
