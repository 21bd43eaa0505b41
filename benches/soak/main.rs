//! A steady load for a while: `cargo bench --bench soak -- --minutes 20` (one minute unless told).
//!
//! A hundred calls a second over HTTP (reads of one, lists of fifty, a settings write now and then),
//! sessions that come and go, some of them left to be forgotten, and a second server on pipes. Memory and
//! open files of both are sampled all the while. The program fails when the last fifth of the time shows
//! more memory or more open files than the second fifth. Points are accounted for, within a budget that
//! is never short; state lies in a folder, as it does where nothing else is set.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../kit/mod.rs"]
mod kit;
mod load;
mod samples;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{HttpProcess, SandboxProcess, StdioProcess};

use samples::Samples;

/// More memory at the end than this part of what the second fifth showed is growth.
const MEMORY_SLACK: f64 = 0.05;
/// Connections to the upstream come and go, so that many files more are none.
const FILES_SLACK: f64 = 2.0;

fn main() -> ExitCode {
    let minutes = minutes();
    let during = Duration::from_secs_f64(minutes * 60.0);
    let place = kit::record::place();
    let sandbox = SandboxProcess::start("shop").unmetered();
    let (_, page) = sandbox.api("GET", "/back_in_stock/signups?per_page=50", Value::Null);
    let id = page["signups"][0]["id"].as_str().unwrap().to_owned();
    let folder = kit::Folder::new("soak");
    let http = HttpProcess::start(server(
        &sandbox,
        &["--http", "127.0.0.1:0", "--state", folder.path()],
    ));
    let pipes = StdioProcess::start(server(&sandbox, &["--state", "memory"]));
    let pids = [http.process.child.id(), pipes.process.child.id()];
    let until = Instant::now() + during;
    let piped = load::on_pipes(pipes, &id, until);
    let host = http.origin.strip_prefix("http://").unwrap().to_owned();
    let over_http = load::over_http(host, id, until);
    let mut samples = [
        Samples::new("HTTP", pids[0]),
        Samples::new("stdio", pids[1]),
    ];
    let each = (during / 60).clamp(Duration::from_secs(1), Duration::from_secs(10));
    let began = Instant::now();
    while Instant::now() < until {
        for of_one in &mut samples {
            of_one.take(began.elapsed());
        }
        std::thread::sleep(each.min(until.saturating_duration_since(Instant::now())));
    }
    let done = over_http.join().unwrap();
    let on_pipes = piped.join().unwrap();
    let found: Vec<samples::Found> = samples.iter().map(Samples::found).collect();
    let text = format!(
        "{place}\n\n{minutes} minutes, {done}, and {on_pipes} calls on pipes, all of them answered with \
         success.\n\n{}\n![Memory and open files](benches/plots/soak.svg)\n",
        samples::table(&found)
    );
    println!("{text}");
    kit::record::write("soak", &text);
    samples::plot(&samples);
    let grown: Vec<String> = found.iter().flat_map(samples::Found::grown).collect();
    for complaint in &grown {
        eprintln!("{complaint}");
    }
    ExitCode::from(u8::from(!grown.is_empty()))
}

/// How long: the flag `--minutes`, of which `cargo bench` itself knows nothing.
fn minutes() -> f64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--minutes");
    match (arguments.next(), arguments.next()) {
        (None, _) => 1.0,
        (Some(_), told) => {
            let minutes = told.and_then(|told| told.parse::<f64>().ok());
            minutes
                .filter(|minutes| *minutes > 0.0)
                .unwrap_or_else(|| panic!("--minutes takes a number, e.g. --minutes 20"))
        }
    }
}

fn server(sandbox: &SandboxProcess, more: &[&str]) -> Command {
    let mut command = kit::program(&["serve", "--base-url", &sandbox.base_url]);
    command
        .args(["--allow", "write"])
        .args(more)
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_PERSONAL_DATA", "masked")
        .env("STOQ_MCP_POINTS_LIMIT", "1000000");
    command
}

/// A settings write that changes something each time.
fn settings(turn: u64) -> (&'static str, Value) {
    let is_on = turn.is_multiple_of(2);
    (
        "back_in_stock_settings_tagging_update",
        json!({"order_tag": {"enabled": is_on}}),
    )
}
