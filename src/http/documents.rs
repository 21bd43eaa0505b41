//! The documents that are made from the registry for whoever asks: of the actions that the caller is
//! offered, under the caller's rules.

use std::fmt::Write as _;

use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri, header};
use rmcp::model::ProtocolVersion;
use sha2::{Digest, Sha256};

use super::gate::Here;
use super::pages::JSON;
use crate::discovery::{self, CARD_TYPE, Entrance, Offer, Place, Rules};

/// Where each is.
pub(super) const OPENAPI: &str = "/openapi.json";
pub(super) const SKILL: &str = "/skill.md";
pub(super) const LLMS: &str = "/llms.txt";
/// As the extension has it: below the address of the protocol.
pub(super) const CARD: &str = "/mcp/server-card";
/// Where others look.
pub(super) const WELL_KNOWN_CARD: &str = "/.well-known/mcp/server-card.json";

const MARKDOWN: &str = "text/markdown; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
/// Bytes of a digest that tell two versions apart.
const TAG: usize = 16;

pub(super) async fn openapi(Extension(here): Extension<Here>, headers: HeaderMap) -> Response {
    let text = made(&here, |offer| format!("{}\n", discovery::openapi(offer)));
    document(&headers, JSON, text)
}

pub(super) async fn skill(Extension(here): Extension<Here>, headers: HeaderMap) -> Response {
    document(&headers, MARKDOWN, made(&here, discovery::skill))
}

pub(super) async fn llms(Extension(here): Extension<Here>, headers: HeaderMap) -> Response {
    let text = made(&here, |offer| discovery::llms(offer, Place::Server));
    document(&headers, TEXT, text)
}

pub(super) async fn card(
    Extension(entrance): Extension<Entrance>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let versions: Vec<&str> = ProtocolVersion::KNOWN_VERSIONS
        .iter()
        .map(ProtocolVersion::as_str)
        .collect();
    let card = discovery::card(&endpoint(&headers, &uri), entrance, &versions);
    document(&headers, CARD_TYPE, format!("{card}\n"))
}

fn made(Here(tenant): &Here, make: impl Fn(Offer<'_>) -> String) -> String {
    let engine = tenant.server().engine();
    let is_local = engine.upstream().base().is_loopback();
    make(Offer {
        registry: engine.registry(),
        policy: engine.policy(),
        rules: Some(Rules::of(engine.guards(), is_local)),
    })
}

/// The address of the protocol, by the name the server was called by; that is one it answers to. Other
/// machines reach it through a proxy that speaks TLS.
fn endpoint(headers: &HeaderMap, uri: &Uri) -> String {
    let named = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = named
        .or_else(|| uri.authority().map(Authority::as_str))
        .unwrap_or("localhost");
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| match port.parse::<u16>() {
            Ok(_) => name,
            Err(_) => host,
        });
    let is_local = match name.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    };
    let scheme = if is_local { "http" } else { "https" };
    format!("{scheme}://{host}/mcp")
}

/// A document, or that the caller has it already.
fn document(headers: &HeaderMap, kind: &'static str, text: String) -> Response {
    let tag = tag(&text);
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known.filter_map(|value| value.to_str().ok());
    // What a caller is offered is the caller's alone, and may change with the operator's settings.
    let about = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::VARY, "Authorization, X-Auth-Token, Host".to_owned()),
    ];
    if known.any(|tags| holds(tags, &tag)) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let form = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (about, form, text).into_response()
}

fn tag(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut tag = String::from("\"");
    for byte in digest.iter().take(TAG) {
        // Writing into a text does not fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether `If-None-Match` names a version; weak and strong compare alike there.
fn holds(tags: &str, tag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_any_of_its_names() {
        let tag = tag("a");
        assert_eq!(tag.len(), 2 * TAG + 2);
        for (tags, known) in [
            (tag.clone(), true),
            (format!("\"x\", W/{tag}"), true),
            ("*".to_owned(), true),
            ("\"x\"".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(holds(&tags, &tag), known, "{tags}");
        }
    }

    #[test]
    fn the_address_is_the_one_that_was_called() {
        for (host, told) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/mcp"),
            ("localhost", "http://localhost/mcp"),
            ("[::1]:80", "http://[::1]:80/mcp"),
            ("stoq.example", "https://stoq.example/mcp"),
            ("stoq.example:8443", "https://stoq.example:8443/mcp"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(endpoint(&headers, &Uri::from_static(CARD)), told);
        }
    }
}
