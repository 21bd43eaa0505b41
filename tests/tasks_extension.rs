//! Long work for clients that know tasks: a task instead of a wait, its state, its result, and an id
//! that outlives the server. And the tool `job` for those that do not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::tools::Tools;
use support::{HttpProcess, SandboxProcess, StdioProcess, modern};

const EXPORT: &str = "back_in_stock_reports_signups_export";
const BULK: &str = "preorders_orders_bulk_set_tags";
const FLAGS: [&str; 2] = ["--allow", "write,send,money,destroy"];

/// Asks as a client that declared the extension.
async fn ask(server: &HttpProcess, method: &str, name: Option<&str>, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = modern::meta();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = modern::post(server, method, name, body.to_string()).await;
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn call(server: &HttpProcess, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    ask(server, "tools/call", Some(tool), params).await["result"].clone()
}

async fn look(server: &HttpProcess, id: &Value) -> Value {
    let params = json!({"taskId": id});
    ask(server, "tasks/get", id.as_str(), params).await
}

/// Looks until the task is at its end, as often as a client would: a poll of the job serves all who look
/// soon after it.
async fn ended(server: &HttpProcess, id: &Value) -> Value {
    for _ in 0..60 {
        let state = look(server, id).await["result"].clone();
        if state["status"] != json!("working") {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{id} did not end");
}

fn frozen(dataset: &str) -> SandboxProcess {
    let sandbox = SandboxProcess::start(dataset).unmetered();
    sandbox.control("POST", "/clock", json!({"frozen": true}));
    sandbox
}

fn over(sandbox: &SandboxProcess) -> HttpProcess {
    HttpProcess::beside(sandbox, &FLAGS)
}

#[tokio::test]
async fn a_call_whose_job_takes_long_becomes_a_task_and_ends_as_the_call_would_have() {
    let sandbox = frozen("fixture");
    let server = over(&sandbox);
    let told = ask(&server, "server/discover", None, json!({})).await;
    let extensions = &told["result"]["capabilities"]["extensions"];
    assert!(
        extensions["io.modelcontextprotocol/tasks"].is_object(),
        "{told}"
    );
    let begun = call(&server, EXPORT, json!({"granularity": "week"})).await;
    assert_eq!(begun["resultType"], json!("task"), "{begun}");
    assert_eq!(begun["status"], json!("working"));
    assert_eq!(begun["ttlMs"], json!(86_400_000));
    assert!(begun["pollIntervalMs"].is_u64());
    let id = &begun["taskId"];
    let state = look(&server, id).await["result"].clone();
    assert_eq!(state["status"], json!("working"), "{state}");
    assert_eq!(state["createdAt"], begun["createdAt"]);
    assert_eq!(state.get("result"), None);

    sandbox.control("POST", "/clock", json!({"advance_ms": 600_000}));
    let done = ended(&server, id).await;
    assert_eq!(done["status"], json!("completed"), "{done}");
    let direct = call(
        &server,
        EXPORT,
        json!({"granularity": "week", "wait_seconds": 0}),
    )
    .await;
    // The same export anew is at work again; a task's result is the one of its own job.
    assert_eq!(direct["resultType"], json!("task"));
    let mut stdio = StdioProcess::beside_with(&sandbox, &FLAGS, &[("STOQ_MCP_POINTS_LIMIT", "0")]);
    let tools = Tools::of(&mut stdio);
    let structured = tools.check(EXPORT, &json!({}), &done["result"]);
    assert_eq!(structured["status"], json!("ok"));
    assert!(!structured["data"]["rows"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_task_is_followed_by_another_server_of_the_shop_after_the_first_is_gone() {
    let sandbox = frozen("fixture");
    let first = over(&sandbox);
    let begun = call(&first, EXPORT, json!({"granularity": "week"})).await;
    drop(first);
    sandbox.control("POST", "/clock", json!({"advance_ms": 600_000}));
    let second = over(&sandbox);
    let done = ended(&second, &begun["taskId"]).await;
    assert_eq!(done["status"], json!("completed"), "{done}");
}

#[tokio::test]
async fn a_task_of_another_shop_or_of_nobody_is_refused() {
    let (sandbox, other) = (frozen("fixture"), frozen("fixture"));
    let begun = call(&over(&sandbox), EXPORT, json!({"granularity": "week"})).await;
    let id = begun["taskId"].as_str().unwrap().to_owned();
    let mut command = support::program(&[
        "serve",
        "--http",
        "127.0.0.1:0",
        "--base-url",
        &other.base_url,
    ]);
    command.env("STOQ_API_KEY", "stoq_api_key_of_another_shop");
    let elsewhere = HttpProcess::start(command);
    let changed = format!("{}A", &id[..id.len() - 1]);
    let server = over(&sandbox);
    for (server, id) in [
        (&elsewhere, id.as_str()),
        (&server, changed.as_str()),
        (&server, "task-1"),
    ] {
        let refused = look(server, &json!(id)).await;
        assert_eq!(refused["error"]["code"], json!(-32602), "{refused}");
        assert_eq!(
            refused["error"]["message"],
            json!("There is no such task: its id was not given by a server of this shop.")
        );
        let cancelled = ask(server, "tasks/cancel", Some(id), json!({"taskId": id})).await;
        assert_eq!(cancelled["error"], refused["error"]);
    }
}

#[tokio::test]
async fn a_quick_job_is_answered_at_once_and_a_client_without_tasks_never_gets_one() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.control("PATCH", "/config", json!({"export_ms": 0}));
    let server = over(&sandbox);
    let done = call(&server, EXPORT, json!({"granularity": "week"})).await;
    assert_eq!(done["structuredContent"]["status"], json!("ok"), "{done}");
    sandbox.control("POST", "/clock", json!({"frozen": true}));
    sandbox.control("PATCH", "/config", json!({"export_ms": 60_000}));
    let params = json!({"name": EXPORT, "arguments": {"granularity": "week", "wait_seconds": 0}});
    let plain = modern::ask(&server, "tools/call", Some(EXPORT), params).await["result"].clone();
    assert_eq!(
        plain["structuredContent"]["status"],
        json!("running"),
        "{plain}"
    );
}

#[tokio::test]
async fn a_broken_job_completes_its_task_with_an_error_result() {
    let sandbox = frozen("fixture");
    let server = over(&sandbox);
    sandbox.fault(json!({"fault": {"kind": "job", "outcome": "failed", "at_percent": 50, "error": "out of paper"}}));
    let begun = call(
        &server,
        BULK,
        json!({"order_ids": [6_130_000_000_001_u64], "tags": ["late"]}),
    )
    .await;
    assert_eq!(begun["resultType"], json!("task"), "{begun}");
    sandbox.control("POST", "/clock", json!({"advance_ms": 600_000}));
    let done = ended(&server, &begun["taskId"]).await;
    assert_eq!(done["status"], json!("completed"), "{done}");
    assert_eq!(done["result"]["isError"], json!(true));
    let text = done["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("ended as failed: out of paper"), "{text}");
}

#[tokio::test]
async fn cancelling_a_task_leaves_its_job_as_the_api_has_it() {
    let sandbox = frozen("fixture");
    let server = over(&sandbox);
    let begun = call(&server, EXPORT, json!({"granularity": "week"})).await;
    let id = &begun["taskId"];
    let heard = ask(&server, "tasks/cancel", id.as_str(), json!({"taskId": id})).await;
    assert_eq!(heard["result"]["resultType"], json!("complete"), "{heard}");
    assert_eq!(
        look(&server, id).await["result"]["status"],
        json!("working")
    );
}

#[test]
fn the_tool_job_lists_waits_and_fetches() {
    let sandbox = frozen("fixture");
    let flags = [&FLAGS[..], &["--surface", "compact"]].concat();
    let mut server = StdioProcess::beside_with(&sandbox, &flags, &[("STOQ_MCP_POINTS_LIMIT", "0")]);
    let none = server.structured("job", json!({}));
    assert_eq!(none["data"], json!({"jobs": []}));
    assert!(
        none["note"].as_str().unwrap().contains("has met no job"),
        "{none}"
    );
    let export = json!({"action": EXPORT, "arguments": {"granularity": "week", "wait_seconds": 0}});
    let running = server.structured("run_read", export);
    let job_id = running["job"]["job_id"].clone();
    let listed = server.structured("job", json!({}))["data"]["jobs"].clone();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (
            &listed[0]["job_id"],
            &listed[0]["action"],
            &listed[0]["last_seen"]
        ),
        (&job_id, &json!(EXPORT), &json!("running"))
    );
    let waiting = server.structured("job", json!({"job_id": job_id, "wait_seconds": 0}));
    assert_eq!(waiting["status"], json!("running"));
    sandbox.control("POST", "/clock", json!({"advance_ms": 600_000}));
    let done = server.structured("job", json!({"job_id": job_id, "limit": 2}));
    assert_eq!(done["status"], json!("ok"));
    assert_eq!(done["data"]["rows"].as_array().unwrap().len(), 2);
    let cursor = &done["page"]["next_cursor"];
    assert!(cursor.is_string(), "{done}");
    let next = server.structured(
        "job",
        json!({"job_id": job_id, "limit": 2, "cursor": cursor}),
    );
    assert_ne!(next["data"], done["data"]);

    // Another server, which has not met it, finds the action that reads it.
    let mut other = StdioProcess::beside_with(&sandbox, &flags, &[("STOQ_MCP_POINTS_LIMIT", "0")]);
    let found = other.structured("job", json!({"job_id": job_id, "limit": 2}));
    assert_eq!(found["data"], done["data"]);
    let told = other.refusal("job", json!({"job_id": "exp_0000000000000000"}));
    assert_eq!(
        told,
        "The job `exp_0000000000000000` is unknown or expired. Jobs are kept for 24 h. Export again, but read the records of a bulk action back before you repeat it: it may have done its work."
    );
}
