//! The span of a client's request, by the semantic conventions for MCP.
//!
//! Only what the protocol itself says is told of a request: its method, its id, its version, and the
//! name of a tool or prompt that exists. Arguments, addresses of resources and texts are not.

use std::future::Future;

use opentelemetry::{KeyValue, Value};
use rmcp::ErrorData;
use rmcp::model::NumberOrString;
use rmcp::service::{RequestContext, RoleServer};

use crate::observe::{self, Scope, Trace, TraceContext};

/// By which a caller tells of the trace it is in, in `_meta` as in HTTP.
const TRACEPARENT: &str = "traceparent";
const SESSION: &str = "mcp-session-id";
/// Longest id of a request that is told; ids are numbers or short tokens.
const LONGEST_ID: usize = 64;

/// What a request is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About<'a> {
    /// A tool that exists.
    Tool(&'a str),
    /// A prompt that exists.
    Prompt(&'a str),
    /// Nothing that has a name of ours.
    Nothing,
}

/// Answers a request within its span, or within the caller's trace when there are no spans.
pub(super) async fn traced<T>(
    context: &RequestContext<RoleServer>,
    method: &'static str,
    about: About<'_>,
    work: impl Future<Output = Result<T, ErrorData>>,
) -> Result<T, ErrorData> {
    let name = match about {
        About::Tool(name) | About::Prompt(name) => format!("{method} {name}"),
        About::Nothing => method.to_owned(),
    };
    let attributes = || attributes(context, method, about);
    let Some(trace) = Trace::begin(name, caller(context), attributes) else {
        return work.await;
    };
    let scope = Scope {
        trace: Some(trace.clone()),
        acting: None,
    };
    let answer = observe::within(scope, work).await;
    if let Err(error) = &answer {
        let code = error.code.0.to_string();
        trace.note("rpc.response.status_code", code.clone());
        trace.failed(code);
    }
    trace.end();
    answer
}

/// Says of the span that is at work that its tool ended in an error.
pub(super) fn tool_failed() {
    if let Some(trace) = observe::here().trace {
        trace.failed("tool_error");
    }
}

/// The trace that the caller is in: by `_meta`, which every transport carries, or else by the header.
fn caller(context: &RequestContext<RoleServer>) -> Option<TraceContext> {
    if let Some(told) = context.meta.get(TRACEPARENT) {
        return TraceContext::parse(told.as_str()?);
    }
    let mut told = http(context)?.headers.get_all(TRACEPARENT).iter();
    match (told.next(), told.next()) {
        (Some(only), None) => TraceContext::parse(only.to_str().ok()?),
        (None | Some(_), _) => None,
    }
}

fn http(context: &RequestContext<RoleServer>) -> Option<&http::request::Parts> {
    context.extensions.get()
}

fn attributes(
    context: &RequestContext<RoleServer>,
    method: &'static str,
    about: About<'_>,
) -> Vec<KeyValue> {
    let mut all = vec![
        KeyValue::new("rpc.system.name", "jsonrpc"),
        KeyValue::new("rpc.method", method),
        KeyValue::new("mcp.method.name", method),
    ];
    let mut add = |name: &'static str, value: Value| all.push(KeyValue::new(name, value));
    match about {
        About::Tool(name) => {
            add("gen_ai.operation.name", "execute_tool".into());
            add("gen_ai.tool.name", name.to_owned().into());
        }
        About::Prompt(name) => add("gen_ai.prompt.name", name.to_owned().into()),
        About::Nothing => {}
    }
    if let Some(id) = id(&context.id) {
        add("jsonrpc.request.id", id.into());
    }
    if let Some(version) = context.protocol_version().and_then(known) {
        add("mcp.protocol.version", version.into());
    }
    match http(context) {
        Some(parts) => {
            add("network.transport", "tcp".into());
            add("network.protocol.name", "http".into());
            let session = parts.headers.get(SESSION);
            if let Some(session) = session
                .and_then(|session| session.to_str().ok())
                .and_then(plain)
            {
                add("mcp.session.id", session.into());
            }
        }
        None => add("network.transport", "pipe".into()),
    }
    all
}

/// An id, when it is one that a program makes.
fn id(id: &NumberOrString) -> Option<String> {
    match id {
        NumberOrString::Number(number) => Some(number.to_string()),
        NumberOrString::String(text) => plain(text),
    }
}

/// A version of the protocol, which is a date.
fn known(version: rmcp::model::ProtocolVersion) -> Option<String> {
    plain(version.as_str())
}

/// A short token of letters, digits and hyphens: no address and no sentence.
fn plain(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = !text.is_empty() && text.len() <= LONGEST_ID && text.bytes().all(is_plain);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_be_a_text_of_somebody_is_not_told() {
        let told = |text: &str| id(&NumberOrString::String(text.into()));
        assert_eq!(id(&NumberOrString::Number(-7)), Some("-7".to_owned()));
        assert_eq!(told("a-1"), Some("a-1".to_owned()));
        for text in ["", "ines@example.com", "two words", "ü", &"a".repeat(65)] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
