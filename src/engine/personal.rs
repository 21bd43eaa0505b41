//! Personal data on its way in and out of a call: handles among the arguments, and the words of
//! errors and notes. The answers themselves are the business of `shape`.

use serde_json::{Map, Value};

use super::{CallError, ErrorKind, Outcome};
use crate::safety::personal::{Masker, Resolved, Unusable};
use crate::text::line;

/// Most characters of a path in an error.
const PATH: usize = 80;

/// Puts what they stand for in the place of the handles among the arguments of an action.
///
/// # Errors
/// With the argument that stands for nobody, and what to pass instead.
pub(super) async fn resolve(
    masker: &Masker,
    action: &str,
    arguments: &mut Map<String, Value>,
    now: i64,
) -> Result<Resolved, CallError> {
    let unusable = match masker.resolve(arguments, now).await {
        Ok(resolved) => return Ok(resolved),
        Err(unusable) => unusable,
    };
    let (kind, why, next) = match unusable {
        Unusable::Mask(path) => (
            ErrorKind::Arguments,
            format!("`{}` is a mask, which stands for nobody", line(&path, PATH)),
            "Nothing was sent. Use the record's id instead, or ask the merchant for the whole value; the operator decides with `personal_data` what is shown.",
        ),
        Unusable::Unknown(path) => (
            ErrorKind::Arguments,
            format!(
                "`{}` is a handle that this server does not know",
                line(&path, PATH)
            ),
            "Nothing was sent. Handles belong to one shop and are kept for 24 h after they were shown: read the record again and pass the handle of that answer.",
        ),
        Unusable::Store(error) => (
            ErrorKind::Unavailable,
            format!("what a handle stands for could not be read: {error}"),
            "Nothing was sent. Call again, or use the record's id instead.",
        ),
    };
    let name = line(action, PATH);
    Err(CallError::new(
        kind,
        format!("`{name}` was not called: {why}."),
        next,
    ))
}

/// What a call tells beside its data, with personal data as the mode has it.
pub(super) fn told(
    masker: &Masker,
    resolved: &Resolved,
    result: Result<Outcome, CallError>,
) -> Result<Outcome, CallError> {
    match result {
        Ok(mut outcome) => {
            outcome.note = outcome.note.map(|note| masker.told(resolved, &note));
            Ok(outcome)
        }
        Err(error) => Err(failed(masker, resolved, error)),
    }
}

/// An error, with personal data as the mode has it.
pub(super) fn failed(masker: &Masker, resolved: &Resolved, error: CallError) -> CallError {
    CallError {
        kind: error.kind,
        what: masker.told(resolved, &error.what),
        next: masker.told(resolved, &error.next),
    }
}

/// Makes what was shown usable elsewhere; a store that fails costs the other replicas the handles,
/// and the caller nothing.
pub(super) async fn flush(masker: &Masker, now: i64) {
    if let Err(error) = masker.flush(now).await {
        tracing::warn!(%error, "handles could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Status;

    #[tokio::test]
    async fn an_argument_that_stands_for_nobody_is_refused() {
        let refused = async |text: &str| {
            let Value::Object(mut arguments) = json!({"to": {"email": text}}) else {
                panic!("an object");
            };
            let refused = resolve(&Masker::masked(), "a_create", &mut arguments, 0).await;
            refused
                .map(|_| arguments)
                .map_err(|error| (error.kind, error.to_string()))
        };
        assert_eq!(
            refused("a***@x.io").await,
            Err((
                ErrorKind::Arguments,
                "`a_create` was not called: `to.email` is a mask, which stands for nobody. Nothing was sent. Use the record's id instead, or ask the merchant for the whole value; the operator decides with `personal_data` what is shown.".to_owned()
            ))
        );
        assert_eq!(
            refused("per_aaaaaaaaaaaaaaaaaaaa").await,
            Err((
                ErrorKind::Arguments,
                "`a_create` was not called: `to.email` is a handle that this server does not know. Nothing was sent. Handles belong to one shop and are kept for 24 h after they were shown: read the record again and pass the handle of that answer.".to_owned()
            ))
        );
        let plain = json!({"to": {"email": "a@x.io"}});
        assert_eq!(
            refused("a@x.io").await,
            Ok(plain.as_object().unwrap().clone())
        );
    }

    #[test]
    fn notes_and_errors_hold_no_address() {
        let masker = Masker::masked();
        let mut outcome = Outcome::new(Status::Ok);
        outcome.add_note("Check rosa@x.io.");
        let shown = told(&masker, &Resolved::default(), Ok(outcome)).unwrap();
        assert_eq!(shown.note.as_deref(), Some("Check r***@x.io."));
        let error = CallError::new(ErrorKind::Refused, "rosa@x.io is taken.", "Use b@x.io.");
        let shown = told(&masker, &Resolved::default(), Err(error)).unwrap_err();
        assert_eq!(
            (shown.kind, shown.to_string()),
            (
                ErrorKind::Refused,
                "r***@x.io is taken. Use b***@x.io.".to_owned()
            )
        );
    }
}
