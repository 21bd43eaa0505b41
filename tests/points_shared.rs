//! Four servers of one shop on a real Redis, asked for more than the API allows for several windows:
//! the API refuses nothing, and what it allows is used.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::redis::RedisServer;
use support::{HttpProcess, SandboxProcess, modern, program};

const READ: &str = "back_in_stock_settings_channels_read";
const SERVERS: usize = 4;
/// Clients of each server.
const CLIENTS: usize = 12;
const LIMIT: u64 = 60;
/// Kept of it for confirmed writes.
const RESERVE: u64 = 15;
const WINDOW: u64 = 4;
const WINDOWS: u64 = 5;

fn server(sandbox: &SandboxProcess, redis: &RedisServer) -> HttpProcess {
    let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
    command
        .args(["--base-url", &sandbox.base_url])
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_STATE", redis.socket())
        .env("XDG_STATE_HOME", redis.folder())
        .env("STOQ_MCP_POINTS_LIMIT", LIMIT.to_string())
        .env("STOQ_MCP_POINTS_WINDOW_SECONDS", WINDOW.to_string());
    HttpProcess::start(command)
}

/// Asks as often as it can until the end.
async fn hammer(server: &HttpProcess, end: Instant) {
    while Instant::now() < end {
        let params = json!({"name": READ, "arguments": {}});
        let answer = modern::ask(server, "tools/call", Some(READ), params).await;
        assert!(answer.get("result").is_some(), "{answer}");
    }
}

async fn run(model: &str) {
    let sandbox = SandboxProcess::start("fixture");
    let knobs = json!({"rate_limit": LIMIT, "rate_window_s": WINDOW, "rate_model": model});
    sandbox.control("PATCH", "/config", knobs);
    sandbox.fault(json!({"times": null, "fault": {"kind": "latency", "ms": 20, "jitter_ms": 160}}));
    let redis = RedisServer::with(&[]);
    let servers: Vec<HttpProcess> = (0..SERVERS).map(|_| server(&sandbox, &redis)).collect();
    let end = Instant::now() + Duration::from_secs(WINDOW * WINDOWS);
    let clients = servers
        .iter()
        .flat_map(|one| (0..CLIENTS).map(move |_| hammer(one, end)));
    futures::future::join_all(clients).await;
    let journal = sandbox.journal();
    let of = |entry: &&Value| {
        entry["path"]
            .as_str()
            .is_some_and(|path| path.starts_with("/api/"))
    };
    let asked: Vec<&Value> = journal.iter().filter(of).collect();
    let refused = asked.iter().filter(|entry| entry["status"] == json!(429));
    assert_eq!(refused.count(), 0, "{model}");
    let used: u64 = asked
        .iter()
        .filter_map(|entry| entry["points"].as_u64())
        .sum();
    // The first window is full at once, and clients end up to a window late.
    let allowed = (LIMIT - RESERVE) * (WINDOWS + 1);
    let share = used as f64 / allowed as f64;
    println!(
        "{model}: {used} points of {allowed}: {:.1} %",
        share * 100.0
    );
    assert!(share > 0.7, "{model}: {used} of {allowed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_draw_no_refusal_from_a_rolling_window() {
    run("rolling").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_draw_no_refusal_from_a_fixed_window() {
    run("fixed").await;
}
