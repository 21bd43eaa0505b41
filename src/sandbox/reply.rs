//! What an action answers: a payload, or a refusal with its code and texts.

use serde_json::{Value, json};

/// A refused request; nothing of it takes effect, but of one on record what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 400: the body cannot be read.
    Unreadable(String),
    /// 401: the key is missing or unknown.
    NoKey,
    /// 404: no record, no job or no action of that name.
    NotFound(String),
    /// 409: the record's state forbids it.
    Conflict(Vec<String>),
    /// 413: the body is larger than the limit in bytes.
    TooLarge(usize),
    /// 422: one text per broken rule.
    Invalid(Vec<String>),
    /// 422: it was tried and went wrong, and that stays on record.
    OnRecord {
        /// What went wrong.
        text: String,
        /// What the try left for the journal.
        effects: Vec<Value>,
    },
    /// 500: a fault of the sandbox itself, for its log.
    Broken(String),
}

/// The payload of a success, or the refusal.
pub type Reply = Result<Value, Refusal>;

/// A refusal in the form of one of the APIs.
pub trait Refuses: From<rusqlite::Error> + Sized {
    /// A refusal on record keeps what was written, and takes the effects along (`Ok`); after any other
    /// nothing stays (`Err`).
    ///
    /// # Errors
    /// The refusal itself, when nothing of it stays.
    fn kept(self, effects: impl FnOnce() -> Vec<Value>) -> Result<Self, Self>;

    /// Hands over what stays of it for the journal.
    fn take_effects(&mut self) -> Vec<Value>;
}

impl Refuses for Refusal {
    fn kept(self, effects: impl FnOnce() -> Vec<Value>) -> Result<Self, Self> {
        match self {
            Self::OnRecord { text, .. } => Ok(Self::OnRecord {
                text,
                effects: effects(),
            }),
            Self::Unreadable(_)
            | Self::NoKey
            | Self::NotFound(_)
            | Self::Conflict(_)
            | Self::TooLarge(_)
            | Self::Invalid(_)
            | Self::Broken(_) => Err(self),
        }
    }

    fn take_effects(&mut self) -> Vec<Value> {
        match self {
            Self::OnRecord { effects, .. } => std::mem::take(effects),
            Self::Unreadable(_)
            | Self::NoKey
            | Self::NotFound(_)
            | Self::Conflict(_)
            | Self::TooLarge(_)
            | Self::Invalid(_)
            | Self::Broken(_) => Vec::new(),
        }
    }
}

impl Refusal {
    /// A single broken rule.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(vec![text.into()])
    }

    /// A missing record: `Signup not found`.
    pub fn not_found(what: &str) -> Self {
        Self::NotFound(format!("{what} not found"))
    }

    /// A state that forbids it.
    pub fn conflict(text: impl Into<String>) -> Self {
        Self::Conflict(vec![text.into()])
    }

    /// A try that went wrong; what it wrote stays.
    pub fn on_record(text: impl Into<String>) -> Self {
        Self::OnRecord {
            text: text.into(),
            effects: Vec::new(),
        }
    }

    /// Status code.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unreadable(_) => 400,
            Self::NoKey => 401,
            Self::NotFound(_) => 404,
            Self::Conflict(_) => 409,
            Self::TooLarge(_) => 413,
            Self::Invalid(_) | Self::OnRecord { .. } => 422,
            Self::Broken(_) => 500,
        }
    }

    /// What the caller is told.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Unreadable(text) | Self::NotFound(text) | Self::OnRecord { text, .. } => {
                vec![text.clone()]
            }
            Self::NoKey => vec!["Invalid or missing API token".to_owned()],
            Self::Conflict(texts) | Self::Invalid(texts) => texts.clone(),
            Self::TooLarge(limit) => vec![format!("Request body exceeds {limit} bytes")],
            Self::Broken(_) => vec!["Internal server error".to_owned()],
        }
    }

    /// The body in the v2 form.
    pub fn body(&self) -> Value {
        json!({"errors": self.texts()})
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(error.to_string())
    }
}
