//! Tools whose answer is fixed: one content block of each kind, and the error result.

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use super::decode;

/// A red pixel.
pub(super) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// Silence of no length.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// The answer of a fixed tool, or nothing if the name is another's.
pub(super) fn answer(name: &str) -> Result<Option<CallToolResult>, ErrorData> {
    let text = |text: &str| json!({"type": "text", "text": text});
    let image = json!({"type": "image", "data": PNG, "mimeType": "image/png"});
    let blocks = match name {
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "json_schema_2020_12_tool" | "test_custom_header" => json!([text("Arguments taken.")]),
        "test_image_content" => json!([image]),
        "test_audio_content" => {
            json!([{"type": "audio", "data": WAV, "mimeType": "audio/wav"}])
        }
        "test_embedded_resource" => json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image,
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ]),
        "test_error_handling" => {
            let text = "This tool intentionally returns an error for testing";
            return Ok(Some(CallToolResult::error(vec![ContentBlock::text(text)])));
        }
        _ => return Ok(None),
    };
    decode(blocks).map(|blocks| Some(CallToolResult::success(blocks)))
}

/// A result of one line of text.
pub(super) fn line(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// An embedded text resource.
pub(super) fn resource(uri: &str, mime_type: &str, text: &str) -> Value {
    json!({"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": text}})
}
