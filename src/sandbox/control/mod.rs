//! The control plane: what no client of the API can do. Loopback only, without key, points or
//! faults; the same functions serve HTTP and tests in the same process.

mod shops;
mod simple;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::core::Core;
use super::reply::{Refusal, Reply};

/// One call below `/sandbox`.
struct Call<'a> {
    method: &'a str,
    /// Segments of the path.
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: &'a Map<String, Value>,
}

impl Call<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .rfind(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A call with the body as it came over HTTP.
pub(super) fn over_http(
    core: &mut Core,
    method: &str,
    path: &str,
    query: &str,
    body: &[u8],
) -> (u16, Value) {
    let parsed = match body {
        [] => Ok(Value::Null),
        bytes => serde_json::from_slice(bytes)
            .map_err(|_| Refusal::invalid("Request body is not valid JSON")),
    };
    match parsed {
        Ok(value) => call(core, method, path, query, &value),
        Err(refusal) => (refusal.status(), refusal.body()),
    }
}

/// A call with a parsed body; `null` stands for none.
pub(super) fn call(
    core: &mut Core,
    method: &str,
    path: &str,
    query: &str,
    body: &Value,
) -> (u16, Value) {
    let none = Map::new();
    let body = match body {
        Value::Null => &none,
        Value::Object(map) => map,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            let refusal = Refusal::invalid("Request body must be a JSON object");
            return (refusal.status(), refusal.body());
        }
    };
    let call = Call {
        method,
        path: path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| {
                percent_encoding::percent_decode_str(segment)
                    .decode_utf8_lossy()
                    .into_owned()
            })
            .collect(),
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body,
    };
    match route(core, &call) {
        Ok(answer) => answer,
        Err(refusal) => {
            if let Refusal::Broken(reason) = &refusal {
                tracing::error!(%reason, "the sandbox failed to serve its control plane");
            }
            (refusal.status(), refusal.body())
        }
    }
}

fn route(core: &mut Core, call: &Call<'_>) -> Result<(u16, Value), Refusal> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let reply: Reply = match (call.method, path.as_slice()) {
        ("GET", ["health"]) => Ok(simple::health(core)),
        ("POST", ["reset"]) => simple::reset(core, call),
        ("GET", ["clock"]) => Ok(simple::clock(core)),
        ("POST", ["clock"]) => simple::move_clock(core, call),
        ("GET", ["config"]) => simple::config(core),
        ("PATCH", ["config"]) => simple::patch_config(core, call),
        ("GET", ["journal"]) => simple::journal(core, call),
        ("GET", ["faults"]) => Ok(json!({"faults": core.faults.list()?})),
        ("POST", ["faults"]) => return Ok((201, simple::add_fault(core, call)?)),
        ("DELETE", ["faults"]) => {
            core.faults.clear();
            Ok(json!({}))
        }
        ("DELETE", ["faults", id]) => match core.faults.remove(id) {
            true => Ok(json!({})),
            false => Err(Refusal::not_found("Fault")),
        },
        (_, ["shops", domain, rest @ ..]) => return shops::route(core, call, domain, rest),
        _ => Err(unknown(call)),
    };
    reply.map(|body| (200, body))
}

/// No control of that name.
fn unknown(call: &Call<'_>) -> Refusal {
    Refusal::NotFound(format!(
        "No sandbox control at {} /sandbox/{}",
        call.method,
        call.path.join("/")
    ))
}

/// Checks a body against a schema of the API's form; unlike the API it knows no other names.
fn checked(schema: &Value, body: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let known = crate::registry::schema::properties(schema);
    let strange: Vec<String> = body
        .keys()
        .filter(|name| known.is_none_or(|known| !known.contains_key(*name)))
        .map(|name| format!("{name} is not a field here"))
        .collect();
    if !strange.is_empty() {
        return Err(Refusal::Invalid(strange));
    }
    super::contract::check_patch(schema, body.clone())
}
