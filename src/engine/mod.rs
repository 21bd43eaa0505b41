//! The funnel: every call of every transport runs through [`Engine::call`] and nowhere else.
//!
//! Steps, one file each: validate → admit → send (with jobs, walks over pages and read-backs) → shape → record. It
//! knows the registry and the upstream, and nothing of MCP, HTTP servers or terminals. Who calls is
//! not its concern.

mod admit;
mod conform;
mod cursor;
mod error;
mod export;
mod job;
mod joblog;
mod local;
mod outcome;
mod personal;
mod record;
mod render;
mod request;
mod seal;
mod selection;
mod send;
mod shape;
#[cfg(test)]
mod tests;
mod ticket;
mod totals;
mod v1;
mod validate;
mod verify;
mod walk;
mod window;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::registry::entry::{Class, Handler, Method};
use crate::registry::{Action, Registry};
use crate::safety::personal::Masker;
use crate::upstream::{CALL_DEADLINE, Upstream};
use request::Prepared;
use seal::Seal;

pub use admit::Policy;
pub use error::{ALL_ACTIONS, CallError, ErrorKind};
pub use export::ExportFile;
pub use joblog::MetJob;
pub use outcome::{JobInfo, Outcome, Page, Resource, Status};
pub use render::text;
pub use selection::{NoSuchName, Selection};
pub use shape::Shown;
pub use ticket::Ticket;
pub use totals::Totals;
pub use v1::V1Use;

/// Arguments of an action that is answered elsewhere, mended and checked as every action's are.
///
/// # Errors
/// With every mistake, the valid keys or values, and an example.
pub fn checked(
    action: &Action,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, CallError> {
    validate::validate(action, arguments)
}

/// Calls at work at the same time; more are answered "busy".
const MAX_CALLS: usize = 512;

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Items done.
    pub done: u64,
    /// Items in all.
    pub total: u64,
    /// One line for people.
    pub message: String,
}

/// Told of progress while a call runs.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// One call.
#[derive(Clone, Default)]
pub struct Call {
    /// Name of the action.
    pub action: String,
    /// Arguments, as the client gave them.
    pub arguments: Map<String, Value>,
    /// The one class that the tool it came through is for; any when absent.
    pub class: Option<Class>,
    /// How long to wait for a job when the arguments do not say; the usual time when absent.
    pub patience: Option<Duration>,
    /// Told of progress.
    pub on_progress: Option<OnProgress>,
    /// Fires when the caller gives up: reads stop, writes finish.
    pub cancel: CancellationToken,
}

impl Call {
    /// A call without progress and cancellation.
    pub fn new(action: impl Into<String>, arguments: Map<String, Value>) -> Self {
        Self {
            action: action.into(),
            arguments,
            ..Self::default()
        }
    }
}

/// The funnel for one shop.
pub struct Engine {
    registry: Arc<Registry>,
    upstream: Arc<Upstream>,
    policy: Policy,
    seal: Seal,
    slots: Arc<Semaphore>,
    writes: TaskTracker,
    jobs: joblog::JobLog,
    masker: Arc<Masker>,
}

/// One call that may be made.
struct Ready<'a> {
    action: &'a Action,
    /// Of this very call.
    class: Class,
    request: Prepared,
}

/// One call on its way through the steps.
struct Run<'a> {
    action: &'a Action,
    /// Of this very call.
    class: Class,
    deadline: Instant,
    on_progress: Option<OnProgress>,
}

impl Engine {
    /// A funnel over a registry and an upstream.
    pub fn new(registry: Arc<Registry>, upstream: Arc<Upstream>, policy: Policy) -> Self {
        Self {
            seal: Seal::of(&upstream),
            registry,
            upstream,
            policy,
            slots: Arc::new(Semaphore::new(MAX_CALLS)),
            writes: TaskTracker::new(),
            jobs: joblog::JobLog::default(),
            masker: Arc::new(Masker::full()),
        }
    }

    /// The same, with personal data shown so.
    #[must_use]
    pub fn shown_by(self, masker: Masker) -> Self {
        Self {
            masker: Arc::new(masker),
            ..self
        }
    }

    /// What can be done.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Where it is done.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// What is allowed.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The actions the policy allows, in registry order.
    pub fn allowed(&self) -> impl Iterator<Item = &Action> {
        self.registry
            .actions()
            .iter()
            .filter(|action| self.policy.offers(action))
    }

    /// The action a caller may use under that name.
    pub fn find(&self, name: &str) -> Option<&Action> {
        self.registry
            .get(name)
            .filter(|action| self.policy.offers(action))
    }

    /// The action of that name that the operator's choice offers, of whatever class.
    fn chosen(&self, name: &str) -> Result<&Action, CallError> {
        let action = self
            .registry
            .get(name)
            .ok_or_else(|| error::unknown_action(&self.registry, name))?;
        match self.policy.switched_off(action) {
            Some(error) => Err(error),
            None => Ok(action),
        }
    }

    /// The action a caller may use under that name.
    ///
    /// # Errors
    /// With the nearest name, or with who can allow it.
    pub fn offered(&self, name: &str) -> Result<&Action, CallError> {
        let action = self.chosen(name)?;
        match self.policy.allows(action.entry().class) {
            true => Ok(action),
            false => Err(self.policy.forbidden(action, action.entry().class, None)),
        }
    }

