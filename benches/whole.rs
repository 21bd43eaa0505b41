//! Whole-process benchmark: `cargo bench --bench whole`.
//!
//! Starts the release binary as a client would and prints medians of several interleaved rounds:
//! cold start, call latency on stdio, calls per second over HTTP, memory. Each call figure stands
//! beside a direct HTTP call of the same upstream, a sandbox in a process of its own, so that the
//! ratio says what the server costs. Points accounting is off on both sides.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{HttpProcess, SandboxProcess, StdioProcess, program};

const STARTS: usize = 15;
const CALLS: usize = 400;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);
const CLIENTS: [usize; 3] = [1, 16, 64];

/// One kind of read: the tool with its arguments, and the same read of the API.
struct Read {
    name: &'static str,
    tool: &'static str,
    arguments: Value,
    path: String,
}

fn main() {
    // `cargo test --benches` and filters pass arguments this program has no use for.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = SandboxProcess::start("shop");
    let reads = runtime.block_on(prepare(&sandbox));
    println!("| figure | median | direct | ratio |\n|---|---|---|---|");
    start();
    stdio(&runtime, &sandbox, &reads[0]);
    http(&runtime, &sandbox, &reads);
}

fn row(figure: &str, value: String, direct: Option<String>, ratio: Option<f64>) {
    println!(
        "| {figure} | {value} | {} | {} |",
        direct.unwrap_or_else(|| "–".to_owned()),
        ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
    );
}

/// Takes the sandbox's points limit out of the way and finds a signup to read.
async fn prepare(sandbox: &SandboxProcess) -> Vec<Read> {
    let http = reqwest::Client::new();
    let config = format!("{}/sandbox/config", sandbox.origin);
    let limit = json!({"rate_limit": 1_000_000_000_u64}).to_string();
    let answer = http
        .patch(&config)
        .header("content-type", "application/json")
        .body(limit);
    assert!(answer.send().await.unwrap().status().is_success());
    let list = "/back_in_stock/signups?per_page=50&page=1";
    let body = get(&http, sandbox, list).await;
    let id = body["signups"][0]["id"].as_str().unwrap().to_owned();
    vec![
        Read {
            name: "read-one",
            tool: "back_in_stock_signups_read",
            path: format!("/back_in_stock/signups/{id}"),
            arguments: json!({"id": id}),
        },
        Read {
            name: "list-50",
            tool: "back_in_stock_signups_list",
            arguments: json!({"limit": 50}),
            path: list.to_owned(),
        },
    ]
}

