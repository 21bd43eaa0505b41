//! The HTTP client of the API: points, retries, jobs, downloads, errors.
//!
//! It knows actions only as method, path, query and body, and nothing of MCP, schemas or shaping.
//! One origin, no redirects, no cookies, no repeats but those of the retry table; a write whose
//! outcome is ambiguous is never sent again from here: the engine reads back first.

mod answer;
mod attempt;
mod base;
mod breaker;
mod download;
mod effect;
mod error;
mod jobs;
mod points;
mod request;
mod retry;
mod sieve;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use attempt::{Answer, Attempt};
use breaker::Breaker;
use points::Grant;
use retry::{Quota, backoff};

use crate::observe;
use crate::redis::Redis;
pub use crate::text::ForeignText;
pub use answer::Foreign;
pub use base::{Base, BaseError};
pub use download::Download;
pub use error::{Ambiguity, UpstreamError};
pub use jobs::{JobHandle, JobState, JobStatus, Jobs, is_job_id};
pub use points::{Points, PointsLimit, Priority, RESERVE};
pub use request::ApiRequest;
pub use sieve::Sieve;

/// One deadline over all attempts of a call.
pub const CALL_DEADLINE: Duration = Duration::from_secs(45);
/// Most attempts of a call.
pub const ATTEMPTS: u32 = 3;
/// Longest wait, for points or a `Retry-After`, that stays silent.
pub const SILENT_WAIT: Duration = Duration::from_secs(5);

/// How the client talks to the API.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the API is.
    pub base: Base,
    /// The shop's key, sent as `X-Auth-Token`.
    pub key: SecretString,
    /// The shop's `*.myshopify.com` domain, which v1 takes instead of a key.
    pub shop_domain: Option<String>,
    /// The points budget (vendor docs: Rate Limits).
    pub points: PointsLimit,
    /// Where replicas share that budget; without it each process has one of its own.
    pub points_store: Option<Redis>,
    /// Longest one attempt may take, from the first byte sent to the last one read.
    pub attempt_timeout: Duration,
    /// Longest a connection may take to stand.
    pub connect_timeout: Duration,
    /// Most bytes of a JSON answer, after decompression.
    pub max_answer_bytes: usize,
    /// Most bytes of an export file.
    pub max_download_bytes: usize,
    /// Hosts, beside the base's, that export files may come from; a leading `*.` stands for any
    /// one or more labels.
    pub download_hosts: Vec<String>,
}

impl Options {
    /// The defaults for a base and a key.
    pub fn new(base: Base, key: SecretString) -> Self {
        Self {
            base,
            key,
            shop_domain: None,
            points: PointsLimit::default(),
            points_store: None,
            attempt_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(3),
            max_answer_bytes: 8 << 20,
            max_download_bytes: 32 << 20,
            download_hosts: vec!["*.amazonaws.com".to_owned()],
        }
    }
}

/// What may be repeated after an ambiguous fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Everything: reads, polls, exports.
    Safe,
    /// Nothing: the caller reads back first.
    Never,
}

/// How the client of one shop stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Points held.
    pub points_held: u32,
    /// Points that may be held; 0 = they are not counted.
    pub points_limit: u32,
    /// Why the API is given a pause, while it is.
    pub paused: Option<&'static str>,
    /// Jobs that are followed.
    pub jobs: usize,
}

/// A complete successful answer.
#[derive(Debug)]
pub struct ApiResponse {
    /// 200 or 202 by the contract of v2, also 201 and 207 by that of v1.
    pub status: u16,
    /// The payload, bare; null for a write that was answered without one.
    pub body: Foreign<Value>,
    /// Whether fields of its rows were read over, as nobody wanted them.
    pub is_narrowed: bool,
}

/// The client of one shop.
#[derive(Debug)]
pub struct Upstream {
    options: Options,
    http: OnceLock<Result<reqwest::Client, String>>,
    points: Arc<Points>,
    quota: Mutex<Quota>,
    breaker: Mutex<Breaker>,
    jobs: Jobs,
    /// Milliseconds by which the API's clock is ahead of ours, as last seen.
    clock_ahead: AtomicI64,
    /// Whether an answer has told the time yet.
    clock_known: AtomicBool,
    /// Whether the last complete answer said that the key is no good.
    key_refused: AtomicBool,
}

