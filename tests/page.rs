//! The page `/docs`: what it holds, for whom, and what it may have done.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use support::modern::client;
use support::{HttpProcess, SandboxProcess, Scratch, program, run};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// An answer: status, headers, body.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer.text().await.unwrap(),
    }
}

async fn get(server: &HttpProcess, path: &str) -> Answer {
    answered(client().get(format!("{}{path}", server.origin))).await
}

/// What the page sends when it tries a call.
fn attempt(server: &HttpProcess, body: Value) -> reqwest::RequestBuilder {
    client()
        .post(format!("{}/docs/try", server.origin))
        .header("origin", &server.origin)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .header("x-stoq-docs", "try")
        .body(body.to_string())
}

async fn tried(server: &HttpProcess, action: &str, arguments: Value) -> Value {
    let body = json!({"action": action, "arguments": arguments});
    let answer = answered(attempt(server, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn actions(page: &str) -> Vec<&str> {
    let mut ids = page.split("<details class=a id=\"");
    ids.next();
    ids.map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[tokio::test]
async fn the_page_and_all_it_loads_come_from_the_server_under_a_strict_policy() {
    let server = HttpProcess::sandbox("fixture");
    for (path, kind, cache) in [
        ("/docs", "text/html; charset=utf-8", "no-store"),
        ("/docs/actions", "text/html; charset=utf-8", "no-store"),
        ("/docs/page.css", "text/css; charset=utf-8", "no-cache"),
        (
            "/docs/theme.js",
            "text/javascript; charset=utf-8",
            "no-cache",
        ),
        (
            "/docs/page.js",
            "text/javascript; charset=utf-8",
            "no-cache",
        ),
        (
            "/docs/search?q=waitlist",
            "application/json; charset=utf-8",
            "no-store",
        ),
    ] {
        let answer = get(&server, path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, kind),
            "{path}"
        );
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", cache),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
    }
    let page = get(&server, "/docs").await.body;
    let loaded: Vec<&str> = ["href=docs/", "src=docs/"]
        .iter()
        .flat_map(|start| page.split(start).skip(1))
        .map(|rest| rest.split(['>', ' ']).next().unwrap())
        .collect();
    assert_eq!(loaded, ["page.css", "theme.js", "page.js"]);
    assert!(!page.contains("//cdn") && !page.contains("src=http") && !page.contains("href=http"));
    let plain = reqwest::Client::builder().no_proxy().no_gzip();
    let squeezed = plain
        .build()
        .unwrap()
        .get(format!("{}/docs", server.origin))
        .header("accept-encoding", "gzip");
    let squeezed = squeezed.send().await.unwrap();
    assert_eq!(squeezed.headers()["content-encoding"], "gzip");
    assert!(squeezed.bytes().await.unwrap().len() * 5 < page.len());
}

#[tokio::test]
async fn it_shows_what_the_policy_offers_and_says_where_calls_go() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &[]);
    let page = get(&server, "/docs").await.body;
    let (_, listed, _) = run(&["actions", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let listed = listed["actions"].as_array().unwrap();
    for entry in listed {
        let is_shown = actions(&page).contains(&entry["tool"].as_str().unwrap());
        assert_eq!(is_shown, entry["class"] == "read", "{}", entry["tool"]);
    }
    let said = format!(
        "<b>This machine</b> Calls from this page go to the API at <code>{}</code>. It tries reads alone.",
        sandbox.base_url
    );
    assert!(page.contains(&said));
    let embedded = HttpProcess::sandbox("fixture");
    let page = get(&embedded, "/docs").await.body;
    assert!(page.contains("<b>Sandbox</b>"));
    assert!(actions(&page).contains(&"back_in_stock_signups_notify"));
    // The tool of a surface, or the one that runs the action there.
    assert!(page.contains("&quot;name&quot;: &quot;back_in_stock_signups_list&quot;"));
    let mut compact = program(&["serve", "--http", "127.0.0.1:0", "--sandbox"]);
    compact.args(["--surface", "compact"]);
    let page = get(&HttpProcess::start(compact), "/docs").await.body;
    assert!(!page.contains("&quot;name&quot;: &quot;back_in_stock_signups_list&quot;"));
    assert!(page.contains("&quot;name&quot;: &quot;run_read&quot;"));
}

#[tokio::test]
async fn the_search_is_the_agents_own_and_names_what_may_be_used() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &[]);
    let found = get(&server, "/docs/search?q=who+is+on+the+waitlist")
        .await
        .json();
    let (_, ours, _) = run(&["find", "who is on the waitlist"]);
    let best = found["actions"][0].clone();
    assert_eq!(
        best,
        json!({"name": "back_in_stock_signups_list", "title": "List signups", "class": "read"})
    );
    assert!(ours.contains("back_in_stock_signups_list"));
    assert_eq!(found["note"], Value::Null);
    assert!(found["actions"].as_array().unwrap().len() <= 10);
    let found = get(&server, "/docs/search?q=refund+the+deposit+of+an+order")
        .await
        .json();
    let note = found["note"].as_str().unwrap();
    assert!(
        note.contains("it is of class money, which this server does not allow. The operator can allow it: start the server with --allow and the class's name."),
        "{note}"
    );
    let rows = found["actions"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["class"] == "read"), "{found}");
    let none = get(&server, "/docs/search").await.json();
    assert_eq!(none, json!({"actions": [], "note": null}));
}

