//! The HTTP server: who may call, what it prints, how it stops.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::modern::{client, meta, post};
use support::{HttpProcess, SandboxProcess, program, run};

async fn get(url: &str) -> (u16, String) {
    let answer = client().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// A tool call of the stateless protocol: status and body.
async fn call(server: &HttpProcess, tool: &str, arguments: Value) -> (u16, Value) {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": meta()}});
    let answer = post(server, "tools/call", Some(tool), body.to_string()).await;
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(json!(text)))
}

#[tokio::test]
async fn host_and_origin_are_checked_each_alone() {
    let server = HttpProcess::sandbox("fixture");
    let status = |host: Option<&'static str>, origin: Option<&'static str>, path: &'static str| {
        let mut request = client().get(format!("{}{path}", server.origin));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        async move { request.send().await.unwrap().status().as_u16() }
    };
    for path in ["/healthz", "/help", "/mcp", "/nope"] {
        assert_eq!(
            status(Some("evil.example"), None, path).await,
            403,
            "{path}"
        );
        assert_eq!(
            status(None, Some("https://evil.example"), path).await,
            403,
            "{path}"
        );
    }
    assert_eq!(
        status(None, Some("http://localhost:5173"), "/healthz").await,
        200
    );
    assert_eq!(status(Some("localhost"), None, "/healthz").await, 200);
    assert_eq!(status(None, None, "/nope").await, 404);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_sees_the_protocols_headers() {
    let server = HttpProcess::sandbox("fixture");
    let answer = client()
        .request(reqwest::Method::OPTIONS, &server.url)
        .header("origin", "http://localhost:5173")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "mcp-protocol-version,mcp-method",
        )
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        header("access-control-allow-origin"),
        "http://localhost:5173"
    );
    assert!(header("access-control-allow-headers").contains("mcp-protocol-version"));
}

#[tokio::test]
async fn help_is_the_command_lines_text_in_every_scope() {
    let server = HttpProcess::sandbox("fixture");
    for (page, prefix) in [
        ("/help", ""),
        (
            "/help?prefix=/back_in_stock/signups",
            "/back_in_stock/signups",
        ),
        ("/back_in_stock/signups/help", "/back_in_stock/signups"),
        (
            "/back_in_stock/signups/any-id/help",
            "/back_in_stock/signups/any-id",
        ),
        (
            "/help?prefix=back_in_stock%2Freports/",
            "back_in_stock/reports",
        ),
        ("/nothing/here/help", "/nothing/here"),
    ] {
        let (status, text) = get(&format!("{}{page}", server.origin)).await;
        let (code, printed, _) = run(&["actions", "--json", "--prefix", prefix]);
        assert_eq!((status, code), (200, 0));
        assert_eq!(text, printed, "{page}");
    }
    let (_, text) = get(&format!("{}/nothing/here/help", server.origin)).await;
    let none: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(none["actions"], json!([]));
}

#[tokio::test]
async fn what_the_policy_forbids_is_neither_listed_nor_callable() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &[]);
    let (_, text) = get(&format!("{}/help", server.origin)).await;
    let manifest: Value = serde_json::from_str(&text).unwrap();
    for entry in manifest["actions"].as_array().unwrap() {
        assert_eq!(entry["class"], json!("read"), "{}", entry["tool"]);
    }
    let (_, answer) = call(&server, "back_in_stock_settings_channels_update", json!({})).await;
    assert_eq!(answer["error"]["code"], json!(-32602));
    let (_, answer) = call(&server, "back_in_stock_settings_channels_read", json!({})).await;
    assert_eq!(answer["result"]["structuredContent"]["status"], json!("ok"));
}

