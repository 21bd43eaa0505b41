//! The fixtures that the official conformance suite calls by fixed names, laid over the real server.
//!
//! Compiled only with the cargo feature `conformance`, never into a release. Everything that is not
//! a fixture is answered by the server itself, whose tools stand first in the list, so the suite
//! judges the real thing wherever it can. It knows nothing of the engine or the registry.

// The suite still exercises logging, sampling and roots, which the protocol has deprecated; the
// fixtures are the only place that speaks them.
#![expect(deprecated, reason = "the suite checks the deprecated parts too")]

mod changes;
mod content;
mod dialogues;
mod input;
mod prompts;
mod resources;
mod session;
mod skills;
mod tasks;
mod tools;

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams,
    GetSkillResult, GetTaskParams, GetTaskResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListSkillsResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceDirectoryRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
    SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use rmcp::task_manager::TaskManager;
use rmcp::{ErrorData, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::StoqServer;
use super::library::KEPT_MS;
use changes::Changes;
use input::Seal;

/// The real server with the fixtures over it.
#[derive(Clone)]
pub(super) struct Conformance {
    server: StoqServer,
    fixtures: Arc<Fixtures>,
}

/// What the fixtures share over all connections.
#[derive(Default)]
struct Fixtures {
    tasks: TaskManager,
    changes: Changes,
    seal: Seal,
}

impl Conformance {
    pub(super) fn new(server: StoqServer) -> Self {
        Self {
            server,
            fixtures: Arc::default(),
        }
    }
}

/// A protocol type from the JSON a fixture is written in.
fn decode<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|error| ErrorData::internal_error(format!("broken fixture: {error}"), None))
}

impl ServerHandler for Conformance {
    fn get_info(&self) -> ServerConfig {
        let mut config = self.server.get_info();
        config.capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks()
            .enable_skills_with_directory_read()
            .build();
        config
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = self.server.list_tools(request, context).await?;
        list.tools.extend(tools::list()?);
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.server.get_tool(name).or_else(|| {
            let fixtures = tools::list().ok()?;
            fixtures.into_iter().find(|tool| tool.name == name)
        })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if tools::has(&request.name) {
            tools::call(&self.fixtures, request, context).await
        } else {
            self.server.call_tool(request, context).await
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut list = self.server.list_resources(request, context).await?;
        list.resources.extend(resources::list());
        list.resources.extend(skills::roots());
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut list = self
            .server
            .list_resource_templates(request, context)
            .await?;
        list.resource_templates.extend(resources::templates());
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match resources::read(&request.uri).or_else(|| skills::read(&request.uri)) {
            Some(result) => Ok(result.into()),
            None => self.server.read_resource(request, context).await,
        }
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        resources::subscribable(&request.uri)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        resources::subscribable(&request.uri)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut list = self.server.list_prompts(request, context).await?;
        list.prompts.extend(prompts::list()?);
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if prompts::has(&request.name) {
            prompts::get(&self.fixtures.seal, request, &context)
        } else {
            self.server.get_prompt(request, context).await
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        if request.r#ref.as_prompt_name().is_some_and(prompts::has) {
            prompts::complete(&request.argument.value)
        } else {
            self.server.complete(request, context).await
        }
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // The fixtures log at `info` and `warning` only, and a client that set a level hears both.
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.fixtures.changes.forward(&subscription).await;
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        if self.server.is_task(&request.task_id) {
            return self.server.get_task(request, context).await;
        }
        let task = self.fixtures.tasks.get_task(&request.task_id)?;
        Ok(GetTaskResult::new(task))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.fixtures
            .tasks
            .update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if self.server.is_task(&request.task_id) {
            return self.server.cancel_task(request, context).await;
        }
        self.fixtures.tasks.cancel_task(&request.task_id)
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        let mut list = self.server.list_skills(request, context).await?;
        // The suite looks into the first skill, and wants a directory inside.
        list.skills.insert(0, skills::skill());
        Ok(list)
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        let skill = skills::skill();
        if skill.uri != request.uri {
            return self.server.get_skill(request, context).await;
        }
        Ok(GetSkillResult::new(skill)
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        match skills::directory(&request.uri) {
            Some(children) => Ok(ListResourcesResult::with_all_items(children)),
            None => self.server.read_resource_directory(request, context).await,
        }
    }
}
