//! Every way a request can fail, each with what to do next.

use std::time::Duration;

use serde_json::Value;

use crate::text::ForeignText;

/// Most messages of one answer that are passed on; with what is said around them they stay below
/// the 2,000 characters that clients show of an error.
const MAX_MESSAGES: usize = 6;
/// Most members of one list that are passed on: so many ids fit into a message.
const MAX_LISTED: usize = 4;

/// Why it is unknown whether a request took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambiguity {
    /// No complete answer in time.
    TimedOut,
    /// The connection broke after the first byte.
    Dropped,
    /// The API or a proxy before it failed with this code.
    Failed(u16),
    /// The answer is not JSON although it should be.
    Malformed,
    /// The answer is larger than the cap.
    TooLarge(usize),
}

/// A request that brought no usable answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UpstreamError {
    /// Nothing was sent: DNS, connect, TLS.
    #[error("the STOQ API at {host} could not be reached: {reason}")]
    NotSent {
        /// Host tried.
        host: String,
        /// What failed, without the address.
        reason: String,
    },
    /// 401 or 403.
    #[error("the STOQ API refused the shop's key ({status})")]
    Unauthorized {
        /// 401 or 403.
        status: u16,
    },
    /// 404 of the dispatcher.
    #[error("the STOQ API has no such action: {}", .message.shown())]
    UnknownAction {
        /// The dispatcher's text.
        message: ForeignText,
    },
    /// 404 of a record.
    #[error("{}", ForeignText::joined(.messages))]
    NotFound {
        /// The API's texts.
        messages: Vec<ForeignText>,
    },
    /// 409: the record's state forbids it.
    #[error("the record's state forbids it: {}", ForeignText::joined(.messages))]
    Conflict {
        /// The API's texts; they say how to unblock, when possible.
        messages: Vec<ForeignText>,
    },
    /// 400, 413 or 422, and 200 of v1's create: the arguments break a rule.
    #[error("the STOQ API refused the arguments: {}", ForeignText::joined(.messages))]
    Invalid {
        /// The code.
        status: u16,
        /// One text per broken rule.
        messages: Vec<ForeignText>,
    },
    /// 429.
    #[error("the shop's request budget is used up; it is free again in {} s", .retry_after.as_secs().max(1))]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// It is unknown whether the request took effect.
    #[error("{}", describe(*.0))]
    Ambiguous(Ambiguity),
    /// A code the contract does not know, a redirect among them.
    #[error("the STOQ API answered {status}, which its contract does not know")]
    Unexpected {
        /// The code.
        status: u16,
    },
    /// Our own count says the budget would be overdrawn.
    #[error("the shop's request budget is used up; {cost} points are free again in {} s", .wait.as_secs().max(1))]
    OutOfPoints {
        /// Points asked for.
        cost: u32,
        /// How long until they fit.
        wait: Duration,
    },
    /// The breaker is open.
    #[error("{why}; calls are paused for {} s", .wait.as_secs().max(1))]
    Paused {
        /// What kept failing.
        why: &'static str,
        /// How long the pause lasts.
        wait: Duration,
    },
    /// The deadline of the call passed before anything was sent.
    #[error("the call ran out of its 45 s before the request could be sent")]
    Deadline,
    /// A job handle that must not be followed.
    #[error("the API's answer names a job that cannot be followed: {reason}")]
    BadHandle {
        /// What is wrong with it.
        reason: String,
    },
    /// The export file could not be fetched.
    #[error("the export file could not be fetched: {reason}")]
    Download {
        /// What failed, without the link.
        reason: String,
    },
    /// The export file is larger than the cap; fetching it again would not help.
    #[error("the export file is larger than the cap of {cap} bytes")]
    FileTooLarge {
        /// The cap.
        cap: usize,
    },
    /// The request names its shop by a domain, and none is set.
    #[error("it needs the shop's domain, which is not set")]
    NoShopDomain,
    /// The client itself could not be set up.
    #[error("the HTTP client could not be set up: {reason}")]
    Setup {
        /// What failed.
        reason: String,
    },
}

fn describe(ambiguity: Ambiguity) -> String {
    match ambiguity {
        Ambiguity::TimedOut => "the STOQ API did not answer in time".to_owned(),
        Ambiguity::Dropped => {
            "the connection to the STOQ API broke before its answer was complete".to_owned()
        }
        Ambiguity::Failed(status) => format!("the STOQ API failed ({status})"),
        Ambiguity::Malformed => {
            "the STOQ API's answer is not the JSON its contract names".to_owned()
        }
        Ambiguity::TooLarge(cap) => {
            format!("the STOQ API's answer is larger than the cap of {cap} bytes")
        }
    }
}

