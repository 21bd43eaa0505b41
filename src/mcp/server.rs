//! The handler that rmcp drives: a cheap clone around the engine.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use futures::future::BoxFuture;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams,
    GetSkillResult, GetTaskParams, GetTaskResult, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceDirectoryRequestParams, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, ResourceContents, ResourceTemplate,
    ServerCapabilities, ServerConfig, Tool, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};
use serde_json::json;

use super::ask::{self, Era};
use super::library::{self, KEPT_MS};
use super::traced::{About, tool_failed, traced};
use super::{app, complete, progress, prompts, result, tasks, tools};
use crate::engine::{Call, Engine, ErrorKind, Outcome, Planned, Status};
use crate::knowledge::Workflow;
use crate::registry::entry::Class;
use crate::registry::nearest;
use crate::safety::narrow::Narrow;
use crate::surface::{self, Surface};
use crate::text;

/// The MCP server of one shop.
#[derive(Debug, Clone)]
pub struct StoqServer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    engine: Arc<Engine>,
    surface: Surface,
    /// The tools in the protocol's form, made when first listed.
    tools: OnceLock<Vec<Tool>>,
    /// The same for clients that show apps.
    with_app: OnceLock<Vec<Tool>>,
    /// Asked for with every request over HTTP, so made once.
    config: OnceLock<ServerConfig>,
}

impl StoqServer {
    /// A server over an engine, with the tools of a surface.
    pub fn new(engine: Arc<Engine>, kind: surface::Kind) -> Self {
        Self {
            shared: Arc::new(Shared {
                surface: Surface::new(Arc::clone(&engine), kind),
                engine,
                tools: OnceLock::new(),
                with_app: OnceLock::new(),
                config: OnceLock::new(),
            }),
        }
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.shared.engine
    }

    /// Whether an id is that of a task of this shop; the fixtures have tasks of their own.
    #[cfg(feature = "conformance")]
    pub(super) fn is_task(&self, id: &str) -> bool {
        self.shared.engine.read_ticket(id).is_some()
    }

    /// The tools, in the order of the surface.
    pub fn tools(&self) -> &[Tool] {
        self.shared.tools.get_or_init(|| {
            let tools = self.shared.surface.tools().iter();
            tools.map(tools::tool).collect()
        })
    }

    /// The same, those that draw with the app that shows what they drew.
    fn tools_with_app(&self) -> &[Tool] {
        self.shared.with_app.get_or_init(|| {
            let tools = self.shared.surface.tools().iter();
            tools
                .map(|tool| match tool.draws {
                    true => tools::tool(tool).with_meta(app::of_tool()),
                    false => tools::tool(tool),
                })
                .collect()
        })
    }

    async fn dispatch(
        &self,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let surface = &self.shared.surface;
        let Some(known) = surface.get(&request.name) else {
            return Err(unknown_tool(surface, &request.name));
        };
        let draws = known.draws && app::is_shown_by(context);
        let client = context.client_capabilities();
        let has_tasks = client.is_some_and(|client| client.supports_tasks());
        let era = ask::era(context);
        let mut proof = ask::proof(&request);
        let tool = request.name;
        let mut given = request.arguments.unwrap_or_default();
        loop {
            let (on_progress, sending) = context
                .meta
                .get_progress_token()
                .map(|token| progress::sink(context.peer.clone(), token))
                .unzip();
            // Only who is asked by the session has the call made again from here.
            let arguments = match era {
                Some(Era::Legacy) => given.clone(),
                Some(Era::Modern) | None => std::mem::take(&mut given),
            };
            let call = surface::Request {
                tool: tool.clone().into_owned(),
                arguments,
                call: Call {
                    patience: has_tasks.then_some(tasks::PATIENCE),
                    on_progress,
                    draws,
                    cancel: context.ct.clone(),
                    asks: ask::asks(era),
                    proof: proof.take(),
                    narrow: narrow(context),
                    client: ask::client(context),
                    ..Call::default()
                },
            };
            let ended = surface.call(call).await;
            if let Some(sending) = sending {
                sending.flush().await;
            }
            let Some(ended) = ended else {
                return Err(unknown_tool(surface, &tool));
            };
            match (ended, era) {
                (
                    Ok(Outcome {
                        status: Status::Planned,
                        plan:
                            Some(Planned {
                                challenge: Some(challenge),
                                ..
                            }),
                        ..
                    }),
                    Some(era),
                ) => match era {
                    Era::Modern => return ask::within(challenge),
                    Era::Legacy => {
                        proof = Some(ask::in_session(context, challenge).boxed().await?);
                    }
                },
                (
                    Ok(Outcome {
                        status: Status::Running,
                        job: Some(job),
                        ..
                    }),
                    _,
                ) if has_tasks => return Ok(tasks::begun(surface.engine(), &job).into()),
                (Ok(mut outcome), _) => {
                    let image = result::image(&mut outcome).await;
                    return Ok(app::shown(draws, outcome, image).into());
                }
                (Err(error), _) => {
                    tool_failed();
                    return Ok(result::failure(&error).into());
                }
            }
        }
    }

