//! Jobs (vendor docs: Bulk & Async Jobs). An export is made when it is submitted and only shown
//! later; the items of a bulk job take effect one after the other, each at its own moment. What a
//! poll tells is computed from the clock. What an item does is not known here.

mod bulk;
mod export;
mod state;

use chrono::DateTime;
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use super::clock;
use super::rate::second;
use super::reply::{Refusal, Reply};
use super::scope::Scope;
pub(super) use bulk::{Bulk, Item, advance, next_item, submit_bulk};
pub(super) use export::{Export, file, submit_export};
use state::{Job, Status};

/// State of a job as of now; a ready one gets a new link.
pub(super) fn read(scope: &mut Scope<'_>, path_scope: &str, job_id: &str) -> Reply {
    let job = scope
        .db
        .prepare_cached("SELECT * FROM jobs WHERE id = ? AND shop_id = ? AND scope = ?")?
        .query_row(params![job_id, scope.shop_id, path_scope], Job::from_row)
        .optional()?;
    let state = match job {
        Some(job) => job?.state(scope.now_ms(), &scope.env.config),
        None => None,
    };
    let state = state.ok_or_else(|| Refusal::NotFound("Job not found or expired".to_owned()))?;
    let mut out = state.shown(job_id);
    if state.status == Status::Ready {
        let ttl = i64::from(scope.env.config.link_ttl_s);
        let expires = second(scope.now_ms()) + ttl;
        let link = scope.env.links.sign(job_id, expires);
        out.insert(
            "download_url".into(),
            json!(format!("{}{link}", scope.env.origin)),
        );
        let until = DateTime::from_timestamp_secs(expires).map(clock::text);
        out.insert("expires_at".into(), json!(until));
    }
    Ok(Value::Object(out))
}

/// The job fault that hit the submit call, as the table holds it.
fn fault_text(scope: &Scope<'_>) -> Result<Option<String>, Refusal> {
    Ok(match &scope.env.job_fault {
        Some(fault) => Some(serde_json::to_string(fault)?),
        None => None,
    })
}

/// The fields every handle has; notes the start in the journal.
fn handle(scope: &mut Scope<'_>, path_scope: &str, job_id: &str) -> Value {
    scope
        .effects
        .push(json!({"kind": "job_started", "job_id": job_id}));
    let status_url = format!("{}{path_scope}/jobs/{job_id}", scope.env.base_path);
    json!({"job_id": job_id, "status_url": status_url})
}
