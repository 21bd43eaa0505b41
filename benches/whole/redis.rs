//! What it costs to share state over a Redis on the same machine: the second figure of the pair is with
//! it, the first without, and both are the server's.

use std::time::Duration;

use super::Contest;
use super::kit::{self, load};
use super::support::HttpProcess;
use super::support::redis::RedisServer;
use super::table::{Goal, Table, ms};

const CLIENTS: usize = 16;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);
const WARM: Duration = Duration::from_millis(300);
/// Points a window: never short, so that every call is counted and none waits.
const POINTS: &str = "1000000000";

pub fn run(contest: &Contest, table: &mut Table) {
    if !RedisServer::is_installed() {
        eprintln!(
            "the row with Redis is left out: there is no redis-server; apt-get install redis-server"
        );
        return;
    }
    let folder = kit::Folder::new("redis");
    let redis = RedisServer::with(&["--appendonly", "yes"]);
    let shared = redis.url();
    let without = server(contest, "memory", folder.path());
    let with = server(contest, &shared, folder.path());
    let runtime = kit::runtime();
    let (mut alone, mut together) = runtime.block_on(compare(contest, &without, &with));
    table.pair(
        "read-one p99, 16 clients: points in memory, and with Redis state",
        kit::median(&mut alone).as_secs_f64() * 1e3,
        kit::median(&mut together).as_secs_f64() * 1e3,
        Goal::MoreAtMost(3.0),
        ms,
    );
}

/// The slow ends of rounds that take turns.
async fn compare(
    contest: &Contest,
    without: &HttpProcess,
    with: &HttpProcess,
) -> (Vec<Duration>, Vec<Duration>) {
    let read = &contest.one;
    let mut seen = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let during = if round == 0 { WARM } else { ROUND };
        for (server, times) in [(without, &mut seen.0), (with, &mut seen.1)] {
            let host = server.origin.strip_prefix("http://").unwrap();
            let call = load::call(host, read.tool, &read.arguments);
            let found = load::round(host, &call, CLIENTS, during).await;
            if round > 0 {
                times.push(found.p99);
            }
        }
    }
    seen
}

fn server(contest: &Contest, state: &str, folder: &str) -> HttpProcess {
    let mut command = contest.server("full", &["--http", "127.0.0.1:0", "--state", state]);
    command
        .env("STOQ_MCP_POINTS_LIMIT", POINTS)
        // The audit trail stays on this machine.
        .env("XDG_STATE_HOME", folder);
    HttpProcess::start(command)
}