impl Upstream {
    /// A client; nothing is opened or loaded before the first call.
    pub fn new(options: Options) -> Self {
        let store = options.points_store.clone();
        let mut upstream = Self {
            points: Arc::new(Points::new(options.points)),
            options,
            http: OnceLock::new(),
            quota: Mutex::new(Quota::default()),
            breaker: Mutex::new(Breaker::default()),
            jobs: Jobs::default(),
            clock_ahead: AtomicI64::new(0),
            clock_known: AtomicBool::new(false),
            key_refused: AtomicBool::new(false),
        };
        if let Some(redis) = store {
            let shop_id = upstream.shop_id();
            let points = Points::shared(upstream.options.points, redis, &shop_id);
            upstream.points = Arc::new(points);
        }
        upstream
    }

    /// Where the API is.
    pub fn base(&self) -> &Base {
        &self.options.base
    }

    /// A key for what this server seals itself: the shop's own, bound to a label. Without a key the shop
    /// is known by its address alone, which is no secret but tells shops apart.
    pub fn derived_key(&self, label: &str) -> [u8; 32] {
        let key = self.options.key.expose_secret();
        let domain = self.options.shop_domain.as_deref().unwrap_or_default();
        let known = match key.is_empty() {
            false => key.to_owned(),
            true => format!("{} {domain}", self.options.base),
        };
        let mut hash = Sha256::new();
        hash.update(label.as_bytes());
        hash.update([0]);
        hash.update(known.as_bytes());
        hash.finalize().into()
    }