#[tokio::test]
async fn a_read_is_made_through_the_funnel_and_nothing_else() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &["--allow", "write,send,money,destroy"]);
    let list = "back_in_stock_signups_list";
    let ended = tried(&server, list, json!({"limit": "2"})).await;
    assert_eq!(ended["rows"], "signups");
    assert_eq!(ended["result"]["status"], "ok");
    assert_eq!(ended["result"]["page"]["shown"], 2);
    assert_eq!(
        ended["result"]["data"]["signups"].as_array().unwrap().len(),
        2
    );
    let ended = tried(&server, list, json!({"limt": 2})).await;
    assert_eq!(ended["error"]["kind"], "arguments");
    let before = sandbox.all_effects();
    for (action, class, arguments) in [
        (
            "back_in_stock_settings_tagging_update",
            "write",
            json!({"order_tag": {"enabled": true}}),
        ),
        (
            "back_in_stock_signups_delete",
            "destroy",
            json!({"id": "51900000-0000-4000-8000-000000000001"}),
        ),
    ] {
        let ended = tried(&server, action, arguments).await;
        assert_eq!(
            ended,
            json!({"error": {"kind": "forbidden",
                "what": format!("`{action}` is of class `{class}`, and this page tries reads alone."),
                "next": "Nothing was sent. The operator can allow more here: start the server with --docs-writes."}})
        );
    }
    assert_eq!(sandbox.all_effects(), before);
    // A header may narrow, and never widens.
    let body = json!({"action": "back_in_stock_settings_tagging_update",
        "arguments": {"order_tag": {"enabled": true}}});
    let asked = attempt(&server, body).header("x-stoq-allow", "write");
    assert_eq!(answered(asked).await.json()["error"]["kind"], "forbidden");
}

#[tokio::test]
async fn what_the_operator_allows_is_planned_and_agreed_to_as_everywhere() {
    let sandbox = SandboxProcess::start("fixture");
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--docs-writes"]);
    command
        .args(["--base-url", &sandbox.base_url, "--allow", "write,destroy"])
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_CONFIRM", "elicit");
    let server = HttpProcess::start(command);
    let page = get(&server, "/docs").await.body;
    assert!(page.contains(
        "It tries calls of read, write, destroy, with plans and confirmations as everywhere."
    ));
    let update = "back_in_stock_settings_tagging_update";
    let ended = tried(&server, update, json!({"order_tag": {"enabled": true}})).await;
    assert_eq!(ended["result"]["status"], "accepted");
    let delete = "back_in_stock_signups_delete";
    let arguments = json!({"id": "51900000-0000-4000-8000-000000000001"});
    let planned = tried(&server, delete, arguments.clone()).await;
    assert_eq!(planned["result"]["status"], "planned");
    let challenge = &planned["challenge"];
    let message = challenge["message"].as_str().unwrap();
    let word = message.lines().last().unwrap();
    let word = word.strip_prefix("Type ").unwrap();
    let word = word.strip_suffix(" to go ahead.").unwrap();
    let answer = |text: Value| {
        let mut answer = json!({"state": challenge["state"]});
        if !text.is_null() {
            answer["text"] = text;
        }
        let body = json!({"action": delete, "arguments": arguments, "answer": answer});
        answered(attempt(&server, body))
    };
    for wrong in [json!("yes"), Value::Null] {
        let ended = answer(wrong).await.json();
        assert_eq!(ended["error"]["kind"], "unagreed", "{ended}");
    }
    let ended = answer(json!(word)).await.json();
    assert_eq!(ended["result"]["status"], "accepted", "{ended}");
    // What the server itself does not allow stays so.
    let send = "back_in_stock_signups_notify";
    let ended = tried(
        &server,
        send,
        json!({"id": "51900000-0000-4000-8000-000000000002"}),
    )
    .await;
    let next = "Nothing was sent. The operator can allow it: start the server with --allow and the class's name.";
    assert_eq!(ended["error"]["next"], next);
}

