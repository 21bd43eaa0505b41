//! What the black-box tests share: the program as child processes, and a plain client on its pipes.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

pub mod modern;
pub mod redis;
pub mod tools;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longest a test waits for one answer.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The flags that allow all that can be allowed.
pub const EVERYTHING: [&str; 6] = [
    "--allow",
    "send,money,destroy",
    "--v1",
    "all",
    "--shop-domain",
    SHOP,
];

/// The shop of the key that a sandbox prints.
pub const SHOP: &str = "juniper-supply.myshopify.com";

/// The program, with an environment of its own: no settings, no key, no configuration file.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stoq-mcp"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("STOQ_") {
            command.env_remove(name);
        }
    }
    command
        .env("STOQ_MCP_CONFIG", "")
        // Tests of actions call each by a tool of its own; those of the surfaces name theirs.
        .env("STOQ_MCP_SURFACE", "full")
        // Effects are done as they are called for, and seen as they are; tests of what keeps shoppers
        // and money safe set these themselves.
        .env("STOQ_MCP_CONFIRM", "off")
        .env("STOQ_MCP_REPEAT_WINDOW_SECONDS", "0")
        .env("STOQ_MCP_PERSONAL_DATA", "full")
        .env("STOQ_MCP_STATE", "memory")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program to its end: exit code, standard output, standard error.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    finish(program(arguments))
}

