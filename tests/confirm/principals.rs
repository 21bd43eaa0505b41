//! Callers of one server who are told apart: what one was given is nothing to another, of the same shop or not.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::clients::{Modern, as_asked, refusal, structured};
use crate::support::{HttpProcess, SandboxProcess, Scratch, run};
use crate::world::{Folder, NOTIFY, WRITE, alerts, fixture, serve, signup};

const NORTH: &str = "stoq_api_key_5a0db0c5000000000000000000000002";
const LIST: &str = "back_in_stock_signups_list";

/// A server of three callers: two of one shop, and one of another.
struct Three {
    sandbox: SandboxProcess,
    server: HttpProcess,
    tokens: Vec<String>,
    _file: Scratch,
    state: Folder,
}

impl Three {
    fn start(more: &str) -> Self {
        let (sandbox, state) = (fixture(), Folder::new());
        let allow = "allow = [\"write\", \"send\", \"money\", \"destroy\"]";
        let (mut tokens, mut blocks) = (Vec::new(), String::new());
        for (name, key) in [("ann", "JUNIPER"), ("bob", "JUNIPER"), ("cal", "NORTH")] {
            let (code, out, err) = run(&["token", "new", name]);
            assert_eq!(code, 0, "{err}");
            let (token, block) = out.split_once("\n\n").unwrap();
            tokens.push(token.to_owned());
            let more = if name == "ann" { more } else { "" };
            blocks.push_str(&format!(
                "{block}key_env = \"{key}_KEY\"\n{allow}\n{more}\n"
            ));
        }
        let file = Scratch::new("tokens.toml", &blocks);
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(file.path(), private).unwrap();
        let flags = [
            "--http",
            "127.0.0.1:0",
            "--surface",
            "full",
            "--state",
            state.path(),
        ];
        let mut command = serve(&sandbox, &flags);
        command
            .args(["--auth", "tokens", file.path()])
            .env("JUNIPER_KEY", &sandbox.key)
            .env("NORTH_KEY", NORTH);
        Self {
            server: HttpProcess::start(command),
            sandbox,
            tokens,
            _file: file,
            state,
        }
    }

    fn client(&self, caller: usize, capabilities: Value) -> Modern<'_> {
        let bearer = format!("Bearer {}", self.tokens[caller]);
        Modern::with(&self.server, capabilities).header("authorization", &bearer)
    }

    fn asking(&self, caller: usize) -> Modern<'_> {
        self.client(caller, crate::clients::forms())
    }
}

#[tokio::test]
async fn a_plan_is_agreed_to_by_who_asked_for_it() {
    let three = Three::start("");
    let unknown = format!(
        "`{NOTIFY}` was not done: there is no such plan; this server did not give it, or it is long over. Nothing was sent. Call again without it to see the plan as it is now."
    );
    // Sealed, in a person's client.
    let question = three.asking(0).question(NOTIFY, alerts(&[1])).await;
    // By a handle.
    let planned = three.client(0, json!({})).call(NOTIFY, alerts(&[4])).await;
    let mut agreed = alerts(&[4]);
    agreed["confirm"] = structured(&planned)["plan"]["confirm"].clone();
    for other in [1, 2] {
        let told = three
            .asking(other)
            .answer(&question, as_asked(&question.asked))
            .await;
        assert_eq!(refusal(&told), unknown, "{other}");
        let told = three
            .client(other, json!({}))
            .call(NOTIFY, agreed.clone())
            .await;
        assert_eq!(refusal(&told), unknown, "{other}");
    }
    assert_eq!(three.sandbox.effects("send"), 0);
    let done = three
        .asking(0)
        .answer(&question, as_asked(&question.asked))
        .await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    let done = three
        .client(0, json!({}))
        .call(NOTIFY, agreed.clone())
        .await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    // Nor is the receipt theirs, now that it is done.
    for other in [1, 2] {
        let told = three
            .asking(other)
            .answer(&question, as_asked(&question.asked))
            .await;
        assert_eq!(refusal(&told), unknown, "{other}");
        let told = three
            .client(other, json!({}))
            .call(NOTIFY, agreed.clone())
            .await;
        assert_eq!(refusal(&told), unknown, "{other}");
    }
    assert_eq!(three.sandbox.effects("send"), 2);
}

