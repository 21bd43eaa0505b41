//! The demo's MCP client: the server as a child process, over stdio or HTTP.

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, anyhow};
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ContentBlock, ElicitRequestParams,
    ElicitResult, ElicitationAction, ElicitationCapability, FormElicitationCapability,
    Implementation, ProgressNotificationParam, ReadResourceRequestParams, ResourceContents,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient, RunningService};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ErrorData, ServiceExt};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::super::picture;
use super::show;
use crate::chart;
use crate::registry::Registry;
use crate::sandbox::Sandbox;
use crate::surface::executor;

/// What the server prints before its address.
const LISTENING: &str = "stoq-mcp listening on ";

/// Shows what the server tells while a call runs.
#[derive(Debug, Clone, Default)]
struct Listener;

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation =
            Some(ElicitationCapability::new().with_form(FormElicitationCapability::default()));
        let identity = Implementation::new("stoq-mcp demo", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(capabilities, identity)
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let message = params.message.unwrap_or_default();
        show::line(&format!("  … job {message}"));
    }

    /// Shows the plan and plays the merchant, who reads it and types what it asks for.
    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let asked = serde_json::to_value(request).unwrap_or_default();
        let message = asked.get("message").and_then(Value::as_str);
        let message = message.unwrap_or_default();
        for line in message.lines() {
            show::line(&format!("  ┆ {line}"));
        }
        let last = message.lines().last().unwrap_or_default();
        let typed = last
            .strip_prefix("Type ")
            .and_then(|rest| rest.strip_suffix(" to go ahead."));
        let Some(typed) = typed else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        show::line(&format!("  ┆ the merchant types: {typed}"));
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"answer": typed})))
    }
}

/// A connected client.
pub(super) struct Client {
    service: RunningService<RoleClient, Listener>,
    /// The server, when it is not the transport's own child.
    server: Option<Child>,
    /// Names of the tools it lists.
    tools: HashSet<String>,
    registry: Registry,
    calls: AtomicUsize,
}

impl Client {
    /// Starts the server as a child and talks over its pipes.
    pub(super) async fn over_stdio(sandbox: &Sandbox) -> anyhow::Result<Self> {
        let command = server(sandbox, &[])?;
        let (transport, _) = TokioChildProcess::builder(command)
            .stderr(Stdio::inherit())
            .spawn()
            .context("the server could not be started")?;
        let service = Listener
            .serve(transport)
            .await
            .context("the server did not answer over stdio")?;
        Self::new(service, None).await
    }

