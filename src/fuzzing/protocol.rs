//! Messages of the protocol, as a pipe and an HTTP body bring them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{Request, header};
use rmcp::ServiceExt;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio_util::sync::CancellationToken;

use crate::mcp::{self, StoqServer};
use crate::surface::Kind;

/// What a client of the older protocol begins with.
const GREETING: &str = concat!(
    r#"{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"f","version":"1"}}}"#,
    "\n",
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    "\n"
);
/// A request whose answer shows that the server is still there.
const LAST: &str = concat!(
    "\n",
    r#"{"jsonrpc":"2.0","id":"last","method":"ping"}"#,
    "\n"
);
/// The protocol without a handshake.
const MODERN: &str = "2026-07-28";
/// Longest that one input may take: nothing here waits for anybody.
const PATIENCE: Duration = Duration::from_secs(20);
const MAX_ANSWER: usize = 64 << 20;

/// Lines on a pipe, first as the whole conversation, then after a handshake: each message of the
/// server is one of JSON-RPC, answers only what was asked, and garbage does not end the service.
pub fn pipe(data: &[u8]) {
    super::block_on(async {
        converse("", data).await;
        let answered = converse(GREETING, data).await;
        assert!(answered.contains("\"last\""), "the service has ended");
        if let Some(asked) = asked(data) {
            let lost: Vec<_> = asked.difference(&answered).collect();
            assert!(lost.is_empty(), "not answered: {lost:?}");
        }
    });
}

/// One body of a POST, as a client without a session sends it and as one of the protocol without
/// handshake does: the answer is one of JSON-RPC or a plain refusal, and never a fault.
pub fn http(data: &[u8]) {
    super::block_on(async {
        post(data, false).await;
        post(data, true).await;
    });
}

fn server() -> StoqServer {
    StoqServer::new(Arc::clone(super::engine()), Kind::Core)
}

/// Says something and reads until the server has answered the last request or closed; the ids
/// answered, as JSON.
async fn converse(greeting: &str, data: &[u8]) -> HashSet<String> {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let serving = tokio::spawn(async move {
        if let Ok(service) = mcp::handler(server()).serve(ours).await {
            let _ = service.waiting().await;
        }
    });
    let (reader, mut writer) = tokio::io::split(theirs);
    let said = [greeting.as_bytes(), data, LAST.as_bytes()].concat();
    let wanted = asked(data).unwrap_or_default();
    let saying = async {
        // The server may have closed already.
        let _ = writer.write_all(&said).await;
        writer
    };
    let hearing = async {
        let mut lines = BufReader::new(reader).lines();
        let mut answered = HashSet::new();
        while let Ok(Some(line)) = lines.next_line().await {
            let message = serde_json::from_str(&line);
            let message = message.unwrap_or_else(|_| panic!("not JSON: {line}"));
            answered.extend(checked(&message));
            if answered.contains("\"last\"") && answered.is_superset(&wanted) {
                break;
            }
        }
        answered
    };
    let both = futures::future::join(saying, hearing);
    let ended = tokio::time::timeout(PATIENCE, both).await;
    serving.abort();
    ended.expect("an answer is missing").1
}

/// The ids of what must be answered, as JSON; `None` when the lines hold what may take an answer
/// away: the same id twice, or a message that is no plain request. A line that is not as a writer of
/// JSON has it may be garbage to the server, with the same key twice for one.
fn asked(data: &[u8]) -> Option<HashSet<String>> {
    let mut ids = HashSet::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(Value::Object(message)) = serde_json::from_slice(line) else {
            continue;
        };
        if Value::Object(message.clone()).to_string().as_bytes() != line {
            return None;
        }
        if message.get("jsonrpc") != Some(&json!("2.0")) {
            return None;
        }
        let id = message.get("id").filter(|id| id.is_string())?;
        let known = matches!(
            message.get("method")?.as_str()?,
            "tools/call" | "tools/list" | "ping"
        );
        let plain = message.get("params").is_none_or(Value::is_object);
        if !known || !plain || message.len() > 4 || !ids.insert(id.to_string()) {
            return None;
        }
    }
    Some(ids)
}

