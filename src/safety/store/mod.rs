//! Where state that must be shared lies: the ledger, confirmations, the kill switch, money spent, and
//! handles of personal data, and the jobs that were met.
//!
//! Six operations, each atomic; what the records mean is the business of who keeps them. One machine
//! has [`embedded::Embedded`], or [`lazy::Lazy`] over it; replicas on many have [`redis::Shared`].

pub mod embedded;
mod file;
pub mod lazy;
pub mod redis;
#[cfg(test)]
pub(crate) mod tests;

use futures::future::BoxFuture;

/// A kind of record; keys of different spaces never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    /// Ledger records by key.
    Ledger,
    /// Plans that wait for their handle.
    Plans,
    /// The kill switch.
    Switch,
    /// Money moved, by day and currency.
    Money,
    /// Personal data by handle.
    Handles,
    /// Jobs that were met, by shop and principal.
    Jobs,
}

impl Space {
    /// The name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Plans => "plans",
            Self::Switch => "switch",
            Self::Money => "money",
            Self::Handles => "handles",
            Self::Jobs => "jobs",
        }
    }
}

/// A store that cannot be reached or is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state store failed: {reason}")]
pub struct StoreError {
    /// What is wrong; holds no value of a record.
    pub reason: String,
}

impl StoreError {
    /// A failure, by what is wrong and what to do about it.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// How an addition ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It was added; the new sum.
    Sum(i64),
    /// It would have passed the bound, or what a number can hold, so nothing was added; the sum as it
    /// is.
    TooMuch(i64),
}

/// A future of a store.
pub type Stored<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The shared state. `until` is when a record may be forgotten, in milliseconds since 1970 (UTC); from
/// that moment on it is as good as absent, and `i64::MAX` never comes. A write that returned survives
/// the loss of this process. One that failed may have happened all the same.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The record of a key.
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>>;

    /// Writes records, over those that are there.
    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()>;

    /// Writes a record unless there is one; gives the one that is there instead.
    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>>;

    /// Replaces a record if it still is `from`; says whether it was. `None` removes it.
    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool>;

    /// All records whose key begins so, in the order of the keys' bytes.
    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>>;

    /// Adds to the number of a key (absent = 0) unless the sum would pass `most`. It is kept as decimal
    /// text, which is what `get` and `list` give. A record that is no number is an error.
    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added>;
}
