//! Plans that are agreed to, and proofs that hold or do not.

use std::collections::HashSet;

use serde_json::Map;

use super::*;
use crate::engine::confirm::{plan_digest, typed};
use crate::engine::plan::{Plan, light};
use crate::safety::confirm::Asks;

#[tokio::test]
async fn a_handle_lets_its_own_call_through_once_and_in_time() {
    let (guards, at) = guards(Confirm::Handle);
    let engine = engine(guards, &[OK, OK, OK]).await;
    let shown = made(&engine, call("g_purge", ids(2))).await.unwrap();
    let first = shown["plan"]["confirm"].as_str().unwrap().to_owned();
    assert_eq!(
        shown,
        json!({"status": "planned",
            "plan": {
                "sentence": "Runs `g_purge`, which can delete records or let goods go, on 2 records. What it touches could not be read beforehand.",
                "class": "destroy", "count": 2, "unit": "records", "first": ["i0", "i1"],
                "undo": "Whether it can be undone is not known.", "points": 2,
                "points_of_plan": 0, "valid_minutes": 10, "confirm": first},
            "note": format!("Nothing was sent. Show the plan to the merchant. When they agree, make the same call again with `confirm` \"{first}\", within 10 minutes.")})
    );
    at.store(START + 10 * MINUTE - 1, Ordering::SeqCst);
    for (name, other) in [("g_purge", ids(1)), ("g_send", ids(2))] {
        assert_eq!(
            ended(&engine, call(name, with(other, &first))).await,
            refused(
                ErrorKind::Unagreed,
                format!(
                    "`{name}` was not done: the plan agreed to was of another call: action and arguments must be the same. Nothing was sent. Call with the arguments of the plan, or without its proof to see a new plan."
                )
            )
        );
    }
    let agreed = || call("g_purge", with(ids(2), &first));
    let shown = made(&engine, agreed()).await.unwrap();
    assert_eq!(shown["status"], "accepted");
    let again = made(&engine, agreed()).await.unwrap();
    assert_eq!(again["status"], "replayed");
    assert_eq!(again["receipt"], shown["receipt"]);
    // What was done is told also when the plan is long over.
    at.store(START + 23 * 60 * MINUTE, Ordering::SeqCst);
    assert_eq!(ended(&engine, agreed()).await, Ok("replayed".to_owned()));
    let late = handle(&engine, call("g_purge", ids(3))).await;
    at.fetch_add(10 * MINUTE, Ordering::SeqCst);
    assert_eq!(
        ended(&engine, call("g_purge", with(ids(3), &late))).await,
        refused(
            ErrorKind::Unagreed,
            "`g_purge` was not done: the plan is more than 10 minutes old. Nothing was sent. Call again without its proof to see the plan as it is now."
        )
    );
    // A handle is known a day, and then it is none.
    at.fetch_add(24 * 60 * MINUTE, Ordering::SeqCst);
    for unknown in [late.as_str(), "cfm_0123456789abcdefghjkmnpqrs"] {
        assert_eq!(
            ended(&engine, call("g_purge", with(ids(3), unknown))).await,
            refused(
                ErrorKind::Unagreed,
                "`g_purge` was not done: there is no such plan; this server did not give it, or it is long over. Nothing was sent. Call again without it to see the plan as it is now."
            )
        );
    }
    for said in ["yes", "true"] {
        assert_eq!(
            ended(&engine, call("g_purge", with(ids(3), said))).await,
            refused(
                ErrorKind::Unagreed,
                format!(
                    "`g_purge` was not done: `confirm` is \"{said}\", which is no handle of a plan; those begin with cfm_. Nothing was sent. Call without `confirm` to see the plan and its handle."
                )
            )
        );
    }
    // A blank is no proof, so the call is planned anew.
    let blank = ended(&engine, call("g_purge", with(ids(3), " "))).await;
    assert_eq!(blank, Ok("planned".to_owned()));
}

fn asked(name: &str, arguments: Value) -> Call {
    Call {
        asks: Asks::Person,
        ..call(name, arguments)
    }
}

