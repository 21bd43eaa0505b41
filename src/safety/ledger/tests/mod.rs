mod crashes;
mod interleaved;
mod stepped;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::safety::clock::tests::{START, by_hand};
use crate::safety::store::embedded::Embedded;

const DAY: i64 = 86_400_000;
/// The lease in the store's milliseconds.
const LAPSE: i64 = 90_000;
/// How long a repeat is one, in these tests.
const WINDOW: Duration = Duration::from_secs(60);

/// A store, its clock, and how the clock is moved.
fn place() -> (Arc<dyn Store>, Clock, Arc<AtomicI64>) {
    let (clock, at) = by_hand();
    let store = Embedded::memory().unwrap().with_clock(clock.clone());
    (Arc::new(store), clock, at)
}

fn nonce() -> Key {
    Key::nonce("shop", "p", "n")
}

fn caller() -> Key {
    Key::caller("shop", "p", "k")
}

fn window() -> Key {
    Key::window("shop", "p", "a", "d", WINDOW)
}

fn claim(key: Key) -> Claim {
    Claim {
        key,
        shop: "shop".to_owned(),
        principal: "p".to_owned(),
        action: "notify".to_owned(),
        class: Class::Send,
        digest: "d".to_owned(),
        check: "Look at the signups.".to_owned(),
        count: Some(3),
        amount: None,
        confirmed: "elicit".to_owned(),
    }
}

/// The receipt of such a claim, made at the first moment.
fn receipt(id: &str, state: State) -> Receipt {
    Receipt {
        id: id.to_owned(),
        at: "2026-03-01T09:00:00.000Z".to_owned(),
        shop: "shop".to_owned(),
        principal: "p".to_owned(),
        action: "notify".to_owned(),
        class: Class::Send,
        digest: "d".to_owned(),
        count: Some(3),
        amount: None,
        confirmed: "elicit".to_owned(),
        state,
        result: None,
        left_out: vec![],
        check: "Look at the signups.".to_owned(),
    }
}

/// How a claim was met, in one word.
fn word(begun: &Begun) -> &'static str {
    match begun {
        Begun::Mine(_) => "mine",
        Begun::Replay(_) => "replay",
        Begun::InProgress { .. } => "in progress",
        Begun::Unknown(_) => "unknown",
        Begun::OtherArguments => "other arguments",
        Begun::Spent => "spent",
    }
}

async fn met(ledger: &Ledger, claim: Claim) -> &'static str {
    word(&ledger.begin(claim).await.unwrap())
}

async fn mine(ledger: &Ledger, claim: Claim) -> Reservation {
    match ledger.begin(claim).await.unwrap() {
        Begun::Mine(reservation) => reservation,
        other => panic!("{other:?}"),
    }
}

async fn sent(ledger: &Ledger, claim: Claim) -> Reservation {
    let mut reservation = mine(ledger, claim).await;
    reservation.sent().await.unwrap();
    reservation
}

const ALL: Filter = Filter {
    shop: None,
    principal: None,
    limit: usize::MAX,
};

#[tokio::test]
async fn what_was_done_is_told_again() {
    for key in [nonce(), caller(), window()] {
        let (store, clock, at) = place();
        let ledger = Ledger::new(store, clock);
        let reservation = sent(&ledger, claim(key.clone())).await;
        at.store(START + 7, Ordering::SeqCst);
        let done = reservation.done(json!({"status": "accepted"})).await;
        let done = done.unwrap();
        let wanted = Receipt {
            result: Some(json!({"status": "accepted"})),
            ..receipt(&done.id, State::Done)
        };
        assert_eq!(done, wanted);
        at.store(START + 7 + 59_999, Ordering::SeqCst);
        let Begun::Replay(replayed) = ledger.begin(claim(key)).await.unwrap() else {
            panic!()
        };
        assert_eq!(replayed, wanted);
    }
}

#[tokio::test]
async fn a_window_ends_and_the_other_keys_do_not() {
    for (key, wanted) in [
        (nonce(), "replay"),
        (caller(), "replay"),
        (window(), "mine"),
    ] {
        let (store, clock, at) = place();
        let ledger = Ledger::new(store, clock);
        let first = sent(&ledger, claim(key.clone())).await;
        let first = first.done(json!(1)).await.unwrap();
        at.store(START + 60_000, Ordering::SeqCst);
        assert_eq!(met(&ledger, claim(key)).await, wanted);
        // The first receipt stays.
        assert_eq!(ledger.receipt(&first.id).await, Ok(Some(first)));
    }
}

