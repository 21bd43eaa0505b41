//! The jobs that were met, so that a lost id can be found again. The API has no list of jobs.
//!
//! This process keeps its own in memory, and leaves a record of each in the store for a day: when it is
//! met, and when it is over. So servers of one store list each other's, and one that has lost the
//! store still has its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::JobInfo;
use crate::safety::confirm::Who;
use crate::safety::store::{Space, Store, StoreError};
use crate::upstream::{JobStatus, is_job_id};

/// Jobs kept in memory, and listed.
const KEPT: usize = 100;
/// How long a record is kept, in milliseconds: the API forgets jobs after that.
const DAY: i64 = 86_400_000;

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

/// A job in the store.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    action: String,
    reader: Option<String>,
    since: DateTime<Utc>,
    status: String,
    progress: u64,
    total: u64,
    processed: u64,
}

impl Stored {
    fn of(job: &MetJob) -> Self {
        Self {
            action: job.action.clone(),
            reader: job.reader.clone(),
            since: job.since,
            status: job.info.status.to_owned(),
            progress: job.info.progress,
            total: job.info.total,
            processed: job.info.processed,
        }
    }

    /// The job of a key; `None` when its state is of another version of this program.
    fn met(self, job_id: &str) -> Option<MetJob> {
        Some(MetJob {
            info: JobInfo {
                action: self.action.clone(),
                job_id: job_id.to_owned(),
                status: JobStatus::parse(&self.status)?.as_str(),
                progress: self.progress,
                total: self.total,
                processed: self.processed,
                resume: None,
            },
            action: self.action,
            reader: self.reader,
            since: self.since,
        })
    }
}

/// The jobs of one caller in one shop.
#[derive(Debug)]
pub(super) struct JobLog {
    /// Oldest first.
    met: Mutex<VecDeque<MetJob>>,
    store: Arc<dyn Store>,
    /// Beginning of its keys.
    prefix: String,
}

impl JobLog {
    pub(super) fn new(store: Arc<dyn Store>, who: &Who) -> Self {
        let Who { principal, shop } = who;
        Self {
            met: Mutex::default(),
            store,
            // Its length before a name: no two callers have one beginning.
            prefix: format!("{shop}/{}/{principal}/", principal.len()),
        }
    }

    /// Notes a job, or what is new of it. `since` is by the API's clock, `now` by ours.
    pub(super) async fn note(&self, seen: MetJob, now: i64) {
        let known = self.kept(&seen.info.job_id);
        let was_over = known.as_ref().is_some_and(|job| is_over(&job.info));
        let stored = match known {
            Some(known) => {
                let job = MetJob {
                    info: seen.info,
                    ..known
                };
                self.keep(job.clone());
                match is_over(&job.info) && !was_over {
                    true => self.write(&job, now).await,
                    false => Ok(()),
                }
            }
            None => self.first(seen, now).await,
        };
        if let Err(failure) = stored {
            tracing::warn!(%failure, "other servers will not list a job");
        }
    }

    /// Meets a job, which another server may have met before.
    async fn first(&self, seen: MetJob, now: i64) -> Result<(), StoreError> {
        self.keep(seen.clone());
        let (key, bytes) = self.record(&seen)?;
        let until = now.saturating_add(DAY);
        let Some(there) = self.store.put_new(Space::Jobs, &key, &bytes, until).await? else {
            return Ok(());
        };
        let Some(there) = met(&key, &self.prefix, &there) else {
            return Ok(());
        };
        let job = MetJob {
            info: seen.info,
            ..there.clone()
        };
        self.keep(job.clone());
        match is_over(&job.info) && !is_over(&there.info) {
            true => self.write(&job, now).await,
            false => Ok(()),
        }
    }

    /// The latest jobs, the latest first, with those of other servers; and what kept those away.
    pub(super) async fn all(&self) -> (Vec<MetJob>, Option<StoreError>) {
        let listed = self.store.list(Space::Jobs, &self.prefix).await;
        let mut all: Vec<MetJob> = self.met().iter().cloned().collect();
        let failure = match listed {
            Ok(listed) => {
                let others = listed
                    .iter()
                    .filter_map(|(key, bytes)| met(key, &self.prefix, bytes));
                for other in others {
                    match all
                        .iter_mut()
                        .find(|job| job.info.job_id == other.info.job_id)
                    {
                        // A job that is over stays as it is.
                        Some(mine) if is_over(&other.info) => *mine = other,
                        Some(_) => {}
                        None => all.push(other),
                    }
                }
                None
            }
            Err(failure) => Some(failure),
        };
        // Those of one moment in the order they were met.
        all.reverse();
        all.sort_by_key(|job| std::cmp::Reverse(job.since));
        all.truncate(KEPT);
        (all, failure)
    }

    /// The action that reads a job, when somebody has met it.
    pub(super) async fn reader(&self, job_id: &str) -> Option<String> {
        if let Some(job) = self.kept(job_id) {
            return job.reader;
        }
        if !is_job_id(job_id) {
            return None;
        }
        let key = format!("{}{job_id}", self.prefix);
        let found = self.store.get(Space::Jobs, &key).await;
        found
            .ok()
            .flatten()
            .and_then(|bytes| met(&key, &self.prefix, &bytes)?.reader)
    }