    /// The jobs met since the start, the latest first.
    pub fn jobs(&self) -> Vec<MetJob> {
        self.jobs.all()
    }

    /// Runs one call to its end.
    ///
    /// A read stops when the caller gives up; a write, once validated and admitted, runs on in a
    /// task of its own, so that neither a cancelled request nor a closed connection leaves it half
    /// done.
    ///
    /// # Errors
    /// With what went wrong, why, and what to do next.
    pub async fn call(self: &Arc<Self>, mut call: Call) -> Result<Outcome, CallError> {
        let started = Instant::now();
        let name = call.action.clone();
        let now = chrono::Utc::now().timestamp_millis();
        let result = match personal::resolve(&self.masker, &name, &mut call.arguments, now).await {
            Ok(resolved) => personal::told(&self.masker, &resolved, self.enter(call).await),
            Err(error) => Err(error),
        };
        personal::flush(&self.masker, now).await;
        record::record(self.registry.get(&name), &name, started, &result);
        result
    }

    /// The class a call would be of, were it made through a tool for `door`: every step that costs
    /// nothing is run, and nothing is sent.
    ///
    /// # Errors
    /// As [`Engine::call`], when the call would be refused before anything is sent.
    pub fn check(
        &self,
        action: &str,
        arguments: Map<String, Value>,
        door: Option<Class>,
    ) -> Result<Class, CallError> {
        self.ready(action, arguments, door).map(|ready| ready.class)
    }

    /// The steps that cost nothing, of every call.
    fn ready(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        door: Option<Class>,
    ) -> Result<Ready<'_>, CallError> {
        let action = self.chosen(name)?;
        let arguments = validate::validate(action, arguments)?;
        let class = self.policy.admit(action, &arguments, door)?;
        Ok(Ready {
            action,
            class,
            request: request::build(action, arguments, &self.seal)?.shown_by(&self.masker),
        })
    }

    async fn enter(self: &Arc<Self>, call: Call) -> Result<Outcome, CallError> {
        let Ready {
            action,
            class,
            mut request,
        } = self.ready(&call.action, call.arguments, call.class)?;
        request.wait = request.wait.or(call.patience);
        let slot = self.slot()?;
        match class {
            Class::Read => {
                tokio::select! {
                    biased;
                    result = self.run(action, class, request, call.on_progress) => result,
                    () = call.cancel.cancelled() => Err(error::cancelled(action)),
                }
            }
            Class::Write | Class::Send | Class::Money | Class::Destroy => {
                let (engine, name) = (Arc::clone(self), action.name().to_owned());
                let task = self.writes.spawn(async move {
                    let _slot = slot;
                    match engine.registry.get(&name) {
                        Some(action) => engine.run(action, class, request, call.on_progress).await,
                        None => Err(error::unknown_action(&engine.registry, &name)),
                    }
                });
                task.await.unwrap_or_else(|_| Err(error::panicked(action)))
            }
        }
    }

    fn slot(&self) -> Result<OwnedSemaphorePermit, CallError> {
        Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|reason| match reason {
                TryAcquireError::NoPermits => error::busy(),
                TryAcquireError::Closed => error::stopping(),
            })
    }

    async fn run(
        &self,
        action: &Action,
        class: Class,
        request: Prepared,
        on_progress: Option<OnProgress>,
    ) -> Result<Outcome, CallError> {
        let run = Run {
            action,
            class,
            deadline: Instant::now() + CALL_DEADLINE,
            on_progress,
        };
        let entry = action.entry();
        let work = async {
            match (entry.handler, entry.method) {
                (Handler::Request, Method::Get) => self.read(&run, request).await,
                (Handler::Request, Method::Post | Method::Put | Method::Patch | Method::Delete) => {
                    self.write(&run, request).await
                }
                (
                    Handler::Local,
                    Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete,
                ) => local::answer(&run, &request),
                (Handler::Job | Handler::Export, Method::Get) => self.resume(&run, request).await,
                (
                    Handler::Job | Handler::Export,
                    Method::Post | Method::Put | Method::Patch | Method::Delete,
                ) => self.submit(&run, request).await,
            }
        };
        // A panic of one call must be answered, and must not take the server down.
        let mut result = AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(error::panicked(action)));
        if let Ok(outcome) = &mut result
            && outcome.lacks_rest
            && let Some(note) = self.reads_after(action)
        {
            outcome.add_note(&note);
        }
        if let Ok(outcome) = &mut result
            && outcome.status == Status::Ok
            && let Some(note) = v1::successor_note(action)
        {
            outcome.add_note(&note);
        }
        result
    }

    /// A sentence that names the reads which usually follow an action: they may show what it could not.
    fn reads_after(&self, action: &Action) -> Option<String> {
        let next = action.entry().next.iter();
        let reads: Vec<String> = next
            .filter_map(|name| self.find(name))
            .filter(|action| action.entry().class == Class::Read)
            .map(|action| format!("`{}`", action.name()))
            .collect();
        (!reads.is_empty()).then(|| format!("The rest: {}.", reads.join(" or ")))
    }

    /// Takes no more calls, and waits until every write that is on its way has ended, or the time
    /// is up.
    pub async fn drain(&self, limit: Duration) {
        self.slots.close();
        self.writes.close();
        if tokio::time::timeout(limit, self.writes.wait())
            .await
            .is_err()
        {
            tracing::warn!("a write was still on its way when the time to stop was up");
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Engine")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
