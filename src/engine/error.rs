//! One error for every way a call can fail: what, why, and the next step.

use crate::registry::entry::{Api, Class};
use crate::registry::{Action, Registry, schema};
use crate::safety::personal::Masker;
use crate::text::line;
use crate::upstream::{Ambiguity, ForeignText, UpstreamError};

/// What kind of failure it is; decides exit codes and log levels, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No such action.
    UnknownAction,
    /// The arguments break a rule; nothing was sent.
    Arguments,
    /// The policy forbids it; nothing was sent.
    Forbidden,
    /// The call is of another class than the tool it came through; nothing was sent.
    OtherClass(Class),
    /// Nobody has agreed to it as it is now; nothing was sent.
    Unagreed,
    /// The same call was made before, and its end is open or not known; nothing was sent.
    Repeated,
    /// The state that keeps it from happening twice cannot be kept; nothing was sent.
    State,
    /// The API refused it; nothing was changed.
    Refused,
    /// The API knows the job no more.
    Gone,
    /// The job broke; what it had done stays done.
    JobFailed,
    /// The API refused the key.
    Key,
    /// The points budget or the API's rate limit is used up.
    Budget,
    /// The API was not reached or failed; a read had no effect anyway.
    Unavailable,
    /// The caller gave up.
    Cancelled,
    /// Too many calls at once.
    Busy,
    /// A fault of this program.
    Internal,
}

impl ErrorKind {
    /// Short name for figures and traces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAction => "unknown_action",
            Self::Arguments => "arguments",
            Self::Forbidden => "forbidden",
            Self::OtherClass(_) => "other_class",
            Self::Unagreed => "unagreed",
            Self::Repeated => "repeated",
            Self::State => "state",
            Self::Refused => "refused",
            Self::Gone => "gone",
            Self::JobFailed => "job_failed",
            Self::Key => "key",
            Self::Budget => "budget",
            Self::Unavailable => "unavailable",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }

    /// Whether the call was refused here, by our own rules, before anything was sent.
    pub const fn is_own_refusal(self) -> bool {
        match self {
            Self::UnknownAction
            | Self::Arguments
            | Self::Forbidden
            | Self::OtherClass(_)
            | Self::Unagreed
            | Self::Repeated
            | Self::State
            | Self::Busy => true,
            Self::Refused
            | Self::Gone
            | Self::JobFailed
            | Self::Key
            | Self::Budget
            | Self::Unavailable
            | Self::Cancelled
            | Self::Internal => false,
        }
    }
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {next}")]
pub struct CallError {
    /// Its kind.
    pub kind: ErrorKind,
    /// What failed and why, in whole sentences.
    pub what: String,
    /// What to do next, in whole sentences.
    pub next: String,
}

impl CallError {
    pub(super) fn new(kind: ErrorKind, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            next: next.into(),
        }
    }
}

/// Where somebody at a terminal finds the actions; a surface says where its clients do.
pub const ALL_ACTIONS: &str = "`stoq-mcp actions` lists them all.";

pub(super) fn unknown_action(registry: &Registry, name: &str) -> CallError {
    let shown = line(name, 64);
    let next = match registry.nearest(&shown) {
        Some(near) => format!("Did you mean `{near}`? {ALL_ACTIONS}"),
        None => ALL_ACTIONS.to_owned(),
    };
    CallError::new(
        ErrorKind::UnknownAction,
        format!("There is no action `{shown}`."),
        next,
    )
}

/// A tool is of one class: what a person allowed for reading must not charge.
pub(super) fn other_class(
    action: &Action,
    class: Class,
    why: Option<&str>,
    door: Class,
) -> CallError {
    let because = why.map(|why| format!(" ({why})")).unwrap_or_default();
    CallError::new(
        ErrorKind::OtherClass(class),
        format!(
            "`{}` is of class `{}`{because}, and this tool only makes calls of class `{}`.",
            action.name(),
            class.as_str(),
            door.as_str()
        ),
        "Nothing was sent.",
    )
}

pub(super) fn cancelled(action: &Action) -> CallError {
    CallError::new(
        ErrorKind::Cancelled,
        format!("`{}` was cancelled by the caller.", action.name()),
        "It only reads, so nothing was changed; call it again when needed.",
    )
}

pub(super) fn cut_short(action: &Action) -> CallError {
    CallError::new(
        ErrorKind::Cancelled,
        format!("`{}` was cut short: the server is stopping.", action.name()),
        "It only reads, so nothing was changed; call it again when the server is back.",
    )
}

pub(super) fn busy() -> CallError {
    CallError::new(
        ErrorKind::Busy,
        "The server is busy with as many calls as it takes.",
        "Nothing was sent. Call again in 2 s.",
    )
}

pub(super) fn panicked(action: &Action) -> CallError {
    let next = match action.entry().class {
        Class::Read => "It only reads, so nothing was changed.".to_owned(),
        Class::Write | Class::Send | Class::Money | Class::Destroy => format!(
            "It is unknown whether it took effect. {}",
            super::verify::how_to_check(action, &serde_json::Map::new(), None, &Masker::masked())
        ),
    };
    CallError::new(
        ErrorKind::Internal,
        format!("`{}` met a fault of this server.", action.name()),
        format!("{next} Please report it with the log line."),
    )
}

pub(super) fn stopping() -> CallError {
    CallError::new(
        ErrorKind::Busy,
        "The server is stopping.",
        "Nothing was sent. Call again when it is back.",
    )
}

