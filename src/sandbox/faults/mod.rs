//! Faults that can be laid on requests: what a rule says. [`book`] decides which rule fires,
//! [`spoil`] does to an answer what the fault says.

mod book;
mod spoil;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) use book::{Book, Fired, Seen};
pub(super) use spoil::{over_budget, spoil, store_error};

/// A fault rule, as the control plane takes and lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Which requests it is for.
    #[serde(rename = "match", default)]
    target: Target,
    /// Matching requests that pass first.
    #[serde(default)]
    skip: u32,
    /// How often it fires; `null` = always.
    #[serde(default = "once")]
    times: Option<u32>,
    /// Chance of firing, 0 to 1.
    #[serde(default = "certain")]
    probability: f64,
    /// What happens.
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Target {
    /// HTTP verb, or `*`.
    method: String,
    /// Glob on the absolute path: `*` one segment, `**` any rest.
    path: String,
    /// Domain; none = any.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            method: "*".to_owned(),
            path: "**".to_owned(),
            shop: None,
        }
    }
}

const fn once() -> Option<u32> {
    Some(1)
}

const fn certain() -> f64 {
    1.0
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Fault {
    /// The answer comes later.
    Latency {
        /// Milliseconds.
        ms: u32,
        /// Up to so many milliseconds more.
        #[serde(default)]
        jitter_ms: u32,
    },
    /// Nothing for a time, then the connection closes.
    Hang {
        /// Milliseconds.
        ms: u32,
        /// Whether the effect is done.
        #[serde(default)]
        phase: Phase,
    },
    /// Another status code.
    Status {
        /// 400 to 599.
        status: u16,
        /// Whether the effect is done.
        #[serde(default)]
        phase: Phase,
        /// Form of the body; a page for 502 to 504, JSON otherwise, when none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Page>,
        /// Value of `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// 429 without touching the window.
    RateLimit {
        /// Seconds to wait.
        #[serde(default = "default_wait")]
        retry_after: u32,
        /// Headers left out.
        #[serde(default)]
        omit: Vec<String>,
        /// Form of the body.
        #[serde(default)]
        body: Page,
    },
    /// The connection closes.
    Drop {
        /// When.
        phase: DropPhase,
    },
    /// True status, broken body.
    MalformedJson {
        /// How it is broken.
        variant: Variant,
    },
    /// Valid JSON of another shape.
    WrongShape {
        /// Dotted paths taken away.
        #[serde(default)]
        remove: Vec<String>,
        /// Dotted paths set to null.
        #[serde(default)]
        nullify: Vec<String>,
        /// Keys added at the root.
        #[serde(default)]
        add: Map<String, Value>,
    },
    /// Valid JSON, padded by the key `_pad`.
    Oversize {
        /// Bytes of the whole body, at least.
        bytes: u32,
    },
    /// The body trickles.
    SlowBody {
        /// Bytes of a piece.
        chunk_bytes: u32,
        /// Milliseconds between pieces.
        chunk_ms: u32,
    },
    /// The submitted job goes wrong.
    Job(JobFault),
    /// The export link goes wrong.
    Download {
        /// How.
        outcome: DownloadOutcome,
    },
}

const fn default_wait() -> u32 {
    24
}

/// Whether the effect of a request is done when its fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Nothing is done.
    #[default]
    Before,
    /// All is done.
    After,
}

/// When the connection closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DropPhase {
    /// Before anything is looked at.
    Accept,
    /// Charged, nothing done.
    Before,
    /// After the commit, without a byte.
    After,
    /// Within the body.
    MidBody,
}

/// Form of a faulty answer's body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Page {
    /// As the API writes.
    #[default]
    Json,
    /// As a proxy writes.
    Html,
    /// Nothing.
    Empty,
}

/// How a body is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Variant {
    /// Ends half way.
    Truncated,
    /// A page.
    Html,
    /// Plain words.
    NotJson,
    /// Bytes that are no text.
    InvalidUtf8,
    /// More after the end.
    Trailing,
}

