//! The app that shows a report's drawing inside a conversation (MCP Apps, 2026-01-26).
//!
//! It is one page without any request of its own. Hosts fetch it as a resource, hand it the result of the
//! call, and it shows the drawing that lies in the result's `_meta`, which no model reads. Clients that do
//! not say they show apps see nothing of it.

use std::sync::OnceLock;

use rmcp::model::{
    CallToolResult, ContentBlock, MetaObject, ReadResourceResult, Resource, ResourceContents,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::{library, result};
use crate::engine::Outcome;

/// Where the page is read.
const URI: &str = "ui://stoq/report";
/// What it is.
const MIME: &str = "text/html;profile=mcp-app";
/// The extension that clients declare.
const EXTENSION: &str = "io.modelcontextprotocol/ui";
/// Where the drawing lies in a result's `_meta`; the page looks for it there.
const CHART: &str = "stoq/chart";

const PAGE: &str = include_str!("app/report.html");
const STYLE: (&str, &str) = ("/*STYLE*/", include_str!("app/report.css"));
const SCRIPT: (&str, &str) = ("/*SCRIPT*/", include_str!("app/report.js"));

/// Whether the client says that it shows such pages.
pub(super) fn is_shown_by(context: &RequestContext<RoleServer>) -> bool {
    let client = context.client_capabilities();
    let extensions = client
        .as_ref()
        .and_then(|client| client.extensions.as_ref());
    let types = extensions.and_then(|all| all.get(EXTENSION)?.get("mimeTypes")?.as_array());
    types.is_some_and(|types| types.iter().any(|name| name == MIME))
}

/// What a tool says of the page that shows its results.
pub(super) fn of_tool() -> MetaObject {
    meta("ui", json!({"resourceUri": URI}))
}

/// The page as it is listed.
pub(super) fn resource() -> Resource {
    Resource::new(URI, "report")
        .with_title("Report")
        .with_description("Shows a report as a picture, and as a table.")
        .with_mime_type(MIME)
}

/// The page, if it is what an address leads to.
pub(super) fn read(uri: &str) -> Option<ReadResourceResult> {
    static TEXT: OnceLock<String> = OnceLock::new();
    if uri != URI {
        return None;
    }
    let text = TEXT.get_or_init(|| {
        let filled = PAGE.replacen(STYLE.0, STYLE.1, 1);
        filled.replacen(SCRIPT.0, SCRIPT.1, 1)
    });
    // Nothing is fetched from anywhere, so no address is named.
    let rules =
        json!({"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": true});
    let contents = ResourceContents::text(text.as_str(), URI)
        .with_mime_type(MIME)
        .with_meta(meta("ui", rules));
    Some(library::kept(contents))
}

/// A success; `draws` says that the page will show it.
pub(super) fn shown(
    draws: bool,
    mut outcome: Outcome,
    image: Option<ContentBlock>,
) -> CallToolResult {
    let picture = outcome.picture.take().filter(|_| draws);
    let mut shown = result::success(outcome, image);
    if let Some(picture) = picture {
        // A drawing is numbers and texts: it has a form as JSON.
        let drawing = serde_json::to_value(picture.drawing).unwrap_or_default();
        shown.meta = Some(meta(CHART, drawing));
    }
    shown
}

fn meta(key: &str, value: Value) -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(key.to_owned(), value);
    meta
}
