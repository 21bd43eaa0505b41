//! Standard input and output: how soon a client has the tools, and how long a call takes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Contest;
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

/// A client on the pipes of a server, without threads between.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    line: String,
}

impl Client {
    /// Starts a server and greets it.
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut client = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            line: String::new(),
        };
        client.ask(
            "initialize",
            json!({"protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": {"name": "bench", "version": "1"}}),
        );
        client.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn write(&mut self, message: &Value) {
        self.input
            .write_all(format!("{message}\n").as_bytes())
            .unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.write(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
        self.read();
        serde_json::from_str(&self.line).unwrap()
    }

    fn read(&mut self) {
        self.line.clear();
        assert!(self.output.read_line(&mut self.line).unwrap() > 0);
    }

    /// How long a call takes, until its answer is here.
    fn time(&mut self, tool: &str, arguments: &Value) -> Duration {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let call = format!("{call}\n");
        let began = Instant::now();
        self.input.write_all(call.as_bytes()).unwrap();
        self.read();
        let took = began.elapsed();
        let is_success =
            self.line.contains("\"content\":") && !self.line.contains("\"isError\":true");
        assert!(is_success, "{}", self.line);
        took
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
