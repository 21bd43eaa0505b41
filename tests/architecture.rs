//! The house keeps its plan: no import points up, rooms know nothing of what their docs say they must
//! not know, and the page about it is current.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::path::{Path, PathBuf};

use stoq_mcp::discovery::architecture::{self, Source};

/// Refreshes the page.
const REFRESH: &str = "cargo run -- docs";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let top = root().join("src");
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(Source {
                    path: below(&top, &path),
                    text: std::fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn below(top: &Path, path: &Path) -> String {
    let names = path.strip_prefix(top).unwrap().iter();
    let names: Vec<&str> = names.map(|name| name.to_str().unwrap()).collect();
    names.join("/")
}

#[test]
fn the_page_is_current() {
    let wanted = architecture::architecture(&sources()).unwrap();
    let found = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/architecture.md is not current; refresh with `{REFRESH}`"
    );
}

#[test]
fn no_import_points_up() {
    let imports = architecture::imports(&sources());
    let floors = architecture::floors(&imports).unwrap();
    let floor = |name: &str| floors.iter().position(|floor| floor.contains(&name));
    // What the plan says of the order; the rest follows from the imports.
    for (lower, higher) in [
        ("registry", "upstream"),
        ("registry", "sandbox"),
        ("upstream", "engine"),
        ("safety", "engine"),
        ("engine", "surface"),
        ("surface", "mcp"),
        ("registry", "discovery"),
        ("mcp", "http"),
        ("discovery", "http"),
        ("http", "cli"),
        ("cli", "main"),
    ] {
        let (lower_floor, higher_floor) = (floor(lower), floor(higher));
        assert!(
            lower_floor.is_some() && lower_floor < higher_floor,
            "{lower} {lower_floor:?} is not below {higher} {higher_floor:?}"
        );
    }
}

#[test]
fn rooms_know_nothing_of_what_they_must_not_know() {
    let imports = architecture::imports(&sources());
    let of = |name: &str| -> Vec<&str> { imports[name].iter().map(String::as_str).collect() };
    // It judges the server as a stranger would.
    assert_eq!(of("sandbox"), ["registry"]);
    assert_eq!(of("main"), ["cli"]);
    for room in ["observe", "text", "tokens", "redis", "knowledge"] {
        assert_eq!(of(room), [""; 0], "{room} lies below them all");
    }
    for (room, strangers) in [
        (
            "registry",
            &["engine", "http", "mcp", "sandbox", "upstream"][..],
        ),
        ("upstream", &["engine", "mcp", "safety", "surface"]),
        ("safety", &["engine", "http", "mcp", "upstream"]),
        (
            "engine",
            &["cli", "discovery", "http", "mcp", "sandbox", "surface"],
        ),
        ("surface", &["http", "mcp", "sandbox", "upstream"]),
        ("discovery", &["cli", "http", "mcp", "sandbox"]),
        ("mcp", &["cli", "http", "sandbox", "upstream"]),
        ("http", &["cli", "sandbox"]),
    ] {
        let known: Vec<&str> = of(room);
        let met: Vec<&&str> = strangers
            .iter()
            .filter(|name| known.contains(name))
            .collect();
        assert!(met.is_empty(), "{room} imports {met:?}");
    }
    // What fuzzers call is used by nothing of the program.
    let users: Vec<&String> = imports
        .iter()
        .filter(|(_, below)| below.contains("fuzzing"))
        .map(|(name, _)| name)
        .collect();
    assert!(users.is_empty(), "{users:?}");
}

#[test]
fn the_map_names_every_room() {
    let sources = sources();
    let map = sources
        .iter()
        .find(|source| source.path == "lib.rs")
        .unwrap();
    let docs: String = map
        .text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .collect();
    for name in architecture::imports(&sources).keys() {
        // One is the program, and one is no part of it.
        let is_apart = ["main", "fuzzing"].contains(&name.as_str());
        assert_eq!(
            docs.contains(&format!("`{name}`")),
            !is_apart,
            "src/lib.rs says what `{name}` is for"
        );
    }
}
