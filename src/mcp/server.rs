//! The handler that rmcp drives: a cheap clone around the engine.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod,
    CompleteRequestParams, CompleteResult, Implementation, ListPromptsRequestMethod,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
    ResourceContents, ResourceTemplate, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};
use serde_json::json;

use super::tools::{Inventory, instructions};
use super::{progress, result};
use crate::engine::{Call, Engine, ErrorKind};
use crate::text;

/// How long a client may keep the lists: they never change while the server runs.
const LIST_TTL_MS: u64 = 3_600_000;

/// The MCP server of one shop.
#[derive(Debug, Clone)]
pub struct StoqServer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    engine: Arc<Engine>,
    inventory: Inventory,
    /// Asked for with every request over HTTP, so made once.
    config: OnceLock<ServerConfig>,
}

impl StoqServer {
    /// A server over an engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            shared: Arc::new(Shared {
                engine,
                inventory: Inventory::default(),
                config: OnceLock::new(),
            }),
        }
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.shared.engine
    }

    /// The tools, in registry order.
    pub fn tools(&self) -> &[Tool] {
        self.shared.inventory.list(&self.shared.engine)
    }

    async fn dispatch(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let engine = &self.shared.engine;
        if engine.find(&request.name).is_none() {
            return Err(unknown_tool(engine, &request.name));
        }
        let (on_progress, sending) = context
            .meta
            .get_progress_token()
            .map(|token| progress::sink(context.peer.clone(), token))
            .unzip();
        let call = Call {
            action: request.name.into_owned(),
            arguments: request.arguments.unwrap_or_default(),
            on_progress,
            cancel: context.ct.clone(),
        };
        let ended = engine.call(call).await;
        if let Some(sending) = sending {
            sending.flush().await;
        }
        Ok(match ended {
            Ok(outcome) => result::success(outcome),
            Err(error) => result::failure(&error),
        })
    }

    async fn file(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResult, ErrorData> {
        let read = tokio::select! {
            biased;
            read = self.shared.engine.export_file(&request.uri) => read,
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("cancelled by the client", None));
            }
        };
        match read {
            Ok(file) => {
                let contents =
                    ResourceContents::text(file.text, request.uri).with_mime_type("text/csv");
                Ok(ReadResourceResult::new(vec![contents])
                    .with_ttl_ms(0)
                    .with_cache_scope(CacheScope::Private))
            }
            Err(error) if error.kind == ErrorKind::Refused => {
                let data = json!({"uri": request.uri});
                Err(ErrorData::resource_not_found(error.to_string(), Some(data)))
            }
            Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
        }
    }
}

/// A panic would leave the request unanswered for ever.
async fn answered<T>(work: impl Future<Output = Result<T, ErrorData>>) -> Result<T, ErrorData> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            Err(ErrorData::internal_error(
                "the server met a fault; the request may be repeated only if it reads",
                None,
            ))
        })
}

/// A tool that is not listed does not exist: a protocol error, by the specification. One of v1 that
/// is switched off says how to have it.
fn unknown_tool(engine: &Engine, name: &str) -> ErrorData {
    let off = engine.registry().get(name);
    if let Some(error) = off.and_then(|action| engine.policy().switched_off(action)) {
        return ErrorData::invalid_params(error.to_string(), None);
    }
    let shown = text::line(name, 64);
    let near = engine.registry().nearest(name);
    let near = near.filter(|near| engine.find(near).is_some());
    let message = match near {
        Some(near) => format!("Unknown tool: {shown}; did you mean {near}?"),
        None => format!("Unknown tool: {shown}; tools/list names them all"),
    };
    ErrorData::invalid_params(message, None)
}

impl ServerHandler for StoqServer {
    fn get_info(&self) -> ServerConfig {
        let made = self.shared.config.get_or_init(|| {
            let capabilities = ServerCapabilities::builder()
                .enable_tools()
                .enable_resources()
                .build();
            let mut identity = Implementation::new("stoq", env!("CARGO_PKG_VERSION"));
            identity.title = Some("STOQ back in stock".to_owned());
            ServerConfig::new(capabilities)
                .with_server_info(identity)
                .with_instructions(instructions(&self.shared.engine))
        });
        made.clone()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = ListToolsResult::with_all_items(self.tools().to_vec());
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Private);
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared
            .inventory
            .get(&self.shared.engine, name)
            .cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        answered(self.dispatch(request, context))
            .await
            .map(Into::into)
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        // Export files are reached by the link their export gave; nothing is kept here.
        let mut list = ListResourcesResult::with_all_items(Vec::new());
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Private);
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = self
            .shared
            .engine
            .export_templates()
            .into_iter()
            .map(|(uri, toolset)| {
                let mut template = ResourceTemplate::new(uri, format!("{toolset} exports"));
                template.mime_type = Some("text/csv".to_owned());
                template.description = Some(
                    "CSV file of a finished export, fetched anew each time; kept by the API for 24 h."
                        .to_owned(),
                );
                template
            })
            .collect();
        let mut list = ListResourceTemplatesResult::with_all_items(templates);
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(CacheScope::Private);
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        answered(self.file(request, context)).await.map(Into::into)
    }

    // Not declared, so not there: the library would answer both with nothing.

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn complete(
        &self,
        _request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}
