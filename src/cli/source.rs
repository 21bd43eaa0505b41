//! Where the actions of a command come from: a registry file, or the one built in.

use std::path::Path;

use super::{Failure, failed, misused};
use crate::registry::Registry;

/// The text of a registry file.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        misused(anyhow::anyhow!(
            "the registry file {} cannot be read: {error}",
            path.display()
        ))
    })
}

/// The registry of a file, or the bundled one.
pub(super) fn load(path: Option<&Path>) -> Result<Registry, Failure> {
    match path {
        None => Registry::bundled().map_err(failed),
        Some(path) => {
            let text = read(path)?;
            Registry::parse(&text, &path.display().to_string()).map_err(misused)
        }
    }
}
