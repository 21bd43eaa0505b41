//! Questions to the client: rounds of `input_required` with sealed state for clients of 2026-07-28,
//! requests in the session for older ones.

use std::collections::BTreeMap;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    ClientCapabilities, InputRequest, InputRequiredResult, InputResponses, RequestStateCodec,
    SealOptions, ServerRequest,
};
use rmcp::service::{Peer, RoleServer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::decode;

/// How long an answer may take.
const STATE_TTL: Duration = Duration::from_secs(600);

/// What is needed of the client for one question, and how its answer is told from nonsense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Elicitation,
    Sampling,
    Roots,
}

impl Kind {
    fn declared(self, client: &ClientCapabilities) -> bool {
        match self {
            Self::Elicitation => client.elicitation.is_some(),
            Self::Sampling => client.sampling.is_some(),
            Self::Roots => client.roots.is_some(),
        }
    }

    /// The error that names what the client would have to declare.
    pub(super) fn missing(self) -> Result<ErrorData, ErrorData> {
        let required = match self {
            Self::Elicitation => json!({"elicitation": {}}),
            Self::Sampling => json!({"sampling": {}}),
            Self::Roots => json!({"roots": {}}),
        };
        decode(required).map(ErrorData::missing_required_client_capability)
    }

    /// The part of an answer that the fixtures use, if it is an answer at all.
    fn answer(self, response: &Value) -> Option<Value> {
        match self {
            Self::Elicitation => {
                let accepted = response.get("action").and_then(Value::as_str) == Some("accept");
                let content = response
                    .get("content")
                    .filter(|content| content.is_object());
                content.filter(|_| accepted).cloned()
            }
            Self::Sampling => response.pointer("/content/text").cloned(),
            Self::Roots => response
                .get("roots")
                .filter(|roots| roots.is_array())
                .cloned(),
        }
    }
}

/// One question, under the key the suite answers it by.
pub(super) struct Question {
    key: &'static str,
    kind: Kind,
    request: Value,
}

/// A form with one required field.
pub(super) fn form(
    key: &'static str,
    message: &str,
    field: &'static str,
    field_type: &str,
) -> Question {
    let mut properties = serde_json::Map::new();
    properties.insert(field.to_owned(), json!({"type": field_type}));
    let schema = json!({"type": "object", "properties": properties, "required": [field]});
    Question {
        key,
        kind: Kind::Elicitation,
        request: elicitation(message, &schema),
    }
}

/// A question to the client's model.
pub(super) fn sampling(key: &'static str, prompt: &str, max_tokens: u32) -> Question {
    Question {
        key,
        kind: Kind::Sampling,
        request: create_message(prompt, max_tokens),
    }
}

/// A question for the client's roots.
pub(super) fn roots(key: &'static str) -> Question {
    Question {
        key,
        kind: Kind::Roots,
        request: json!({"method": "roots/list"}),
    }
}

/// An elicitation request with a form.
pub(super) fn elicitation(message: &str, schema: &Value) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {"mode": "form", "message": message, "requestedSchema": schema},
    })
}

/// A sampling request with one prompt.
pub(super) fn create_message(prompt: &str, max_tokens: u32) -> Value {
    let content = json!({"type": "text", "text": prompt});
    json!({
        "method": "sampling/createMessage",
        "params": {
            "messages": [{"role": "user", "content": content}],
            "maxTokens": max_tokens,
        },
    })
}

/// One question as an `InputRequest`, for a task that asks while it runs.
pub(super) fn task_question(question: Question) -> Result<(String, InputRequest), ErrorData> {
    Ok((question.key.to_owned(), decode(question.request)?))
}

