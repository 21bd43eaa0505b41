//! Jobs: exports stored at submission and read until they expire.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::reply::{Refusal, Reply};
use super::scope::Scope;

/// A finished export waiting to be handed out.
pub(super) struct Export {
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
pub(super) fn submit_export(scope: &mut Scope<'_>, export: Export) -> Reply {
    let id = format!("exp_{}", scope.ids.hex());
    scope
        .db
        .prepare_cached(
            "INSERT INTO jobs (id, shop_id, scope, total, submitted_at, file_name, file)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            id,
            scope.shop_id,
            export.scope,
            export.rows,
            scope.now_ms(),
            export.file_name,
            export.csv
        ])?;
    scope
        .effects
        .push(json!({"kind": "job_started", "job_id": id}));
    let status_url = format!("/api/v2/external{}/jobs/{id}", export.scope);
    Ok(json!({"job_id": id, "status_url": status_url}))
}

/// State of a job as of now.
pub(super) fn read(scope: &mut Scope<'_>, path_scope: &str, job_id: &str) -> Reply {
    let total: Option<i64> = scope
        .db
        .prepare_cached("SELECT total FROM jobs WHERE id = ? AND shop_id = ? AND scope = ?")?
        .query_row(params![job_id, scope.shop_id, path_scope], |row| row.get(0))
        .optional()?;
    let total = total.ok_or_else(|| Refusal::NotFound("Job not found or expired".to_owned()))?;
    Ok(
        json!({"job_id": job_id, "status": "running", "progress": 0, "total": total, "processed": 0}),
    )
}
