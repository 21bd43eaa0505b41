//! One attempt over the wire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::StreamExt;
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::points::RateHeaders;
use super::{
    Ambiguity, ApiRequest, ApiResponse, Foreign, ForeignText, Options, Sieve, UpstreamError, error,
};
use crate::registry::entry::{Api, Method, ParametersIn};

/// Names the shop of a request without a key (vendor docs: v1 Back in Stock API).
const SHOP_DOMAIN: HeaderName = HeaderName::from_static("x-shopify-shop-domain");
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Most bytes of an address, which servers in general refuse when it is longer.
const MAX_ADDRESS: usize = 8_192;

/// The HTTP client: one origin, HTTP/1.1, no redirects, no cookies, no repeats of its own.
pub(super) fn client(options: &Options) -> Result<reqwest::Client, String> {
    // Already installed is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("stoq-mcp/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(options.connect_timeout)
        .pool_max_idle_per_host(64)
        .pool_idle_timeout(Duration::from_secs(30));
    if options.base.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| chain(&error.without_url()))
}

/// One request on its way.
pub(super) struct Attempt<'a> {
    pub http: &'a reqwest::Client,
    pub options: &'a Options,
    pub limit: Duration,
    /// The trace it belongs to, as the API is told.
    pub traceparent: Option<&'a HeaderValue>,
}

/// A complete answer, success or not.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub rate: RateHeaders,
    retry_after: Option<Duration>,
    pub date: Option<SystemTime>,
    body: Body,
}

/// What the answer carried.
#[derive(Debug)]
enum Body {
    /// With whether fields of its rows were read over.
    Json(Value, bool),
    /// Nothing at all.
    Empty,
    /// Something that is not JSON.
    Other,
}

impl Body {
    fn read(bytes: &[u8], sieve: Option<&Sieve>) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let read = match sieve {
            Some(sieve) => sieve.read(bytes),
            None => serde_json::from_slice(bytes).map(|body| (body, false)),
        };
        read.map_or(Self::Other, |(body, is_narrowed)| {
            Self::Json(body, is_narrowed)
        })
    }
}

impl Attempt<'_> {
    /// Sends the request and reads the whole answer.
    pub(super) async fn run(&self, request: &ApiRequest) -> Result<Answer, UpstreamError> {
        match tokio::time::timeout(self.limit, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(UpstreamError::Ambiguous(Ambiguity::TimedOut)),
        }
    }

    async fn exchange(&self, request: &ApiRequest) -> Result<Answer, UpstreamError> {
        let response = self
            .build(request)?
            .send()
            .await
            .map_err(|error| self.fault(error))?;
        let status = response.status().as_u16();
        let is_success = response.status().is_success();
        let headers = response.headers().clone();
        let bytes = self.read(response).await?;
        let date = date(&headers);
        Ok(Answer {
            status,
            rate: rate(&headers, date),
            retry_after: seconds(&headers, &RETRY_AFTER),
            date,
            body: Body::read(&bytes, request.sieve.as_ref().filter(|_| is_success)),
        })
    }

    fn build(&self, request: &ApiRequest) -> Result<reqwest::RequestBuilder, UpstreamError> {
        let mut url = self.options.base.join(request.api, &request.path);
        let method = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let (name, shop) = match request.api {
            Api::V2 | Api::V1 | Api::Local => (TOKEN, self.key()?),
            Api::V1Public => (SHOP_DOMAIN, self.shop_domain()?),
        };
        let body = match request.parameters_in {
            ParametersIn::Query => {
                let pairs = request.query();
                if !pairs.is_empty() {
                    url.query_pairs_mut().extend_pairs(pairs);
                }
                if url.as_str().len() > MAX_ADDRESS {
                    return Err(UpstreamError::Invalid {
                        status: 414,
                        messages: vec![ForeignText::new(&format!(
                            "the query is longer than {MAX_ADDRESS} bytes"
                        ))],
                    });
                }
                None
            }
            ParametersIn::Body => Some(Value::Object(request.parameters.clone()).to_string()),
        };
        let mut builder = self
            .http
            .request(method, url)
            .header(name, shop)
            .header(ACCEPT, "application/json");
        if let Some(traceparent) = self.traceparent {
            builder = builder.header(TRACEPARENT, traceparent);
        }
        if let Some(body) = body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        Ok(builder)
    }

    fn key(&self) -> Result<HeaderValue, UpstreamError> {
        let mut token = HeaderValue::from_str(self.options.key.expose_secret()).map_err(|_| {
            UpstreamError::Setup {
                reason: "the shop's key holds characters that no header can carry".to_owned(),
            }
        })?;
        token.set_sensitive(true);
        Ok(token)
    }

    fn shop_domain(&self) -> Result<HeaderValue, UpstreamError> {
        let domain = self.options.shop_domain.as_deref();
        domain
            .and_then(|domain| HeaderValue::from_str(domain).ok())
            .ok_or(UpstreamError::NoShopDomain)
    }

    async fn read(&self, response: reqwest::Response) -> Result<Vec<u8>, UpstreamError> {
        read_capped(response, self.options.max_answer_bytes)
            .await
            .map_err(|error| match error {
                ReadError::TooLarge(cap) => UpstreamError::Ambiguous(Ambiguity::TooLarge(cap)),
                ReadError::Broken(_) => UpstreamError::Ambiguous(Ambiguity::Dropped),
            })
    }

    fn fault(&self, error: reqwest::Error) -> UpstreamError {
        if error.is_connect() || error.is_builder() {
            return UpstreamError::NotSent {
                host: self.options.base.host().to_owned(),
                reason: chain(&error.without_url()),
            };
        }
        let what = if error.is_timeout() {
            Ambiguity::TimedOut
        } else {
            Ambiguity::Dropped
        };
        UpstreamError::Ambiguous(what)
    }
}

