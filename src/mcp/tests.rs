//! The protocol as a client of each era sees it, over a pipe; the upstream is not there.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, ErrorCode, GetPromptRequestParams, JsonObject, ProtocolVersion,
    ReadResourceRequestParams, ToolAnnotations,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService, ServiceError,
};
use rmcp::{ErrorData, ServiceExt};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::StoqServer;
use crate::engine::{Engine, Policy};
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::surface::Kind;
use crate::upstream::{Base, Options, Upstream};

type Client = RunningService<RoleClient, ()>;

/// Nothing listens there, so a call that is sent fails at once.
const NOWHERE: &str = "http://127.0.0.1:1/api/v2/external";

fn engine(policy: Policy) -> Arc<Engine> {
    let key = SecretString::from("k");
    let upstream = Upstream::new(Options::new(Base::parse(NOWHERE).unwrap(), key));
    let registry = Arc::new(Registry::bundled().unwrap());
    Arc::new(Engine::new(
        registry,
        Arc::new(upstream),
        policy,
        crate::safety::Guards::unattended(),
    ))
}

async fn connect(policy: Policy, lifecycle: ClientLifecycleMode) -> Client {
    serve(engine(policy), lifecycle).await
}

async fn serve(engine: Arc<Engine>, lifecycle: ClientLifecycleMode) -> Client {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let server = StoqServer::new(engine, Kind::Full);
    tokio::spawn(async move { server.serve(ours).await.unwrap().waiting().await });
    ().serve_with_lifecycle(theirs, lifecycle).await.unwrap()
}

/// A client of each era.
async fn both() -> [Client; 2] {
    let modern = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    [
        connect(Policy::everything(), ClientLifecycleMode::Initialize).await,
        connect(Policy::everything(), modern).await,
    ]
}

fn protocol_error<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> ErrorData {
    match result.unwrap_err() {
        ServiceError::McpError(error) => error,
        other => panic!("not an error of the protocol: {other}"),
    }
}

fn call(name: &'static str, arguments: Value) -> CallToolRequestParams {
    let arguments: JsonObject = serde_json::from_value(arguments).unwrap();
    CallToolRequestParams::new(name).with_arguments(arguments)
}

#[tokio::test]
async fn the_list_is_the_registry_in_its_order_and_the_same_in_both_eras() {
    let registry = Registry::bundled().unwrap();
    let mut wanted: Vec<&str> = registry.actions().iter().map(|a| a.name()).collect();
    // For calls that an argument rule raises above the class of their own tool.
    wanted.push("run_money");
    let [legacy, modern] = both().await;
    let legacy = legacy.list_tools(None).await.unwrap();
    let modern = modern.list_tools(None).await.unwrap();
    let names: Vec<&str> = legacy.tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(names, wanted);
    assert_eq!(legacy.tools, modern.tools);
    assert_eq!(modern.next_cursor, None);
    assert!(modern.ttl_ms.is_some_and(|ttl| ttl > 0) && modern.cache_scope.is_some());
}

#[tokio::test]
async fn what_the_policy_forbids_is_neither_listed_nor_there() {
    let policy = Policy::only(&[Class::Read], "reads only");
    let client = connect(policy, ClientLifecycleMode::Initialize).await;
    let tools = client.list_tools(None).await.unwrap().tools;
    let read_only = |tool: &rmcp::model::Tool| {
        let hints = tool.annotations.as_ref();
        hints.and_then(|hints| hints.read_only_hint) == Some(true)
    };
    assert!(!tools.is_empty() && tools.iter().all(read_only));
    let forbidden = call("back_in_stock_signups_delete", json!({"id": "x"}));
    let error = protocol_error(client.call_tool(forbidden).await);
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
}

#[tokio::test]
async fn of_v1_only_what_v2_lacks_is_there_and_the_rest_says_how_to_have_it() {
    let policy = Policy::only(&Class::ALL, "");
    let client = connect(policy, ClientLifecycleMode::Initialize).await;
    let tools = client.list_tools(None).await.unwrap().tools;
    let listed = tools.iter().map(|tool| &*tool.name);
    assert_eq!(
        listed
            .filter(|name| name.starts_with("v1_"))
            .collect::<Vec<_>>(),
        [
            "v1_intents_create",
            "v1_preorders_bulk_toggle_inventory_policy",
            "v1_preorders_send_shipping_update"
        ]
    );
    let off = call("v1_preorders_read", json!({"id": "x"}));
    let error = protocol_error(client.call_tool(off).await);
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert_eq!(
        error.message,
        "`v1_preorders_read` belongs to v1 and is switched off. Nothing was sent. Use `preorders_offers_read`, or have the operator set `v1` to `all` (--v1 all, STOQ_MCP_V1=all) and restart the server."
    );
}

