//! Many calls of one key at the same time, in any order, dying anywhere, over a store that fails: never a
//! second effect.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use proptest::prelude::*;

use super::stepped::{Fault, Stepped};
use super::*;

const CALLS: usize = 4;

/// What a call does once it may send.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Done,
    /// The API refused, so there is no effect.
    Refused,
    Unknown,
    Silent,
}

/// One thing that happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    GoOn(usize),
    Die(usize),
    Pass(i64),
}

/// A call that may have sent something.
#[derive(Debug, Clone, Copy)]
struct Effect {
    /// Whether the API said that nothing was done.
    is_refused: bool,
    /// When it began to store that it was done.
    done: Option<i64>,
}

type Effects = Arc<Mutex<BTreeMap<String, Effect>>>;

async fn call(ledger: Ledger, key: Key, ending: Ending, effects: Effects) {
    let clock = ledger.clock.clone();
    let how = key.how();
    let Ok(Begun::Mine(mut reservation)) = ledger.begin(claim(key)).await else {
        return;
    };
    let id = reservation.id().to_owned();
    if reservation.sent().await.is_err() {
        let _ = reservation.failed().await;
        return;
    }
    let now = clock.now();
    for (earlier, effect) in effects.lock().unwrap().iter() {
        let may_repeat = match how {
            How::Nonce => false,
            How::Caller => effect.is_refused,
            How::Window(window) => {
                let end = |done: i64| done + i64::try_from(window.as_millis()).unwrap();
                effect.is_refused || effect.done.is_some_and(|done| now >= end(done))
            }
        };
        assert!(may_repeat, "{id} is sent after {earlier}: {effect:?}");
    }
    let effect = |is_refused, done| {
        let effect = Effect { is_refused, done };
        effects.lock().unwrap().insert(id.clone(), effect);
    };
    effect(false, None);
    tokio::task::yield_now().await;
    match ending {
        Ending::Done => {
            effect(false, Some(clock.now()));
            let _ = reservation.done(json!(1)).await;
        }
        Ending::Refused => {
            effect(true, None);
            let _ = reservation.failed().await;
        }
        Ending::Unknown => drop(reservation.unknown().await),
        Ending::Silent => {}
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..CALLS).prop_map(Step::GoOn),
        1 => (0..CALLS).prop_map(Step::Die),
        1 => prop_oneof![Just(1_000_i64), Just(60_000), Just(LAPSE)].prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 0..120)
}

fn endings() -> impl Strategy<Value = Vec<Ending>> {
    let ending = prop_oneof![
        Just(Ending::Done),
        Just(Ending::Refused),
        Just(Ending::Unknown),
        Just(Ending::Silent),
    ];
    proptest::collection::vec(ending, CALLS)
}

fn faults() -> impl Strategy<Value = BTreeMap<usize, Fault>> {
    let fault = prop_oneof![Just(Fault::Before), Just(Fault::After)];
    proptest::collection::btree_map(0..40_usize, fault, 0..4)
}

/// Lets the calls go on as told, and those that are left to their end.
fn play(mut calls: Vec<Option<Pin<Box<dyn Future<Output = ()>>>>>, steps: &[Step], at: &AtomicI64) {
    let mut context = Context::from_waker(Waker::noop());
    let rest = (0..100_000).map(|turn| Step::GoOn(turn % CALLS));
    for step in steps.iter().copied().chain(rest) {
        match step {
            Step::GoOn(number) => {
                if let Some(call) = &mut calls[number]
                    && call.as_mut().poll(&mut context).is_ready()
                {
                    calls[number] = None;
                }
            }
            Step::Die(number) => calls[number] = None,
            Step::Pass(time) => {
                at.fetch_add(time, Ordering::SeqCst);
            }
        }
        if calls.iter().all(Option::is_none) {
            return;
        }
    }
    panic!("they do not end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn no_order_of_calls_has_a_second_effect(
        kind in 0..3_usize,
        endings in endings(),
        steps in steps(),
        faults in faults(),
    ) {
        let key = [nonce(), caller(), window()][kind].clone();
        let (store, clock, at) = place();
        let stepped = Stepped::new(Arc::clone(&store), faults);
        let effects = Effects::default();
        let calls = endings.iter().map(|ending| {
            let ledger = Ledger::new(stepped.clone(), clock.clone());
            let call = call(ledger, key.clone(), *ending, Arc::clone(&effects));
            Some(Box::pin(call) as Pin<Box<dyn Future<Output = ()>>>)
        });
        play(calls.collect(), &steps, &at);

        // Everybody is gone. Who comes now is not told that nothing happened when something may have.
        at.fetch_add(LAPSE, Ordering::SeqCst);
        let effects: Vec<Effect> = effects.lock().unwrap().values().copied().collect();
        let is_open = |effect: &&Effect| !effect.is_refused;
        let ledger = Ledger::new(store, clock);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let told = runtime.block_on(met(&ledger, claim(key.clone())));
        let wanted: &[&str] = match (kind, effects.iter().find(is_open)) {
            (2, Some(Effect { done: Some(_), .. })) => &["mine", "unknown"],
            (_, Some(Effect { done: Some(_), .. })) => &["replay", "unknown"],
            (_, Some(_)) => &["unknown"],
            (0, None) if effects.is_empty() => &["mine", "spent", "unknown"],
            (0, None) => &["spent", "unknown"],
            (_, None) => &["mine", "unknown"],
        };
        prop_assert!(wanted.contains(&told), "{}: {:?}", told, effects);
        let receipts = runtime.block_on(ledger.receipts(&ALL)).unwrap();
        let told = receipts.iter().filter(|it| matches!(it.state, State::Done | State::Unknown));
        prop_assert!(told.count() >= effects.iter().filter(is_open).count());
    }
}