    async fn write(&self, job: &MetJob, now: i64) -> Result<(), StoreError> {
        let record = [self.record(job)?];
        self.store
            .put(Space::Jobs, &record, now.saturating_add(DAY))
            .await
    }

    fn record(&self, job: &MetJob) -> Result<(String, Vec<u8>), StoreError> {
        let bytes = serde_json::to_vec(&Stored::of(job))
            .map_err(|_| StoreError::new("a job cannot be written as JSON"))?;
        Ok((format!("{}{}", self.prefix, job.info.job_id), bytes))
    }

    fn kept(&self, job_id: &str) -> Option<MetJob> {
        let met = self.met();
        met.iter().find(|job| job.info.job_id == job_id).cloned()
    }

    /// Keeps a job in memory, in place of what is known of it.
    fn keep(&self, job: MetJob) {
        let mut met = self.met();
        if let Some(known) = met
            .iter_mut()
            .find(|known| known.info.job_id == job.info.job_id)
        {
            *known = job;
            return;
        }
        if met.len() == KEPT {
            met.pop_front();
        }
        met.push_back(job);
    }

    fn met(&self) -> MutexGuard<'_, VecDeque<MetJob>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The job of a record.
fn met(key: &str, prefix: &str, bytes: &[u8]) -> Option<MetJob> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    stored.met(key.strip_prefix(prefix)?)
}

fn is_over(info: &JobInfo) -> bool {
    info.status != JobStatus::Running.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::store::embedded::Embedded;

    fn log(store: &Arc<Embedded>, principal: &str) -> JobLog {
        let who = Who {
            principal: principal.to_owned(),
            shop: "s".to_owned(),
        };
        JobLog::new(Arc::clone(store) as _, &who)
    }

    fn seen(action: &str, at: i64, job_id: &str, status: &'static str, progress: u64) -> MetJob {
        MetJob {
            action: action.to_owned(),
            reader: Some(format!("{action}_reader")),
            since: DateTime::from_timestamp_millis(at).unwrap(),
            info: JobInfo {
                action: action.to_owned(),
                job_id: job_id.to_owned(),
                status,
                progress,
                total: 100,
                processed: progress,
                resume: None,
            },
        }
    }

    async fn listed(log: &JobLog) -> Vec<(String, String, &'static str, u64)> {
        let (all, failure) = log.all().await;
        assert_eq!(failure, None);
        let row = |job: MetJob| {
            (
                job.action,
                job.info.job_id,
                job.info.status,
                job.info.progress,
            )
        };
        all.into_iter().map(row).collect()
    }

    #[tokio::test]
    async fn a_job_stands_once_with_what_was_seen_last() {
        let store = Arc::new(Embedded::memory().unwrap());
        let log = log(&store, "ines");
        log.note(seen("a_export", 0, "one", "running", 0), 0).await;
        log.note(seen("b_bulk", 0, "two", "running", 5), 0).await;
        log.note(seen("a_read", 9, "one", "running", 50), 9).await;
        assert_eq!(
            listed(&log).await,
            [
                ("b_bulk".into(), "two".into(), "running", 5),
                ("a_export".into(), "one".into(), "running", 50)
            ]
        );
        let reader = log.reader("one").await;
        assert_eq!(reader.as_deref(), Some("a_export_reader"));
        assert_eq!(log.reader("three").await, None);
    }

    #[tokio::test]
    async fn servers_of_one_store_list_each_others_jobs() {
        let store = Arc::new(Embedded::memory().unwrap());
        let (one, two) = (log(&store, "ines"), log(&store, "ines"));
        let now = chrono::Utc::now().timestamp_millis();
        one.note(seen("a_export", 1, "one", "running", 0), now)
            .await;
        two.note(seen("b_bulk", 2, "two", "running", 5), now).await;
        let both = [
            ("b_bulk".into(), "two".into(), "running", 5),
            ("a_export".into(), "one".into(), "running", 0),
        ];
        assert_eq!(listed(&one).await, both);
        assert_eq!(listed(&two).await, both);
        let reader = two.reader("one").await;
        assert_eq!(reader.as_deref(), Some("a_export_reader"));
        // Its end, met elsewhere, keeps where it began; and polls in between are nobody else's.
        one.note(seen("a_read", 3, "one", "running", 40), now).await;
        assert_eq!(listed(&two).await, both);
        two.note(seen("a_read", 4, "one", "ready", 100), now).await;
        let over = [
            ("b_bulk".into(), "two".into(), "running", 5),
            ("a_export".into(), "one".into(), "ready", 100),
        ];
        assert_eq!(listed(&one).await, over);
        assert_eq!(listed(&two).await, over);
        // Another's jobs are not listed, also when the names begin alike.
        for other in ["noor", "ines/", "ine"] {
            assert_eq!(listed(&log(&store, other)).await, []);
            assert_eq!(log(&store, other).reader("one").await, None);
        }
    }

    #[tokio::test]
    async fn the_oldest_goes_when_it_is_full() {
        let store = Arc::new(Embedded::memory().unwrap());
        let log = log(&store, "ines");
        for number in 0..=100 {
            let id = number.to_string();
            log.note(seen("a", number, &id, "running", 0), 0).await;
        }
        let met = listed(&log).await;
        assert_eq!(met.len(), KEPT);
        assert!(met.iter().all(|job| job.1 != "0"));
    }
}
