//! Clients that cannot ask their person, and operators who let them have effects all the same.

use serde_json::{Value, json};

use crate::clients::{Modern, refusal, structured};
use crate::support::SandboxProcess;
use crate::support::tools::Tools;
use crate::world::{
    CHARGE, DELETE, NOTIFY, TRANSFER, alerts, effects, fixture, nothing_happened, order, over_http,
    signup, transfer,
};

const TWO: [u64; 2] = [1, 4];
const NO_FORM: &str = "A person has to agree, and this client shows them no form (elicitation)";
const WAYS: &str = "Nothing was sent. Use a client with elicitation, or run it at a terminal with `stoq-mcp call`; or the operator accepts handles without a form: --confirm handle.";

/// What a client may declare that shows no form.
fn formless() -> [Value; 3] {
    [
        json!({}),
        json!({"elicitation": {"url": {}}}),
        json!({"sampling": {}}),
    ]
}

/// The handle that a plan came with.
fn handle(planned: &Value) -> String {
    let planned = structured(planned);
    assert_eq!(planned["status"], json!("planned"), "{planned}");
    planned["plan"]["confirm"].as_str().unwrap().to_owned()
}

fn with(mut arguments: Value, name: &str, value: Value) -> Value {
    arguments[name] = value;
    arguments
}

#[tokio::test]
async fn money_and_what_destroys_need_a_person_and_the_refusal_says_who_can_change_that() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full", "--money-per-day", "1000"]);
    for capabilities in formless() {
        let client = Modern::with(&server, capabilities);
        for (tool, arguments, sentence) in [
            (
                CHARGE,
                json!({"id": order(2)}),
                "Charges 159.30 USD to the stored payment method of order #2002. A decline mails shopper and merchant.",
            ),
            (
                DELETE,
                json!({"id": signup(12)}),
                "Deletes 1 signup (1 pending) for “Alder Wool Throw / Clay / Large”. The shopper is off the waitlist then.",
            ),
        ] {
            let told = client.call(tool, arguments.clone()).await;
            let refused =
                format!("`{tool}` was planned and not done: {sentence} {NO_FORM}. {WAYS}");
            assert_eq!(refusal(&told), refused);
            // A boolean is no proof, nor is a handle that nobody gave.
            for (proof, what) in [
                (json!(true), "`confirm`"),
                (
                    json!("true"),
                    "which is no handle of a plan; those begin with cfm_.",
                ),
                (
                    json!("cfm_0123456789abcdefghjkmnpqrs"),
                    "there is no such plan",
                ),
            ] {
                let told = client
                    .call(tool, with(arguments.clone(), "confirm", proof))
                    .await;
                assert!(refusal(&told).contains(what), "{told}");
            }
        }
    }
    nothing_happened(&sandbox);
}

#[tokio::test]
async fn a_small_send_goes_by_a_handle_that_counts_once() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::with(&server, json!({}));
    let tools = Tools::listed_in(&client.ask("tools/list", json!({})).await);
    let planned = client.call(NOTIFY, alerts(&TWO)).await;
    let handle = handle(&planned);
    assert_eq!(handle.len(), 30);
    let wanted = json!({
        "status": "planned",
        "plan": {
            "sentence": "2 shoppers get an alert by email about “Canvas Field Jacket / Small / Olive” and “Canvas Field Jacket / Medium / Olive”.",
            "class": "send", "count": 2, "unit": "shoppers",
            "first": [
                "51900000-0000-4000-8000-000000000001 (email j***@example.com, Small / Olive, pending)",
                "51900000-0000-4000-8000-000000000004 (email l***@example.com, Medium / Olive, pending)",
            ],
            "undo": "A message that was sent cannot be called back.",
            "points": 2, "points_of_plan": 4, "valid_minutes": 10, "confirm": handle,
        },
        "note": format!("Nothing was sent. Show the plan to the merchant. When they agree, make the same call again with `confirm` \"{handle}\", within 10 minutes."),
    });
    assert_eq!(tools.check(NOTIFY, &alerts(&TWO), &planned), wanted);
    let agreed = |arguments: Value| with(arguments, "confirm", json!(handle));
    let told = client.call(NOTIFY, agreed(alerts(&[1, 13]))).await;
    assert!(
        refusal(&told).contains("the plan agreed to was of another call"),
        "{told}"
    );
    nothing_happened(&sandbox);
    let done = client.call(NOTIFY, agreed(alerts(&TWO))).await;
    let done = tools.check(NOTIFY, &agreed(alerts(&TWO)), &done);
    assert_eq!(done["status"], json!("accepted"));
    // In any spelling, and as often as it is sent.
    let shouted = with(alerts(&TWO), "confirm", json!(handle.to_uppercase()));
    for arguments in [agreed(alerts(&TWO)), shouted] {
        let again = client.call(NOTIFY, arguments.clone()).await;
        let again = tools.check(NOTIFY, &arguments, &again);
        assert_eq!(
            (&again["status"], &again["receipt"]),
            (&json!("replayed"), &done["receipt"])
        );
    }
    assert_eq!(effects(&sandbox), ["send"; 2]);
}

