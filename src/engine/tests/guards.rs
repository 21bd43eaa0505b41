//! What the guards let through, what they stop and what is kept of it. The API has as many answers as
//! calls may reach it, so a call that was stopped and sent all the same would leave one too few.

mod double;
mod money;
mod once;
mod proof;
mod trail;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{BROKEN, engine_within};
use crate::engine::{Call, CallError, Engine, ErrorKind, Proof};
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::caps::Caps;
use crate::safety::clock::tests::{START, by_hand};
use crate::safety::ledger::{Filter, Receipt};
use crate::safety::narrow::Narrow;
use crate::safety::store::Space;
use crate::safety::store::embedded::Embedded;
use crate::safety::switch::{self, Turn};
use crate::safety::{Confirm, Guards};
use double::{Failing, Step};

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
    breaking(guards, space, None)
}

/// The same guards over their store, of which a step of one space fails, or all of them.
fn breaking(guards: Guards, space: Space, step: Option<Step>) -> Guards {
    let store = Arc::new(Failing {
        inner: Arc::clone(&guards.store),
        space,
        step,
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

/// What the ledger keeps, newest first.
async fn receipts(engine: &Arc<Engine>) -> Vec<Receipt> {
    let all = Filter {
        shop: None,
        principal: None,
        limit: 9,
    };
    engine.ledger.receipts(&all).await.unwrap()
}

/// The same call under a key of the caller's.
fn keyed(call: Call) -> Call {
    Call {
        idempotency_key: Some("k".to_owned()),
        ..call
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