impl UpstreamError {
    /// How the attempt ended, as figures and traces name it.
    pub(super) const fn outcome(&self) -> &'static str {
        match self {
            Self::Ambiguous(Ambiguity::TimedOut) => "timed_out",
            Self::Ambiguous(Ambiguity::Dropped) => "dropped",
            Self::Ambiguous(Ambiguity::Failed(_)) => "failed",
            Self::Ambiguous(Ambiguity::Malformed) => "malformed",
            Self::Ambiguous(Ambiguity::TooLarge(_)) => "too_large",
            Self::NotSent { .. }
            | Self::Unauthorized { .. }
            | Self::UnknownAction { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Invalid { .. }
            | Self::RateLimited { .. }
            | Self::Unexpected { .. }
            | Self::OutOfPoints { .. }
            | Self::Paused { .. }
            | Self::Deadline
            | Self::BadHandle { .. }
            | Self::Download { .. }
            | Self::FileTooLarge { .. }
            | Self::NoShopDomain
            | Self::Setup { .. } => self.kind(),
        }
    }

    /// Short name for logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotSent { .. } => "not_sent",
            Self::Unauthorized { .. } => "unauthorized",
            Self::UnknownAction { .. } => "unknown_action",
            Self::NotFound { .. } => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::Invalid { .. } => "invalid",
            Self::RateLimited { .. } => "rate_limited",
            Self::Ambiguous(_) => "ambiguous",
            Self::Unexpected { .. } => "unexpected",
            Self::OutOfPoints { .. } => "out_of_points",
            Self::Paused { .. } => "paused",
            Self::Deadline => "deadline",
            Self::BadHandle { .. } => "bad_handle",
            Self::Download { .. } => "download",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::NoShopDomain => "no_shop_domain",
            Self::Setup { .. } => "setup",
        }
    }
}