#[tokio::test]
async fn a_handle_of_a_plan_that_changed_gives_the_plan_as_it_is_now() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::with(&server, json!({}));
    let first = handle(&client.call(NOTIFY, alerts(&TWO)).await);
    let gone = format!("/back_in_stock/signups/{}", signup(4));
    assert_eq!(sandbox.api("DELETE", &gone, Value::Null).0, 202);
    let result = client
        .call(NOTIFY, with(alerts(&TWO), "confirm", json!(first)))
        .await;
    let planned = structured(&result);
    assert_eq!(
        (&planned["status"], &planned["plan"]["count"]),
        (&json!("planned"), &json!(1))
    );
    let note = planned["note"].as_str().unwrap();
    assert!(note.starts_with("Nothing was sent. What it touches has changed since the plan that was agreed to: this is the plan as it is now. "), "{note}");
    let second = handle(&result);
    assert_ne!(first, second);
    assert_eq!(sandbox.effects("send"), 0);
    let done = client
        .call(NOTIFY, with(alerts(&TWO), "confirm", json!(second)))
        .await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    assert_eq!(sandbox.effects("send"), 1);
}

/// Signups of the generated shop that an alert would reach.
fn waiting(sandbox: &SandboxProcess, count: usize) -> Value {
    let path = "/back_in_stock/signups?status=pending&channel=email&per_page=200";
    let (_, page) = sandbox.api("GET", path, Value::Null);
    let rows = page["signups"].as_array().unwrap().iter();
    let is_sure = |row: &&Value| row["notifications_sent"] == json!(0);
    let ids: Vec<Value> = rows
        .filter(is_sure)
        .map(|row| row["id"].clone())
        .take(count)
        .collect();
    assert_eq!(ids.len(), count);
    json!({"signup_ids": ids})
}

#[tokio::test]
async fn twenty_five_go_by_a_handle_and_twenty_six_need_a_person() {
    let sandbox = SandboxProcess::start("shop").unmetered();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::with(&server, json!({}));
    let planned = client.call(NOTIFY, waiting(&sandbox, 25)).await;
    assert_eq!(structured(&planned)["plan"]["count"], json!(25));
    let few = handle(&planned);
    let told = client.call(NOTIFY, waiting(&sandbox, 26)).await;
    let told = refusal(&told);
    assert!(
        told.starts_with("`back_in_stock_signups_bulk_notify` was planned and not done: 26 "),
        "{told}"
    );
    let rest = format!("{NO_FORM}, and without that at most 25 shoppers can be messaged. {WAYS}");
    assert!(told.ends_with(&rest), "{told}");
    // Nor does the handle of the few carry more.
    let more = with(waiting(&sandbox, 26), "confirm", json!(few));
    let told = client.call(NOTIFY, more).await;
    assert!(refusal(&told).contains("of another call"), "{told}");
    nothing_happened(&sandbox);
    let done = client
        .call(NOTIFY, with(waiting(&sandbox, 25), "confirm", json!(few)))
        .await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    assert_eq!(sandbox.effects("send"), 25);
    // A person may.
    let question = Modern::asking(&server)
        .question(NOTIFY, waiting(&sandbox, 26))
        .await;
    assert!(
        question.message().ends_with("\nType 26 to go ahead."),
        "{}",
        question.message()
    );
}

