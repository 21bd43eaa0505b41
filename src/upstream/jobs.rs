//! Jobs on the API's side: handles, polls, one poller for many waiters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{ApiRequest, Base, Priority, Repeat, Upstream, UpstreamError, lock};
use crate::observe;
use crate::registry::entry::Method;
use crate::text::ForeignText;

/// Pauses between polls, in seconds; the last repeats.
const PAUSES: [u64; 6] = [1, 2, 4, 8, 15, 30];
/// Pause before the first poll: small jobs are often done by then.
const FIRST_PAUSE: Duration = Duration::from_millis(600);
/// Longest that one poll of the shared poller may take.
const POLL: Duration = Duration::from_secs(20);
/// Longest that the one poll after a wait without any answer may take.
const GRACE: Duration = Duration::from_secs(3);
const MAX_ID: usize = 100;

/// Where a submitted job is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobHandle {
    /// Id of the job.
    pub job_id: String,
    /// Path below the base.
    pub path: String,
}

impl JobHandle {
    /// Reads the handle of a submit answer.
    ///
    /// # Errors
    /// When the answer names no job, or one that is not a path below the base with a plain job id:
    /// the key must not travel anywhere else.
    pub fn from_answer(body: &Value, base: &Base) -> Result<Self, UpstreamError> {
        let refuse = |reason: &str| UpstreamError::BadHandle {
            reason: reason.to_owned(),
        };
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let job_id = text("job_id").ok_or_else(|| refuse("`job_id` is missing"))?;
        let status_url = text("status_url").ok_or_else(|| refuse("`status_url` is missing"))?;
        if !is_job_id(job_id) {
            return Err(refuse("`job_id` is not a plain id"));
        }
        let path = status_url
            .strip_prefix(base.path())
            .filter(|rest| rest.starts_with('/'))
            .ok_or_else(|| refuse("`status_url` is not a path below the API's base"))?;
        let plain = path
            .split('/')
            .skip(1)
            .all(|segment| !segment.is_empty() && segment.chars().all(is_plain));
        if !plain || path.rsplit('/').next() != Some(job_id) {
            return Err(refuse("`status_url` is not the plain path of that job"));
        }
        Ok(Self {
            job_id: job_id.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// Whether a text is a job id: letters, digits, `_` and `-`, at most 100.
pub fn is_job_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID && text.chars().all(is_plain)
}

fn is_plain(symbol: char) -> bool {
    symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '-')
}

/// State of a job (vendor docs: Bulk & Async Jobs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// Queued or at work.
    Running,
    /// Bulk job done; failures of single items are not reported.
    Completed,
    /// Export done, the file can be fetched.
    Ready,
    /// Broke; items already done stay done.
    Failed,
    /// Stopped by an operator; items already done stay done.
    Cancelled,
}

impl JobStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Running,
            Self::Completed,
            Self::Ready,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// One poll's answer.
#[derive(Debug, Clone)]
pub struct JobState {
    /// State.
    pub status: JobStatus,
    /// Percent done.
    pub progress: u64,
    /// Items, or rows of an export.
    pub total: u64,
    /// Items done.
    pub processed: u64,
    /// Why it failed.
    pub error: Option<ForeignText>,
    /// Signed link to the export file: a secret.
    pub download_url: Option<SecretString>,
    /// End of that link.
    pub expires_at: Option<ForeignText>,
}

impl JobState {
    fn from_answer(body: &Value) -> Result<Self, UpstreamError> {
        let status = body
            .get("status")
            .and_then(Value::as_str)
            .and_then(JobStatus::parse)
            .ok_or_else(|| UpstreamError::BadHandle {
                reason: "the job's `status` is none the contract knows".to_owned(),
            })?;
        let count = |key: &str| body.get(key).and_then(Value::as_u64).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let foreign = |key: &str| text(key).map(ForeignText::new);
        Ok(Self {
            status,
            progress: count("progress").min(100),
            total: count("total"),
            processed: count("processed"),
            error: foreign("error"),
            download_url: text("download_url").map(SecretString::from),
            expires_at: foreign("expires_at"),
        })
    }

    /// A job that was submitted and has not been seen yet.
    pub const fn unknown() -> Self {
        Self {
            status: JobStatus::Running,
            progress: 0,
            total: 0,
            processed: 0,
            error: None,
            download_url: None,
            expires_at: None,
        }
    }

    /// Whether it will not change any more.
    pub fn is_final(&self) -> bool {
        self.status != JobStatus::Running
    }
}

type Poll = Option<Result<JobState, UpstreamError>>;

/// Jobs that are being polled now, by path.
#[derive(Debug, Default)]
pub struct Jobs {
    pub(super) polled: Mutex<HashMap<String, watch::Receiver<Poll>>>,
}

impl Jobs {
    /// Jobs that are followed now.
    pub(super) fn followed(&self) -> usize {
        lock(&self.polled).len()
    }
}

impl Upstream {
    /// Reads a job's state once.
    ///
    /// # Errors
    /// As [`Upstream::send`]; an unknown or expired job is [`UpstreamError::NotFound`].
    pub async fn poll(&self, path: &str, deadline: Instant) -> Result<JobState, UpstreamError> {
        let place = path.rsplit_once('/').map_or("", |(place, _)| place);
        let request = ApiRequest {
            template: observe::template(place).map(|place| format!("{place}/{{job_id}}").into()),
            ..ApiRequest::v2(Method::Get, path, Map::new())
        };
        let answer = self
            .send(&request, Repeat::Safe, Priority::Poll, deadline)
            .await?;
        JobState::from_answer(answer.body.unshown())
    }