#[tokio::test]
async fn what_failed_may_be_tried_again_but_not_on_one_confirmation() {
    for (key, wanted) in [(nonce(), "spent"), (caller(), "mine"), (window(), "mine")] {
        for may_be_sent in [false, true] {
            let (store, clock, _) = place();
            let ledger = Ledger::new(store, clock);
            let mut first = mine(&ledger, claim(key.clone())).await;
            if may_be_sent {
                first.sent().await.unwrap();
            }
            let failed = first.failed().await.unwrap();
            assert_eq!(failed, receipt(&failed.id, State::Failed));
            assert_eq!(met(&ledger, claim(key.clone())).await, wanted);
            assert_eq!(ledger.receipt(&failed.id).await, Ok(Some(failed)));
        }
    }
}

#[tokio::test]
async fn what_is_unknown_is_refused_until_it_is_forgotten() {
    for (class, kept) in [
        (Class::Write, DAY),
        (Class::Send, DAY),
        (Class::Destroy, DAY),
        (Class::Money, 30 * DAY),
    ] {
        for key in [nonce(), caller(), window()] {
            let (store, clock, at) = place();
            let ledger = Ledger::new(store, clock);
            let claim = Claim {
                class,
                ..claim(key)
            };
            let unknown = sent(&ledger, claim.clone()).await.unknown().await.unwrap();
            let wanted = Receipt {
                class,
                ..receipt(&unknown.id, State::Unknown)
            };
            assert_eq!(unknown, wanted);
            at.store(START + kept - 1, Ordering::SeqCst);
            let Begun::Unknown(told) = ledger.begin(claim.clone()).await.unwrap() else {
                panic!()
            };
            assert_eq!(told, wanted);
            at.store(START + kept, Ordering::SeqCst);
            assert_eq!(met(&ledger, claim).await, "mine");
        }
    }
}

#[tokio::test]
async fn a_key_is_good_for_one_call_whatever_came_of_it() {
    for end in [
        State::Reserved,
        State::Sent,
        State::Done,
        State::Failed,
        State::Unknown,
    ] {
        let (store, clock, _) = place();
        let ledger = Ledger::new(store, clock);
        let mut first = mine(&ledger, claim(caller())).await;
        if end != State::Reserved {
            first.sent().await.unwrap();
        }
        match end {
            State::Reserved | State::Sent => {}
            State::Done => drop(first.done(json!(1)).await.unwrap()),
            State::Failed => drop(first.failed().await.unwrap()),
            State::Unknown => drop(first.unknown().await.unwrap()),
        }
        let other = Claim {
            digest: "e".to_owned(),
            ..claim(caller())
        };
        assert_eq!(met(&ledger, other).await, "other arguments", "{end:?}");
    }
}

#[tokio::test]
async fn an_open_call_is_waited_for_and_then_told() {
    for may_be_sent in [false, true] {
        let (store, clock, at) = place();
        let ledger = Ledger::new(store, clock);
        let mut first = mine(&ledger, claim(nonce())).await;
        at.fetch_add(2, Ordering::SeqCst);
        if may_be_sent {
            first.sent().await.unwrap();
        }
        let Begun::InProgress { since } = ledger.begin(claim(nonce())).await.unwrap() else {
            panic!()
        };
        assert_eq!(since, "2026-03-01T09:00:00.000Z");
        // Exactly so long was waited.
        assert_eq!(at.load(Ordering::SeqCst), START + 2 + 5_000);
    }
}

#[tokio::test]
async fn who_only_asks_is_told_the_same_and_takes_nothing() {
    let (store, clock, at) = place();
    let ledger = Ledger::new(store, clock);
    let asked = async |claim: &Claim| {
        let met = ledger.met(claim).await.unwrap();
        met.map(|begun| word(&begun))
    };
    let mine_to_be = claim(window());
    assert_eq!(asked(&mine_to_be).await, None);
    assert_eq!(ledger.receipts(&ALL).await, Ok(vec![]));
    let first = sent(&ledger, mine_to_be.clone()).await;
    let Some(Begun::InProgress { since }) = ledger.met(&mine_to_be).await.unwrap() else {
        panic!()
    };
    assert_eq!(since, "2026-03-01T09:00:00.000Z");
    // Exactly so long was waited.
    assert_eq!(at.load(Ordering::SeqCst), START + 5_000);
    let other = Claim {
        digest: "e".to_owned(),
        ..mine_to_be.clone()
    };
    assert_eq!(asked(&other).await, Some("other arguments"));
    let done = first.done(json!(1)).await.unwrap();
    let Some(Begun::Replay(told)) = ledger.met(&mine_to_be).await.unwrap() else {
        panic!()
    };
    assert_eq!(told, done);
    at.store(START + 5_000 + 60_000, Ordering::SeqCst);
    assert_eq!(asked(&mine_to_be).await, None);
    assert_eq!(ledger.receipts(&ALL).await, Ok(vec![done]));
    // What failed is spent for a confirmation, and free for the others.
    for (key, wanted) in [(nonce(), Some("spent")), (caller(), None)] {
        let again = claim(key);
        let failed = sent(&ledger, again.clone()).await.failed().await;
        drop(failed.unwrap());
        assert_eq!(asked(&again).await, wanted);
    }
    let lost = claim(Key::nonce("shop", "p", "m"));
    drop(sent(&ledger, lost.clone()).await);
    at.fetch_add(LAPSE, Ordering::SeqCst);
    assert_eq!(asked(&lost).await, Some("unknown"));
}

