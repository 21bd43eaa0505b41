//! Who may call over HTTP, and that no two principals meet.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::modern::{client, meta};
use support::{HttpProcess, SandboxProcess, Scratch, finish, program, run};

const NORTH: &str = "stoq_api_key_5a0db0c5000000000000000000000002";
const REALM: &str = "Bearer realm=\"stoq-mcp\"";
const INVALID: &str = "Bearer realm=\"stoq-mcp\", error=\"invalid_token\"";

/// What a server answered.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    challenge: Option<String>,
    retry_after: Option<String>,
    session: Option<String>,
    body: Value,
}

impl Answer {
    /// An answer in the house's form of errors.
    fn is_error(&self, status: u16, challenge: Option<&str>, text: &str) {
        let found = (self.status, self.challenge.as_deref(), &self.body);
        assert_eq!(found, (status, challenge, &json!({"errors": [text]})));
    }

    fn result(&self) -> &Value {
        assert_eq!(self.status, 200, "{self:?}");
        &self.body["result"]
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    Answer {
        status: answer.status().as_u16(),
        challenge: header("www-authenticate"),
        retry_after: header("retry-after"),
        session: header("mcp-session-id"),
        body: {
            let text = answer.text().await.unwrap();
            // A session answers in an event stream.
            let mut data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            let text = data.next_back().unwrap_or(&text).to_owned();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        },
    }
}

/// A message of the stateless protocol from a client that knows tasks, with headers beside the protocol's.
fn message(
    server: &HttpProcess,
    method: &str,
    name: Option<&str>,
    mut params: Value,
    headers: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    params["_meta"] = meta();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut request = client()
        .post(&server.url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method)
        .body(body.to_string());
    for (name, value) in name
        .iter()
        .map(|name| ("mcp-name", *name))
        .chain(headers.iter().copied())
    {
        request = request.header(name, value);
    }
    request
}

async fn call(server: &HttpProcess, token: &str, tool: &str, arguments: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let params = json!({"name": tool, "arguments": arguments});
    let headers = [("authorization", bearer.as_str())];
    answered(message(server, "tools/call", Some(tool), params, &headers)).await
}

async fn list(server: &HttpProcess, headers: &[(&str, &str)]) -> Answer {
    answered(message(server, "tools/list", None, json!({}), headers)).await
}

/// A new token and its block.
fn token(name: &str, more: &str) -> (String, String) {
    let (code, out, err) = run(&["token", "new", name]);
    assert_eq!(code, 0, "{err}");
    let (token, block) = out.split_once("\n\n").unwrap();
    (token.to_owned(), format!("{block}{more}\n"))
}

fn file(text: &str) -> Scratch {
    let file = Scratch::new("tokens.toml", "");
    write(&file, text);
    file
}

fn write(file: &Scratch, text: &str) {
    let draft = format!("{}.draft", file.path());
    std::fs::write(&draft, text).unwrap();
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(&draft, file.path()).unwrap();
}

/// A server over a sandbox with two shops, that logs all it can.
fn serve(sandbox: &SandboxProcess, auth: &[&str], variables: &[(&str, &str)]) -> HttpProcess {
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--log", "trace", "--auth"]);
    command.args(auth).args(["--base-url", &sandbox.base_url]);
    command
        .env("JUNIPER_KEY", &sandbox.key)
        .env("NORTH_KEY", NORTH)
        .envs(variables.iter().copied());
    HttpProcess::start(command)
}

/// Waits until something holds; a second is how long a server may take to notice.
async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What was written holds none of these.
fn is_clean(server: &HttpProcess, secrets: &[&str]) {
    let log = server.log().join("\n");
    assert!(!log.is_empty(), "the log is on");
    for secret in secrets {
        assert!(!log.contains(secret), "a secret is in the log: {log}");
    }
}

#[tokio::test]
async fn a_token_opens_the_door_to_its_own_shop() {
    let sandbox = SandboxProcess::start("fixture");
    let (a, block_a) = token("juniper", "key_env = \"JUNIPER_KEY\"");
    let (b, block_b) = token("north", "key_env = \"NORTH_KEY\"\nallow = [\"write\"]");
    let tokens = file(&format!("{block_a}{block_b}"));
    let server = serve(&sandbox, &["tokens", tokens.path()], &[]);
    let missing = "This server takes a bearer token. Send it as `Authorization: Bearer <token>`; whoever runs the server gives one out.";
    let unknown = "The bearer token is not one of this server's. Nothing was done. Whoever runs the server can give out a new one.";
    list(&server, &[]).await.is_error(401, Some(REALM), missing);
    let wrong = format!("Bearer {a}x");
    for value in [wrong.as_str(), "Bearer stoq_mcp_", "Basic abc", "Bearer"] {
        let answer = list(&server, &[("authorization", value)]).await;
        answer.is_error(401, Some(INVALID), unknown);
    }
    // The shop's own key is no token.
    let answer = list(&server, &[("x-auth-token", sandbox.key.as_str())]).await;
    answer.is_error(401, Some(REALM), missing);
    for (page, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/help", 401),
        ("/nope", 401),
    ] {
        let url = format!("{}{page}", server.origin);
        assert_eq!(
            client().get(&url).send().await.unwrap().status(),
            status,
            "{page}"
        );
    }
    // Each sees the shop of its token, and what it may do there.
    let signups = |token: String| {
        let server = &server;
        async move {
            let answer = call(server, &token, "back_in_stock_signups_list", json!({})).await;
            answer.result()["structuredContent"]["page"]["total"].clone()
        }
    };
    let (of_a, of_b) = (signups(a.clone()).await, signups(b.clone()).await);
    assert!(of_a.as_u64().is_some() && of_b.as_u64().is_some());
    assert_ne!(of_a, of_b);
    let update = "back_in_stock_settings_tagging_update";
    let change = json!({"order_tag": {"enabled": true}});
    let refused = call(&server, &a, update, change.clone()).await;
    assert_eq!(refused.body["error"]["code"], json!(-32602));
    let done = call(&server, &b, update, change).await;
    assert_eq!(
        done.result()["structuredContent"]["status"],
        json!("accepted")
    );
    for (token, has_writes) in [(&a, false), (&b, true)] {
        let url = format!("{}/help", server.origin);
        let answer = answered(client().get(url).bearer_auth(token)).await;
        let classes: Vec<_> = answer.body["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["class"])
            .collect();
        assert_eq!(classes.contains(&&json!("write")), has_writes);
        assert!(!classes.contains(&&json!("send")));
    }
    is_clean(&server, &[&a, &b, &sandbox.key, NORTH]);
}

#[tokio::test]
async fn what_one_shop_was_given_is_nothing_to_the_other() {
    let sandbox = SandboxProcess::start("fixture").hasty();
    let more = |key: &str| format!("key_env = \"{key}\"\nallow = [\"write\"]");
    let (a, block_a) = token("juniper", &more("JUNIPER_KEY"));
    let (b, block_b) = token("north", &more("NORTH_KEY"));
    let tokens = file(&format!("{block_a}{block_b}"));
    let server = serve(&sandbox, &["tokens", tokens.path()], &[]);
    // A cursor.
    let page = call(
        &server,
        &a,
        "back_in_stock_signups_list",
        json!({"limit": 1}),
    )
    .await;
    let cursor = page.result()["structuredContent"]["page"]["next_cursor"].clone();
    assert!(cursor.is_string(), "{page:?}");
    let next = json!({"limit": 1, "cursor": cursor});
    let own = call(&server, &a, "back_in_stock_signups_list", next.clone()).await;
    assert_eq!(own.result()["structuredContent"]["status"], json!("ok"));
    let foreign = call(&server, &b, "back_in_stock_signups_list", next).await;
    assert_eq!(foreign.result()["isError"], json!(true), "{foreign:?}");
    // A job, and the file that came of it.
    let export = call(
        &server,
        &a,
        "back_in_stock_reports_signups_export",
        json!({}),
    )
    .await;
    let job = json!({"job_id": export.result()["structuredContent"]["data"]["job_id"]});
    let uri = export.result()["content"][1]["uri"].clone();
    let reader = "back_in_stock_reports_jobs_read";
    let own = call(&server, &a, reader, job.clone()).await;
    assert_eq!(
        own.result()["structuredContent"]["status"],
        json!("ok"),
        "{own:?}"
    );
    let foreign = call(&server, &b, reader, job).await;
    assert_eq!(foreign.result()["isError"], json!(true), "{foreign:?}");
    let read = |token: String| {
        let (server, uri) = (&server, uri.clone());
        async move {
            let bearer = format!("Bearer {token}");
            let name = uri.as_str().unwrap().to_owned();
            let headers = [("authorization", bearer.as_str())];
            let request = message(
                server,
                "resources/read",
                Some(&name),
                json!({"uri": uri}),
                &headers,
            );
            answered(request).await.body
        }
    };
    assert!(read(a.clone()).await["result"]["contents"][0]["text"].is_string());
    assert!(read(b.clone()).await["error"].is_object());
    // A task: its id is sealed for the shop.
    let task = |token: String, id: Value| {
        let server = &server;
        async move {
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str())];
            let name = id.as_str().unwrap().to_owned();
            answered(message(
                server,
                "tasks/get",
                Some(&name),
                json!({"taskId": id}),
                &headers,
            ))
            .await
            .body
        }
    };
    sandbox.control("PATCH", "/config", json!({"export_ms": 60_000}));
    let export = "back_in_stock_reports_summary_export";
    let begun = call(&server, &a, export, json!({})).await;
    let id = begun.result()["taskId"].clone();
    assert!(id.is_string(), "{begun:?}");
    assert_eq!(
        task(a.clone(), id.clone()).await["result"]["status"],
        json!("working")
    );
    assert_eq!(
        task(b.clone(), id).await["error"]["message"],
        json!("There is no such task: its id was not given by a server of this shop.")
    );
}