#[tokio::test]
async fn a_key_and_a_repeat_are_each_callers_own() {
    let three = Three::start("");
    let resend = |key: Option<&str>| {
        let mut arguments = json!({"signup_ids": [signup(1)], "allow_resend": true});
        if let Some(key) = key {
            arguments["idempotency_key"] = json!(key);
        }
        arguments
    };
    // The same key and the same call of two callers are two intents; the other shop has not the row.
    for key in [Some("k"), None] {
        for caller in [0, 1] {
            let before = three.sandbox.effects("send");
            for status in ["accepted", "replayed"] {
                let client = three.asking(caller);
                let mut result = client.call(NOTIFY, resend(key)).await;
                if status == "accepted" {
                    result = client.agreed(NOTIFY, resend(key)).await;
                }
                assert_eq!(
                    structured(&result)["status"],
                    json!(status),
                    "{caller} {key:?}"
                );
            }
            assert_eq!(three.sandbox.effects("send"), before + 1);
        }
    }
    let told = three
        .state
        .run(&["receipts", "--json", "--principal", "token:ann"]);
    let receipts: Vec<Value> = serde_json::from_str(&told).unwrap();
    assert_eq!(receipts.len(), 2, "{told}");
    let elsewhere = three
        .asking(2)
        .call(WRITE, json!({"order_tag": {"enabled": true}}))
        .await;
    assert_eq!(structured(&elsewhere)["status"], json!("accepted"));
    let told = three
        .state
        .run(&["receipts", "--json", "--principal", "token:cal"]);
    let others: Vec<Value> = serde_json::from_str(&told).unwrap();
    assert!(
        others
            .iter()
            .all(|other| other["shop"] != receipts[0]["shop"]),
        "{others:?}"
    );
}

#[tokio::test]
async fn a_handle_of_a_shopper_is_nothing_to_another_shop_and_to_who_sees_no_handles() {
    let three = Three::start("personal_data = \"handles\"");
    let page = three
        .client(0, json!({}))
        .call(LIST, json!({"limit": 1, "detail": "full"}))
        .await;
    let row = &structured(&page)["data"]["signups"][0];
    let shown = row.to_string();
    let at = shown.find("per_").unwrap_or_else(|| panic!("{shown}"));
    let handle: String = shown[at..]
        .chars()
        .take_while(|symbol| *symbol != '"')
        .collect();
    let create =
        json!({"channel": "email", "shopify_variant_id": 44_021_000_000_402_u64, "email": handle});
    for other in [1, 2] {
        let told = three
            .client(other, json!({}))
            .call("back_in_stock_signups_create", create.clone())
            .await;
        assert!(
            refusal(&told).contains("`email` is a handle that this server does not know"),
            "{told}"
        );
    }
    let planned = three
        .client(0, json!({}))
        .call("back_in_stock_signups_create", create)
        .await;
    assert_eq!(structured(&planned)["status"], json!("planned"));
}

#[tokio::test]
async fn a_cursor_and_a_task_are_each_callers_own() {
    let three = Three::start("");
    let page = three
        .client(0, json!({}))
        .call(LIST, json!({"limit": 1}))
        .await;
    let cursor = structured(&page)["page"]["next_cursor"].clone();
    let next = json!({"limit": 1, "cursor": cursor});
    three
        .sandbox
        .control("PATCH", "/config", json!({"export_ms": 60_000}));
    let tasks = || json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let export = "back_in_stock_reports_summary_export";
    let begun = three.client(0, tasks()).call(export, json!({})).await;
    let task = json!({"taskId": begun["taskId"]});
    for other in [1, 2] {
        let told = three
            .client(other, json!({}))
            .call(LIST, next.clone())
            .await;
        assert_eq!(told["isError"], json!(true), "{other}: {told}");
        for method in ["tasks/get", "tasks/cancel"] {
            let told = three.client(other, tasks()).ask(method, task.clone()).await;
            assert_eq!(told["error"]["code"], json!(-32602), "{other}: {told}");
        }
    }
    let own = three.client(0, json!({})).call(LIST, next).await;
    assert_eq!(structured(&own)["status"], json!("ok"));
    let own = three.client(0, tasks()).ask("tasks/get", task).await;
    assert_eq!(own["result"]["status"], json!("working"), "{own}");
}
