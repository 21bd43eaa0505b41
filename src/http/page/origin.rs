//! Only the page itself may have a call made: a request that another page can forge is refused.
//!
//! The server's own check of `Origin` lets in the pages that the operator trusts with the protocol, on
//! this machine those of every port. Here that is not enough. A page of another site can send neither
//! this kind of body nor this header without asking first, and is told no; what it can forge does not
//! pass.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};

use crate::http::pages::errors;

/// The header that a form of another site cannot send.
const OURS: HeaderName = HeaderName::from_static("x-stoq-docs");
/// What browsers say of where a request comes from.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const FOREIGN: &str = "Calls are tried from this server's own page /docs alone. Nothing was done. Elsewhere, make them through /mcp.";
const NOT_JSON: &str =
    "A call is tried with a body of JSON. Nothing was done. Send Content-Type: application/json.";

/// Refuses what does not come from the page itself, before the body is read.
pub(super) async fn same(request: Request, next: Next) -> Response {
    if !is_own(request.headers(), request.uri()) {
        return errors(StatusCode::FORBIDDEN, FOREIGN).into_response();
    }
    if !is_json(request.headers()) {
        return errors(StatusCode::UNSUPPORTED_MEDIA_TYPE, NOT_JSON).into_response();
    }
    next.run(request).await
}

fn is_own(headers: &HeaderMap, uri: &Uri) -> bool {
    let is_marked = one(headers, &OURS) == Some("try");
    // Older browsers do not say it.
    let is_here = match headers.contains_key(SITE) {
        true => one(headers, &SITE) == Some("same-origin"),
        false => true,
    };
    let host = one(headers, &header::HOST).or_else(|| uri.authority().map(Authority::as_str));
    is_marked && is_here && one(headers, &header::ORIGIN).zip(host).is_some_and(is_same)
}

/// Whether an origin is of a host. The scheme is not known here: a proxy may have taken TLS off.
fn is_same((origin, host): (&str, &str)) -> bool {
    let Some((scheme, place)) = origin.split_once("://") else {
        return false;
    };
    let default = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return false,
    };
    let read = |text: &str| {
        let authority: Authority = text.parse().ok()?;
        let port = authority.port_u16().unwrap_or(default);
        Some((authority.host().to_ascii_lowercase(), port))
    };
    read(place).is_some_and(|place| read(host) == Some(place))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = one(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// The one value of a header; two are none.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value: Option<&HeaderValue> = values.next();
    value
        .filter(|_| values.next().is_none())
        .and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        is_own(&headers, &Uri::from_static("/docs/try"))
    }

    #[test]
    fn an_origin_is_the_pages_own_by_host_and_port() {
        for (origin, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://localhost", "localhost"),
            ("http://localhost:80", "LOCALHOST"),
            ("https://stoq.example", "stoq.example"),
            ("https://stoq.example", "stoq.example:443"),
            ("http://[::1]:9", "[::1]:9"),
        ] {
            assert!(is_same((origin, host)), "{origin} {host}");
        }
        for (origin, host) in [
            ("null", "localhost"),
            ("http://localhost:5173", "localhost:8080"),
            ("http://127.0.0.1:8080", "localhost:8080"),
            ("https://evil.example", "stoq.example"),
            ("https://stoq.example:8443", "stoq.example"),
            ("file://localhost", "localhost"),
            ("http://", "localhost"),
            ("http://localhost", ""),
        ] {
            assert!(!is_same((origin, host)), "{origin} {host}");
        }
    }

    #[test]
    fn every_sign_of_the_page_must_be_there() {
        let (host, origin) = (("host", "localhost:1"), ("origin", "http://localhost:1"));
        let (mark, here) = (("x-stoq-docs", "try"), ("sec-fetch-site", "same-origin"));
        assert!(own(&[host, origin, mark, here]));
        assert!(own(&[host, origin, mark]));
        for lacking in [
            vec![host, mark, here],
            vec![host, origin, here],
            vec![origin, mark, here],
            vec![host, origin, mark, ("sec-fetch-site", "same-site")],
            vec![host, origin, mark, here, here],
            vec![host, origin, origin, mark],
            vec![host, origin, ("x-stoq-docs", "1")],
        ] {
            assert!(!own(&lacking), "{lacking:?}");
        }
    }

    #[test]
    fn a_body_says_that_it_is_json() {
        let json = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
            is_json(&headers)
        };
        assert!(json("application/json"));
        assert!(json("Application/JSON; charset=utf-8"));
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            assert!(!json(kind), "{kind}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
