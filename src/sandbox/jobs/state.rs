//! What a poll tells of a stored job: computed from the clock, the knobs and the fault that hit its
//! submission. Of a bulk job an item counts once it has had its turn.

use std::time::Duration;

use rusqlite::Row;
use serde_json::{Map, Value, json};

use crate::sandbox::config::Config;
use crate::sandbox::faults::{JobFault, JobOutcome};
use crate::sandbox::reply::Refusal;

/// A wait nobody sees the end of: over a hundred million years.
const NEVER_MS: i64 = i64::MAX / 2;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Queued or at work.
    Running,
    /// A bulk job is done.
    Completed,
    /// An export can be fetched.
    Ready,
    /// It broke.
    Failed,
    /// It was stopped.
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
pub(super) struct State {
    /// Where it stands.
    pub(super) status: Status,
    total: i64,
    processed: i64,
    error: Option<String>,
}

impl State {
    /// The poll's fields, links apart.
    pub(super) fn shown(&self, job_id: &str) -> Map<String, Value> {
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
pub(super) struct Job {
    total: i64,
    submitted_ms: i64,
    is_export: bool,
    /// Items of a bulk job that have had their turn.
    done: i64,
    fault: Option<JobFault>,
}

impl Job {
    /// Reads all columns.
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Result<Self, Refusal>> {
        let fault: Option<String> = row.get("fault")?;
        let job = Self {
            total: row.get("total")?,
            submitted_ms: row.get("submitted_at")?,
            is_export: row.get::<_, Option<String>>("file_name")?.is_some(),
            done: row.get("done")?,
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

    /// State at an instant up to which all items had their turn; none once the job is no longer
    /// kept.
    pub(super) fn state(&self, now_ms: i64, config: &Config) -> Option<State> {
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
        let is_over = now_ms >= final_ms && (self.is_export || self.done >= last);
        let status = end.filter(|_| is_over);
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
                None if self.is_export => self.done_at(now_ms, config).min(last),
                None => self.done,
            },
            error: fault
                .filter(|_| status == Some(Status::Failed))
                .map(|fault| fault.error.clone()),
        })
    }

    /// When the next item of a bulk job has its turn; none when no more will.
    pub(super) fn next_at(&self, config: &Config) -> Option<i64> {
        let next = self.done + 1;
        let outcome = self.fault.as_ref().map(|fault| fault.outcome);
        (next <= self.last_item(outcome)).then(|| {
            self.submitted_ms
                .saturating_add(self.moment_of(next, config))
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

    /// Rows of an export done at an instant.
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
            done: 0,
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

    /// Gives the items their turns up to a time after submission, and tells the moments.
    fn work(bulk: &mut Job, after_ms: i64) -> Vec<i64> {
        let mut moments = Vec::new();
        while let Some(at) = bulk.next_at(&Config::default())
            && at <= 1_000 + after_ms
        {
            bulk.done += 1;
            moments.push(at - 1_000);
        }
        moments
    }

    #[test]
    fn a_bulk_job_starts_late_and_does_items_one_by_one() {
        let mut bulk = job(47, false, None);
        assert_eq!(work(&mut bulk, 289), Vec::<i64>::new());
        assert_eq!(told(&bulk, 289), shape("running", 0, 47, 0));
        let moments: Vec<i64> = (1..=12).map(|number| 250 + 40 * number).collect();
        assert_eq!(work(&mut bulk, 250 + 480), moments);
        assert_eq!(told(&bulk, 250 + 480), shape("running", 25, 47, 12));
        assert_eq!(work(&mut bulk, 250 + 1_880).len(), 35);
        assert_eq!(told(&bulk, 250 + 1_880), shape("completed", 100, 47, 47));
        assert_eq!(bulk.next_at(&Config::default()), None);
    }

    #[test]
    fn a_bulk_job_is_not_over_before_its_items_had_their_turn() {
        let mut bulk = job(3, false, None);
        assert_eq!(told(&bulk, 10_000), shape("running", 0, 3, 0));
        work(&mut bulk, 10_000);
        assert_eq!(told(&bulk, 10_000), shape("completed", 100, 3, 3));
    }

    #[test]
    fn faults_of_bulk_jobs_stop_their_items() {
        let faulty = |outcome: &str| {
            job(
                10,
                false,
                Some(json!({"outcome": outcome, "at_percent": 30, "error": "no disk"})),
            )
        };
        let mut failed = faulty("failed");
        assert_eq!(work(&mut failed, 10_000), [290, 330, 370]);
        let mut expected = shape("failed", 30, 10, 3).unwrap();
        expected["error"] = json!("no disk");
        assert_eq!(told(&failed, 370), Some(expected));
        let mut cancelled = faulty("cancelled");
        assert_eq!(work(&mut cancelled, 10_000), [290, 330, 370]);
        assert_eq!(told(&cancelled, 370), shape("cancelled", 30, 10, 3));
        let mut stuck = faulty("stuck");
        assert_eq!(work(&mut stuck, 10_000), [290, 330, 370]);
        assert_eq!(told(&stuck, 10_000_000_000), shape("running", 30, 10, 3));
        let mut expired = faulty("expired");
        assert_eq!(work(&mut expired, 10_000).len(), 10);
        assert_eq!(told(&expired, 10_000), None);
        let mut slow = job(2, false, Some(json!({"outcome": "slow", "factor": 10})));
        assert_eq!(work(&mut slow, 10_000), [2_900, 3_300]);
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
