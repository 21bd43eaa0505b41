//! Clients of the stateless protocol, whose person is asked within the result.

use serde_json::{Value, json};

use crate::clients::{Modern, Question, as_asked, forms, refusal, structured, typed};
use crate::support::tools::Tools;
use crate::world::{
    CHARGE, DELETE, NOTIFY, alerts, effects, fixture, nothing_happened, order, over_http, signup,
};

const THREE: [u64; 3] = [1, 4, 13];

#[tokio::test]
async fn a_person_types_the_count_and_it_happens_once() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::asking(&server);
    let tools = Tools::listed_in(&client.ask("tools/list", json!({})).await);
    let question = client.question(NOTIFY, alerts(&THREE)).await;
    let message = "3 shoppers get an alert by email about “Stoneware Pour-Over Set”, “Canvas Field Jacket / Small / Olive” and “Canvas Field Jacket / Medium / Olive”.
- 51900000-0000-4000-8000-000000000001 (email j***@example.com, Small / Olive, pending)
- 51900000-0000-4000-8000-000000000004 (email l***@example.com, Medium / Olive, pending)
- 51900000-0000-4000-8000-000000000013 (email p***@example.com, Default Title, pending)
A message that was sent cannot be called back.
Type 3 to go ahead.";
    let schema = json!({"type": "object", "required": ["answer"], "properties": {"answer": {
        "type": "string", "title": "Type 3",
        "description": "What the plan asks you to type; anything else sends nothing."}}});
    let form = json!({"mode": "form", "message": message, "requestedSchema": schema});
    assert_eq!(question.asked, form);
    nothing_happened(&sandbox);
    let done = client.answer(&question, typed("3")).await;
    let done = tools.check(NOTIFY, &question.arguments, &done);
    assert_eq!(done["status"], json!("accepted"));
    assert_eq!(done["data"]["success"], question.arguments["signup_ids"]);
    assert_eq!(effects(&sandbox), ["send"; 3]);
    // The answer is lost, and the client sends its call once more, under an id of its own.
    let again = client.answer(&question, typed("3")).await;
    let again = tools.check(NOTIFY, &question.arguments, &again);
    let told = |result: &Value| (result["data"].clone(), result["receipt"].clone());
    assert_eq!(again["status"], json!("replayed"));
    assert_eq!(told(&again), told(&done));
    assert!(
        done["receipt"].as_str().unwrap().starts_with("rcp_"),
        "{done}"
    );
    assert_eq!(effects(&sandbox), ["send"; 3]);
    assert_eq!(
        sandbox.requests("POST", "/back_in_stock/signups/bulk_notify"),
        1
    );
}

#[tokio::test]
async fn money_is_agreed_to_by_its_amount_and_a_single_row_by_its_verb() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full", "--money-per-day", "160"]);
    let client = Modern::asking(&server);
    let question = client.question(CHARGE, json!({"id": order(1)})).await;
    assert_eq!(
        question.message(),
        "Charges 79.65 USD to the stored payment method of order #2001. A decline mails shopper and merchant.
- #2001 (6130000000001, j***@example.com, awaiting_balance, 79.65 USD outstanding)
A charge can only be given back by a refund.
Type 79.65 to go ahead."
    );
    for wrong in ["79", "1", "charge_balance", "yes"] {
        let told = client.answer(&question, typed(wrong)).await;
        assert!(refusal(&told).contains("what was typed is not"), "{told}");
    }
    nothing_happened(&sandbox);
    let done = client.answer(&question, typed(" 79.65 ")).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    assert_eq!(effects(&sandbox), ["charge_succeeded"]);
    let question = client.question(DELETE, json!({"id": signup(12)})).await;
    assert_eq!(
        question.message(),
        "Deletes 1 signup (1 pending) for “Alder Wool Throw / Clay / Large”. The shopper is off the waitlist then.
- 51900000-0000-4000-8000-000000000012 (email m***@example.com, Clay / Large, pending)
A deleted signup cannot be restored; the customer and the send log stay.
Type delete to go ahead."
    );
    let done = client.answer(&question, typed("DELETE")).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    assert_eq!(effects(&sandbox), ["charge_succeeded", "signup_deleted"]);
}

