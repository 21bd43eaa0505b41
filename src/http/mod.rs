//! The HTTP server: `/mcp`, `/help`, `/healthz`, `/readyz`.
//!
//! It binds loopback only, checks `Host` and `Origin` of every request, and hands MCP to the
//! protocol room; it has no path of its own to the upstream.

mod guard;
mod pages;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use http::{HeaderName, Method, StatusCode, header};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::mcp::{self, StoqServer};
use guard::Guard;

/// Largest body of one message.
const MAX_BODY: usize = 4 << 20;
/// Time for writes on their way to end.
const DRAIN: Duration = Duration::from_secs(20);
/// Time for the answers of those writes to leave, before sessions are closed.
const ANSWERS: Duration = Duration::from_millis(250);
/// Time for connections to close, once sessions are.
const CLOSING: Duration = Duration::from_secs(2);

/// How the server answers, and whom.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Who may call.
    pub callers: Callers,
    /// Answer as event streams even where plain JSON would do.
    pub event_stream: bool,
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

/// An HTTP server that cannot start or broke.
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
        "{0} is reachable from other machines and this server has no authentication; listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// Taken, or not allowed.
    #[error("cannot listen on {addr}: {reason}; choose another port, or 0 for a free one")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Serving broke.
    #[error("the HTTP server broke: {0}")]
    Broken(std::io::Error),
}

/// What the pages know.
#[derive(Debug, Clone)]
struct Site {
    server: StoqServer,
    stopping: Arc<AtomicBool>,
}

/// Takes an address of this machine.
///
/// # Errors
/// When it is not of this machine, or taken.
pub async fn bind(addr: SocketAddr) -> Result<TcpListener, HttpError> {
    if !addr.ip().is_loopback() {
        return Err(HttpError::NotLoopback(addr));
    }
    TcpListener::bind(addr)
        .await
        .map_err(|reason| HttpError::Bind { addr, reason })
}

/// Serves until `stop` fires; then takes no new connection, lets writes end, and closes sessions.
///
/// # Errors
/// When serving breaks.
pub async fn serve(
    listener: TcpListener,
    server: StoqServer,
    options: HttpOptions,
    stop: CancellationToken,
) -> Result<(), HttpError> {
    let sessions = CancellationToken::new();
    let stopping = Arc::new(AtomicBool::new(false));
    let engine = Arc::clone(server.engine());
    let app = router(server, options, sessions.clone(), Arc::clone(&stopping));
    let listener = listener.tap_io(|stream| {
        // Without it answers wait for the peer's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
    });
    let closing = stop.clone();
    let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
        closing.cancelled().await;
        stopping.store(true, Ordering::Relaxed);
    });
    let ending = async {
        stop.cancelled().await;
        engine.drain(DRAIN).await;
        tokio::time::sleep(ANSWERS).await;
        sessions.cancel();
        tokio::time::sleep(CLOSING).await;
    };
    tokio::select! {
        ended = serving => ended.map_err(HttpError::Broken),
        () = ending => Ok(()),
    }
}

fn router(
    server: StoqServer,
    options: HttpOptions,
    sessions: CancellationToken,
    stopping: Arc<AtomicBool>,
) -> Router {
    let callers = options.callers;
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(callers.hosts)
        .with_allowed_origins(callers.origins)
        .with_json_response(!options.event_stream)
        .with_max_request_body_bytes(MAX_BODY)
        .with_cancellation_token(sessions);
    let handler = mcp::handler(server.clone());
    let mcp = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    Router::new()
        .route_service("/mcp", mcp)
        .layer(axum::middleware::from_fn(farewell))
        .route("/healthz", get(pages::health))
        .route("/readyz", get(pages::ready))
        .fallback(pages::help)
        .with_state(Site { server, stopping })
        .layer(cors(Arc::clone(&callers.guard)))
        .layer(axum::middleware::from_fn_with_state(
            callers.guard,
            guard::check,
        ))
}

/// The end of a session as clients expect it: the protocol library answers 202, which some of them
/// report as a failure.
async fn farewell(request: Request, next: Next) -> Response {
    let ends = request.method() == Method::DELETE;
    let answer = next.run(request).await;
    if ends && answer.status() == StatusCode::ACCEPTED {
        return StatusCode::NO_CONTENT.into_response();
    }
    answer
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
        ])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            name("mcp-protocol-version"),
            name("mcp-session-id"),
        ])
        .max_age(Duration::from_secs(3600))
}
