//! At most one effect: keys, windows, what nobody knows the end of, and receipts.

use super::super::{SUBMITTED, registry as with_jobs};
use super::*;
use crate::engine::effect::millis;
use crate::safety::personal::PersonalData;

#[tokio::test]
async fn what_ended_without_effect_may_be_tried_again_and_what_nobody_knows_may_not() {
    let (off, _) = guards(Confirm::Off);
    let keyed = |name: &str| keyed(call(name, ids(1)));
    let failed = engine(off.clone(), &[REFUSED, OK]).await;
    assert!(ended(&failed, keyed("g_send")).await.is_err());
    let told = async |engine: &Arc<Engine>| {
        let short = receipts(engine).await.into_iter().map(|it| {
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
    assert_eq!(told(&failed).await, [line("g_send", "failed")]);
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
    assert_eq!(told(&unknown).await, [line("g_send", "unknown")]);
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
    let keyed = || keyed(call("g_send", ids(1)));
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
async fn without_a_window_only_a_key_or_a_proof_makes_a_repeat() {
    let (off, _) = guards(Confirm::Off);
    let engine = engine(off, &[OK, OK, OK]).await;
    for name in ["g_send", "g_send", "g_put"] {
        let shown = made(&engine, call(name, json!({}))).await.unwrap();
        assert_eq!(shown, json!({"status": "accepted", "data": {}}));
    }
    assert_eq!(receipts(&engine).await, []);
}

#[tokio::test]
async fn whichever_step_of_the_ledger_fails_what_must_happen_once_is_not_sent() {
    for step in [Step::Get, Step::PutNew, Step::Swap] {
        let (off, _) = guards(Confirm::Off);
        let minute = Guards {
            repeat_window: Duration::from_secs(60),
            ..breaking(off, Space::Ledger, Some(step))
        };
        let engine = engine(minute, &[OK, OK, OK]).await;
        let send = ended(&engine, call("g_send", json!({}))).await;
        assert_eq!(send, stateless("g_send"), "{step:?}");
        let put = ended(&engine, keyed(call("g_put", json!({})))).await;
        assert_eq!(put, stateless("g_put"), "{step:?}");
        // A write without a key holds one only for its window: it goes on without, but not when it
        // cannot be said that it is sent.
        let wanted = match step {
            Step::Get | Step::PutNew => done(),
            Step::Swap => stateless("g_write"),
        };
        let write = ended(&engine, call("g_write", json!({}))).await;
        assert_eq!(write, wanted, "{step:?}");
    }
}

#[tokio::test]
async fn what_may_be_asked_for_anew_is_only_what_a_plan_warns_of() {
    for (confirm, name) in [
        (Confirm::Off, "g_send"),
        (Confirm::Off, "g_write"),
        (Confirm::Handle, "g_write"),
    ] {
        let (guards, _) = guards(confirm);
        let minute = Guards {
            repeat_window: Duration::from_secs(60),
            ..guards
        };
        let engine = engine(minute, &[BROKEN, OK]).await;
        let first = ended(&engine, call(name, json!({}))).await;
        assert_eq!(first, Ok("outcome_unknown".to_owned()));
        let (kind, text) = ended(&engine, call(name, json!({}))).await.unwrap_err();
        assert_eq!(kind, ErrorKind::Repeated, "{confirm:?} {name}: {text}");
    }
}

#[tokio::test]
async fn a_doubt_that_came_up_since_the_plan_is_told_as_such() {
    let (handles, _) = guards(Confirm::Handle);
    let minute = Guards {
        repeat_window: Duration::from_secs(60),
        ..handles
    };
    let engine = engine(minute, &[BROKEN]).await;
    let first = handle(&engine, call("g_send", ids(2))).await;
    let second = handle(&engine, call("g_send", ids(2))).await;
    let sent = ended(&engine, call("g_send", with(ids(2), &first))).await;
    assert_eq!(sent, Ok("outcome_unknown".to_owned()));
    let shown = made(&engine, call("g_send", with(ids(2), &second)))
        .await
        .unwrap();
    let doubt = &receipts(&engine).await[0];
    let new = shown["plan"]["confirm"].as_str().unwrap();
    assert_eq!(
        shown["note"],
        format!(
            "Nothing was sent. The same call was sent at 2026-03-01T09:00:00.000Z, and it is unknown whether it took effect (receipt {}): going ahead may do it twice. {} Show the plan to the merchant. When they agree, make the same call again with `confirm` \"{new}\", within 10 minutes.",
            doubt.id, doubt.check
        )
    );
}

#[tokio::test]
async fn a_receipt_gives_back_what_the_api_said_without_whom_it_was_about() {
    let (off, _) = guards(Confirm::Off);
    let off = Guards {
        personal: PersonalData::Full,
        ..off
    };
    let body = r#"{"id": "s1", "email": "rosa.lind@example.com"}"#;
    let engine = engine(off, &[("200 OK", body)]).await;
    let send = || keyed(call("g_send", ids(1)));
    let shown = made(&engine, send()).await.unwrap();
    let receipt = shown["receipt"].clone();
    assert_eq!(
        shown,
        json!({"status": "accepted", "receipt": receipt,
            "data": {"id": "s1", "email": "rosa.lind@example.com"}})
    );
    assert_eq!(
        made(&engine, send()).await.unwrap(),
        json!({"status": "replayed", "receipt": receipt,
            "data": {"id": "s1", "email": "r***@example.com"},
            "note": "This was done before, at 2026-03-01T09:00:00.000Z, and nothing was sent now: this is its receipt."})
    );
}

#[tokio::test]
async fn an_error_after_the_api_took_a_call_is_not_taken_for_a_refusal() {
    let failed = (
        "200 OK",
        r#"{"status": "failed", "progress": 50, "total": 2, "processed": 1, "error": "no stock"}"#,
    );
    let (off, _) = guards(Confirm::Off);
    let jobs = engine_within(with_jobs(), off, &[SUBMITTED, failed]).await;
    let send = || keyed(call("a_send", json!({})));
    assert_eq!(
        ended(&jobs, send()).await,
        refused(
            ErrorKind::JobFailed,
            "`a_send`: the job `exp_1` ended as failed: no stock. What it had done stays done. Call again to start a new job."
        )
    );
    let states = async |engine: &Arc<Engine>| {
        let all = receipts(engine).await.into_iter();
        all.map(|it| (it.state.as_str(), it.result))
            .collect::<Vec<_>>()
    };
    let note = "`a_send`: the job `exp_1` ended as failed: no stock. What it had done stays done. Call again to start a new job.";
    assert_eq!(states(&jobs).await, [("done", Some(json!({"note": note})))]);
    assert_eq!(ended(&jobs, send()).await, Ok("replayed".to_owned()));

    let nameless = ("202 Accepted", r#"{"job_id": "exp_1"}"#);
    let (off, _) = guards(Confirm::Off);
    let odd = engine_within(with_jobs(), off, &[nameless]).await;
    let shown = made(&odd, send()).await.unwrap();
    let note = shown["note"].as_str().unwrap();
    assert_eq!(shown["status"], "outcome_unknown");
    assert!(
        note.starts_with("It is unknown whether it took effect: ")
            && note.contains(" Do not repeat it before you know. "),
        "{note}"
    );
    assert_eq!(states(&odd).await, [("unknown", None)]);
}

#[test]
fn how_long_a_call_took_is_told_in_milliseconds() {
    assert_eq!(millis(Duration::from_micros(1_234_999)), 1_234);
    assert_eq!(millis(Duration::MAX), u64::MAX);
}
