//! What a v1 action answers.

use serde_json::{Value, json};

use crate::sandbox::reply::{Refusal, Refuses};

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct V1Answer {
    /// Status code.
    pub(in crate::sandbox) status: u16,
    /// Body; none at all when absent.
    pub(in crate::sandbox) body: Option<Value>,
}

impl V1Answer {
    /// A status with a body.
    pub(in crate::sandbox) const fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
        }
    }

    /// A status with the error form of v1.
    pub(in crate::sandbox) fn error(status: u16, text: &str) -> Self {
        Self::new(status, json!({"error": text}))
    }
}

/// An answer that leaves nothing behind, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum V1Refusal {
    /// As it is.
    Own(V1Answer),
    /// Of what v1 and v2 share; it is put into the form of v1.
    Shared(Refusal),
}

/// `Ok` keeps what was done and its effects, also with a status that refuses, as an alert held back
/// is logged; `Err` undoes it, also with a status that does not, as the public create answers 200.
pub(in crate::sandbox) type V1Reply = Result<V1Answer, V1Refusal>;

impl Refuses for V1Refusal {
    fn kept(self, effects: impl FnOnce() -> Vec<Value>) -> Result<Self, Self> {
        match self {
            Self::Own(_) => Err(self),
            Self::Shared(refusal) => refusal
                .kept(effects)
                .map(Self::Shared)
                .map_err(Self::Shared),
        }
    }

    fn take_effects(&mut self) -> Vec<Value> {
        match self {
            Self::Own(_) => Vec::new(),
            Self::Shared(refusal) => refusal.take_effects(),
        }
    }
}

impl V1Refusal {
    /// A status with one text.
    pub(in crate::sandbox) fn because(status: u16, text: &str) -> Self {
        Self::Own(V1Answer::error(status, text))
    }

    /// A status with the first of several texts.
    pub(in crate::sandbox) fn first(status: u16, texts: Vec<String>) -> Self {
        let text = texts.into_iter().next().unwrap_or_default();
        Self::because(status, &text)
    }

    /// The answer; a fault of the sandbox itself gives the reason for its log beside it.
    pub(in crate::sandbox) fn into_answer(self) -> (V1Answer, Option<String>) {
        let refusal = match self {
            Self::Own(answer) => return (answer, None),
            Self::Shared(refusal) => refusal,
        };
        match refusal {
            Refusal::Unreadable(text) => (V1Answer::error(400, &text), None),
            Refusal::NoKey => (V1Answer::error(401, "Unauthorized"), None),
            Refusal::NotFound(text) => (V1Answer::error(404, &text), None),
            Refusal::TooLarge(limit) => {
                let text = format!("Request body exceeds {limit} bytes");
                (V1Answer::error(413, &text), None)
            }
            // v1 knows no 409.
            Refusal::Conflict(texts) | Refusal::Invalid(texts) => {
                Self::first(422, texts).into_answer()
            }
            Refusal::OnRecord { text, .. } => (V1Answer::error(422, &text), None),
            Refusal::Broken(reason) => {
                (V1Answer::error(500, "Internal server error"), Some(reason))
            }
        }
    }
}

impl From<Refusal> for V1Refusal {
    fn from(refusal: Refusal) -> Self {
        Self::Shared(refusal)
    }
}

impl From<rusqlite::Error> for V1Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Shared(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_takes_the_form_of_v1() {
        let told = |refusal: Refusal| {
            let (answer, log) = V1Refusal::from(refusal).into_answer();
            (answer.status, answer.body.unwrap(), log)
        };
        let error = |status: u16, text: &str| (status, json!({"error": text}), None);
        let texts = vec!["a is missing".to_owned(), "b is missing".to_owned()];
        assert_eq!(
            told(Refusal::Invalid(texts.clone())),
            error(422, "a is missing")
        );
        assert_eq!(told(Refusal::Conflict(texts)), error(422, "a is missing"));
        assert_eq!(told(Refusal::NoKey), error(401, "Unauthorized"));
        assert_eq!(
            told(Refusal::not_found("Intent")),
            error(404, "Intent not found")
        );
        assert_eq!(
            told(Refusal::Broken("disk".into())),
            (
                500,
                json!({"error": "Internal server error"}),
                Some("disk".to_owned())
            )
        );
    }
}
