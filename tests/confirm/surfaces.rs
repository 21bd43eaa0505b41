//! The same guards from every surface, through tools of actions and through those that run them by class.

use serde_json::{Value, json};
use stoq_mcp::registry::entry::Class;
use stoq_mcp::surface::executor;

use crate::clients::{Modern, as_asked, forms, refusal, structured, typed};
use crate::support::tools::Tools;
use crate::world::{
    CHARGE, DELETE, NOTIFY, RAISED, WRITE, alerts, automatic, effects, fixture, nothing_happened,
    order, over_http, signup,
};

const SURFACES: [&str; 3] = ["core", "compact", "full"];

/// How a surface calls an action of a class.
fn through(surface: &str, action: &str, class: Class, arguments: Value) -> (String, Value) {
    // A call that an argument raises goes through the tool of its class everywhere.
    match surface == "full" && action != RAISED {
        true => (action.to_owned(), arguments),
        false => (
            executor(class).to_owned(),
            json!({"action": action, "arguments": arguments}),
        ),
    }
}

fn calls() -> [(&'static str, Class, Value, &'static str); 4] {
    [
        (NOTIFY, Class::Send, alerts(&[1, 4]), "2"),
        (DELETE, Class::Destroy, json!({"id": signup(12)}), "delete"),
        (CHARGE, Class::Money, json!({"id": order(1)}), "79.65"),
        (RAISED, Class::Money, automatic(4), "28.00"),
    ]
}

#[tokio::test]
async fn every_surface_asks_a_person_before_each_class_that_stays_done() {
    for surface in SURFACES {
        let sandbox = fixture();
        let server = over_http(&sandbox, &["--surface", surface, "--money-per-day", "1000"]);
        let client = Modern::asking(&server);
        let tools = Tools::listed_in(&client.ask("tools/list", json!({})).await);
        for (action, class, arguments, answer) in calls() {
            let about = format!("{action} on {surface}");
            let (tool, arguments) = through(surface, action, class, arguments);
            let before = sandbox.all_effects().len();
            let question = client.question(&tool, arguments).await;
            let last = format!("\nType {answer} to go ahead.");
            assert!(
                question.message().ends_with(&last),
                "{about}: {}",
                question.message()
            );
            let told = client.answer(&question, typed("yes")).await;
            assert!(refusal(&told).contains("what was typed is not"), "{about}");
            assert_eq!(sandbox.all_effects().len(), before, "{about}");
            let done = client.answer(&question, as_asked(&question.asked)).await;
            let done = tools.check(&tool, &question.arguments, &done);
            assert_eq!(done["status"], json!("accepted"), "{about}");
            let after = sandbox.all_effects().len();
            assert!(after > before, "{about}");
            let again = client.answer(&question, as_asked(&question.asked)).await;
            let again = tools.check(&tool, &question.arguments, &again);
            assert_eq!(again["status"], json!("replayed"), "{about}");
            assert_eq!(sandbox.all_effects().len(), after, "{about}");
        }
    }
}

#[tokio::test]
async fn every_surface_refuses_or_plans_for_who_cannot_be_asked() {
    for surface in SURFACES {
        let sandbox = fixture();
        let server = over_http(&sandbox, &["--surface", surface, "--money-per-day", "1000"]);
        let client = Modern::with(&server, json!({}));
        let tools = Tools::listed_in(&client.ask("tools/list", json!({})).await);
        for (action, class, arguments, _) in calls() {
            let (tool, arguments) = through(surface, action, class, arguments);
            let result = client.call(&tool, arguments.clone()).await;
            match class {
                Class::Send => {
                    let planned = tools.check(&tool, &arguments, &result);
                    assert_eq!(planned["status"], json!("planned"), "{action} on {surface}");
                }
                Class::Read | Class::Write | Class::Money | Class::Destroy => {
                    let told = refusal(&result);
                    assert!(
                        told.contains("this client shows them no form"),
                        "{action} on {surface}: {told}"
                    );
                }
            }
        }
        nothing_happened(&sandbox);
    }
}

#[tokio::test]
async fn an_executor_takes_a_handle_beside_the_arguments_and_within_them() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "compact"]);
    let client = Modern::with(&server, json!({}));
    let mut sent = 0;
    for (numbers, within) in [([1, 4], false), ([13, 14], true)] {
        let planned = json!({"action": NOTIFY, "arguments": alerts(&numbers)});
        let result = client.call("run_send", planned.clone()).await;
        let handle = structured(&result)["plan"]["confirm"].clone();
        let mut agreed = planned;
        match within {
            true => agreed["arguments"]["confirm"] = handle,
            false => agreed["confirm"] = handle,
        }
        let done = client.call("run_send", agreed.clone()).await;
        assert_eq!(structured(&done)["status"], json!("accepted"), "{within}");
        sent += 2;
        assert_eq!(sandbox.effects("send"), sent);
        let again = client.call("run_send", agreed).await;
        assert_eq!(structured(&again)["status"], json!("replayed"), "{within}");
        assert_eq!(sandbox.effects("send"), sent);
    }
    // A handle of one call opens no other, whatever stands in the arguments.
    let planned = json!({"action": NOTIFY, "arguments": alerts(&[15])});
    let handle = structured(&client.call("run_send", planned).await)["plan"]["confirm"].clone();
    let other = json!({"action": NOTIFY, "confirm": handle, "arguments": alerts(&[16])});
    let told = client.call("run_send", other).await;
    assert!(refusal(&told).contains("of another call"), "{told}");
    // Nor is a boolean one, in either place.
    for call in [
        json!({"action": NOTIFY, "confirm": true, "arguments": alerts(&[15])}),
        json!({"action": NOTIFY, "arguments": {"signup_ids": [signup(15)], "confirm": true}}),
    ] {
        let told = client.call("run_send", call).await;
        assert!(refusal(&told).contains("`confirm`"), "{told}");
    }
    assert_eq!(sandbox.effects("send"), sent);
}