impl Answer {
    /// The payload of a success, or the error of everything else. A write that succeeds without a
    /// word has succeeded; a read or v1's create that does has not.
    pub(super) fn into_response(self, request: &ApiRequest) -> Result<ApiResponse, UpstreamError> {
        let status = self.status;
        match (status, self.body, request.api) {
            (200..=299, Body::Json(body, is_narrowed), Api::V1Public) => {
                match error::refused_with_success(status, &body) {
                    Some(error) => Err(error),
                    None => Ok(success(status, body, is_narrowed)),
                }
            }
            (200..=299, Body::Json(body, is_narrowed), Api::V2 | Api::V1 | Api::Local) => {
                Ok(success(status, body, is_narrowed))
            }
            (200..=299, Body::Empty, Api::V2 | Api::V1 | Api::Local)
                if request.method != Method::Get =>
            {
                Ok(success(status, Value::Null, false))
            }
            (200..=299, Body::Empty | Body::Other, _) => {
                Err(UpstreamError::Ambiguous(Ambiguity::Malformed))
            }
            (_, Body::Json(body, _), _) => {
                Err(error::from_status(status, Some(&body), self.retry_after))
            }
            (_, Body::Empty | Body::Other, _) => {
                Err(error::from_status(status, None, self.retry_after))
            }
        }
    }
}

fn success(status: u16, body: Value, is_narrowed: bool) -> ApiResponse {
    ApiResponse {
        status,
        body: Foreign::new(body),
        is_narrowed,
    }
}

/// Why a body could not be read to its end.
pub(super) enum ReadError {
    /// More bytes than the cap.
    TooLarge(usize),
    /// The connection broke.
    Broken(String),
}

/// Reads a body, after decompression, up to a cap.
pub(super) async fn read_capped(
    response: reqwest::Response,
    cap: usize,
) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ReadError::Broken(chain(&error.without_url())))?;
        if bytes.len() + chunk.len() > cap {
            return Err(ReadError::TooLarge(cap));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// An error with its causes, innermost last; the address was taken out before.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

fn rate(headers: &HeaderMap, date: Option<SystemTime>) -> RateHeaders {
    let reset =
        number(headers, &RESET).and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at)));
    let now = date.unwrap_or_else(SystemTime::now);
    let points = |name| number(headers, name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    RateHeaders {
        limit: points(&LIMIT),
        remaining: points(&REMAINING),
        reset_in: reset.map(|reset| reset.duration_since(now).unwrap_or_default()),
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// A header in whole seconds, or as an HTTP date relative to the answer's own.
fn seconds(headers: &HeaderMap, name: &HeaderName) -> Option<Duration> {
    if let Some(seconds) = number(headers, name) {
        return Some(Duration::from_secs(seconds));
    }
    let at = http_date(headers.get(name)?)?;
    let now = date(headers).unwrap_or_else(SystemTime::now);
    Some(at.duration_since(now).unwrap_or_default())
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    headers.get(DATE).and_then(http_date)
}

fn http_date(value: &HeaderValue) -> Option<SystemTime> {
    chrono::DateTime::parse_from_rfc2822(value.to_str().ok()?)
        .ok()
        .map(SystemTime::from)
}
