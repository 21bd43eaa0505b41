//! `Host` and `Origin` of every request, each checked alone: a page of another site must not reach a
//! server on this machine, neither by naming it nor by a host name that resolves to it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderValue, StatusCode, header};

use super::HttpError;
use super::pages::errors;
use crate::observe;

/// The allowed hosts and origins.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Vec<Place>,
    origins: Vec<(String, Place)>,
}

/// A host and the port it must have; `None` = any.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: Option<u16>,
}

impl Guard {
    /// Reads the lists.
    ///
    /// # Errors
    /// When an entry is no host or no origin: it would allow nobody, silently.
    pub(super) fn new(hosts: &[String], origins: &[String]) -> Result<Self, HttpError> {
        let hosts = hosts
            .iter()
            .map(|text| place(text).ok_or_else(|| HttpError::Host(text.clone())));
        let origins = origins
            .iter()
            .map(|text| origin(text).ok_or_else(|| HttpError::Origin(text.clone())));
        Ok(Self {
            hosts: hosts.collect::<Result<_, _>>()?,
            origins: origins.collect::<Result<_, _>>()?,
        })
    }

    /// Whether pages of an origin may call.
    pub(super) fn allows_origin(&self, origin: &HeaderValue) -> bool {
        let Some((scheme, rest)) = origin.to_str().ok().and_then(|text| text.split_once("://"))
        else {
            return false;
        };
        let Some(found) = place(rest).map(|found| with_default_port(found, scheme)) else {
            return false;
        };
        self.origins
            .iter()
            .any(|(allowed, place)| allowed.eq_ignore_ascii_case(scheme) && fits(place, &found))
    }

    fn allows_host(&self, request: &Request) -> bool {
        let mut named = request.headers().get_all(header::HOST).iter();
        let host = match (named.next(), named.next()) {
            (Some(host), None) => host.to_str().ok(),
            (None, _) => request.uri().authority().map(Authority::as_str),
            // Two names are one to slip past the check.
            (Some(_), Some(_)) => None,
        };
        host.and_then(place)
            .is_some_and(|found| self.hosts.iter().any(|place| fits(place, &found)))
    }
}

fn fits(allowed: &Place, found: &Place) -> bool {
    allowed.host == found.host && (allowed.port.is_none() || allowed.port == found.port)
}

fn with_default_port(found: Place, scheme: &str) -> Place {
    let default = if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        80
    };
    Place {
        port: found.port.or(Some(default)),
        ..found
    }
}

/// Scheme and place of an allowed origin; `:*` stands for any port.
fn origin(text: &str) -> Option<(String, Place)> {
    let (scheme, rest) = text.split_once("://")?;
    let place = match rest.strip_suffix(":*") {
        Some(host) => place(host),
        None => place(rest).map(|found| with_default_port(found, scheme)),
    };
    Some((scheme.to_lowercase(), place?))
}

/// Host and port of an authority; brackets of an IPv6 address may be left out.
fn place(text: &str) -> Option<Place> {
    if let Ok(ip) = text.parse::<std::net::Ipv6Addr>() {
        return Some(Place {
            host: ip.to_string(),
            port: None,
        });
    }
    let authority: Authority = text.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host().trim_matches(['[', ']']).to_lowercase();
    (!host.is_empty()).then_some(Place {
        host,
        port: authority.port_u16(),
    })
}

/// Refuses what is not allowed, before anything else looks at the request; and counts every answer.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let answer = checked(&guard, request, next).await;
    observe::figures().http_answered(answer.status().as_u16());
    answer
}

async fn checked(guard: &Guard, request: Request, next: Next) -> Response {
    if !guard.allows_host(&request) {
        return errors(
            StatusCode::FORBIDDEN,
            "This server does not answer to that Host; the operator can add it to `allowed_hosts`.",
        )
        .into_response();
    }
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    if !origins.all(|origin| guard.allows_origin(origin)) {
        return errors(
            StatusCode::FORBIDDEN,
            "Pages of that Origin may not call this server; the operator can add it to `allowed_origins`.",
        )
        .into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let list = |entries: &[&str]| -> Vec<String> {
            entries.iter().map(|&entry| entry.to_owned()).collect()
        };
        let hosts = list(&["localhost", "127.0.0.1", "::1", "stoq.example:8443"]);
        let origins = list(&[
            "http://localhost:*",
            "http://[::1]:*",
            "https://app.example",
        ]);
        Guard::new(&hosts, &origins).unwrap()
    }

    #[test]
    fn an_entry_that_allows_nobody_is_told() {
        let none: [String; 0] = [];
        let error = Guard::new(&["my shop".to_owned()], &none).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`allowed_hosts`: `my shop` is no host; write it as `shop.example` or `shop.example:8443`"
        );
        let error = Guard::new(&none, &["localhost:5173".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`allowed_origins`: `localhost:5173` is no origin; write it as `https://app.example` or `http://localhost:*`"
        );
    }

    #[test]
    fn hosts_are_compared_by_name_and_port() {
        let allowed = |host: &str| {
            let request = Request::builder().uri("/mcp").header(header::HOST, host);
            guard().allows_host(&request.body(axum::body::Body::empty()).unwrap())
        };
        for good in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8080",
            "[::1]:9",
            "stoq.example:8443",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "stoq.example",
            "stoq.example:1",
            "me@localhost",
            "localhost.",
            "localhost:80:80",
            "[::1",
            "",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
        let two = Request::builder()
            .uri("/mcp")
            .header(header::HOST, "localhost")
            .header(header::HOST, "evil.example");
        assert!(!guard().allows_host(&two.body(axum::body::Body::empty()).unwrap()));
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let allowed = |origin: &str| guard().allows_origin(&HeaderValue::from_str(origin).unwrap());
        for good in [
            "http://localhost",
            "http://localhost:5173",
            "http://[::1]:1",
            "https://app.example",
            "https://app.example:443",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "null",
            "https://localhost",
            "http://evil.example",
            "http://localhost.evil.example",
            "https://app.example:8443",
            "http://app.example",
            "http://localhost@evil.example",
            "http://localhost/evil.example",
            "HTTP://",
            "localhost",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
