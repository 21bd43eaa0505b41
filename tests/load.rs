//! Many connections, clients that keep the server waiting, more calls than it takes, and a stop in the
//! middle of it: memory stays bounded, others are served, and no write is lost.
//!
//! `STOQ_MCP_CONNECTIONS=10000 cargo test --test load -- --nocapture` opens as many connections.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use support::modern::{client, meta};
use support::{HttpProcess, SandboxProcess, finish, program};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const READ: &str = "back_in_stock_signups_read";
const LIST: &str = "back_in_stock_signups_list";
const SUMMARY: &str = "back_in_stock_reports_summary";
const DEMAND: &str = "back_in_stock_reports_products_in_demand";
const WRITE: &str = "back_in_stock_settings_tagging_update";
const S1: &str = "51900000-0000-4000-8000-000000000001";
const PATIENCE: Duration = Duration::from_secs(60);

/// Memory of the process that is resident, in KiB.
fn resident(server: &HttpProcess) -> u64 {
    let path = format!("/proc/{}/status", server.process.child.id());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// A server over a sandbox beside it, neither with a budget of points.
fn beside(sandbox: &SandboxProcess, more: &[&str], state: Option<&str>) -> HttpProcess {
    let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
    command
        .args(["--base-url", &sandbox.base_url])
        .args(more)
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_POINTS_LIMIT", "0");
    if let Some(folder) = state {
        command.env("STOQ_MCP_STATE", folder);
    }
    HttpProcess::start(command)
}

fn message(tool: &str, arguments: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": meta()}})
    .to_string()
}

/// A tool call; its result, or nothing when no answer came.
async fn call(client: &reqwest::Client, url: &str, tool: &str, arguments: Value) -> Option<Value> {
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .body(message(tool, &arguments));
    let text = request.send().await.ok()?.text().await.ok()?;
    let answer: Value = serde_json::from_str(&text).ok()?;
    answer.get("result").cloned()
}

/// The same call spelt out, for a socket.
fn spelt(tool: &str, arguments: &Value) -> String {
    let body = message(tool, arguments);
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n\
         mcp-method: tools/call\r\nmcp-name: {tool}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn open(server: &HttpProcess) -> TcpStream {
    let address = server.origin.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// A connection that has been answered once and is left open.
async fn idle(server: &HttpProcess) -> TcpStream {
    let mut stream = open(server).await;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(ask).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
    stream
}

/// A few calls of a client that behaves.
async fn others_are_served(server: &HttpProcess) {
    let client = client();
    for _ in 0..10 {
        let served = call(&client, &server.url, READ, json!({"id": S1})).await;
        let status = &served.unwrap()["structuredContent"]["status"];
        assert_eq!(status, &json!("ok"));
    }
}

#[tokio::test]
async fn connections_that_are_left_idle_cost_little() {
    let many = std::env::var("STOQ_MCP_CONNECTIONS").map_or(1_500, |many| many.parse().unwrap());
    let files = rlimit::increase_nofile_limit(many + 512).unwrap();
    assert!(files > many, "{files} files may be open");
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let server = beside(&sandbox, &[], None);
    others_are_served(&server).await;
    let before = resident(&server);
    let mut left = Vec::new();
    for _ in 0..many {
        left.push(idle(&server).await);
    }
    others_are_served(&server).await;
    let each = (resident(&server).saturating_sub(before)) * 1024 / many;
    println!("{many} idle connections: {before} KiB before, {each} bytes each");
    assert!(each < 32 << 10, "{each} bytes each");
}

#[tokio::test]
async fn clients_that_keep_the_server_waiting_cost_little_and_are_closed() {
    const EACH: usize = 100;
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let server = beside(&sandbox, &[], None);
    others_are_served(&server).await;
    let before = resident(&server);
    let list = spelt(LIST, &json!({"limit": 50}));
    let (mut slow, mut deaf) = (Vec::new(), Vec::new());
    for _ in 0..EACH {
        let mut head = open(&server).await;
        head.write_all(b"POST /mcp HTTP/1.1\r\nx-a: ")
            .await
            .unwrap();
        slow.push(head);
        // A body that stops in the middle.
        let mut body = open(&server).await;
        let (part, _) = list.split_at(list.len() - 9);
        body.write_all(part.as_bytes()).await.unwrap();
        slow.push(body);
        // Asks as long as it is let, and takes no answer.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let address = server.origin.strip_prefix("http://").unwrap();
        let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
        let asking = async {
            for _ in 0..200 {
                stream.write_all(list.as_bytes()).await.unwrap();
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(20), asking).await;
        deaf.push(stream);
    }
    others_are_served(&server).await;
    let more = resident(&server).saturating_sub(before);
    println!("{EACH} slow heads, slow bodies and deaf clients each: {more} KiB more");
    assert!(more < 96 << 10, "{more} KiB more");
    // The heads that do not come are closed within their bound, 10 s.
    let head = &mut slow[0];
    let ended = tokio::time::timeout(PATIENCE, head.read(&mut [0; 1])).await;
    assert_eq!(ended.unwrap().unwrap_or(0), 0);
    others_are_served(&server).await;
}

#[tokio::test]
async fn more_calls_than_the_server_takes_are_told_when_to_come_again() {
    const CALLS: usize = 700;
    const TAKEN: usize = 512;
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.fault(json!({"match": {"path": "**/summary"}, "times": null,
        "fault": {"kind": "latency", "ms": 6_000}}));
    let server = beside(&sandbox, &[], None);
    let client = client();
    let calls = (0..CALLS).map(|_| call(&client, &server.url, SUMMARY, json!({})));
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    for result in join_all(calls).await {
        let result = result.unwrap();
        let text = if result["isError"] == json!(true) {
            result["content"][0]["text"].as_str().unwrap()
        } else {
            "ok"
        };
        *texts.entry(text.to_owned()).or_default() += 1;
    }
    let busy =
        "The server is busy with as many calls as it takes. Nothing was sent. Call again in 2 s.";
    let told = |text: &str| texts.get(text).copied().unwrap_or_default();
    assert_eq!(told("ok") + told(busy), CALLS, "{texts:?}");
    assert!(told("ok") >= TAKEN && told(busy) > 0, "{texts:?}");
    others_are_served(&server).await;
}

/// Status of `/readyz` on a connection of its own.
async fn readiness(origin: &str) -> Option<u16> {
    let answer = client().get(format!("{origin}/readyz")).send().await;
    answer.ok().map(|answer| answer.status().as_u16())
}

async fn ended(server: &mut HttpProcess) -> Option<i32> {
    let began = Instant::now();
    loop {
        if let Some(status) = server.process.child.try_wait().unwrap() {
            return status.code();
        }
        assert!(began.elapsed() < PATIENCE, "the server did not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What `audit verify` says of a folder.
fn verified(folder: &str) -> Value {
    let (code, out, err) = finish(program(&["audit", "verify", "--json", "--state", folder]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    serde_json::from_str(&out).unwrap()
}

#[tokio::test]
async fn a_stop_under_load_loses_and_tears_nothing() {
    const WRITES: usize = 24;
    const GONE: usize = 4;
    const READS: usize = 8;
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let late = |pattern: Value, ms: u64| json!({"match": pattern, "times": null, "fault": {"kind": "latency", "ms": ms}});
    sandbox.fault(late(json!({"method": "PATCH"}), 1_500));
    sandbox.fault(late(json!({"path": "**/summary"}), 8_000));
    sandbox.fault(late(json!({"path": "**/products_in_demand"}), 1_000));
    let folder = std::env::temp_dir().join(format!("stoq-mcp-load-{}", std::process::id()));
    let folder = folder.to_str().unwrap();
    let mut server = beside(&sandbox, &["--allow", "write"], Some(folder));
    let (client, url, origin) = (client(), server.url.clone(), server.origin.clone());
    let tagging =
        |number: usize| json!({"order_tag": {"enabled": true, "value": format!("tag {number}")}});
    let writes = (0..WRITES).map(|number| call(&client, &url, WRITE, tagging(number)));
    let reads = (0..READS).map(|_| call(&client, &url, SUMMARY, json!({})));
    let short = (0..READS).map(|_| call(&client, &url, DEMAND, json!({})));
    let mut gone = Vec::new();
    for number in 0..GONE {
        let mut stream = open(&server).await;
        let text = spelt(WRITE, &tagging(WRITES + number));
        stream.write_all(text.as_bytes()).await.unwrap();
        gone.push(stream);
    }
    let stopping = async {
        // Once every write is on its way.
        let began = Instant::now();
        while sandbox.hits() < (WRITES + GONE + 2 * READS) as u64 {
            assert!(began.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(gone);
        server.process.signal("TERM");
        let mut seen = Vec::new();
        while let Some(status) = readiness(&origin).await {
            seen.push(status);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        seen
    };
    let (writes, reads, short, readiness) =
        tokio::join!(join_all(writes), join_all(reads), join_all(short), stopping);
    // What takes no longer than a moment gets its answer.
    for read in short {
        assert_eq!(read.unwrap()["structuredContent"]["status"], json!("ok"));
    }
    for read in reads {
        assert_eq!(
            read.unwrap()["content"][0]["text"],
            json!(
                "`back_in_stock_reports_summary` was cut short: the server is stopping. It only reads, so nothing was changed; call it again when the server is back."
            )
        );
    }
    for write in writes {
        let status = &write.unwrap()["structuredContent"]["status"];
        assert_eq!(status, &json!("accepted"));
    }
    assert!(readiness.contains(&503), "{readiness:?}");
    assert_eq!(ended(&mut server).await, Some(0));
    // Each effect has its two lines, those whose callers had gone as well.
    let trail = verified(folder);
    let effects = sandbox.effects("settings_written");
    assert_eq!(effects, WRITES + GONE);
    assert_eq!(
        (&trail["lines"], &trail["torn"], &trail["unfinished"]),
        (&json!(2 * effects), &json!(0), &json!(0))
    );
    std::fs::remove_dir_all(folder).unwrap();
}

/// Nobody is left who waits for the answer, and still the write is not cut.
#[tokio::test]
async fn a_stop_waits_for_a_write_whose_caller_has_gone() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.fault(json!({"match": {"method": "PATCH"}, "fault": {"kind": "latency", "ms": 1_000}}));
    let folder = std::env::temp_dir().join(format!("stoq-mcp-gone-{}", std::process::id()));
    let folder = folder.to_str().unwrap();
    let mut server = beside(&sandbox, &["--allow", "write"], Some(folder));
    let mut stream = open(&server).await;
    let text = spelt(WRITE, &json!({"order_tag": {"value": "Recovered"}}));
    stream.write_all(text.as_bytes()).await.unwrap();
    let began = Instant::now();
    while sandbox.hits() == 0 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(stream);
    server.process.signal("TERM");
    assert_eq!(ended(&mut server).await, Some(0));
    assert_eq!(sandbox.effects("settings_written"), 1);
    let trail = verified(folder);
    assert_eq!(
        (&trail["lines"], &trail["unfinished"]),
        (&json!(2), &json!(0))
    );
    std::fs::remove_dir_all(folder).unwrap();
}

/// Calls that are at work, by the server's own figures.
async fn at_work(client: &reqwest::Client, server: &HttpProcess) -> String {
    let url = format!("{}/metrics", server.origin);
    let text = client.get(url).send().await.unwrap().text().await.unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("stoq_mcp_calls_at_work "));
    line.unwrap().to_owned()
}

/// It would be asked for three times, the upstream being as slow as this.
#[tokio::test]
async fn a_read_ends_when_its_caller_goes() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.fault(json!({"match": {"path": "**/summary"}, "times": null,
        "fault": {"kind": "hang", "ms": 12_000}}));
    let server = beside(&sandbox, &[], None);
    let client = client();
    let mut stream = open(&server).await;
    let text = spelt(SUMMARY, &json!({}));
    stream.write_all(text.as_bytes()).await.unwrap();
    let began = Instant::now();
    while sandbox.hits() == 0 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(at_work(&client, &server).await, "stoq_mcp_calls_at_work 1");
    drop(stream);
    while at_work(&client, &server).await != "stoq_mcp_calls_at_work 0" {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(sandbox.hits(), 1);
}
