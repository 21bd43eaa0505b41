//! A client of the protocol with sessions, over a connection that many sessions may share.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A kept connection; answers may be of known length or come in chunks.
pub struct Line {
    stream: TcpStream,
    host: String,
    bytes: Vec<u8>,
}

/// An answer as it came, chunk lines and all.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Line {
    /// A new connection.
    pub async fn to(host: &str) -> Self {
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            host: host.to_owned(),
            bytes: Vec::with_capacity(1 << 16),
        }
    }

    /// Begins a session; its id.
    pub async fn begin(&mut self) -> String {
        let greeting = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"}}});
        let answer = self.send("POST", None, &greeting.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let session = header(&answer.head, "mcp-session-id").unwrap().to_owned();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let told = self.send("POST", Some(&session), &ready.to_string()).await;
        assert_eq!(told.status, 202, "{}", told.body);
        session
    }

    /// Calls a tool in a session; the call must succeed.
    pub async fn call(&mut self, session: &str, tool: &str, arguments: &Value) {
        let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let answer = self.send("POST", Some(session), &call.to_string()).await;
        let is_success = answer.status == 200
            && answer.body.contains("\"content\":")
            && !answer.body.contains("\"isError\":true");
        assert!(is_success, "{} {}", answer.status, answer.body);
    }

    /// Ends a session.
    pub async fn end(&mut self, session: &str) {
        let answer = self.send("DELETE", Some(session), "").await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    async fn send(&mut self, method: &str, session: Option<&str>, body: &str) -> Answer {
        let session = session.map_or_else(String::new, |id| {
            format!("mcp-session-id: {id}\r\nmcp-protocol-version: 2025-11-25\r\n")
        });
        let request = format!(
            "{method} /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\n{session}content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.bytes.clear();
        let begin = loop {
            if let Some(end) = self.bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill().await;
        };
        let head = String::from_utf8(self.bytes[..begin].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = header(&head, "content-length").map(|text| text.parse::<usize>().unwrap());
        let is_chunked = header(&head, "transfer-encoding") == Some("chunked");
        while match length {
            Some(length) => self.bytes.len() < begin + length,
            None => is_chunked && !self.bytes.ends_with(b"\r\n0\r\n\r\n"),
        } {
            self.fill().await;
        }
        let body = String::from_utf8_lossy(&self.bytes[begin..]).into_owned();
        Answer { status, head, body }
    }

    async fn fill(&mut self) {
        let read = self.stream.read_buf(&mut self.bytes).await.unwrap();
        assert!(read > 0, "the server closed the connection");
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    lines
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}
