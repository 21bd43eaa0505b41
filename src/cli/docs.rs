//! `docs`: prints what there is in one of its formats, or writes the generated files of the project anew,
//! or checks that they are current.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use serde_json::Value;

use super::settings::{GlobalFlags, PlaceFlags};
use super::{Failure, Outcome, actions, failed, misused, print, source, sources};
use crate::config::{self, RegistrySource};
use crate::discovery::marks::{filled, has_parts};
use crate::discovery::{self, Offer, Place};
use crate::engine::Policy;
use crate::registry::{Registry, meta};
use crate::{http, observe};

/// Refreshes what the check finds out of date.
const REFRESH: &str = "cargo run -- docs";

/// The pinned counts of tokens, which `tests/interop/tokens.sh --update` writes.
const COUNTS: &str = "tests/interop/tokens.json";

/// The action reference.
const REFERENCE: &str = "docs/reference";

/// Folders whose files may have generated parts, and the endings of those files.
const MARKED: [&str; 3] = ["", "docs", "examples"];
const ENDINGS: [&str; 4] = ["md", "toml", "yaml", "yml"];

/// A format of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The action reference
    Markdown,
    /// One page with search, to open in a browser
    Html,
    /// OpenAPI 3.1 of the API
    Openapi,
    /// A skill file for agents
    Skill,
    /// An index for agents, as llmstxt.org has it
    Llms,
    /// Every action with everything that is derived from it
    Json,
}

/// Flags of `docs`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Print in this format instead
    #[arg(long, value_enum, conflicts_with_all = ["check", "root"])]
    format: Option<Format>,
    /// Write it to this file; `-` prints it
    #[arg(long, value_name = "FILE", requires = "format", default_value = "-")]
    out: PathBuf,
    /// `bundled`, a registry file, or `live` (the API's own manifest over the registry built in)
    #[arg(
        long,
        value_name = "live|bundled|FILE",
        requires = "format",
        default_value = "bundled"
    )]
    registry: RegistrySource,
    #[command(flatten)]
    place: PlaceFlags,
    /// Change nothing; fail when a generated file of the project is not current
    #[arg(long)]
    check: bool,
    /// Folder of the project
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let Some(format) = flags.format else {
        return project(&flags.root, flags.check);
    };
    let registry = actions::registry(&global, &flags.registry, &flags.place)?;
    let text = text(format, &registry);
    if flags.out == Path::new("-") {
        return print(&text);
    }
    std::fs::write(&flags.out, text).map_err(|error| writing(&flags.out, &error))
}

