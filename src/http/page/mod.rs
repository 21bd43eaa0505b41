//! The page `/docs`: the actions that the caller may use, a search, and a form that tries a call.
//!
//! A browser sends no credential when somebody opens an address. Where callers are told apart, `/docs`
//! is therefore a page that asks for one and shows nothing else; the page of the caller is at
//! `/docs/actions`, behind the door, as are `/docs/search` and `/docs/try`. Style and scripts are in
//! front of it: they are the same for everybody and hold nothing of a shop.
//!
//! This room knows nothing of how a call is made: it hands it to the caller's own engine.

mod attempt;
mod origin;
mod search;

use std::sync::Arc;

use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::{HeaderName, HeaderValue, header};
use tower_http::compression::CompressionLayer;

use super::gate::{Here, Mode};
use super::watch::Site;
use crate::discovery::html::{self, Asked, Talks};
use crate::engine::Engine;
use crate::registry::entry::Class;
use crate::surface;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the operator lets the page do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Docs {
    /// Whether it tries more than reads, within what the server allows.
    pub writes: bool,
    /// Base address of the sandbox inside the server, when there is one.
    pub sandbox: Option<String>,
}

impl Docs {
    /// The classes of calls that the page tries.
    fn tries(&self, engine: &Engine) -> Vec<Class> {
        let classes = engine.policy().classes().iter().copied();
        classes
            .filter(|class| self.writes || *class == Class::Read)
            .collect()
    }

    /// What calls of an engine go to.
    fn talks(&self, engine: &Engine) -> Talks {
        let base = engine.upstream().base();
        let address = base.to_string();
        if self.sandbox.as_ref() == Some(&address) {
            Talks::Sandbox
        } else if base.is_loopback() {
            Talks::Nearby(address)
        } else {
            Talks::Shop(base.host().to_owned())
        }
    }
}

/// The pages behind the door.
pub(super) fn inside(docs: Docs, mode: &Mode) -> Router<Arc<Site>> {
    let documents = Router::new().route("/docs/actions", get(actions));
    let documents = match mode {
        // There is nobody to tell apart.
        Mode::Open(_) => documents.route("/docs", get(actions)),
        Mode::Tokens(..) | Mode::ShopKey(..) => documents,
    };
    let attempts = Router::new()
        .route("/docs/try", post(attempt::attempt))
        .layer(middleware::from_fn(origin::same));
    documents
        .layer(CompressionLayer::new())
        .route("/docs/search", get(search::search))
        .merge(attempts)
        .layer(Extension(Arc::new(docs)))
        .layer(middleware::map_response(private))
        .layer(middleware::map_response(guarded))
}

/// The pages in front of the door.
pub(super) fn outside(mode: &Mode) -> Router<Arc<Site>> {
    let asset = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    let assets = Router::new()
        .route("/docs/page.css", asset(CSS, html::STYLE))
        .route("/docs/theme.js", asset(SCRIPT, html::THEME))
        .route("/docs/page.js", asset(SCRIPT, html::SCRIPT));
    let asks = |asked: Asked| get(move || async move { document(html::sign_in(asked)) });
    let pages = match mode {
        Mode::Open(_) => assets,
        Mode::Tokens(..) => assets.route("/docs", asks(Asked::Token)),
        Mode::ShopKey(..) => assets.route("/docs", asks(Asked::ShopKey)),
    };
    pages
        .layer(CompressionLayer::new())
        .layer(middleware::map_response(fresh))
        .layer(middleware::map_response(guarded))
}

/// The page of the caller.
async fn actions(
    Extension(Here(tenant)): Extension<Here>,
    Extension(docs): Extension<Arc<Docs>>,
) -> Response {
    let server = tenant.server();
    let engine = server.engine();
    let tools = server.tools();
    let page = html::served(
        engine.registry(),
        |action| engine.policy().offers(action),
        |action| match tools.iter().any(|tool| tool.name == action.name()) {
            true => action.name().to_owned(),
            false => surface::executor(action.entry().class).to_owned(),
        },
        &docs.talks(engine),
        &docs.tries(engine),
    );
    document(page)
}

fn document(text: String) -> Response {
    ([(header::CONTENT_TYPE, HTML)], text).into_response()
}

/// What a browser is told of every page and answer of this room.
async fn guarded(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, html::POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// What belongs to one caller is kept nowhere.
async fn private(mut answer: Response) -> Response {
    let kept = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    answer
}

/// A newer program has newer pages under the same names.
async fn fresh(mut answer: Response) -> Response {
    let kept = HeaderValue::from_static("no-cache");
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    answer
}