#[tokio::test]
async fn who_waits_is_told_what_came_of_it() {
    let (store, clock, _) = place();
    let ledger = Ledger::new(store, clock);
    let first = sent(&ledger, claim(nonce())).await;
    let id = first.id().to_owned();
    let second = ledger.begin(claim(nonce()));
    let (done, second) = futures::join!(first.done(json!(1)), second);
    assert_eq!(done.unwrap().id, id);
    let Begun::Replay(told) = second.unwrap() else {
        panic!()
    };
    assert_eq!(told.id, id);
}

#[tokio::test]
async fn a_call_that_was_never_sent_loses_its_key_with_its_lease() {
    for (passed, wanted) in [(LAPSE - 5_001, "in progress"), (LAPSE, "mine")] {
        let (store, clock, at) = place();
        let ledger = Ledger::new(store, clock);
        let mut first = mine(&ledger, claim(nonce())).await;
        at.store(START + passed, Ordering::SeqCst);
        let second = ledger.begin(claim(nonce())).await.unwrap();
        assert_eq!(word(&second), wanted);
        // The first must not send any more once the second may.
        assert_eq!(first.sent().await.is_ok(), wanted == "in progress");
        if let Begun::Mine(mut second) = second {
            let told = first.sent().await.unwrap_err().reason;
            assert_eq!(
                told,
                "the record of this call is no longer its own: it took longer than its lease. Look at the receipts before it is asked for again"
            );
            first.release().await.unwrap();
            second.sent().await.unwrap();
            let done = second.done(json!(1)).await.unwrap();
            // A call that was never sent leaves no receipt when another takes its place.
            assert_eq!(ledger.receipts(&ALL).await, Ok(vec![done]));
        }
    }
}

#[tokio::test]
async fn a_call_that_was_sent_and_never_ended_is_unknown_after_its_lease() {
    for (passed, wanted) in [(LAPSE - 5_001, "in progress"), (LAPSE, "unknown")] {
        let (store, clock, at) = place();
        let ledger = Ledger::new(store, clock);
        let mut first = mine(&ledger, claim(window())).await;
        at.store(START + 50, Ordering::SeqCst);
        first.sent().await.unwrap();
        at.store(START + 50 + passed, Ordering::SeqCst);
        let second = ledger.begin(claim(window())).await.unwrap();
        assert_eq!(word(&second), wanted);
        if let Begun::Unknown(told) = second {
            assert_eq!(told, receipt(first.id(), State::Unknown));
        }
        // A process that lives after all may still tell what came of it.
        let done = first.done(json!(1)).await.unwrap();
        assert_eq!(ledger.receipts(&ALL).await, Ok(vec![done]));
        assert_eq!(met(&ledger, claim(window())).await, "replay");
    }
}

#[tokio::test]
async fn a_key_given_back_is_as_good_as_new_unless_it_was_sent() {
    let (store, clock, _) = place();
    let ledger = Ledger::new(store, clock);
    let first = mine(&ledger, claim(nonce())).await;
    first.release().await.unwrap();
    assert_eq!(ledger.receipts(&ALL).await, Ok(vec![]));
    let second = sent(&ledger, claim(nonce())).await;
    let id = second.id().to_owned();
    second.release().await.unwrap();
    assert_eq!(
        ledger.receipts(&ALL).await,
        Ok(vec![receipt(&id, State::Failed)])
    );
    assert_eq!(met(&ledger, claim(nonce())).await, "spent");
}

#[tokio::test]
async fn a_call_says_once_that_it_is_sent() {
    let (store, clock, at) = place();
    let ledger = Ledger::new(store, clock);
    let mut first = sent(&ledger, claim(nonce())).await;
    at.store(START + LAPSE - 1, Ordering::SeqCst);
    first.sent().await.unwrap();
    // An attempt that is repeated does not make its lease longer.
    at.store(START + LAPSE, Ordering::SeqCst);
    assert_eq!(met(&ledger, claim(nonce())).await, "unknown");
}

