//! What an agent sees: which tools are listed, and which action a call of one of them runs.
//!
//! Chosen when the program starts and never changed while it runs, the same on every transport:
//! `full` lists every allowed action; `compact` lists the house tools alone (find, describe, run by
//! class, job); `core` lists the house tools and the everyday dozen. Every allowed action can be run
//! from each of them. This room knows the engine and the registry, and nothing of MCP or of the API.

mod describe;
pub mod find;
mod house;
mod instructions;
mod job;
mod tool;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{ALL_ACTIONS, Call, CallError, Engine, ErrorKind, Outcome, Policy, Proof};
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use tool::Does;

pub use house::executor;
pub use instructions::instructions;
pub(crate) use job::readers as job_readers;
pub use tool::Tool;

/// The tasks of every day, which `core` lists as tools of their own.
const EVERYDAY: [&str; 12] = [
    "back_in_stock_signups_list",
    "back_in_stock_reports_products_in_demand",
    "back_in_stock_reports_summary",
    "back_in_stock_settings_read",
    "back_in_stock_settings_update",
    "preorders_offers_list",
    "preorders_offers_read",
    "preorders_offers_enable",
    "preorders_offers_disable",
    "preorders_orders_list",
    "preorders_orders_read",
    "preorders_reports_summary",
];

/// Which tools are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The everyday tasks as tools of their own, and the house tools for the rest
    Core,
    /// The house tools alone: find, describe, run by class, job
    Compact,
    /// Every allowed action as a tool of its own
    Full,
}

impl Kind {
    /// Every surface.
    pub const ALL: [Self; 3] = [Self::Core, Self::Compact, Self::Full];

    /// The name in flags and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Compact => "compact",
            Self::Full => "full",
        }
    }

    /// Whether the house tools find and describe actions there.
    const fn has_house(self) -> bool {
        match self {
            Self::Core | Self::Compact => true,
            Self::Full => false,
        }
    }
}

/// The tools of a surface over a registry and a policy, in the order they are listed; each tells how it
/// is agreed to.
pub fn tools(kind: Kind, registry: &Registry, policy: &Policy, confirm: Confirm) -> Vec<Tool> {
    let allowed = || {
        registry
            .actions()
            .iter()
            .filter(|action| policy.offers(action))
    };
    let of_action = |action| Tool::of_action(action, confirm);
    let mut tools: Vec<Tool> = match kind {
        Kind::Full => allowed().map(of_action).collect(),
        Kind::Compact => Vec::new(),
        Kind::Core => {
            let named = policy.selection().tools();
            let typed = allowed().filter(|action| match named {
                [] => EVERYDAY.contains(&action.name()),
                names => names.iter().any(|name| action.is_called(name)),
            });
            typed.map(of_action).collect()
        }
    };
    tools.extend(house::tools(kind, registry, policy, confirm));
    tools
}

/// The surface of one server.
pub struct Surface {
    kind: Kind,
    engine: Arc<Engine>,
    listed: OnceLock<Listed>,
}

#[derive(Debug)]
struct Listed {
    tools: Vec<Tool>,
    by_name: HashMap<String, usize>,
}

/// One call of a tool.
pub struct Request {
    /// Name of the tool.
    pub tool: String,
    /// Its arguments, as the client gave them.
    pub arguments: Map<String, Value>,
    /// What else belongs to the call; which action it is of is found by the tool.
    pub call: Call,
}

