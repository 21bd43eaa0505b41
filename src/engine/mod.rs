//! The funnel: every call of every transport runs through [`Engine::call`] and nowhere else.
//!
//! Steps: validate → admit → confirm (plan and proof) → once (the ledger) → send (with jobs, walks over
//! pages and read-backs) → shape → record. What has an effect goes through `effect`, which puts the
//! steps from confirm to record in their order. It knows the registry, the upstream and the rules of
//! `safety`, and nothing of MCP, HTTP servers or terminals.

mod admit;
mod confirm;
mod conform;
mod cursor;
mod effect;
mod error;
mod export;
pub(crate) mod fuzzing;
mod job;
mod joblog;
mod local;
mod once;
mod outcome;
mod personal;
mod picture;
mod plan;
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
mod watched;
mod window;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::observe;
use crate::registry::entry::{Class, Handler, Method};
use crate::registry::{Action, Registry};
use crate::safety::Guards;
use crate::safety::confirm::{Asks, Who};
use crate::safety::ledger::Ledger;
use crate::safety::narrow::Narrow;
use crate::safety::personal::Masker;
use crate::safety::store::StoreError;
use crate::upstream::{CALL_DEADLINE, Upstream, UpstreamError};
use request::Prepared;
use seal::Seal;

pub use admit::Policy;
pub use confirm::{Challenge, Planned, Proof};
pub use error::{ALL_ACTIONS, CallError, ErrorKind};
pub use export::ExportFile;
pub use joblog::MetJob;
pub use outcome::{JobInfo, Outcome, Page, Resource, Status};
pub use picture::Picture;
pub use plan::PLAN_POINTS;
pub use render::{sheet, text};
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

/// Sets the key of handles of personal data apart from other uses of the shop's key.
const HANDLES: &str = "stoq-mcp handles 1";

/// Calls at work at the same time; more are answered "busy".
pub const MAX_CALLS: usize = 512;

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
    /// Whether the caller draws every answer that can be drawn, asked or not.
    pub draws: bool,
    /// Fires when the caller gives up: reads stop, writes finish.
    pub cancel: CancellationToken,
    /// Whom the caller can ask to agree to a plan.
    pub asks: Asks,
    /// That somebody agreed.
    pub proof: Option<Proof>,
    /// Calls with the same key have an effect once.
    pub idempotency_key: Option<String>,
    /// The classes that the request itself keeps to; all when absent.
    pub narrow: Option<Narrow>,
    /// Name and version of the client, as it tells them.
    pub client: Option<String>,
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
    guards: Guards,
    /// Who calls, and which shop's funnel it is.
    who: Who,
    ledger: Ledger,
    seal: Seal,
    slots: Arc<Semaphore>,
    reads: TaskTracker,
    writes: TaskTracker,
    /// Fires when the server stops and reads have had their time.
    stop: CancellationToken,
    jobs: joblog::JobLog,
    masker: Arc<Masker>,
}

/// How long calls on their way may take to end when the server stops.
#[derive(Debug, Clone, Copy)]
pub struct Drain {
    /// Reads, which are cut short then.
    pub reads: Duration,
    /// Writes, which are waited for no longer.
    pub writes: Duration,
}

/// One call that may be made.
struct Ready<'a> {
    action: &'a Action,
    /// Of this very call.
    class: Class,
    request: Prepared,
    asked: confirm::Asked,
}

/// One call on its way through the steps.
struct Run<'a> {
    action: &'a Action,
    /// Of this very call.
    class: Class,
    deadline: Instant,
    on_progress: Option<OnProgress>,
    /// What is known of the effect, when the call ends in an error.
    trace: Trace,
}

/// What the sending of a write has shown.
#[derive(Debug, Default)]
struct Trace {
    /// The API has certainly done nothing.
    nothing_done: AtomicBool,
    /// The HTTP status of the last answer; 0 = none.
    status: AtomicU16,
}