async fn get(http: &reqwest::Client, sandbox: &SandboxProcess, path: &str) -> Value {
    let request = http
        .get(format!("{}{path}", sandbox.base_url))
        .header("x-auth-token", &sandbox.key);
    let bytes = request.send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn start() {
    let mut times: Vec<Duration> = (0..STARTS + 2)
        .map(|_| {
            let mut command = program(&["serve"]);
            command.env("STOQ_API_KEY", "stoq_api_key_benchmark");
            // The start itself, not how soon a far API tells its manifest.
            command.env("STOQ_MCP_REGISTRY", "bundled");
            let began = Instant::now();
            let mut server = StdioProcess::start(command);
            server.greet();
            let list = server.ask("tools/list", json!({}));
            let took = began.elapsed();
            assert!(list["result"]["tools"].as_array().unwrap().len() > 10);
            took
        })
        .skip(2)
        .collect();
    let took = median(&mut times);
    row("stdio: spawn to first tools/list", ms(took), None, None);
}

fn stdio(runtime: &tokio::runtime::Runtime, sandbox: &SandboxProcess, read: &Read) {
    let mut server = StdioProcess::start({
        let mut command = program(&["serve", "--base-url", &sandbox.base_url]);
        command
            .env("STOQ_API_KEY", &sandbox.key)
            .env("STOQ_MCP_POINTS_LIMIT", "0")
            .env("STOQ_MCP_SURFACE", "full");
        command
    });
    server.greet();
    let http = reqwest::Client::new();
    let mut through = Vec::new();
    let mut direct = Vec::new();
    for count in 0..CALLS + 20 {
        let began = Instant::now();
        server.structured(read.tool, read.arguments.clone());
        let took = began.elapsed();
        let began = Instant::now();
        runtime.block_on(get(&http, sandbox, &read.path));
        if count >= 20 {
            through.push(took);
            direct.push(began.elapsed());
        }
    }
    for (name, share) in [("p50", 50), ("p99", 99)] {
        let (a, b) = (
            percentile(&mut through, share),
            percentile(&mut direct, share),
        );
        row(
            &format!("stdio: {} call, {name}", read.name),
            ms(a),
            Some(ms(b)),
            Some(a.as_secs_f64() / b.as_secs_f64()),
        );
    }
}

fn http(runtime: &tokio::runtime::Runtime, sandbox: &SandboxProcess, reads: &[Read]) {
    let mut command = program(&[
        "serve",
        "--http",
        "127.0.0.1:0",
        "--base-url",
        &sandbox.base_url,
    ]);
    command
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_POINTS_LIMIT", "0")
        .env("STOQ_MCP_SURFACE", "full");
    let server = HttpProcess::start(command);
    let idle = memory(server.process.child.id());
    for read in reads {
        for clients in CLIENTS {
            let mut through = Vec::new();
            let mut direct = Vec::new();
            let mut latency = Vec::new();
            for _ in 0..ROUNDS {
                let (rate, mut times) = runtime.block_on(load(clients, || mcp(&server.url, read)));
                through.push(rate);
                latency.push(percentile(&mut times, 99));
                let plain = || plain(sandbox, &read.path);
                direct.push(runtime.block_on(load(clients, plain)).0);
            }
            let (a, b) = (middle(&mut through), middle(&mut direct));
            row(
                &format!("HTTP: {} with {clients} at once, calls/s", read.name),
                format!("{a:.0}"),
                Some(format!("{b:.0}")),
                Some(a / b),
            );
            let took = median(&mut latency);
            row(
                &format!("HTTP: {} with {clients} at once, p99", read.name),
                ms(took),
                None,
                None,
            );
        }
    }
    row("memory idle", format!("{idle:.1} MB"), None, None);
    let loaded = memory(server.process.child.id());
    row("memory after load", format!("{loaded:.1} MB"), None, None);
}

/// A tool call as a client of the 2026-07-28 protocol sends it.
fn mcp(url: &str, read: &Read) -> reqwest::RequestBuilder {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": read.tool, "arguments": read.arguments,
        "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}}});
    reqwest::Client::new()
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", read.tool)
        .body(body.to_string())
}

fn plain(sandbox: &SandboxProcess, path: &str) -> reqwest::RequestBuilder {
    reqwest::Client::new()
        .get(format!("{}{path}", sandbox.base_url))
        .header("x-auth-token", &sandbox.key)
}

/// Calls per second of so many clients, each on a connection of its own, and the time of each call.
async fn load(
    clients: usize,
    request: impl Fn() -> reqwest::RequestBuilder,
) -> (f64, Vec<Duration>) {
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (client, request) = request().build_split();
            let request = request.unwrap();
            tokio::spawn(async move {
                let mut times = Vec::new();
                while began.elapsed() < ROUND {
                    let request = request.try_clone().unwrap();
                    let sent = Instant::now();
                    let answer = client.execute(request).await.unwrap();
                    assert!(answer.status().is_success());
                    let bytes = answer.bytes().await.unwrap();
                    if times.is_empty() {
                        let text = String::from_utf8_lossy(&bytes);
                        assert!(!text.contains("\"isError\":true"), "{text}");
                    }
                    times.push(sent.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = f64::from(u32::try_from(times.len()).unwrap()) / began.elapsed().as_secs_f64();
    (rate, times)
}

/// Resident memory of a process in MB, where the system tells it.
fn memory(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}

fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

fn percentile(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * share / 100]
}

fn middle(rates: &mut [f64]) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
