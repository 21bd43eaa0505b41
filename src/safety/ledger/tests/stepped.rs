//! A store that stops before and after each operation, so that a test decides who goes on and who dies,
//! and that fails where it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::safety::store::{Added, Space, Store, StoreError, Stored};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing was done.
    Before,
    /// It was done, and nobody is told.
    After,
}

#[derive(Debug)]
pub(super) struct Stepped {
    inner: Arc<dyn Store>,
    /// Operations that fail, by their number.
    faults: BTreeMap<usize, Fault>,
    count: AtomicUsize,
}

impl Stepped {
    pub(super) fn new(inner: Arc<dyn Store>, faults: BTreeMap<usize, Fault>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            faults,
            count: AtomicUsize::new(0),
        })
    }

    /// Operations so far.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    async fn around<T>(&self, work: Stored<'_, T>) -> Result<T, StoreError> {
        tokio::task::yield_now().await;
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let fault = self.faults.get(&number);
        let failure = || Err(StoreError::new("told to fail"));
        if fault == Some(&Fault::Before) {
            return failure();
        }
        let done = work.await;
        tokio::task::yield_now().await;
        match fault {
            Some(Fault::After) => failure(),
            _ => done,
        }
    }
}

impl Store for Stepped {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(self.around(self.inner.get(space, key)))
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        Box::pin(self.around(self.inner.put(space, records, until)))
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(self.around(self.inner.put_new(space, key, value, until)))
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool> {
        Box::pin(self.around(self.inner.swap(space, key, from, to, until)))
    }

    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(self.around(self.inner.list(space, prefix)))
    }

    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        Box::pin(self.around(self.inner.add(space, key, amount, most, until)))
    }
}
