//! What operators see: figures, readiness, traces and the log, and that none of it holds what is a
//! shop's or a shopper's own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use support::modern::{client, meta, post};
use support::{HttpProcess, SandboxProcess, Scratch, StdioProcess, program};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const DASHBOARD: &str = include_str!("../examples/grafana/dashboard.json");
const ALERTS: &str = include_str!("../examples/grafana/alerts.yaml");

async fn get(url: &str) -> (u16, String) {
    let answer = client().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn ready(server: &HttpProcess, query: &str) -> (u16, Value) {
    let (status, text) = get(&format!("{}/readyz{query}", server.origin)).await;
    (status, serde_json::from_str(&text).unwrap())
}

/// A tool call, with more in its `_meta`.
async fn call(server: &HttpProcess, tool: &str, arguments: Value, more: &[(&str, &str)]) -> Value {
    let mut meta = meta();
    for (name, text) in more {
        meta[*name] = json!(text);
    }
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": meta}});
    let answer = post(server, "tools/call", Some(tool), body.to_string()).await;
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn scrape(server: &HttpProcess) -> String {
    let answer = client().get(format!("{}/metrics", server.origin)).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    answer.text().await.unwrap()
}

/// A sample: its labels and its value.
type Sample = (BTreeMap<String, String>, String);

/// The samples of a scrape by name.
fn samples(text: &str) -> BTreeMap<String, Vec<Sample>> {
    let mut all: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (head, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = match head.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
            None => (head, ""),
        };
        let labels = labels.split(',').filter(|label| !label.is_empty());
        let labels = labels.map(|label| {
            let (key, text) = label.split_once('=').unwrap();
            (key.to_owned(), text.trim_matches('"').to_owned())
        });
        let of_name = all.entry(name.to_owned()).or_default();
        of_name.push((labels.collect(), value.to_owned()));
    }
    all
}

/// The value of one sample; `None` when there is none.
fn value(text: &str, name: &str, labels: &[(&str, &str)]) -> Option<String> {
    let wanted: BTreeMap<String, String> = labels
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect();
    let all = samples(text);
    let of_name = all.get(name)?.iter();
    let mut found = of_name.filter(|(labels, _)| *labels == wanted);
    found.next().map(|(_, value)| value.clone())
}

/// A server over a sandbox that everything was done to.
async fn busy() -> (SandboxProcess, HttpProcess) {
    let sandbox = SandboxProcess::start("fixture").hasty();
    let server = HttpProcess::beside(&sandbox, &["--allow", "write"]);
    let list = "back_in_stock_signups_list";
    call(&server, list, json!({}), &[]).await;
    call(&server, list, json!({"no_such": "canary@example.com"}), &[]).await;
    // One attempt fails, the next one does not.
    sandbox.fault(
        json!({"match": {"method": "GET"}, "times": 1, "fault": {"kind": "status", "status": 503}}),
    );
    call(&server, list, json!({}), &[]).await;
    sandbox.mend();
    // A record that is not there.
    let gone = json!({"id": "00000000-0000-4000-8000-000000000000"});
    call(&server, "back_in_stock_signups_read", gone, &[]).await;
    let tag = json!({"order_tag": {"enabled": true}});
    call(&server, "back_in_stock_settings_tagging_update", tag, &[]).await;
    get(&format!("{}/nope", server.origin)).await;
    (sandbox, server)
}

#[tokio::test]
async fn figures_tell_calls_attempts_repeats_and_points() {
    let (sandbox, server) = busy().await;
    let text = scrape(&server).await;
    let list = [("action", "back_in_stock_signups_list"), ("class", "read")];
    let with = |name: &'static str, text: &'static str| {
        let mut labels = list.to_vec();
        labels.push((name, text));
        labels
    };
    for (name, labels, wanted) in [
        ("stoq_mcp_calls_total", with("outcome", "ok"), "2"),
        ("stoq_mcp_calls_total", with("outcome", "refused"), "1"),
        ("stoq_mcp_refusals_total", with("reason", "arguments"), "1"),
        (
            "stoq_mcp_upstream_requests_total",
            with("outcome", "ok"),
            "2",
        ),
        (
            "stoq_mcp_upstream_requests_total",
            with("outcome", "failed"),
            "1",
        ),
        ("stoq_mcp_retries_total", with("reason", "ambiguous"), "1"),
        ("stoq_mcp_points_spent_total", list.to_vec(), "3"),
        (
            "stoq_mcp_errors_total",
            vec![
                ("action", "back_in_stock_signups_read"),
                ("class", "read"),
                ("kind", "refused"),
            ],
            "1",
        ),
        (
            "stoq_mcp_calls_total",
            vec![
                ("action", "back_in_stock_settings_tagging_update"),
                ("class", "write"),
                ("outcome", "accepted"),
            ],
            "1",
        ),
        (
            "stoq_mcp_upstream_seconds_count",
            vec![("class", "write")],
            "1",
        ),
        ("stoq_mcp_call_seconds_count", vec![("class", "read")], "4"),
        ("stoq_mcp_points_limit", vec![], "360"),
        ("stoq_mcp_shops", vec![], "1"),
        ("stoq_mcp_callers", vec![], "1"),
        ("stoq_mcp_calls_at_work", vec![], "0"),
        ("stoq_mcp_breakers_open", vec![], "0"),
        ("stoq_mcp_audit_failures_total", vec![], "0"),
        ("stoq_mcp_http_answers_total", vec![("code", "404")], "1"),
        (
            "stoq_mcp_build_info",
            vec![("version", env!("CARGO_PKG_VERSION"))],
            "1",
        ),
    ] {
        let found = value(&text, name, &labels);
        assert_eq!(found.as_deref(), Some(wanted), "{name} {labels:?}\n{text}");
    }
    // Three of the list, one of the record that is not there, two of the write.
    assert_eq!(
        value(&text, "stoq_mcp_points_held", &[]).as_deref(),
        Some("6")
    );
    let shop = support::SHOP;
    for private in ["canary", "example.com", &sandbox.key, shop, "no_such"] {
        assert!(!text.contains(private), "{private}");
    }
}

/// The names and labels that expressions of PromQL use.
fn used(expression: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let is_word = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '_';
    let words = expression.split(|symbol| !is_word(symbol));
    let names = words
        .filter(|word| word.starts_with("stoq_mcp_"))
        .map(str::to_owned)
        .collect();
    let mut labels = BTreeSet::new();
    for (at, _) in expression.match_indices(" by (") {
        let list = expression[at + 5..].split(')').next().unwrap();
        labels.extend(list.split(',').map(|label| label.trim().to_owned()));
    }
    for (at, _) in expression.match_indices('{') {
        let list = expression[at + 1..].split('}').next().unwrap();
        let pairs = list.split(',').filter(|pair| !pair.is_empty());
        labels.extend(pairs.map(|pair| {
            let end = pair.find(|symbol| !is_word(symbol)).unwrap();
            pair[..end].to_owned()
        }));
    }
    (names, labels)
}

/// Every `expr` of the dashboard and of the alert rules.
fn expressions() -> Vec<String> {
    fn gather(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| match value.as_str() {
                Some(text) if key == "expr" => found.push(text.to_owned()),
                _ => gather(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    gather(&serde_json::from_str(DASHBOARD).unwrap(), &mut found);
    let of_alerts = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "));
    found.extend(of_alerts.map(str::to_owned));
    found
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_name_figures_and_labels_that_exist() {
    let (_sandbox, server) = busy().await;
    let text = scrape(&server).await;
    let all = samples(&text);
    // What a scraper adds, and the bounds of histograms.
    let mut labels: BTreeSet<&str> = ["instance", "job"].into();
    for (found, _) in all.values().flatten() {
        labels.extend(found.keys().map(String::as_str));
    }
    let expressions = expressions();
    assert!(expressions.len() > 20, "{expressions:?}");
    let mut named = BTreeSet::new();
    for expression in &expressions {
        let (names, used) = used(expression);
        assert!(!names.is_empty(), "{expression}");
        for name in &names {
            assert!(all.contains_key(name), "{name} of {expression}");
        }
        for label in &used {
            assert!(labels.contains(label.as_str()), "{label} of {expression}");
        }
        named.extend(names);
    }
    for told in [
        "stoq_mcp_calls_total",
        "stoq_mcp_errors_total",
        "stoq_mcp_refusals_total",
        "stoq_mcp_retries_total",
        "stoq_mcp_upstream_seconds_bucket",
        "stoq_mcp_points_held",
        "stoq_mcp_points_limit",
        "stoq_mcp_jobs_followed",
        "stoq_mcp_calls_at_work",
    ] {
        assert!(named.contains(told), "no panel shows {told}");
    }
}

/// A port that was free a moment ago.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[cfg(unix)]
#[tokio::test]
async fn behind_authentication_figures_have_a_listener_of_their_own() {
    let sandbox = SandboxProcess::start("fixture");
    let tokens = Scratch::new("tokens.toml", "");
    let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(tokens.path(), own).unwrap();
    let at = free();
    let flags = ["--auth", "tokens", tokens.path(), "--metrics", &at];
    let server = HttpProcess::beside(&sandbox, &flags);
    assert_eq!(get(&format!("{}/metrics", server.origin)).await.0, 401);
    let (status, text) = get(&format!("http://{at}/metrics")).await;
    assert_eq!(status, 200);
    assert_eq!(value(&text, "stoq_mcp_shops", &[]).as_deref(), Some("0"));
    let refused = value(&text, "stoq_mcp_http_answers_total", &[("code", "401")]);
    assert_eq!(refused.as_deref(), Some("1"));
    let (status, text) = get(&format!("http://{at}/readyz")).await;
    assert_eq!(
        (status, text.as_str()),
        (
            200,
            r#"{"status":"ready","upstream":"each caller's own","store":"ok","stopping":false}"#
        )
    );
    assert_eq!(get(&format!("http://{at}/healthz")).await.0, 200);
    for page in ["/mcp", "/help"] {
        assert_eq!(get(&format!("http://{at}{page}")).await.0, 404, "{page}");
    }
    // A page of the web does not read them by a name that it made up.
    let other = client().get(format!("http://{at}/metrics"));
    let answer = other.header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn a_server_on_pipes_shows_figures_where_it_is_told_to() {
    let at = free();
    let mut command = program(&["serve", "--sandbox", "--dataset", "fixture"]);
    command.args(["--metrics", &at]);
    let mut server = StdioProcess::start(command);
    server.greet();
    server.structured("preorders_offers_list", json!({}));
    let (status, text) = get(&format!("http://{at}/metrics")).await;
    assert_eq!(status, 200);
    let labels = [
        ("action", "preorders_offers_list"),
        ("class", "read"),
        ("outcome", "ok"),
    ];
    assert_eq!(
        value(&text, "stoq_mcp_calls_total", &labels).as_deref(),
        Some("1")
    );
}

#[tokio::test]
async fn readiness_tells_its_parts_and_one_may_be_left_out() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &[]);
    let parts = |status: &str, upstream: &str, store: &str| json!({"status": status, "upstream": upstream, "store": store, "stopping": false});
    // Only reads are allowed, and they need no store.
    assert_eq!(
        ready(&server, "").await,
        (200, parts("ready", "ok", "not needed"))
    );
    sandbox.fault(json!({"match": {"method": "GET"}, "times": null, "fault": {"kind": "status", "status": 401}}));
    for _ in 0..5 {
        call(&server, "preorders_offers_list", json!({}), &[]).await;
    }
    let paused = "paused: the STOQ API keeps refusing the shop's key";
    assert_eq!(
        ready(&server, "").await,
        (503, parts("unready", paused, "not needed"))
    );
    assert_eq!(
        ready(&server, "?exclude=upstream").await,
        (200, parts("ready", paused, "not needed"))
    );
    let text = scrape(&server).await;
    assert_eq!(
        value(&text, "stoq_mcp_breakers_open", &[]).as_deref(),
        Some("1")
    );
}

#[tokio::test]
async fn a_store_that_cannot_be_read_makes_a_server_that_writes_unready() {
    let sandbox = SandboxProcess::start("fixture");
    // A file stands where the folder should be.
    let file = Scratch::new("state", "");
    let server = HttpProcess::beside(&sandbox, &["--allow", "write", "--state", file.path()]);
    let parts = |status: &str| json!({"status": status, "upstream": "ok", "store": "cannot be read", "stopping": false});
    assert_eq!(ready(&server, "").await, (503, parts("unready")));
    assert_eq!(
        ready(&server, "?exclude=store").await,
        (200, parts("ready"))
    );
    let text = scrape(&server).await;
    let failed = [("operation", "get"), ("outcome", "failed")];
    assert_eq!(
        value(&text, "stoq_mcp_store_operations_total", &failed).as_deref(),
        Some("1")
    );
}

/// An API that answers each request with the next status and nothing useful, and the headers that it was
/// sent.
fn api(statuses: Vec<u16>) -> (String, mpsc::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/api/v2/external", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for (status, stream) in statuses.into_iter().zip(listener.incoming().flatten()) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let body = r#"{"errors":["gone"]}"#;
            let length = body.len();
            let _ = write!(
                &stream,
                "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            let _ = tell.send(head);
        }
    });
    (base, told)
}

fn over(base: &str) -> Command {
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--base-url", base]);
    command.env("STOQ_API_KEY", "stoq_api_key_canary");
    command
}

fn traceparents(head: &[String]) -> Vec<&str> {
    let lines = head.iter();
    lines
        .filter_map(|line| line.strip_prefix("traceparent: "))
        .collect()
}

#[tokio::test]
async fn the_callers_trace_is_handed_on_without_a_collector() {
    let (base, told) = api(vec![404; 5]);
    let mut command = over(&base);
    command.args(["--log", "info", "--log-format", "json"]);
    let server = HttpProcess::start(command);
    let tool = "preorders_offers_list";
    let other = PARENT.replace("4bf9", "0000");
    let by_meta = [("traceparent", PARENT)];
    call(&server, tool, json!({}), &by_meta).await;
    assert_eq!(traceparents(&told.recv().unwrap()), [PARENT]);
    // What is malformed is as good as absent, and so is what nobody said.
    let wrong = PARENT.to_uppercase();
    call(&server, tool, json!({}), &[("traceparent", &wrong)]).await;
    assert!(traceparents(&told.recv().unwrap()).is_empty());
    call(&server, tool, json!({}), &[]).await;
    assert!(traceparents(&told.recv().unwrap()).is_empty());
    // By the header when `_meta` has none, and not instead of it.
    for (in_meta, wanted) in [(json!(null), other.as_str()), (json!(PARENT), PARENT)] {
        let mut meta = meta();
        if !in_meta.is_null() {
            meta["traceparent"] = in_meta;
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": tool, "arguments": {}, "_meta": meta}});
        let request = client()
            .post(&server.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .header("traceparent", &other);
        request.body(body.to_string()).send().await.unwrap();
        assert_eq!(traceparents(&told.recv().unwrap()), [wanted]);
    }
    // Each line of a call tells the trace, when there is one.
    let lines = server.log().into_iter();
    let ids: Vec<Option<String>> = lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .filter(|line| line["fields"]["action"] == json!(tool))
        .map(|line| line["fields"]["trace_id"].as_str().map(str::to_owned))
        .collect();
    let id = |parent: &str| parent.split('-').nth(1).map(str::to_owned);
    assert_eq!(ids, [id(PARENT), None, None, id(&other), id(PARENT)]);
}

/// A collector, and the bodies that it was sent.
fn collector() -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let mut lines = reader.by_ref().lines().map_while(Result::ok);
            let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            assert_eq!(head[0], "POST /v1/traces HTTP/1.1");
            let mut lengths = head
                .iter()
                .filter_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; lengths.next().unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let _ = write!(
                &stream,
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            if tell.send(body).is_err() {
                return;
            }
        }
    });
    (url, told)
}

/// Ends a server and waits for it.
fn stop(mut server: HttpProcess) {
    server.process.signal("TERM");
    assert_eq!(server.process.ended(), 0);
}

/// What a span tells, as JSON; the port, which is another one each time, as 1.
fn told(span: &Span) -> Value {
    let attributes = span.attributes.iter().map(|attribute| {
        let text = match attribute.value.as_ref().unwrap().value.as_ref().unwrap() {
            any_value::Value::StringValue(text) => json!(text),
            any_value::Value::IntValue(_) if attribute.key == "server.port" => json!(1),
            any_value::Value::IntValue(number) => json!(number),
            other => panic!("{other:?}"),
        };
        (attribute.key.clone(), text)
    });
    let attributes: serde_json::Map<String, Value> = attributes.collect();
    let status = span.status.as_ref().unwrap();
    assert_eq!(status.message, "");
    json!({"name": span.name, "kind": span.kind, "status": status.code, "attributes": attributes})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn a_call_is_a_span_with_one_for_each_attempt_and_the_api_is_told() {
    let (base, heads) = api(vec![503, 404]);
    let (url, bodies) = collector();
    let mut command = over(&base);
    command.args(["--otlp-endpoint", &url]);
    let server = HttpProcess::start(command);
    let tool = "back_in_stock_signups_read";
    let arguments = json!({"id": "canary-id"});
    call(&server, tool, arguments, &[("traceparent", PARENT)]).await;
    // Of a name that is nobody's nothing is told.
    call(&server, "canary-tool", json!({}), &[]).await;
    stop(server);
    let bodies: Vec<Vec<u8>> = bodies.try_iter().collect();
    for canary in ["canary", "stoq_api_key", "black-box"] {
        let is_in = |body: &Vec<u8>| {
            body.windows(canary.len())
                .any(|part| part == canary.as_bytes())
        };
        assert!(!bodies.iter().any(is_in), "{canary}");
    }
    let mut spans = Vec::new();
    for body in &bodies {
        let batch = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        for resource in batch.resource_spans {
            spans.extend(
                resource
                    .scope_spans
                    .into_iter()
                    .flat_map(|scope| scope.spans),
            );
        }
    }
    spans.sort_by_key(|span| span.start_time_unix_nano);
    let [call, first, second, unknown] = spans.as_slice() else {
        panic!("{spans:?}");
    };
    let id = PARENT.split('-').collect::<Vec<_>>();
    for span in [call, first, second] {
        assert_eq!(hex(&span.trace_id), id[1]);
    }
    assert_eq!(hex(&call.parent_span_id), id[2]);
    assert_eq!(first.parent_span_id, call.span_id);
    assert_eq!(second.parent_span_id, call.span_id);
    assert!(unknown.parent_span_id.is_empty());
    let heads: Vec<Vec<String>> = heads.try_iter().collect();
    let sent: Vec<Vec<&str>> = heads.iter().map(|head| traceparents(head)).collect();
    let header = |span: &Span| format!("00-{}-{}-01", id[1], hex(&span.span_id));
    assert_eq!(sent, [vec![header(first)], vec![header(second)]]);
    let asked = |method: &str| {
        json!({"rpc.system.name": "jsonrpc", "rpc.method": method,
        "mcp.method.name": method, "jsonrpc.request.id": "7", "mcp.protocol.version": "2026-07-28",
        "network.transport": "tcp", "network.protocol.name": "http"})
    };
    let mut of_call = asked("tools/call");
    of_call["gen_ai.operation.name"] = json!("execute_tool");
    of_call["gen_ai.tool.name"] = json!(tool);
    of_call["stoq.action"] = json!(tool);
    of_call["stoq.class"] = json!("read");
    of_call["stoq.error.kind"] = json!("refused");
    of_call["error.type"] = json!("tool_error");
    assert_eq!(
        told(call),
        json!({"name": format!("tools/call {tool}"), "kind": 2, "status": 2, "attributes": of_call})
    );
    let template = "/api/v2/external/back_in_stock/signups/{id}";
    let of_attempt = |status: u16| {
        json!({"http.request.method": "GET", "server.address": "127.0.0.1",
        "server.port": 1, "url.template": template, "http.response.status_code": status,
        "error.type": status.to_string()})
    };
    let attempt = |attributes: Value| json!({"name": format!("GET {template}"), "kind": 3, "status": 2, "attributes": attributes});
    assert_eq!(told(first), attempt(of_attempt(503)));
    let mut again = of_attempt(404);
    again["http.request.resend_count"] = json!(1);
    assert_eq!(told(second), attempt(again));
    let mut of_unknown = asked("tools/call");
    of_unknown["rpc.response.status_code"] = json!("-32602");
    of_unknown["error.type"] = json!("-32602");
    assert_eq!(
        told(unknown),
        json!({"name": "tools/call", "kind": 2, "status": 2, "attributes": of_unknown})
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_collector_that_is_away_holds_nothing_up() {
    let sandbox = SandboxProcess::start("fixture");
    // It takes connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = HttpProcess::beside(&sandbox, &["--otlp-endpoint", &url]);
    for _ in 0..20 {
        let answer = call(&server, "preorders_offers_list", json!({}), &[]).await;
        assert_eq!(answer["result"]["structuredContent"]["status"], json!("ok"));
    }
    // The last batches are waited for, and not for ever.
    stop(server);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_about_to_stop_says_so_while_its_writes_end() {
    let sandbox = SandboxProcess::start("fixture");
    sandbox.fault(json!({"match": {"method": "PATCH"}, "fault": {"kind": "latency", "ms": 1500}}));
    let at = free();
    let server = HttpProcess::beside(&sandbox, &["--allow", "write", "--metrics", &at]);
    let tag = json!({"order_tag": {"enabled": true}});
    let write = call(&server, "back_in_stock_settings_tagging_update", tag, &[]);
    let watching = async {
        let figure = |name: &'static str| {
            let url = format!("http://{at}/metrics");
            async move { value(&get(&url).await.1, name, &[]).unwrap() }
        };
        while figure("stoq_mcp_calls_at_work").await != "1" {}
        server.process.signal("TERM");
        while figure("stoq_mcp_stopping").await != "1" {}
        get(&format!("http://{at}/readyz")).await
    };
    let (written, (status, text)) = tokio::join!(write, watching);
    assert_eq!(
        (status, text.as_str()),
        (
            503,
            r#"{"status":"stopping","upstream":"ok","store":"ok","stopping":true}"#
        )
    );
    let outcome = &written["result"]["structuredContent"]["status"];
    assert_eq!(outcome, &json!("accepted"));
}
