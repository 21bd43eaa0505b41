//! The operator's side of a running server: the kill switch, the audit trail and the receipts.

use std::process::Command;

use serde_json::{Map, Value, json};

use crate::clients::{Modern, as_asked, refusal, structured, typed};
use crate::support::{SandboxProcess, finish, program, run};
use crate::world::{
    CHARGE, DELETE, Folder, NOTIFY, READ, WRITE, alerts, fixture, on_stdio, order, over_http,
    serve, signup,
};

fn tag(enabled: bool) -> Value {
    json!({"order_tag": {"enabled": enabled}})
}

#[tokio::test]
async fn writes_that_are_turned_off_stop_on_every_server_with_the_next_call() {
    let sandbox = fixture();
    let state = Folder::new();
    let more = ["--surface", "full", "--state", state.path()];
    let servers = [over_http(&sandbox, &more), over_http(&sandbox, &more)];
    let clients = [Modern::asking(&servers[0]), Modern::asking(&servers[1])];
    let mut older = on_stdio(&sandbox, &more, &crate::clients::forms());
    let done = clients[0].call(WRITE, tag(true)).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    let open = clients[1].question(NOTIFY, alerts(&[1])).await;
    let before = sandbox.all_effects().len();
    let told = state.run(&["writes", "off", "--why", "stock take"]);
    assert!(
        told.starts_with("Everything but reads is refused now, since "),
        "{told}"
    );
    let is_off = |action: &str, told: &str| {
        let start =
            format!("`{action}` was not done: the operator has switched writes off (since ");
        let end = ": stock take). Nothing was sent. Reads go on. The operator can run `stoq-mcp writes on`.";
        assert!(told.starts_with(&start) && told.ends_with(end), "{told}");
    };
    for client in &clients {
        for (action, arguments) in [
            (WRITE, tag(false)),
            (NOTIFY, alerts(&[1])),
            (CHARGE, json!({"id": order(2)})),
            (DELETE, json!({"id": signup(12)})),
        ] {
            is_off(action, refusal(&client.call(action, arguments).await));
        }
        // An answer to a question of before is too late.
        is_off(
            NOTIFY,
            refusal(&client.answer(&open, as_asked(&open.asked)).await),
        );
        let read = client.call(READ, json!({})).await;
        assert_eq!(structured(&read)["status"], json!("ok"));
    }
    let nobody = &mut |question: &Value| panic!("asked: {question}");
    is_off(WRITE, refusal(&older.call(WRITE, tag(false), nobody)));
    assert_eq!(sandbox.all_effects().len(), before);
    assert!(
        state
            .run(&["writes", "status"])
            .starts_with("Writes are off, since ")
    );
    assert!(
        state
            .run(&["writes", "on"])
            .starts_with("Writes are on again.\n")
    );
    for (client, enabled) in clients.iter().zip([false, true]) {
        let done = client.call(WRITE, tag(enabled)).await;
        assert_eq!(structured(&done)["status"], json!("accepted"));
    }
    let done = clients[0].answer(&open, as_asked(&open.asked)).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
}

#[tokio::test]
async fn servers_of_one_state_do_a_thing_once() {
    let sandbox = fixture();
    let state = Folder::new();
    let more = [
        "--surface",
        "full",
        "--state",
        state.path(),
        "--money-per-day",
        "238",
    ];
    let servers = [over_http(&sandbox, &more), over_http(&sandbox, &more)];
    let clients = [Modern::asking(&servers[0]), Modern::asking(&servers[1])];
    // The question of one is answered at the other, at both at once.
    let question = clients[0].question(NOTIFY, alerts(&[1, 4])).await;
    let (one, two) = tokio::join!(
        clients[0].answer(&question, typed("2")),
        clients[1].answer(&question, typed("2")),
    );
    let mut statuses = [one, two].map(|result| structured(&result)["status"].clone());
    statuses.sort_by_key(Value::to_string);
    assert_eq!(statuses, ["accepted", "replayed"]);
    assert_eq!(sandbox.effects("send"), 2);
    // A handle of one is good at the other, once.
    let plain = [
        Modern::with(&servers[0], json!({})),
        Modern::with(&servers[1], json!({})),
    ];
    let planned = plain[0].call(NOTIFY, alerts(&[13])).await;
    let mut agreed = alerts(&[13]);
    agreed["confirm"] = structured(&planned)["plan"]["confirm"].clone();
    let mut statuses = Vec::new();
    for client in [&plain[1], &plain[0]] {
        let result = client.call(NOTIFY, agreed.clone()).await;
        statuses.push(structured(&result)["status"].clone());
    }
    assert_eq!(statuses, ["accepted", "replayed"]);
    // The day's money is the shop's, wherever it moves.
    let done = clients[0].agreed(CHARGE, json!({"id": order(1)})).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    let told = clients[1].agreed(CHARGE, json!({"id": order(2)})).await;
    assert!(
        refusal(&told).contains("79.65 USD moved today already"),
        "{told}"
    );
}

