//! Asks the person behind a client to agree to a plan: within the result for clients of 2026-07-28, by
//! a request of the session for older ones. Which of the two, and whether at all, is decided here.

use std::collections::BTreeMap;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, InputRequest, InputRequiredResult,
    ServerRequest,
};
use rmcp::service::{RequestContext, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::engine::{Challenge, Proof};
use crate::safety::confirm::{Asks, VALID_MS};
use crate::text::line;

/// The question, among those of a result.
const QUESTION: &str = "agree";
/// The one field of its form.
const FIELD: &str = "answer";
/// The first version in which a result asks.
const MODERN: &str = "2026-07-28";
/// Longest name of a client that is kept.
const CLIENT_CHARS: usize = 64;

/// How a client's person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// Within the result: the client repeats its call with the answer.
    Modern,
    /// By a request of the session.
    Legacy,
}

/// Whether a client shows its person forms, by what it declared.
fn shows_forms(client: Option<&ClientCapabilities>) -> bool {
    let declared = client.and_then(|client| client.elicitation.as_ref());
    // One that names no mode means forms: there was nothing else when it was written.
    declared.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// How the person is asked, when they can be.
pub(super) fn era(context: &RequestContext<RoleServer>) -> Option<Era> {
    let client = context.client_capabilities();
    if !shows_forms(client.as_ref()) {
        return None;
    }
    let version = context.meta.protocol_version();
    if version.is_some_and(|version| version.as_str() >= MODERN) {
        return Some(Era::Modern);
    }
    // Without a session nobody is there to be asked.
    context.peer.peer_info().map(|_| Era::Legacy)
}

/// Whom a call can ask.
pub(super) fn asks(era: Option<Era>) -> Asks {
    match era {
        Some(Era::Modern | Era::Legacy) => Asks::Person,
        None => Asks::Nobody,
    }
}

/// Name and version of the client, as it tells them.
pub(super) fn client(context: &RequestContext<RoleServer>) -> Option<String> {
    let info = context.client_info()?;
    let name = format!("{}/{}", info.name, info.version);
    Some(line(&name, CLIENT_CHARS))
}

/// The answer that a repeated call carries.
pub(super) fn proof(request: &CallToolRequestParams) -> Option<Proof> {
    let state = request.request_state.clone()?;
    let answers = request.input_responses.as_ref();
    let answer = answers.and_then(|answers| answers.get(QUESTION));
    Some(read(state, answer.unwrap_or(&Value::Null)))
}

/// What an answer means; one without its field is an answer all the same, and a wrong one.
fn read(state: String, answer: &Value) -> Proof {
    match answer.get("action").and_then(Value::as_str) {
        Some("decline" | "cancel") => Proof::Declined,
        Some(_) | None => {
            let typed = answer.pointer(&format!("/content/{FIELD}"));
            let text = match typed {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
                    String::new()
                }
            };
            Proof::Typed { state, text }
        }
    }
}

/// The question within the result.
pub(super) fn within(challenge: Challenge) -> Result<CallToolResponse, ErrorData> {
    let question: InputRequest = decode(form(&challenge))?;
    let questions = BTreeMap::from([(QUESTION.to_owned(), question)]);
    Ok(InputRequiredResult::new(Some(questions), Some(challenge.state)).into())
}

/// Asks by a request of the session, and waits as long as the plan is good.
pub(super) async fn in_session(
    context: &RequestContext<RoleServer>,
    challenge: Challenge,
) -> Result<Proof, ErrorData> {
    let request: ServerRequest = decode(form(&challenge))?;
    let wait = Duration::from_millis(VALID_MS.unsigned_abs());
    let answered = tokio::select! {
        biased;
        () = context.ct.cancelled() => {
            return Err(ErrorData::internal_error("cancelled by the client; nothing was sent", None));
        }
        answered = tokio::time::timeout(wait, context.peer.send_request(request)) => answered,
    };
    match answered {
        Ok(Ok(answer)) => {
            let answer = serde_json::to_value(answer).unwrap_or_default();
            Ok(read(challenge.state, &answer))
        }
        // Nobody has agreed.
        Ok(Err(_)) | Err(_) => Ok(Proof::Declined),
    }
}

/// A form with one required field, that no host fills by itself.
fn form(challenge: &Challenge) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": challenge.message,
            "requestedSchema": {
                "type": "object",
                "properties": {FIELD: {
                    "type": "string",
                    "title": format!("Type {}", challenge.typed),
                    "description": "What the plan asks you to type; anything else sends nothing.",
                }},
                "required": [FIELD],
            },
        },
    })
}

fn decode<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value)
        .map_err(|_| ErrorData::internal_error("the question could not be written", None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(capabilities: Value) -> bool {
        let client: ClientCapabilities = serde_json::from_value(capabilities).unwrap();
        shows_forms(Some(&client))
    }

    #[test]
    fn only_a_client_that_declared_forms_is_asked() {
        assert!(shows(json!({"elicitation": {}})));
        assert!(shows(json!({"elicitation": {"form": {}}})));
        assert!(shows(json!({"elicitation": {"form": {}, "url": {}}})));
        assert!(!shows(json!({"elicitation": {"url": {}}})));
        assert!(!shows(json!({"sampling": {}})));
        assert!(!shows_forms(None));
    }

    #[test]
    fn an_answer_is_what_was_typed_or_a_no() {
        let told = |answer: Value| read("s".to_owned(), &answer);
        let typed = |text: &str| Proof::Typed {
            state: "s".to_owned(),
            text: text.to_owned(),
        };
        let accept = |content: Value| json!({"action": "accept", "content": content});
        assert_eq!(told(accept(json!({"answer": "412"}))), typed("412"));
        assert_eq!(told(accept(json!({"answer": 412}))), typed("412"));
        for empty in [
            json!({}),
            json!({"answer": null}),
            json!({"answer": true}),
            json!({"other": "412"}),
        ] {
            assert_eq!(told(accept(empty)), typed(""));
        }
        assert_eq!(told(json!({"action": "accept"})), typed(""));
        assert_eq!(told(Value::Null), typed(""));
        for no in ["decline", "cancel"] {
            let content = json!({"answer": "412"});
            assert_eq!(
                told(json!({"action": no, "content": content})),
                Proof::Declined
            );
        }
    }

    #[test]
    fn the_form_has_one_required_field_without_a_default() {
        let challenge = Challenge {
            message: "412 shoppers.\nType 412 to go ahead.".to_owned(),
            typed: "412".to_owned(),
            state: "s".to_owned(),
        };
        let form = form(&challenge);
        assert_eq!(form["params"]["message"], challenge.message);
        let schema = &form["params"]["requestedSchema"];
        assert_eq!(schema["required"], json!(["answer"]));
        assert_eq!(schema["properties"].as_object().unwrap().len(), 1);
        assert_eq!(schema["properties"]["answer"].get("default"), None);
        assert!(within(challenge).is_ok());
    }
}
