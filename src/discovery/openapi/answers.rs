//! What an operation answers: its successes, and the refusals that the API has for it.
//!
//! Codes, bodies and headers are those of the vendor's documentation (Overview, Rate Limits, Bulk & Async
//! Jobs, v1 Back in Stock API), and where that says nothing those of the sandbox.

use serde_json::{Map, Value, json};

use super::schemas::{OF_DOCUMENT, formed};
use crate::registry::entry::{Api, Handler, Method, ParametersIn};
use crate::registry::{Action, schema};

/// Headers of every answer to a request with a key, but for one whose key is refused.
const BUDGET: [(&str, &str); 3] = [
    ("X-RateLimit-Limit", "Points of a window."),
    ("X-RateLimit-Remaining", "Points left in the window."),
    ("X-RateLimit-Reset", "Unix second at which the window ends."),
];
const REQUEST_ID: &str = "X-Request-Id";
const RETRY_AFTER: &str = "Retry-After";
const JSON: &str = "application/json";

/// Who refuses, which decides the form of the body and the headers.
const FAMILIES: [(&str, Api); 3] = [("v2", Api::V2), ("v1", Api::V1), ("public", Api::V1Public)];

/// A refusal: its code, and what it means.
const REFUSALS: [(u16, &str); 8] = [
    (400, "The request cannot be read, or in v1: breaks a rule."),
    (
        401,
        "The key is missing or unknown; without a key: the shop's header is missing.",
    ),
    (404, "No such record, or one of another shop."),
    (
        409,
        "The state of the record forbids it; the text says what would unblock it.",
    ),
    (413, "The body is larger than 1 MiB."),
    (422, "A rule is broken; one text for each."),
    (429, "The shop's points are used up."),
    (500, "A fault in the API."),
];

/// The answers of an operation.
pub(super) fn of(action: &Action, api: Api) -> Map<String, Value> {
    let mut out = Map::new();
    for code in action.entry().success() {
        out.insert(code.to_string(), success(action, api));
    }
    if action.entry().api == Api::V1Public {
        // Only another code means that it was done.
        let told = "Read, but refused: nothing was done.";
        let form = piece("api_v1_errors");
        out.insert("200".to_owned(), answer(told, Some(form), headers(api)));
    }
    for (code, _) in REFUSALS {
        if refuses(action, api, code) {
            let name = format!("{}_{code}", family(api));
            let target = format!("#/components/responses/{name}");
            out.insert(code.to_string(), json!({"$ref": target}));
        }
    }
    let fault = "#/components/responses/fault_before_the_api";
    out.insert("5XX".to_owned(), json!({"$ref": fault}));
    out
}

fn success(action: &Action, api: Api) -> Value {
    let entry = action.entry();
    let told = match (entry.method, api) {
        (Method::Get, _) | (_, Api::V1 | Api::V1Public | Api::Local) => "Done.",
        (Method::Post | Method::Put | Method::Patch | Method::Delete, Api::V2) => "Accepted.",
    };
    // What is published differs from what this server gives: it waits, and fetches the file.
    let form = match (entry.handler, entry.method) {
        (Handler::Job | Handler::Export, Method::Get) => piece("api_job"),
        (Handler::Job | Handler::Export, _) => piece("api_job_handle"),
        (Handler::Request | Handler::Local, _) => formed(&entry.response_schema),
    };
    let form = match action.rows().filter(|_| entry.bare_row) {
        Some(rows) => {
            let row = form
                .pointer(&format!("/properties/{}/items", rows.key))
                .cloned();
            json!({"anyOf": [form, row]})
        }
        None => form,
    };
    let is_empty = schema::properties(&entry.response_schema).is_some_and(Map::is_empty);
    let form = Some(form).filter(|_| !(api.is_v1() && is_empty));
    answer(told, form, headers(api))
}

/// Whether an operation may be refused so.
fn refuses(action: &Action, api: Api, code: u16) -> bool {
    let entry = action.entry();
    let is_read = entry.method == Method::Get;
    let names_record = action.placeholders().next().is_some();
    let takes = schema::properties(action.request_schema()).is_some_and(|all| !all.is_empty());
    let has_body = takes && entry.parameters_in() == ParametersIn::Body;
    let is_v2 = !api.is_v1();
    match code {
        400 => has_body || (takes && !is_v2),
        401 | 500 => true,
        404 => names_record || !is_read,
        409 => is_v2 && !is_read,
        413 => has_body,
        422 => (is_v2 && takes) || (!is_read && api != Api::V1Public),
        429 => api != Api::V1Public,
        _ => false,
    }
}

const fn family(api: Api) -> &'static str {
    match api {
        Api::V2 | Api::Local => "v2",
        Api::V1 => "v1",
        Api::V1Public => "public",
    }
}

/// The names of the headers that an answer with an effect on the budget has.
fn headers(api: Api) -> Vec<&'static str> {
    let budget = BUDGET.iter().map(|(name, _)| *name);
    let budget = budget.filter(|_| api != Api::V1Public);
    budget.chain([REQUEST_ID]).collect()
}