#[tokio::test]
async fn whatever_is_no_agreement_sends_nothing() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::asking(&server);
    let question = client.question(NOTIFY, alerts(&THREE)).await;
    let declined = "`back_in_stock_signups_bulk_notify` was not done: the person asked said no. Nothing was sent. Do not call it again unless they ask for it.";
    let mistyped = "`back_in_stock_signups_bulk_notify` was not done: what was typed is not what the plan asked for. Nothing was sent. Call again to see the plan and be asked anew; do not answer in a person's place.";
    for (answer, told) in [
        (json!({"action": "decline"}), declined),
        (json!({"action": "cancel"}), declined),
        // What was typed before is no agreement either.
        (
            json!({"action": "decline", "content": {"answer": "3"}}),
            declined,
        ),
        (typed("4"), mistyped),
        (typed("yes"), mistyped),
        (typed(""), mistyped),
        (json!({"action": "accept", "content": {}}), mistyped),
        (json!({"action": "accept"}), mistyped),
        (
            json!({"action": "accept", "content": {"answer": true}}),
            mistyped,
        ),
        (
            json!({"action": "accept", "content": {"agree": "3"}}),
            mistyped,
        ),
    ] {
        let result = client.answer(&question, answer.clone()).await;
        assert_eq!(refusal(&result), told, "{answer}");
    }
    let unknown = "`back_in_stock_signups_bulk_notify` was not done: there is no such plan; this server did not give it, or it is long over. Nothing was sent. Call again without it to see the plan as it is now.";
    let state = &question.state;
    let flipped = match state.strip_prefix('e') {
        Some(rest) => format!("f{rest}"),
        None => panic!("{state}"),
    };
    for state in [
        flipped,
        state[..state.len() - 1].to_owned(),
        format!("{state}A"),
        "x".to_owned(),
        String::new(),
    ] {
        let other = Question {
            state,
            ..question.clone()
        };
        let result = client.answer(&other, typed("3")).await;
        assert_eq!(refusal(&result), unknown, "{}", other.state);
    }
    let other_call = |tool: &str| {
        format!(
            "`{tool}` was not done: the plan agreed to was of another call: action and arguments must be the same. Nothing was sent. Call with the arguments of the plan, or without its proof to see a new plan."
        )
    };
    for arguments in [alerts(&[1, 4, 14]), alerts(&[1, 4]), alerts(&[4, 1, 13])] {
        let other = Question {
            arguments,
            ..question.clone()
        };
        let result = client.answer(&other, typed("3")).await;
        assert_eq!(refusal(&result), other_call(NOTIFY));
    }
    let bulk_delete = "back_in_stock_signups_bulk_delete";
    let other = Question {
        tool: bulk_delete.to_owned(),
        ..question.clone()
    };
    assert_eq!(
        refusal(&client.answer(&other, typed("3")).await),
        other_call(bulk_delete)
    );
    nothing_happened(&sandbox);
    // None of this has used it up.
    let done = client.answer(&question, typed("3")).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
}

#[tokio::test]
async fn a_state_without_an_answer_and_an_answer_without_a_state_are_no_agreement() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::asking(&server);
    let question = client.question(NOTIFY, alerts(&THREE)).await;
    let mut params = json!({"name": NOTIFY, "arguments": question.arguments});
    params["inputResponses"] = json!({"agree": typed("3")});
    let asked = client.ask("tools/call", params.clone()).await;
    Question::of(NOTIFY, question.arguments.clone(), &asked["result"]);
    params["requestState"] = json!(question.state);
    for answers in [json!({}), json!({"other": typed("3")})] {
        params["inputResponses"] = answers;
        let told = client.ask("tools/call", params.clone()).await;
        assert!(
            refusal(&told["result"]).contains("what was typed is not"),
            "{told}"
        );
    }
    nothing_happened(&sandbox);
}

#[tokio::test]
async fn a_state_of_another_shop_is_none() {
    let (here, there) = (fixture(), fixture());
    let key = "stoq_api_key_5a0db0c5000000000000000000000002";
    let mut command = crate::world::serve(&there, &["--http", "127.0.0.1:0", "--surface", "full"]);
    command.env("STOQ_API_KEY", key);
    let (server, elsewhere) = (
        over_http(&here, &["--surface", "full"]),
        crate::support::HttpProcess::start(command),
    );
    let question = Modern::asking(&server)
        .question(NOTIFY, alerts(&THREE))
        .await;
    let told = Modern::asking(&elsewhere)
        .answer(&question, typed("3"))
        .await;
    assert!(refusal(&told).contains("there is no such plan"), "{told}");
    nothing_happened(&there);
    nothing_happened(&here);
}

