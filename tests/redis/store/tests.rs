//! A store in Redis for the model.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use stoq_mcp::safety::clock::Clock;
use stoq_mcp::safety::store::redis::Shared;

use crate::records::{START, redis_at, wait as wait_for};
use crate::support::redis::RedisServer;

#[path = "../../../src/safety/store/tests/model.rs"]
mod model;

/// A store with nothing in it, whose clock is moved by hand.
fn manual() -> (Shared, Arc<AtomicI64>) {
    // A thread's own ends with the thread; one of the whole program would never be ended.
    thread_local! {
        static SERVER: RedisServer = RedisServer::with(&[]);
    }
    let url = SERVER.with(|server| {
        server.run(&["FLUSHALL"]);
        server.url()
    });
    let at = Arc::new(AtomicI64::new(START));
    let seen = Arc::clone(&at);
    let clock = Clock::new(
        move || seen.load(Ordering::SeqCst),
        |time| Box::pin(tokio::time::sleep(time)),
    );
    let store = Shared::new(redis_at(&url)).with_clock(clock);
    (store, at)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    wait_for(work)
}
