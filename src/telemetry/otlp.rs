//! Sends spans to a collector (OTLP over HTTP), in batches from a queue that drops what does not fit: a
//! collector that is slow or away costs spans, and no call waits for it.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::config::Collector;
use crate::observe;

/// Longest that one batch may take.
const BATCH: Duration = Duration::from_secs(5);
/// Longest that the last batches may take when the program ends.
const LAST: Duration = Duration::from_secs(3);
/// Largest answer of a collector that is read.
const MAX_ANSWER: usize = 64 << 10;
/// Names the service, when the operator wants another name.
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// The way to the collector, as long as spans are made.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

/// Starts to send spans; must be called where the program's tasks run.
///
/// # Errors
/// When no client can be made for the collector.
pub(crate) fn start(collector: &Collector) -> Result<Traces, String> {
    let client = Client::new(collector)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(BATCH)
        .with_endpoint(collector.url.as_str())
        .build()
        .map_err(|error| error.to_string())?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let mut resource = Resource::builder().with_attribute(version);
    if std::env::var_os(SERVICE_NAME).is_none() {
        resource = resource.with_service_name(env!("CARGO_PKG_NAME"));
    }
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    observe::send_spans_to(&provider);
    Ok(Traces { provider })
}

impl Traces {
    /// Sends what is left, for a bounded time.
    pub(crate) async fn stop(self) {
        // It waits for a thread that waits for this runtime.
        let last = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(LAST));
        if !matches!(tokio::time::timeout(LAST, last).await, Ok(Ok(Ok(())))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// The client of the collector: the batches come from a thread of their own, and are sent by the
/// program's runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    fn new(collector: &Collector) -> Result<Self, String> {
        // Already installed is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("stoq-mcp/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(BATCH);
        let host = collector.url.host_str();
        if host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]")) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder
                .build()
                .map_err(|error| error.without_url().to_string())?,
            runtime: Handle::current(),
        })
    }
}

impl HttpClient for Client {
    fn send_bytes<'this, 'send>(
        &'this self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'send>>
    where
        'this: 'send,
        Self: 'send,
    {
        let sending = self.runtime.spawn(exchange(self.http.clone(), request));
        Box::pin(async move {
            let answer = sending.await.map_err(HttpError::from).flatten();
            let is_well = answer
                .as_ref()
                .is_ok_and(|answer| answer.status().is_success());
            observe::figures().spans_sent(is_well);
            if !is_well {
                let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
                tracing::warn!(status, "a batch of traces was not taken by the collector");
            }
            answer
        })
    }
}

async fn exchange(
    http: reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let request = reqwest::Request::try_from(request).map_err(reqwest::Error::without_url)?;
    let answer = http
        .execute(request)
        .await
        .map_err(reqwest::Error::without_url)?;
    let status = answer.status();
    let mut answer = answer;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    let mut made = Response::new(Bytes::from(body));
    *made.status_mut() = status;
    Ok(made)
}
