//! Which part of the sandbox a request is for: verb and path, nothing else.

use http::Method;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::wire::Ask;
use crate::registry::entry::{self, Handler};
use crate::registry::{Action, Registry};

/// Where a request goes.
#[derive(Debug)]
pub(super) enum Route<'r> {
    /// The action manifest below a scope.
    Help(String),
    /// An action, with its placeholders decoded.
    Action(&'r Action, Vec<(String, String)>),
    /// The hosted MCP server.
    Mcp,
    /// Below the v2 base, but nothing is registered there; the path is the one the text names.
    Unregistered(String),
    /// Below the v1 base, where the sandbox serves nothing.
    V1,
    /// The file of an export job.
    File(String),
    /// The control plane, with the path below `/sandbox`.
    Control(String),
    /// No address of the API.
    Elsewhere,
}

impl<'r> Route<'r> {
    /// Finds the route of a request.
    pub(super) fn of(registry: &'r Registry, ask: &Ask) -> Self {
        if let Some(rest) = below(&ask.path, "/sandbox") {
            return match file_job(rest) {
                Some(job_id) if ask.method == Method::GET => Self::File(job_id.to_owned()),
                Some(_) | None => Self::Control(rest.to_owned()),
            };
        }
        if let Some(rest) = below(&ask.path, &registry.base_path) {
            return Self::v2(registry, ask, rest);
        }
        match below(&ask.path, "/api/v1/external") {
            Some(_) => Self::V1,
            None => Self::Elsewhere,
        }
    }

    fn v2(registry: &'r Registry, ask: &Ask, rest: &str) -> Self {
        let path = rest.strip_suffix('/').unwrap_or(rest);
        if ask.method == Method::GET
            && let Some(scope) = path.strip_suffix("/help")
        {
            return Self::Help(if scope.is_empty() {
                prefix(&ask.query)
            } else {
                decode(scope)
            });
        }
        if ask.method == Method::POST && path == "/mcp" {
            return Self::Mcp;
        }
        match registered(&ask.method).and_then(|method| registry.match_path(method, path)) {
            Some((action, values)) => Self::Action(
                action,
                values
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), decode(&value)))
                    .collect(),
            ),
            None => Self::Unregistered(path.to_owned()),
        }
    }

    /// Whether the request needs a key and costs points.
    pub(super) const fn is_keyed(&self) -> bool {
        match self {
            Self::Help(_) | Self::Action(..) | Self::Mcp | Self::Unregistered(_) | Self::V1 => true,
            Self::File(_) | Self::Control(_) | Self::Elsewhere => false,
        }
    }

    /// Whether the request submits a job.
    pub(super) fn submits_job(&self) -> bool {
        match self {
            Self::Action(action, _) => {
                action.entry().method != entry::Method::Get
                    && match action.entry().handler {
                        Handler::Job | Handler::Export => true,
                        Handler::Request | Handler::Local => false,
                    }
            }
            Self::Help(_)
            | Self::Mcp
            | Self::Unregistered(_)
            | Self::V1
            | Self::File(_)
            | Self::Control(_)
            | Self::Elsewhere => false,
        }
    }
}

/// The text of a path nothing is registered for.
pub(super) fn unregistered(method: &Method, path: &str) -> String {
    format!("No v2 action registered for {method} {path}")
}

/// The rest of a path below a base; whole segments only.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    path.strip_prefix(base)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn file_job(rest: &str) -> Option<&str> {
    rest.strip_prefix("/exports/")?
        .strip_suffix(".csv")
        .filter(|job_id| !job_id.contains('/'))
}

fn prefix(query: &str) -> String {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "prefix")
        .last()
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

