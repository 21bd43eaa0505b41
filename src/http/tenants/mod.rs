//! One server for each principal: policy, session ids, limits and all that a server keeps are apart.
//!
//! Who a principal is was settled before; here they are kept while they are at work, and let go when
//! they have been idle, are no longer known, or hold a key that the API refuses.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use http::Method;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::auth::{OpenError, Refusal, Shops, Who};
use super::limits::{Limits, Rate};
use super::lock;
use crate::engine::{Drain, Engine};
use crate::mcp::{self, StoqServer};

/// Principals that have a server at the same time.
const MOST: usize = 1_000;
/// How long a principal's server is kept without a request.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// Servers that are opened at the same time; principals share them by their id.
const DOORS: usize = 64;
/// The first version of the protocol without sessions.
const STATELESS: &str = "2026-07-28";
/// When one may come again that found no room.
const NO_ROOM: Duration = Duration::from_secs(30);
/// When one may come again that found all places taken.
const NO_SLOT: Duration = Duration::from_secs(1);

const BUSY: &str = "Too many messages of this caller are at work. Nothing was done. Wait for an answer before sending more.";
const SESSIONS: &str = "This caller has as many sessions open as it may have. Nothing was done. End one, or let them lie: a session ends after five minutes without a message.";
const FAST: &str =
    "This caller has used up its requests of a minute. Nothing was done. Come again later.";

/// How a server of a principal talks.
pub(super) struct Form {
    pub config: StreamableHttpServerConfig,
    pub limits: Limits,
    /// Sessions that one principal may have open.
    pub most_sessions: usize,
    /// Ends every session.
    pub sessions: CancellationToken,
}

type Serve = Box<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// The server of one principal.
pub(super) struct Tenant {
    /// `None` = whoever is on this machine.
    who: Option<Arc<Who>>,
    server: StoqServer,
    serve: Serve,
    /// Ends the sessions of this principal.
    sessions: CancellationToken,
    manager: Arc<LocalSessionManager>,
    slots: Option<Arc<Semaphore>>,
    rate: Option<Mutex<Rate>>,
    most_sessions: usize,
    visits: AtomicUsize,
    seen: Mutex<Instant>,
}

impl Tenant {
    /// A server with sessions of its own.
    pub(super) fn new(
        who: Option<Arc<Who>>,
        server: StoqServer,
        form: &Form,
        now: Instant,
    ) -> Self {
        let sessions = form.sessions.child_token();
        let handler = mcp::handler(server.clone());
        let manager = Arc::new(LocalSessionManager::default());
        let service = StreamableHttpService::new(
            move || Ok(handler.clone()),
            Arc::clone(&manager),
            form.config
                .clone()
                .with_cancellation_token(sessions.clone()),
        );
        let serve: Serve = Box::new(move |request| {
            let service = service.clone();
            async move { service.handle(request).await.map(Body::new) }.boxed()
        });
        Self {
            who,
            server,
            serve,
            sessions,
            manager,
            slots: form
                .limits
                .concurrent
                .map(|most| Arc::new(Semaphore::new(most))),
            rate: form
                .limits
                .per_minute
                .map(|most| Mutex::new(Rate::new(most))),
            most_sessions: form.most_sessions,
            visits: AtomicUsize::new(0),
            seen: Mutex::new(now),
        }
    }

    /// The server itself.
    pub(super) fn server(&self) -> &StoqServer {
        &self.server
    }

    /// Sessions that are open.
    pub(super) async fn sessions(&self) -> usize {
        self.manager.sessions.read().await.len()
    }

    /// Answers a message of the protocol, unless it would open one session too many.
    pub(super) async fn answer(&self, request: Request) -> Response {
        if may_open(&request) && self.sessions().await >= self.most_sessions {
            return Refusal::TooMany(SESSIONS, NO_ROOM).into_response();
        }
        (self.serve)(request).await
    }

    /// Lets a request in, within the principal's limits. What only listens takes no place among the
    /// messages at work.
    pub(super) fn admit(self: &Arc<Self>, method: &Method, now: Instant) -> Result<Visit, Refusal> {
        if let Some(rate) = &self.rate {
            let taken = lock(rate).take(now);
            taken.map_err(|wait| Refusal::TooMany(FAST, wait))?;
        }
        let slots = self.slots.as_ref().filter(|_| *method == Method::POST);
        let slot = slots.map(|slots| Arc::clone(slots).try_acquire_owned());
        let slot = slot
            .transpose()
            .map_err(|_| Refusal::TooMany(BUSY, NO_SLOT))?;
        self.visits.fetch_add(1, Ordering::AcqRel);
        Ok(Visit {
            tenant: Arc::clone(self),
            _slot: slot,
        })
    }

    fn is_idle(&self, now: Instant) -> bool {
        let seen = *lock(&self.seen);
        self.visits.load(Ordering::Acquire) == 0 && now.saturating_duration_since(seen) >= IDLE
    }

    /// Whether the API has refused the key that the caller brought.
    fn is_refused(&self) -> bool {
        let is_vouched = self.who.as_ref().is_none_or(|who| who.is_vouched);
        !is_vouched && self.server.engine().upstream().is_key_refused()
    }
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let principal = self.who.as_ref().map(|who| who.principal.as_str());
        out.debug_struct("Tenant")
            .field("principal", &principal)
            .finish_non_exhaustive()
    }
}

/// Whether a request may open a session: clients of the stateless protocol never do.
fn may_open(request: &Request) -> bool {
    let headers = request.headers();
    let is_stateless = headers
        .get("mcp-protocol-version")
        .is_some_and(|version| version.as_bytes() >= STATELESS.as_bytes());
    request.method() == Method::POST && !headers.contains_key("mcp-session-id") && !is_stateless
}