#[tokio::test]
async fn who_waits_has_changed_since_and_the_person_is_asked_anew() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::asking(&server);
    let first = client.question(NOTIFY, alerts(&THREE)).await;
    let gone = format!("/back_in_stock/signups/{}", signup(13));
    assert_eq!(sandbox.api("DELETE", &gone, Value::Null).0, 202);
    let before = effects(&sandbox);
    let result = client.answer(&first, typed("3")).await;
    let second = Question::of(NOTIFY, first.arguments.clone(), &result);
    assert_eq!(
        second.message(),
        "What it touches has changed since the plan that was agreed to: this is the plan as it is now.
2 shoppers get an alert by email about “Canvas Field Jacket / Small / Olive” and “Canvas Field Jacket / Medium / Olive”; 1 skipped: not found.
- 51900000-0000-4000-8000-000000000001 (email j***@example.com, Small / Olive, pending)
- 51900000-0000-4000-8000-000000000004 (email l***@example.com, Medium / Olive, pending)
A message that was sent cannot be called back.
Type 2 to go ahead."
    );
    // What was agreed to before stays without effect, and the new answer belongs to the new plan.
    for (question, answer) in [(&first, "3"), (&first, "3")] {
        let result = client.answer(question, typed(answer)).await;
        assert_eq!(
            Question::of(NOTIFY, first.arguments.clone(), &result).message(),
            second.message()
        );
    }
    assert!(refusal(&client.answer(&first, typed("2")).await).contains("what was typed is not"));
    assert_eq!(effects(&sandbox), before);
    let done = client.answer(&second, as_asked(&second.asked)).await;
    assert_eq!(
        structured(&done)["data"]["success"],
        json!([signup(1), signup(4)])
    );
    let sent = [before, vec!["send".to_owned(); 2]].concat();
    assert_eq!(effects(&sandbox), sent);
}

#[tokio::test]
async fn a_job_is_agreed_to_first_and_is_a_task_then() {
    let sandbox = fixture();
    sandbox.control("PATCH", "/config", json!({"job_start_ms": 60_000}));
    sandbox.control("POST", "/clock", json!({"frozen": true}));
    let server = over_http(&sandbox, &["--surface", "full"]);
    let mut capabilities = forms();
    capabilities["extensions"] = json!({"io.modelcontextprotocol/tasks": {}});
    let client = Modern::with(&server, capabilities);
    let orders = json!({"order_ids": [order(3), order(4)]});
    let question = client
        .question("preorders_orders_bulk_release", orders)
        .await;
    nothing_happened(&sandbox);
    let begun = client.answer(&question, as_asked(&question.asked)).await;
    assert_eq!(begun["resultType"], json!("task"), "{begun}");
    let again = client.answer(&question, as_asked(&question.asked)).await;
    let again = structured(&again);
    assert_eq!(again["status"], json!("replayed"));
    assert!(
        again["note"].as_str().unwrap().contains("Its job: {"),
        "{again}"
    );
    assert_eq!(
        sandbox.requests("POST", "/preorders/orders/bulk_release"),
        1
    );
    sandbox.control("POST", "/clock", json!({"advance_ms": 600_000}));
    let task = json!({"taskId": begun["taskId"]});
    let mut ended = Value::Null;
    for _ in 0..100 {
        ended = client.ask("tasks/get", task.clone()).await["result"].clone();
        if ended["status"] != json!("working") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(ended["status"], json!("completed"), "{ended}");
    assert_eq!(structured(&ended["result"])["status"], json!("ok"));
    assert_eq!(sandbox.effects("order_released"), 2);
}

#[tokio::test]
async fn an_agreement_that_the_api_refused_is_spent() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let client = Modern::asking(&server);
    // The card of this order is declined.
    let question = client.question(CHARGE, json!({"id": order(2)})).await;
    let declined = client.answer(&question, typed("159.30")).await;
    assert!(refusal(&declined).contains("card_declined"), "{declined}");
    let charges = || {
        let path = format!("/preorders/orders/{}/payments/charge_balance", order(2));
        sandbox.requests("POST", &path)
    };
    assert_eq!(charges(), 1);
    let again = client.answer(&question, typed("159.30")).await;
    assert_eq!(
        refusal(&again),
        format!(
            "`{CHARGE}`: the plan agreed to was tried, and the API refused it. Nothing was sent now. Call without `confirm` to see a new plan."
        )
    );
    assert_eq!(charges(), 1);
    // A new plan is a new question, and a new try.
    client.agreed(CHARGE, json!({"id": order(2)})).await;
    assert_eq!(charges(), 2);
}
