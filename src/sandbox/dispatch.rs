//! Which part of the sandbox a request is for: verb and path, nothing else.

use http::Method;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::wire::Ask;
use crate::registry::entry::{self, Api, Handler};
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
    /// An action of v1, with its placeholders decoded.
    V1(&'r Action, Vec<(String, String)>),
    /// Below the keyed v1 base, but nothing is registered there.
    V1Unregistered,
    /// An action of v1 that takes no key: a header names the shop.
    V1Public(&'r Action),
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
        if let Some(rest) = below(&ask.path, Api::V1.base_path()) {
            return Self::v1(registry, ask, rest);
        }
        below(&ask.path, Api::V1Public.base_path())
            .and_then(|rest| found(registry, Api::V1Public, ask, without_slash(rest)))
            .map_or(Self::Elsewhere, |(action, _)| Self::V1Public(action))
    }

    fn v1(registry: &'r Registry, ask: &Ask, rest: &str) -> Self {
        let path = without_slash(rest);
        if let Some((action, values)) = found(registry, Api::V1, ask, path) {
            return Self::V1(action, values);
        }
        let public = registry.actions().iter().find(|action| {
            let entry = action.entry();
            registered(&ask.method) == Some(entry.method)
                && entry.keyed.as_ref().is_some_and(|keyed| keyed.path == path)
        });
        public.map_or(Self::V1Unregistered, |action| Self::V1(action, Vec::new()))
    }

    fn v2(registry: &'r Registry, ask: &Ask, rest: &str) -> Self {
        let path = without_slash(rest);
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
        match found(registry, Api::V2, ask, path) {
            Some((action, values)) => Self::Action(action, values),
            None => Self::Unregistered(path.to_owned()),
        }
    }

    /// Whether the request needs a key and costs points.
    pub(super) const fn is_keyed(&self) -> bool {
        match self {
            Self::Help(_) | Self::Action(..) | Self::Mcp | Self::Unregistered(_) => true,
            Self::V1(..) | Self::V1Unregistered => true,
            Self::V1Public(_) | Self::File(_) | Self::Control(_) | Self::Elsewhere => false,
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
            | Self::V1(..)
            | Self::V1Unregistered
            | Self::V1Public(_)
            | Self::File(_)
            | Self::Control(_)
            | Self::Elsewhere => false,
        }
    }
}

/// The action of an API that serves a path below its base, with its placeholders decoded.
fn found<'r>(
    registry: &'r Registry,
    api: Api,
    ask: &Ask,
    path: &str,
) -> Option<(&'r Action, Vec<(String, String)>)> {
    let method = registered(&ask.method)?;
    let (action, values) = registry.match_path(api, method, path)?;
    let decoded = values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), decode(&value)));
    Some((action, decoded.collect()))
}

/// One trailing slash is ignored.
fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
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
        Method::PUT => Some(entry::Method::Put),
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
            Route::V1(action, values) => format!("v1 {} {values:?}", action.name()),
            Route::V1Unregistered => "v1".to_owned(),
            Route::V1Public(action) => format!("public {}", action.name()),
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
    fn v1_is_found_below_its_own_bases() {
        let intents = "/api/v1/external/intents";
        let id = "51900000-0000-4000-8000-000000000001";
        assert_eq!(
            told(Method::GET, &format!("{intents}/{id}/")),
            format!(r#"v1 v1_intents_read [("id", "{id}")]"#)
        );
        // A static segment beats a placeholder.
        assert_eq!(
            told(Method::GET, &format!("{intents}/products_in_demand")),
            "v1 v1_intents_products_in_demand []"
        );
        assert_eq!(
            told(
                Method::DELETE,
                &format!("{intents}/bulk_destroy?intent_ids[]=a")
            ),
            "v1 v1_intents_bulk_destroy []"
        );
        assert_eq!(
            told(Method::PUT, "/api/v1/external/preorders/a"),
            r#"v1 v1_preorders_update [("id", "a")]"#
        );
        assert_eq!(told(Method::PATCH, "/api/v1/external/preorders/a"), "v1");
        // The public create, and the same call with a key.
        assert_eq!(
            told(Method::POST, "/api/v1/intents.json"),
            "public v1_intents_create"
        );
        assert_eq!(told(Method::POST, intents), "v1 v1_intents_create []");
        assert_eq!(told(Method::GET, "/api/v1/intents.json"), "elsewhere");
        assert_eq!(told(Method::POST, &format!("{intents}.json")), "v1");
    }

    #[test]
    fn other_addresses() {
        assert_eq!(v2(Method::POST, "/mcp"), "mcp");
        assert_eq!(
            told(Method::GET, "/sandbox/exports/exp_1.csv?expires=1"),
            "file exp_1"
        );
        assert_eq!(told(Method::POST, "/sandbox/clock"), "control /clock");
        assert_eq!(told(Method::GET, "/sandboxes"), "elsewhere");
        assert_eq!(told(Method::GET, "/api/v2/externals/help"), "elsewhere");
    }
}
