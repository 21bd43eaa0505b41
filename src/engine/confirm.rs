//! Plans on their way to a person, and proofs on their way back.

use serde_json::{Map, Value, json};

use super::effect::Ended;
use super::once::doubtful;
use super::plan::Plan;
use super::seal::Kind;
use super::{CallError, Engine, ErrorKind, Outcome, Run, Status};
use crate::registry::entry::Class;
use crate::registry::transform::{CONFIRM, EXPECTED_COUNT, IDEMPOTENCY_KEY};
use crate::registry::{Action, schema};
use crate::safety::audit::types::Refusal;
use crate::safety::canonical;
use crate::safety::confirm::{
    Answer, Asks, Flaw, HANDLE_RECIPIENTS, Handle, Now, Pending, Typed, VALID_MINUTES, VALID_MS,
    Way, way,
};
use crate::safety::ledger::Receipt;
use crate::safety::store::{Space, StoreError};
use crate::text::line;

/// How long the store knows a handle, in milliseconds: as long as the receipt of its call.
const HANDLE_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Said of a plan that was agreed to in another form.
const CHANGED: &str =
    "What it touches has changed since the plan that was agreed to: this is the plan as it is now.";

/// That somebody agreed to a plan, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The handle that the plan came with.
    Handle(String),
    /// What a person typed, with the state that the question came with.
    Typed {
        /// The sealed plan.
        state: String,
        /// What was typed; empty when the form came back without it.
        text: String,
    },
    /// A person said no.
    Declined,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The plan, and what to type.
    pub message: String,
    /// What to type.
    pub typed: String,
    /// The plan, sealed: it comes back with the answer.
    pub state: String,
}

/// A plan that waits for its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What the call would do, as the envelope carries it.
    pub facts: Map<String, Value>,
    /// The question, when a person can be asked.
    pub challenge: Option<Challenge>,
}

/// What a call brings along beside the action's own arguments.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub asks: Asks,
    pub proof: Option<Proof>,
    pub key: Option<String>,
    pub expected_count: Option<u64>,
    pub client: Option<String>,
}

/// A proof that was opened, and not held against anything yet.
#[derive(Debug)]
pub(super) struct Opened {
    pub pending: Pending,
    typed: Option<String>,
}

impl Opened {
    /// Whether a person typed it.
    pub(super) fn is_typed(&self) -> bool {
        self.typed.is_some()
    }
}

impl Asked {
    /// Takes what is not the API's out of the arguments.
    pub(super) fn take(action: &Action, arguments: &mut Map<String, Value>) -> Self {
        let theirs = schema::properties(action.request_schema());
        let mut own = |name: &str| match theirs.is_some_and(|theirs| theirs.contains_key(name)) {
            true => None,
            false => arguments.shift_remove(name),
        };
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            Some(_) | None => None,
        };
        Self {
            proof: text(own(CONFIRM)).map(Proof::Handle),
            key: text(own(IDEMPOTENCY_KEY)),
            expected_count: own(EXPECTED_COUNT).and_then(|value| value.as_u64()),
            ..Self::default()
        }
    }

    /// The same with what the call brings beside its arguments, which counts before those.
    pub(super) fn beside(
        self,
        asks: Asks,
        proof: Option<Proof>,
        key: Option<String>,
        client: Option<String>,
    ) -> Self {
        Self {
            asks,
            proof: proof.or(self.proof),
            key: key.or(self.key),
            client,
            ..self
        }
    }
}

/// The digest of a call: its action and the API's arguments.
pub(super) fn call_digest(action: &Action, arguments: &Map<String, Value>) -> String {
    let arguments = Value::Object(arguments.clone());
    canonical::digest(
        action.name(),
        &arguments,
        &Value::Null,
        0,
        &[],
        &Value::Null,
    )
}

/// The digest of all that a person agrees to: the plan, and what is unknown of the same call. Who
/// agreed before there was a doubt has not agreed to it.
pub(super) fn plan_digest(
    plan: &Plan,
    arguments: &Map<String, Value>,
    doubt: Option<&Receipt>,
) -> String {
    let told = doubt.map(|receipt| json!({"state": plan.state, "doubt": receipt.id}));
    canonical::digest(
        &plan.action,
        &Value::Object(arguments.clone()),
        &plan.targets,
        plan.count,
        &plan.amounts,
        told.as_ref().unwrap_or(&plan.state),
    )
}