#[tokio::test]
async fn receipts_are_told_newest_first_with_the_state_they_have_by_now() {
    let (store, clock, at) = place();
    let ledger = Ledger::new(store, clock);
    let of = |shop: &str, principal: &str, text: &str| Claim {
        shop: shop.to_owned(),
        principal: principal.to_owned(),
        ..claim(Key::caller(shop, principal, text))
    };
    let reserved = mine(&ledger, of("a", "p", "1")).await;
    at.store(START + 1, Ordering::SeqCst);
    let sent_one = sent(&ledger, of("a", "q", "2")).await;
    at.store(START + 2, Ordering::SeqCst);
    let done = sent(&ledger, of("b", "p", "3")).await.done(json!(1)).await;
    let done = done.unwrap();
    let told = async |shop: Option<&str>, principal: Option<&str>, limit: usize| {
        let filter = Filter {
            shop: shop.map(str::to_owned),
            principal: principal.map(str::to_owned),
            limit,
        };
        let receipts = ledger.receipts(&filter).await.unwrap();
        let short = receipts.into_iter().map(|it| (it.id, it.state));
        short.collect::<Vec<_>>()
    };
    let one = |reservation: &Reservation, state| (reservation.id().to_owned(), state);
    let last = (done.id.clone(), State::Done);
    let mut all = vec![
        last.clone(),
        one(&sent_one, State::Sent),
        one(&reserved, State::Reserved),
    ];
    assert_eq!(told(None, None, 9).await, all);
    assert_eq!(told(None, None, 2).await, all[..2]);
    assert_eq!(told(Some("a"), None, 9).await, all[1..]);
    assert_eq!(
        told(None, Some("p"), 9).await,
        [all[0].clone(), all[2].clone()]
    );
    assert_eq!(told(Some("b"), Some("q"), 9).await, []);
    assert_eq!(ledger.receipt("rcp_none").await, Ok(None));
    assert_eq!(ledger.receipt(&done.id).await, Ok(Some(done)));
    at.store(START + LAPSE, Ordering::SeqCst);
    all[2].1 = State::Failed;
    assert_eq!(told(None, None, 9).await, all);
    at.store(START + LAPSE + 1, Ordering::SeqCst);
    all[1].1 = State::Unknown;
    assert_eq!(told(None, None, 9).await, all);
}

#[tokio::test]
async fn all_keys_of_a_call_have_one_receipt() {
    let (store, clock, _) = place();
    let ledger = Ledger::new(store, clock);
    let first = sent(&ledger, claim(nonce())).await;
    let id = first.id().to_owned();
    let second = ledger.begin_as(claim(window()), Some(&id)).await.unwrap();
    let Begun::Mine(mut second) = second else {
        panic!("{second:?}")
    };
    second.sent().await.unwrap();
    let done = first.done(json!(1)).await.unwrap();
    assert_eq!(second.done(json!(1)).await.unwrap(), done);
    assert_eq!(ledger.receipts(&ALL).await, Ok(vec![done.clone()]));
    for key in [nonce(), window()] {
        let met = ledger
            .begin_as(claim(key), Some("rcp_other"))
            .await
            .unwrap();
        assert!(
            matches!(&met, Begun::Replay(receipt) if *receipt == done),
            "{met:?}"
        );
    }
}

#[tokio::test]
async fn receipts_of_one_moment_are_told_in_one_order() {
    let (store, clock, _) = place();
    let ledger = Ledger::new(store, clock);
    for number in 0..6 {
        let key = Key::caller("s", "p", &number.to_string());
        drop(mine(&ledger, claim(key)).await);
    }
    let told = ledger.receipts(&ALL).await.unwrap();
    let ids: Vec<&str> = told.iter().map(|receipt| receipt.id.as_str()).collect();
    assert!(ids.len() == 6 && ids.is_sorted(), "{ids:?}");
}

#[tokio::test]
async fn no_text_of_a_caller_is_a_key_and_a_broken_record_stops_the_call() {
    let (store, clock, _) = place();
    let ledger = Ledger::new(Arc::clone(&store), clock);
    let key = Key::caller("shop", "p", "canary");
    drop(mine(&ledger, claim(key.clone())).await);
    let stored = store.list(Space::Ledger, "").await.unwrap();
    let [(name, bytes)] = stored.as_slice() else {
        panic!("{stored:?}")
    };
    assert_eq!(name, key.as_str());
    assert!(!String::from_utf8_lossy(bytes).contains("canary"));
    let broken = [(name.clone(), b"broken".to_vec())];
    store.put(Space::Ledger, &broken, i64::MAX).await.unwrap();
    assert!(ledger.begin(claim(key)).await.is_err());
    assert!(ledger.receipts(&ALL).await.is_err());
}