/// A request at work: it holds its place, and keeps its principal's server, until it is dropped.
#[derive(Debug)]
pub(super) struct Visit {
    tenant: Arc<Tenant>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        *lock(&self.tenant.seen) = Instant::now();
        self.tenant.visits.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The principals at work.
pub(super) struct Tenants {
    shops: Arc<dyn Shops>,
    form: Form,
    known: Mutex<HashMap<[u8; 32], Arc<Tenant>>>,
    /// One principal is opened once, however many of its requests come first.
    doors: Vec<tokio::sync::Mutex<()>>,
    /// Engines that were let go; a write may still be on its way in one.
    gone: Mutex<Vec<Weak<Engine>>>,
    stopping: AtomicBool,
}

impl Tenants {
    /// Nobody yet.
    pub(super) fn new(shops: Arc<dyn Shops>, form: Form) -> Self {
        Self {
            shops,
            form,
            known: Mutex::default(),
            doors: (0..DOORS).map(|_| tokio::sync::Mutex::default()).collect(),
            gone: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// What principals are made from.
    pub(super) fn shops(&self) -> &Arc<dyn Shops> {
        &self.shops
    }

    /// The server of a principal that is at work.
    pub(super) fn find(&self, id: &[u8; 32], now: Instant) -> Option<Arc<Tenant>> {
        let mut known = lock(&self.known);
        let tenant = known.get(id)?;
        if tenant.is_refused() {
            let refused = known.remove(id);
            drop(known);
            refused.iter().for_each(|tenant| self.let_go(tenant));
            return None;
        }
        *lock(&tenant.seen) = now;
        Some(Arc::clone(tenant))
    }

    /// The server of a principal, opened when there is none or when it is another's of that name.
    pub(super) async fn enter(
        &self,
        who: &Arc<Who>,
        now: Instant,
    ) -> Result<Arc<Tenant>, OpenError> {
        if let Some(tenant) = self.current(who, now) {
            return Ok(tenant);
        }
        let [first, ..] = who.id;
        let door = self.doors.get(usize::from(first) % DOORS);
        let _inside = match door {
            Some(door) => Some(door.lock().await),
            None => None,
        };
        if let Some(tenant) = self.current(who, now) {
            return Ok(tenant);
        }
        self.make_room(&who.id, now)?;
        let server = self.shops.open(who).await?;
        let tenant = Arc::new(Tenant::new(
            Some(Arc::clone(who)),
            server,
            &self.form,
            Instant::now(),
        ));
        let before = lock(&self.known).insert(who.id, Arc::clone(&tenant));
        before.iter().for_each(|before| self.let_go(before));
        tracing::info!(principal = who.principal, "a principal came to work");
        Ok(tenant)
    }

    fn current(&self, who: &Arc<Who>, now: Instant) -> Option<Arc<Tenant>> {
        let tenant = self.find(&who.id, now)?;
        let is_same = tenant.who.as_ref().is_some_and(|found| {
            // A caller's key is all that its principal is made of.
            !who.is_vouched || Arc::ptr_eq(found, who)
        });
        is_same.then_some(tenant)
    }

    fn make_room(&self, id: &[u8; 32], now: Instant) -> Result<(), OpenError> {
        let full = |reason: &str| OpenError::Unavailable {
            reason: reason.to_owned(),
            wait: NO_ROOM,
        };
        if self.stopping.load(Ordering::Acquire) {
            return Err(full("This server is stopping."));
        }
        let has_room = || {
            let known = lock(&self.known);
            known.len() < MOST || known.contains_key(id)
        };
        if has_room() {
            return Ok(());
        }
        self.keep(now, |_| true);
        match has_room() {
            true => Ok(()),
            false => Err(full("This server has as many callers as it takes.")),
        }
    }

    /// Lets go whoever is idle, and whoever is not to be kept.
    pub(super) fn keep(&self, now: Instant, is_kept: impl Fn(&Arc<Who>) -> bool) {
        let mut gone = Vec::new();
        lock(&self.known).retain(|_, tenant| {
            let is_kept = tenant.who.as_ref().is_none_or(&is_kept) && !tenant.is_idle(now);
            if !is_kept {
                gone.push(Arc::clone(tenant));
            }
            is_kept
        });
        gone.iter().for_each(|tenant| self.let_go(tenant));
    }

    /// Ends the sessions; a write on its way goes on.
    fn let_go(&self, tenant: &Tenant) {
        if let Some(who) = &tenant.who {
            tracing::info!(principal = who.principal, "a principal was let go");
        }
        tenant.sessions.cancel();
        let mut gone = lock(&self.gone);
        gone.retain(|engine| engine.strong_count() > 0);
        gone.push(Arc::downgrade(tenant.server.engine()));
    }

    /// The principals that have a server.
    pub(super) fn at_work(&self) -> Vec<Arc<Tenant>> {
        lock(&self.known).values().map(Arc::clone).collect()
    }

    /// Every engine in which a write may be on its way.
    fn engines(&self) -> Vec<Arc<Engine>> {
        let known = lock(&self.known);
        let at_work = known.values();
        let mut engines: Vec<_> = at_work
            .map(|tenant| Arc::clone(tenant.server.engine()))
            .collect();
        engines.extend(lock(&self.gone).iter().filter_map(Weak::upgrade));
        engines
    }

    /// Takes nobody new, and waits until the calls on their way have ended, or their time is up.
    pub(super) async fn drain(&self, time: Drain) {
        self.stopping.store(true, Ordering::Release);
        let engines = self.engines();
        join_all(engines.iter().map(|engine| engine.drain(time))).await;
    }
}

impl std::fmt::Debug for Tenants {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tenants")
            .field("known", &lock(&self.known).len())
            .finish_non_exhaustive()
    }
}
