//! What a v1 action answers.

use serde_json::{Value, json};

use crate::sandbox::reply::Refusal;

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct V1Answer {
    /// Status code.
    pub(in crate::sandbox) status: u16,
    /// Body; none at all when absent.
    pub(in crate::sandbox) body: Option<Value>,
}

/// `Ok` keeps what was done and its effects, also with a status that refuses, as an alert held back
/// is logged; `Err` undoes it, also with a status that does not, as the public create answers 200.
pub(in crate::sandbox) type V1Reply = Result<V1Answer, Refusal>;

impl V1Answer {
    /// A status with a body.
    pub(in crate::sandbox) const fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
        }
    }

    /// A refusal in the form of v1, whose code and body are those of v2 unless it brings its own.
    pub(in crate::sandbox) fn of(refusal: &Refusal) -> Self {
        let text = match refusal {
            Refusal::Own { status, body } => return Self::new(*status, body.clone()),
            Refusal::NoKey => "Unauthorized".to_owned(),
            Refusal::Unreadable(_)
            | Refusal::NotFound(_)
            | Refusal::Conflict(_)
            | Refusal::TooLarge(_)
            | Refusal::Invalid(_)
            | Refusal::OnRecord { .. }
            | Refusal::Broken(_) => refusal.texts().into_iter().next().unwrap_or_default(),
        };
        let status = match refusal.status() {
            // v1 knows no 409.
            409 => 422,
            status => status,
        };
        Self::new(status, json!({"error": text}))
    }
}

/// A refusal of v1's own with one text.
pub(super) fn because(status: u16, text: &str) -> Refusal {
    Refusal::Own {
        status,
        body: json!({"error": text}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_takes_the_form_of_v1() {
        let told = |refusal: Refusal| {
            let answer = V1Answer::of(&refusal);
            (answer.status, answer.body.unwrap())
        };
        let error = |status: u16, text: &str| (status, json!({"error": text}));
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
            error(500, "Internal server error")
        );
        let own = json!({"errors": ["intent.channel must be filled"]});
        assert_eq!(
            told(Refusal::Own {
                status: 200,
                body: own.clone()
            }),
            (200, own)
        );
    }
}