/// Decoded once. Bytes that are no text become marks no id contains: a missing record.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn registered(method: &Method) -> Option<entry::Method> {
    match *method {
        Method::GET => Some(entry::Method::Get),
        Method::POST => Some(entry::Method::Post),
        Method::PATCH => Some(entry::Method::Patch),
        Method::DELETE => Some(entry::Method::Delete),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const BASE: &str = "/api/v2/external";

    fn told(method: Method, target: &str) -> String {
        let registry = sample::registry();
        let ask = sample::ask(method, target);
        match Route::of(&registry, &ask) {
            Route::Help(scope) => format!("help {scope}"),
            Route::Action(action, values) => format!("{} {values:?}", action.name()),
            Route::Mcp => "mcp".to_owned(),
            Route::Unregistered(path) => unregistered(&ask.method, &path),
            Route::V1 => "v1".to_owned(),
            Route::File(job) => format!("file {job}"),
            Route::Control(path) => format!("control {path}"),
            Route::Elsewhere => "elsewhere".to_owned(),
        }
    }

    fn v2(method: Method, path: &str) -> String {
        told(method, &format!("{BASE}{path}"))
    }

    #[test]
    fn verb_and_path_find_one_action() {
        let signups = "/back_in_stock/signups";
        assert_eq!(v2(Method::GET, signups), "back_in_stock_signups_list []");
        assert_eq!(
            v2(Method::GET, &format!("{signups}/")),
            "back_in_stock_signups_list []"
        );
        assert_eq!(
            v2(Method::GET, &format!("{signups}/a%2Fb%20c")),
            r#"back_in_stock_signups_read [("id", "a/b c")]"#
        );
        assert_eq!(
            v2(Method::GET, &format!("{signups}/%FF")),
            "back_in_stock_signups_read [(\"id\", \"\u{fffd}\")]"
        );
        // A static segment beats a placeholder.
        assert_eq!(
            v2(Method::POST, &format!("{signups}/bulk_notify")),
            "back_in_stock_signups_bulk_notify []"
        );
    }

    #[test]
    fn what_is_not_registered_is_named_without_query_and_slash() {
        assert_eq!(
            v2(Method::POST, "/preorders/offers/nope/?a=1"),
            "No v2 action registered for POST /preorders/offers/nope"
        );
        for method in [Method::PUT, Method::HEAD, Method::OPTIONS] {
            assert_eq!(
                v2(method.clone(), "/back_in_stock/signups"),
                format!("No v2 action registered for {method} /back_in_stock/signups")
            );
        }
        assert_eq!(
            v2(Method::GET, "/Back_in_stock/signups"),
            "No v2 action registered for GET /Back_in_stock/signups"
        );
        assert_eq!(
            v2(Method::GET, "/back_in_stock/signups//"),
            "No v2 action registered for GET /back_in_stock/signups/"
        );
        assert_eq!(
            v2(Method::GET, "/mcp"),
            "No v2 action registered for GET /mcp"
        );
        assert_eq!(
            v2(Method::POST, "/help"),
            "No v2 action registered for POST /help"
        );
    }

    #[test]
    fn help_stands_at_any_level() {
        assert_eq!(v2(Method::GET, "/help"), "help ");
        assert_eq!(
            v2(Method::GET, "/help?prefix=/back_in_stock"),
            "help /back_in_stock"
        );
        assert_eq!(
            v2(Method::GET, "/back_in_stock/signups/help/"),
            "help /back_in_stock/signups"
        );
    }

    #[test]
    fn other_addresses() {
        assert_eq!(v2(Method::POST, "/mcp"), "mcp");
        assert_eq!(told(Method::GET, "/api/v1/external/intents"), "v1");
        assert_eq!(
            told(Method::GET, "/sandbox/exports/exp_1.csv?expires=1"),
            "file exp_1"
        );
        assert_eq!(told(Method::POST, "/sandbox/clock"), "control /clock");
        assert_eq!(told(Method::GET, "/sandboxes"), "elsewhere");
        assert_eq!(told(Method::GET, "/api/v2/externals/help"), "elsewhere");
    }
}
