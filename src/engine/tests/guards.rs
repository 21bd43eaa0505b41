//! What the guards let through, what they stop and what is kept of it. The API has as many answers as
//! calls may reach it, so a call that was stopped and sent all the same would leave one too few.

mod double;
mod trail;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{BROKEN, engine_within};
use crate::engine::confirm::{plan_digest, typed};
use crate::engine::plan::{Plan, light};
use crate::engine::{Call, CallError, Engine, ErrorKind, Proof};
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::caps::Caps;
use crate::safety::clock::tests::{START, by_hand};
use crate::safety::confirm::Asks;
use crate::safety::ledger::Filter;
use crate::safety::narrow::Narrow;
use crate::safety::store::Space;
use crate::safety::store::embedded::Embedded;
use crate::safety::switch::{self, Turn};
use crate::safety::{Confirm, Guards};
use double::Failing;

const OK: (&str, &str) = ("200 OK", "{}");
const REFUSED: (&str, &str) = (
    "422 Unprocessable Entity",
    r#"{"errors": ["not like this"]}"#,
);
const MINUTE: i64 = 60_000;

fn registry() -> Registry {
    let entry = |name: &str, method: &str, class: &str, more: Value| {
        let mut entry = json!({
            "name": name, "action": "purge", "title": "G", "description": "G.", "phrases": [],
            "toolset": "g", "api": "v2", "method": method, "path": format!("/g/{name}"),
            "class": class, "handler": "request", "idempotent": false, "retry": "once",
            "request_schema": {"type": "object", "properties": {
                "ids": {"type": "array", "items": {"type": "string"}}}},
            "response_schema": {"type": "object"}, "provenance": "inferred", "examples": []});
        if let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) {
            entry.extend(more);
        }
        entry
    };
    let ids = json!({"targets": {"kind": "ids", "argument": "ids"}});
    let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [
        entry("g_read", "GET", "read", json!({"idempotent": true, "retry": "safe"})),
        entry("g_put", "POST", "write", json!({"idempotent": true})),
        entry("g_write", "POST", "write", json!({})),
        entry("g_send", "POST", "send", ids.clone()),
        entry("g_purge", "POST", "destroy", ids.clone()),
        entry("g_pay", "POST", "money", ids),
        entry("g_all", "POST", "destroy", json!({"targets":
            {"kind": "query", "action": "g_read", "arguments": {}}}))]});
    Registry::parse(&text.to_string(), "test").unwrap()
}

/// Guards whose clock is moved by hand, with every cap at its ceiling and no window of repeats.
fn guards(confirm: Confirm) -> (Guards, Arc<AtomicI64>) {
    let (clock, at) = by_hand();
    let store = Embedded::memory().unwrap().with_clock(clock.clone());
    let guards = Guards {
        confirm,
        caps: Caps::CEILINGS,
        repeat_window: Duration::ZERO,
        store: Arc::new(store),
        clock,
        ..Guards::in_memory("ines").unwrap()
    };
    (guards, at)
}

/// The same over a store of which one space fails.
fn failing(confirm: Confirm, space: Space) -> Guards {
    let (guards, _) = guards(confirm);
    let store = Arc::new(Failing {
        inner: Arc::clone(&guards.store),
        space,
    });
    Guards { store, ..guards }
}

async fn engine(guards: Guards, answers: &[(&'static str, &'static str)]) -> Arc<Engine> {
    engine_within(registry(), guards, answers).await
}

fn call(name: &str, arguments: Value) -> Call {
    Call::new(name, arguments.as_object().cloned().unwrap())
}

fn ids(many: usize) -> Value {
    let ids: Vec<String> = (0..many).map(|number| format!("i{number}")).collect();
    json!({"ids": ids})
}

async fn made(engine: &Arc<Engine>, call: Call) -> Result<Value, CallError> {
    let outcome = engine.call(call).await?;
    Ok(Value::Object(outcome.into_structured()))
}

/// How a call ended: its status, or the kind and the whole text of its error.
async fn ended(engine: &Arc<Engine>, call: Call) -> Result<String, (ErrorKind, String)> {
    match made(engine, call).await {
        Ok(shown) => Ok(shown["status"].as_str().unwrap().to_owned()),
        Err(error) => Err((error.kind, error.to_string())),
    }
}

fn done() -> Result<String, (ErrorKind, String)> {
    Ok("accepted".to_owned())
}

