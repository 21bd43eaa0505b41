//! What is kept, how long, and by how many at once.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use futures::future::join_all;
use stoq_mcp::redis::{Address, Redis};
use stoq_mcp::safety::clock::Clock;
use stoq_mcp::safety::store::redis::Shared;
use stoq_mcp::safety::store::{Added, Space, Store, StoreError};

use crate::support::redis::RedisServer;

/// 2026-03-01T09:00:00Z.
pub const START: i64 = 1_772_355_600_000;

pub fn redis_at(url: &str) -> Redis {
    Redis::parse(&Address::new(url.to_owned())).unwrap()
}

pub fn shared(server: &RedisServer) -> Shared {
    Shared::new(redis_at(&server.url()))
}

/// Waits on a runtime that lives as long as its connections do.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> =
        LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
    RUNTIME.block_on(work)
}

#[tokio::test]
async fn numbers_are_exact_and_keys_won_once_among_many() {
    let server = RedisServer::start();
    let stores: Vec<Shared> = (0..4).map(|_| shared(&server)).collect();
    let work = stores.iter().enumerate().map(|(name, store)| async move {
        let mut won = 0;
        for number in 0..40 {
            let added = store.add(Space::Money, "sum", 1, i64::MAX, i64::MAX).await;
            assert!(matches!(added, Ok(Added::Sum(_))), "{added:?}");
            let (key, value) = (format!("{number:02}"), name.to_string());
            let there = store
                .put_new(Space::Plans, &key, value.as_bytes(), i64::MAX)
                .await;
            won += usize::from(there.unwrap().is_none());
        }
        won
    });
    let won: usize = join_all(work).await.into_iter().sum();
    assert_eq!(won, 40);
    let store = shared(&server);
    let sum = store.get(Space::Money, "sum").await;
    assert_eq!(sum, Ok(Some(b"160".to_vec())));
    // More than Lua can count.
    let large = i64::MAX - 1;
    assert_eq!(
        store
            .add(Space::Money, "large", large, i64::MAX, i64::MAX)
            .await,
        Ok(Added::Sum(large))
    );
    assert_eq!(
        store
            .add(Space::Money, "large", 2, i64::MAX, i64::MAX)
            .await,
        Ok(Added::TooMuch(large))
    );
    let word = [("word".to_owned(), b"x".to_vec())];
    store.put(Space::Money, &word, i64::MAX).await.unwrap();
    assert_eq!(
        store.add(Space::Money, "word", 1, i64::MAX, i64::MAX).await,
        Err(StoreError::new("a record that should be a number is none"))
    );
}

#[tokio::test]
async fn a_long_list_comes_whole_and_in_order() {
    let server = RedisServer::with(&[]);
    let store = shared(&server);
    let records: Vec<(String, Vec<u8>)> = (0..650)
        .map(|number| (format!("key/{number:04}"), vec![b'v'; 3]))
        .collect();
    store.put(Space::Ledger, &records, i64::MAX).await.unwrap();
    let old = [("old/é".to_owned(), vec![0, 255, b' '])];
    store.put(Space::Ledger, &old, i64::MAX).await.unwrap();
    assert_eq!(store.list(Space::Ledger, "key/").await.unwrap(), records);
    assert_eq!(store.list(Space::Ledger, "old/é").await.unwrap(), old);
    assert_eq!(store.list(Space::Ledger, "").await.unwrap().len(), 651);
    assert_eq!(store.list(Space::Plans, "").await, Ok(vec![]));
}

#[tokio::test]
async fn what_has_passed_leaves_the_index_and_redis_forgets_it_later() {
    let server = RedisServer::with(&[]);
    let at = Arc::new(AtomicI64::new(START));
    let seen = Arc::clone(&at);
    let clock = Clock::new(
        move || seen.load(Ordering::SeqCst),
        |time| Box::pin(tokio::time::sleep(time)),
    );
    let store = shared(&server).with_clock(clock);
    let put = async |key: &str, until: i64| {
        let records = [(key.to_owned(), b"v".to_vec())];
        store.put(Space::Plans, &records, until).await.unwrap();
    };
    put("a", START + 1_000).await;
    put("b", START + 900_000).await;
    put("c", i64::MAX).await;
    let left = |key: &str| -> i64 {
        let text = server.run(&["PTTL", &format!("stoq-mcp:plans:{key}")]);
        text.trim_start_matches(':').parse().unwrap()
    };
    // Ten minutes later, by the clock of Redis.
    assert!((590_000..=601_000).contains(&left("a")), "{}", left("a"));
    assert_eq!(left("c"), -1);
    let index = || server.run(&["ZRANGE", "stoq-mcp:index:plans", "0", "-1"]);
    at.store(START + 1_000, Ordering::SeqCst);
    assert_eq!(store.get(Space::Plans, "a").await, Ok(None));
    put("d", i64::MAX).await;
    assert_eq!(index(), "a\nb\nc\nd");
    at.store(START + 601_000, Ordering::SeqCst);
    put("e", i64::MAX).await;
    assert_eq!(index(), "b\nc\nd\ne");
    assert_eq!(
        server.run(&["ZRANGE", "stoq-mcp:ends:plans", "0", "-1"]),
        "b\nc\nd\ne"
    );
}

#[tokio::test]
async fn all_keys_lie_below_one_beginning() {
    let server = RedisServer::with(&[]);
    let store = shared(&server);
    store.add(Space::Money, "a", 1, 9, i64::MAX).await.unwrap();
    let keys = server.run(&["KEYS", "*"]);
    let mut keys: Vec<&str> = keys.lines().collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "stoq-mcp:ends:money",
            "stoq-mcp:index:money",
            "stoq-mcp:money:a",
            "stoq-mcp:tide:state"
        ]
    );
}