impl Surface {
    /// A surface over an engine.
    pub fn new(engine: Arc<Engine>, kind: Kind) -> Self {
        Self {
            kind,
            engine,
            listed: OnceLock::new(),
        }
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Which surface it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The tools, in order.
    pub fn tools(&self) -> &[Tool] {
        &self.listed().tools
    }

    /// One tool by its name.
    pub fn get(&self, name: &str) -> Option<&Tool> {
        let listed = self.listed();
        listed.tools.get(*listed.by_name.get(name)?)
    }

    /// What a model is told once.
    pub fn instructions(&self) -> String {
        let engine = &self.engine;
        let local = engine.upstream().base().is_loopback();
        let confirm = engine.guards().confirm;
        instructions(
            self.kind,
            engine.registry(),
            engine.policy(),
            confirm,
            local,
        )
    }

    fn listed(&self) -> &Listed {
        self.listed.get_or_init(|| {
            let engine = &self.engine;
            let confirm = engine.guards().confirm;
            let tools = tools(self.kind, engine.registry(), engine.policy(), confirm);
            let mut by_name = HashMap::new();
            for (index, tool) in tools.iter().enumerate() {
                // An action goes by its longer names too.
                let action = self.engine.registry().get(&tool.name);
                let longer =
                    action.map_or(&[] as &[String], |action| &action.entry().also_known_as);
                let names = std::iter::once(&tool.name).chain(longer);
                by_name.extend(names.map(|name| (name.clone(), index)));
            }
            Listed { tools, by_name }
        })
    }

    /// What a call of a tool runs; `None` when there is no such tool.
    ///
    /// # Errors
    /// When the arguments of an executor break a rule.
    pub fn target(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Option<Result<Target, CallError>> {
        let tool = self.get(tool)?;
        Some(match tool.does {
            Does::Action => Ok(Target::Action {
                name: tool.name.clone(),
                arguments,
                class: tool.class,
                handle: None,
                key: None,
            }),
            Does::Run => house::run(tool, arguments),
            Does::Find => Ok(Target::Find(arguments)),
            Does::Describe => Ok(Target::Describe(arguments)),
            Does::Job => Ok(Target::Job(arguments)),
        })
    }

    /// Runs one call of a tool; `None` when there is no such tool.
    pub async fn call(&self, request: Request) -> Option<Result<Outcome, CallError>> {
        let target = match self.target(&request.tool, request.arguments)? {
            Ok(target) => target,
            Err(error) => return Some(Err(error)),
        };
        let call = request.call;
        Some(match target {
            Target::Find(arguments) => find::find(&self.engine, self, arguments),
            Target::Describe(arguments) => describe::describe(&self.engine, self, arguments),
            Target::Job(arguments) => job::job(&self.engine, arguments, call).boxed().await,
            Target::Action {
                name,
                arguments,
                class,
                handle,
                key,
            } => {
                let call = Call {
                    action: name,
                    arguments,
                    class: Some(class),
                    proof: call.proof.or(handle.map(Proof::Handle)),
                    idempotency_key: call.idempotency_key.or(key),
                    ..call
                };
                self.run(call).await
            }
        })
    }

    async fn run(&self, call: Call) -> Result<Outcome, CallError> {
        let again = (call.action.clone(), call.arguments.clone());
        let ended = self.engine.call(call).await;
        ended.map_err(|error| match error.kind {
            ErrorKind::OtherClass(class) => wrong_door(error, class, again),
            ErrorKind::UnknownAction => self.unknown(error, &again.0),
            ErrorKind::Arguments
            | ErrorKind::Forbidden
            | ErrorKind::Refused
            | ErrorKind::Gone
            | ErrorKind::JobFailed
            | ErrorKind::Key
            | ErrorKind::Budget
            | ErrorKind::Unavailable
            | ErrorKind::Cancelled
            | ErrorKind::Busy
            | ErrorKind::Unagreed
            | ErrorKind::Repeated
            | ErrorKind::State
            | ErrorKind::Internal => error,
        })
    }

    /// The error of a name that is no action's says where a client of this surface finds them.
    fn unknown(&self, error: CallError, name: &str) -> CallError {
        if error.kind != ErrorKind::UnknownAction {
            return error;
        }
        let next = match (self.get(name), self.kind.has_house()) {
            (Some(tool), _) => format!("`{}` is a tool: call it by itself.", tool.name),
            (None, true) => error.next.replace(ALL_ACTIONS, "`find_actions` finds one."),
            (None, false) => error
                .next
                .replace(ALL_ACTIONS, "Each is a tool of its own."),
        };
        CallError { next, ..error }
    }

    /// The tool that runs an action here: its own when it is listed, else the one of its class.
    fn tool_of(&self, name: &str, class: Class) -> String {
        match self.get(name) {
            Some(tool) => tool.name.clone(),
            None => executor(class).to_owned(),
        }
    }
}

/// What a call of a tool runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// An action, as calls of a class.
    Action {
        /// Its name.
        name: String,
        /// Its arguments.
        arguments: Map<String, Value>,
        /// The class the tool is for.
        class: Class,
        /// The handle of a plan that was agreed to.
        handle: Option<String>,
        /// The caller's idempotency key.
        key: Option<String>,
    },
    /// The search.
    Find(Map<String, Value>),
    /// The description of actions.
    Describe(Map<String, Value>),
    /// The jobs.
    Job(Map<String, Value>),
}

/// The refusal of a tool that is for another class names the right one, with the call as it has to be.
fn wrong_door(
    error: CallError,
    class: Class,
    (action, arguments): (String, Map<String, Value>),
) -> CallError {
    let call = json!({"action": action, "arguments": arguments});
    CallError {
        next: format!("Nothing was sent. Call `{}` with {call}.", executor(class)),
        ..error
    }
}

impl std::fmt::Debug for Surface {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Surface")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
