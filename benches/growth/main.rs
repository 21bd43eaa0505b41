//! What a call and a session cost as they grow: `cargo bench --bench growth`.
//!
//! Three things grow, one at a time: sessions that are kept, actions of the registry, rows of a list. The
//! upstream costs next to nothing, points accounting is off, and calls are made one after the other, so
//! that the processor time of the server is that of the calls. Tables go to `BENCHMARKS.md`, the plot to
//! `benches/plots/growth.svg`.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod actions;
#[path = "../kit/mod.rs"]
mod kit;
mod rows;
mod sessions;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use support::SandboxProcess;

use kit::plot::{self, Line, Panel};

/// The read that is called wherever one call stands for all.
const READ: &str = "back_in_stock_signups_read";
/// Rows that the shop's longest page has.
const MOST_ROWS: usize = 200;

/// Answers of a lifelike shop, and a stub that tells them.
struct Shop {
    one: Value,
    rows: Vec<Value>,
    rest: Value,
    base_url: String,
}

/// What some calls have cost.
struct Cost {
    /// Microseconds of the server's processor time a call.
    cpu: f64,
    /// Milliseconds that half of the calls did not pass.
    p50: f64,
}

fn main() {
    let place = kit::record::place();
    let shop = Shop::open();
    let (sessions, by_sessions) = sessions::run(&shop);
    let (actions, by_actions) = actions::run(&shop);
    let (rows, by_rows) = rows::run(&shop);
    let text = format!(
        "{place}\n\nSessions that are kept (legacy protocol, no stream held open):\n\n{sessions}\n\
         Actions of the registry (copies of the bundled ones under other names):\n\n{actions}\n\
         Rows of one list:\n\n{rows}\n![Memory and cost of a call](benches/plots/growth.svg)\n"
    );
    println!("{text}");
    kit::record::write("growth", &text);
    let panels: Vec<Panel> = [by_sessions, by_actions, by_rows]
        .into_iter()
        .flatten()
        .collect();
    plot::draw("growth", 2, &panels);
}

impl Shop {
    fn open() -> Self {
        let sandbox = SandboxProcess::start("shop");
        let path = format!("/back_in_stock/signups?page=1&per_page={MOST_ROWS}");
        let (status, mut page) = sandbox.api("GET", &path, Value::Null);
        assert_eq!(status, 200, "{page}");
        let rows = page["signups"].as_array().unwrap().clone();
        assert_eq!(rows.len(), MOST_ROWS);
        let id = rows[0]["id"].as_str().unwrap();
        let path = format!("/back_in_stock/signups/{id}");
        let (status, one) = sandbox.api("GET", &path, Value::Null);
        assert_eq!(status, 200, "{one}");
        page["signups"] = json!([]);
        let mut shop = Self {
            one,
            rows,
            rest: page,
            base_url: String::new(),
        };
        shop.base_url = shop.stub(50);
        shop
    }

    /// A stub whose list has so many rows; its address.
    fn stub(&self, rows: usize) -> String {
        let mut page = self.rest.clone();
        page["signups"] = json!(self.rows[..rows]);
        page["meta"]["per_page"] = json!(rows);
        let answer = |body: &Value| kit::stub::answer(body.to_string().as_bytes());
        kit::stub::start(kit::stub::Answers {
            one: answer(&self.one),
            list: answer(&page),
        })
    }

    fn id(&self) -> Value {
        json!({"id": self.rows[0]["id"]})
    }
}

/// The server over a stub, with points accounting off.
fn server(base_url: &str, surface: &str, more: &[&str]) -> Command {
    let mut command = kit::program(&["serve", "--base-url", base_url]);
    command
        .args(more)
        .env("STOQ_API_KEY", "stoq_api_key_benchmark")
        .env("STOQ_MCP_SURFACE", surface)
        .env("STOQ_MCP_PERSONAL_DATA", "masked")
        .env("STOQ_MCP_POINTS_LIMIT", "0");
    command
}

/// The cost of calls, each of which `call` makes and times; a tenth more goes before.
fn cost(pid: u32, calls: u32, mut call: impl FnMut() -> Duration) -> Cost {
    for _ in 0..calls.div_ceil(10) {
        call();
    }
    let before = kit::process::cpu(pid);
    let mut times: Vec<Duration> = (0..calls).map(|_| call()).collect();
    let spent = kit::process::cpu(pid) - before;
    Cost {
        cpu: spent * 1e6 / f64::from(calls),
        p50: kit::median(&mut times).as_secs_f64() * 1e3,
    }
}

/// A panel over one thing that grows, both axes by powers of ten.
fn panel(title: &str, x: &str, y: &str, lines: Vec<Line>) -> Panel {
    Panel {
        title: title.to_owned(),
        x: x.to_owned(),
        y: y.to_owned(),
        is_log: true,
        lines,
    }
}

fn line(name: &str, points: Vec<(f64, f64)>) -> Line {
    Line {
        name: name.to_owned(),
        points,
    }
}

/// A count as a number of an axis.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}