    /// Starts the server as a child and talks over HTTP.
    pub(super) async fn over_http(sandbox: &Sandbox) -> anyhow::Result<Self> {
        let mut child = server(sandbox, &["--http", "127.0.0.1:0"])?
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the server could not be started")?;
        let stderr = child
            .stderr
            .take()
            .ok_or_else(|| anyhow!("the server has no standard error"))?;
        let mut lines = BufReader::new(stderr).lines();
        let address = loop {
            let line = lines
                .next_line()
                .await?
                .ok_or_else(|| anyhow!("the server ended before it listened"))?;
            match line.strip_prefix(LISTENING) {
                Some(address) => break address.to_owned(),
                None => eprintln!("{line}"),
            }
        };
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("{line}");
            }
        });
        // The client's HTTP library wants one; another that stands already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let service = Listener
            .serve(StreamableHttpClientTransport::from_uri(address))
            .await
            .context("the server did not answer over HTTP")?;
        Self::new(service, Some(child)).await
    }

    async fn new(
        service: RunningService<RoleClient, Listener>,
        server: Option<Child>,
    ) -> anyhow::Result<Self> {
        let listed = service.list_all_tools().await?.into_iter();
        Ok(Self {
            tools: listed.map(|tool| tool.name.into_owned()).collect(),
            registry: Registry::bundled()?,
            service,
            server,
            calls: AtomicUsize::new(0),
        })
    }

    /// Name, version and number of tools of the server.
    pub(super) fn greet(&self) -> String {
        let name = self
            .service
            .peer_info()
            .and_then(|info| info.server_info.clone())
            .map(|server| format!("{} {}", server.name, server.version))
            .unwrap_or_default();
        format!("{name}, {} tools", self.tools.len())
    }

    /// Runs an action by its own tool, or by that of its class, printing the call; gives back its
    /// structured result.
    pub(super) async fn call(&self, action: &str, arguments: Value) -> anyhow::Result<Value> {
        if self.tools.contains(action) {
            show::call(action, &arguments);
            return self.call_tool(action, arguments).await;
        }
        let known = self.registry.get(action);
        let known = known.ok_or_else(|| anyhow!("there is no action {action}"))?;
        let tool = executor(known.entry().class);
        show::call(&format!("{tool} {action}"), &arguments);
        let arguments = json!({"action": action, "arguments": arguments});
        self.call_tool(tool, arguments).await
    }

    async fn call_tool(&self, tool: &str, arguments: Value) -> anyhow::Result<Value> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let arguments = match arguments {
            Value::Object(map) => map,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let result = self.service.call_tool(request).await?;
        if result.is_error == Some(true) {
            let text: Vec<String> = result.content.iter().filter_map(text).collect();
            return Err(anyhow!("{tool}: {}", text.join("\n")));
        }
        let linked = result.content.iter().find_map(|block| match block {
            ContentBlock::ResourceLink(link) => Some(link.uri.clone()),
            _ => None,
        });
        let mut structured = result
            .structured_content
            .ok_or_else(|| anyhow!("{tool}: no structured content"))?;
        if let (Some(uri), Value::Object(map)) = (linked, &mut structured) {
            map.insert("resource".into(), Value::String(uri));
        }
        Ok(structured)
    }

    /// Shows an answer of a report as a picture.
    pub(super) fn draw(&self, action: &str, answer: &Value, most: usize) {
        let known = self.registry.get(action).zip(answer.get("data"));
        let total = show::field_of(answer, "page.total").and_then(Value::as_u64);
        let drawn = known.and_then(|(action, data)| chart::draw(action, data, total).ok());
        if let Some(drawing) = drawn {
            show::line(picture::text(&drawing, most).trim_end());
        }
    }

    /// Reads a text resource.
    pub(super) async fn read(&self, uri: &str) -> anyhow::Result<String> {
        show::line(&format!("▸ resources/read {uri}"));
        let result = self
            .service
            .read_resource(ReadResourceRequestParams::new(uri))
            .await?;
        let text = result.contents.into_iter().find_map(|piece| match piece {
            ResourceContents::TextResourceContents { text, .. } => Some(text),
            _ => None,
        });
        text.ok_or_else(|| anyhow!("{uri} holds no text"))
    }

    /// Ends the conversation and the server; gives back how many tools were called.
    pub(super) async fn close(self) -> usize {
        let calls = self.calls.load(Ordering::Relaxed);
        // The server ends with its input, or is ended when dropped.
        let _ = self.service.cancel().await;
        drop(self.server);
        calls
    }
}

fn text(block: &ContentBlock) -> Option<String> {
    match block {
        ContentBlock::Text(text) => Some(text.text.clone()),
        _ => None,
    }
}

/// The server over the sandbox; settings of the caller's own environment stay out of the demo.
fn server(sandbox: &Sandbox, more: &[&str]) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("this program's own path is unknown")?;
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("STOQ_MCP_") {
            command.env_remove(name);
        }
    }
    command
        .env("STOQ_MCP_CONFIG", "")
        .env("STOQ_API_KEY", sandbox.key())
        .args(["serve", "--base-url", sandbox.base_url()])
        .args(["--allow", "write,send,destroy"])
        .args(["--state", "memory"])
        .args(more);
    Ok(command)
}
