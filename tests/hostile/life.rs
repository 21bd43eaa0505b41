//! Processes that can die at any moment, and what their client is told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use stoq_mcp::engine::{Call, CallError, Engine, ErrorKind, Outcome, Proof, Status};
use stoq_mcp::safety::Confirm;
use stoq_mcp::safety::audit::Audit;
use stoq_mcp::safety::confirm::Asks;
use tokio::runtime::Runtime;

use super::deed::Deed;
use super::house::{Hands, Seat, engine};
use super::memory::Memory;
use super::server::Served;
use super::world::World;

/// A world, and the store that every process over it shares.
pub struct Lab {
    pub served: Served,
    pub store: Arc<Memory>,
    pub hands: Hands,
    pub audit: Audit,
    pub patience: Duration,
}

impl Lab {
    pub fn new(patience: Duration) -> Self {
        let hands = Hands::new();
        Self {
            served: Served::apart(),
            store: Arc::new(Memory::new(hands.clock())),
            hands,
            audit: Audit::none(),
            patience,
        }
    }

    /// A world as at first. One that lags shows nothing of what was done.
    pub fn reset(&self, lags: bool) {
        self.store.clear();
        self.hands.reset();
        *self.served.world.lock().unwrap() = World {
            lags,
            ..World::new()
        };
    }

    /// How often the API did something.
    pub fn effects(&self) -> usize {
        self.served.world.lock().unwrap().effects.len()
    }

    /// How often it was asked to.
    pub fn writes(&self) -> usize {
        self.served.world.lock().unwrap().writes.len()
    }
}

/// How a client has its calls agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agrees {
    /// A person types the answer.
    Typed,
    /// The next call carries the handle.
    Handle,
    /// Nobody is asked; calls carry a key.
    Key,
}

impl Agrees {
    fn confirm(self) -> Confirm {
        match self {
            Self::Typed => Confirm::Elicit,
            Self::Handle => Confirm::Handle,
            Self::Key => Confirm::Off,
        }
    }
}

/// What a client has been told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Done,
    /// That nobody knows, and how to find out.
    Unknown,
    /// That nothing was sent or done.
    Nothing,
    InProgress,
    /// The plan; whether it names a doubt.
    Planned {
        proof: Option<Proof>,
        doubt: bool,
    },
    /// Nothing at all: the process died.
    Killed,
}

impl Told {
    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unknown => "unknown",
            Self::Nothing => "nothing done",
            Self::InProgress => "in progress",
            Self::Planned { doubt: false, .. } => "planned",
            Self::Planned { doubt: true, .. } => "planned in doubt",
            Self::Killed => "killed",
        }
    }
}

/// One process.
pub struct Life<'a> {
    lab: &'a Lab,
    runtime: Runtime,
    engine: Arc<Engine>,
    agrees: Agrees,
}

impl<'a> Life<'a> {
    pub fn new(lab: &'a Lab, agrees: Agrees) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let seat = Seat {
            caller: 0,
            shop: 0,
            confirm: agrees.confirm(),
            low: false,
        };
        let audit = lab.audit.clone();
        let engine = engine(
            &lab.served.base,
            seat,
            &lab.store,
            &lab.hands,
            audit,
            lab.patience,
        );
        Self {
            lab,
            runtime,
            engine,
            agrees,
        }
    }

    /// Makes a call. A process that dies meanwhile dies with all its tasks, when this is dropped.
    pub fn call(&self, deed: &Deed, proof: Option<Proof>) -> Told {
        let mut call = Call::new(deed.action(), deed.arguments());
        call.proof = proof;
        match self.agrees {
            Agrees::Typed => call.asks = Asks::Person,
            Agrees::Handle => {}
            Agrees::Key => {
                call.idempotency_key = Some("the-key".to_owned());
                if matches!(deed, Deed::Transfer { .. }) {
                    call.arguments.insert("expected_count".to_owned(), json!(3));
                }
            }
        }
        let (store, served) = (&self.lab.store, &self.lab.served);
        let result = self.runtime.block_on(async {
            tokio::select! {
                biased;
                result = self.engine.call(call) => Some(result),
                () = store.died.notified() => None,
                () = served.died.notified() => None,
            }
        });
        result.map_or(Told::Killed, told)
    }
}

/// What a result tells. Whatever is open must say so in whole, with how to find out.
fn told(result: Result<Outcome, CallError>) -> Told {
    let open = |text: &str| text.contains("unknown whether it took effect");
    match result {
        Ok(outcome) => {
            let note = outcome.note.clone().unwrap_or_default();
            match outcome.status {
                Status::Ok | Status::Accepted | Status::Running | Status::Replayed => Told::Done,
                Status::OutcomeUnknown => {
                    let is_whole =
                        open(&note.replace("It is ", "")) && note.contains("Check with `");
                    assert!(is_whole, "{note}");
                    Told::Unknown
                }
                Status::Planned => Told::Planned {
                    proof: proof(&outcome),
                    doubt: open(&note),
                },
            }
        }
        Err(error) => {
            let text = error.to_string();
            if error.kind == ErrorKind::Repeated && open(&text) {
                assert!(text.contains("Check with `"), "{text}");
                return Told::Unknown;
            }
            if error.kind == ErrorKind::Repeated && text.contains("in progress since") {
                return Told::InProgress;
            }
            let is_nothing = ["Nothing was sent", "Nothing was done", "No money was moved"]
                .iter()
                .any(|words| text.contains(words));
            assert!(is_nothing, "{text}");
            Told::Nothing
        }
    }
}

fn proof(outcome: &Outcome) -> Option<Proof> {
    let plan = outcome.plan.as_ref()?;
    match &plan.challenge {
        Some(challenge) => Some(Proof::Typed {
            state: challenge.state.clone(),
            text: challenge.typed.clone(),
        }),
        None => Some(Proof::Handle(
            plan.facts.get("confirm")?.as_str()?.to_owned(),
        )),
    }
}