#[tokio::test]
async fn an_operator_who_takes_handles_takes_them_for_every_class() {
    let sandbox = fixture();
    let more = [
        "--surface",
        "full",
        "--confirm",
        "handle",
        "--money-per-day",
        "1000",
    ];
    let server = over_http(&sandbox, &more);
    let client = Modern::with(&server, json!({}));
    for (tool, arguments) in [
        (NOTIFY, alerts(&TWO)),
        (DELETE, json!({"id": signup(12)})),
        (CHARGE, json!({"id": order(1)})),
        (TRANSFER, transfer()),
    ] {
        let before = sandbox.all_effects().len();
        let handle = handle(&client.call(tool, arguments.clone()).await);
        assert_eq!(sandbox.all_effects().len(), before, "{tool}");
        let done = client
            .call(tool, with(arguments, "confirm", json!(handle)))
            .await;
        assert_eq!(structured(&done)["status"], json!("accepted"), "{tool}");
        assert!(sandbox.all_effects().len() > before, "{tool}");
    }
    // Where a person can be asked, they are; a handle is not taken in their place.
    let delete = json!({"id": signup(14)});
    let handle = handle(&client.call(DELETE, delete.clone()).await);
    let asking = Modern::asking(&server);
    asking.question(DELETE, delete.clone()).await;
    asking
        .question(DELETE, with(delete, "confirm", json!(handle)))
        .await;
}

#[tokio::test]
async fn unattended_a_call_is_done_at_once_and_one_without_ids_names_its_count() {
    let sandbox = fixture();
    let more = [
        "--surface",
        "full",
        "--confirm",
        "off",
        "--money-per-day",
        "1000",
    ];
    let server = over_http(&sandbox, &more);
    let client = Modern::with(&server, json!({}));
    let sentence = "Moves 4 signups (4 pending) from “Stoneware Pour-Over Set” to “Beeswax Candle Trio / Cedar”; 1 skipped: already waiting for the target. The shoppers wait for the other variant then, and no message goes out now.";
    let told = client.call(TRANSFER, transfer()).await;
    assert_eq!(
        refusal(&told),
        format!(
            "`{TRANSFER}` was not done: its arguments do not say how many records it touches. {sentence} Nothing was sent. Call again with `expected_count`: 4."
        )
    );
    for wrong in [0, 3, 5] {
        let told = client
            .call(TRANSFER, with(transfer(), "expected_count", json!(wrong)))
            .await;
        assert_eq!(
            refusal(&told),
            format!(
                "`{TRANSFER}` was not done: `expected_count` is {wrong}, and it would touch 4 signups. Nothing was sent. {sentence} Call again with the count that is meant."
            )
        );
    }
    nothing_happened(&sandbox);
    let done = client
        .call(TRANSFER, with(transfer(), "expected_count", json!(4)))
        .await;
    assert_eq!(structured(&done)["data"]["transferred_count"], json!(4));
    for (tool, arguments) in [
        (NOTIFY, alerts(&TWO)),
        (DELETE, json!({"id": signup(12)})),
        (CHARGE, json!({"id": order(1)})),
    ] {
        let done = client.call(tool, arguments).await;
        assert_eq!(structured(&done)["status"], json!("accepted"), "{tool}");
    }
}

#[tokio::test]
async fn a_call_that_would_do_nothing_is_a_plan_without_a_question() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    for client in [Modern::asking(&server), Modern::with(&server, json!({}))] {
        let tools = Tools::listed_in(&client.ask("tools/list", json!({})).await);
        let planned = client.call(NOTIFY, alerts(&[2, 3])).await;
        let planned = tools.check(NOTIFY, &alerts(&[2, 3]), &planned);
        assert_eq!(planned["plan"]["count"], json!(0));
        assert_eq!(planned["plan"].get("confirm"), None);
        assert_eq!(
            planned["note"],
            json!(
                "Nothing was sent. There is nothing to agree to: the API would leave everything out."
            )
        );
    }
    nothing_happened(&sandbox);
}

#[tokio::test]
async fn a_call_that_says_nothing_of_its_client_reaches_nothing() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full", "--confirm", "off"]);
    let params = json!({"name": NOTIFY, "arguments": alerts(&TWO)});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    // Neither of a session nor of the protocol without one.
    for version in ["2026-07-28", "2025-11-25"] {
        let request = crate::support::modern::client()
            .post(&server.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", version)
            .header("mcp-method", "tools/call")
            .header("mcp-name", NOTIFY);
        let answer = request.body(body.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{version}");
    }
    nothing_happened(&sandbox);
}