fn text(format: Format, registry: &Registry) -> String {
    let policy = Policy::everything();
    let offer = everything(registry, &policy);
    match format {
        Format::Markdown => discovery::markdown(offer),
        Format::Html => discovery::html::html(registry, |action| policy.offers(action)),
        Format::Openapi => pretty(&discovery::openapi(offer)),
        Format::Skill => discovery::skill(offer),
        Format::Llms => discovery::llms(offer, Place::Project),
        Format::Json => pretty(&discovery::json(offer)),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Every action, under no server's rules.
fn everything<'r>(registry: &'r Registry, policy: &'r Policy) -> Offer<'r> {
    Offer {
        registry,
        policy,
        rules: None,
    }
}

/// Writes the project's generated files, or says which are not current.
fn project(root: &Path, check: bool) -> Outcome {
    let files = files(root)?;
    let mut stale = Vec::new();
    for (path, text) in &files {
        if std::fs::read_to_string(path).is_ok_and(|current| current == *text) {
            continue;
        }
        if check {
            stale.push(path.display().to_string());
        } else {
            write(path, text)?;
            println!("wrote {}", path.display());
        }
    }
    for path in left_over(root, &files) {
        if check {
            stale.push(format!("{} (nothing makes it)", path.display()));
        } else {
            std::fs::remove_file(&path).map_err(|error| writing(&path, &error))?;
            println!("removed {}", path.display());
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
    let readme = root.join("README.md");
    std::fs::metadata(&readme).map_err(|error| {
        misused(anyhow::anyhow!(
            "{} cannot be read: {error}; run in the project's folder or name it with --root",
            readme.display()
        ))
    })?;
    // The folder's own registry: what was just added to it is told without building the program anew.
    let registry = source::load(Some(&root.join("tools.registry.json")))?;
    let architecture = discovery::architecture::architecture(&sources::read(root)?);
    let policy = Policy::everything();
    let offer = everything(&registry, &policy);
    let mut files = vec![
        (
            root.join("tools.registry.schema.json"),
            meta::meta_schema_text(),
        ),
        (
            root.join("docs/openapi.json"),
            text(Format::Openapi, &registry),
        ),
        (root.join("docs/skill.md"), text(Format::Skill, &registry)),
        (root.join("docs/llms.txt"), text(Format::Llms, &registry)),
        (
            root.join("docs/architecture.md"),
            architecture.map_err(failed)?,
        ),
    ];
    for page in discovery::pages(offer) {
        files.push((root.join(REFERENCE).join(page.name), page.text));
    }
    let marked = marked(root, &registry, &files)?;
    files.extend(marked);
    Ok(files)
}

/// The files that people write, with their generated parts made anew.
fn marked(
    root: &Path,
    registry: &Registry,
    generated: &[(PathBuf, String)],
) -> Result<Vec<(PathBuf, String)>, Failure> {
    let parts = parts(root, registry)?;
    let mut found = Vec::new();
    for folder in MARKED {
        for path in listed(&root.join(folder)) {
            let ending = path.extension().and_then(|ending| ending.to_str());
            let is_whole = generated.iter().any(|(whole, _)| *whole == path);
            if is_whole || !ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| reading(&path, &error))?;
            if has_parts(&text) {
                let name = path.display().to_string();
                let text = filled(&name, &text, &parts).map_err(failed)?;
                found.push((path, text));
            }
        }
    }
    Ok(found)
}

/// Everything that can stand between marks.
fn parts(root: &Path, registry: &Registry) -> Result<discovery::marks::Parts, Failure> {
    let counts = root.join(COUNTS);
    let counts: Value = std::fs::read_to_string(&counts)
        .map_err(anyhow::Error::from)
        .and_then(|text| Ok(serde_json::from_str(&text)?))
        .map_err(|error| misused(anyhow::anyhow!("{COUNTS}: {error}")))?;
    let mut parts = discovery::parts(registry, &counts);
    let command = super::Cli::command();
    parts.add("settings", config::table(|key| flag(&command, key)));
    parts.add("clients", crate::clients::readme_blocks().map_err(failed)?);
    parts.add("bounds", http::bounds());
    parts.add("figures", observe::table());
    parts.add("exit-codes", super::exit::table());
    parts.add("version", env!("CARGO_PKG_VERSION"));
    parts.add("rust", env!("CARGO_PKG_RUST_VERSION"));
    Ok(parts)
}

/// The flag of `serve` that sets a key; the file of the tokens is named behind `--auth`.
fn flag(command: &clap::Command, key: &str) -> Option<String> {
    let name = match key {
        "tokens_file" => "auth".to_owned(),
        _ => key.replace('_', "-"),
    };
    let serve = command.find_subcommand("serve")?;
    let mut flags = serve.get_arguments().chain(command.get_arguments());
    flags
        .any(|argument| argument.get_long() == Some(&name))
        .then_some(name)
}

/// Pages of the reference that are made no more.
fn left_over(root: &Path, files: &[(PathBuf, String)]) -> Vec<PathBuf> {
    let is_left = |path: &PathBuf| {
        let text = std::fs::read_to_string(path);
        !files.iter().any(|(made, _)| made == path)
            && text.is_ok_and(|text| discovery::is_generated(&text))
    };
    let pages = listed(&root.join(REFERENCE)).into_iter();
    pages.filter(is_left).collect()
}

/// The files of a folder by name; none when there is no such folder.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| folder.join(entry.file_name()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn write(path: &Path, text: &str) -> Outcome {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| writing(folder, &error))?;
    }
    std::fs::write(path, text).map_err(|error| writing(path, &error))
}

fn reading(path: &Path, error: &std::io::Error) -> Failure {
    failed(anyhow::anyhow!(
        "{} cannot be read: {error}",
        path.display()
    ))
}

fn writing(path: &Path, error: &std::io::Error) -> Failure {
    failed(anyhow::anyhow!(
        "{} cannot be written: {error}",
        path.display()
    ))
}