/// The operator who opens settings over HTTP has not opened the shoppers' cards.
#[tokio::test]
async fn an_argument_that_charges_shoppers_is_refused_where_settings_are_allowed() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &["--allow", "write"]);
    let update = "preorders_offers_payment_update";
    let terms = |auto_collect: bool| {
        json!({"id": "0ffe0000-0000-4000-8000-000000000002", "type": "partial",
            "deposit": {"type": "percentage", "percentage": 20},
            "remaining_balance": {"due_type": "time_after_checkout", "due_after_days": 30,
                "auto_collect": auto_collect}})
    };
    let (status, answer) = call(&server, update, terms(true)).await;
    assert_eq!(status, 200);
    let result = &answer["result"];
    assert_eq!(result["isError"], json!(true));
    assert_eq!(
        result["content"][0]["text"],
        json!(
            "`preorders_offers_payment_update` is of class `money` (starts automatic charges of shoppers at the due time), which this server does not allow. Nothing was sent. The operator can allow it: start the server with --allow and the class's name."
        )
    );
    let (_, answer) = call(&server, update, terms(false)).await;
    let written = &answer["result"]["structuredContent"];
    assert_eq!(written["status"], json!("accepted"));
    let balance = &written["data"]["remaining_balance"];
    assert_eq!(balance["auto_collect"], json!(false));
    // A charge itself is not even listed.
    let charge = "preorders_orders_payments_charge_balance";
    let (_, answer) = call(&server, charge, json!({"id": 6_130_000_000_001_u64})).await;
    assert_eq!(answer["error"]["code"], json!(-32602));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_others_are_served() {
    let server = HttpProcess::sandbox("fixture");
    let huge = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "back_in_stock_signups_read", "arguments": {"id": "x".repeat(5 << 20)}, "_meta": meta()}});
    let answer = post(
        &server,
        "tools/call",
        Some("back_in_stock_signups_read"),
        huge.to_string(),
    );
    assert_eq!(answer.await.status(), 413);
    let (status, answer) = call(&server, "back_in_stock_reports_list", json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(answer["result"]["structuredContent"]["status"], json!("ok"));
}

#[tokio::test]
async fn both_transports_list_the_same_tools() {
    let server = HttpProcess::sandbox("fixture");
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta()}});
    let answer = post(&server, "tools/list", None, body.to_string()).await;
    let over_http: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let mut stdio = support::StdioProcess::sandbox("fixture");
    let over_stdio = stdio.ask("tools/list", json!({}));
    assert_eq!(over_http["result"]["tools"], over_stdio["result"]["tools"]);
    assert_eq!(over_http["result"]["cacheScope"], json!("private"));
    assert!(over_http["result"]["ttlMs"].as_u64().unwrap() > 0);
}

/// Status and content type of a `tools/list`.
async fn listed(server: &HttpProcess) -> (u16, String) {
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta()}});
    let answer = post(server, "tools/list", None, body.to_string()).await;
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (answer.status().as_u16(), kind)
}

#[tokio::test]
async fn answers_are_plain_json_or_event_streams_as_configured() {
    let plain = HttpProcess::sandbox("fixture");
    assert_eq!(listed(&plain).await, (200, "application/json".to_owned()));
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--sandbox"]);
    command.env("STOQ_MCP_EVENT_STREAM", "true");
    let streams = HttpProcess::start(command);
    assert_eq!(
        listed(&streams).await,
        (200, "text/event-stream".to_owned())
    );
}

#[tokio::test]
async fn a_legacy_session_begins_and_ends() {
    let server = HttpProcess::sandbox("fixture");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}});
    let request = client()
        .post(&server.url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let answer = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let session = answer.headers()["mcp-session-id"].clone();
    let end = client()
        .delete(&server.url)
        .header("mcp-session-id", session);
    assert_eq!(end.send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn two_servers_do_not_share_a_port() {
    let server = HttpProcess::sandbox("fixture");
    let address = server.origin.strip_prefix("http://").unwrap();
    let (code, _, err) = run(&["serve", "--sandbox", "--http", address]);
    assert_eq!(code, 2);
    assert!(
        err.contains("cannot listen on") && err.contains("choose another port"),
        "{err}"
    );
    assert_eq!(get(&format!("{}/readyz", server.origin)).await.0, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_lets_a_write_on_its_way_end() {
    let sandbox = SandboxProcess::start("fixture");
    let slow = json!({"match": {"method": "PATCH"}, "fault": {"kind": "latency", "ms": 1500}});
    let url = format!("{}/sandbox/faults", sandbox.origin);
    let answer = client()
        .post(&url)
        .header("content-type", "application/json")
        .body(slow.to_string())
        .send();
    assert_eq!(answer.await.unwrap().status(), 201);
    let mut server = HttpProcess::beside(&sandbox, &["--allow", "write"]);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.process.signal("TERM");
    };
    let write = call(
        &server,
        "back_in_stock_settings_tagging_update",
        json!({"order_tag": {"enabled": true}}),
    );
    let ((status, answer), ()) = tokio::join!(write, stopping);
    assert_eq!(status, 200);
    assert_eq!(
        answer["result"]["structuredContent"]["status"],
        json!("accepted")
    );
    let began = Instant::now();
    let ended = loop {
        if let Some(status) = server.process.child.try_wait().unwrap() {
            break status;
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "the server did not end"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_server_needs_no_file_it_may_write() {
    // A home that does not exist and an empty environment are enough.
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--sandbox"]);
    command.env("HOME", "/nonexistent").current_dir("/proc");
    let server = HttpProcess::start(command);
    assert!(server.url.ends_with("/mcp"));
}
