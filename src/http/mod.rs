//! The HTTP server: `/mcp`, `/help` and the other documents, `/docs`, `/healthz`, `/readyz`, `/metrics`.
//!
//! It checks `Host` and `Origin` of every request and, unless it serves this machine alone, who is
//! calling; then it hands MCP to the protocol room, to a server that is the caller's own. It has no path
//! of its own to the upstream, and what principals are made from it is told by [`Shops`].

mod auth;
mod documents;
mod gate;
mod guard;
mod limits;
mod listen;
mod narrow;
mod page;
mod pages;
mod tenants;
mod told;
mod watch;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Extension, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Router, middleware};
use http::{HeaderName, Method, StatusCode, header};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::discovery::Entrance;
use crate::engine::Drain;
use crate::mcp::StoqServer;
use auth::shop_key::Refused;
use gate::{Gate, Here, Mode};
use guard::Guard;
use listen::Connections;
use tenants::{Form, Tenant, Tenants};
use watch::Site;

pub(crate) use auth::tokens::{is_token_name, new_token, principal};
pub use auth::{
    Grant, OpenError, Shops, TOKEN_PREFIX, TokenEntry, TokensError, TokensFile, Who, read_tokens,
};
pub use limits::Limits;
pub use listen::Bounds;
pub use page::Docs;
pub use told::bounds;
pub use watch::watch;

/// Largest body of one message.
const MAX_BODY: usize = 4 << 20;
/// Sessions that are open at the same time: of this machine, and of each caller that is told apart. One
/// takes about 130 kB.
const MACHINES_SESSIONS: usize = 10_000;
const CALLERS_SESSIONS: usize = 1_000;
/// Time for requests that came before the stop to reach the funnel, which takes no more calls then.
const ENTERING: Duration = Duration::from_millis(250);
/// Time for calls on their way to end.
const DRAIN: Drain = Drain {
    reads: Duration::from_secs(2),
    writes: Duration::from_secs(20),
};
/// Time for the answers of those writes to leave, before sessions are closed.
const ANSWERS: Duration = Duration::from_millis(250);
/// Time for connections to close, once sessions are.
const CLOSING: Duration = Duration::from_secs(2);
/// How often the tokens file is looked at, and whether somebody has been idle.
const TEND: Duration = Duration::from_secs(1);

/// How callers are told apart.
#[derive(Debug)]
pub enum Access {
    /// Not at all: one server for whoever is on this machine.
    Open(StoqServer),
    /// By bearer tokens of a file.
    Tokens(TokensFile, Arc<dyn Shops>),
    /// By the shop's own key.
    ShopKey(Arc<dyn Shops>),
}

/// How the server answers, and whom.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Who may call.
    pub callers: Callers,
    /// Answer as event streams even where plain JSON would do.
    pub event_stream: bool,
    /// Bounds of each principal.
    pub limits: Limits,
    /// Bounds of connections.
    pub bounds: Bounds,
    /// What the page `/docs` may do.
    pub docs: Docs,
}

/// Who may call.
#[derive(Debug, Clone)]
pub struct Callers {
    guard: Arc<Guard>,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Callers {
    /// Host names, with or without port, that the server answers to, and origins of web pages that
    /// may call it; `:*` stands for any port.
    ///
    /// # Errors
    /// When an entry is no host or no origin.
    pub fn new(hosts: Vec<String>, origins: Vec<String>) -> Result<Self, HttpError> {
        Ok(Self {
            guard: Arc::new(Guard::new(&hosts, &origins)?),
            hosts,
            origins,
        })
    }
}

/// An HTTP server that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// An entry of `allowed_hosts` that names none.
    #[error("`allowed_hosts`: `{0}` is no host; write it as `shop.example` or `shop.example:8443`")]
    Host(String),
    /// An entry of `allowed_origins` that names none.
    #[error(
        "`allowed_origins`: `{0}` is no origin; write it as `https://app.example` or `http://localhost:*`"
    )]
    Origin(String),
    /// Not this machine.
    #[error(
        "{0} is reachable from other machines, and without authentication whoever reaches it could act for the shop; add --auth tokens FILE or --auth shop-key, or listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// Not this machine, and by what name is not said.
    #[error(
        "{0} is reachable from other machines, so `allowed_hosts` must name the hosts that this server answers to, such as `stoq.example` (STOQ_MCP_ALLOWED_HOSTS)"
    )]
    NoHosts(SocketAddr),
    /// Taken, or not allowed.
    #[error("cannot listen on {addr}: {reason}; choose another port, or 0 for a free one")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
}

