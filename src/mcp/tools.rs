//! The tools of a surface in the protocol's form, made once.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};

use crate::surface;

/// A tool as the protocol carries it.
pub fn tool(tool: &surface::Tool) -> Tool {
    Tool::new(
        tool.name.clone(),
        tool.description.clone(),
        Arc::clone(&tool.input),
    )
    .with_title(tool.title.clone())
    .with_raw_output_schema(Arc::clone(&tool.output))
    .with_annotations(annotations(tool))
}

/// All five annotations, derived from what the tool does, never written by hand.
fn annotations(tool: &surface::Tool) -> ToolAnnotations {
    ToolAnnotations::from_raw(
        Some(tool.title.clone()),
        Some(tool.is_read()),
        Some(!tool.class.is_reversible()),
        Some(tool.idempotent),
        Some(tool.open_world),
    )
}