#[tokio::test]
async fn annotations_follow_the_class() {
    let server = StoqServer::new(engine(Policy::everything()), Kind::Full);
    let of = |name: &str| {
        let tool = server.tools().iter().find(|tool| tool.name == name);
        tool.unwrap().annotations.clone().unwrap()
    };
    let hints = |title: &str, read, destructive, idempotent, open| {
        ToolAnnotations::from_raw(
            Some(title.to_owned()),
            Some(read),
            Some(destructive),
            Some(idempotent),
            Some(open),
        )
    };
    let registry = Registry::bundled().unwrap();
    for (name, read, destructive) in [
        ("back_in_stock_signups_list", true, false),
        ("back_in_stock_settings_update", false, false),
        ("back_in_stock_signups_notify", false, true),
        ("back_in_stock_signups_bulk_delete", false, true),
        ("storefront_guide", true, false),
    ] {
        let entry = registry.get(name).unwrap().entry();
        let idempotent = read || entry.idempotent;
        // What is answered here reaches nobody else.
        let open = name != "storefront_guide";
        assert_eq!(
            of(name),
            hints(&entry.title, read, destructive, idempotent, open),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_that_names_the_nearest() {
    for client in both().await {
        let unknown = call("back_in_stock_signup_list", json!({}));
        let error = protocol_error(client.call_tool(unknown).await);
        assert_eq!(
            error,
            ErrorData::invalid_params(
                "Unknown tool: back_in_stock_signup_list; did you mean back_in_stock_signups_list?",
                None
            )
        );
    }
}

#[tokio::test]
async fn bad_arguments_and_a_missing_upstream_are_results() {
    for client in both().await {
        for (arguments, must_say) in [
            (json!({"idd": "x"}), "`id`"),
            (
                json!({"id": "51900000-0000-4000-8000-000000000001"}),
                "Nothing was sent.",
            ),
        ] {
            let result = client
                .call_tool(call("back_in_stock_signups_read", arguments))
                .await
                .unwrap();
            assert_eq!(result.is_error, Some(true));
            assert_eq!(result.structured_content, None);
            let text = &result.content[0].as_text().unwrap().text;
            assert!(text.contains(must_say), "{text}");
        }
    }
}

#[tokio::test]
async fn an_unknown_resource_has_the_code_of_its_era() {
    let uri = "stoq://exports/nothing/here.csv";
    let codes = [ErrorCode::RESOURCE_NOT_FOUND, ErrorCode::INVALID_PARAMS];
    for (client, code) in both().await.into_iter().zip(codes) {
        let error = protocol_error(
            client
                .read_resource(ReadResourceRequestParams::new(uri))
                .await,
        );
        assert_eq!((error.code, error.data), (code, Some(json!({"uri": uri}))));
    }
}

#[tokio::test]
async fn nothing_is_promised_that_is_not_there() {
    let [legacy, modern] = both().await;
    let info = legacy.peer_info().unwrap();
    assert_eq!(
        serde_json::to_value(&info.capabilities).unwrap(),
        json!({
            "completions": {}, "prompts": {}, "resources": {}, "tools": {},
            "extensions": {"io.modelcontextprotocol/skills": {"directoryRead": true},
                "io.modelcontextprotocol/tasks": {}}
        })
    );
    let instructions = info.instructions.clone().unwrap();
    assert!(instructions.len() <= 2048, "{}", instructions.len());
    assert_eq!(modern.peer_info().unwrap().instructions, Some(instructions));
}

#[tokio::test]
async fn a_prompt_says_what_could_not_be_read_and_goes_on() {
    for client in both().await {
        let prompt = client
            .get_prompt(GetPromptRequestParams::new("restock_plan"))
            .await
            .unwrap();
        let texts: Vec<&str> = prompt
            .messages
            .iter()
            .map(|message| message.content.as_text().unwrap().text.as_str())
            .collect();
        assert!(texts[0].starts_with("# Restock plan\n"), "{}", texts[0]);
        for part in [
            "\n\n3 of the 4 parts below could not be read: say so where it matters, and do not guess.",
            "**Could not be read.** `back_in_stock_settings_read` failed: ",
            "all that match: could not be read: `back_in_stock_signups_list` failed: ",
        ] {
            assert!(texts[1].contains(part), "{part}: {}", texts[1]);
        }
    }
}

#[tokio::test]
async fn a_workflow_without_its_reads_is_neither_prompt_nor_skill() {
    let text = crate::registry::BUNDLED.replace(
        "\"name\": \"back_in_stock_notifications_list\"",
        "\"name\": \"back_in_stock_notifications_other\"",
    );
    let registry = Registry::parse(&text, "test").unwrap();
    let key = SecretString::from("k");
    let upstream = Upstream::new(Options::new(Base::parse(NOWHERE).unwrap(), key));
    let engine = Engine::new(
        Arc::new(registry),
        Arc::new(upstream),
        Policy::everything(),
        crate::safety::Guards::unattended(),
    );
    let client = serve(Arc::new(engine), ClientLifecycleMode::Initialize).await;
    let prompts = client.list_all_prompts().await.unwrap();
    let named = |name: &str| prompts.iter().any(|prompt| prompt.name == name);
    assert!(!named("restock_plan") && !named("weekly_waitlist_review"));
    let unknown = client.get_prompt(GetPromptRequestParams::new("restock_plan"));
    assert_eq!(
        protocol_error(unknown.await).code,
        ErrorCode::INVALID_PARAMS
    );
    let resources = client.list_all_resources().await.unwrap();
    let skills = resources
        .iter()
        .filter(|resource| resource.uri.contains("restock"));
    assert_eq!(skills.count(), 0);
}
