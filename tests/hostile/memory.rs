//! A store in plain maps that can be told to break at any of its operations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use stoq_mcp::safety::clock::Clock;
use stoq_mcp::safety::store::{Added, Space, Store, StoreError, Stored};
use tokio::sync::Notify;

/// How an operation breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// An error, and nothing was stored.
    FailsUndone,
    /// An error, though it was stored.
    FailsDone,
    /// The process dies, and nothing was stored.
    DiesUndone,
    /// The process dies, and it was stored.
    DiesDone,
}

impl Break {
    pub const ALL: [Self; 4] = [
        Self::FailsUndone,
        Self::FailsDone,
        Self::DiesUndone,
        Self::DiesDone,
    ];
}

type Records = BTreeMap<(&'static str, String), (Vec<u8>, i64)>;

/// The store. What it holds outlives every engine over it.
#[derive(Debug)]
pub struct Memory {
    records: Mutex<Records>,
    clock: Clock,
    trap: Mutex<Option<(usize, Break)>>,
    /// A folder that is spoilt by one of the operations.
    spoil: Mutex<Option<(usize, PathBuf)>>,
    done: AtomicUsize,
    /// Told when a process must die.
    pub died: Notify,
}

impl Memory {
    pub fn new(clock: Clock) -> Self {
        Self {
            records: Mutex::default(),
            clock,
            trap: Mutex::new(None),
            spoil: Mutex::new(None),
            done: AtomicUsize::new(0),
            died: Notify::new(),
        }
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.records.lock().unwrap().clear();
        self.disarm();
    }

    /// Breaks the operation after so many others.
    pub fn arm(&self, after: usize, how: Break) {
        self.done.store(0, Ordering::SeqCst);
        *self.trap.lock().unwrap() = Some((after, how));
    }

    /// Puts a file in the place of a folder at the operation after so many others.
    pub fn spoil(&self, after: usize, folder: &Path) {
        self.done.store(0, Ordering::SeqCst);
        *self.spoil.lock().unwrap() = Some((after, folder.to_owned()));
    }

    /// Whether the trap is still there: nothing came so far.
    pub fn disarm(&self) -> bool {
        self.trap.lock().unwrap().take().is_some()
    }

    async fn step<R>(&self, work: impl FnOnce(&mut Records, i64) -> R) -> Result<R, StoreError> {
        let number = self.done.fetch_add(1, Ordering::SeqCst);
        let spoilt = self
            .spoil
            .lock()
            .unwrap()
            .take_if(|(after, _)| *after == number);
        if let Some((_, folder)) = spoilt {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::write(&folder, "").unwrap();
        }
        let broken = self
            .trap
            .lock()
            .unwrap()
            .take_if(|(after, _)| *after == number)
            .map(|(_, how)| how);
        let apply = || work(&mut self.records.lock().unwrap(), self.clock.now());
        let failed = || Err(StoreError::new("the disk is gone"));
        match broken {
            None => Ok(apply()),
            Some(Break::FailsUndone) => failed(),
            Some(Break::FailsDone) => {
                apply();
                failed()
            }
            Some(Break::DiesUndone) => self.die().await,
            Some(Break::DiesDone) => {
                apply();
                self.die().await
            }
        }
    }

    async fn die<R>(&self) -> R {
        self.died.notify_one();
        std::future::pending().await
    }
}

fn read(records: &Records, space: Space, key: &str, now: i64) -> Option<Vec<u8>> {
    let (value, until) = records.get(&(space.as_str(), key.to_owned()))?;
    (*until > now).then(|| value.clone())
}

fn write(records: &mut Records, space: Space, key: &str, value: &[u8], until: i64) {
    records.insert((space.as_str(), key.to_owned()), (value.to_vec(), until));
}

impl Store for Memory {
    fn get<'a>(&'a self, space: Space, key: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(self.step(move |records, now| read(records, space, key, now)))
    }

    fn put<'a>(&'a self, space: Space, all: &'a [(String, Vec<u8>)], until: i64) -> Stored<'a, ()> {
        Box::pin(self.step(move |records, _| {
            for (key, value) in all {
                write(records, space, key, value, until);
            }
        }))
    }

    fn put_new<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        value: &'a [u8],
        until: i64,
    ) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(self.step(move |records, now| {
            let there = read(records, space, key, now);
            if there.is_none() {
                write(records, space, key, value, until);
            }
            there
        }))
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        from: &'a [u8],
        to: Option<&'a [u8]>,
        until: i64,
    ) -> Stored<'a, bool> {
        Box::pin(self.step(move |records, now| {
            let is = read(records, space, key, now).as_deref() == Some(from);
            match to {
                _ if !is => {}
                Some(to) => write(records, space, key, to, until),
                None => drop(records.remove(&(space.as_str(), key.to_owned()))),
            }
            is
        }))
    }

    fn list<'a>(&'a self, space: Space, prefix: &'a str) -> Stored<'a, Vec<(String, Vec<u8>)>> {
        Box::pin(self.step(move |records, now| {
            let of = |((its, key), (value, until)): (&(&str, String), &(Vec<u8>, i64))| {
                let is = *its == space.as_str() && key.starts_with(prefix) && *until > now;
                is.then(|| (key.clone(), value.clone()))
            };
            records.iter().filter_map(of).collect()
        }))
    }

    fn add<'a>(
        &'a self,
        space: Space,
        key: &'a str,
        amount: i64,
        most: i64,
        until: i64,
    ) -> Stored<'a, Added> {
        Box::pin(self.step(move |records, now| {
            let there = read(records, space, key, now).unwrap_or_else(|| b"0".to_vec());
            let sum: i64 = String::from_utf8(there).unwrap().parse().unwrap();
            match sum.checked_add(amount) {
                Some(next) if next <= most => {
                    write(records, space, key, next.to_string().as_bytes(), until);
                    Added::Sum(next)
                }
                _ => Added::TooMuch(sum),
            }
        }))
    }
}
