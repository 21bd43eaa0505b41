//! Exports: the file is made from the data as of submission, and handed out once the job is ready.

use rusqlite::{Connection, OptionalExtension, params};

use super::state::{Job, Status};
use super::{fault_text, handle};
use crate::sandbox::config::Config;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// A finished export waiting to be handed out.
pub(in crate::sandbox) struct Export {
    /// Path below the base before `/jobs`, e.g. `/back_in_stock/reports`.
    pub scope: &'static str,
    /// Name of the file to download.
    pub file_name: String,
    /// Its content.
    pub csv: String,
    /// Rows without the header.
    pub rows: i64,
}

/// Stores the file and answers the job handle.
pub(in crate::sandbox) fn submit_export(scope: &mut Scope<'_>, export: Export) -> Reply {
    let id = format!("exp_{}", scope.ids.hex());
    let fault = fault_text(scope)?;
    scope
        .db
        .prepare_cached(
            "INSERT INTO jobs (id, shop_id, scope, total, submitted_at, file_name, file, fault)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            id,
            scope.shop_id,
            export.scope,
            export.rows,
            scope.now_ms(),
            export.file_name,
            export.csv,
            fault
        ])?;
    Ok(handle(scope, export.scope, &id))
}

/// Name and content of the file of a job that is ready; none when it is not, or no longer.
pub(in crate::sandbox) fn file(
    db: &Connection,
    job_id: &str,
    now_ms: i64,
    config: &Config,
) -> Result<Option<(String, String)>, Refusal> {
    let found = db
        .prepare_cached("SELECT * FROM jobs WHERE id = ?")?
        .query_row([job_id], |row| {
            let name: Option<String> = row.get("file_name")?;
            let file: Option<String> = row.get("file")?;
            Ok((Job::from_row(row)?, name, file))
        })
        .optional()?;
    let Some((job, Some(name), Some(file))) = found else {
        return Ok(None);
    };
    let ready = job?
        .state(now_ms, config)
        .is_some_and(|state| state.status == Status::Ready);
    Ok(ready.then_some((name, file)))
}
