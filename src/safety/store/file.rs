//! The file of the embedded store: where it lies, who may read it, and which form it has.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::StoreError;
use super::embedded::{FORM, TABLES, failed};

/// Name of the database in its folder.
pub const NAME: &str = "state.db";
/// How long one process waits for another.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts to prepare a file that others are preparing.
const PAUSE: Duration = Duration::from_millis(10);
/// What makes a file others can change: the write bits of group and world.
#[cfg(unix)]
const OTHERS_WRITE: u32 = 0o022;

/// Opens the database of a folder, and makes what is missing.
pub(super) fn open(folder: &Path) -> Result<Connection, StoreError> {
    open_for(folder, PATIENCE)
}

/// The same with so much patience for other processes.
pub(super) fn open_for(folder: &Path, patience: Duration) -> Result<Connection, StoreError> {
    make_folder(folder)?;
    let path = folder.join(NAME);
    make_file(&path).map_err(|error| {
        StoreError::new(format!(
            "{} cannot be made or read ({error}). Give this user the rights to it, or name another folder with --state",
            path.display()
        ))
    })?;
    let mut connection = Connection::open(&path).map_err(failed)?;
    connection.busy_timeout(patience).map_err(failed)?;
    let since = Instant::now();
    // The change to a write-ahead log does not wait for others by itself.
    patiently(
        || patience.checked_sub(since.elapsed()).is_some(),
        || std::thread::sleep(PAUSE),
        || set_up(&connection),
    )
    .map_err(failed)?;
    prepare(&mut connection)?;
    Ok(connection)
}

/// Tries again while others keep it locked and there is time left.
fn patiently(
    mut has_time: impl FnMut() -> bool,
    mut pause: impl FnMut(),
    mut attempt: impl FnMut() -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && has_time() => pause(),
            ended => return ended,
        }
    }
}

/// Makes the tables, or refuses those of a newer program.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let form: i64 = transaction
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(failed)?;
    match form {
        FORM => Ok(()),
        0 => transaction
            .execute_batch(TABLES)
            .and_then(|()| transaction.pragma_update(None, "user_version", FORM))
            .and_then(|()| transaction.commit())
            .map_err(failed),
        other => Err(StoreError::new(format!(
            "{NAME} has form {other} and this program knows form {FORM}: another version of stoq-mcp wrote it. Use that version, or name another folder with --state"
        ))),
    }
}

/// Write-ahead log, and every commit on the disk before it returns.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// A folder of this user alone; one that is there must not be open to others' writes.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    let made = builder.create(folder).and_then(|()| fs::metadata(folder));
    let metadata = made.map_err(|error| {
        StoreError::new(format!(
            "the folder {} cannot be made or read ({error}). Give this user the rights to it, or name another folder with --state",
            folder.display()
        ))
    })?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & OTHERS_WRITE != 0 {
            return Err(StoreError::new(format!(
                "other users of this machine can write to the folder {}, so they could forge what was confirmed and done. Take that right away (chmod go-w), or name another folder with --state",
                folder.display()
            )));
        }
    }
    #[cfg(not(unix))]
    drop(metadata);
    Ok(())
}

/// A file of this user alone; SQLite gives those beside it the same rights.
fn make_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut rights = file.metadata()?.permissions();
        if rights.mode() & 0o077 != 0 {
            rights.set_mode(0o600);
            file.set_permissions(rights)?;
        }
    }
    #[cfg(not(unix))]
    drop(file);
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn complaint(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    /// How often something was tried with time for so many pauses, and how it ended: the attempts
    /// fail with this code until the fifth.
    fn tried(code: i32, time_for: usize) -> (usize, bool) {
        let (mut attempts, pauses) = (0, std::cell::Cell::new(0));
        let ended = patiently(
            || pauses.get() < time_for,
            || pauses.set(pauses.get() + 1),
            || {
                attempts += 1;
                match attempts {
                    5 => Ok(()),
                    _ => Err(complaint(code)),
                }
            },
        );
        (attempts, ended.is_ok())
    }

    #[test]
    fn only_a_lock_is_waited_for_and_only_for_so_long() {
        for busy in [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED] {
            assert_eq!(tried(busy, 0), (1, false));
            assert_eq!(tried(busy, 3), (4, false));
            assert_eq!(tried(busy, 4), (5, true));
        }
        for other in [ffi::SQLITE_FULL, ffi::SQLITE_NOTADB, ffi::SQLITE_IOERR] {
            assert_eq!(tried(other, 4), (1, false));
        }
    }

    #[test]
    fn what_sqlite_complains_of_is_told_with_what_to_do() {
        let told = |code| failed(complaint(code)).reason;
        let locked = "another process kept it locked for too long; try again";
        assert_eq!(told(ffi::SQLITE_BUSY), locked);
        assert_eq!(told(ffi::SQLITE_LOCKED), locked);
        let full = "the disk is full; make room and try again";
        assert_eq!(told(ffi::SQLITE_FULL), full);
        for damaged in [ffi::SQLITE_NOTADB, ffi::SQLITE_CORRUPT] {
            let told = told(damaged);
            assert!(told.starts_with("state.db is damaged ("), "{told}");
        }
        let other = complaint(ffi::SQLITE_IOERR).to_string();
        assert_eq!(told(ffi::SQLITE_IOERR), other);
    }
}
