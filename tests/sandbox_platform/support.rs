//! A running sandbox and a plain HTTP client.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use stoq_mcp::registry::Registry;
use stoq_mcp::registry::entry::Api;
use stoq_mcp::sandbox::seed::Kind;
use stoq_mcp::sandbox::{Options, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const SHOP_A: &str = "juniper-supply.myshopify.com";
pub const KEY_A: &str = "stoq_api_key_5a0db0c5000000000000000000000001";
pub const KEY_B: &str = "stoq_api_key_5a0db0c5000000000000000000000002";
pub const BASE: &str = "/api/v2/external";
pub const SIGNUPS: &str = "/back_in_stock/signups";
/// The first signup of the fixture.
pub const S1: &str = "51900000-0000-4000-8000-000000000001";

/// The fixture, served, its clock standing at 2026-03-31T12:00:00Z and less than a second.
pub struct Site {
    pub sandbox: Sandbox,
    client: Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Code and body.
    pub fn told(&self) -> (u16, Value) {
        (self.status, self.json())
    }
}

pub fn options(kind: Kind) -> Options {
    Options {
        dataset: kind,
        ..Options::new(Arc::new(Registry::bundled().unwrap()))
    }
}

pub fn client() -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls())
        .build()
        .unwrap()
}

fn tls() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

/// How many actions of v2 the registry describes.
pub fn registered() -> usize {
    let registry = Registry::bundled().unwrap();
    let actions = registry.actions().iter();
    actions
        .filter(|action| action.entry().api == Api::V2)
        .count()
}

/// One error text.
pub fn error(text: &str) -> Value {
    json!({"errors": [text]})
}

impl Site {
    pub async fn fixture() -> Self {
        let site = Self::of(options(Kind::Fixture)).await;
        site.control("POST", "/clock", json!({"frozen": true}));
        site
    }

    pub async fn of(options: Options) -> Self {
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            client: client(),
        }
    }

    /// The control plane in this process; must succeed.
    pub fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.sandbox.control(method, path, &body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    pub fn advance(&self, ms: u64) {
        self.control("POST", "/clock", json!({"advance_ms": ms}));
    }

    pub fn fault(&self, rule: Value) {
        self.control("POST", "/faults", rule);
    }

    /// Entries of the journal after a number.
    pub fn journal(&self) -> Vec<Value> {
        let answer = self.control("GET", "/journal", Value::Null);
        answer["entries"].as_array().unwrap().clone()
    }

    /// The latest entry.
    pub fn last(&self) -> Value {
        self.journal().pop().unwrap()
    }

    /// Any request below the origin.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Got, reqwest::Error> {
        let url = format!("{}{path}", self.sandbox.origin());
        let mut request = self
            .client
            .request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        Ok(Got {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }

    /// A v2 request of shop A with a JSON body, or the reason why there was no answer.
    pub async fn attempt(
        &self,
        method: &str,
        path: &str,
        body: Value,
    ) -> Result<Got, reqwest::Error> {
        let sent = (!body.is_null()).then(|| body.to_string().into_bytes());
        let headers = [
            ("x-auth-token", KEY_A),
            ("content-type", "application/json"),
        ];
        self.send(method, &format!("{BASE}{path}"), &headers, sent)
            .await
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Got {
        self.attempt(method, path, body).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Got {
        self.call("GET", path, Value::Null).await
    }

    pub async fn get_as(&self, key: &str, path: &str) -> Got {
        let headers = [("x-auth-token", key)];
        self.send("GET", &format!("{BASE}{path}"), &headers, None)
            .await
            .unwrap()
    }

    /// Bytes that come back for bytes sent, until the sandbox closes or `enough` is there.
    pub async fn raw(&self, request: &str, enough: &str) -> String {
        let address = self.sandbox.origin().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4_096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(count) => seen.extend_from_slice(&buffer[..count]),
            }
            if !enough.is_empty() && String::from_utf8_lossy(&seen).contains(enough) {
                break;
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// A raw v2 request of shop A.
    pub async fn raw_call(&self, method: &str, path: &str, body: &str) -> String {
        let length = body.len();
        let request = format!(
            "{method} {BASE}{path} HTTP/1.1\r\nHost: sandbox\r\nX-Auth-Token: {KEY_A}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.raw(&request, "").await
    }

    /// Points of shop A used so far.
    pub fn points_used(&self) -> u64 {
        let state = self.control("GET", &format!("/shops/{SHOP_A}"), Value::Null);
        state["points_used"].as_u64().unwrap()
    }
}
