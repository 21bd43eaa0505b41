//! Clients of every kind, spelt out: those of the stateless protocol over HTTP, and older ones over stdio and
//! in sessions over HTTP. What the person behind them does is told by each test.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::support::modern::client;
use crate::support::{HttpProcess, StdioProcess};

/// What a client declares that shows its person forms.
pub fn forms() -> Value {
    json!({"elicitation": {"form": {}}})
}

/// The answer of a person who types something and sends the form.
pub fn typed(text: &str) -> Value {
    json!({"action": "accept", "content": {"answer": text}})
}

/// The answer of a person who types what the question asks for.
pub fn as_asked(question: &Value) -> Value {
    let message = question["message"].as_str().unwrap();
    let (_, last) = message.rsplit_once("\nType ").unwrap();
    typed(last.strip_suffix(" to go ahead.").unwrap())
}

/// The text of a result.
pub fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

/// The text of a result that is an error.
pub fn refusal(result: &Value) -> &str {
    assert_eq!(result["isError"], json!(true), "{result}");
    assert_eq!(result.get("structuredContent"), None, "{result}");
    text(result)
}

/// The structured content of a success.
pub fn structured(result: &Value) -> &Value {
    assert_ne!(result["isError"], json!(true), "{result}");
    result
        .get("structuredContent")
        .unwrap_or_else(|| panic!("{result}"))
}

/// A client of the stateless protocol over HTTP.
pub struct Modern<'a> {
    server: &'a HttpProcess,
    http: reqwest::Client,
    capabilities: Value,
    headers: Vec<(&'static str, String)>,
    has_name: bool,
    next_id: Cell<u64>,
}

impl<'a> Modern<'a> {
    /// One whose person can be asked.
    pub fn asking(server: &'a HttpProcess) -> Self {
        Self::with(server, forms())
    }

    /// One that can do what it declares.
    pub fn with(server: &'a HttpProcess, capabilities: Value) -> Self {
        Self {
            server,
            http: client(),
            capabilities,
            headers: Vec::new(),
            has_name: true,
            next_id: Cell::new(1),
        }
    }

    /// The same with a header beside the protocol's.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same without its name, which the protocol lets it keep to itself.
    pub fn nameless(self) -> Self {
        Self {
            has_name: false,
            ..self
        }
    }

