use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use proptest::prelude::*;

use super::embedded::Embedded;
use super::lazy::Lazy;
use super::{Added, Space, Store, StoreError, file};
use crate::safety::clock::tests::{START, by_hand};

/// A store in memory whose clock is moved by hand.
pub(crate) fn manual() -> (Embedded, Arc<AtomicI64>) {
    let (clock, at) = by_hand();
    (Embedded::memory().unwrap().with_clock(clock), at)
}

/// A folder that is gone when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-state-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        let _ = fs::remove_dir_all(&folder.0);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

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

/// Keys that lie in the table, whether they have passed or not.
fn stored(folder: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(folder.join(file::NAME)).unwrap();
    let mut statement = connection
        .prepare("SELECT key FROM records ORDER BY key")
        .unwrap();
    let keys = statement.query_map([], |row| row.get(0)).unwrap();
    keys.map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_has_passed_is_swept_once_a_minute() {
    let folder = Folder::new();
    let (clock, at) = by_hand();
    let store = Embedded::open(folder.path()).unwrap().with_clock(clock);
    let put = async |key: &str, until: i64| {
        let records = [(key.to_owned(), b"v".to_vec())];
        store.put(Space::Plans, &records, until).await.unwrap();
    };
    // The first write sweeps, and finds nothing.
    put("a", START + 10).await;
    put("b", START + 60_001).await;
    put("c", START + 60_000).await;
    at.store(START + 59_999, Ordering::SeqCst);
    put("d", i64::MAX).await;
    assert_eq!(stored(folder.path()), ["a", "b", "c", "d"]);
    at.store(START + 60_000, Ordering::SeqCst);
    put("e", i64::MAX).await;
    assert_eq!(stored(folder.path()), ["b", "d", "e"]);
    at.store(START + 119_999, Ordering::SeqCst);
    put("f", i64::MAX).await;
    assert_eq!(stored(folder.path()), ["b", "d", "e", "f"]);
}

#[test]
fn two_connections_share_a_file() {
    let folder = Folder::new();
    // Opened at the same time, the file is made once.
    let work = |name: usize| {
        let folder = folder.path().to_owned();
        std::thread::spawn(move || {
            let store = Embedded::open(&folder).unwrap();
            wait(async {
                let mut won = 0;
                for number in 0..40 {
                    let added = store.add(Space::Money, "sum", 1, i64::MAX, i64::MAX).await;
                    assert!(matches!(added, Ok(Added::Sum(_))), "{added:?}");
                    let (key, value) = (format!("{number:02}"), [u8::try_from(name).unwrap()]);
                    let there = store.put_new(Space::Plans, &key, &value, i64::MAX).await;
                    won += usize::from(there.unwrap().is_none());
                }
                won
            })
        })
    };
    let threads: Vec<_> = (0..4).map(work).collect();
    let won: usize = threads.into_iter().map(|it| it.join().unwrap()).sum();
    assert_eq!(won, 40);
    let store = Embedded::open(folder.path()).unwrap();
    let sum = wait(store.get(Space::Money, "sum")).unwrap();
    assert_eq!(sum, Some(b"160".to_vec()));
    assert_eq!(wait(store.list(Space::Plans, "")).unwrap().len(), 40);
}

#[test]
fn a_write_goes_on_when_nobody_waits_for_it() {
    let folder = Folder::new();
    let store = Embedded::open(folder.path()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let records = [("a".to_owned(), b"v".to_vec())];
        let mut put = store.put(Space::Plans, &records, i64::MAX);
        assert!(futures::poll!(&mut put).is_pending());
        drop(put);
    });
    // It waits for what has begun.
    drop(runtime);
    assert_eq!(
        wait(store.get(Space::Plans, "a")).unwrap(),
        Some(b"v".to_vec())
    );
}

#[test]
fn commits_are_on_the_disk_when_they_return() {
    let folder = Folder::new();
    let connection = file::open(folder.path()).unwrap();
    let pragma = |name: &str| -> String {
        connection
            .query_row(
                &format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"),
                [],
                |row| row.get(0),
            )
            .unwrap()
    };
    // 2 = FULL; the last is the wait for other processes, in milliseconds.
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("synchronous"), "2");
    let timeout: i64 = connection
        .query_row("PRAGMA busy_timeout", [], |row| row.get(0))
        .unwrap();
    assert_eq!(timeout, 5_000);
}

