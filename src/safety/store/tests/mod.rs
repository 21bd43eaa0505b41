mod model;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::embedded::Embedded;
use super::lazy::Lazy;
use super::{Added, Space, Store, file};
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

pub(super) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
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
        Space::Jobs,
    ]
    .map(Space::as_str);
    assert_eq!(
        names,
        ["ledger", "plans", "switch", "money", "handles", "jobs"]
    );
}

#[test]
fn the_names_of_spaces_stay_what_they_are() {
    // Records of an older version lie under them.
    for (space, name) in [
        (Space::Ledger, "ledger"),
        (Space::Plans, "plans"),
        (Space::Switch, "switch"),
        (Space::Money, "money"),
        (Space::Handles, "handles"),
        (Space::Jobs, "jobs"),
    ] {
        assert_eq!(space.as_str(), name);
    }
}

#[test]
fn a_folder_says_whether_a_store_is_in_it() {
    let folder = Folder::new();
    assert!(!Embedded::is_in(folder.path()));
    drop(Embedded::open(folder.path()).unwrap());
    assert!(Embedded::is_in(folder.path()));
}

#[test]
fn a_sum_ends_at_its_bound() {
    let (store, _) = manual();
    let add = |amount| wait(store.add(Space::Money, "k", amount, 10, i64::MAX));
    assert_eq!(add(9), Ok(Added::Sum(9)));
    assert_eq!(add(2), Ok(Added::TooMuch(9)));
    assert_eq!(add(1), Ok(Added::Sum(10)));
    assert_eq!(add(1), Ok(Added::TooMuch(10)));
    assert_eq!(add(i64::MAX), Ok(Added::TooMuch(10)));
    assert_eq!(add(-3), Ok(Added::Sum(7)));
}
