//! What supervisors are told: that the server is alive, whether calls should come to it, and its figures.
//!
//! None of it holds a shop, a caller or their data. Figures are shown where the whole server is open to
//! this machine, or on a listener of their own that shows nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use http::{StatusCode, Uri, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::gate::{Gate, Mode};
use super::guard::{self, Guard};
use super::pages::{health, page};
use crate::engine::Engine;
use crate::observe::{self, Reading};
use crate::registry::entry::Class;
use crate::safety::store::{Space, Store};
use crate::upstream::Upstream;

/// The form that Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Longest that the store may take to show that it is there.
const STORE_PATIENCE: Duration = Duration::from_millis(500);
/// How long what was seen of the store holds.
const STORE_HOLDS: Duration = Duration::from_secs(1);
/// No record has this key: the answer is that there is none.
const NO_KEY: &str = "ready";
/// The hosts by which this machine calls itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Who is at work.
#[derive(Debug)]
enum Crew {
    /// Everybody behind the door.
    Gate(Arc<Gate>),
    /// The one server on standard input.
    One(Arc<Engine>),
}

/// What the pages know.
#[derive(Debug)]
pub(super) struct Site {
    crew: Crew,
    stopping: Arc<AtomicBool>,
    /// The state store, when anything that is allowed needs it.
    store: Option<Arc<dyn Store>>,
    seen: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

impl Site {
    /// Of a server over HTTP.
    pub(super) fn of_gate(gate: Arc<Gate>, stopping: Arc<AtomicBool>) -> Self {
        let store = match gate.mode() {
            Mode::Open(tenant) => store_of(tenant.server().engine()),
            Mode::Tokens(_, tenants) | Mode::ShopKey(_, tenants) => tenants.shops().store(),
        };
        Self {
            crew: Crew::Gate(gate),
            stopping,
            store,
            seen: tokio::sync::Mutex::default(),
        }
    }

    /// Of a server on standard input.
    fn of_one(engine: Arc<Engine>) -> Self {
        Self {
            store: store_of(&engine),
            crew: Crew::One(engine),
            stopping: Arc::default(),
            seen: tokio::sync::Mutex::default(),
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The one API that all calls go to. Where each caller has their own, one shop's trouble is not the
    /// server's.
    fn upstream(&self) -> Option<&Upstream> {
        match &self.crew {
            Crew::One(engine) => Some(engine.upstream()),
            Crew::Gate(gate) => match gate.mode() {
                Mode::Open(tenant) => Some(tenant.server().engine().upstream()),
                Mode::Tokens(..) | Mode::ShopKey(..) => None,
            },
        }
    }

    /// Whether the store can be read; `None` when nothing needs it.
    async fn is_store_well(&self) -> Option<bool> {
        let store = self.store.as_ref()?;
        let mut seen = self.seen.lock().await;
        if let Some((at, is_well)) = *seen
            && at.elapsed() < STORE_HOLDS
        {
            return Some(is_well);
        }
        let asked = store.get(Space::Switch, NO_KEY);
        let answer = tokio::time::timeout(STORE_PATIENCE, asked).await;
        let is_well = matches!(answer, Ok(Ok(_)));
        *seen = Some((Instant::now(), is_well));
        Some(is_well)
    }

    async fn reading(&self) -> Reading {
        let mut reading = Reading {
            is_stopping: self.is_stopping(),
            ..Reading::default()
        };
        let engines = match &self.crew {
            Crew::One(engine) => vec![Arc::clone(engine)],
            Crew::Gate(gate) => {
                let tenants = match gate.mode() {
                    Mode::Open(tenant) => vec![Arc::clone(tenant)],
                    Mode::Tokens(_, tenants) | Mode::ShopKey(_, tenants) => tenants.at_work(),
                };
                for tenant in &tenants {
                    reading.sessions += tenant.sessions().await;
                }
                let engines = tenants.iter().map(|tenant| tenant.server().engine());
                engines.map(Arc::clone).collect()
            }
        };
        reading.callers = engines.len();
        add(&mut reading, &engines);
        reading
    }
}

/// Adds what the engines know; callers of one shop share its client, which counts once.
fn add(reading: &mut Reading, engines: &[Arc<Engine>]) {
    let mut shops: Vec<&Upstream> = Vec::new();
    for engine in engines {
        reading.calls += engine.at_work();
        if !shops
            .iter()
            .any(|shop| std::ptr::eq(*shop, engine.upstream()))
        {
            shops.push(engine.upstream());
        }
    }
    reading.shops = shops.len();
    for shop in shops {
        let standing = shop.standing();
        reading.jobs += standing.jobs;
        reading.breakers_open += usize::from(standing.paused.is_some());
        reading.points_held += u64::from(standing.points_held);
        reading.points_limit += u64::from(standing.points_limit);
        if standing.points_limit > 0 {
            let part = f64::from(standing.points_held) / f64::from(standing.points_limit);
            reading.fullest = reading.fullest.max(part);
        }
    }
}

/// The store of a server that is allowed anything which needs it.
fn store_of(engine: &Engine) -> Option<Arc<dyn Store>> {
    let mut classes = Class::ALL.into_iter();
    let needs = classes.any(|class| class != Class::Read && engine.policy().allows(class));
    needs.then(|| Arc::clone(&engine.guards().store))
}

/// Whether calls should come here, and what stands in the way. `?exclude=store` leaves a part out of the
/// judgement: whoever wants reads to go on while the store is away asks so.
pub(super) async fn ready(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    let excluded = |part: &str| {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        pairs
            .into_iter()
            .any(|(name, value)| name == "exclude" && value == part)
    };
    let is_stopping = site.is_stopping();
    let upstream = site.upstream().map(|upstream| upstream.standing().paused);
    let paused = upstream.flatten();
    let store = site.is_store_well().await;
    let is_unready =
        (paused.is_some() && !excluded("upstream")) || (store == Some(false) && !excluded("store"));
    let status = match (is_stopping, is_unready) {
        (true, _) => "stopping",
        (false, true) => "unready",
        (false, false) => "ready",
    };
    let code = match is_stopping || is_unready {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::OK,
    };
    let parts: Value = json!({
        "status": status,
        "upstream": match upstream {
            Some(None) => "ok".to_owned(),
            Some(Some(why)) => format!("paused: {why}"),
            None => "each caller's own".to_owned(),
        },
        "store": match store {
            Some(true) => "ok",
            Some(false) => "cannot be read",
            None => "not needed",
        },
        "stopping": is_stopping,
    });
    page(code, parts.to_string()).into_response()
}

/// The figures.
pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let reading = site.reading().await;
    match observe::figures().text(&reading) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Shows the figures of the server on standard input, as long as the process runs.
pub async fn watch(listener: TcpListener, engine: Arc<Engine>) {
    show(listener, Arc::new(Site::of_one(engine))).await;
}

/// Shows the figures, and nothing else. On this machine no web page may read them by a name that it made
/// up; elsewhere scrapers come by any name or none.
pub(super) async fn show(listener: TcpListener, site: Arc<Site>) {
    let mut app = Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(site);
    let is_here = listener
        .local_addr()
        .is_ok_and(|addr| addr.ip().is_loopback());
    if is_here && let Ok(guard) = Guard::new(&HERE.map(str::to_owned), &[]) {
        app = app.layer(middleware::from_fn_with_state(
            Arc::new(guard),
            guard::check,
        ));
    }
    if let Err(error) = axum::serve(listener, app).await {
        tracing::error!(%error, "the figures are shown no more");
    }
}