/// Takes an address: of this machine, or any when callers are told apart and `allowed_hosts` is set.
///
/// # Errors
/// When the address is open to others without these, or taken.
pub async fn bind(
    addr: SocketAddr,
    has_auth: bool,
    has_hosts: bool,
) -> Result<TcpListener, HttpError> {
    may_bind(addr, has_auth, has_hosts)?;
    TcpListener::bind(addr)
        .await
        .map_err(|reason| HttpError::Bind { addr, reason })
}

fn may_bind(addr: SocketAddr, has_auth: bool, has_hosts: bool) -> Result<(), HttpError> {
    match (addr.ip().is_loopback(), has_auth, has_hosts) {
        (true, _, _) | (false, true, true) => Ok(()),
        (false, false, _) => Err(HttpError::NotLoopback(addr)),
        (false, true, false) => Err(HttpError::NoHosts(addr)),
    }
}

/// Takes an address that shows the figures. They hold nothing of a shop, so it may be any address that
/// the operator names.
///
/// # Errors
/// When the address is taken.
pub async fn bind_metrics(addr: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(addr)
        .await
        .map_err(|reason| HttpError::Bind { addr, reason })
}

/// Serves until `stop` fires; then takes no new work, lets writes end, and closes sessions. Meanwhile
/// new connections are told so, and the health pages go on answering. `metrics` shows the
/// figures as long as the process runs.
pub async fn serve(
    listener: TcpListener,
    access: Access,
    options: HttpOptions,
    metrics: Option<TcpListener>,
    stop: CancellationToken,
) {
    let sessions = CancellationToken::new();
    let stopping = Arc::new(AtomicBool::new(false));
    let gate = Gate::new(mode(access, &options, &sessions), Arc::clone(&stopping));
    let gate = Arc::new(gate);
    let site = Arc::new(Site::of_gate(Arc::clone(&gate), Arc::clone(&stopping)));
    if let Some(metrics) = metrics {
        tokio::spawn(watch::show(metrics, Arc::clone(&site)));
    }
    let app = router(Arc::clone(&gate), options.callers, options.docs, site);
    let connections = Connections::new(options.bounds);
    tokio::select! {
        () = stop.cancelled() => {}
        never = connections.accept(&listener, &app) => match never {},
        () = tend(&gate) => {}
    }
    stopping.store(true, Ordering::Relaxed);
    connections.close();
    // Also when no connection is left: a write goes on whose caller has gone.
    tokio::select! {
        () = drain(gate.mode()) => {}
        never = connections.accept(&listener, &app) => match never {},
    }
    connections.accept_last(listener, &app);
    let closed = async || connections.closed().await;
    if tokio::time::timeout(ANSWERS, closed()).await.is_err() {
        sessions.cancel();
        // Whoever does not take its answer is not waited for.
        let _ = tokio::time::timeout(CLOSING, closed()).await;
    }
}

fn mode(access: Access, options: &HttpOptions, sessions: &CancellationToken) -> Mode {
    let form = Form {
        config: StreamableHttpServerConfig::default()
            .with_allowed_hosts(options.callers.hosts.clone())
            .with_allowed_origins(options.callers.origins.clone())
            .with_json_response(!options.event_stream)
            .with_max_request_body_bytes(MAX_BODY),
        limits: options.limits,
        most_sessions: match access {
            Access::Open(_) => MACHINES_SESSIONS,
            Access::Tokens(..) | Access::ShopKey(_) => CALLERS_SESSIONS,
        },
        sessions: sessions.clone(),
    };
    match access {
        Access::Open(server) => {
            Mode::Open(Arc::new(Tenant::new(None, server, &form, Instant::now())))
        }
        Access::Tokens(file, shops) => Mode::Tokens(file, Tenants::new(shops, form)),
        Access::ShopKey(shops) => Mode::ShopKey(Refused::default(), Tenants::new(shops, form)),
    }
}

async fn drain(mode: &Mode) {
    tokio::time::sleep(ENTERING).await;
    match mode {
        Mode::Open(tenant) => tenant.server().engine().drain(DRAIN).await,
        Mode::Tokens(_, tenants) | Mode::ShopKey(_, tenants) => tenants.drain(DRAIN).await,
    }
}

