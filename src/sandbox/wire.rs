//! A request as the sandbox reads it and an answer as it leaves, apart from any HTTP library.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::rate::Standing;

/// Content type of every JSON answer.
pub(super) const JSON: &str = "application/json; charset=utf-8";
/// Content type of a page that something in front of the API would answer.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// One request, read whole.
#[derive(Debug)]
pub(super) struct Ask {
    /// Verb.
    pub(super) method: Method,
    /// Path as sent, still percent-encoded.
    pub(super) path: String,
    /// Query as sent, without the question mark.
    pub(super) query: String,
    /// Headers.
    pub(super) headers: HeaderMap,
    /// Body; empty when there was none.
    pub(super) body: Bytes,
}

impl Ask {
    /// A header's text; empty when absent or no text.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .trim()
    }

    /// Points of the request: reads 1, writes 2.
    pub(super) fn points(&self) -> u32 {
        match self.method {
            Method::GET | Method::HEAD | Method::OPTIONS => 1,
            _ => 2,
        }
    }
}

/// An answer and the effects that were committed for it.
pub(super) type Done = (Answer, Vec<Value>);

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Status code.
    pub(super) status: u16,
    /// Content type; none for an empty body.
    pub(super) content_type: Option<&'static str>,
    /// Further headers; names in lower case, as HTTP libraries want them.
    pub(super) headers: Vec<(&'static str, String)>,
    /// Body.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A JSON answer.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::text(status, JSON, value.to_string())
    }

    /// An answer of another type.
    pub(super) fn text(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: Some(content_type),
            headers: Vec::new(),
            body: body.into().into_bytes(),
        }
    }

    /// An answer without a body.
    pub(super) const fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds the rate headers.
    pub(super) fn with_standing(mut self, standing: &Standing) -> Self {
        let mut add = |name, value: String| self.headers.push((name, value));
        add("x-ratelimit-limit", standing.limit.to_string());
        add("x-ratelimit-remaining", standing.remaining.to_string());
        add("x-ratelimit-reset", standing.reset.to_string());
        if let Some(seconds) = standing.retry_after {
            add("retry-after", seconds.to_string());
        }
        self
    }

    /// The answer to a request over the budget.
    pub(super) fn over_budget(retry_after: i64, limit: u32, window_s: u32) -> Self {
        let message =
            format!("{limit} points per {window_s} s used up. Reads cost 1 point, writes cost 2.");
        Self::json(
            429,
            &json!({"error": "Rate limit exceeded", "retry_after": retry_after, "message": message}),
        )
    }
}

/// How an answer reaches the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// As HTTP wants it.
    Whole,
    /// The connection closes without a byte.
    Close,
    /// Full `Content-Length`, half the body, then the connection closes.
    MidBody,
    /// In pieces, with pauses between them.
    Slow {
        /// Bytes of a piece.
        chunk_bytes: usize,
        /// Pause after each piece.
        pause: Duration,
    },
}

/// An answer with the way it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The answer.
    pub(super) answer: Answer,
    /// Real time before its first byte, or before the connection closes.
    pub(super) delay: Duration,
    /// How it ends.
    pub(super) ending: Ending,
}

impl Delivery {
    /// At once and whole.
    pub(super) const fn whole(answer: Answer) -> Self {
        Self {
            answer,
            delay: Duration::ZERO,
            ending: Ending::Whole,
        }
    }
}