fn piece(name: &str) -> Value {
    json!({"$ref": format!("{OF_DOCUMENT}{name}")})
}

fn answer(told: &str, form: Option<Value>, headers: Vec<&str>) -> Value {
    let headers: Map<String, Value> = headers
        .into_iter()
        .map(|name| {
            let target = format!("#/components/headers/{name}");
            (name.to_owned(), json!({"$ref": target}))
        })
        .collect();
    let mut out = Map::new();
    out.insert("description".to_owned(), json!(told));
    out.insert("headers".to_owned(), Value::Object(headers));
    if let Some(form) = form {
        out.insert("content".to_owned(), json!({JSON: {"schema": form}}));
    }
    Value::Object(out)
}

/// What every operation refers to.
pub(super) fn components() -> Map<String, Value> {
    let mut responses = Map::new();
    for (family, api) in FAMILIES {
        for (code, told) in REFUSALS {
            let form = match (code, api) {
                (429, _) => "api_over_budget",
                (_, Api::V2 | Api::Local) => "api_errors",
                (_, Api::V1 | Api::V1Public) => "api_v1_error",
            };
            let mut headers = match code {
                401 => vec![REQUEST_ID],
                _ => headers(api),
            };
            if code == 429 {
                headers.push(RETRY_AFTER);
            }
            // What no operation of the family answers is left out.
            let is_used = match (api, code) {
                (Api::V1, 409) | (Api::V1Public, 409 | 422 | 429) => false,
                (Api::V2 | Api::Local | Api::V1 | Api::V1Public, _) => true,
            };
            if is_used {
                let made = answer(told, Some(piece(form)), headers);
                responses.insert(format!("{family}_{code}"), made);
            }
        }
    }
    responses.insert(
        "fault_before_the_api".to_owned(),
        json!({"description": "A fault in front of the API; the body may be a page of HTML, or nothing."}),
    );
    let mut out = Map::new();
    out.insert("headers".to_owned(), Value::Object(header_components()));
    out.insert("responses".to_owned(), Value::Object(responses));
    out.insert("schemas".to_owned(), own_schemas());
    out
}

fn header_components() -> Map<String, Value> {
    let whole = |told: &str, least: u8| {
        json!({"description": told, "required": true,
            "schema": {"type": "integer", "minimum": least}})
    };
    let mut out: Map<String, Value> = BUDGET
        .iter()
        .map(|(name, told)| ((*name).to_owned(), whole(told, 0)))
        .collect();
    out.insert(RETRY_AFTER.to_owned(), whole("Whole seconds to wait.", 1));
    out.insert(
        REQUEST_ID.to_owned(),
        json!({"description": "Names the request.", "required": true,
            "schema": {"type": "string", "format": "uuid"}}),
    );
    out
}

fn own_schemas() -> Value {
    let text = |told: &str| json!({"type": "string", "description": told});
    let whole = |told: &str| json!({"type": "integer", "description": told, "minimum": 0});
    let texts = json!({"type": "array", "description": "One text for each rule broken.",
        "items": {"type": "string"}, "minItems": 1});
    json!({
        "api_errors": {"type": "object", "description": "A refusal of v2.",
            "properties": {"errors": texts}, "required": ["errors"]},
        "api_v1_error": {"type": "object", "description": "A refusal of v1.",
            "properties": {"error": text("What is wrong.")}, "required": ["error"]},
        "api_v1_errors": {"type": "object", "description": "A refusal of v1 that is answered with 200.",
            "properties": {"errors": texts}, "required": ["errors"]},
        "api_over_budget": {"type": "object", "description": "The shop's points are used up.",
            "properties": {"error": text("`Rate limit exceeded`."),
                "retry_after": {"type": "integer", "description": "Whole seconds to wait, as the header says.", "minimum": 1},
                "message": text("The budget in words.")},
            "required": ["error", "retry_after"]},
        "api_job_handle": {"type": "object", "description": "A job that was accepted.",
            "properties": {"job_id": text("Id of the job."),
                "status_url": text("Path from the host root at which the job is read; use it as it is."),
                "order_count": whole("Orders in the job; of bulk actions on orders."),
                "variant_count": whole("Variants in the job; of bulk actions on variants.")},
            "required": ["job_id", "status_url"]},
        "api_job": {"type": "object", "description": "How a job stands. Failures of single items are not told.",
            "properties": {"job_id": text("Id of the job."),
                "status": {"type": "string", "enum": ["running", "completed", "ready", "failed", "cancelled"],
                    "description": "A bulk job ends as `completed`, an export as `ready`."},
                "progress": {"type": "integer", "description": "Percent done.", "minimum": 0, "maximum": 100},
                "total": whole("Items, or rows of an export."),
                "processed": whole("Items done."),
                "error": text("Why it failed; only of `failed`."),
                "download_url": {"type": "string", "format": "uri",
                    "description": "Signed address of the file, to be fetched without the key; only of `ready`."},
                "expires_at": {"type": "string", "format": "date-time", "description": "End of that address; only of `ready`."}},
            "required": ["job_id", "status", "progress", "total", "processed"]},
    })
}