    /// The shop, as a keyed hash: the same on every server that has its key, and no way back to it.
    pub fn shop_id(&self) -> String {
        let key = self.derived_key("stoq-mcp shop 1");
        key.iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The time by the API's clock, as far as its answers have told it.
    pub fn clock(&self) -> DateTime<Utc> {
        let now = Utc::now();
        let ahead = chrono::Duration::milliseconds(self.clock_ahead.load(Ordering::Relaxed));
        now.checked_add_signed(ahead).unwrap_or(now)
    }

    /// Whether an answer has told the API's time yet; until then [`Upstream::clock`] is our own.
    pub fn knows_clock(&self) -> bool {
        self.clock_known.load(Ordering::Relaxed)
    }

    /// Whether the last complete answer said that the key is no good (401).
    pub fn is_key_refused(&self) -> bool {
        self.key_refused.load(Ordering::Relaxed)
    }

    /// How things stand now.
    pub fn standing(&self) -> Standing {
        Standing {
            points_held: self.points.held(),
            points_limit: self.options.points.points,
            paused: lock(&self.breaker).why_open(Instant::now()),
            jobs: self.jobs.followed(),
        }
    }

    /// An earlier moment by the API's clock.
    pub fn clock_at(&self, earlier: Instant) -> DateTime<Utc> {
        let ago = chrono::Duration::from_std(earlier.elapsed()).unwrap_or_default();
        self.clock() - ago
    }

    /// Sends a request within the points budget, repeating what the retry table allows.
    ///
    /// # Errors
    /// With what the API said or why it was not reached; see [`UpstreamError`].
    pub async fn send(
        &self,
        request: &ApiRequest,
        repeat: Repeat,
        priority: Priority,
        deadline: Instant,
    ) -> Result<ApiResponse, UpstreamError> {
        let mut attempt = 1;
        loop {
            let tried = self.attempt(request, priority, deadline, attempt - 1).await;
            let error = match tried {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = self.wait_before_repeat(&error, repeat, attempt) else {
                return Err(error);
            };
            if attempt >= ATTEMPTS || Instant::now() + wait >= deadline {
                return Err(error);
            }
            observe::figures().repeated(observe::here().acting(), error.kind());
            tracing::debug!(
                attempt,
                wait_ms = wait.as_millis(),
                reason = error.kind(),
                "repeating"
            );
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// How long to wait before the next attempt; `None` when there must be none.
    fn wait_before_repeat(
        &self,
        error: &UpstreamError,
        repeat: Repeat,
        attempt: u32,
    ) -> Option<Duration> {
        let wait = match error {
            UpstreamError::NotSent { .. } => backoff(attempt),
            UpstreamError::RateLimited { retry_after } => {
                return (*retry_after <= SILENT_WAIT).then_some(*retry_after);
            }
            UpstreamError::Ambiguous(_) if repeat == Repeat::Safe => backoff(attempt),
            UpstreamError::Ambiguous(_)
            | UpstreamError::Unauthorized { .. }
            | UpstreamError::UnknownAction { .. }
            | UpstreamError::NotFound { .. }
            | UpstreamError::Conflict { .. }
            | UpstreamError::Invalid { .. }
            | UpstreamError::Unexpected { .. }
            | UpstreamError::OutOfPoints { .. }
            | UpstreamError::Paused { .. }
            | UpstreamError::Deadline
            | UpstreamError::BadHandle { .. }
            | UpstreamError::Download { .. }
            | UpstreamError::FileTooLarge { .. }
            | UpstreamError::NoShopDomain
            | UpstreamError::Setup { .. } => return None,
        };
        lock(&self.quota).may_retry().then_some(wait)
    }

    async fn attempt(
        &self,
        request: &ApiRequest,
        priority: Priority,
        deadline: Instant,
        repeats: u32,
    ) -> Result<ApiResponse, UpstreamError> {
        lock(&self.breaker).check(Instant::now())?;
        let http = self.http()?;
        let asked = Instant::now();
        let grant = self
            .points
            .acquire(request.points(), priority, deadline)
            .await?;
        let begun = Instant::now();
        observe::figures().waited_for_points(begun.duration_since(asked));
        let limit = self
            .options
            .attempt_timeout
            .min(deadline.saturating_duration_since(begun));
        if limit.is_zero() {
            grant.unused();
            return Err(UpstreamError::Deadline);
        }
        let sending = observe::Sending::begin(&self.asked(request, repeats));
        let attempt = Attempt {
            http,
            options: &self.options,
            limit,
            traceparent: sending.traceparent(),
        };
        let answer = attempt.run(request).await;
        let status = answer.as_ref().ok().map(|answer| answer.status);
        let spent = match &answer {
            Err(failure) if failure.is_without_effect() => 0,
            Ok(_) | Err(_) => request.points(),
        };
        self.settle(grant, &answer);
        let ended = answer.and_then(|answer| answer.into_response(request));
        let failure = ended.as_ref().err().map(UpstreamError::outcome);
        sending.ended(status, failure);
        observe::figures().attempted(
            observe::here().acting(),
            begun.elapsed(),
            failure.unwrap_or("ok"),
            spent,
        );
        ended
    }

    /// A request as a span tells of it.
    fn asked<'a>(&'a self, request: &'a ApiRequest, repeats: u32) -> observe::Asked<'a> {
        observe::Asked {
            method: request.method.as_str(),
            base: request.api.base_path(),
            template: request.template.as_deref(),
            host: self.options.base.host(),
            port: self.options.base.port(),
            repeats,
        }
    }

    /// Books what the attempt told: points, retry quota, breaker.
    fn settle(&self, grant: Grant, answer: &Result<Answer, UpstreamError>) {
        let now = Instant::now();
        match answer {
            Ok(answer) => {
                if let Some(date) = answer.date {
                    let ahead = DateTime::<Utc>::from(date) - Utc::now();
                    let ahead = ahead.num_milliseconds();
                    self.clock_ahead.store(ahead, Ordering::Relaxed);
                    self.clock_known.store(true, Ordering::Relaxed);
                }
                grant.answered(&answer.rate);
                lock(&self.breaker).answered(answer.status, now);
                let is_refused = answer.status == 401;
                self.key_refused.store(is_refused, Ordering::Relaxed);
                let mut quota = lock(&self.quota);
                if answer.status >= 500 {
                    quota.failed();
                } else {
                    quota.succeeded();
                }
            }
            // A fault on this side: the API has nothing to do with it.
            Err(
                UpstreamError::Setup { .. }
                | UpstreamError::NoShopDomain
                | UpstreamError::Invalid { .. },
            ) => grant.unused(),
            Err(UpstreamError::NotSent { .. }) => {
                grant.unused();
                lock(&self.breaker).failed(now);
                lock(&self.quota).failed();
            }
            Err(_) => {
                grant.lost();
                lock(&self.breaker).failed(now);
                lock(&self.quota).failed();
            }
        }
    }

    fn http(&self) -> Result<&reqwest::Client, UpstreamError> {
        self.http
            .get_or_init(|| attempt::client(&self.options))
            .as_ref()
            .map_err(|reason| UpstreamError::Setup {
                reason: reason.clone(),
            })
    }
}

/// A lock that outlives a panic of another holder: every guarded value stays usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