/// Runs a command to its end.
pub fn finish(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A file that is gone when the test ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str, text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = format!("stoq-mcp-{}-{number}-{name}", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs jobs on a few threads at the same time, for tests that mostly wait; results in order. What
/// `tool` makes is made once a thread.
pub fn side_by_side<J: Send, T, R: Send>(
    threads: usize,
    jobs: Vec<J>,
    tool: impl Fn() -> T + Sync,
    work: impl Fn(&T, J) -> R + Sync,
) -> Vec<R> {
    let todo = Mutex::new(jobs.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let next = || todo.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let tool = tool();
                while let Some((index, job)) = next() {
                    let result = work(&tool, job);
                    done.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A child process that is killed when the test ends.
pub struct Process {
    pub child: Child,
}

impl Process {
    /// Sends a signal by its name, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended by itself: its exit code.
    pub fn ended(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code().unwrap_or(-1),
                None if Instant::now() > deadline => panic!("the program did not end"),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `stoq-mcp sandbox` on a free port.
pub struct SandboxProcess {
    pub process: Process,
    pub base_url: String,
    pub origin: String,
    pub key: String,
}

impl SandboxProcess {
    pub fn start(dataset: &str) -> Self {
        Self::start_with(dataset, &[])
    }

    /// The same with more flags.
    pub fn start_with(dataset: &str, more: &[&str]) -> Self {
        let mut command = program(&["sandbox", "--listen", "127.0.0.1:0", "--dataset", dataset]);
        command.args(more).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        let base_url = next()
            .strip_prefix("sandbox listening on ")
            .unwrap()
            .to_owned();
        let key = next().rsplit(' ').next().unwrap().to_owned();
        let origin = base_url.split("/api/").next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process: Process { child },
            base_url,
            origin,
            key,
        }
    }

    /// A call of the control plane, e.g. `("POST", "/faults", {…})`; its answer.
    pub fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = request(
            method,
            &format!("{}/sandbox{path}", self.origin),
            None,
            body,
        );
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// A call of the API itself, with the shop's key.
    pub fn api(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        request(
            method,
            &format!("{}{path}", self.base_url),
            Some(&self.key),
            body,
        )
    }

    /// Builds a dataset anew; faults and journal are cleared.
    pub fn reset(&self, dataset: &str) {
        self.control("POST", "/reset", json!({"dataset": dataset}));
    }

    /// Lets every job be done at its first poll, for tests that are not about waiting.
    pub fn hasty(self) -> Self {
        let knobs = json!({"job_start_ms": 0, "job_items_per_s": 0, "export_ms": 0});
        self.control("PATCH", "/config", knobs);
        self
    }

    /// Takes the API's own budget away, for tests that are not about it.
    pub fn unmetered(self) -> Self {
        self.control("PATCH", "/config", json!({"rate_limit": 1_000_000}));
        self
    }

    /// Takes every fault off.
    pub fn mend(&self) {
        self.control("DELETE", "/faults", Value::Null);
    }

    /// How often faults have fired since they were switched on.
    pub fn hits(&self) -> u64 {
        let list = self.control("GET", "/faults", Value::Null);
        let rules = list["faults"].as_array().unwrap().iter();
        rules.map(|rule| rule["hits"].as_u64().unwrap()).sum()
    }

    /// How many effects of a kind were committed since the last reset.
    pub fn effects(&self, kind: &str) -> usize {
        let all = self.all_effects();
        all.iter()
            .filter(|effect| effect["kind"] == json!(kind))
            .count()
    }

    /// The effects committed since the last reset, in order.
    pub fn all_effects(&self) -> Vec<Value> {
        let entries = self.journal();
        entries
            .iter()
            .flat_map(|entry| entry["effects"].as_array().unwrap())
            .cloned()
            .collect()
    }

    /// Switches a fault on.
    pub fn fault(&self, rule: Value) {
        self.control("POST", "/faults", rule);
    }

    /// The requests and effects since the last reset.
    pub fn journal(&self) -> Vec<Value> {
        let journal = self.control("GET", "/journal", Value::Null);
        journal["entries"].as_array().unwrap().clone()
    }

    /// How often a method was asked for below a path, faults before the request is read left out.
    pub fn requests(&self, method: &str, path: &str) -> usize {
        let path = format!("/api/v2/external{path}");
        let entries = self.journal();
        let of = |entry: &&Value| entry["method"] == json!(method) && entry["path"] == json!(path);
        entries.iter().filter(of).count()
    }
}

/// One HTTP request to the sandbox, spelt out on a socket of its own, so that any test may make many
/// of them: status and JSON.
fn request(method: &str, url: &str, key: Option<&str>, body: Value) -> (u16, Value) {
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_at(rest.find('/').unwrap());
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let key = key.map_or_else(String::new, |key| format!("x-auth-token: {key}\r\n"));
    let length = body.len();
    let message = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{key}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(message.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let answer = String::from_utf8(bytes).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let json = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    (status, json)
}

/// `stoq-mcp serve --http` on a free port.
pub struct HttpProcess {
    pub process: Process,
    /// Address of `/mcp`.
    pub url: String,
    pub origin: String,
    lines: mpsc::Receiver<String>,
}

impl HttpProcess {
    /// Over an embedded sandbox of its own.
    pub fn sandbox(dataset: &str) -> Self {
        Self::start(program(&[
            "serve",
            "--http",
            "127.0.0.1:0",
            "--sandbox",
            "--dataset",
            dataset,
        ]))
    }

    /// Over a sandbox that runs beside it.
    pub fn beside(sandbox: &SandboxProcess, more: &[&str]) -> Self {
        let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
        command
            .args(["--base-url", &sandbox.base_url])
            .args(more)
            .env("STOQ_API_KEY", &sandbox.key);
        Self::start(command)
    }

    /// Of a command that serves over HTTP.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = reader(child.stderr.take().unwrap());
        let url = loop {
            let line = lines.recv_timeout(PATIENCE).unwrap();
            if let Some((_, url)) = line.split_once(" listening on ") {
                break url.to_owned();
            }
        };
        Self {
            process: Process { child },
            origin: url.trim_end_matches("/mcp").to_owned(),
            url,
            lines,
        }
    }

    /// What it has written to standard error since.
    pub fn log(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }
}

/// Lines of a pipe, read by a thread of their own.
fn reader(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// `stoq-mcp serve` on pipes, spoken to in plain JSON lines.
pub struct StdioProcess {
    pub process: Process,
    input: Option<ChildStdin>,
    output: mpsc::Receiver<String>,
    log: mpsc::Receiver<String>,
    next_id: u64,
}

impl StdioProcess {
    /// Over an embedded sandbox of its own, greeted.
    pub fn sandbox(dataset: &str) -> Self {
        let mut server = Self::start(program(&["serve", "--sandbox", "--dataset", dataset]));
        server.greet();
        server
    }

    /// Over a sandbox that runs beside it, greeted.
    pub fn beside(sandbox: &SandboxProcess, more: &[&str]) -> Self {
        Self::beside_with(sandbox, more, &[])
    }

    /// The same with settings from the environment.
    pub fn beside_with(
        sandbox: &SandboxProcess,
        more: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = program(&["serve", "--base-url", &sandbox.base_url]);
        command.args(more).env("STOQ_API_KEY", &sandbox.key);
        command.envs(variables.iter().copied());
        let mut server = Self::start(command);
        server.greet();
        server
    }

    /// Over a sandbox beside it, with all that can be allowed and no budget of its own.
    pub fn unmetered(sandbox: &SandboxProcess) -> Self {
        Self::beside_with(sandbox, &EVERYTHING, &[("STOQ_MCP_POINTS_LIMIT", "0")])
    }

    /// Of a command that serves on standard input and output.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            input: child.stdin.take(),
            output: reader(child.stdout.take().unwrap()),
            log: reader(child.stderr.take().unwrap()),
            process: Process { child },
            next_id: 1,
        }
    }

    /// The legacy handshake.
    pub fn greet(&mut self) -> Value {
        let answer = self.ask(
            "initialize",
            json!({"protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": {"name": "black-box", "version": "1"}}),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer
    }

    /// Writes one message.
    pub fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes());
    }

    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// Sends a request without waiting; gives back its id.
    pub fn post(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The next message of the server.
    pub fn receive(&self) -> Value {
        let line = self.output.recv_timeout(PATIENCE).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The answer of a request; what else arrives before it is left out.
    pub fn answer(&self, id: u64) -> Value {
        loop {
            let message = self.receive();
            if message.get("id") == Some(&json!(id)) {
                return message;
            }
        }
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params);
        self.answer(id)
    }

    /// Waits for a line of the log.
    pub fn logged(&self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.log.recv_timeout(PATIENCE).unwrap();
            if is_it(&line) {
                return line;
            }
        }
    }

    /// Calls a tool; the result as the client sees it.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        answer
            .get("result")
            .cloned()
            .unwrap_or_else(|| panic!("{tool}: {answer}"))
    }

    /// Calls a tool that must succeed; its structured content.
    pub fn structured(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments);
        result
            .get("structuredContent")
            .cloned()
            .unwrap_or_else(|| panic!("{tool}: {result}"))
    }

    /// Calls a tool that must fail; the text of the error.
    pub fn refusal(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], json!(true), "{tool}: {result}");
        assert_eq!(result.get("structuredContent"), None);
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Ends the input and waits for the server to end: its exit code and what it had logged.
    pub fn end(mut self) -> (i32, Vec<String>) {
        self.input = None;
        (self.process.ended(), self.log.iter().collect())
    }
}
