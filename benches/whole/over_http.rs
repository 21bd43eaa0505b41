//! Streamable HTTP: calls a second, how long one takes, what it costs, and the memory it needs.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::kit::{self, load, middle, process};
use super::support::HttpProcess;
use super::table::{Goal, Table, mb, ms};
use super::{Contest, Read};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);
/// The round before the first that counts: connections are made, code and schemas are met once.
const WARM: Duration = Duration::from_millis(300);

/// What the rounds of one server and one kind of read have shown.
#[derive(Default)]
struct Seen {
    rates: Vec<f64>,
    p99: Vec<Duration>,
    /// Microseconds of processor time a call.
    cpu: Vec<f64>,
}

pub fn run(contest: &Contest, table: &mut Table) {
    let runtime = kit::runtime();
    let floor = listening(kit::floor::command(
        &contest.floor,
        &contest.base_url,
        &["127.0.0.1:0"],
    ));
    let ours = listening(contest.server("full", &["--http", "127.0.0.1:0"]));
    std::thread::sleep(Duration::from_millis(300));
    let idle = (pid_memory(&floor), pid_memory(&ours));
    for (name, read, clients, goals) in [
        (
            "read-one",
            &contest.one,
            16,
            [
                Goal::TimesAtLeast(0.8),
                Goal::TimesAtMost(2.0),
                Goal::TimesAtMost(1.5),
            ],
        ),
        (
            "list-50",
            &contest.list,
            16,
            [Goal::TimesAtLeast(0.5), Goal::None, Goal::None],
        ),
        ("read-one", &contest.one, 1, [Goal::None; 3]),
        ("read-one", &contest.one, 64, [Goal::None; 3]),
    ] {
        let (theirs, own) = runtime.block_on(compare(&floor, &ours, read, clients));
        rows(
            table,
            &format!("HTTP {name}, {clients} clients"),
            theirs,
            own,
            goals,
        );
    }
    table.pair("memory idle", idle.0, idle.1, Goal::TimesAtMost(3.0), mb);
    let loaded = (pid_memory(&floor), pid_memory(&ours));
    table.pair(
        "memory after load",
        loaded.0,
        loaded.1,
        Goal::TimesAtMost(5.0),
        mb,
    );
}

fn rows(table: &mut Table, name: &str, mut floor: Seen, mut ours: Seen, goals: [Goal; 3]) {
    let [rate, p99, cpu] = goals;
    let whole = |rate: f64| format!("{rate:.0}");
    let name = |figure: &str| format!("{name}: {figure}");
    table.pair(
        &name("calls/s"),
        middle(&mut floor.rates),
        middle(&mut ours.rates),
        rate,
        whole,
    );
    let middle_ms = |times: &mut Vec<Duration>| kit::median(times).as_secs_f64() * 1e3;
    table.pair(
        &name("p99"),
        middle_ms(&mut floor.p99),
        middle_ms(&mut ours.p99),
        p99,
        ms,
    );
    let us = |time: f64| format!("{time:.1} µs");
    table.pair(
        &name("CPU a call"),
        middle(&mut floor.cpu),
        middle(&mut ours.cpu),
        cpu,
        us,
    );
}

/// Rounds of the two take turns.
async fn compare(
    floor: &HttpProcess,
    ours: &HttpProcess,
    read: &Read,
    clients: usize,
) -> (Seen, Seen) {
    let mut seen = (Seen::default(), Seen::default());
    let (floor_host, host) = (host(floor), host(ours));
    let proxy = load::call(floor_host, "proxy", &json!({"path": read.path}));
    let call = load::call(host, read.tool, &read.arguments);
    for round in 0..=ROUNDS {
        let during = if round == 0 { WARM } else { ROUND };
        let theirs = measure(floor, floor_host, &proxy, clients, during).await;
        let own = measure(ours, host, &call, clients, during).await;
        if round > 0 {
            seen.0.note(theirs);
            seen.1.note(own);
        }
    }
    seen
}

async fn measure(
    server: &HttpProcess,
    host: &str,
    call: &[u8],
    clients: usize,
    during: Duration,
) -> (load::Round, f64) {
    let pid = server.process.child.id();
    let before = process::cpu(pid);
    let round = load::round(host, call, clients, during).await;
    let spent = (process::cpu(pid) - before) * 1e6;
    let calls = f64::from(u32::try_from(round.calls).unwrap());
    (round, spent / calls)
}

impl Seen {
    fn note(&mut self, (round, cpu): (load::Round, f64)) {
        self.rates.push(round.rate);
        self.p99.push(round.p99);
        self.cpu.push(cpu);
    }
}

fn listening(command: Command) -> HttpProcess {
    HttpProcess::start(command)
}

fn host(server: &HttpProcess) -> &str {
    server.origin.strip_prefix("http://").unwrap()
}

fn pid_memory(server: &HttpProcess) -> f64 {
    process::memory(server.process.child.id())
}