#[tokio::test]
async fn no_other_page_can_have_a_call_made() {
    let server = HttpProcess::sandbox("fixture");
    let url = format!("{}/docs/try", server.origin);
    let body = json!({"action": "back_in_stock_signups_list", "arguments": {}}).to_string();
    let foreign = json!({"errors": ["Calls are tried from this server's own page /docs alone. Nothing was done. Elsewhere, make them through /mcp."]});
    let own = server.origin.as_str();
    let full = [
        ("origin", own),
        ("content-type", "application/json"),
        ("x-stoq-docs", "try"),
        ("sec-fetch-site", "same-origin"),
    ];
    let send = |headers: Vec<(&'static str, String)>| {
        let mut request = client().post(&url).body(body.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        answered(request)
    };
    let with = |name: &str, value: Option<&str>| -> Vec<(&'static str, String)> {
        let pairs = full.iter().filter_map(|(key, own)| match *key == name {
            true => value.map(|value| (*key, value.to_owned())),
            false => Some((*key, (*own).to_owned())),
        });
        pairs.collect()
    };
    assert_eq!(send(with("", None)).await.status, 200);
    for (name, value) in [
        ("origin", None),
        // A page that the protocol trusts, which is not this one.
        ("origin", Some("http://localhost:5173")),
        ("x-stoq-docs", None),
        ("x-stoq-docs", Some("1")),
        ("sec-fetch-site", Some("same-site")),
        ("sec-fetch-site", Some("cross-site")),
    ] {
        let answer = send(with(name, value)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (403, foreign.clone()),
            "{name} {value:?}"
        );
    }
    let answer = send(with("origin", Some("https://evil.example"))).await;
    assert_eq!(answer.status, 403);
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let answer = send(with("content-type", kind)).await;
        assert_eq!(answer.status, 415, "{kind:?}");
    }
    // A page elsewhere that asks first whether it may send the header is not told yes.
    let asks = client()
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "http://localhost:5173")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-stoq-docs,content-type");
    let answer = answered(asks).await;
    assert!(
        !answer
            .header("access-control-allow-headers")
            .contains("x-stoq-docs")
    );
    assert_eq!(get(&server, "/docs/try").await.status, 403);
    for (text, status) in [
        ("{", 400),
        ("[]", 400),
        ("{\"action\":\"a\",\"more\":1}", 400),
    ] {
        let request = attempt(&server, json!({})).body(text);
        assert_eq!(answered(request).await.status, status, "{text}");
    }
    let huge = json!({"action": "x".repeat(300 << 10)});
    assert_eq!(answered(attempt(&server, huge)).await.status, 413);
}

#[tokio::test]
async fn where_callers_are_told_apart_only_the_form_is_in_front_of_the_door() {
    let sandbox = SandboxProcess::start("fixture");
    let (code, out, err) = run(&["token", "new", "clerk"]);
    assert_eq!(code, 0, "{err}");
    let (token, block) = out.split_once("\n\n").unwrap();
    let tokens = Scratch::new("tokens.toml", &format!("{block}key_env = \"SHOP_KEY\"\n"));
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(tokens.path(), private).unwrap();
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--auth", "tokens"]);
    command
        .args([tokens.path(), "--base-url", &sandbox.base_url])
        .env("SHOP_KEY", &sandbox.key);
    let server = HttpProcess::start(command);
    let shown = get(&server, "/docs").await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("content-security-policy"), POLICY);
    assert!(shown.body.contains("Bearer token") && actions(&shown.body).is_empty());
    for (path, status) in [
        ("/docs/page.css", 200),
        ("/docs/theme.js", 200),
        ("/docs/page.js", 200),
        ("/docs/actions", 401),
        ("/docs/search?q=a", 401),
    ] {
        assert_eq!(get(&server, path).await.status, status, "{path}");
    }
    let body = json!({"action": "back_in_stock_signups_list", "arguments": {"limit": 1}});
    let answer = answered(attempt(&server, body.clone())).await;
    assert_eq!(answer.status, 401);
    let url = format!("{}/docs/actions", server.origin);
    let page = answered(client().get(&url).bearer_auth(token)).await;
    assert_eq!(page.status, 200);
    assert!(actions(&page.body).contains(&"back_in_stock_signups_list"));
    assert!(!actions(&page.body).contains(&"back_in_stock_signups_notify"));
    assert!(!page.body.contains(token) && !page.body.contains(&sandbox.key));
    let ended = answered(attempt(&server, body).bearer_auth(token))
        .await
        .json();
    assert_eq!(ended["result"]["page"]["shown"], 1, "{ended}");
    let wrong = answered(client().get(&url).bearer_auth("stoq_mcp_x")).await;
    assert_eq!(wrong.status, 401);
}
