//! Tools that talk to the client while they run: requests in the session of an older client, log
//! lines, progress.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam,
    ProtocolVersion,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::content::line;
use super::input::{self, Kind, ask};

/// Time between two notifications of one call.
const PAUSE: Duration = Duration::from_millis(50);

/// The answer of such a tool, or nothing if the name is another's.
pub(super) async fn answer(
    name: &str,
    argument: impl Fn(&str) -> String,
    context: &RequestContext<RoleServer>,
) -> Result<Option<CallToolResult>, ErrorData> {
    let result = match name {
        "test_sampling" => sampling(context, &argument("prompt")).await?,
        "test_elicitation" => elicitation(context, &argument("message"), &contact()).await?,
        "test_elicitation_sep1034_defaults" => {
            elicitation(context, "Take or change the defaults.", &defaults()).await?
        }
        "test_elicitation_sep1330_enums" => {
            elicitation(context, "Choose one of each kind.", &choices()).await?
        }
        "test_missing_capability" => capable(context)?,
        "test_tool_with_progress" => progress(context).await,
        "test_tool_with_logging" => {
            let lines = [
                "Tool execution started",
                "Tool processing data",
                "Tool execution completed",
            ];
            log(context, &lines).await
        }
        "test_logging_tool" => log(context, &["Tool execution started"]).await,
        "test_reconnection" => {
            tokio::time::sleep(PAUSE * 2).await;
            line("Answered after a while.")
        }
        _ => return Ok(None),
    };
    Ok(Some(result))
}

fn capable(context: &RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
    let client = context.client_capabilities().unwrap_or_default();
    if client.sampling.is_some() {
        Ok(line("The client can sample."))
    } else {
        Err(Kind::Sampling.missing()?)
    }
}

async fn sampling(
    context: &RequestContext<RoleServer>,
    prompt: &str,
) -> Result<CallToolResult, ErrorData> {
    let request = input::create_message(prompt, 100);
    let answer = ask(&context.peer, Kind::Sampling, request).await?;
    let text = answer.pointer("/content/text").and_then(Value::as_str);
    Ok(line(format!("LLM response: {}", text.unwrap_or(""))))
}

async fn elicitation(
    context: &RequestContext<RoleServer>,
    message: &str,
    schema: &Value,
) -> Result<CallToolResult, ErrorData> {
    let request = input::elicitation(message, schema);
    let answer = ask(&context.peer, Kind::Elicitation, request).await?;
    let action = answer.get("action").and_then(Value::as_str).unwrap_or("");
    let content = answer.get("content").unwrap_or(&Value::Null);
    Ok(line(format!(
        "Elicitation completed: action={action}, content={content}"
    )))
}

fn contact() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        },
        "required": ["username", "email"],
    })
}

fn defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "A name", "default": "John Doe"},
            "age": {"type": "integer", "description": "Years", "default": 30},
            "score": {"type": "number", "description": "A score", "default": 95.5},
            "status": {
                "type": "string",
                "description": "A status",
                "enum": ["active", "inactive", "pending"],
                "default": "active",
            },
            "verified": {"type": "boolean", "description": "Verified", "default": true},
        },
    })
}

fn choices() -> Value {
    let titled = |first: &str, second: &str| json!([{"const": "value1", "title": first}, {"const": "value2", "title": second}]);
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
            "titledSingle": {"type": "string", "oneOf": titled("First Option", "Second Option")},
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {
                "type": "array",
                "items": {"type": "string", "enum": ["option1", "option2", "option3"]},
            },
            "titledMulti": {
                "type": "array",
                "items": {"anyOf": titled("First Choice", "Second Choice")},
            },
        },
    })
}

async fn progress(context: &RequestContext<RoleServer>) -> CallToolResult {
    let token = context.meta.get_progress_token();
    for done in [0.0, 50.0, 100.0] {
        if let Some(token) = token.clone() {
            let param = ProgressNotificationParam::new(token, done).with_total(100.0);
            if context.peer.notify_progress(param).await.is_err() {
                break;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    line("All steps are done.")
}

/// Logs, to a session of an older client or to a request that asked for it.
async fn log(context: &RequestContext<RoleServer>, lines: &[&str]) -> CallToolResult {
    let modern = context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str());
    if !modern || context.meta.log_level().is_some() {
        for text in lines {
            let param = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(text))
                .with_logger("fixtures");
            if context.peer.notify_logging_message(param).await.is_err() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    line("Logging is done.")
}