impl Trace {
    /// Notes why a write failed: only a complete refusal, or one that was never sent, did nothing.
    fn failed(&self, failure: &UpstreamError) {
        self.nothing_done
            .store(failure.is_without_effect(), Ordering::Relaxed);
        self.status
            .store(failure.status().unwrap_or_default(), Ordering::Relaxed);
    }

    /// Notes that the API took a write.
    fn taken(&self, status: u16) {
        self.nothing_done.store(false, Ordering::Relaxed);
        self.status.store(status, Ordering::Relaxed);
    }

    fn nothing_done(&self) -> bool {
        self.nothing_done.load(Ordering::Relaxed)
    }

    fn status(&self) -> Option<u16> {
        match self.status.load(Ordering::Relaxed) {
            0 => None,
            status => Some(status),
        }
    }
}

impl<'a> Run<'a> {
    fn new(action: &'a Action, class: Class, on_progress: Option<OnProgress>) -> Self {
        Self {
            action,
            class,
            deadline: Instant::now() + CALL_DEADLINE,
            on_progress,
            trace: Trace::default(),
        }
    }
}

impl Engine {
    /// A funnel over a registry and an upstream, within guards.
    pub fn new(
        registry: Arc<Registry>,
        upstream: Arc<Upstream>,
        policy: Policy,
        guards: Guards,
    ) -> Self {
        let guards = watched::watched(guards);
        let key = upstream.derived_key(HANDLES);
        let masker = Masker::new(guards.personal, &key, Arc::clone(&guards.store));
        // Handles that cannot be made are masks: less is shown, never more.
        let masker = masker.unwrap_or_else(|failure| {
            tracing::error!(%failure, "no handles can be made; personal data is masked");
            Masker::masked()
        });
        let who = Who {
            principal: guards.principal.clone(),
            shop: upstream.shop_id(),
        };
        let jobs = joblog::JobLog::new(Arc::clone(&guards.store), &who);
        Self {
            seal: Seal::of(&upstream, &guards.principal),
            who,
            ledger: Ledger::new(Arc::clone(&guards.store), guards.clock.clone()),
            guards,
            registry,
            upstream,
            policy,
            slots: Arc::new(Semaphore::new(MAX_CALLS)),
            reads: TaskTracker::new(),
            writes: TaskTracker::new(),
            stop: CancellationToken::new(),
            jobs,
            masker: Arc::new(masker),
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

    /// What keeps shoppers and money safe.
    pub fn guards(&self) -> &Guards {
        &self.guards
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

    /// The caller's jobs that servers of this state have met in the last day, the latest first; those
    /// of this one alone, and why, when the state cannot be read.
    pub async fn jobs(&self) -> (Vec<MetJob>, Option<StoreError>) {
        self.jobs.all().await
    }

    /// The action that reads a job, when the job was met.
    pub async fn job_met(&self, job_id: &str) -> Option<String> {
        self.jobs.reader(job_id).await
    }

    /// Runs one call to its end.
    ///
    /// A read stops when the caller gives up; a write, once validated and admitted, runs on in a
    /// task of its own, so that neither a cancelled request nor a closed connection leaves it half
    /// done.
    ///
    /// # Errors
    /// With what went wrong, why, and what to do next.
    pub async fn call(self: &Arc<Self>, call: Call) -> Result<Outcome, CallError> {
        let started = Instant::now();
        let name = call.action.clone();
        let scope = record::scope(self.registry.get(&name));
        observe::within(scope, self.recorded_call(call, &name, started)).await
    }

    async fn recorded_call(
        self: &Arc<Self>,
        mut call: Call,
        name: &str,
        started: Instant,
    ) -> Result<Outcome, CallError> {
        let now = self.now();
        let result = match personal::resolve(&self.masker, name, &mut call.arguments, now).await {
            Ok(resolved) => personal::told(&self.masker, &resolved, self.enter(call).await),
            Err(error) => Err(error),
        };
        personal::flush(&self.masker, now).await;
        record::record(self.registry.get(name), name, started, &result);
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
        self.ready(action, arguments, door, None)
            .map(|ready| ready.class)
    }

    /// The steps that cost nothing, of every call.
    fn ready(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        door: Option<Class>,
        narrow: Option<&Narrow>,
    ) -> Result<Ready<'_>, CallError> {
        let action = self.chosen(name)?;
        let mut arguments = validate::validate(action, arguments)?;
        let class = self.policy.admit(action, &arguments, door, narrow)?;
        let asked = confirm::Asked::take(action, &mut arguments);
        Ok(Ready {
            action,
            class,
            request: request::build(action, arguments, &self.seal)?.shown_by(&self.masker),
            asked,
        })
    }

    async fn enter(self: &Arc<Self>, call: Call) -> Result<Outcome, CallError> {
        let ready = self.ready(
            &call.action,
            call.arguments,
            call.class,
            call.narrow.as_ref(),
        );
        let Ready {
            action,
            class,
            mut request,
            asked,
        } = match ready {
            Ok(ready) => ready,
            Err(refusal) => {
                self.blocked(&call.action, call.client.as_deref(), &refusal)
                    .await;
                return Err(refusal);
            }
        };
        request.wait = request.wait.or(call.patience);
        let slot = self.slot()?;
        match class {
            Class::Read => {
                let _at_work = self.reads.token();
                let run = Run::new(action, class, call.on_progress);
                let asked = request.chart;
                let mut result = tokio::select! {
                    biased;
                    result = self.run(&run, request) => result,
                    () = call.cancel.cancelled() => Err(error::cancelled(action)),
                    () = self.stop.cancelled() => Err(error::cut_short(action)),
                };
                if let Ok(outcome) = &mut result {
                    picture::add(action, asked, call.draws, outcome);
                }
                result
            }
            Class::Write | Class::Send | Class::Money | Class::Destroy => {
                let (engine, name) = (Arc::clone(self), action.name().to_owned());
                let asked = asked.beside(call.asks, call.proof, call.idempotency_key, call.client);
                let work = async move {
                    let _slot = slot;
                    match engine.registry.get(&name) {
                        Some(action) => {
                            let run = Run::new(action, class, call.on_progress);
                            engine.effect(&run, request, asked).await
                        }
                        None => Err(error::unknown_action(&engine.registry, &name)),
                    }
                };
                // Large, and no part of what a read carries around.
                let task = self.writes.spawn(observe::carried(work).boxed());
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

    /// Sends the request, after everything that had to come first.
    async fn run(&self, run: &Run<'_>, request: Prepared) -> Result<Outcome, CallError> {
        let action = run.action;
        let entry = action.entry();
        let work = async {
            match (entry.handler, entry.method) {
                (Handler::Request, Method::Get) => self.read(run, request).await,
                (Handler::Request, Method::Post | Method::Put | Method::Patch | Method::Delete) => {
                    self.write(run, request).boxed().await
                }
                (
                    Handler::Local,
                    Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete,
                ) => local::answer(run, &request),
                (Handler::Job | Handler::Export, Method::Get) => {
                    self.resume(run, request).boxed().await
                }
                (
                    Handler::Job | Handler::Export,
                    Method::Post | Method::Put | Method::Patch | Method::Delete,
                ) => self.submit(run, request).boxed().await,
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

    /// Calls at work now.
    pub fn at_work(&self) -> usize {
        MAX_CALLS.saturating_sub(self.slots.available_permits())
    }

    /// Takes no more calls, and waits until those on their way have ended, or their time is up. Reads
    /// are cut short then.
    pub async fn drain(&self, time: Drain) {
        self.slots.close();
        self.reads.close();
        self.writes.close();
        let reads = async {
            // What is cut short says so.
            let _ = timeout(time.reads, self.reads.wait()).await;
            self.stop.cancel();
        };
        let (writes, ()) = tokio::join!(timeout(time.writes, self.writes.wait()), reads);
        if writes.is_err() {
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