/// The lines of a trail without what no test can foretell; that is checked to be there.
fn lines(state: &Folder) -> Vec<Value> {
    let out = state.run(&["audit", "export", "--json"]);
    let all: Vec<Map<String, Value>> = serde_json::from_str(&out).unwrap();
    let told = |(index, mut line): (usize, Map<String, Value>)| {
        assert_eq!(line.shift_remove("seq"), Some(json!(index + 1)));
        assert!(line.shift_remove("at").is_some());
        line.shift_remove("previous");
        let has = |line: &mut Map<String, Value>, name: &str| line.shift_remove(name).is_some();
        let known = ["call", "shop", "digest", "took_ms"].map(|name| has(&mut line, name));
        let names = ["call", "shop", "digest", "took_ms"].iter().zip(known);
        let present: Vec<&str> = names
            .filter_map(|(name, has)| has.then_some(*name))
            .collect();
        line.insert("has".into(), json!(present.join(" ")));
        Value::Object(line)
    };
    all.into_iter().enumerate().map(told).collect()
}

/// Who the program says sits at the terminal.
fn user() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"].iter();
    let mut found = names.filter_map(|name| std::env::var(name).ok());
    found
        .find(|user| !user.is_empty())
        .unwrap_or_else(|| "somebody at a terminal".to_owned())
}

/// A line as it should be.
fn line(event: &str, action: &str, class: &str, more: Value) -> Value {
    let mut line = json!({"event": event, "principal": "http", "client": "black-box/1", "action": action,
        "class": class, "has": "call shop digest"});
    let all = line.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    line
}

