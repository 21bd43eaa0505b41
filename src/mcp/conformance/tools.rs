//! The fixture tools: what `tools/list` shows of them, and who answers each.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::changes::Change;
use super::content::{answer, line};
use super::input::{self, Kind, Rounds, Step, ask};
use super::{Fixtures, decode, tasks};

/// Time between two notifications of one call.
const PAUSE: Duration = Duration::from_millis(50);

/// Tools without arguments.
const PLAIN: &[(&str, &str)] = &[
    ("test_simple_text", "Answers with a text."),
    ("test_image_content", "Answers with an image."),
    ("test_audio_content", "Answers with a sound."),
    (
        "test_embedded_resource",
        "Answers with an embedded resource.",
    ),
    (
        "test_multiple_content_types",
        "Answers with text, image and resource.",
    ),
    ("test_error_handling", "Answers with an error result."),
    ("test_tool_with_logging", "Logs three lines, then answers."),
    (
        "test_logging_tool",
        "Logs one line for a request that asked for logs, then answers.",
    ),
    ("test_tool_with_progress", "Reports progress, then answers."),
    ("test_reconnection", "Answers after a while."),
    ("test_missing_capability", "Needs a client with sampling."),
    (
        "test_elicitation_sep1034_defaults",
        "Asks with a form full of defaults.",
    ),
    (
        "test_elicitation_sep1330_enums",
        "Asks with a form of every kind of choice.",
    ),
    (
        "test_trigger_tool_change",
        "Says that the tool list changed.",
    ),
    (
        "test_trigger_prompt_change",
        "Says that the prompt list changed.",
    ),
    (
        "test_streaming_elicitation",
        "Asks for a name within the result.",
    ),
    ("test_input_required_result_elicitation", "Asks for a name."),
    (
        "test_input_required_result_sampling",
        "Asks the client's model.",
    ),
    (
        "test_input_required_result_list_roots",
        "Asks for the roots.",
    ),
    (
        "test_input_required_result_request_state",
        "Asks and keeps state with the client.",
    ),
    (
        "test_input_required_result_multiple_inputs",
        "Asks three things at once.",
    ),
    (
        "test_input_required_result_multi_round",
        "Asks twice, one after the other.",
    ),
    (
        "test_input_required_result_tampered_state",
        "Asks and refuses state it did not give.",
    ),
    (
        "test_input_required_result_capabilities",
        "Asks only what the client can answer.",
    ),
    ("failing_job", "A task that ends with an error result."),
    ("protocol_error_job", "A task that breaks."),
    ("multi_input", "A task that asks two things at once."),
    (
        "test_tool_with_task",
        "Asks for a name, then becomes a task.",
    ),
];

/// Tools with arguments, and their input schemas.
fn with_arguments() -> [(&'static str, &'static str, Value); 7] {
    let text = |description: &str| json!({"type": "string", "description": description});
    let one = |key: &str, property: Value| {
        let mut properties = JsonObject::new();
        properties.insert(key.to_owned(), property);
        json!({"type": "object", "properties": properties, "required": [key]})
    };
    let mut header = text("Mirrored in a header.");
    if let Some(header) = header.as_object_mut() {
        header.insert("x-mcp-header".to_owned(), json!("Value"));
    }
    let seconds = json!({"type": "integer", "minimum": 0, "description": "How long it takes."});
    [
        (
            "test_sampling",
            "Asks the client's model in a session.",
            one("prompt", text("What to ask.")),
        ),
        (
            "test_elicitation",
            "Asks the person in a session.",
            one("message", text("What to show.")),
        ),
        (
            "test_custom_header",
            "Takes an argument mirrored in a header.",
            one("value", header),
        ),
        (
            "json_schema_2020_12_tool",
            "Takes whatever its schema allows.",
            schema_2020_12(),
        ),
        (
            "greet",
            "Greets, never as a task.",
            one("name", text("Whom to greet.")),
        ),
        (
            "slow_compute",
            "A task that takes its time.",
            one("seconds", seconds),
        ),
        (
            "confirm_delete",
            "A task that asks before it ends.",
            one("filename", text("What to delete.")),
        ),
    ]
}

/// A schema whose keywords must reach the client as they are.
fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {
            "properties": {"contactMethod": {"const": "phone"}},
            "required": ["contactMethod"],
        },
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

/// All fixture tools, always in the same order.
pub(super) fn list() -> Result<Vec<Tool>, ErrorData> {
    let plain = PLAIN.iter().map(|(name, description)| {
        let schema = json!({"type": "object", "properties": {}});
        (*name, *description, schema)
    });
    plain
        .chain(with_arguments())
        .map(|(name, description, schema)| {
            Ok(Tool::new(name, description, decode::<JsonObject>(schema)?))
        })
        .collect()
}

/// Whether a name is a fixture's.
pub(super) fn has(name: &str) -> bool {
    PLAIN.iter().any(|(plain, _)| *plain == name)
        || with_arguments().iter().any(|(tool, _, _)| *tool == name)
}