/// A session of the protocol with sessions: its id.
async fn session(server: &HttpProcess, token: &str) -> String {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}});
    let request = client()
        .post(&server.url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .bearer_auth(token);
    answered(request.body(body.to_string()))
        .await
        .session
        .unwrap()
}

async fn in_session(server: &HttpProcess, token: &str, session: &str) -> u16 {
    let body = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let request = client()
        .post(&server.url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-session-id", session)
        .header("mcp-protocol-version", "2025-11-25")
        .bearer_auth(token);
    answered(request.body(body.to_string())).await.status
}

#[tokio::test]
async fn a_token_that_is_removed_ends_with_its_sessions() {
    let sandbox = SandboxProcess::start("fixture");
    let key = "key_env = \"JUNIPER_KEY\"";
    let ((a, block_a), (b, block_b)) = (token("a", key), token("b", key));
    let tokens = file(&format!("{block_a}{block_b}"));
    let server = serve(&sandbox, &["tokens", tokens.path()], &[]);
    let (of_a, of_b) = (session(&server, &a).await, session(&server, &b).await);
    assert_eq!(in_session(&server, &a, &of_a).await, 200);
    // A session is its principal's, of the same shop or not.
    assert_eq!(in_session(&server, &b, &of_a).await, 404);
    // A listener of a session.
    let listener = client()
        .get(&server.url)
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &of_a)
        .header("mcp-protocol-version", "2025-11-25")
        .bearer_auth(&a);
    let mut listener = listener.send().await.unwrap();
    assert_eq!(listener.status(), 200);
    // A broken file changes nothing.
    write(&tokens, "[[token]]\nname = \"a\"\nsha = 1\n");
    let mut told = Vec::new();
    let began = Instant::now();
    while !told
        .iter()
        .any(|line: &String| line.contains("cannot be used; the tokens read before still hold"))
    {
        assert!(began.elapsed() < Duration::from_secs(20), "{told:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        told.extend(server.log());
    }
    assert_eq!(in_session(&server, &a, &of_a).await, 200);
    // One more comes, one goes.
    let (c, block_c) = token("c", key);
    write(&tokens, &format!("{block_b}{block_c}"));
    let takes = |token: String| {
        let server = &server;
        async move {
            list(server, &[("authorization", &format!("Bearer {token}"))])
                .await
                .status
        }
    };
    until("the old token is refused", || async {
        takes(a.clone()).await == 401
    })
    .await;
    assert_eq!(takes(c.clone()).await, 200);
    assert_eq!(in_session(&server, &a, &of_a).await, 401);
    assert_eq!(in_session(&server, &b, &of_b).await, 200);
    // The listener ends too.
    let ended = async { while let Ok(Some(_)) = listener.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .unwrap();
    is_clean(&server, &[&a, &b, &c, &sandbox.key]);
}

#[tokio::test]
async fn in_the_embedded_sandbox_a_token_may_do_all_but_what_it_is_denied() {
    let ((all, block_all), (few, block_few)) =
        (token("all", ""), token("few", "allow = [\"write\"]"));
    let tokens = file(&format!("{block_all}{block_few}"));
    let more = [
        "--sandbox",
        "--dataset",
        "fixture",
        "--auth",
        "tokens",
        tokens.path(),
    ];
    let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
    command.args(more);
    let server = HttpProcess::start(command);
    let url = format!("{}/help", server.origin);
    for (token, wanted) in [
        (all, vec!["destroy", "money", "read", "send", "write"]),
        (few, vec!["read", "write"]),
    ] {
        let answer = answered(client().get(&url).bearer_auth(token)).await;
        let actions = answer.body["actions"].as_array().unwrap().iter();
        let mut classes: Vec<_> = actions
            .map(|entry| entry["class"].as_str().unwrap())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes, wanted);
    }
}

#[tokio::test]
async fn a_shops_key_is_its_tenant() {
    let sandbox = SandboxProcess::start("fixture");
    let server = serve(&sandbox, &["shop-key"], &[]);
    let key = sandbox.key.clone();
    let missing = "This server takes the shop's STOQ API key. Send it as `Authorization: Bearer <key>` or as `X-Auth-Token`; the STOQ app shows it under Settings (API keys).";
    list(&server, &[]).await.is_error(401, Some(REALM), missing);
    let bearer = |key: &str| format!("Bearer {key}");
    let odd = "The request carries no usable key: exactly one, without blanks, and the same where it is sent twice. Nothing was done.";
    let two = [
        ("x-auth-token", key.as_str()),
        ("authorization", &bearer(NORTH)),
    ];
    list(&server, &two).await.is_error(401, Some(INVALID), odd);
    let refused = "The STOQ API refuses this key. Nothing was done. Send the key that the STOQ app shows under Settings (API keys).";
    let canary = "stoq_api_key_CaNaRy";
    let before = sandbox.requests("GET", "/back_in_stock/settings/channels");
    for _ in 0..2 {
        let answer = list(&server, &[("x-auth-token", canary)]).await;
        answer.is_error(401, Some(INVALID), refused);
    }
    // It was tried once, and is remembered.
    let tried = || sandbox.requests("GET", "/back_in_stock/settings/channels");
    assert_eq!(tried() - before, 1);
    for headers in [
        vec![("x-auth-token", key.as_str())],
        vec![("authorization", &bearer(&key))],
        vec![
            ("x-auth-token", key.as_str()),
            ("authorization", &bearer(&key)),
        ],
    ] {
        assert_eq!(list(&server, &headers).await.status, 200);
    }
    assert_eq!(tried() - before, 2);
    // Two shops do not meet.
    let page = call(
        &server,
        &key,
        "back_in_stock_signups_list",
        json!({"limit": 1}),
    )
    .await;
    let cursor = page.result()["structuredContent"]["page"]["next_cursor"].clone();
    let next = json!({"limit": 1, "cursor": cursor});
    let foreign = call(&server, NORTH, "back_in_stock_signups_list", next).await;
    assert_eq!(foreign.result()["isError"], json!(true), "{foreign:?}");
    let of_a = session(&server, &key).await;
    assert_eq!(in_session(&server, &key, &of_a).await, 200);
    assert_eq!(in_session(&server, NORTH, &of_a).await, 404);
    // A key that the shop takes back ends with the first call that the API refuses.
    let shop = format!("/shops/{}", support::SHOP);
    sandbox.control(
        "PATCH",
        &shop,
        json!({"keys": ["stoq_api_key_0000000000000000000000000000000a"]}),
    );
    let told = call(&server, &key, "back_in_stock_reports_list", json!({})).await;
    assert_eq!(told.result()["isError"], json!(true), "{told:?}");
    let answer = list(&server, &[("x-auth-token", &key)]).await;
    answer.is_error(401, Some(INVALID), refused);
    assert_eq!(in_session(&server, &key, &of_a).await, 401);
    is_clean(&server, &[&key, NORTH, canary]);
}

#[tokio::test]
async fn a_key_that_cannot_be_tried_is_neither_good_nor_bad() {
    let sandbox = SandboxProcess::start("fixture");
    let server = serve(&sandbox, &["shop-key"], &[]);
    sandbox.fault(json!({"match": {"path": "/api/**"}, "times": null, "fault": {"kind": "status", "status": 503}}));
    let answer = list(&server, &[("x-auth-token", &sandbox.key)]).await;
    let text = "The key could not be tried, because the STOQ API failed (503). Nothing was done. Come again later.";
    answer.is_error(503, None, text);
    assert_eq!(answer.retry_after.as_deref(), Some("5"));
    sandbox.mend();
    let answer = list(&server, &[("x-auth-token", &sandbox.key)]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn guessing_ends_for_the_place_it_comes_from_and_not_for_who_is_known() {
    let sandbox = SandboxProcess::start("fixture");
    let (a, block) = token("a", "key_env = \"JUNIPER_KEY\"");
    let tokens = file(&block);
    let server = serve(&sandbox, &["tokens", tokens.path()], &[]);
    for _ in 0..10 {
        assert_eq!(
            list(&server, &[("authorization", "Bearer x")]).await.status,
            401
        );
        assert_eq!(list(&server, &[]).await.status, 401);
    }
    let answer = list(&server, &[("authorization", "Bearer x")]).await;
    let text =
        "Too many wrong credentials came from this address. Nothing was done. Come again later.";
    answer.is_error(429, None, text);
    assert!(answer.retry_after.is_some());
    assert_eq!(list(&server, &[]).await.status, 401);
    let bearer = format!("Bearer {a}");
    assert_eq!(
        list(&server, &[("authorization", &bearer)]).await.status,
        200
    );
}

#[tokio::test]
async fn a_principal_has_its_limits_and_nobody_elses() {
    let sandbox = SandboxProcess::start("fixture");
    let key = "key_env = \"JUNIPER_KEY\"";
    let ((a, block_a), (b, block_b)) = (token("a", key), token("b", key));
    let tokens = file(&format!("{block_a}{block_b}"));
    let bounds = [
        ("STOQ_MCP_MAX_CONCURRENT_CALLS", "1"),
        ("STOQ_MCP_MAX_REQUESTS_PER_MINUTE", "3"),
    ];
    let server = serve(&sandbox, &["tokens", tokens.path()], &bounds);
    let report = "back_in_stock_reports_list";
    sandbox.fault(
        json!({"match": {"method": "GET"}, "times": 1, "fault": {"kind": "latency", "ms": 1500}}),
    );
    let slow = call(&server, &a, report, json!({}));
    let second = async {
        // Sent once the first has reached the API.
        until("the first call is on its way", || async {
            sandbox.hits() == 1
        })
        .await;
        call(&server, &a, report, json!({})).await
    };
    let (slow, second) = tokio::join!(slow, second);
    assert_eq!(slow.result()["structuredContent"]["status"], json!("ok"));
    let busy = "Too many messages of this caller are at work. Nothing was done. Wait for an answer before sending more.";
    second.is_error(429, None, busy);
    assert_eq!(second.retry_after.as_deref(), Some("1"));
    assert_eq!(call(&server, &a, report, json!({})).await.status, 200);
    let fast =
        "This caller has used up its requests of a minute. Nothing was done. Come again later.";
    let fourth = call(&server, &a, report, json!({})).await;
    fourth.is_error(429, None, fast);
    assert!(fourth.retry_after.is_some());
    assert_eq!(call(&server, &b, report, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_header_that_narrows_is_understood_or_refused() {
    let server = HttpProcess::sandbox("fixture");
    for headers in [
        [("x-stoq-allow", "read,write")],
        [("x-stoq-read-only", "true")],
        [("x-stoq-read-only", "false")],
    ] {
        assert_eq!(list(&server, &headers).await.status, 200, "{headers:?}");
    }
    let text = "The header X-Stoq-Allow holds a word that names no class. Nothing was done. Valid are read, write, send, money and destroy, with commas between them.";
    list(&server, &[("x-stoq-allow", "read,sent")])
        .await
        .is_error(400, None, text);
    let text = "The header X-Stoq-Read-Only is neither true nor false. Nothing was done. Send one of the two.";
    list(&server, &[("x-stoq-read-only", "yes")])
        .await
        .is_error(400, None, text);
}

#[test]
fn other_machines_need_authentication_and_a_named_host() {
    let (code, _, err) = run(&["serve", "--sandbox", "--http", "0.0.0.0:0"]);
    assert_eq!(
        (
            code,
            err.contains("add --auth tokens FILE or --auth shop-key")
        ),
        (2, true),
        "{err}"
    );
    let (code, _, err) = run(&[
        "serve",
        "--sandbox",
        "--http",
        "0.0.0.0:0",
        "--auth",
        "shop-key",
    ]);
    assert_eq!(
        (code, err.contains("`allowed_hosts` must name the hosts")),
        (2, true),
        "{err}"
    );
    let mut command = program(&[
        "serve",
        "--sandbox",
        "--dataset",
        "fixture",
        "--http",
        "0.0.0.0:0",
        "--auth",
        "shop-key",
    ]);
    command.env("STOQ_MCP_ALLOWED_HOSTS", "stoq.example");
    let server = HttpProcess::start(command);
    assert!(server.url.starts_with("http://0.0.0.0:"));
}

/// One line of the program's complaint.
fn complaint(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = program(&[
        "serve",
        "--http",
        "127.0.0.1:0",
        "--base-url",
        "http://127.0.0.1:1",
    ]);
    command.args(arguments).envs(variables.iter().copied());
    let (code, out, err) = finish(command);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    err
}

#[test]
fn settings_that_let_nobody_in_are_told() {
    for (arguments, told) in [
        (
            &["--auth", "stoq_mcp_CaNaRy"][..],
            "stoq-mcp: `--auth` takes `none`, `tokens FILE` or `shop-key`\n",
        ),
        (
            &["--auth", "none", "t.toml"],
            "stoq-mcp: `--auth none` and `--auth shop-key` take no file; leave it out\n",
        ),
        (
            &["--auth", "tokens"],
            "stoq-mcp: `--auth tokens` needs the file of the tokens: --auth tokens FILE, or the setting `tokens_file`. `stoq-mcp token new NAME` makes an entry\n",
        ),
        (
            &["--auth", "shop-key", "--dataset", "fixture"],
            "stoq-mcp: --dataset, --seed and --db belong to the embedded sandbox; add --sandbox\n",
        ),
    ] {
        assert_eq!(complaint(arguments, &[]), told);
    }
    for name in ["max_concurrent_calls", "max_requests_per_minute"] {
        let variable = format!("STOQ_MCP_{}", name.to_uppercase());
        assert_eq!(
            complaint(&["--auth", "shop-key"], &[(&variable, "0")]),
            format!(
                "stoq-mcp: `{name}` (from the environment): 0 would refuse every request; leave it out or name a larger number\n"
            )
        );
    }
    let (_, block) = token("ops", "max_recipients = 501");
    let tokens = file(&block);
    let path = tokens.path();
    assert_eq!(
        complaint(&["--auth", "tokens", path], &[("STOQ_API_KEY", "k")]),
        format!(
            "stoq-mcp: tokens file {path}, line 1: token `ops`: `max_recipients` (from {path}): 501 is above the ceiling of 500, which no setting lifts\n"
        )
    );
    let (_, block) = token("ops", "key_env = \"NO_KEY\"");
    write(&tokens, &block);
    let told = complaint(&["--auth", "tokens", path], &[]);
    assert!(
        told.contains(
            "token `ops`: the shop's key is missing: set the environment variable NO_KEY"
        ),
        "{told}"
    );
}

#[test]
fn a_token_is_told_once_and_listed_by_what_it_may_do() {
    let (code, out, err) = run(&[
        "token",
        "new",
        "ops",
        "--key-env",
        "A",
        "--allow",
        "write,send",
    ]);
    assert_eq!(code, 0);
    let (token, block) = out.split_once("\n\n").unwrap();
    assert!(
        token.starts_with("stoq_mcp_") && token.len() == 52,
        "{token}"
    );
    assert!(
        block.ends_with("key_env = \"A\"\nallow = [\"write\", \"send\"]\n"),
        "{block}"
    );
    assert!(!err.contains(token));
    let tokens = file(&format!("{block}\n{}", self::token("b", "").1));
    let (code, out, _) = run(&["token", "list", tokens.path()]);
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "ops  key of A; allow read,write,send\nb    the server's key\n"
        )
    );
    let (code, _, err) = run(&["token", "new", "a b"]);
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "stoq-mcp: a token's name is of 1 to 64 letters, digits, `-`, `_` and `.`\n"
        )
    );
}
