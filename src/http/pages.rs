//! The plain pages: what can be done, and that the server is alive.

use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri, header};
use serde_json::json;

use super::documents;
use super::gate::Here;
use crate::discovery;

pub(super) const JSON: &str = "application/json; charset=utf-8";

/// Alive.
pub(super) async fn health() -> impl IntoResponse {
    page(StatusCode::OK, json!({"status": "ok"}).to_string())
}

/// The manifest at `/help`, `/help?prefix=` and `<scope>/help`; anything else is not found.
pub(super) async fn help(
    Extension(Here(tenant)): Extension<Here>,
    method: Method,
    uri: Uri,
) -> Response {
    let scope = match uri.path().strip_suffix("/help") {
        Some(scope) if method == Method::GET => scope.to_owned(),
        Some(_) | None => {
            return errors(
                StatusCode::NOT_FOUND,
                &format!(
                    "There is no such page; this server has /mcp, /help, /docs, {}, {}, {}, {}, /healthz and /readyz.",
                    documents::OPENAPI,
                    documents::SKILL,
                    documents::LLMS,
                    documents::CARD,
                ),
            )
            .into_response();
        }
    };
    let prefix = query(&uri, "prefix").unwrap_or_default();
    let scope = if scope.is_empty() { prefix } else { scope };
    let engine = tenant.server().engine();
    let text = discovery::help(engine.registry(), &scope, |action| {
        engine.policy().offers(action)
    });
    page(StatusCode::OK, text).into_response()
}

/// An error in the form the API has.
pub(super) fn errors(status: StatusCode, text: &str) -> impl IntoResponse + use<> {
    page(status, json!({"errors": [text]}).to_string())
}

/// A page of JSON.
pub(super) fn page(status: StatusCode, text: String) -> impl IntoResponse + use<> {
    (
        status,
        [
            (header::CONTENT_TYPE, JSON),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        text,
    )
}

/// The query parameter of a name, decoded.
pub(super) fn query(uri: &Uri, name: &str) -> Option<String> {
    url::form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