    /// Follows a job until it is final or `until` passes, telling every state seen. Many waiters of
    /// one job share one poller, which stops when the last of them is gone. When no poll came back
    /// by `until`, one more is made, which ends at `deadline`.
    ///
    /// # Errors
    /// As [`Upstream::poll`].
    pub async fn follow(
        self: &Arc<Self>,
        path: &str,
        fresh: bool,
        until: Instant,
        deadline: Instant,
        mut seen: impl FnMut(&JobState),
    ) -> Result<JobState, UpstreamError> {
        let mut states = self.subscribe(path, fresh);
        let mut latest: Option<JobState> = None;
        loop {
            let changed = tokio::time::timeout_at(until, states.changed()).await;
            let state = states.borrow_and_update().clone();
            match state {
                Some(Ok(state)) => {
                    seen(&state);
                    if state.is_final() {
                        return Ok(state);
                    }
                    latest = Some(state);
                }
                Some(Err(error)) => return Err(error),
                None => {}
            }
            match (changed, &latest) {
                (Ok(Ok(())), _) => {}
                (Ok(Err(_)) | Err(_), Some(state)) => return Ok(state.clone()),
                (Ok(Err(_)) | Err(_), None) => {
                    let grace = (Instant::now() + GRACE).min(deadline);
                    return self.poll(path, grace).await;
                }
            }
        }
    }

    fn subscribe(self: &Arc<Self>, path: &str, fresh: bool) -> watch::Receiver<Poll> {
        let mut polled = lock(&self.jobs.polled);
        if let Some(states) = polled.get(path)
            && states.has_changed().is_ok()
        {
            let mut states = states.clone();
            states.mark_changed();
            return states;
        }
        let (sender, states) = watch::channel(None);
        polled.insert(path.to_owned(), states.clone());
        let (upstream, path) = (Arc::clone(self), path.to_owned());
        let polling = async move { upstream.keep_polling(&path, fresh, sender).await };
        tokio::spawn(observe::carried(polling));
        states
    }

    async fn keep_polling(&self, path: &str, fresh: bool, states: watch::Sender<Poll>) {
        let mut pause = if fresh { FIRST_PAUSE } else { Duration::ZERO };
        let mut pauses = PAUSES.into_iter();
        let mut last = Duration::from_secs(1);
        loop {
            tokio::time::sleep(pause).await;
            if self.is_alone(path, &states) {
                return;
            }
            let state = self.poll(path, Instant::now() + POLL).await;
            if state.as_ref().map_or(true, JobState::is_final) {
                // Struck off first: who comes now begins anew instead of joining the end.
                lock(&self.jobs.polled).remove(path);
                states.send_replace(Some(state));
                return;
            }
            states.send_replace(Some(state));
            last = pauses.next().map_or(last, Duration::from_secs);
            pause = last;
        }
    }

    /// Whether nobody waits any more; strikes the job off then, under the same lock under which
    /// waiters join, so that none can join a poller that is about to stop.
    fn is_alone(&self, path: &str, states: &watch::Sender<Poll>) -> bool {
        let mut polled = lock(&self.jobs.polled);
        // One receiver is the book's own.
        let alone = states.receiver_count() <= 1;
        if alone {
            polled.remove(path);
        }
        alone
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn handle(job_id: &str, status_url: &str) -> Result<JobHandle, UpstreamError> {
        let base = Base::parse("https://app.stoqapp.com/api/v2/external").unwrap();
        JobHandle::from_answer(&json!({"job_id": job_id, "status_url": status_url}), &base)
    }

    #[test]
    fn a_path_below_the_base_is_followed() {
        let found = handle(
            "exp_5f0c1e7ab2d94c63",
            "/api/v2/external/back_in_stock/reports/jobs/exp_5f0c1e7ab2d94c63",
        );
        assert_eq!(
            found.unwrap(),
            JobHandle {
                job_id: "exp_5f0c1e7ab2d94c63".into(),
                path: "/back_in_stock/reports/jobs/exp_5f0c1e7ab2d94c63".into(),
            }
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for status_url in [
            "https://evil.example/api/v2/external/jobs/exp_1",
            "https://app.stoqapp.com/api/v2/external/jobs/exp_1",
            "//evil.example/api/v2/external/jobs/exp_1",
            "/api/v2/externaljobs/exp_1",
            "/api/v2/external/../../admin/exp_1",
            "/api/v2/external/%2e%2e/exp_1",
            "/api/v2/external/jobs/exp_1?key=1",
            "/api/v2/external/jobs/exp_1#x",
            "/api/v2/external//jobs/exp_1",
            "/api/v2/external/jobs/exp_2",
            "/api/v2/external\\jobs/exp_1",
            "",
        ] {
            assert!(handle("exp_1", status_url).is_err(), "{status_url}");
        }
        for job_id in ["", "a/b", "..", "a b", "ä", &"a".repeat(101)] {
            let url = format!("/api/v2/external/jobs/{job_id}");
            assert!(handle(job_id, &url).is_err(), "{job_id}");
        }
    }

    #[test]
    fn a_state_outside_the_contract_is_an_error() {
        assert!(JobState::from_answer(&json!({"status": "queued"})).is_err());
        let state = JobState::from_answer(
            &json!({"status": "failed", "progress": 25, "total": 47, "processed": 12, "error": "broke"}),
        )
        .unwrap();
        assert!(state.is_final());
        assert_eq!((state.progress, state.total, state.processed), (25, 47, 12));
        assert_eq!(
            state.error.map(|error| error.shown()),
            Some("broke".to_owned())
        );
    }
}