fn same(found: &[Value], wanted: &[Value]) {
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert_eq!(found, wanted, "line {}", index + 1);
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[tokio::test]
async fn the_trail_tells_what_was_tried_and_what_came_of_it() {
    let sandbox = fixture();
    let state = Folder::new();
    let allow = [
        "--surface",
        "compact",
        "--state",
        state.path(),
        "--max-recipients",
        "3",
    ];
    let mut command = serve(
        &sandbox,
        &[
            &allow[..],
            &["--http", "127.0.0.1:0", "--money-per-day", "200"],
        ]
        .concat(),
    );
    command.args(["--exclude-tools", "preorders_offers_delete"]);
    let server = crate::support::HttpProcess::start(command);
    let client = Modern::asking(&server);
    let run = |action: &str, arguments: Value| json!({"action": action, "arguments": arguments});
    client.call("run_write", run(WRITE, tag(true))).await;
    let question = client
        .question("run_send", run(NOTIFY, alerts(&[1, 4, 13])))
        .await;
    client.answer(&question, typed("yes")).await;
    client.answer(&question, json!({"action": "decline"})).await;
    client.answer(&question, typed("3")).await;
    client.answer(&question, typed("3")).await;
    let above = run(
        NOTIFY,
        json!({"signup_ids": [signup(1), signup(4), signup(13), signup(14)], "allow_resend": true}),
    );
    client.call("run_send", above).await;
    client
        .agreed("run_money", run(CHARGE, json!({"id": order(1)})))
        .await;
    client
        .agreed("run_money", run(CHARGE, json!({"id": order(2)})))
        .await;
    let plain = Modern::with(&server, json!({}));
    plain
        .call("run_destroy", run(DELETE, json!({"id": signup(12)})))
        .await;
    let narrow = Modern::asking(&server).header("x-stoq-allow", "write");
    narrow
        .call("run_destroy", run(DELETE, json!({"id": signup(12)})))
        .await;
    let post = json!({"method": "POST"});
    sandbox.fault(json!({"match": post, "times": 1, "fault": {"kind": "drop", "phase": "after"}}));
    client
        .agreed(
            "run_send",
            run(
                "preorders_orders_payments_send_payment_link",
                json!({"id": order(2)}),
            ),
        )
        .await;
    sandbox.mend();
    state.run(&["writes", "off"]);
    state.run(&["writes", "off"]);
    client.call("run_write", run(WRITE, tag(false))).await;
    // Reads leave no line.
    client.call("run_read", run(READ, json!({}))).await;
    let verified = state.run(&["audit", "verify"]);
    assert!(
        verified.starts_with("The audit trail is whole. "),
        "{verified}"
    );
    let blocked = |action: &str, class: &str, reason: &str| {
        line("blocked", action, class, json!({"reason": reason}))
    };
    let unasked = |action: &str, class: &str| {
        let more = json!({"reason": "unconfirmed", "has": "call shop digest took_ms"});
        line("blocked", action, class, more)
    };
    let ended = |more: Value| {
        let mut all = json!({"has": "call shop digest took_ms"});
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };
    let link = "preorders_orders_payments_send_payment_link";
    let wanted = [
        line("intent", WRITE, "write", json!({})),
        line(
            "outcome",
            WRITE,
            "write",
            ended(json!({"status": "accepted", "upstream_status": 202, "points": 2})),
        ),
        unasked(NOTIFY, "send"),
        blocked(NOTIFY, "send", "wrong_answer"),
        blocked(NOTIFY, "send", "declined"),
        line(
            "intent",
            NOTIFY,
            "send",
            json!({"count": 3, "confirmed": "elicited"}),
        ),
        line(
            "outcome",
            NOTIFY,
            "send",
            ended(
                json!({"count": 3, "confirmed": "elicited", "status": "accepted", "upstream_status": 202, "points": 2}),
            ),
        ),
        line(
            "outcome",
            NOTIFY,
            "send",
            ended(json!({"status": "replayed"})),
        ),
        blocked(NOTIFY, "send", "cap"),
        unasked(CHARGE, "money"),
        line(
            "intent",
            CHARGE,
            "money",
            json!({"count": 1, "amount": ["79.65 USD"], "confirmed": "elicited"}),
        ),
        line(
            "outcome",
            CHARGE,
            "money",
            ended(
                json!({"count": 1, "amount": ["79.65 USD"], "confirmed": "elicited", "status": "accepted", "upstream_status": 202, "points": 2}),
            ),
        ),
        unasked(CHARGE, "money"),
        blocked(CHARGE, "money", "money_per_day"),
        blocked(DELETE, "destroy", "unconfirmed"),
        line(
            "blocked",
            DELETE,
            "destroy",
            json!({"reason": "policy", "has": "call shop"}),
        ),
        unasked(link, "send"),
        line(
            "intent",
            link,
            "send",
            json!({"count": 1, "confirmed": "elicited"}),
        ),
        line(
            "outcome",
            link,
            "send",
            ended(json!({"count": 1, "confirmed": "elicited", "status": "unknown", "points": 2})),
        ),
        json!({"event": "switch", "principal": user(), "writes": "off", "has": ""}),
        blocked(WRITE, "write", "writes_off"),
    ];
    same(&lines(&state), &wanted);
    // The receipts tell the same.
    let out = state.run(&["receipts", "--json"]);
    let receipts: Vec<Value> = serde_json::from_str(&out).unwrap();
    let told: Vec<Value> = receipts
        .iter()
        .map(|receipt| {
            let parts = [
                "action",
                "state",
                "count",
                "amount",
                "confirmed",
                "principal",
            ];
            Value::Array(parts.iter().map(|part| receipt[part].clone()).collect())
        })
        .collect();
    let wanted = [
        json!([link, "unknown", 1, null, "elicit", "http"]),
        json!([CHARGE, "done", 1, "79.65 USD", "elicit", "http"]),
        json!([NOTIFY, "done", 3, null, "elicit", "http"]),
    ];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn a_client_that_gives_no_name_has_still_been_asked_in_its_form() {
    let sandbox = fixture();
    let state = Folder::new();
    let server = over_http(&sandbox, &["--surface", "full", "--state", state.path()]);
    let client = Modern::asking(&server).nameless();
    let done = client.agreed(NOTIFY, alerts(&[1])).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    let lines = lines(&state);
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["event"], &last["confirmed"]),
        (&json!("outcome"), &json!("elicited"))
    );
}

/// `call` at no terminal, on a state folder.
pub fn shell(
    sandbox: &SandboxProcess,
    state: &Folder,
    action: &str,
    more: &[&str],
) -> (i32, String, String) {
    finish(shell_command(sandbox, state, action, more))
}

fn shell_command(sandbox: &SandboxProcess, state: &Folder, action: &str, more: &[&str]) -> Command {
    let mut command = program(&["call", action, "--base-url", &sandbox.base_url]);
    command
        .args([
            "--allow",
            "write,send,money,destroy",
            "--state",
            state.path(),
        ])
        .args(more);
    crate::world::guarded(&mut command, &sandbox.key);
    command
}

#[test]
fn without_a_trail_there_is_nothing_to_verify() {
    let (code, _, err) = run(&["audit", "verify", "--state", Folder::new().path()]);
    assert_eq!(code, 1);
    assert!(
        err.contains("nothing was ever recorded in this folder"),
        "{err}"
    );
}
