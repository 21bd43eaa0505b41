//! Jobs (vendor docs: Bulk & Async Jobs): stored when submitted, their state computed from the
//! clock whenever somebody asks.

use std::time::Duration;

use chrono::DateTime;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value, json};

use super::clock;
use super::config::Config;
use super::faults::{JobFault, JobOutcome};
use super::rate::second;
use super::reply::{Refusal, Reply};
use super::scope::Scope;

/// A wait nobody sees the end of: over a hundred million years.
const NEVER_MS: i64 = i64::MAX / 2;

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
    let fault = match &scope.env.job_fault {
        Some(fault) => Some(serde_json::to_string(fault)?),
        None => None,
    };
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
    scope
        .effects
        .push(json!({"kind": "job_started", "job_id": id}));
    let status_url = format!("{}{}/jobs/{id}", scope.env.base_path, export.scope);
    Ok(json!({"job_id": id, "status_url": status_url}))
}

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

/// Name and content of the file of a job that is ready; none when it is not, or no longer.
pub(super) fn file(
    db: &rusqlite::Connection,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Running,
    Completed,
    Ready,
    Failed,
    Cancelled,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What one poll tells.
#[derive(Debug, PartialEq, Eq)]
struct State {
    status: Status,
    total: i64,
    processed: i64,
    error: Option<String>,
}

impl State {
    fn shown(&self, job_id: &str) -> Map<String, Value> {
        let progress = match (self.total, self.status) {
            (0, Status::Running) => 0,
            (0, Status::Completed | Status::Ready | Status::Failed | Status::Cancelled) => 100,
            (total, _) => self.processed * 100 / total,
        };
        let mut out = Map::new();
        out.insert("job_id".into(), json!(job_id));
        out.insert("status".into(), json!(self.status.as_str()));
        out.insert("progress".into(), json!(progress));
        out.insert("total".into(), json!(self.total));
        out.insert("processed".into(), json!(self.processed));
        if let Some(error) = &self.error {
            out.insert("error".into(), json!(error));
        }
        out
    }
}

/// A stored job.
#[derive(Debug)]
struct Job {
    total: i64,
    submitted_ms: i64,
    is_export: bool,
    fault: Option<JobFault>,
}

impl Job {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Result<Self, Refusal>> {
        let fault: Option<String> = row.get("fault")?;
        let job = Self {
            total: row.get("total")?,
            submitted_ms: row.get("submitted_at")?,
            is_export: row.get::<_, Option<String>>("file_name")?.is_some(),
            fault: None,
        };
        Ok(match fault {
            None => Ok(job),
            Some(text) => serde_json::from_str(&text)
                .map(|fault| Self {
                    fault: Some(fault),
                    ..job
                })
                .map_err(Refusal::from),
        })
    }

    /// State at an instant; none once the job is no longer kept.
    fn state(&self, now_ms: i64, config: &Config) -> Option<State> {
        let outcome = self.fault.as_ref().map(|fault| fault.outcome);
        let end = match outcome {
            None | Some(JobOutcome::Slow) => Some(match self.is_export {
                true => Status::Ready,
                false => Status::Completed,
            }),
            Some(JobOutcome::Failed) => Some(Status::Failed),
            Some(JobOutcome::Cancelled) => Some(Status::Cancelled),
            Some(JobOutcome::Stuck) => None,
            Some(JobOutcome::Expired) => return None,
        };
        let last = self.last_item(outcome);
        let final_ms = self
            .submitted_ms
            .saturating_add(self.moment_of(last, config));
        let status = end.filter(|_| now_ms >= final_ms);
        let kept_ms = i64::from(config.job_retention_s) * 1_000;
        if status.is_some() && now_ms >= final_ms.saturating_add(kept_ms) {
            return None;
        }
        let fault = self.fault.as_ref();
        Some(State {
            status: status.unwrap_or(Status::Running),
            total: self.total,
            processed: match status {
                Some(_) => last,
                None => self.done_at(now_ms, config).min(last),
            },
            error: fault
                .filter(|_| status == Some(Status::Failed))
                .map(|fault| fault.error.clone()),
        })
    }

    /// Items done when the job stops.
    fn last_item(&self, outcome: Option<JobOutcome>) -> i64 {
        let at_percent = self.fault.as_ref().map_or(100, |fault| fault.at_percent);
        match outcome {
            Some(JobOutcome::Failed | JobOutcome::Cancelled | JobOutcome::Stuck) => {
                self.total * i64::from(at_percent) / 100
            }
            None | Some(JobOutcome::Slow | JobOutcome::Expired) => self.total,
        }
    }

    /// Milliseconds after submission at which so many items are done.
    fn moment_of(&self, items: i64, config: &Config) -> i64 {
        let plain = if self.is_export {
            let whole = i64::from(config.export_ms);
            if items == self.total {
                whole
            } else {
                div_up(whole * items, self.total)
            }
        } else {
            let per_second = i64::from(config.job_items_per_s);
            let work = if per_second == 0 {
                0
            } else {
                div_up(items * 1_000, per_second)
            };
            i64::from(config.job_start_ms) + work
        };
        self.slowed(plain)
    }

    /// Items done at an instant.
    fn done_at(&self, now_ms: i64, config: &Config) -> i64 {
        // The moments rise with the items: search the last one that has passed.
        let elapsed = now_ms - self.submitted_ms;
        let (mut low, mut high) = (0, self.total);
        while low < high {
            let middle = low + (high - low + 1) / 2;
            if self.moment_of(middle, config) <= elapsed {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }

    fn slowed(&self, ms: i64) -> i64 {
        match &self.fault {
            Some(fault) if fault.outcome == JobOutcome::Slow => {
                let plain = Duration::from_millis(ms.unsigned_abs()).as_secs_f64();
                Duration::try_from_secs_f64(plain * fault.factor)
                    .ok()
                    .and_then(|slowed| i64::try_from(slowed.as_millis()).ok())
                    .unwrap_or(NEVER_MS)
            }
            Some(_) | None => ms,
        }
    }
}

const fn div_up(number: i64, by: i64) -> i64 {
    if by == 0 { 0 } else { (number + by - 1) / by }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(total: i64, is_export: bool, fault: Option<Value>) -> Job {
        Job {
            total,
            submitted_ms: 1_000,
            is_export,
            fault: fault.map(|fault| serde_json::from_value(fault).unwrap()),
        }
    }

    fn told(job: &Job, after_ms: i64) -> Option<Value> {
        job.state(1_000 + after_ms, &Config::default())
            .map(|state| Value::Object(state.shown("j")))
    }

    fn shape(status: &str, progress: i64, total: i64, processed: i64) -> Option<Value> {
        Some(
            json!({"job_id": "j", "status": status, "progress": progress, "total": total,
            "processed": processed}),
        )
    }

    #[test]
    fn an_export_runs_its_time_and_is_kept_a_day() {
        let export = job(5, true, None);
        assert_eq!(told(&export, 0), shape("running", 0, 5, 0));
        assert_eq!(told(&export, 399), shape("running", 60, 5, 3));
        assert_eq!(told(&export, 400), shape("running", 80, 5, 4));
        assert_eq!(told(&export, 499), shape("running", 80, 5, 4));
        assert_eq!(told(&export, 500), shape("ready", 100, 5, 5));
        assert_eq!(told(&export, 86_400_499), shape("ready", 100, 5, 5));
        assert_eq!(told(&export, 86_400_500), None);
    }

    #[test]
    fn an_export_without_rows_still_runs() {
        let export = job(0, true, None);
        assert_eq!(told(&export, 0), shape("running", 0, 0, 0));
        assert_eq!(told(&export, 500), shape("ready", 100, 0, 0));
    }

    #[test]
    fn a_bulk_job_starts_late_and_does_items_one_by_one() {
        let bulk = job(47, false, None);
        assert_eq!(told(&bulk, 249), shape("running", 0, 47, 0));
        assert_eq!(told(&bulk, 250 + 480), shape("running", 25, 47, 12));
        assert_eq!(told(&bulk, 250 + 1_880), shape("completed", 100, 47, 47));
    }

    #[test]
    fn faulty_jobs() {
        let failed = job(
            10,
            true,
            Some(json!({"outcome": "failed", "at_percent": 40, "error": "disk full"})),
        );
        assert_eq!(told(&failed, 199), shape("running", 30, 10, 3));
        let mut expected = shape("failed", 40, 10, 4).unwrap();
        expected["error"] = json!("disk full");
        assert_eq!(told(&failed, 200), Some(expected));

        let cancelled = job(10, true, Some(json!({"outcome": "cancelled"})));
        assert_eq!(told(&cancelled, 250), shape("cancelled", 50, 10, 5));

        let stuck = job(
            10,
            true,
            Some(json!({"outcome": "stuck", "at_percent": 90})),
        );
        assert_eq!(told(&stuck, 10_000_000_000), shape("running", 90, 10, 9));

        let slow = job(10, true, Some(json!({"outcome": "slow", "factor": 4})));
        assert_eq!(told(&slow, 1_999), shape("running", 90, 10, 9));
        assert_eq!(told(&slow, 2_000), shape("ready", 100, 10, 10));

        let expired = job(10, true, Some(json!({"outcome": "expired"})));
        assert_eq!(told(&expired, 0), None);
    }
}
