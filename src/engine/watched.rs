//! The state store of the guards, with every use of it counted: the store itself knows nothing of figures.

use std::sync::Arc;

use tokio::time::Instant;

use crate::observe;
use crate::safety::Guards;
use crate::safety::store::{Added, Space, Store, StoreError, Stored};

/// The same guards, whose store is counted.
pub(super) fn watched(guards: Guards) -> Guards {
    Guards {
        store: Arc::new(Watched(guards.store)),
        ..guards
    }
}

#[derive(Debug)]
struct Watched(Arc<dyn Store>);

async fn counted<T>(operation: &'static str, work: Stored<'_, T>) -> Result<T, StoreError> {
    let begun = Instant::now();
    let ended = work.await;
    observe::figures().store_used(operation, begun.elapsed(), ended.is_ok());
    ended
}

impl Store for Watched {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(counted("get", self.0.get(space, key)))
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        Box::pin(counted("put", self.0.put(space, records, until)))
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(counted("put_new", self.0.put_new(space, key, value, until)))
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool> {
        Box::pin(counted("swap", self.0.swap(space, key, from, to, until)))
    }

    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(counted("list", self.0.list(space, prefix)))
    }

    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        Box::pin(counted("add", self.0.add(space, key, amount, most, until)))
    }
}
