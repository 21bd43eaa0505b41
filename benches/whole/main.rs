//! Whole-process benchmark: `cargo bench --bench whole`.
//!
//! Every figure of the release binary stands beside the same figure of a floor: a bare server over the
//! same libraries with one proxy tool, which this program builds. Both talk to the same upstream, which
//! costs next to nothing; rounds of the two take turns, and the middle of them counts. Points accounting
//! is off, unless a row says otherwise. The table is written to `BENCHMARKS.md`.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../kit/mod.rs"]
mod kit;
mod over_http;
mod over_stdio;
mod redis;
#[path = "../../tests/support/mod.rs"]
mod support;
mod table;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::SandboxProcess;

use table::Table;

/// Both servers, and what they are asked for.
struct Contest {
    floor: PathBuf,
    base_url: String,
    one: Read,
    list: Read,
}

/// A read: the tool with its arguments, and the path of the same read for the floor's only tool.
struct Read {
    tool: &'static str,
    arguments: Value,
    path: String,
}

impl Contest {
    /// The server over the upstream, with points accounting off.
    fn server(&self, surface: &str, arguments: &[&str]) -> std::process::Command {
        let mut command = kit::program(&["serve", "--base-url", &self.base_url]);
        command
            .args(arguments)
            .env("STOQ_API_KEY", "stoq_api_key_benchmark")
            .env("STOQ_MCP_SURFACE", surface)
            .env("STOQ_MCP_PERSONAL_DATA", "masked")
            .env("STOQ_MCP_POINTS_LIMIT", "0");
        command
    }
}

fn main() {
    // `cargo test --benches` and filters pass arguments this program has no use for.
    let place = kit::record::place();
    let contest = prepare();
    let mut table = Table::default();
    over_http::run(&contest, &mut table);
    over_stdio::run(&contest, &mut table);
    redis::run(&contest, &mut table);
    let ours = kit::binary();
    table.pair(
        "release binary, stripped",
        kit::record::megabytes(&contest.floor),
        kit::record::megabytes(&ours),
        table::Goal::AtMost(15.0),
        |size| format!("{size:.1} MB"),
    );
    let text = format!("{place}\n\n{table}");
    println!("{text}");
    kit::record::write("whole", &text);
}

/// The answers of a lifelike shop, told by a stub from then on.
fn prepare() -> Contest {
    let floor = kit::floor::build();
    let sandbox = SandboxProcess::start("shop");
    let list = "/back_in_stock/signups?page=1&per_page=50";
    let body = |path: &str| {
        let (status, body) = sandbox.api("GET", path, Value::Null);
        assert_eq!(status, 200, "{body}");
        body
    };
    let rows = body(list);
    assert_eq!(rows["signups"].as_array().unwrap().len(), 50);
    let id = rows["signups"][0]["id"].as_str().unwrap();
    let one = format!("/back_in_stock/signups/{id}");
    let answer = |body: Value| kit::stub::answer(body.to_string().as_bytes());
    let base_url = kit::stub::start(kit::stub::Answers {
        one: answer(body(&one)),
        list: answer(rows.clone()),
    });
    Contest {
        floor,
        base_url,
        one: Read {
            tool: "back_in_stock_signups_read",
            arguments: json!({"id": id}),
            path: one,
        },
        list: Read {
            tool: "back_in_stock_signups_list",
            arguments: json!({"limit": 50}),
            path: list.to_owned(),
        },
    }
}
