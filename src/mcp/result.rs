//! From outcomes and errors to tool results.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde_json::Value;

use crate::chart;
use crate::engine::{self, CallError, Outcome};

/// Characters of an error text at most; some clients cut longer ones.
const MAX_ERROR_CHARS: usize = 1_900;

/// The picture that was asked for. It takes longer than the rest of a call, so others go on meanwhile.
pub(super) async fn image(outcome: &mut Outcome) -> Option<ContentBlock> {
    let picture = outcome.picture.as_ref().filter(|picture| picture.asked)?;
    let drawing = picture.drawing.clone();
    let drawn = tokio::task::spawn_blocking(move || chart::png(&drawing)).await;
    let failure = match drawn {
        Ok(Ok(png)) => return Some(ContentBlock::image(STANDARD.encode(png), "image/png")),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic.to_string(),
    };
    tracing::error!(%failure, "a picture could not be drawn");
    outcome.add_note(
        "The picture could not be drawn, by a fault of this server; the figures are whole.",
    );
    None
}

/// A success: structured content that conforms to the output schema, the same facts as text, and the
/// picture that was asked for.
pub(super) fn success(mut outcome: Outcome, image: Option<ContentBlock>) -> CallToolResult {
    let mut content = vec![ContentBlock::text(engine::text(&outcome))];
    content.extend(image);
    if let Some(file) = outcome.resource.take() {
        let mut link = Resource::new(file.uri, file.name);
        link.mime_type = Some("text/csv".to_owned());
        link.description = Some(format!("The whole export, {} rows.", file.rows));
        content.push(ContentBlock::resource_link(link));
    }
    let mut result = CallToolResult::success(content);
    result.structured_content = Some(Value::Object(outcome.into_structured()));
    result
}

/// A failure, as a result: a model reads it and mends the call. No structured content, which would
/// have to conform.
pub(super) fn failure(error: &CallError) -> CallToolResult {
    let whole = error.to_string();
    let mut text: String = whole.chars().take(MAX_ERROR_CHARS).collect();
    if text.len() < whole.len() {
        text.push_str(" … (cut)");
    }
    CallToolResult::error(vec![ContentBlock::text(text)])
}