/// Looks after what changes by itself, as long as the server runs.
async fn tend(gate: &Arc<Gate>) {
    if matches!(gate.mode(), Mode::Open(_)) {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(TEND).await;
        let gate = Arc::clone(gate);
        // Files may lie on a slow disk.
        if let Err(error) = tokio::task::spawn_blocking(move || gate.tend(Instant::now())).await {
            tracing::error!(%error, "looking after the tokens broke; it is tried again");
        }
    }
}

fn router(gate: Arc<Gate>, callers: Callers, docs: Docs, site: Arc<Site>) -> Router {
    // Behind authentication the figures are on a listener of their own, or nowhere.
    let is_open = matches!(gate.mode(), Mode::Open(_));
    let front = page::outside(gate.mode());
    let entrance = match gate.mode() {
        Mode::Open(_) => Entrance::Open,
        Mode::Tokens(..) => Entrance::Token,
        Mode::ShopKey(..) => Entrance::ShopKey,
    };
    let router = Router::new()
        .route("/mcp", any(answer))
        .route(documents::OPENAPI, get(documents::openapi))
        .route(documents::SKILL, get(documents::skill))
        .route(documents::LLMS, get(documents::llms))
        .route(documents::CARD, get(documents::card))
        .route(documents::WELL_KNOWN_CARD, get(documents::card))
        .layer(Extension(entrance))
        .merge(page::inside(docs, gate.mode()))
        .fallback(pages::help)
        .layer(middleware::from_fn_with_state(gate, gate::enter))
        .merge(front)
        .route("/healthz", get(pages::health))
        .route("/readyz", get(watch::ready));
    let router = match is_open {
        true => router.route("/metrics", get(watch::metrics)),
        false => router,
    };
    router
        .with_state(site)
        .layer(cors(Arc::clone(&callers.guard)))
        .layer(middleware::from_fn_with_state(callers.guard, guard::check))
}

/// A message of the protocol, for the caller's own server. The end of a session is told as clients expect
/// it: the protocol library answers 202, which some of them report as a failure.
async fn answer(Extension(Here(tenant)): Extension<Here>, mut request: Request) -> Response {
    // A session keeps its requests' extensions, and must not keep its own server.
    request.extensions_mut().remove::<Here>();
    let ends = request.method() == Method::DELETE;
    let answer = tenant.answer(request).await;
    if ends && answer.status() == StatusCode::ACCEPTED {
        return StatusCode::NO_CONTENT.into_response();
    }
    answer
}

/// A lock that outlives a panic of another holder: every guarded value stays usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What a page of an allowed origin may send and see.
fn cors(guard: Arc<Guard>) -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            guard.allows_origin(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            name("last-event-id"),
            name("mcp-method"),
            name("mcp-name"),
            name("mcp-protocol-version"),
            name("mcp-session-id"),
            name("traceparent"),
            name(narrow::ALLOW),
            name(narrow::READ_ONLY),
            auth::headers::SHOP_KEY,
        ])
        .expose_headers([
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            name("mcp-protocol-version"),
            name("mcp-session-id"),
        ])
        .max_age(Duration::from_secs(3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_served_only_with_authentication_and_named_hosts() {
        let told = |addr: &str, has_auth: bool, has_hosts: bool| {
            let ended = may_bind(addr.parse().unwrap(), has_auth, has_hosts);
            ended.map_err(|error| error.to_string())
        };
        for (has_auth, has_hosts) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_eq!(told("127.0.0.1:1", has_auth, has_hosts), Ok(()));
            assert_eq!(told("[::1]:1", has_auth, has_hosts), Ok(()));
        }
        let open = "0.0.0.0:1 is reachable from other machines, and without authentication whoever reaches it could act for the shop; add --auth tokens FILE or --auth shop-key, or listen on 127.0.0.1 or [::1]";
        assert_eq!(told("0.0.0.0:1", false, false), Err(open.to_owned()));
        assert_eq!(told("0.0.0.0:1", false, true), Err(open.to_owned()));
        let unnamed = "[::]:1 is reachable from other machines, so `allowed_hosts` must name the hosts that this server answers to, such as `stoq.example` (STOQ_MCP_ALLOWED_HOSTS)";
        assert_eq!(told("[::]:1", true, false), Err(unnamed.to_owned()));
        assert_eq!(told("0.0.0.0:1", true, true), Ok(()));
    }
}
