//! A plain client of the stateless protocol (2026-07-28) over HTTP.

use serde_json::{Value, json};

use super::HttpProcess;

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// What every request of this protocol carries.
pub fn meta() -> Value {
    json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "black-box", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}})
}

/// Sends one request; `name` is the tool, prompt or address it is about.
pub async fn post(
    server: &HttpProcess,
    method: &str,
    name: Option<&str>,
    body: String,
) -> reqwest::Response {
    let mut request = client()
        .post(&server.url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    request.body(body).send().await.unwrap()
}

/// Asks and waits for the answer; `name` as in [`post`].
pub async fn ask(server: &HttpProcess, method: &str, name: Option<&str>, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = meta();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = post(server, method, name, body.to_string()).await;
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}
