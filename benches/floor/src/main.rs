//! A bare MCP server with one proxy tool: `floor BASE_URL [ADDR]`, on HTTP when an address is given, else
//! on standard input and output. No validation, no policy, no shaping, no state: what any server over
//! rmcp and reqwest pays at least.

use std::error::Error;
use std::sync::Arc;

use axum::serve::ListenerExt;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::io::stdio_pipes;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use serde_json::json;

#[derive(Clone)]
struct Floor {
    base: Arc<str>,
    http: reqwest::Client,
}

fn proxy() -> Tool {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    let schema = schema.as_object().cloned().unwrap_or_default();
    Tool::new("proxy", "Reads a path of the API.", Arc::new(schema))
}

impl ServerHandler for Floor {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![proxy()]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let fault = |error: reqwest::Error| ErrorData::internal_error(error.to_string(), None);
        let arguments = request.arguments.unwrap_or_default();
        let path = arguments.get("path").and_then(|path| path.as_str());
        let url = format!("{}{}", self.base, path.unwrap_or_default());
        let answer = self.http.get(url).send().await.map_err(fault)?;
        let text = answer.text().await.map_err(fault)?;
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

async fn over_http(floor: Floor, addr: &str) -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind(addr).await?;
    eprintln!("floor listening on http://{}/mcp", listener.local_addr()?);
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service = StreamableHttpService::new(
        move || Ok(floor.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let app = axum::Router::new().route_service("/mcp", service);
    Ok(axum::serve(listener, app).await?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let floor = Floor {
        base: arguments.next().unwrap_or_default().into(),
        http: reqwest::Client::builder().no_proxy().build()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments.next() {
            Some(addr) => over_http(floor, &addr).await,
            None => {
                floor.serve(stdio_pipes()).await?.waiting().await?;
                Ok(())
            }
        }
    })
}