/// Asks within a session of a client before 2026-07-28; the answer as JSON.
pub(super) async fn ask(
    peer: &Peer<RoleServer>,
    kind: Kind,
    request: Value,
) -> Result<Value, ErrorData> {
    let declared = peer
        .peer_info()
        .is_some_and(|client| kind.declared(&client.capabilities));
    if !declared {
        return Err(kind.missing()?);
    }
    let answer = peer
        .send_request(decode::<ServerRequest>(request)?)
        .await
        .map_err(|error| ErrorData::internal_error(format!("no answer: {error}"), None))?;
    serde_json::to_value(answer)
        .map_err(|error| ErrorData::internal_error(format!("unreadable answer: {error}"), None))
}

/// Seals the state that a client carries from round to round.
pub(super) struct Seal(RequestStateCodec);

impl Default for Seal {
    fn default() -> Self {
        Self(RequestStateCodec::new(
            uuid::Uuid::new_v4().simple().to_string().into_bytes(),
        ))
    }
}

/// What the client carries: the round that was asked and the answers so far.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    round: usize,
    answers: Answers,
}

/// Answers by key.
pub(super) type Answers = BTreeMap<String, Value>;

impl Seal {
    fn seal(&self, owner: &str, state: &State) -> Result<String, ErrorData> {
        let options = SealOptions::new()
            .associated_data(owner.as_bytes())
            .ttl(STATE_TTL);
        self.0
            .seal_json_with(state, &options)
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    fn open(&self, owner: &str, sealed: &str) -> Result<State, ErrorData> {
        // One answer for every reason: which check failed is nobody's business.
        self.0
            .open_json_with(sealed, owner.as_bytes())
            .map_err(|_| {
                ErrorData::invalid_params("requestState is not one this server gave", None)
            })
    }
}

/// How a tool or prompt asks: its rounds, and whether it keeps state with the client.
pub(super) struct Rounds {
    /// Name of the tool or prompt; its state opens for no other.
    pub(super) owner: String,
    pub(super) rounds: Vec<Vec<Question>>,
    pub(super) sealed: bool,
}

/// Where a dialogue stands.
pub(super) enum Step {
    /// The client must answer first.
    Ask(Box<InputRequiredResult>),
    /// All is answered.
    Done(Answers),
}

impl Rounds {
    /// Takes what the client sent and asks on, or is done.
    ///
    /// Answers that were not asked for are ignored; a missing or malformed one is asked for again;
    /// a question the client cannot take is left out, and if none remains the error says why.
    pub(super) fn step(
        &self,
        seal: &Seal,
        client: &ClientCapabilities,
        request_state: Option<&str>,
        responses: Option<InputResponses>,
    ) -> Result<Step, ErrorData> {
        let state = match request_state {
            Some(sealed) if self.sealed => Some(seal.open(&self.owner, sealed)?),
            Some(_) | None => None,
        };
        // Answers without the state they belong to count for nothing.
        let responses = responses.filter(|_| state.is_some() || !self.sealed);
        let mut state = state.unwrap_or_default();
        let Some(responses) = responses else {
            return self.ask(seal, client, state);
        };
        if let Some(round) = self.rounds.get(state.round) {
            for question in round.iter().filter(|q| q.kind.declared(client)) {
                let answer = responses.get(question.key);
                match answer.and_then(|answer| question.kind.answer(answer)) {
                    Some(answer) => state.answers.insert(question.key.to_owned(), answer),
                    None => return self.ask(seal, client, state),
                };
            }
            state.round += 1;
        }
        if state.round < self.rounds.len() {
            self.ask(seal, client, state)
        } else {
            Ok(Step::Done(state.answers))
        }
    }