#[tokio::test]
async fn calls_of_one_key_take_effect_once_through_every_tool() {
    let sandbox = fixture();
    let full = over_http(&sandbox, &["--surface", "full", "--confirm", "off"]);
    let compact = over_http(&sandbox, &["--surface", "compact", "--confirm", "off"]);
    for server in [&full, &compact] {
        let client = Modern::with(server, json!({}));
        let is_full = std::ptr::eq(server, &raw const full);
        let call = |key: &str, numbers: &[u64]| match is_full {
            true => {
                let mut arguments = alerts(numbers);
                arguments["allow_resend"] = json!(true);
                arguments["idempotency_key"] = json!(key);
                (NOTIFY, arguments)
            }
            false => {
                let mut arguments = alerts(numbers);
                arguments["allow_resend"] = json!(true);
                let call =
                    json!({"action": NOTIFY, "arguments": arguments, "idempotency_key": key});
                ("run_send", call)
            }
        };
        let before = sandbox.effects("send");
        let mut statuses = Vec::new();
        for (key, numbers) in [("a", &[1][..]), ("a", &[1]), ("b", &[1]), (" b ", &[1])] {
            let (tool, arguments) = call(key, numbers);
            let result = client.call(tool, arguments).await;
            statuses.push(structured(&result)["status"].clone());
        }
        assert_eq!(statuses, ["accepted", "replayed", "accepted", "replayed"]);
        let (tool, arguments) = call("a", &[4]);
        let told = client.call(tool, arguments).await;
        assert_eq!(
            refusal(&told),
            format!(
                "`{NOTIFY}`: that `idempotency_key` was used for another call. Nothing was sent. Use a key of its own for each call that is meant."
            )
        );
        assert_eq!(sandbox.effects("send") - before, 2);
    }
    // A write that can be taken back has a key as well.
    let client = Modern::with(&compact, json!({}));
    let tag = json!({"order_tag": {"enabled": true}});
    let call = json!({"action": WRITE, "arguments": tag, "idempotency_key": "w"});
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let result = client.call("run_write", call.clone()).await;
        statuses.push(structured(&result)["status"].clone());
    }
    assert_eq!(statuses, ["accepted", "replayed"]);
    assert_eq!(effects(&sandbox).last().unwrap(), "settings_written");
}

#[tokio::test]
async fn what_is_listed_depends_on_the_operators_choice_and_never_on_who_can_be_asked() {
    let sandbox = fixture();
    for surface in SURFACES {
        let server = over_http(&sandbox, &["--surface", surface]);
        let off = over_http(&sandbox, &["--surface", surface, "--confirm", "off"]);
        let mut lists = Vec::new();
        for (server, capabilities) in [(&server, forms()), (&server, json!({})), (&off, json!({}))]
        {
            let client = Modern::with(server, capabilities);
            lists.push(client.ask("tools/list", json!({})).await["result"].clone());
        }
        assert_eq!(lists[0], lists[1]);
        // What counts as consent is told in the descriptions, and changes nothing else.
        let undescribed = |list: &Value| {
            let tools = list["tools"].as_array().unwrap().iter();
            let tools = tools.map(|tool| {
                let mut tool = tool.clone();
                tool.as_object_mut().unwrap().remove("description");
                tool
            });
            tools.collect::<Vec<Value>>()
        };
        assert_ne!(lists[0], lists[2]);
        assert_eq!(undescribed(&lists[0]), undescribed(&lists[2]));
        for tool in lists[0]["tools"].as_array().unwrap() {
            let hints = tool["annotations"].as_object().unwrap();
            let names: Vec<&str> = hints.keys().map(String::as_str).collect();
            assert_eq!(
                names,
                [
                    "title",
                    "readOnlyHint",
                    "destructiveHint",
                    "idempotentHint",
                    "openWorldHint"
                ]
            );
            let takes_proof = tool["inputSchema"]["properties"].get("confirm").is_some();
            assert_eq!(
                hints["destructiveHint"],
                json!(takes_proof),
                "{}",
                tool["name"]
            );
        }
    }
}