/// What a person types to agree: the amount, else the count, else the action's own word.
pub(super) fn typed(plan: &Plan, action: &Action) -> Typed {
    match (plan.class, plan.amounts.as_slice()) {
        (Class::Money, [(_, amount)]) if !plan.amount_unknown => Typed::new(amount.clone()),
        _ if plan.count > 1 => Typed::new(plan.count.to_string()),
        _ => Typed::new(action.entry().action.clone()),
    }
}

impl Engine {
    /// Opens what a call brought as proof: it must be this caller's, and of this call.
    pub(super) async fn opened(
        &self,
        action: &Action,
        proof: &Proof,
        call: &str,
    ) -> Result<Opened, Ended> {
        let opened = self.brought(action, proof).await?;
        let pending = &opened.pending;
        // What has become of the targets, and how late it is, is asked when nothing was done yet.
        let now = Now {
            who: &self.who,
            call,
            digest: &pending.digest,
            time: i64::MIN,
        };
        match pending.check(now, Answer::Handle) {
            Ok(()) => Ok(opened),
            Err(flaw) => Err(flawed(action, flaw)),
        }
    }

    async fn brought(&self, action: &Action, proof: &Proof) -> Result<Opened, Ended> {
        match proof {
            Proof::Declined => Err(Ended::blocked(
                Refusal::Declined,
                CallError::new(
                    ErrorKind::Unagreed,
                    format!(
                        "`{}` was not done: the person asked said no.",
                        action.name()
                    ),
                    "Nothing was sent. Do not call it again unless they ask for it.",
                ),
            )),
            Proof::Typed { state, text } => {
                let bytes = self.seal.open(Kind::Plan, &self.who.principal, state);
                let pending = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                Ok(Opened {
                    pending: pending.ok_or_else(|| no_such_plan(action))?,
                    typed: Some(text.clone()),
                })
            }
            Proof::Handle(text) => {
                let handle = Handle::read(text).ok_or_else(|| no_handle(action, text))?;
                let found = self.guards.store.get(Space::Plans, &handle.key()).await;
                let found = found.map_err(|failure| lost(action, &failure))?;
                let pending = found.and_then(|bytes| serde_json::from_slice(&bytes).ok());
                Ok(Opened {
                    pending: pending.ok_or_else(|| no_such_plan(action))?,
                    typed: None,
                })
            }
        }
    }

    /// Holds a plan against what was brought as proof, and lets the call through or ends it with the
    /// plan or the reason. `doubt` is what is unknown of the same call.
    pub(super) async fn agreed(
        &self,
        run: &Run<'_>,
        plan: &Plan,
        (arguments, call): (&Map<String, Value>, &str),
        asked: &Asked,
        opened: Option<&Opened>,
        doubt: Option<&Receipt>,
    ) -> Result<(), Ended> {
        let way = way(self.guards.confirm, asked.asks, run.class, plan.count);
        if plan.idle && way != Way::None {
            let (mut outcome, facts) = presented(plan, &[]);
            outcome.add_note("There is nothing to agree to: the API would leave everything out.");
            outcome.plan = Some(Planned {
                facts,
                challenge: None,
            });
            return Err(Ended::Over(Box::new(outcome)));
        }
        let digest = plan_digest(plan, arguments, doubt);
        let now = Now {
            who: &self.who,
            call,
            digest: &digest,
            time: self.now(),
        };
        let checked = match (opened, way) {
            (_, Way::None) => return Ok(()),
            (None, Way::Person | Way::Handle | Way::Refused) => None,
            (Some(opened), way) => match (&opened.typed, way) {
                (Some(text), _) => Some(opened.pending.check(now, Answer::Typed(text))),
                (None, Way::Handle) => Some(opened.pending.check(now, Answer::Handle)),
                // A handle of another day's settings is no consent under these.
                (None, Way::None | Way::Person | Way::Refused) => None,
            },
        };
        let changed = match checked {
            Some(Ok(())) => return Ok(()),
            // A doubt that came up since is a warning of its own.
            Some(Err(Flaw::Changed)) => {
                let as_it_was = plan_digest(plan, arguments, None);
                opened.is_some_and(|opened| opened.pending.digest != as_it_was)
            }
            Some(Err(flaw)) => return Err(flawed(run.action, flaw)),
            None => false,
        };
        if way == Way::Refused {
            return Err(self.unprovable(run.action, plan));
        }
        let pending = Pending {
            nonce: Handle::new().key(),
            who: self.who.clone(),
            call: call.to_owned(),
            digest,
            typed: typed(plan, run.action),
            expires_at: self.now() + VALID_MS,
        };
        let mut warnings = Vec::new();
        if changed {
            warnings.push(CHANGED.to_owned());
        }
        warnings.extend(doubt.map(doubtful));
        let outcome = match way {
            Way::Person => self.to_person(plan, pending, &warnings),
            Way::None | Way::Handle | Way::Refused => {
                self.by_handle(run.action, plan, pending, &warnings).await?
            }
        };
        Err(Ended::Over(Box::new(outcome)))
    }

