//! The prompts of the suite, and the completion of their arguments.

use rmcp::ErrorData;
use rmcp::model::{
    CompleteResult, CompletionInfo, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
    Prompt, PromptMessage,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::content::{PNG, resource};
use super::decode;
use super::input::{self, Rounds, Seal, Step};

const ASKING: &str = "test_input_required_result_prompt";

/// Whether a prompt is one of the suite's.
pub(super) fn has(name: &str) -> bool {
    name.starts_with("test_")
}

/// The prompts of `prompts/list`.
pub(super) fn list() -> Result<Vec<Prompt>, ErrorData> {
    let argument = |name: &str, description: &str| json!({"name": name, "description": description, "required": true});
    decode(json!([
        {"name": "test_simple_prompt", "description": "One line."},
        {
            "name": "test_prompt_with_arguments",
            "description": "One line with two arguments in it.",
            "arguments": [argument("arg1", "First argument"), argument("arg2", "Second argument")],
        },
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "A resource and a line.",
            "arguments": [argument("resourceUri", "Address of the resource")],
        },
        {"name": "test_prompt_with_image", "description": "A picture and a line."},
        {"name": ASKING, "description": "Asks for its context first."},
    ]))
}

/// One prompt, filled in.
pub(super) fn get(
    seal: &Seal,
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let arguments = request.arguments.unwrap_or_default();
    let argument = |key: &str| {
        arguments.get(key).and_then(Value::as_str).ok_or_else(|| {
            ErrorData::invalid_params(format!("{}: {key} is missing", request.name), None)
        })
    };
    let text = |text: &str| json!({"type": "text", "text": text});
    let contents = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => vec![text(&format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument("arg1")?,
            argument("arg2")?
        ))],
        "test_prompt_with_embedded_resource" => vec![
            resource(
                argument("resourceUri")?,
                "text/plain",
                "Embedded resource content for testing.",
            ),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![
            json!({"type": "image", "data": PNG, "mimeType": "image/png"}),
            text("Please analyze the image above."),
        ],
        ASKING => {
            let client = context.client_capabilities().unwrap_or_default();
            let state = request.request_state.as_deref();
            match rounds().step(seal, &client, state, request.input_responses)? {
                Step::Ask(asked) => return Ok((*asked).into()),
                Step::Done(answers) => {
                    vec![text(&format!("Use this context: {}", json!(answers)))]
                }
            }
        }
        name => {
            let text = format!("Unknown prompt: {name}; prompts/list names them all");
            return Err(ErrorData::invalid_params(text, None));
        }
    };
    let messages: Vec<PromptMessage> = contents
        .into_iter()
        .map(|content| decode(json!({"role": "user", "content": content})))
        .collect::<Result<_, _>>()?;
    Ok(GetPromptResult::new(messages).into())
}

fn rounds() -> Rounds {
    Rounds {
        owner: ASKING.to_owned(),
        rounds: vec![vec![input::form(
            "user_context",
            "What context should the prompt use?",
            "context",
            "string",
        )]],
        sealed: false,
    }
}

/// Words that begin like what was typed.
pub(super) fn complete(typed: &str) -> Result<CompleteResult, ErrorData> {
    let words = ["paris", "park", "party", "test"];
    let values = words
        .iter()
        .filter(|word| word.starts_with(typed))
        .map(|word| (*word).to_owned())
        .collect();
    let info =
        CompletionInfo::new(values).map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(info))
}
