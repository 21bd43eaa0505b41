//! A store that is opened when it is needed, so that who only reads needs no folder.

use std::path::{Path, PathBuf};

use tokio::sync::OnceCell;

use super::embedded::Embedded;
use super::{Added, Space, Store, StoreError, Stored};

/// The store of a folder, opened at its first use. One that cannot be opened is an error each time,
/// and tried anew at the next use.
#[derive(Debug)]
pub struct Lazy {
    folder: PathBuf,
    store: OnceCell<Embedded>,
}

impl Lazy {
    /// The store of a folder; nothing is touched yet.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            store: OnceCell::new(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    async fn opened(&self) -> Result<&Embedded, StoreError> {
        let open = || async {
            let folder = self.folder.clone();
            tokio::task::spawn_blocking(move || Embedded::open(&folder))
                .await
                .unwrap_or_else(|_| Err(StoreError::new("it could not be opened")))
        };
        self.store.get_or_try_init(open).await
    }
}

impl Store for Lazy {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.opened().await?.get(space, key).await })
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        Box::pin(async move { self.opened().await?.put(space, records, until).await })
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let store = self.opened().await?;
            store.put_new(space, key, value, until).await
        })
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let store = self.opened().await?;
            store.swap(space, key, from, to, until).await
        })
    }

    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(async move { self.opened().await?.list(space, prefix).await })
    }

    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        Box::pin(async move {
            let store = self.opened().await?;
            store.add(space, key, amount, most, until).await
        })
    }
}