fn refused(kind: ErrorKind, text: impl Into<String>) -> Result<String, (ErrorKind, String)> {
    Err((kind, text.into()))
}

/// The refusal of a call whose state cannot be kept.
fn stateless(name: &str) -> Result<String, (ErrorKind, String)> {
    refused(
        ErrorKind::State,
        format!(
            "`{name}` was not done: the state store failed: gone, and without it nothing shows that it happens only once. Nothing was sent. Reads go on. The operator mends the store (setting `state`) and calls again."
        ),
    )
}

#[tokio::test]
async fn the_switch_stops_what_has_an_effect_and_says_why() {
    let (guards, _) = guards(Confirm::Off);
    let store = Arc::clone(&guards.store);
    let engine = engine(guards, &[OK, OK, OK, OK]).await;
    for (why, told) in [(Some("wrong prices"), ": wrong prices"), (None, "")] {
        let off = Turn::Off {
            why: why.map(str::to_owned),
            by: "noor".to_owned(),
        };
        switch::turn(store.as_ref(), off, START).await.unwrap();
        for name in ["g_send", "g_put"] {
            assert_eq!(
                ended(&engine, call(name, json!({}))).await,
                refused(
                    ErrorKind::Forbidden,
                    format!(
                        "`{name}` was not done: the operator has switched writes off (since 2026-03-01T09:00:00.000Z{told}). Nothing was sent. Reads go on. The operator can run `stoq-mcp writes on`."
                    )
                )
            );
        }
        let read = ended(&engine, call("g_read", json!({}))).await;
        assert_eq!(read, Ok("ok".to_owned()));
        switch::turn(store.as_ref(), Turn::On, START).await.unwrap();
    }
    assert_eq!(ended(&engine, call("g_send", json!({}))).await, done());
    assert_eq!(ended(&engine, call("g_put", json!({}))).await, done());
}

#[tokio::test]
async fn a_store_that_fails_stops_what_it_must_and_nothing_else() {
    let switch = engine(failing(Confirm::Off, Space::Switch), &[OK]).await;
    for name in ["g_send", "g_pay", "g_purge"] {
        assert_eq!(ended(&switch, call(name, json!({}))).await, stateless(name));
    }
    assert_eq!(ended(&switch, call("g_put", json!({}))).await, done());

    let minute = Guards {
        repeat_window: Duration::from_secs(60),
        ..failing(Confirm::Off, Space::Ledger)
    };
    let ledger = engine(minute, &[OK, OK]).await;
    for name in ["g_send", "g_pay", "g_purge"] {
        assert_eq!(ended(&ledger, call(name, json!({}))).await, stateless(name));
    }
    let keyed = Call {
        idempotency_key: Some("k".to_owned()),
        ..call("g_put", json!({}))
    };
    assert_eq!(ended(&ledger, keyed).await, stateless("g_put"));
    assert_eq!(ended(&ledger, call("g_put", json!({}))).await, done());
    assert_eq!(ended(&ledger, call("g_write", json!({}))).await, done());

    let plans = engine(failing(Confirm::Handle, Space::Plans), &[]).await;
    let planned = ended(&plans, call("g_send", json!({}))).await;
    assert_eq!(planned, stateless("g_send"));
    let carried = json!({"confirm": "cfm_0123456789abcdefghjkmnpqrs"});
    let carried = ended(&plans, call("g_send", carried)).await;
    assert_eq!(carried, stateless("g_send"));
}

#[tokio::test]
async fn a_call_over_its_cap_is_not_sent() {
    let (mut guards, _) = guards(Confirm::Off);
    guards.caps.destroyed = 2;
    let engine = engine(guards, &[OK]).await;
    assert_eq!(
        ended(&engine, call("g_purge", ids(3))).await,
        refused(
            ErrorKind::Forbidden,
            "`g_purge` was not done: it would touch 3 records, and one call may touch 2. Nothing was sent. Split it into smaller calls; the operator can set `max_destroyed` within its ceiling."
        )
    );
    assert_eq!(ended(&engine, call("g_purge", ids(2))).await, done());
}

#[tokio::test]
async fn money_of_which_nobody_knows_how_much_moves_only_without_a_bound() {
    let (mut guards, _) = guards(Confirm::Off);
    let unbound = engine(guards.clone(), &[OK]).await;
    assert_eq!(ended(&unbound, call("g_pay", ids(1))).await, done());
    guards.caps.money_per_day = Some(500);
    let bound = engine(guards, &[OK]).await;
    assert_eq!(
        ended(&bound, call("g_pay", ids(1))).await,
        refused(
            ErrorKind::Forbidden,
            "`g_pay` was not done: how much money it moves cannot be read, and a day (UTC) may move 500 of each currency. Nothing was sent. The operator can set how much: --money-per-day."
        )
    );
    // What moves none has no bound.
    assert_eq!(ended(&bound, call("g_purge", ids(1))).await, done());
}