    async fn file(
        &self,
        request: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResult, ErrorData> {
        if let Some(page) = app::read(&request.uri) {
            return Ok(page);
        }
        if let Some(text) = library::read(&self.shared.engine, &request.uri) {
            return Ok(text);
        }
        let read = self.shared.engine.export_file(&request.uri).boxed();
        match given_up(context, read).await? {
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

/// The classes that the request keeps to, by its own headers.
fn narrow(context: &RequestContext<RoleServer>) -> Option<Narrow> {
    let parts = context.extensions.get::<http::request::Parts>()?;
    parts.extensions.get::<Narrow>().cloned()
}

/// Reads end when the client gives up. They are large, and lie on the heap.
async fn given_up<T>(
    context: &RequestContext<RoleServer>,
    work: BoxFuture<'_, T>,
) -> Result<T, ErrorData> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = context.ct.cancelled() => {
            Err(ErrorData::internal_error("cancelled by the client", None))
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

/// A tool that is not listed does not exist: a protocol error, by the specification. One that the
/// operator has switched off or does not allow says how to have it, an action without a tool of its
/// own how to run it.
fn unknown_tool(surface: &Surface, name: &str) -> ErrorData {
    let engine = surface.engine();
    let offered = engine.registry().get(name).map(|_| engine.offered(name));
    let shown = text::line(name, 64);
    if let Some(Err(error)) = &offered {
        return ErrorData::invalid_params(error.to_string(), None);
    }
    if let Some(Ok(action)) = offered {
        let tool = surface::executor(action.entry().class);
        let message = format!(
            "Unknown tool: {shown} is an action without a tool of its own here; call {tool} with \"action\": \"{}\"",
            action.name()
        );
        return ErrorData::invalid_params(message, None);
    }
    let mut classes = Class::ALL.into_iter();
    let class = classes.find(|class| surface::executor(*class) == name);
    if let Some(class) = class.filter(|class| !engine.policy().allows(*class)) {
        let message = format!(
            "Unknown tool: {shown} runs calls of class {}, which this server does not allow. {}",
            class.as_str(),
            engine.policy().hint()
        );
        return ErrorData::invalid_params(message, None);
    }
    let tools = surface.tools().iter().map(|tool| tool.name.as_str());
    let near = nearest(name, tools).or_else(|| {
        let near = engine.registry().nearest(name);
        near.filter(|near| engine.find(near).is_some())
    });
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
                .enable_prompts()
                .enable_completions()
                .enable_tasks()
                .enable_skills_with_directory_read()
                .build();
            let mut identity = Implementation::new("stoq", env!("CARGO_PKG_VERSION"));
            identity.title = Some("STOQ back in stock and preorders".to_owned());
            ServerConfig::new(capabilities)
                .with_server_info(identity)
                .with_instructions(self.shared.surface.instructions())
        });
        made.clone()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = match app::is_shown_by(&context) {
            true => self.tools_with_app(),
            false => self.tools(),
        };
        Ok(ListToolsResult::with_all_items(tools.to_vec())
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.surface.get(name).map(tools::tool)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // Of a name that is the caller's own text nothing is told.
        let tool = self.shared.surface.get(&request.name);
        let about = tool.map_or(About::Nothing, |tool| About::Tool(&tool.name));
        // What the protocol's library carries around should be small.
        let work = answered(self.dispatch(request, &context).boxed());
        traced(&context, "tools/call", about, work).await
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        // Export files are not among them: they are reached by the link their export gave.
        let mut texts = library::resources(&self.shared.engine);
        if app::is_shown_by(&context) && self.shared.surface.tools().iter().any(|tool| tool.draws) {
            texts.push(app::resource());
        }
        Ok(ListResourcesResult::with_all_items(texts)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let exports = self.shared.engine.export_templates().into_iter();
        let exports = exports.map(|(uri, toolset)| {
            ResourceTemplate::new(uri, format!("{toolset} exports"))
                .with_mime_type("text/csv")
                .with_description(
                    "CSV file of a finished export, fetched anew each time; kept by the API for 24 h.",
                )
        });
        let templates = std::iter::once(library::template())
            .chain(exports)
            .collect();
        Ok(ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let work = answered(self.file(request, &context));
        let read = traced(&context, "resources/read", About::Nothing, work).await;
        read.map(Into::into)
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompts = prompts::list(&self.shared.engine);
        Ok(ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let known = prompts::find(&self.shared.engine, &request.name);
        let name = known.ok().map(Workflow::prompt);
        let about = name.as_deref().map_or(About::Nothing, About::Prompt);
        let work = prompts::get(&self.shared.engine, request, &context.ct).boxed();
        let work = answered(async { given_up(&context, work).await? });
        let got = traced(&context, "prompts/get", about, work).await;
        got.map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let work = complete::complete(&self.shared.engine, request, &context.ct).boxed();
        let work = answered(async { given_up(&context, work).await? });
        traced(&context, "completion/complete", About::Nothing, work).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let work = tasks::get(&self.shared.engine, request.task_id).boxed();
        let work = answered(async { given_up(&context, work).await? });
        traced(&context, "tasks/get", About::Nothing, work).await
    }

    /// A task asks nothing, so there is nothing to answer.
    async fn update_task(
        &self,
        request: UpdateTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::known(&self.shared.engine, &request.task_id)
    }

    /// The API knows no way to stop a job: the wish is heard, and the next look shows the job as it is.
    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::known(&self.shared.engine, &request.task_id)
    }

    async fn list_skills(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        let skills = library::skills(&self.shared.engine);
        Ok(ListSkillsResult::with_all_items(skills)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        let skill = library::skill_at(&self.shared.engine, &request.uri)?;
        Ok(GetSkillResult::new(skill)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let children = library::children(&self.shared.engine, &request.uri)?;
        Ok(ListResourcesResult::with_all_items(children)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }
}
