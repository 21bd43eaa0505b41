//! One call that dies, or whose store fails, at every point there is; and what the next call of its key
//! is told.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Waker};

use super::stepped::{Fault, Stepped};
use super::*;

/// How a call ends when it is let.
#[derive(Debug, Clone, Copy)]
enum End {
    Done,
    Failed,
    Unknown,
    Released,
}

/// A whole call; says whether it may have had its effect.
async fn whole(ledger: Ledger, key: Key, end: End, has_sent: &mut bool) -> Result<(), StoreError> {
    let Begun::Mine(mut reservation) = ledger.begin(claim(key)).await? else {
        panic!("the key is new")
    };
    if let Err(error) = reservation.sent().await {
        // Nothing may be sent, so it has failed.
        reservation.failed().await?;
        return Err(error);
    }
    *has_sent = true;
    match end {
        End::Done => drop(reservation.done(json!(1)).await?),
        End::Failed => drop(reservation.failed().await?),
        End::Unknown => drop(reservation.unknown().await?),
        End::Released => reservation.release().await?,
    }
    Ok(())
}

/// What the next call is told by a new ledger over the same store, at once and after the lease.
async fn next(
    store: &Arc<dyn Store>,
    clock: &Clock,
    at: &AtomicI64,
    key: Key,
) -> [&'static str; 2] {
    let ledger = Ledger::new(Arc::clone(store), clock.clone());
    let receipts = async || {
        let receipts = ledger.receipts(&ALL).await.unwrap();
        receipts.first().map_or("none", |it| it.state.as_str())
    };
    let before = receipts().await;
    at.fetch_add(LAPSE, Ordering::SeqCst);
    [before, met(&ledger, claim(key)).await]
}

#[tokio::test]
async fn a_call_that_dies_is_never_forgotten() {
    for (key, end, last) in [
        (nonce(), End::Done, ["done", "replay"]),
        (nonce(), End::Failed, ["failed", "spent"]),
        (nonce(), End::Unknown, ["unknown", "unknown"]),
        (caller(), End::Failed, ["failed", "mine"]),
        // The lease is longer than the window.
        (window(), End::Done, ["done", "mine"]),
        (window(), End::Unknown, ["unknown", "unknown"]),
        (nonce(), End::Released, ["failed", "spent"]),
    ] {
        let mut told = Vec::new();
        for polls in 0..7 {
            let (store, clock, at) = place();
            let stepped = Stepped::new(Arc::clone(&store), BTreeMap::new());
            let ledger = Ledger::new(stepped, clock.clone());
            let mut has_sent = false;
            let is_over = {
                let mut call = pin!(whole(ledger, key.clone(), end, &mut has_sent));
                let mut context = Context::from_waker(Waker::noop());
                (0..polls).any(|_| call.as_mut().poll(&mut context).is_ready())
            };
            // Here it is dropped.
            assert!(!is_over, "{polls}");
            told.push((has_sent, next(&store, &clock, &at, key.clone()).await));
        }
        let reserved = ["reserved", "mine"];
        let open = ["sent", "unknown"];
        let wanted = [
            // Before and after its key is taken, sent is stored, the end is stored.
            (false, ["none", "mine"]),
            (false, ["none", "mine"]),
            (false, reserved),
            (false, reserved),
            (false, open),
            (true, open),
            (true, last),
        ];
        let wanted = wanted.to_vec();
        assert_eq!(told, wanted, "{key:?} {end:?}");
    }
}

/// Operations that fail; whether there may be an effect; the state at once, and what the next call is
/// told after the lease.
type Case = (&'static [(usize, Fault)], bool, [&'static str; 2]);

#[tokio::test]
async fn a_store_that_fails_never_hides_an_effect() {
    use Fault::{After, Before};
    let cases: [Case; 9] = [
        (&[(0, Before)], false, ["none", "mine"]),
        (&[(0, After)], false, ["reserved", "mine"]),
        // What could not be marked as sent is not sent; that is stored whatever became of the mark.
        (&[(1, Before)], false, ["failed", "spent"]),
        (&[(1, After)], false, ["failed", "spent"]),
        (&[(1, Before), (2, Before)], false, ["reserved", "mine"]),
        (&[(1, After), (2, Before)], false, ["sent", "unknown"]),
        (&[(1, After), (3, Before)], false, ["sent", "unknown"]),
        // The effect is there and its end could not be stored.
        (&[(2, Before)], true, ["sent", "unknown"]),
        (&[(2, After)], true, ["done", "replay"]),
    ];
    for (faults, has_sent, wanted) in cases {
        let (store, clock, at) = place();
        let stepped = Stepped::new(Arc::clone(&store), faults.iter().copied().collect());
        let ledger = Ledger::new(stepped, clock.clone());
        let mut sent = false;
        let ended = whole(ledger, nonce(), End::Done, &mut sent).await;
        assert_eq!(ended, Err(StoreError::new("told to fail")), "{faults:?}");
        let told = next(&store, &clock, &at, nonce()).await;
        assert_eq!((sent, told), (has_sent, wanted), "{faults:?}");
    }
}

#[tokio::test]
async fn a_key_is_given_back_whatever_became_of_the_mark_that_it_is_sent() {
    for fault in [Fault::Before, Fault::After] {
        let (store, clock, _) = place();
        let stepped = Stepped::new(Arc::clone(&store), [(1, fault)].into());
        let ledger = Ledger::new(stepped.clone(), clock);
        let mut first = mine(&ledger, claim(nonce())).await;
        assert!(first.sent().await.is_err());
        first.release().await.unwrap();
        assert_eq!(ledger.receipts(&ALL).await, Ok(vec![]));
        // One look where the first record was enough, else two; and the list.
        let wanted = if fault == Fault::Before { 4 } else { 5 };
        assert_eq!(stepped.count(), wanted);
    }
}

#[tokio::test]
async fn a_receipt_that_makes_place_is_kept_before_it_goes() {
    // The third call of a window finds the second's record; each operation of taking it over fails once.
    for number in 0..3 {
        for fault in [Fault::Before, Fault::After] {
            let (store, clock, at) = place();
            let ledger = Ledger::new(Arc::clone(&store), clock.clone());
            let first = sent(&ledger, claim(window())).await;
            let first = first.done(json!(1)).await.unwrap();
            at.fetch_add(60_000, Ordering::SeqCst);
            let stepped = Stepped::new(Arc::clone(&store), [(number, fault)].into());
            let failing = Ledger::new(stepped, clock);
            assert!(failing.begin(claim(window())).await.is_err());
            let kept = ledger.receipt(&first.id).await;
            assert_eq!(kept, Ok(Some(first)), "{number} {fault:?}");
            at.fetch_add(LAPSE, Ordering::SeqCst);
            assert_eq!(met(&ledger, claim(window())).await, "mine");
        }
    }
}
