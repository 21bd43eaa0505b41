//! Clients that cost as little as they can: each sends the same bytes over a connection of its own, as
//! soon as it has the answer to the last.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The bytes of a tool call, as a client of the 2026-07-28 protocol sends it to `host`.
pub fn call(host: &str, tool: &str, arguments: &Value) -> Vec<u8> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments,
        "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}}})
    .to_string();
    let length = body.len();
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n\
         mcp-method: tools/call\r\nmcp-name: {tool}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// What a round of load has shown.
pub struct Round {
    /// Answers.
    pub calls: usize,
    /// Answers a second.
    pub rate: f64,
    /// The time that 99 of 100 answers did not pass.
    pub p99: Duration,
}

/// Lets so many clients call for a while; every answer must be a success.
pub async fn round(host: &str, call: &[u8], clients: usize, during: Duration) -> Round {
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| tokio::spawn(client(host.to_owned(), call.to_vec(), began + during)))
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let took = began.elapsed().as_secs_f64();
    Round {
        calls: times.len(),
        rate: f64::from(u32::try_from(times.len()).unwrap()) / took,
        p99: super::percentile(&mut times, 99),
    }
}

async fn client(host: String, call: Vec<u8>, until: Instant) -> Vec<Duration> {
    let mut connection = Connection::to(&host).await;
    let mut times = Vec::with_capacity(1 << 14);
    while Instant::now() < until {
        let sent = Instant::now();
        let answer = connection.exchange(&call).await;
        times.push(sent.elapsed());
        if times.len() == 1 {
            let text = String::from_utf8_lossy(answer);
            let is_success = text.contains("\"content\":") && !text.contains("\"isError\":true");
            assert!(is_success, "{text}");
        }
    }
    times
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    /// A new one.
    pub async fn to(host: &str) -> Self {
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            bytes: Vec::with_capacity(1 << 16),
        }
    }

    /// Sends a request and reads its whole answer, which must be a success; its body.
    pub async fn exchange(&mut self, request: &[u8]) -> &[u8] {
        self.bytes.clear();
        self.stream.write_all(request).await.unwrap();
        let (head, length) = loop {
            if let Some(end) = self.bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.bytes[..end]).unwrap();
                assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                break (end + 4, length(head));
            }
            self.fill().await;
        };
        while self.bytes.len() < head + length {
            self.fill().await;
        }
        &self.bytes[head..]
    }

    async fn fill(&mut self) {
        let read = self.stream.read_buf(&mut self.bytes).await.unwrap();
        assert!(read > 0, "the server closed the connection");
    }
}

fn length(head: &str) -> usize {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    let told = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    told.unwrap_or_else(|| panic!("{head}")).1.parse().unwrap()
}