/// How a job goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobFault {
    /// Where it ends.
    pub outcome: JobOutcome,
    /// At which percentage; items before are done.
    #[serde(default = "half_way")]
    pub at_percent: u8,
    /// Reason of a failure.
    #[serde(default = "job_broke")]
    pub error: String,
    /// How many times slower.
    #[serde(default = "tenfold")]
    pub factor: f64,
}

const fn half_way() -> u8 {
    50
}

fn job_broke() -> String {
    "Internal server error".to_owned()
}

const fn tenfold() -> f64 {
    10.0
}

/// Where a faulty job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobOutcome {
    /// Breaks.
    Failed,
    /// Is stopped by an operator.
    Cancelled,
    /// Stays at work for ever.
    Stuck,
    /// Takes longer.
    Slow,
    /// Is never found again.
    Expired,
}

/// How a download goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum DownloadOutcome {
    /// Access denied.
    #[serde(rename = "403")]
    Denied,
    /// No such file.
    #[serde(rename = "404")]
    Missing,
    /// Closes within the file.
    #[serde(rename = "truncated")]
    Truncated,
    /// A page instead of the file.
    #[serde(rename = "html")]
    Html,
    /// Trickles.
    #[serde(rename = "slow")]
    Slow,
}

/// Where in the order of a request a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the key is looked at.
    Early,
    /// Between points and dispatch.
    Before,
    /// On the finished answer.
    After,
}

impl Fault {
    /// Where it strikes.
    pub(super) const fn place(&self) -> Place {
        match self {
            Self::RateLimit { .. }
            | Self::Drop {
                phase: DropPhase::Accept,
            } => Place::Early,
            Self::Hang {
                phase: Phase::Before,
                ..
            }
            | Self::Status {
                phase: Phase::Before,
                ..
            }
            | Self::Drop {
                phase: DropPhase::Before,
            } => Place::Before,
            Self::Latency { .. }
            | Self::Hang { .. }
            | Self::Status { .. }
            | Self::Drop { .. }
            | Self::MalformedJson { .. }
            | Self::WrongShape { .. }
            | Self::Oversize { .. }
            | Self::SlowBody { .. }
            | Self::Job(_)
            | Self::Download { .. } => Place::After,
        }
    }

    /// Its name in rules and in the journal.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Hang { .. } => "hang",
            Self::Status { .. } => "status",
            Self::RateLimit { .. } => "rate_limit",
            Self::Drop { .. } => "drop",
            Self::MalformedJson { .. } => "malformed_json",
            Self::WrongShape { .. } => "wrong_shape",
            Self::Oversize { .. } => "oversize",
            Self::SlowBody { .. } => "slow_body",
            Self::Job(_) => "job",
            Self::Download { .. } => "download",
        }
    }
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(body: &Map<String, Value>) -> Result<Self, String> {
        let rule: Self = serde_json::from_value(Value::Object(body.clone()))
            .map_err(|error| format!("fault rule: {error}"))?;
        if !(0.0..=1.0).contains(&rule.probability) {
            return Err("probability must be between 0 and 1".to_owned());
        }
        match &rule.fault {
            Fault::Status { status, .. } if !(400..=599).contains(status) => {
                Err("fault.status must be between 400 and 599".to_owned())
            }
            Fault::SlowBody { chunk_bytes: 0, .. } => {
                Err("fault.chunk_bytes must be greater than or equal to 1".to_owned())
            }
            Fault::Job(job) if job.at_percent > 100 => {
                Err("fault.at_percent must be less than or equal to 100".to_owned())
            }
            Fault::Job(job) if !(job.factor.is_finite() && job.factor > 0.0) => {
                Err("fault.factor must be greater than 0".to_owned())
            }
            Fault::Latency { .. }
            | Fault::Hang { .. }
            | Fault::Status { .. }
            | Fault::RateLimit { .. }
            | Fault::Drop { .. }
            | Fault::MalformedJson { .. }
            | Fault::WrongShape { .. }
            | Fault::Oversize { .. }
            | Fault::SlowBody { .. }
            | Fault::Job(_)
            | Fault::Download { .. } => Ok(rule),
        }
    }
}