    /// The plan as a result, with the question to a person.
    fn to_person(&self, plan: &Plan, pending: Pending, warnings: &[String]) -> Outcome {
        let typed = pending.typed.as_str().to_owned();
        let bytes = serde_json::to_vec(&pending).unwrap_or_default();
        let (mut outcome, mut facts) = presented(plan, warnings);
        facts.insert("type".into(), json!(typed));
        outcome.add_note(&format!("A person has to agree by typing {typed}."));
        let challenge = Challenge {
            message: message(plan, &typed, warnings),
            state: self.seal.seal(Kind::Plan, &self.who.principal, &bytes),
            typed,
        };
        outcome.plan = Some(Planned {
            facts,
            challenge: Some(challenge),
        });
        outcome
    }

    /// The plan as a result, with the handle that the next call must carry.
    async fn by_handle(
        &self,
        action: &Action,
        plan: &Plan,
        pending: Pending,
        warnings: &[String],
    ) -> Result<Outcome, Ended> {
        let handle = Handle::new();
        let bytes = serde_json::to_vec(&pending).unwrap_or_default();
        let until = self.now() + HANDLE_KEPT_MS;
        let kept = [(handle.key(), bytes)];
        let kept = self.guards.store.put(Space::Plans, &kept, until).await;
        kept.map_err(|failure| lost(action, &failure))?;
        let (mut outcome, mut facts) = presented(plan, warnings);
        facts.insert(CONFIRM.into(), json!(handle.as_str()));
        outcome.add_note(&format!(
            "Show the plan to the merchant. When they agree, make the same call again with `{CONFIRM}` \"{}\", within {VALID_MINUTES} minutes.",
            handle.as_str()
        ));
        outcome.plan = Some(Planned {
            facts,
            challenge: None,
        });
        Ok(outcome)
    }

    /// The refusal of a plan that this caller can bring no proof for.
    fn unprovable(&self, action: &Action, plan: &Plan) -> Ended {
        let small = match plan.class {
            Class::Send => {
                format!(", and without that at most {HANDLE_RECIPIENTS} shoppers can be messaged")
            }
            Class::Read | Class::Write | Class::Money | Class::Destroy => String::new(),
        };
        Ended::blocked(
            Refusal::Unconfirmed,
            CallError::new(
                ErrorKind::Unagreed,
                format!(
                    "`{}` was planned and not done: {} A person has to agree, and this client shows them no form (elicitation){small}.",
                    action.name(),
                    plan.sentence
                ),
                "Nothing was sent. Use a client with elicitation, or run it at a terminal with `stoq-mcp call`; or the operator accepts handles without a form: --confirm handle.",
            ),
        )
    }

    /// Milliseconds since 1970, by this machine's clock.
    pub(super) fn now(&self) -> i64 {
        self.guards.clock.now()
    }
}

/// A plan as a result, to which the way to agree is added.
fn presented(plan: &Plan, warnings: &[String]) -> (Outcome, Map<String, Value>) {
    let mut outcome = Outcome::new(Status::Planned);
    outcome.add_note("Nothing was sent.");
    for warning in warnings {
        outcome.add_note(warning);
    }
    let mut facts = facts(plan);
    facts.insert("valid_minutes".into(), json!(VALID_MINUTES));
    (outcome, facts)
}