    fn ask(
        &self,
        seal: &Seal,
        client: &ClientCapabilities,
        state: State,
    ) -> Result<Step, ErrorData> {
        let round = self.rounds.get(state.round).map_or(&[][..], Vec::as_slice);
        let mut requests = BTreeMap::new();
        for question in round.iter().filter(|q| q.kind.declared(client)) {
            requests.insert(question.key.to_owned(), decode(question.request.clone())?);
        }
        if requests.is_empty() {
            let kind = round.first().map_or(Kind::Elicitation, |q| q.kind);
            return Err(kind.missing()?);
        }
        let sealed = if self.sealed {
            Some(seal.seal(&self.owner, &state)?)
        } else {
            None
        };
        Ok(Step::Ask(Box::new(InputRequiredResult::new(
            Some(requests),
            sealed,
        ))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(capabilities: Value) -> ClientCapabilities {
        serde_json::from_value(capabilities).unwrap()
    }

    fn two_rounds() -> Rounds {
        Rounds {
            owner: "tool".to_owned(),
            rounds: vec![
                vec![
                    form("name", "Name?", "name", "string"),
                    sampling("idea", "An idea?", 5),
                ],
                vec![roots("roots")],
            ],
            sealed: true,
        }
    }

    fn asked(step: Step) -> (Vec<String>, String) {
        match step {
            Step::Ask(asked) => {
                let keys = asked.input_requests.unwrap().into_keys().collect();
                (keys, asked.request_state.unwrap())
            }
            Step::Done(answers) => panic!("done with {answers:?}"),
        }
    }

    #[test]
    fn rounds_go_on_as_answers_come() {
        let (seal, rounds) = (Seal::default(), two_rounds());
        let client = client(json!({"elicitation": {}, "sampling": {}, "roots": {}}));
        let step = |state: Option<&str>, responses: Option<Value>| {
            let responses = responses.map(|some| serde_json::from_value(some).unwrap());
            rounds.step(&seal, &client, state, responses)
        };
        let name = json!({"action": "accept", "content": {"name": "Ann"}});
        let idea = json!({"role": "assistant", "content": {"type": "text", "text": "Tea"}});

        let (keys, state) = asked(step(None, None).unwrap());
        assert_eq!(keys, ["idea", "name"]);
        // One answer of two, and an answer nobody asked for: the round is asked again.
        let partial = json!({"name": name, "other": {}});
        let (keys, state) = asked(step(Some(&state), Some(partial)).unwrap());
        assert_eq!(keys, ["idea", "name"]);
        let (keys, second) =
            asked(step(Some(&state), Some(json!({"name": name, "idea": idea}))).unwrap());
        assert_eq!(keys, ["roots"]);
        // Answers without state count for nothing.
        let (keys, _) = asked(step(None, Some(json!({"name": name, "idea": idea}))).unwrap());
        assert_eq!(keys, ["idea", "name"]);
        match step(Some(&second), Some(json!({"roots": {"roots": []}}))).unwrap() {
            Step::Done(answers) => assert_eq!(
                json!(answers),
                json!({"name": {"name": "Ann"}, "idea": "Tea", "roots": []})
            ),
            Step::Ask(_) => panic!("asked again"),
        }
    }

    #[test]
    fn state_of_another_tool_or_changed_state_is_refused() {
        let (seal, rounds) = (Seal::default(), two_rounds());
        let client = client(json!({"elicitation": {}, "sampling": {}}));
        let (_, state) = asked(rounds.step(&seal, &client, None, None).unwrap());
        let other = Rounds {
            owner: "other".to_owned(),
            ..two_rounds()
        };
        let wanted = ErrorData::invalid_params("requestState is not one this server gave", None);
        let stolen = other.step(&seal, &client, Some(&state), None);
        assert_eq!(stolen.err(), Some(wanted.clone()));
        let changed = rounds.step(&seal, &client, Some(&format!("{state}x")), None);
        assert_eq!(changed.err(), Some(wanted));
    }

    #[test]
    fn only_what_the_client_declared_is_asked() {
        let (seal, rounds) = (Seal::default(), two_rounds());
        let sampling_only = client(json!({"sampling": {}}));
        let (keys, _) = asked(rounds.step(&seal, &sampling_only, None, None).unwrap());
        assert_eq!(keys, ["idea"]);
        let nothing = rounds.step(&seal, &client(json!({})), None, None).err();
        let wanted = client(json!({"elicitation": {}}));
        assert_eq!(
            nothing,
            Some(ErrorData::missing_required_client_capability(wanted))
        );
    }
}
