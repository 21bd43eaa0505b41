//! From outcomes and errors to tool results.

use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde_json::Value;

use crate::engine::{self, CallError, Outcome};

/// Characters of an error text at most; some clients cut longer ones.
const MAX_ERROR_CHARS: usize = 1_900;

/// A success: structured content that conforms to the output schema, and the same facts as text.
pub(super) fn success(mut outcome: Outcome) -> CallToolResult {
    let mut content = vec![ContentBlock::text(engine::text(&outcome))];
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