/// Answers a fixture.
pub(super) async fn call(
    fixtures: &Fixtures,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    if let Some(result) = answer(&request.name)? {
        return Ok(result.into());
    }
    if let Some((rounds, text)) = dialogue(&request.name) {
        let client = context.client_capabilities().unwrap_or_default();
        let state = request.request_state.as_deref();
        let step = rounds.step(&fixtures.seal, &client, state, request.input_responses)?;
        return Ok(match step {
            Step::Ask(asked) => (*asked).into(),
            Step::Done(answers) => line(text(&answers)).into(),
        });
    }
    if tasks::has(&request.name) {
        return tasks::call(fixtures, request, &context).await;
    }
    let arguments = request.arguments.unwrap_or_default();
    let text = |key: &str| arguments.get(key).and_then(Value::as_str).unwrap_or("");
    let result = match request.name.as_ref() {
        "greet" => line(format!("Hello, {}!", text("name"))),
        "test_sampling" => sampling(&context, text("prompt")).await?,
        "test_elicitation" => {
            let schema = json!({
                "type": "object",
                "properties": {
                    "username": {"type": "string", "description": "User's response"},
                    "email": {"type": "string", "description": "User's email address"},
                },
                "required": ["username", "email"],
            });
            elicitation(&context, text("message"), &schema).await?
        }
        "test_elicitation_sep1034_defaults" => {
            elicitation(&context, "Take or change the defaults.", &defaults()).await?
        }
        "test_elicitation_sep1330_enums" => {
            elicitation(&context, "Choose one of each kind.", &choices()).await?
        }
        "test_trigger_tool_change" => {
            fixtures.changes.tell(Change::Tools);
            line("The tool list is said to have changed.")
        }
        "test_trigger_prompt_change" => {
            fixtures.changes.tell(Change::Prompts);
            line("The prompt list is said to have changed.")
        }
        "test_missing_capability" => capable(&context)?,
        "test_tool_with_progress" => progress(&context).await,
        "test_tool_with_logging" => {
            let lines = [
                "Tool execution started",
                "Tool processing data",
                "Tool execution completed",
            ];
            log(&context, &lines).await
        }
        "test_logging_tool" => log(&context, &["Tool execution started"]).await,
        "test_reconnection" => {
            tokio::time::sleep(PAUSE * 2).await;
            line("Answered after a while.")
        }
        name => {
            return Err(ErrorData::internal_error(
                format!("the fixture {name} has no answer"),
                None,
            ));
        }
    };
    Ok(result.into())
}

/// The tools that ask within their result, and what they say when all is answered.
fn dialogue(name: &str) -> Option<(Rounds, fn(&input::Answers) -> String)> {
    let name_form = || input::form("user_name", "What is your name?", "name", "string");
    let confirm = || input::form("confirm", "Please confirm", "ok", "boolean");
    let capital = || input::sampling("capital_question", "What is the capital of France?", 100);
    let (owner, rounds, sealed) = match name {
        "test_input_required_result_elicitation" => (
            "test_input_required_result_elicitation",
            vec![vec![name_form()]],
            false,
        ),
        "test_streaming_elicitation" => {
            ("test_streaming_elicitation", vec![vec![name_form()]], false)
        }
        "test_input_required_result_sampling" => (
            "test_input_required_result_sampling",
            vec![vec![capital()]],
            false,
        ),
        "test_input_required_result_list_roots" => (
            "test_input_required_result_list_roots",
            vec![vec![input::roots("client_roots")]],
            false,
        ),
        "test_input_required_result_request_state" => (
            "test_input_required_result_request_state",
            vec![vec![confirm()]],
            true,
        ),
        "test_input_required_result_tampered_state" => (
            "test_input_required_result_tampered_state",
            vec![vec![confirm()]],
            true,
        ),
        "test_input_required_result_multiple_inputs" => (
            "test_input_required_result_multiple_inputs",
            vec![vec![
                name_form(),
                input::sampling("greeting", "Generate a greeting", 50),
                input::roots("client_roots"),
            ]],
            true,
        ),
        "test_input_required_result_multi_round" => (
            "test_input_required_result_multi_round",
            vec![
                vec![input::form(
                    "step1",
                    "Step 1: What is your name?",
                    "name",
                    "string",
                )],
                vec![input::form(
                    "step2",
                    "Step 2: What is your favorite color?",
                    "color",
                    "string",
                )],
            ],
            true,
        ),
        "test_input_required_result_capabilities" => (
            "test_input_required_result_capabilities",
            vec![vec![name_form(), capital()]],
            false,
        ),
        _ => return None,
    };
    let rounds = Rounds {
        owner,
        rounds,
        sealed,
    };
    Some((rounds, if sealed { sealed_summary } else { summary }))
}

/// All answers in one line.
fn summary(answers: &input::Answers) -> String {
    match answers.get("user_name").and_then(|form| form.get("name")) {
        Some(Value::String(name)) => format!("Hello, {name}!"),
        Some(_) | None => format!("Answers: {}", json!(answers)),
    }
}

/// The same, of a dialogue whose state came back whole.
fn sealed_summary(answers: &input::Answers) -> String {
    format!("state-ok. {}", summary(answers))
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