/// The plan as the envelope carries it.
fn facts(plan: &Plan) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("sentence".into(), json!(plan.sentence));
    facts.insert("class".into(), json!(plan.class.as_str()));
    facts.insert("count".into(), json!(plan.count));
    facts.insert("unit".into(), json!(plan.unit.noun(plan.count)));
    if !plan.amounts.is_empty() {
        let amounts = plan.amounts.iter();
        let amounts: Vec<Value> = amounts
            .map(|(currency, amount)| json!({"currency": currency, "amount": amount}))
            .collect();
        facts.insert("amounts".into(), Value::Array(amounts));
    }
    if plan.amount_unknown {
        facts.insert("amount_unknown".into(), json!(true));
    }
    if !plan.first.is_empty() {
        facts.insert("first".into(), json!(plan.first));
    }
    if !plan.skipped.is_empty() {
        let skipped = plan.skipped.iter();
        let skipped: Vec<Value> = skipped
            .map(|(why, count)| json!({"why": why, "count": count}))
            .collect();
        facts.insert("skipped".into(), Value::Array(skipped));
    }
    facts.insert("undo".into(), json!(plan.undo));
    facts.insert("points".into(), json!(plan.points));
    facts.insert("points_of_plan".into(), json!(plan.read_points));
    facts
}

/// What a person reads before they type.
fn message(plan: &Plan, typed: &str, warnings: &[String]) -> String {
    let mut lines = warnings.to_vec();
    lines.push(plan.sentence.clone());
    for target in &plan.first {
        lines.push(format!("- {target}"));
    }
    let listed = u64::try_from(plan.first.len()).unwrap_or(u64::MAX);
    if plan.count > listed && listed > 0 {
        lines.push(format!("- and {} more", plan.count - listed));
    }
    lines.push(plan.undo.clone());
    lines.push(format!("Type {typed} to go ahead."));
    lines.join("\n")
}

fn no_handle(action: &Action, text: &str) -> Ended {
    unproved(
        Refusal::WrongProof,
        format!(
            "`{}` was not done: `{CONFIRM}` is \"{}\", which is no handle of a plan; those begin with cfm_.",
            action.name(),
            line(text, 40)
        ),
        format!("Nothing was sent. Call without `{CONFIRM}` to see the plan and its handle."),
    )
}

fn no_such_plan(action: &Action) -> Ended {
    unproved(
        Refusal::WrongProof,
        format!(
            "`{}` was not done: there is no such plan; this server did not give it, or it is long over.",
            action.name()
        ),
        "Nothing was sent. Call again without it to see the plan as it is now.".to_owned(),
    )
}

fn unproved(reason: Refusal, what: String, next: String) -> Ended {
    Ended::blocked(reason, CallError::new(ErrorKind::Unagreed, what, next))
}

/// The end of a call whose state cannot be reached.
pub(super) fn lost(action: &Action, failure: &StoreError) -> Ended {
    Ended::blocked(Refusal::Store, stateless(action, &failure.to_string()))
}

/// The refusal of a proof that does not hold.
fn flawed(action: &Action, flaw: Flaw) -> Ended {
    let (reason, why, next) = match flaw {
        // Nobody is told what another caller has planned.
        Flaw::NotYours => return no_such_plan(action),
        Flaw::OtherCall => (
            Refusal::WrongProof,
            "the plan agreed to was of another call: action and arguments must be the same",
            "Call with the arguments of the plan, or without its proof to see a new plan.",
        ),
        Flaw::Expired => (
            Refusal::Expired,
            "the plan is more than 10 minutes old",
            "Call again without its proof to see the plan as it is now.",
        ),
        Flaw::Mistyped => (
            Refusal::WrongAnswer,
            "what was typed is not what the plan asked for",
            "Call again to see the plan and be asked anew; do not answer in a person's place.",
        ),
        Flaw::Changed => (
            Refusal::Changed,
            "what it touches has changed since the plan",
            "Call again to see the plan as it is now.",
        ),
    };
    unproved(
        reason,
        format!("`{}` was not done: {why}.", action.name()),
        format!("Nothing was sent. {next}"),
    )
}

/// The refusal of a call whose state cannot be kept.
pub(super) fn stateless(action: &Action, failure: &str) -> CallError {
    CallError::new(
        ErrorKind::State,
        format!(
            "`{}` was not done: {}, and without it nothing shows that it happens only once.",
            action.name(),
            line(failure, 200)
        ),
        "Nothing was sent. Reads go on. The operator mends the store (setting `state`) and calls again.",
    )
}
