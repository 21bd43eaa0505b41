//! A call from the page: through the caller's one funnel, reads alone unless the operator allows more.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Extension, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Docs;
use crate::engine::{Call, CallError, Engine, ErrorKind, Outcome, Proof};
use crate::http::gate::Here;
use crate::http::pages::{errors, page};
use crate::registry::entry::Class;
use crate::safety::confirm::Asks;
use crate::safety::narrow::Narrow;

/// Largest body of an attempt.
const MAX_BODY: usize = 256 << 10;
/// How calls from here are named in audit and log.
const CLIENT: &str = "docs page";

const TOO_LARGE: &str =
    "A call from this page has at most 256 KiB. Nothing was done. Make larger ones through /mcp.";
const MALFORMED: &str = "The body is not of the form {\"action\": \"name\", \"arguments\": {}}. Nothing was done. Write it so.";

/// What the page sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    action: String,
    #[serde(default)]
    arguments: Map<String, Value>,
    /// To the question of a plan.
    #[serde(default)]
    answer: Option<Answer>,
}

/// A person's answer; without a text they said no.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    state: String,
    #[serde(default)]
    text: Option<String>,
}

impl Answer {
    fn proof(self) -> Proof {
        let Self { state, text } = self;
        text.map_or(Proof::Declined, |text| Proof::Typed { state, text })
    }
}

/// Makes the call. How it ended is in the body, whatever that is.
pub(super) async fn attempt(
    Extension(Here(tenant)): Extension<Here>,
    Extension(docs): Extension<Arc<Docs>>,
    request: Request,
) -> Response {
    let narrow = request.extensions().get::<Narrow>().cloned();
    let Ok(body) = to_bytes(request.into_body(), MAX_BODY).await else {
        return errors(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE).into_response();
    };
    let Ok(tried) = serde_json::from_slice::<Tried>(&body) else {
        return errors(StatusCode::BAD_REQUEST, MALFORMED).into_response();
    };
    let engine = tenant.server().engine();
    let ended = made(engine, &docs, tried, narrow).await;
    let told = match ended {
        Ok(outcome) => told(outcome),
        Err(error) => json!({"error": {"kind": error.kind.as_str(), "what": error.what,
            "next": error.next}}),
    };
    page(StatusCode::OK, told.to_string()).into_response()
}

async fn made(
    engine: &Arc<Engine>,
    docs: &Docs,
    tried: Tried,
    narrow: Option<Narrow>,
) -> Result<Outcome, CallError> {
    let name = tried.action.clone();
    let narrow = match (docs.writes, narrow) {
        (true, narrow) => narrow,
        (false, None) => Some(Narrow::to(&[])),
        (false, Some(narrow)) => Some(narrow.and(&Narrow::to(&[]))),
    };
    let call = Call {
        // Whoever reads the plan on the page is a person.
        asks: Asks::Person,
        proof: tried.answer.map(Answer::proof),
        narrow,
        client: Some(CLIENT.to_owned()),
        ..Call::new(tried.action, tried.arguments)
    };
    let ended = engine.call(call).await;
    ended.map_err(|error| match docs.writes {
        true => error,
        false => ours(engine, &name, error),
    })
}

/// The refusal of what the server would allow and this page does not.
fn ours(engine: &Engine, name: &str, error: CallError) -> CallError {
    let action = engine
        .find(name)
        .filter(|_| error.kind == ErrorKind::Forbidden);
    match action.map(|action| action.entry().class) {
        Some(class @ (Class::Write | Class::Send | Class::Money | Class::Destroy)) => CallError {
            kind: error.kind,
            what: format!(
                "`{name}` is of class `{}`, and this page tries reads alone.",
                class.as_str()
            ),
            next: "Nothing was sent. The operator can allow more here: start the server with --docs-writes.".to_owned(),
        },
        Some(Class::Read) | None => error,
    }
}

/// The envelope that every tool has, where its rows stand, and what a person is asked.
fn told(mut outcome: Outcome) -> Value {
    let plan = outcome.plan.as_mut();
    let challenge = plan.and_then(|plan| plan.challenge.take());
    let challenge = challenge.map(|asked| json!({"message": asked.message, "state": asked.state}));
    let rows = outcome.rows_key.take();
    json!({"result": outcome.into_structured(), "rows": rows, "challenge": challenge})
}
