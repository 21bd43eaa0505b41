//! Clients with a session, whose person is asked by a request of the server.

use serde_json::{Value, json};

use crate::clients::{Session, as_asked, forms, refusal, structured, typed};
use crate::support::HttpProcess;
use crate::support::tools::Tools;
use crate::world::{
    NOTIFY, WRITE, alerts, effects, fixture, nothing_happened, on_stdio, serve, signup,
};

const THREE: [u64; 3] = [1, 4, 13];

/// A person who must not be asked.
fn nobody(question: &Value) -> Value {
    panic!("asked: {question}")
}

#[test]
fn over_stdio_the_person_is_asked_while_the_call_waits() {
    let sandbox = fixture();
    let mut client = on_stdio(&sandbox, &["--surface", "full"], &forms());
    let tools = Tools::of(&mut client.server);
    let mut asked = Vec::new();
    let done = client.call(NOTIFY, alerts(&THREE), &mut |question| {
        nothing_happened(&sandbox);
        asked.push(question.clone());
        as_asked(question)
    });
    let done = tools.check(NOTIFY, &alerts(&THREE), &done);
    assert_eq!(done["status"], json!("accepted"));
    assert_eq!(asked.len(), 1);
    let schema = json!({"type": "object", "required": ["answer"], "properties": {"answer": {
        "type": "string", "title": "Type 3",
        "description": "What the plan asks you to type; anything else sends nothing."}}});
    assert_eq!(
        (&asked[0]["mode"], &asked[0]["requestedSchema"]),
        (&json!("form"), &schema)
    );
    let message = asked[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("3 shoppers get an alert by email about "),
        "{message}"
    );
    assert_eq!(effects(&sandbox), ["send"; 3]);
    // The same call within the minute is the same intent: nobody is asked again.
    let again = client.call(NOTIFY, alerts(&THREE), &mut nobody);
    let again = tools.check(NOTIFY, &alerts(&THREE), &again);
    assert_eq!(
        (&again["status"], &again["receipt"]),
        (&json!("replayed"), &done["receipt"])
    );
    let note = again["note"].as_str().unwrap();
    assert!(note.contains(" The same call within 60 s counts as a repeat; one that is meant again takes another `idempotency_key`."), "{note}");
    assert_eq!(effects(&sandbox), ["send"; 3]);
    // What can be taken back needs nobody.
    let tag = json!({"order_tag": {"enabled": true}});
    let done = client.call(WRITE, tag, &mut nobody);
    assert_eq!(structured(&done)["status"], json!("accepted"));
}

#[test]
fn over_stdio_whatever_is_no_agreement_sends_nothing() {
    let sandbox = fixture();
    let mut client = on_stdio(&sandbox, &["--surface", "full"], &forms());
    for (answer, told) in [
        (json!({"action": "decline"}), "the person asked said no"),
        (json!({"action": "cancel"}), "the person asked said no"),
        (typed("30"), "what was typed is not what the plan asked for"),
        (
            json!({"action": "accept", "content": {}}),
            "what was typed is not what the plan asked for",
        ),
        (
            json!({"action": "accept"}),
            "what was typed is not what the plan asked for",
        ),
    ] {
        let result = client.call(NOTIFY, alerts(&THREE), &mut |_| answer.clone());
        assert!(refusal(&result).contains(told), "{result}");
    }
    nothing_happened(&sandbox);
}

#[test]
fn over_stdio_a_client_that_refuses_the_question_has_not_agreed() {
    let sandbox = fixture();
    let mut client = on_stdio(&sandbox, &["--surface", "full"], &forms());
    let call = json!({"name": NOTIFY, "arguments": alerts(&THREE)});
    let id = client.server.post("tools/call", call);
    let question = client.server.receive();
    assert_eq!(question["method"], json!("elicitation/create"));
    let error = json!({"code": -32601, "message": "no such method"});
    client
        .server
        .send(&json!({"jsonrpc": "2.0", "id": question["id"], "error": error}));
    let answer = client.server.answer(id);
    assert!(
        refusal(&answer["result"]).contains("the person asked said no"),
        "{answer}"
    );
    nothing_happened(&sandbox);
}

#[test]
fn over_stdio_a_change_while_the_person_reads_is_asked_about() {
    let sandbox = fixture();
    let mut client = on_stdio(&sandbox, &["--surface", "full"], &forms());
    let mut asked = Vec::new();
    let done = client.call(NOTIFY, alerts(&THREE), &mut |question| {
        if asked.is_empty() {
            let gone = format!("/back_in_stock/signups/{}", signup(13));
            assert_eq!(sandbox.api("DELETE", &gone, Value::Null).0, 202);
        }
        asked.push(question["message"].as_str().unwrap().to_owned());
        as_asked(question)
    });
    assert_eq!(
        structured(&done)["data"]["success"],
        json!([signup(1), signup(4)])
    );
    assert_eq!(asked.len(), 2);
    assert!(asked[1].starts_with("What it touches has changed since the plan that was agreed to: this is the plan as it is now.\n2 shoppers "), "{}", asked[1]);
    assert_eq!(effects(&sandbox), ["signup_deleted", "send", "send"]);
}

#[test]
fn over_stdio_a_client_without_forms_is_not_asked() {
    let sandbox = fixture();
    let mut client = on_stdio(&sandbox, &["--surface", "full"], &json!({}));
    let delete = json!({"id": signup(12)});
    let told = client.call("back_in_stock_signups_delete", delete, &mut nobody);
    assert!(
        refusal(&told).contains("this client shows them no form"),
        "{told}"
    );
    let planned = client.call(NOTIFY, alerts(&THREE), &mut nobody);
    let mut arguments = alerts(&THREE);
    arguments["confirm"] = structured(&planned)["plan"]["confirm"].clone();
    nothing_happened(&sandbox);
    let done = client.call(NOTIFY, arguments, &mut nobody);
    assert_eq!(structured(&done)["status"], json!("accepted"));
}

async fn through_a_session(streams: bool) {
    let sandbox = fixture();
    let mut command = serve(&sandbox, &["--surface", "full", "--http", "127.0.0.1:0"]);
    command.env("STOQ_MCP_EVENT_STREAM", streams.to_string());
    let server = HttpProcess::start(command);
    let client = Session::start(&server, &forms()).await;
    let mut no = |_: &Value| json!({"action": "decline"});
    let told = client.call(NOTIFY, alerts(&THREE), &mut no).await;
    assert!(
        refusal(&told).contains("the person asked said no"),
        "{told}"
    );
    nothing_happened(&sandbox);
    let mut questions = 0;
    let mut person = |question: &Value| {
        questions += 1;
        as_asked(question)
    };
    let done = client.call(NOTIFY, alerts(&THREE), &mut person).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    assert_eq!((questions, effects(&sandbox).len()), (1, 3));
    // Another session of a client without forms is not asked on this one.
    let other = Session::start(&server, &json!({})).await;
    let delete = json!({"id": signup(12)});
    let told = other
        .call("back_in_stock_signups_delete", delete, &mut nobody)
        .await;
    assert!(
        refusal(&told).contains("this client shows them no form"),
        "{told}"
    );
}

#[tokio::test]
async fn over_http_a_session_is_asked_on_its_stream() {
    through_a_session(true).await;
}

#[tokio::test]
async fn over_http_a_session_is_asked_where_other_answers_are_plain() {
    through_a_session(false).await;
}
