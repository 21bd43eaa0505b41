//! The database: a fresh one with the tables, or a kept file as it was left.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, params};

use super::SandboxError;

const SCHEMA: &str = include_str!("schema.sql");
/// Raised whenever `schema.sql` changes.
const VERSION: i32 = 3;
/// Statements kept compiled; more than the sandbox has.
const KEPT_STATEMENTS: usize = 256;

/// Compiles each statement once: they are kept, and other values are no reason to plan anew, which
/// SQLite would otherwise do at every question for what falls due.
pub(super) fn keep_statements(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// Opens a database, and tells whether it already holds a sandbox.
///
/// # Errors
/// When the file cannot be used, with what to do.
pub(super) fn open(path: Option<&Path>) -> Result<(Connection, bool), SandboxError> {
    let Some(path) = path else {
        let db = Connection::open_in_memory().map_err(SandboxError::memory)?;
        keep_statements(&db).map_err(SandboxError::memory)?;
        return Ok((db, false));
    };
    let fail = |error: rusqlite::Error| SandboxError::Database {
        path: path.to_owned(),
        reason: match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy) => {
                "another process has it open; stop that one or name another file".to_owned()
            }
            Some(rusqlite::ErrorCode::NotADatabase) => {
                "it is no SQLite file; name another one".to_owned()
            }
            Some(_) | None => error.to_string(),
        },
    };
    let db = Connection::open(path).map_err(fail)?;
    keep_statements(&db).map_err(fail)?;
    db.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         BEGIN EXCLUSIVE; COMMIT;",
    )
    .map_err(fail)?;
    let version: i32 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(fail)?;
    let tables: i64 = db
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(fail)?;
    match version {
        VERSION => Ok((db, true)),
        0 if tables == 0 => Ok((db, false)),
        found => Err(SandboxError::OtherVersion {
            path: path.to_owned(),
            found,
            expected: VERSION,
        }),
    }
}

/// Drops what there is and lays the empty tables. The file counts as a sandbox once it is
/// [`seal`]ed.
pub(super) fn lay(db: &Connection) -> rusqlite::Result<()> {
    // Tables refer to each other; the order of dropping them is of no interest.
    db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA user_version = 0; BEGIN IMMEDIATE")?;
    let laid = drop_tables(db).and_then(|()| db.execute_batch(SCHEMA));
    db.execute_batch(if laid.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    db.execute_batch("PRAGMA foreign_keys = ON")?;
    laid
}

fn drop_tables(db: &Connection) -> rusqlite::Result<()> {
    let names: Vec<String> = db
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for name in names {
        db.execute_batch(&format!("DROP TABLE \"{name}\""))?;
    }
    Ok(())
}

/// Marks the tables as loaded.
pub(super) fn seal(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "user_version", VERSION)
}

/// Runs a statement without parameters and result, compiled once.
pub(super) fn run(db: &Connection, statement: &str) -> rusqlite::Result<()> {
    db.prepare_cached(statement)?.execute([]).map(drop)
}

/// A value of the sandbox itself.
pub(super) fn kept(db: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// Keeps a value of the sandbox itself.
pub(super) fn keep(db: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute(params![key, value])
    .map(drop)
}
