//! Bulk jobs: one action over many records, in the order they were submitted. Who settles asks for
//! the next item that is due, runs it and says so; the job knows neither what the action does nor
//! whether it was refused.

use rusqlite::params;
use serde_json::{Map, Value};

use super::state::Job;
use super::{fault_text, handle};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// One action for many records.
pub(in crate::sandbox) struct Bulk {
    /// Path below the base before `/jobs`, e.g. `/preorders/orders`.
    pub scope: &'static str,
    /// What the job's id begins with, e.g. `bulk_orders_release`.
    pub prefix: String,
    /// Name of the number of records in the handle.
    pub count_key: &'static str,
    /// Name of the single action.
    pub action: String,
    /// The records in submitted order, each once.
    pub items: Vec<i64>,
    /// What the action is sent beside the record, the same for all.
    pub arguments: Map<String, Value>,
}

/// An item whose moment has come.
#[derive(Debug)]
pub(in crate::sandbox) struct Item {
    /// Its moment, unix milliseconds.
    pub at: i64,
    /// The job.
    pub job_id: String,
    /// Path below the base before `/jobs`.
    pub scope: String,
    /// Name of the single action.
    pub action: String,
    /// The record.
    pub record: i64,
    /// What the action is sent beside it.
    pub arguments: Args,
}

/// Stores the job and answers its handle; nothing is done yet.
pub(in crate::sandbox) fn submit_bulk(scope: &mut Scope<'_>, bulk: Bulk) -> Reply {
    let id = format!("{}_{}", bulk.prefix, scope.ids.hex());
    let total = i64::try_from(bulk.items.len()).unwrap_or(i64::MAX);
    let fault = fault_text(scope)?;
    scope
        .db
        .prepare_cached(
            "INSERT INTO jobs (id, shop_id, scope, total, submitted_at, action, items, arguments,
             fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            id,
            scope.shop_id,
            bulk.scope,
            total,
            scope.now_ms(),
            bulk.action,
            serde_json::to_string(&bulk.items)?,
            Value::Object(bulk.arguments).to_string(),
            fault
        ])?;
    let mut out = handle(scope, bulk.scope, &id);
    if let Value::Object(out) = &mut out {
        out.insert(bulk.count_key.to_owned(), total.into());
    }
    Ok(out)
}

/// The item of the shop that is due first, up to an instant; of two at the same moment the one of
/// the job submitted first.
pub(in crate::sandbox) fn next_item(
    scope: &Scope<'_>,
    until_ms: i64,
) -> Result<Option<Item>, Refusal> {
    let mut statement = scope.db.prepare_cached(
        "SELECT rowid, * FROM jobs INDEXED BY jobs_at_work
         WHERE shop_id = ? AND items IS NOT NULL AND done < total ORDER BY rowid",
    )?;
    let mut rows = statement.query([&scope.shop_id])?;
    let mut first: Option<(i64, i64)> = None;
    while let Some(row) = rows.next()? {
        let job = Job::from_row(row)??;
        let due = job
            .next_at(&scope.env.config)
            .filter(|at| *at <= until_ms && first.is_none_or(|(earliest, _)| *at < earliest));
        if let Some(at) = due {
            first = Some((at, row.get("rowid")?));
        }
    }
    first.map(|(at, row)| item(scope, at, row)).transpose()
}

/// The item a job stands at.
fn item(scope: &Scope<'_>, at: i64, row: i64) -> Result<Item, Refusal> {
    let (job_id, path_scope, action, record, arguments): (_, _, _, _, String) = scope
        .db
        .prepare_cached(
            "SELECT id, scope, action, json_extract(items, '$[' || done || ']'), arguments
             FROM jobs WHERE rowid = ?",
        )?
        .query_row([row], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?;
    Ok(Item {
        at,
        job_id,
        scope: path_scope,
        action,
        record,
        arguments: Args(serde_json::from_str(&arguments)?),
    })
}

/// Notes that the item a job stands at has had its turn.
pub(in crate::sandbox) fn advance(scope: &Scope<'_>, job_id: &str) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached("UPDATE jobs SET done = done + 1 WHERE id = ?")?
        .execute([job_id])?;
    Ok(())
}
