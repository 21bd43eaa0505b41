//! The store of one machine: an SQLite file with private permissions, or memory alone.
//!
//! Several processes of a machine may share a file. Each operation is one transaction, and a write to a
//! file is on the disk when it returns.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Added, Space, Store, StoreError, Stored, file};
use crate::safety::clock::Clock;

/// The form of the database; a newer one is not touched.
pub(super) const FORM: i64 = 1;
/// Its tables.
pub(super) const TABLES: &str = "
    CREATE TABLE records (
        space TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (space, key)
    ) WITHOUT ROWID;
    CREATE INDEX records_by_end ON records (until);
";
/// How long at least lies between two removals of what has passed, in milliseconds.
const SWEEP_EVERY: i64 = 60_000;

/// The store of one machine.
#[derive(Debug)]
pub struct Embedded {
    database: Arc<Mutex<Database>>,
    /// Whether a write waits for a disk, so that it must not hold up other tasks.
    waits: bool,
    clock: Clock,
}

/// The connection, and when it was swept last.
#[derive(Debug)]
struct Database {
    connection: Connection,
    swept: i64,
}

impl Embedded {
    /// Opens the store of a folder, which is created when there is none. It blocks.
    ///
    /// # Errors
    /// When the folder is not private, or there is no store that can be used in it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self::over(file::open(folder)?, true))
    }

    /// Whether there is a store in a folder; nothing is made.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(file::NAME).exists()
    }

    /// A store that is gone with this value.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        file::prepare(&mut connection)?;
        Ok(Self::over(connection, false))
    }

    /// The same store by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    fn over(connection: Connection, waits: bool) -> Self {
        Self {
            database: Arc::new(Mutex::new(Database {
                connection,
                swept: i64::MIN,
            })),
            waits,
            clock: Clock::system(),
        }
    }

    /// Does some work on the database, which nobody else has meanwhile. A file's is done on a thread
    /// that may wait, and to its end, even when nobody waits for the answer any more.
    fn on<'a, T: Send + 'static>(
        &'a self,
        work: impl FnOnce(&mut Database, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Stored<'a, T> {
        let database = Arc::clone(&self.database);
        let now = self.clock.now();
        let work = move || {
            let mut database = database.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut database, now).map_err(failed)
        };
        let waits = self.waits;
        Box::pin(async move {
            if !waits {
                return work();
            }
            tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|_| Err(StoreError::new("its thread ended before it answered")))
        })
    }
}

impl Database {
    /// A transaction that writes; what has passed goes now and then.
    fn write<T>(
        &mut self,
        now: i64,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        // Immediate: one that has read and then wants to write could not wait for another's.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_due = now.saturating_sub(self.swept) >= SWEEP_EVERY;
        if is_due {
            transaction
                .prepare_cached("DELETE FROM records WHERE until <= ?")?
                .execute([now])?;
        }
        let done = work(&transaction)?;
        transaction.commit()?;
        if is_due {
            self.swept = now;
        }
        Ok(done)
    }
}

impl Store for Embedded {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        let key = key.to_owned();
        self.on(move |database, now| read(&database.connection, space, &key, now))
    }

    fn put<'a>(
        &'a self,
        space: Space,
        records: &'a [(String, Vec<u8>)],
        until: i64,
    ) -> Stored<'a, ()> {
        let records = records.to_vec();
        self.on(move |database, now| {
            database.write(now, |transaction| {
                records
                    .iter()
                    .try_for_each(|(key, value)| write(transaction, space, key, value, until))
            })
        })
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        let (key, value) = (key.to_owned(), value.to_vec());
        self.on(move |database, now| {
            database.write(now, |transaction| {
                let there = read(transaction, space, &key, now)?;
                if there.is_none() {
                    write(transaction, space, &key, &value, until)?;
                }
                Ok(there)
            })
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
        let (key, from, to) = (key.to_owned(), from.to_vec(), to.map(<[u8]>::to_vec));
        self.on(move |database, now| {
            database.write(now, |transaction| {
                if read(transaction, space, &key, now)? != Some(from) {
                    return Ok(false);
                }
                match to {
                    Some(to) => write(transaction, space, &key, &to, until)?,
                    None => {
                        transaction
                            .prepare_cached("DELETE FROM records WHERE space = ? AND key = ?")?
                            .execute(params![space.as_str(), key])?;
                    }
                }
                Ok(true)
            })
        })
    }

    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        let prefix = prefix.to_owned();
        self.on(move |database, now| {
            let mut statement = database.connection.prepare_cached(
                "SELECT key, value FROM records
                 WHERE space = ? AND key >= ? AND until > ? ORDER BY key",
            )?;
            let mut rows = statement.query(params![space.as_str(), prefix, now])?;
            let mut found = Vec::new();
            // Keys of one beginning follow each other.
            while let Some(row) = rows.next()? {
                let key: String = row.get(0)?;
                if !key.starts_with(&prefix) {
                    break;
                }
                found.push((key, row.get(1)?));
            }
            Ok(found)
        })
    }

    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        let key = key.to_owned();
        let added = self.on(move |database, now| {
            database.write(now, |transaction| {
                let sum = match read(transaction, space, &key, now)? {
                    None => 0,
                    Some(value) => match number(&value) {
                        None => return Ok(None),
                        Some(sum) => sum,
                    },
                };
                match sum.checked_add(amount) {
                    Some(next) if next <= most => {
                        write(transaction, space, &key, next.to_string().as_bytes(), until)?;
                        Ok(Some(Added::Sum(next)))
                    }
                    Some(_) | None => Ok(Some(Added::TooMuch(sum))),
                }
            })
        });
        Box::pin(async move {
            added
                .await?
                .ok_or_else(|| StoreError::new("a record that should be a number is none"))
        })
    }
}

fn read(
    connection: &Connection,
    space: Space,
    key: &str,
    now: i64,
) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT value FROM records WHERE space = ? AND key = ? AND until > ?")?
        .query_row(params![space.as_str(), key, now], |row| row.get(0))
        .optional()
}

fn write(
    connection: &Connection,
    space: Space,
    key: &str,
    value: &[u8],
    until: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO records (space, key, value, until) VALUES (?, ?, ?, ?)",
        )?
        .execute(params![space.as_str(), key, value, until])?;
    Ok(())
}

/// The number of a record, which is kept as decimal text.
fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// What SQLite complains of; its texts hold no value of a record.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::new("another process kept it locked for too long; try again")
        }
        Some(ErrorCode::DiskFull) => StoreError::new("the disk is full; make room and try again"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::new(format!(
            "{} is damaged ({error}). Stop every server that uses it, look in the Shopify admin at what was done lately, then move the file away; a new one is made at the next start",
            file::NAME
        )),
        // rusqlite's codes are not ours, and new ones may come.
        _ => StoreError::new(error.to_string()),
    }
}