/// The error of a call whose request failed. Ambiguous faults of writes never come here: they end as
/// an outcome.
pub(super) fn from_upstream(action: &Action, error: UpstreamError) -> CallError {
    let name = action.name();
    let (kind, next) = match &error {
        UpstreamError::NotSent { .. } => (
            ErrorKind::Unavailable,
            "Nothing was sent. Check the network and the base URL, then call again.".to_owned(),
        ),
        UpstreamError::Unauthorized { .. } if action.entry().api == Api::V1Public => (
            ErrorKind::Key,
            "Nothing was done. It sends no key: check that `shop_domain` is the shop's *.myshopify.com domain.".to_owned(),
        ),
        UpstreamError::Unauthorized { .. } => (
            ErrorKind::Key,
            "Nothing was done. Set STOQ_API_KEY to the key from the STOQ app (Settings, API keys) and restart the server.".to_owned(),
        ),
        UpstreamError::UnknownAction { .. } => (
            ErrorKind::Refused,
            format!("Nothing was done. The API in use does not offer `{name}` (yet, or any more); use another action."),
        ),
        UpstreamError::NotFound { .. } => (ErrorKind::Refused, not_found(action)),
        UpstreamError::Conflict { .. } => (
            ErrorKind::Refused,
            "Nothing was done. Do what the message says, or read the record to see its state.".to_owned(),
        ),
        UpstreamError::Invalid { messages, .. } if is_tried(action) => {
            return CallError::new(
                ErrorKind::Refused,
                format!("`{name}` failed: {}", sentence(&ForeignText::joined(messages))),
                "No money was moved; the attempt is kept with the record. Do what the message says, or read the record to see its state.",
            );
        }
        UpstreamError::Invalid { .. } => (
            ErrorKind::Refused,
            "Nothing was done. Correct these arguments and call again.".to_owned(),
        ),
        UpstreamError::RateLimited { retry_after: wait } | UpstreamError::OutOfPoints { wait, .. } => (
            ErrorKind::Budget,
            format!("Nothing was done. Call again in {} s; the budget is shared by everything that uses the shop's key.", wait.as_secs().max(1)),
        ),
        UpstreamError::Paused { wait, .. } => (
            ErrorKind::Unavailable,
            format!("Nothing was sent. Call again in {} s.", wait.as_secs().max(1)),
        ),
        UpstreamError::Deadline => (
            ErrorKind::Unavailable,
            "Nothing was sent. Call again; a smaller `limit` answers sooner.".to_owned(),
        ),
        UpstreamError::Ambiguous(Ambiguity::TooLarge(_)) => (
            ErrorKind::Unavailable,
            "Ask for less: a smaller `limit` or a narrower filter.".to_owned(),
        ),
        UpstreamError::Ambiguous(_) => (
            ErrorKind::Unavailable,
            "It only reads, so nothing was changed; it was repeated as often as is allowed. Call again in a minute.".to_owned(),
        ),
        UpstreamError::Unexpected { .. } => (
            ErrorKind::Unavailable,
            "Check that the base URL is the STOQ API's; redirects are never followed.".to_owned(),
        ),
        UpstreamError::BadHandle { .. } => (
            ErrorKind::Unavailable,
            "The job was not followed. Call again; if it stays so, the API has changed.".to_owned(),
        ),
        UpstreamError::Download { .. } => (
            ErrorKind::Unavailable,
            "The export itself is done. Call again to fetch it with a new link.".to_owned(),
        ),
        UpstreamError::FileTooLarge { .. } => (
            ErrorKind::Unavailable,
            "Narrow the export with its filters, or have the operator raise `max_download_bytes`.".to_owned(),
        ),
        UpstreamError::NoShopDomain => (
            ErrorKind::Key,
            "Nothing was sent. The operator sets `shop_domain` (--shop-domain, STOQ_MCP_SHOP_DOMAIN) to the shop's *.myshopify.com domain and restarts the server.".to_owned(),
        ),
        UpstreamError::Setup { .. } => (
            ErrorKind::Internal,
            "Nothing was sent. Check the key and the machine's TLS certificates.".to_owned(),
        ),
    };
    let what = format!("`{name}` failed: {}", sentence(&error.to_string()));
    CallError::new(kind, what, next)
}

/// A text that ends as a sentence does.
fn sentence(text: &str) -> String {
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{text}{stop}")
}

/// Whether a refusal tells how an attempt ended: a charge takes nothing but its record, so there are
/// no arguments to correct (vendor docs: Orders).
fn is_tried(action: &Action) -> bool {
    let takes = schema::properties(action.request_schema());
    action.entry().class == Class::Money && takes.is_none_or(serde_json::Map::is_empty)
}

fn not_found(action: &Action) -> String {
    let placeholders: Vec<String> = action
        .placeholders()
        .map(|name| format!("`{name}`"))
        .collect();
    if action.entry().api == Api::V1Public {
        return "Nothing was done. Check the ids in the arguments, and that `shop_domain` is the shop's *.myshopify.com domain.".to_owned();
    }
    if placeholders.is_empty() {
        return "Nothing was done. Check the ids in the arguments; a list action shows the valid ones.".to_owned();
    }
    format!(
        "Nothing was done. Check {}; a list action shows the valid ones.",
        placeholders.join(", ")
    )
}