    /// The answer of a request; every one has an id of its own.
    pub async fn ask(&self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": self.capabilities});
        if self.has_name {
            params["_meta"]["io.modelcontextprotocol/clientInfo"] =
                json!({"name": "black-box", "version": "1"});
        }
        let id = self.next_id.replace(self.next_id.get() + 1);
        let mut request = self
            .http
            .post(&self.server.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        for name in ["name", "taskId"] {
            if let Some(name) = params[name].as_str() {
                request = request.header("mcp-name", name);
            }
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let answer = request.body(body.to_string()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        let mut events = events(&text);
        let answer = match events.pop() {
            Some(last) => last,
            None => serde_json::from_str(&text).unwrap(),
        };
        assert_eq!(answer["id"], json!(id), "{answer}");
        answer
    }

    /// The result of a call.
    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.calls(json!({"name": tool, "arguments": arguments}))
            .await
    }

    async fn calls(&self, params: Value) -> Value {
        let answer = self.ask("tools/call", params).await;
        answer
            .get("result")
            .cloned()
            .unwrap_or_else(|| panic!("{answer}"))
    }

    /// The question that a call leads to.
    pub async fn question(&self, tool: &str, arguments: Value) -> Question {
        let result = self.call(tool, arguments.clone()).await;
        Question::of(tool, arguments, &result)
    }

    /// The result of the same call with an answer.
    pub async fn answer(&self, question: &Question, answer: Value) -> Value {
        let mut params = json!({"name": question.tool, "arguments": question.arguments});
        params["requestState"] = json!(question.state);
        params["inputResponses"] = json!({"agree": answer});
        self.calls(params).await
    }

    /// Calls a tool, and types what is asked for.
    pub async fn agreed(&self, tool: &str, arguments: Value) -> Value {
        let question = self.question(tool, arguments).await;
        self.answer(&question, as_asked(&question.asked)).await
    }
}

/// A question within a result, and the call that it belongs to.
#[derive(Clone)]
pub struct Question {
    pub tool: String,
    pub arguments: Value,
    /// What the client shows its person.
    pub asked: Value,
    pub state: String,
}

impl Question {
    /// Reads one; the result holds nothing else.
    pub fn of(tool: &str, arguments: Value, result: &Value) -> Self {
        let request = &result["inputRequests"]["agree"];
        let state = result["requestState"].as_str();
        let whole = json!({"resultType": "input_required", "requestState": state,
            "inputRequests": {"agree": {"method": "elicitation/create", "params": request["params"]}}});
        assert_eq!(result, &whole);
        Self {
            tool: tool.to_owned(),
            arguments,
            asked: request["params"].clone(),
            state: state.unwrap().to_owned(),
        }
    }

    /// What the person reads.
    pub fn message(&self) -> &str {
        self.asked["message"].as_str().unwrap()
    }
}

/// The messages of an event stream.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

fn hello(capabilities: &Value) -> Value {
    json!({"protocolVersion": "2025-11-25", "capabilities": capabilities,
        "clientInfo": {"name": "black-box", "version": "1"}})
}

/// What a person does with a question.
pub type Person<'a> = &'a mut dyn FnMut(&Value) -> Value;

/// An older client on standard input and output.
pub struct Stdio {
    pub server: StdioProcess,
}

impl Stdio {
    /// Starts a server and greets it.
    pub fn start(command: std::process::Command, capabilities: &Value) -> Self {
        let mut server = StdioProcess::start(command);
        server.ask("initialize", hello(capabilities));
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        Self { server }
    }

    /// The result of a call; the person answers what the server asks meanwhile.
    pub fn call(&mut self, tool: &str, arguments: Value, person: Person) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let id = self.server.post("tools/call", params);
        loop {
            let message = self.server.receive();
            if message["method"] == json!("elicitation/create") {
                let answer = person(&message["params"]);
                let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": answer});
                self.server.send(&answer);
            } else if message.get("id") == Some(&json!(id)) {
                return message["result"].clone();
            }
        }
    }
}

/// An older client with a session over HTTP.
pub struct Session<'a> {
    server: &'a HttpProcess,
    http: reqwest::Client,
    id: String,
}

impl<'a> Session<'a> {
    /// Greets a server.
    pub async fn start(server: &'a HttpProcess, capabilities: &Value) -> Self {
        let mut session = Self {
            server,
            http: client(),
            id: String::new(),
        };
        let greeting = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello(capabilities)});
        let answer = session.post(&greeting).await;
        let id = answer.headers().get("mcp-session-id").unwrap();
        session.id = id.to_str().unwrap().to_owned();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(session.post(&ready).await.status(), 202);
        session
    }

    async fn post(&self, message: &Value) -> reqwest::Response {
        let mut request = self
            .http
            .post(&self.server.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if !self.id.is_empty() {
            request = request
                .header("mcp-session-id", &self.id)
                .header("mcp-protocol-version", "2025-11-25");
        }
        request.body(message.to_string()).send().await.unwrap()
    }

    /// The result of a call; the person answers what the server asks on its stream meanwhile.
    pub async fn call(&self, tool: &str, arguments: Value, person: Person<'_>) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let mut answer = self.post(&call).await;
        let (mut text, mut seen) = (String::new(), 0);
        loop {
            let chunk = answer.chunk().await.unwrap().unwrap();
            text.push_str(&String::from_utf8_lossy(&chunk));
            let all = events(&text);
            for message in all.iter().skip(seen) {
                if message["method"] == json!("elicitation/create") {
                    let told = person(&message["params"]);
                    let told = json!({"jsonrpc": "2.0", "id": message["id"], "result": told});
                    assert_eq!(self.post(&told).await.status(), 202);
                } else if message["id"] == json!(7) {
                    return message["result"].clone();
                }
            }
            seen = all.len();
        }
    }
}
