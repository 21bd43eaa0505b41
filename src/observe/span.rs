//! Spans: of a client's request, and of every attempt at the API that it leads to.
//!
//! Attributes are those of the semantic conventions of OpenTelemetry. What could hold a shopper, a shop
//! or a caller's text is not among them: of an address its template alone, of a failure its kind.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use http::HeaderValue;
use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::scope::here;
use super::traceparent::TraceContext;

const SCOPE: &str = env!("CARGO_PKG_NAME");
const ERROR_TYPE: &str = "error.type";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Where spans go from now on. The first one that is named stays.
pub(crate) fn send_spans_to(provider: &SdkTracerProvider) {
    let _ = TRACER.set(provider.tracer(SCOPE));
}

/// Whether spans go anywhere.
fn is_traced() -> bool {
    TRACER.get().is_some()
}

/// A path with placeholders, `:id` or `{id}`, as spans carry it; `None` when there are no spans.
pub(crate) fn template(path: &str) -> Option<Arc<str>> {
    is_traced().then(|| {
        let parts = path.split('/').map(|part| match part.strip_prefix(':') {
            Some(name) => Cow::from(format!("{{{name}}}")),
            None => Cow::from(part),
        });
        Arc::from(parts.collect::<Vec<_>>().join("/"))
    })
}

/// The trace that something belongs to.
#[derive(Debug, Clone)]
pub(crate) enum Trace {
    /// The caller's own, which is handed on as it came: there are no spans here.
    Caller(TraceContext),
    /// A span of ours.
    Span(Context),
}

impl Trace {
    /// The span of a client's request: of ours when spans go anywhere, else the caller's.
    pub(crate) fn begin(
        name: String,
        caller: Option<TraceContext>,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Option<Self> {
        let Some(tracer) = TRACER.get() else {
            return caller.map(Self::Caller);
        };
        let parent = caller.map_or_else(Context::new, remote);
        let span = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_attributes(attributes())
            .start_with_context(tracer, &parent);
        Some(Self::Span(parent.with_span(span)))
    }

    /// Adds to a span of ours.
    pub(crate) fn note(&self, name: &'static str, value: impl Into<opentelemetry::Value>) {
        match self {
            Self::Caller(_) => {}
            Self::Span(context) => context.span().set_attribute(KeyValue::new(name, value)),
        }
    }

    /// Says that what a span of ours stands for has failed; the kind is one of a small set.
    pub(crate) fn failed(&self, kind: impl Into<Cow<'static, str>>) {
        match self {
            Self::Caller(_) => {}
            Self::Span(context) => fail(context, kind.into()),
        }
    }

    /// Ends a span of ours.
    pub(crate) fn end(&self) {
        match self {
            Self::Caller(_) => {}
            Self::Span(context) => context.span().end(),
        }
    }

    /// The id of the trace, as logs carry it.
    pub(crate) fn id(&self) -> String {
        let id = match self {
            Self::Caller(caller) => caller.trace,
            Self::Span(context) => {
                u128::from_be_bytes(context.span().span_context().trace_id().to_bytes())
            }
        };
        format!("{id:032x}")
    }
}

fn fail(context: &Context, kind: Cow<'static, str>) {
    let span = context.span();
    span.set_attribute(KeyValue::new(ERROR_TYPE, kind));
    // Without a description: it would be a text of somebody.
    span.set_status(Status::error(""));
}

fn remote(caller: TraceContext) -> Context {
    let context = SpanContext::new(
        TraceId::from_bytes(caller.trace.to_be_bytes()),
        SpanId::from_bytes(caller.span.to_be_bytes()),
        TraceFlags::new(caller.flags),
        true,
        TraceState::default(),
    );
    Context::new().with_remote_span_context(context)
}

fn header(context: &Context) -> TraceContext {
    let span = context.span();
    let context = span.span_context();
    TraceContext {
        trace: u128::from_be_bytes(context.trace_id().to_bytes()),
        span: u64::from_be_bytes(context.span_id().to_bytes()),
        flags: context.trace_flags().to_u8(),
    }
}

/// What an attempt asks for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// The verb.
    pub method: &'static str,
    /// Where the API begins, before the template.
    pub base: &'static str,
    /// The path with its placeholders.
    pub template: Option<&'a str>,
    /// The API's host.
    pub host: &'a str,
    /// Its port.
    pub port: Option<u16>,
    /// Attempts of the same request before this one.
    pub repeats: u32,
}

/// An attempt on its way.
#[derive(Debug)]
pub(crate) struct Sending {
    traceparent: Option<HeaderValue>,
    span: Option<Context>,
}

impl Sending {
    /// An attempt that begins now, in the trace that is at work here.
    pub(crate) fn begin(asked: &Asked<'_>) -> Self {
        let at_work = here().trace;
        let Some(tracer) = TRACER.get() else {
            let traceparent = match at_work {
                Some(Trace::Caller(caller)) => HeaderValue::try_from(caller.to_string()).ok(),
                Some(Trace::Span(_)) | None => None,
            };
            return Self {
                traceparent,
                span: None,
            };
        };
        let parent = match at_work {
            Some(Trace::Span(context)) => context,
            Some(Trace::Caller(caller)) => remote(caller),
            None => Context::new(),
        };
        let span = SpanBuilder::from_name(asked.name())
            .with_kind(SpanKind::Client)
            .with_attributes(asked.attributes())
            .start_with_context(tracer, &parent);
        let context = Context::new().with_span(span);
        Self {
            traceparent: HeaderValue::try_from(header(&context).to_string()).ok(),
            span: Some(context),
        }
    }

    /// What tells the API of the trace.
    pub(crate) fn traceparent(&self) -> Option<&HeaderValue> {
        self.traceparent.as_ref()
    }

    /// How the attempt ended: the status of a complete answer, and the kind of the failure if it is one.
    pub(crate) fn ended(self, status: Option<u16>, failure: Option<&'static str>) {
        let Some(context) = self.span else {
            return;
        };
        let span = context.span();
        if let Some(status) = status {
            span.set_attribute(KeyValue::new(
                "http.response.status_code",
                i64::from(status),
            ));
        }
        match (failure, status) {
            (None, _) => {}
            (Some(_), Some(status)) if status >= 400 => fail(&context, status.to_string().into()),
            (Some(kind), _) => fail(&context, kind.into()),
        }
        span.end();
    }
}

impl Asked<'_> {
    fn name(&self) -> Cow<'static, str> {
        match self.template {
            Some(template) => format!("{} {}{template}", self.method, self.base).into(),
            None => self.method.into(),
        }
    }

    fn attributes(&self) -> Vec<KeyValue> {
        let mut all = vec![
            KeyValue::new("http.request.method", self.method),
            KeyValue::new("server.address", self.host.to_owned()),
        ];
        if let Some(port) = self.port {
            all.push(KeyValue::new("server.port", i64::from(port)));
        }
        if let Some(template) = self.template {
            let template = format!("{}{template}", self.base);
            all.push(KeyValue::new("url.template", template));
        }
        if self.repeats > 0 {
            let repeats = i64::from(self.repeats);
            all.push(KeyValue::new("http.request.resend_count", repeats));
        }
        all
    }
}