#[tokio::test]
async fn a_call_that_does_not_say_how_many_needs_the_count() {
    let (off, _) = guards(Confirm::Off);
    let engine = engine(off, &[OK]).await;
    let sentence = "Runs `g_all`, which can delete records or let goods go, on 1 record. What it touches could not be read beforehand.";
    assert_eq!(
        ended(&engine, call("g_all", json!({}))).await,
        refused(
            ErrorKind::Unagreed,
            format!(
                "`g_all` was not done: its arguments do not say how many records it touches. {sentence} Nothing was sent. Call again with `expected_count`: 1."
            )
        )
    );
    assert_eq!(
        ended(&engine, call("g_all", json!({"expected_count": 2}))).await,
        refused(
            ErrorKind::Unagreed,
            format!(
                "`g_all` was not done: `expected_count` is 2, and it would touch 1 record. Nothing was sent. {sentence} Call again with the count that is meant."
            )
        )
    );
    let right = call("g_all", json!({"expected_count": 1}));
    assert_eq!(ended(&engine, right).await, done());
    let (asking, _) = guards(Confirm::Handle);
    let asking = super::guards::engine(asking, &[]).await;
    let planned = ended(&asking, call("g_all", json!({}))).await;
    assert_eq!(planned, Ok("planned".to_owned()));
}

/// The handle of the plan that a call is answered with.
async fn handle(engine: &Arc<Engine>, call: Call) -> String {
    let shown = made(engine, call).await.unwrap();
    assert_eq!(shown["status"], "planned");
    shown["plan"]["confirm"].as_str().unwrap().to_owned()
}

fn with(mut arguments: Value, handle: &str) -> Value {
    arguments["confirm"] = json!(handle);
    arguments
}

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
    at.store(START + 60 * MINUTE, Ordering::SeqCst);
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

#[tokio::test]
async fn what_ended_without_effect_may_be_tried_again_and_what_nobody_knows_may_not() {
    let (off, _) = guards(Confirm::Off);
    let keyed = |name: &str| Call {
        idempotency_key: Some("k".to_owned()),
        ..call(name, ids(1))
    };
    let failed = engine(off.clone(), &[REFUSED, OK]).await;
    assert!(ended(&failed, keyed("g_send")).await.is_err());
    let receipts = async |engine: &Arc<Engine>| {
        let all = Filter {
            shop: None,
            principal: None,
            limit: 9,
        };
        let receipts = engine.ledger.receipts(&all).await.unwrap();
        let short = receipts.into_iter().map(|it| {
            (
                it.action,
                it.state.as_str(),
                it.count,
                it.confirmed,
                it.principal,
            )
        });
        short.collect::<Vec<_>>()
    };
    let line = |name: &str, state| {
        let owned = str::to_owned;
        (owned(name), state, Some(1), owned("off"), owned("ines"))
    };
    assert_eq!(receipts(&failed).await, [line("g_send", "failed")]);
    assert_eq!(ended(&failed, keyed("g_send")).await, done());
    assert_eq!(
        ended(&failed, keyed("g_send")).await,
        Ok("replayed".to_owned())
    );
    assert_eq!(
        ended(&failed, keyed("g_purge")).await,
        refused(
            ErrorKind::Repeated,
            "`g_purge`: that `idempotency_key` was used for another call. Nothing was sent. Use a key of its own for each call that is meant."
        )
    );

    let (off, _) = guards(Confirm::Off);
    let unknown = engine(off, &[BROKEN]).await;
    let sent = ended(&unknown, keyed("g_send")).await;
    assert_eq!(sent, Ok("outcome_unknown".to_owned()));
    assert_eq!(receipts(&unknown).await, [line("g_send", "unknown")]);
    let (kind, text) = ended(&unknown, keyed("g_send")).await.unwrap_err();
    assert_eq!(kind, ErrorKind::Repeated);
    assert!(
        text.starts_with("`g_send`: the same call was sent at 2026-03-01T09:00:00.000Z, and it is unknown whether it took effect (receipt rcp_"),
        "{text}"
    );
    assert!(
        text.ends_with("If it did not take effect, call again with another `idempotency_key`."),
        "{text}"
    );
}