#[tokio::test]
async fn a_person_is_told_the_plan_and_types_what_it_names() {
    let (guards, _) = guards(Confirm::Elicit);
    let own = engine(guards.clone(), &[OK]).await;
    let challenge = async |name: &str, many: usize| {
        let outcome = own.call(asked(name, ids(many))).await.unwrap();
        let note = outcome.note.clone();
        (outcome.plan.unwrap().challenge.unwrap(), note)
    };
    let (one, note) = challenge("g_purge", 1).await;
    assert_eq!(one.typed, "purge");
    assert_eq!(
        note,
        Some("Nothing was sent. A person has to agree by typing purge.".to_owned())
    );
    assert_eq!(
        one.message,
        "Runs `g_purge`, which can delete records or let goods go, on 1 record. What it touches could not be read beforehand.\n- i0\nWhether it can be undone is not known.\nType purge to go ahead."
    );
    let (seven, _) = challenge("g_purge", 7).await;
    assert_eq!(seven.typed, "7");
    assert_eq!(
        seven.message,
        "Runs `g_purge`, which can delete records or let goods go, on 7 records. What it touches could not be read beforehand.\n- i0\n- i1\n- i2\n- i3\n- i4\n- and 2 more\nWhether it can be undone is not known.\nType 7 to go ahead."
    );
    let (two, _) = challenge("g_purge", 2).await;
    assert!(!two.message.contains("more"), "{}", two.message);
    // Where no target is told, it is not said that there are more.
    let all = own.call(asked("g_all", json!({}))).await.unwrap();
    assert_eq!(
        all.plan.unwrap().challenge.unwrap().message,
        "Runs `g_all`, which can delete records or let goods go, on 1 record. What it touches could not be read beforehand.\nWhether it can be undone is not known.\nType purge to go ahead."
    );
    // Money of unknown amount is agreed to by its count.
    assert_eq!(challenge("g_pay", 3).await.0.typed, "3");
    let typed = |text: &str| Call {
        proof: Some(Proof::Typed {
            state: seven.state.clone(),
            text: text.to_owned(),
        }),
        ..asked("g_purge", ids(7))
    };
    for wrong in ["", "yes", "6"] {
        assert_eq!(
            ended(&own, typed(wrong)).await,
            refused(
                ErrorKind::Unagreed,
                "`g_purge` was not done: what was typed is not what the plan asked for. Nothing was sent. Call again to see the plan and be asked anew; do not answer in a person's place."
            )
        );
    }
    let declined = Call {
        proof: Some(Proof::Declined),
        ..asked("g_purge", ids(7))
    };
    assert_eq!(
        ended(&own, declined).await,
        refused(
            ErrorKind::Unagreed,
            "`g_purge` was not done: the person asked said no. Nothing was sent. Do not call it again unless they ask for it."
        )
    );
    // Another caller's state says nothing to this one.
    let other = Guards {
        principal: "noor".to_owned(),
        ..guards
    };
    let other = engine(other, &[]).await;
    let stolen = ended(&other, typed("7")).await.unwrap_err().1;
    assert!(
        stolen.starts_with("`g_purge` was not done: there is no such plan"),
        "{stolen}"
    );
    assert_eq!(ended(&own, typed(" 7 ")).await, done());
    assert_eq!(ended(&own, typed("7")).await, Ok("replayed".to_owned()));
}

#[tokio::test]
async fn who_can_ask_nobody_is_refused_but_for_few_shoppers() {
    let (guards, _) = guards(Confirm::Elicit);
    let engine = engine(guards, &[OK]).await;
    let why = |name: &str, does: &str, many: usize, small: &str| {
        let noun = if many == 1 { "record" } else { "records" };
        refused(
            ErrorKind::Unagreed,
            format!(
                "`{name}` was planned and not done: Runs `{name}`, which {does}, on {many} {noun}. What it touches could not be read beforehand. A person has to agree, and this client shows them no form (elicitation){small}. Nothing was sent. Use a client with elicitation, or run it at a terminal with `stoq-mcp call`; or the operator accepts handles without a form: --confirm handle."
            ),
        )
    };
    assert_eq!(
        ended(&engine, call("g_purge", ids(1))).await,
        why("g_purge", "can delete records or let goods go", 1, "")
    );
    assert_eq!(
        ended(&engine, call("g_pay", ids(1))).await,
        why("g_pay", "can move money", 1, "")
    );
    let small = ", and without that at most 25 shoppers can be messaged";
    assert_eq!(
        ended(&engine, call("g_send", ids(26))).await,
        why("g_send", "can message shoppers", 26, small)
    );
    let few = handle(&engine, call("g_send", ids(25))).await;
    let sent = ended(&engine, call("g_send", with(ids(25), &few))).await;
    assert_eq!(sent, done());
    // That handle is no consent where a person is asked.
    let again = handle(&engine, call("g_send", ids(24))).await;
    let asked = asked("g_send", with(ids(24), &again));
    assert_eq!(ended(&engine, asked).await, Ok("planned".to_owned()));
}

#[test]
fn a_plan_is_agreed_to_by_its_amount_its_count_or_its_word() {
    let registry = registry();
    let pay = registry.get("g_pay").unwrap();
    let arguments = ids(2).as_object().cloned().unwrap();
    let mut plan = light(pay, Class::Money, &arguments);
    assert_eq!(typed(&plan, pay).as_str(), "2");
    plan.amounts = vec![("USD".to_owned(), "12.50".to_owned())];
    assert_eq!(typed(&plan, pay).as_str(), "2");
    plan.amount_unknown = false;
    assert_eq!(typed(&plan, pay).as_str(), "12.50");
    plan.amounts.push(("EUR".to_owned(), "1".to_owned()));
    assert_eq!(typed(&plan, pay).as_str(), "2");
    plan.count = 1;
    assert_eq!(typed(&plan, pay).as_str(), "purge");
    plan.class = Class::Destroy;
    plan.amounts.truncate(1);
    assert_eq!(typed(&plan, pay).as_str(), "purge");
}

#[test]
fn whatever_a_person_agrees_to_is_in_the_digest() {
    let registry = registry();
    let pay = registry.get("g_pay").unwrap();
    let arguments = ids(2).as_object().cloned().unwrap();
    let plan = light(pay, Class::Money, &arguments);
    let whole = plan_digest(&plan, &arguments, None);
    assert_eq!(whole, plan_digest(&plan.clone(), &arguments, None));
    let change = |change: &dyn Fn(&mut Plan)| {
        let mut other = plan.clone();
        change(&mut other);
        plan_digest(&other, &arguments, None)
    };
    let digests = [
        whole,
        plan_digest(&plan, &Map::new(), None),
        change(&|plan| plan.action = "g_send".to_owned()),
        change(&|plan| plan.targets = json!(["i0"])),
        change(&|plan| plan.count = 3),
        change(&|plan| plan.amounts = vec![("USD".to_owned(), "1".to_owned())]),
        change(&|plan| plan.state = json!({"on": true})),
    ];
    let distinct: HashSet<&String> = digests.iter().collect();
    assert_eq!(distinct.len(), digests.len());
}
