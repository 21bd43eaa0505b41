//! `Host` and `Origin` of every request, each checked alone: a page of another site must not reach a
//! server on this machine, neither by naming it nor by a host name that resolves to it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderValue, StatusCode, Uri, header};

use super::HttpOptions;
use super::pages::errors;

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
    /// Reads the lists; an entry that is no host or origin allows nothing.
    pub(super) fn new(options: &HttpOptions) -> Self {
        let hosts = options.allowed_hosts.iter().filter_map(|text| place(text));
        let origins = options.allowed_origins.iter().filter_map(|text| {
            let (scheme, rest) = text.split_once("://")?;
            let place = match rest.strip_suffix(":*") {
                Some(host) => place(host),
                None => place(rest).map(|found| with_default_port(found, scheme)),
            };
            Some((scheme.to_lowercase(), place?))
        });
        Self {
            hosts: hosts.collect(),
            origins: origins.collect(),
        }
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
        let header = request
            .headers()
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
            .or_else(|| request.uri().authority().map(Authority::as_str));
        header
            .and_then(place)
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

/// Refuses what is not allowed, before anything else looks at the request.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    if !guard.allows_host(&request) {
        return errors(
            StatusCode::FORBIDDEN,
            "This server does not answer to that Host; the operator can add it to `allowed_hosts`.",
        )
        .into_response();
    }
    if let Some(origin) = request.headers().get(header::ORIGIN)
        && !guard.allows_origin(origin)
    {
        return errors(
            StatusCode::FORBIDDEN,
            "Pages of that Origin may not call this server; the operator can add it to `allowed_origins`.",
        )
        .into_response();
    }
    next.run(request).await
}

/// The query parameter of a name, decoded.
pub(super) fn query(uri: &Uri, name: &str) -> Option<String> {
    url::form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(&HttpOptions {
            allowed_hosts: ["localhost", "127.0.0.1", "::1", "stoq.example:8443"]
                .map(str::to_owned)
                .to_vec(),
            allowed_origins: [
                "http://localhost:*",
                "http://[::1]:*",
                "https://app.example",
            ]
            .map(str::to_owned)
            .to_vec(),
        })
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
            "",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
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
            "localhost",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
