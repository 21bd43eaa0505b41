//! `docs`: writes the generated files anew, or checks that they are current.

use std::path::{Path, PathBuf};

use super::{Failure, Outcome, failed, misused, source, sources};
use crate::discovery;
use crate::registry::meta;

/// Refreshes what the check finds out of date.
const REFRESH: &str = "cargo run -- docs";

/// The pinned counts of tokens, which `tests/interop/tokens.sh --update` writes.
const COUNTS: &str = "tests/interop/tokens.json";

/// Flags of `docs`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Change nothing; fail when a file is not current
    #[arg(long)]
    check: bool,
    /// Folder of the project
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

pub(super) fn run(flags: Flags) -> Outcome {
    let mut stale = Vec::new();
    for (path, text) in files(&flags.root)? {
        if std::fs::read_to_string(&path).is_ok_and(|current| current == text) {
            continue;
        }
        if flags.check {
            stale.push(path.display().to_string());
        } else {
            std::fs::write(&path, text).map_err(|error| writing(&path, &error))?;
            println!("wrote {}", path.display());
        }
    }
    if stale.is_empty() {
        println!("generated files are current");
        return Ok(());
    }
    Err(failed(anyhow::anyhow!(
        "not current: {}; refresh with `{REFRESH}`",
        stale.join(", ")
    )))
}

/// Every generated file and what it should hold.
fn files(root: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    // The folder's own registry: what was just added to it is told without building the program anew.
    let registry = source::load(Some(&root.join("tools.registry.json")))?;
    let architecture = discovery::architecture::architecture(&sources::read(root)?);
    let readme = root.join("README.md");
    let text = std::fs::read_to_string(&readme).map_err(|error| {
        misused(anyhow::anyhow!(
            "{} cannot be read: {error}; run in the project's folder or name it with --root",
            readme.display()
        ))
    })?;
    let counts = root.join(COUNTS);
    let counts = std::fs::read_to_string(&counts)
        .map_err(anyhow::Error::from)
        .and_then(|text| Ok(serde_json::from_str(&text)?))
        .map_err(|error| misused(anyhow::anyhow!("{}: {error}", counts.display())))?;
    let text = discovery::tables(&text, &registry, &counts).map_err(failed)?;
    Ok(vec![
        (
            root.join("tools.registry.schema.json"),
            meta::meta_schema_text(),
        ),
        (readme, text),
        (
            root.join("docs/architecture.md"),
            architecture.map_err(failed)?,
        ),
    ])
}

fn writing(path: &Path, error: &std::io::Error) -> Failure {
    failed(anyhow::anyhow!(
        "{} cannot be written: {error}",
        path.display()
    ))
}
