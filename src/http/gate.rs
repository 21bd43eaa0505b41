//! The door of everything but the health pages: who is it, what may they ask for, is there room.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http_body::{Frame, SizeHint};

use super::auth::shop_key::{CallersKey, REFUSED, Refused};
use super::auth::tokens::TokensFile;
use super::auth::{OpenError, Refusal, Who, headers};
use super::limits::Failures;
use super::narrow::narrow;
use super::tenants::{Tenant, Tenants, Visit};

const GUESSING: &str =
    "Too many wrong credentials came from this address. Nothing was done. Come again later.";

const STOPPING: &str = "This server is stopping. Nothing was done. Come again later.";
/// When one may come again that found the server stopping.
const RESTART: Duration = Duration::from_secs(5);

/// How callers are told apart.
#[derive(Debug)]
pub(super) enum Mode {
    /// Not at all: whoever is on this machine.
    Open(Arc<Tenant>),
    /// By bearer tokens.
    Tokens(TokensFile, Tenants),
    /// By the shop's key.
    ShopKey(Refused, Tenants),
}

/// The door.
#[derive(Debug)]
pub(super) struct Gate {
    mode: Mode,
    failures: Failures,
    stopping: Arc<AtomicBool>,
}

/// Whose server a request is for.
#[derive(Debug, Clone)]
pub(super) struct Here(pub Arc<Tenant>);

impl Gate {
    /// Takes nobody in once `stopping` is set.
    pub(super) fn new(mode: Mode, stopping: Arc<AtomicBool>) -> Self {
        Self {
            mode,
            stopping,
            failures: Failures::default(),
        }
    }

    pub(super) fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Looks after what changes by itself: the tokens file, and who has been idle.
    pub(super) fn tend(&self, now: Instant) {
        match &self.mode {
            Mode::Open(_) => {}
            Mode::Tokens(tokens, tenants) => {
                tokens.refresh();
                tenants.keep(now, |who| tokens.has(who));
            }
            Mode::ShopKey(_, tenants) => tenants.keep(now, |_| true),
        }
    }

    async fn identify(
        &self,
        headers: &HeaderMap,
        from: IpAddr,
        now: Instant,
    ) -> Result<Arc<Tenant>, Refusal> {
        match &self.mode {
            Mode::Open(tenant) => Ok(Arc::clone(tenant)),
            Mode::Tokens(tokens, tenants) => {
                let who = tokens
                    .find(headers)
                    .map_err(|refusal| self.counted(refusal, from, now))?;
                tenants.enter(&who, now).await.map_err(|e| told(e, &who))
            }
            Mode::ShopKey(refused, tenants) => {
                let key = CallersKey::read(headers)
                    .map_err(|refusal| self.counted(refusal, from, now))?;
                if let Some(tenant) = tenants.find(&key.id, now) {
                    return Ok(tenant);
                }
                self.try_key(key, refused, tenants, from, now).await
            }
        }
    }

    /// A key that was not seen before: it counts as wrong until the API has taken it.
    async fn try_key(
        &self,
        key: CallersKey,
        refused: &Refused,
        tenants: &Tenants,
        from: IpAddr,
        now: Instant,
    ) -> Result<Arc<Tenant>, Refusal> {
        self.failures
            .count(from, now)
            .map_err(|wait| Refusal::TooMany(GUESSING, wait))?;
        if refused.holds(&key.id, now) {
            return Err(Refusal::Invalid(REFUSED));
        }
        let who = Arc::new(key.into_who(tenants.shops().as_ref()));
        let entered = tenants.enter(&who, now).await;
        match &entered {
            Err(OpenError::KeyRefused) => refused.remember(who.id, now),
            Ok(_) | Err(OpenError::Unavailable { .. } | OpenError::Misconfigured(_)) => {
                self.failures.forgive(from);
            }
        }
        entered.map_err(|error| told(error, &who))
    }

    /// A wrong credential counts; none at all is how clients ask what is wanted.
    fn counted(&self, refusal: Refusal, from: IpAddr, now: Instant) -> Refusal {
        if matches!(refusal, Refusal::Invalid(_))
            && let Err(wait) = self.failures.count(from, now)
        {
            return Refusal::TooMany(GUESSING, wait);
        }
        refusal
    }
}

fn told(error: OpenError, who: &Who) -> Refusal {
    match error {
        OpenError::KeyRefused => Refusal::Invalid(REFUSED),
        OpenError::Unavailable { reason, wait } => Refusal::Unavailable(
            format!("{reason} Nothing was done. Come again later."),
            wait,
        ),
        OpenError::Misconfigured(reason) => {
            tracing::error!(
                principal = who.principal,
                reason,
                "a principal cannot be served"
            );
            Refusal::Fault
        }
    }
}

/// Turns away who is not known or asks for too much, and leads the others to their own server.
pub(super) async fn enter(
    State(gate): State<Arc<Gate>>,
    mut request: Request,
    next: Next,
) -> Response {
    match visit(&gate, &mut request).await {
        Ok(visit) => {
            let answer = next.run(request).await;
            match answer.body().size_hint().exact() {
                // All of it is here: the work is done.
                Some(_) => answer,
                None => answer.map(|body| {
                    Body::new(Held {
                        body,
                        _visit: visit,
                    })
                }),
            }
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn visit(gate: &Gate, request: &mut Request) -> Result<Visit, Refusal> {
    if gate.stopping.load(Ordering::Relaxed) {
        return Err(Refusal::Unavailable(STOPPING.to_owned(), RESTART));
    }
    let now = Instant::now();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let from = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let tenant = gate.identify(request.headers(), from, now).await?;
    let visit = tenant.admit(request.method(), now)?;
    if let Some(narrow) = narrow(request.headers()).map_err(Refusal::Malformed)? {
        request.extensions_mut().insert(narrow);
    }
    headers::strip(request.headers_mut());
    request.extensions_mut().insert(Here(tenant));
    Ok(visit)
}

/// A stream that keeps its place until it ends.
struct Held {
    body: Body,
    _visit: Visit,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
