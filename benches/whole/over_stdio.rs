//! Standard input and output: how soon a client has the tools, and how long a call takes.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Contest;
use super::kit::pipes::Client;
use super::kit::{self, percentile};
use super::table::{Goal, Table, ms};

const STARTS: usize = 21;
const CALLS: usize = 3_000;

pub fn run(contest: &Contest, table: &mut Table) {
    starts(contest, table);
    calls(contest, table);
}

fn floor(contest: &Contest) -> Command {
    kit::floor::command(&contest.floor, &contest.base_url, &[])
}

fn starts(contest: &Contest, table: &mut Table) {
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for round in 0..STARTS + 2 {
        let took = (start(floor(contest)), start(contest.server("core", &[])));
        if round >= 2 {
            theirs.push(took.0);
            own.push(took.1);
        }
    }
    table.pair(
        "stdio: spawn to first tools/list",
        millis(kit::median(&mut theirs)),
        millis(kit::median(&mut own)),
        Goal::TimesAtMost(2.0),
        ms,
    );
}

/// From nothing to the whole list of tools.
fn start(command: Command) -> Duration {
    let began = Instant::now();
    let mut client = Client::start(command);
    let tools = client.ask("tools/list", json!({}));
    let took = began.elapsed();
    assert!(!tools["result"]["tools"].as_array().unwrap().is_empty());
    took
}

fn calls(contest: &Contest, table: &mut Table) {
    let mut floor = Client::start(floor(contest));
    let mut ours = Client::start(contest.server("full", &[]));
    for (name, read, goal) in [
        ("read-one", &contest.one, Goal::TimesAtMost(2.0)),
        ("list-50", &contest.list, Goal::None),
    ] {
        let (mut theirs, mut own) = (Vec::new(), Vec::new());
        for count in 0..CALLS {
            let took = (
                floor.time("proxy", &json!({"path": read.path})),
                ours.time(read.tool, &read.arguments),
            );
            if count >= CALLS / 10 {
                theirs.push(took.0);
                own.push(took.1);
            }
        }
        for (figure, share, goal) in [("p50", 50, goal), ("p99", 99, Goal::None)] {
            table.pair(
                &format!("stdio {name} call, {figure}"),
                millis(percentile(&mut theirs, share)),
                millis(percentile(&mut own, share)),
                goal,
                |time| format!("{time:.3} ms"),
            );
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
