//! Every operation against plain maps.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::super::{Added, Space, Store, StoreError};
use super::{manual, wait};

/// One use of a store, by the number of its key.
#[derive(Debug, Clone)]
enum Step {
    Get(usize),
    Put(Vec<(usize, u8)>, i64),
    PutNew(usize, u8, i64),
    Swap(usize, u8, Option<u8>, i64),
    List(usize),
    Add(usize, i64, i64, i64),
    Pass(i64),
}

/// What a use gave.
#[derive(Debug, PartialEq)]
enum Gave {
    Nothing,
    Record(Option<Vec<u8>>),
    Swapped(bool),
    Records(Vec<(String, Vec<u8>)>),
    Added(Result<Added, StoreError>),
}

/// Keys of which some begin alike, in two spaces.
const KEYS: [(Space, &str); 7] = [
    (Space::Ledger, "a"),
    (Space::Ledger, "a/b"),
    (Space::Ledger, "a/é"),
    (Space::Ledger, "b"),
    (Space::Money, "a"),
    (Space::Money, "a/b"),
    (Space::Money, ""),
];

/// The same in plain maps.
#[derive(Default)]
struct Model(BTreeMap<(&'static str, &'static str), (Vec<u8>, i64)>);

impl Model {
    fn get(&self, (space, key): (Space, &'static str), now: i64) -> Option<Vec<u8>> {
        let (value, until) = self.0.get(&(space.as_str(), key))?;
        (*until > now).then(|| value.clone())
    }

    fn put(&mut self, (space, key): (Space, &'static str), value: Vec<u8>, until: i64) {
        self.0.insert((space.as_str(), key), (value, until));
    }

    fn apply(&mut self, step: &Step, now: i64) -> Gave {
        match step {
            Step::Get(key) => Gave::Record(self.get(KEYS[*key], now)),
            Step::Put(records, until) => {
                for (key, value) in records {
                    self.put(KEYS[*key], vec![*value], now + until);
                }
                Gave::Nothing
            }
            Step::PutNew(key, value, until) => {
                let there = self.get(KEYS[*key], now);
                if there.is_none() {
                    self.put(KEYS[*key], vec![*value], now + until);
                }
                Gave::Record(there)
            }
            Step::Swap(key, from, to, until) => {
                let is = self.get(KEYS[*key], now) == Some(vec![*from]);
                match to {
                    _ if !is => {}
                    Some(to) => self.put(KEYS[*key], vec![*to], now + until),
                    None => {
                        self.0.remove(&(KEYS[*key].0.as_str(), KEYS[*key].1));
                    }
                }
                Gave::Swapped(is)
            }
            Step::List(key) => {
                let (space, prefix) = KEYS[*key];
                let of = |&(its, key): &(&str, &'static str)| {
                    (its == space.as_str() && key.starts_with(prefix)).then_some((space, key))
                };
                let keys = self.0.keys().filter_map(of);
                let found = keys.filter_map(|at| Some((at.1.to_owned(), self.get(at, now)?)));
                Gave::Records(found.collect())
            }
            Step::Add(key, amount, most, until) => {
                let text = self.get(KEYS[*key], now).unwrap_or_else(|| b"0".to_vec());
                let Ok(sum) = String::from_utf8(text).unwrap().parse::<i64>() else {
                    let reason = "a record that should be a number is none";
                    return Gave::Added(Err(StoreError::new(reason)));
                };
                match sum.checked_add(*amount) {
                    Some(next) if next <= *most => {
                        self.put(KEYS[*key], next.to_string().into_bytes(), now + until);
                        Gave::Added(Ok(Added::Sum(next)))
                    }
                    _ => Gave::Added(Ok(Added::TooMuch(sum))),
                }
            }
            Step::Pass(_) => Gave::Nothing,
        }
    }
}

async fn apply(store: &dyn Store, step: &Step, now: i64) -> Gave {
    match step {
        Step::Get(key) => Gave::Record(store.get(KEYS[*key].0, KEYS[*key].1).await.unwrap()),
        Step::Put(records, until) => {
            for space in [Space::Ledger, Space::Money] {
                let of_it = records.iter().filter(|(key, _)| KEYS[*key].0 == space);
                let of_it: Vec<_> = of_it
                    .map(|(key, value)| (KEYS[*key].1.to_owned(), vec![*value]))
                    .collect();
                store.put(space, &of_it, now + until).await.unwrap();
            }
            Gave::Nothing
        }
        Step::PutNew(key, value, until) => {
            let (space, key) = KEYS[*key];
            let there = store.put_new(space, key, &[*value], now + until).await;
            Gave::Record(there.unwrap())
        }
        Step::Swap(key, from, to, until) => {
            let (space, key) = KEYS[*key];
            let (from, to) = ([*from], to.map(|to| vec![to]));
            let swapped = store.swap(space, key, &from, to.as_deref(), now + until);
            Gave::Swapped(swapped.await.unwrap())
        }
        Step::List(key) => Gave::Records(store.list(KEYS[*key].0, KEYS[*key].1).await.unwrap()),
        Step::Add(key, amount, most, until) => {
            let (space, key) = KEYS[*key];
            Gave::Added(store.add(space, key, *amount, *most, now + until).await)
        }
        Step::Pass(_) => Gave::Nothing,
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..KEYS.len();
    // Digits, so that some records are numbers, and one that is none.
    let value = || prop_oneof![Just(b'0'), Just(b'7'), Just(b'x')];
    let until = || prop_oneof![Just(0), Just(1), Just(50), Just(100_000)];
    let amount = prop_oneof![-20_i64..20, Just(i64::MAX), Just(i64::MIN)];
    let step = prop_oneof![
        key().prop_map(Step::Get),
        (proptest::collection::vec((key(), value()), 0..4), until())
            .prop_map(|(records, until)| Step::Put(records, until)),
        (key(), value(), until()).prop_map(|(key, value, until)| Step::PutNew(key, value, until)),
        (key(), value(), proptest::option::of(value()), until())
            .prop_map(|(key, from, to, until)| Step::Swap(key, from, to, until)),
        key().prop_map(Step::List),
        (
            key(),
            amount,
            prop_oneof![-5_i64..30, Just(i64::MAX)],
            until()
        )
            .prop_map(|(key, amount, most, until)| Step::Add(key, amount, most, until)),
        prop_oneof![Just(1_i64), Just(49), Just(60_000)].prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn every_operation_is_that_of_a_map(steps in steps()) {
        let (store, at) = manual();
        let mut model = Model::default();
        for step in &steps {
            if let Step::Pass(time) = step {
                at.fetch_add(*time, Ordering::SeqCst);
            }
            let now = at.load(Ordering::SeqCst);
            let gave = wait(apply(&store, step, now));
            prop_assert_eq!(gave, model.apply(step, now), "{:?}", step);
        }
    }
}
