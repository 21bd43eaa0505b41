//! The static resources and the template of the suite.

use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use super::content::PNG;
use crate::mcp::library::kept;

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";
const WATCHED: &str = "test://watched-resource";

/// The resources of `resources/list`.
pub(super) fn list() -> Vec<Resource> {
    vec![
        Resource::new(TEXT, "static-text")
            .with_description("A text that never changes.")
            .with_mime_type("text/plain"),
        Resource::new(BINARY, "static-binary")
            .with_description("A picture that never changes.")
            .with_mime_type("image/png"),
        Resource::new(WATCHED, "watched-resource")
            .with_description("A text that may be subscribed to.")
            .with_mime_type("text/plain"),
    ]
}

/// The templates of `resources/templates/list`.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new("test://template/{id}/data", "template")
            .with_description("Data made from the id in the address.")
            .with_mime_type("application/json"),
    ]
}

/// The contents of a fixture, or nothing if the address is another's.
pub(super) fn read(uri: &str) -> Option<ReadResourceResult> {
    let contents = match uri {
        TEXT => ResourceContents::text("This is the content of the static text resource.", uri)
            .with_mime_type("text/plain"),
        WATCHED => ResourceContents::text("This is the content of the watched resource.", uri)
            .with_mime_type("text/plain"),
        BINARY => ResourceContents::blob(PNG, uri).with_mime_type("image/png"),
        _ => {
            let id = uri
                .strip_prefix("test://template/")?
                .strip_suffix("/data")?;
            let data = json!({
                "id": id,
                "templateTest": true,
                "data": format!("Data for ID: {id}"),
            });
            ResourceContents::text(data.to_string(), uri).with_mime_type("application/json")
        }
    };
    Some(kept(contents))
}

/// Whether a client may subscribe: these never change, so nothing more is to be done.
pub(super) fn subscribable(uri: &str) -> Result<(), ErrorData> {
    if read(uri).is_some() {
        Ok(())
    } else {
        let text = format!("{uri} cannot be subscribed to; resources/list names what can");
        Err(ErrorData::resource_not_found(text, None))
    }
}