#[cfg(unix)]
mod rights {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn folder_and_files_are_this_users_alone() {
        let parent = Folder::new();
        let folder = parent.path().join("deep");
        let store = Embedded::open(&folder).unwrap();
        wait(store.put(Space::Plans, &[("a".to_owned(), vec![])], i64::MAX)).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let mut files: Vec<(String, u32)> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, mode(&path))
            })
            .collect();
        files.sort();
        let wanted = ["state.db", "state.db-shm", "state.db-wal"];
        assert_eq!(files, wanted.map(|name| (name.to_owned(), 0o600)));
    }

    #[test]
    fn a_file_that_others_could_read_is_closed_to_them() {
        let folder = Folder::new();
        drop(Embedded::open(folder.path()).unwrap());
        let path = folder.path().join(file::NAME);
        for before in [0o644, 0o640, 0o606, 0o601, 0o700] {
            set(&path, before);
            drop(Embedded::open(folder.path()).unwrap());
            let wanted = if before == 0o700 { 0o700 } else { 0o600 };
            assert_eq!(mode(&path), wanted, "{before:o}");
        }
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        let folder = Folder::new();
        fs::create_dir(folder.path()).unwrap();
        for open in [0o720, 0o702, 0o777] {
            set(folder.path(), open);
            assert_eq!(
                Embedded::open(folder.path()).unwrap_err().reason,
                format!(
                    "other users of this machine can write to the folder {}, so they could forge what was confirmed and done. Take that right away (chmod go-w), or name another folder with --state",
                    folder.path().display()
                )
            );
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
        set(folder.path(), 0o755);
        assert!(Embedded::open(folder.path()).is_ok());
    }
}

#[test]
fn a_folder_that_cannot_be_used_says_so() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    let taken = folder.path().join("file");
    fs::write(&taken, "").unwrap();
    let told = Embedded::open(&taken).unwrap_err().reason;
    assert!(
        told.starts_with(&format!(
            "the folder {} cannot be made or read (",
            taken.display()
        )) && told
            .ends_with("). Give this user the rights to it, or name another folder with --state"),
        "{told}"
    );
    fs::create_dir(folder.path().join(file::NAME)).unwrap();
    let told = Embedded::open(folder.path()).unwrap_err().reason;
    assert!(
        told.starts_with(&format!(
            "{} cannot be made or read (",
            folder.path().join("state.db").display()
        )) && told
            .ends_with("). Give this user the rights to it, or name another folder with --state"),
        "{told}"
    );
}

#[test]
fn a_damaged_file_says_so_and_is_left_as_it_is() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    let path = folder.path().join(file::NAME);
    let noise = "this is no database ".repeat(400);
    fs::write(&path, &noise).unwrap();
    assert_eq!(
        Embedded::open(folder.path()).unwrap_err().to_string(),
        "the state store failed: state.db is damaged (file is not a database). Stop every server that uses it, look in the Shopify admin at what was done lately, then move the file away; a new one is made at the next start"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), noise);
}

#[test]
fn a_file_of_a_newer_form_is_refused() {
    let folder = Folder::new();
    drop(Embedded::open(folder.path()).unwrap());
    drop(Embedded::open(folder.path()).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join(file::NAME)).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    assert_eq!(
        Embedded::open(folder.path()).unwrap_err().reason,
        "state.db has form 2 and this program knows form 1: another version of stoq-mcp wrote it. Use that version, or name another folder with --state"
    );
}

#[test]
fn what_another_process_locks_for_too_long_says_so() {
    let folder = Folder::new();
    let holder = file::open(folder.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let other = file::open_for(folder.path(), std::time::Duration::from_millis(2));
    assert_eq!(
        other.unwrap_err().reason,
        "another process kept it locked for too long; try again"
    );
}

#[tokio::test]
async fn a_lazy_store_opens_its_folder_at_first_use() {
    let folder = Folder::new();
    let path = folder.path().join("state");
    let store = Lazy::new(path.clone());
    assert_eq!(store.folder(), path);
    assert!(!path.exists());
    fs::create_dir(folder.path()).unwrap();
    fs::write(&path, "").unwrap();
    for _ in 0..2 {
        assert!(store.get(Space::Plans, "a").await.is_err());
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(store.get(Space::Plans, "a").await, Ok(None));
    let records = [("a".to_owned(), b"1".to_vec())];
    store.put(Space::Plans, &records, i64::MAX).await.unwrap();
    assert_eq!(
        store.put_new(Space::Plans, "a", b"2", i64::MAX).await,
        Ok(Some(b"1".to_vec()))
    );
    let swapped = store.swap(Space::Plans, "a", b"1", Some(b"3"), i64::MAX);
    assert_eq!(swapped.await, Ok(true));
    assert_eq!(
        store.list(Space::Plans, "").await,
        Ok(vec![("a".to_owned(), b"3".to_vec())])
    );
    let added = store.add(Space::Plans, "a", 4, 7, i64::MAX).await;
    assert_eq!(added, Ok(Added::Sum(7)));
    assert_eq!(store.get(Space::Plans, "a").await, Ok(Some(b"7".to_vec())));
}

#[test]
fn a_space_has_a_name_of_its_own() {
    let names = [
        Space::Ledger,
        Space::Plans,
        Space::Switch,
        Space::Money,
        Space::Handles,
    ]
    .map(Space::as_str);
    assert_eq!(names, ["ledger", "plans", "switch", "money", "handles"]);
}
