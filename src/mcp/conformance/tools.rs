//! The fixture tools: what `tools/list` shows of them, and who answers each.

use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResponse, JsonObject, Tool};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::changes::Change;
use super::content::line;
use super::input::Step;
use super::{Fixtures, content, decode, dialogues, session, tasks};

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
    if let Some(rounds) = dialogues::find(&request.name) {
        let client = context.client_capabilities().unwrap_or_default();
        let state = request.request_state.as_deref();
        let step = rounds.step(&fixtures.seal, &client, state, request.input_responses)?;
        return Ok(match step {
            Step::Ask(asked) => (*asked).into(),
            Step::Done(answers) => line(dialogues::summary(&rounds, &answers)).into(),
        });
    }
    if tasks::has(&request.name) {
        return tasks::call(fixtures, request, &context).await;
    }
    let arguments = request.arguments.unwrap_or_default();
    let argument = |key: &str| {
        let value = arguments.get(key).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let name = request.name.as_ref();
    if let Some(result) = content::answer(name)? {
        return Ok(result.into());
    }
    if let Some(result) = session::answer(name, argument, &context).await? {
        return Ok(result.into());
    }
    let text = match name {
        "greet" => format!("Hello, {}!", argument("name")),
        "test_trigger_tool_change" => {
            fixtures.changes.tell(Change::Tools);
            "The tool list is said to have changed.".to_owned()
        }
        "test_trigger_prompt_change" => {
            fixtures.changes.tell(Change::Prompts);
            "The prompt list is said to have changed.".to_owned()
        }
        _ => {
            let text = format!("the fixture {name} has no answer");
            return Err(ErrorData::internal_error(text, None));
        }
    };
    Ok(line(text).into())
}
