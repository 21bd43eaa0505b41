//! A store of which one space fails, whole or at one step.

use std::sync::Arc;

use crate::safety::store::{Added, Space, Store, StoreError, Stored};

/// A step that the ledger takes with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Looks whether a call was made before.
    Get,
    /// Takes a free key.
    PutNew,
    /// Says how far a call is.
    Swap,
}

#[derive(Debug)]
pub(super) struct Failing {
    pub(super) inner: Arc<dyn Store>,
    pub(super) space: Space,
    /// The step that fails; `None` = every one.
    pub(super) step: Option<Step>,
}

impl Failing {
    fn over<'a, T: Send + 'a>(
        &self,
        (space, step): (Space, Option<Step>),
        inner: Stored<'a, T>,
    ) -> Stored<'a, T> {
        match space == self.space && (self.step.is_none() || self.step == step) {
            true => Box::pin(async { Err(StoreError::new("gone")) }),
            false => inner,
        }
    }
}

impl Store for Failing {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        self.over((space, Some(Step::Get)), self.inner.get(space, key))
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        self.over((space, None), self.inner.put(space, records, until))
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        self.over(
            (space, Some(Step::PutNew)),
            self.inner.put_new(space, key, value, until),
        )
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool> {
        self.over(
            (space, Some(Step::Swap)),
            self.inner.swap(space, key, from, to, until),
        )
    }

    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        self.over((space, None), self.inner.list(space, prefix))
    }

    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        self.over(
            (space, None),
            self.inner.add(space, key, amount, most, until),
        )
    }
}
