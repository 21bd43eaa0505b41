//! The sources of the program, as `docs` finds them in the project's folder.

use std::path::Path;

use super::{Failure, misused};
use crate::discovery::architecture::Source;

/// Every Rust file below `src`, in the order of the paths.
pub(super) fn read(root: &Path) -> Result<Vec<Source>, Failure> {
    let top = root.join("src");
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
            let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|error| unreadable(&path, &error))?;
                let below = path.strip_prefix(&top).unwrap_or(&path);
                let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
                found.push(Source {
                    path: names.join("/"),
                    text,
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    misused(anyhow::anyhow!(
        "{} cannot be read: {error}; run in the project's folder or name it with --root",
        path.display()
    ))
}