/// The error of a complete answer that is not a success. `body` is `None` when it is not JSON.
pub(super) fn from_status(
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> UpstreamError {
    let messages = messages(body);
    match status {
        400 | 413 | 422 => UpstreamError::Invalid {
            status,
            messages: or_status(messages, status),
        },
        401 | 403 => UpstreamError::Unauthorized { status },
        404 => match messages
            .iter()
            .find(|text| text.begins_with("No v2 action registered for "))
        {
            Some(message) => UpstreamError::UnknownAction {
                message: message.clone(),
            },
            None => UpstreamError::NotFound {
                messages: or_status(messages, status),
            },
        },
        409 => UpstreamError::Conflict {
            messages: or_status(messages, status),
        },
        429 => UpstreamError::RateLimited {
            retry_after: retry_after
                .or_else(|| {
                    let seconds = body?.get("retry_after")?.as_u64()?;
                    Some(Duration::from_secs(seconds))
                })
                .unwrap_or(Duration::from_secs(60)),
        },
        408 | 500..=599 => UpstreamError::Ambiguous(Ambiguity::Failed(status)),
        _ => UpstreamError::Unexpected { status },
    }
}

fn or_status(messages: Vec<ForeignText>, status: u16) -> Vec<ForeignText> {
    if messages.is_empty() {
        let text = format!("the API answered {status} without a reason");
        return vec![ForeignText::new(&text)];
    }
    messages
}

/// The error of v1's create when it answers as if all were well: without 201 and without what was
/// created nothing was (vendor docs: v1 Back in Stock API).
pub(super) fn refused_with_success(status: u16, body: &Value) -> Option<UpstreamError> {
    (status != 201 && body.get("intents").is_none()).then(|| UpstreamError::Invalid {
        status,
        messages: or_status(messages(Some(body)), status),
    })
}

/// `errors` (array of strings) or `error` (string, with what v1 puts beside it).
fn messages(body: Option<&Value>) -> Vec<ForeignText> {
    let Some(body) = body else {
        return Vec::new();
    };
    match (body.get("errors"), body.get("error")) {
        (Some(Value::Array(items)), _) => items
            .iter()
            .filter_map(Value::as_str)
            .take(MAX_MESSAGES)
            .map(ForeignText::new)
            .collect(),
        (_, Some(Value::String(text))) => std::iter::once(ForeignText::new(text))
            .chain(beside(body))
            .take(MAX_MESSAGES)
            .collect(),
        _ => Vec::new(),
    }
}

/// The lists that v1 puts beside its text, such as the ids that stand in the way.
fn beside(body: &Value) -> impl Iterator<Item = ForeignText> {
    let lists = body.as_object().into_iter().flatten();
    lists.filter_map(|(name, value)| {
        let items = value.as_array().filter(|items| !items.is_empty())?;
        let shown: Vec<String> = items
            .iter()
            .take(MAX_LISTED)
            .map(|item| {
                item.as_str()
                    .map_or_else(|| item.to_string(), str::to_owned)
            })
            .collect();
        let more = match items.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!("{name}: {}{more}", shown.join(", "));
        Some(ForeignText::new(&text))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(status: u16, body: &Value) -> String {
        from_status(status, Some(body), None).to_string()
    }

    #[test]
    fn every_shape_of_the_contract_has_its_kind() {
        let cases = [
            (
                400,
                json!({"errors": ["Request body is not valid JSON"]}),
                "invalid",
            ),
            (
                401,
                json!({"errors": ["Invalid or missing API token"]}),
                "unauthorized",
            ),
            (
                404,
                json!({"errors": ["No v2 action registered for GET /nope"]}),
                "unknown_action",
            ),
            (404, json!({"errors": ["Signup not found"]}), "not_found"),
            (404, json!({"error": "Not found"}), "not_found"),
            (
                409,
                json!({"errors": ["Signup has already been notified"]}),
                "conflict",
            ),
            (
                413,
                json!({"errors": ["Request body exceeds 1048576 bytes"]}),
                "invalid",
            ),
            (
                422,
                json!({"errors": ["a is missing", "b is missing"]}),
                "invalid",
            ),
            (
                429,
                json!({"error": "Rate limit exceeded", "retry_after": 24}),
                "rate_limited",
            ),
            (
                500,
                json!({"errors": ["Internal server error"]}),
                "ambiguous",
            ),
            (301, json!({}), "unexpected"),
        ];
        for (status, body, kind) in cases {
            assert_eq!(
                from_status(status, Some(&body), None).kind(),
                kind,
                "{status} {body}"
            );
        }
        for status in [502, 503, 504] {
            assert_eq!(from_status(status, None, None).kind(), "ambiguous");
        }
        assert!(
            text(422, &json!({"errors": ["a is missing", "b is missing"]}))
                .ends_with("a is missing; b is missing")
        );
        assert!(
            text(
                429,
                &json!({"error": "Rate limit exceeded", "retry_after": 24})
            )
            .contains("24 s")
        );
        assert!(text(409, &json!({"errors": []})).contains("409"));
    }

    #[test]
    fn what_v1_puts_beside_its_text_is_shown() {
        assert_eq!(
            text(
                422,
                &json!({"error": "Cannot delete notified intents", "sent_intent_ids": ["a", "b"]})
            ),
            "the STOQ API refused the arguments: Cannot delete notified intents; sent_intent_ids: a, b"
        );
        assert_eq!(
            text(
                422,
                &json!({"error": "Already attached", "existing_variants": [1, 2, 3, 4, 5, 6]})
            ),
            "the STOQ API refused the arguments: Already attached; existing_variants: 1, 2, 3, 4 and 2 more"
        );
    }

    #[test]
    fn a_create_that_creates_nothing_is_refused() {
        let refused = |status: u16, body: Value| {
            refused_with_success(status, &body).map(|error| error.to_string())
        };
        assert_eq!(
            refused(200, json!({"errors": ["intent.channel must be filled"]})),
            Some("the STOQ API refused the arguments: intent.channel must be filled".to_owned())
        );
        assert_eq!(
            refused(200, json!({"errors": []})),
            Some(
                "the STOQ API refused the arguments: the API answered 200 without a reason"
                    .to_owned()
            )
        );
        assert_eq!(refused(201, json!({"intents": [], "errors": []})), None);
        assert_eq!(refused(200, json!({"intents": [{}], "errors": []})), None);
    }

    #[test]
    fn texts_of_the_api_are_one_visible_line() {
        let hostile = format!("a\n\u{202e}b<i>\u{0000}{}", "c".repeat(900));
        let wanted = format!("a b{}…", "c".repeat(197));
        let told = |status: u16, body: Value| text(status, &body);
        for body in [json!({"errors": [hostile]}), json!({"error": hostile})] {
            assert_eq!(told(404, body), wanted);
        }
        assert_eq!(
            told(409, json!({"error": "x", "<b>ids": ["a\nb", 1]})),
            "the record's state forbids it: x; ids: a b, 1"
        );
        let no_action = json!({"errors": ["No v2 action registered for GET /<b>x"]});
        assert_eq!(
            told(404, no_action),
            "the STOQ API has no such action: No v2 action registered for GET /x"
        );
    }
}
