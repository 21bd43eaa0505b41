//! The jobs this server has met, so that a lost id can be found again. The API has no list of jobs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::JobInfo;

/// Jobs kept; the API forgets them after 24 h.
const KEPT: usize = 100;

/// A job that was met.
#[derive(Debug, Clone, PartialEq)]
pub struct MetJob {
    /// Name of the action it was first met through.
    pub action: String,
    /// Name of the action that reads it, when one does.
    pub reader: Option<String>,
    /// When it was first met, by the API's clock.
    pub since: DateTime<Utc>,
    /// How far it was when last seen.
    pub info: JobInfo,
}

/// The jobs met, oldest first.
#[derive(Debug, Default)]
pub(super) struct JobLog {
    met: Mutex<VecDeque<MetJob>>,
}

impl JobLog {
    /// Notes a job, or what is new of it.
    pub(super) fn note(
        &self,
        action: &str,
        reader: Option<&str>,
        now: DateTime<Utc>,
        info: &JobInfo,
    ) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = met
            .iter_mut()
            .find(|known| known.info.job_id == info.job_id)
        {
            known.info = info.clone();
            return;
        }
        if met.len() == KEPT {
            met.pop_front();
        }
        met.push_back(MetJob {
            action: action.to_owned(),
            reader: reader.map(str::to_owned),
            since: now,
            info: info.clone(),
        });
    }

    /// All of them, the latest first.
    pub(super) fn all(&self) -> Vec<MetJob> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(job_id: &str, progress: u64) -> JobInfo {
        JobInfo {
            action: "a".to_owned(),
            job_id: job_id.to_owned(),
            status: "running",
            progress,
            total: 100,
            processed: progress,
            resume: None,
        }
    }

    #[test]
    fn a_job_stands_once_with_what_was_seen_last() {
        let log = JobLog::default();
        log.note(
            "a_export",
            Some("a_jobs_read"),
            DateTime::UNIX_EPOCH,
            &info("one", 0),
        );
        log.note("b_bulk", None, DateTime::UNIX_EPOCH, &info("two", 5));
        log.note(
            "a_jobs_read",
            Some("a_jobs_read"),
            DateTime::UNIX_EPOCH,
            &info("one", 50),
        );
        let met: Vec<(String, String, u64)> = log
            .all()
            .into_iter()
            .map(|job| (job.action, job.info.job_id, job.info.progress))
            .collect();
        assert_eq!(
            met,
            [
                ("b_bulk".into(), "two".into(), 5),
                ("a_export".into(), "one".into(), 50)
            ]
        );
    }

    #[test]
    fn the_oldest_goes_when_it_is_full() {
        let log = JobLog::default();
        for number in 0..=KEPT {
            log.note(
                "a",
                None,
                DateTime::UNIX_EPOCH,
                &info(&number.to_string(), 0),
            );
        }
        let met = log.all();
        assert_eq!(met.len(), KEPT);
        assert!(met.iter().all(|job| job.info.job_id != "0"));
    }
}