#[tokio::test]
async fn a_repeat_within_its_window_is_none() {
    for (name, wanted) in [
        ("g_write", "replayed"),
        ("g_send", "replayed"),
        ("g_put", "accepted"),
    ] {
        let (off, at) = guards(Confirm::Off);
        let minute = Guards {
            repeat_window: Duration::from_secs(60),
            ..off
        };
        let engine = engine(minute, &[OK, OK, OK]).await;
        assert_eq!(ended(&engine, call(name, json!({}))).await, done());
        at.store(START + MINUTE - 1, Ordering::SeqCst);
        let again = made(&engine, call(name, json!({}))).await.unwrap();
        assert_eq!(again["status"], wanted);
        if wanted == "replayed" {
            assert_eq!(
                again["note"],
                "This was done before, at 2026-03-01T09:00:00.000Z, and nothing was sent now: this is its receipt. The same call within 60 s counts as a repeat; one that is meant again takes another `idempotency_key`."
            );
        }
        let other = ended(&engine, call(name, ids(1))).await;
        assert_eq!(other, done());
        at.store(START + MINUTE, Ordering::SeqCst);
        if wanted == "replayed" {
            assert_eq!(ended(&engine, call(name, json!({}))).await, done());
        }
    }
}

#[tokio::test]
async fn who_agrees_to_a_call_of_unknown_outcome_is_told() {
    let (handles, _) = guards(Confirm::Handle);
    let minute = Guards {
        repeat_window: Duration::from_secs(60),
        ..handles
    };
    let engine = engine(minute, &[BROKEN, BROKEN, OK]).await;
    let first = handle(&engine, call("g_send", ids(2))).await;
    let sent = ended(&engine, call("g_send", with(ids(2), &first))).await;
    assert_eq!(sent, Ok("outcome_unknown".to_owned()));
    let shown = made(&engine, call("g_send", ids(2))).await.unwrap();
    let note = shown["note"].as_str().unwrap();
    assert!(
        note.starts_with("Nothing was sent. The same call was sent at 2026-03-01T09:00:00.000Z, and it is unknown whether it took effect (receipt rcp_"),
        "{note}"
    );
    // Under a key of the caller's it is not asked for anew: the key says that it is the same call.
    let keyed = || Call {
        idempotency_key: Some("k".to_owned()),
        ..call("g_send", ids(1))
    };
    let under_key = handle(&engine, keyed()).await;
    let lost = Call {
        proof: Some(Proof::Handle(under_key)),
        ..keyed()
    };
    let lost = ended(&engine, lost).await;
    assert_eq!(lost, Ok("outcome_unknown".to_owned()));
    let again = ended(&engine, keyed()).await.unwrap_err();
    assert_eq!(again.0, ErrorKind::Repeated);
    let second = shown["plan"]["confirm"].as_str().unwrap();
    let again = ended(&engine, call("g_send", with(ids(2), second))).await;
    assert_eq!(again, done());
}

#[tokio::test]
async fn a_request_that_narrows_itself_is_stopped_before_anything_is_asked() {
    let (off, _) = guards(Confirm::Off);
    let engine = engine(off, &[OK]).await;
    let narrowed = Call {
        narrow: Some(Narrow::to(&[Class::Write])),
        ..call("g_send", json!({}))
    };
    let (kind, _) = ended(&engine, narrowed).await.unwrap_err();
    assert_eq!(kind, ErrorKind::Forbidden);
    let kept = Call {
        narrow: Some(Narrow::to(&[Class::Write])),
        ..call("g_put", json!({}))
    };
    assert_eq!(ended(&engine, kept).await, done());
}

#[tokio::test]
async fn a_write_needs_no_proof_and_a_key_may_stand_among_the_arguments() {
    let (off, _) = guards(Confirm::Elicit);
    let engine = engine(off, &[OK, OK]).await;
    let declined = Call {
        proof: Some(Proof::Declined),
        ..call("g_put", json!({}))
    };
    assert_eq!(ended(&engine, declined).await, done());
    let (off, _) = guards(Confirm::Off);
    let engine = super::guards::engine(off, &[OK]).await;
    let keyed = || call("g_send", json!({"idempotency_key": "k"}));
    assert_eq!(ended(&engine, keyed()).await, done());
    assert_eq!(ended(&engine, keyed()).await, Ok("replayed".to_owned()));
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