/// Sends one body; the id it was answered with, as JSON.
async fn post(data: &[u8], modern: bool) -> Option<String> {
    let stop = CancellationToken::new();
    let handler = mcp::handler(server());
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default()
            .with_json_response(true)
            .with_cancellation_token(stop.clone()),
    );
    let mut request = Request::post("/mcp")
        .header(header::HOST, "127.0.0.1")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    if modern {
        request = request.header("mcp-protocol-version", MODERN);
        for (name, value) in routed(data) {
            request = request.header(name, value);
        }
    }
    let request = request.body(Body::from(data.to_vec())).expect("a request");
    let work = async {
        let answer = service.handle(request).await;
        let (parts, body) = answer.into_parts();
        let body = to_bytes(Body::new(body), MAX_ANSWER).await.expect("a body");
        (parts, body)
    };
    let ended = tokio::time::timeout(PATIENCE, work).await;
    stop.cancel();
    let (parts, body) = ended.expect("an answer is missing");
    assert!(parts.status.as_u16() < 500, "{}", parts.status);
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    if kind.starts_with("application/json") {
        let message = serde_json::from_str(&text);
        return checked(&message.unwrap_or_else(|_| panic!("not JSON: {text}")));
    }
    if !kind.starts_with("text/event-stream") {
        return None;
    }
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let events = events.map(str::trim).filter(|event| !event.is_empty());
    let ids = events.map(|event| {
        let message = serde_json::from_str(event);
        checked(&message.unwrap_or_else(|_| panic!("not JSON: {event}")))
    });
    ids.flatten().last()
}

/// The headers that repeat what the body says, as the protocol without handshake wants them.
fn routed(data: &[u8]) -> Vec<(&'static str, String)> {
    let Ok(body) = serde_json::from_slice::<Value>(data) else {
        return Vec::new();
    };
    let params = body.get("params");
    let about = params.and_then(|params| {
        let name = ["name", "uri", "taskId"];
        name.into_iter().find_map(|name| params.get(name))
    });
    let pairs = [("mcp-method", body.get("method")), ("mcp-name", about)];
    pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.as_str()?.to_owned())))
        .filter(|(_, value)| value.bytes().all(|byte| byte.is_ascii_graphic()))
        .collect()
}

/// Checks one message of the server; the id it answers, as JSON.
fn checked(message: &Value) -> Option<String> {
    assert_eq!(message.get("jsonrpc"), Some(&json!("2.0")), "{message}");
    let id = message.get("id");
    if let Some(method) = message.get("method") {
        assert!(method.is_string(), "{message}");
        return None;
    }
    let (result, error) = (message.get("result"), message.get("error"));
    match (result, error) {
        (Some(result), None) => {
            assert!(result.is_object(), "{message}");
            assert!(
                id.is_some_and(|id| id.is_string() || id.is_i64() || id.is_u64()),
                "{message}"
            );
        }
        (None, Some(error)) => {
            assert!(error.get("code").is_some_and(Value::is_i64), "{message}");
            assert!(
                error.get("message").is_some_and(Value::is_string),
                "{message}"
            );
        }
        (Some(_), Some(_)) | (None, None) => panic!("neither answer nor error: {message}"),
    }
    id.map(Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"find_actions","arguments":{"query":"refund"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"f","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;

    #[test]
    fn bodies_reach_the_server() {
        super::super::block_on(async {
            let id = |text: &str| Some(text.to_owned());
            assert_eq!(post(CALL, true).await, id("\"c\""));
            let first = GREETING.lines().next().unwrap();
            assert_eq!(post(first.as_bytes(), false).await, id("\"hello\""));
            assert_eq!(post(b"[", true).await, None);
        });
    }

    #[test]
    fn lines_reach_the_server() {
        let ids = |all: &[&str]| all.iter().map(|id| format!("\"{id}\"")).collect();
        super::super::block_on(async {
            assert_eq!(asked(CALL), Some(ids(&["c"])));
            assert_eq!(converse(GREETING, CALL).await, ids(&["hello", "last", "c"]));
            assert!(converse("", CALL).await.contains("\"c\""));
            assert!(!converse("", b"nothing").await.contains("\"c\""));
        });
    }

    #[test]
    fn only_plain_requests_must_be_answered() {
        for other in [
            &br#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#[..],
            br#"{"jsonrpc":"2.0","id":"a","method":"x"}"#,
            br#"{"jsonrpc":"2.0","id":"a","id":"b","method":"ping"}"#,
            b"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}\n{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}",
        ] {
            assert_eq!(asked(other), None);
        }
        assert_eq!(asked(b"garbage"), Some(HashSet::new()));
    }

    #[test]
    #[should_panic(expected = "neither answer nor error")]
    fn a_message_that_says_nothing_is_noticed() {
        checked(&json!({"jsonrpc": "2.0", "id": 1}));
    }
}
