//! The architecture page, made of the module docs and of what the sources import, so that neither can
//! drift from the code.
//!
//! The sources are handed in. A room is what lies right below `src`: a folder with its `mod.rs`, or one
//! file. What only tests compile does not count: neither its docs nor its imports.

use std::collections::{BTreeMap, BTreeSet};

/// Says where the page comes from.
const MARKER: &str = "<!-- generated from the module docs: cargo run -- docs -->";

/// One file of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path below `src`, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Sources that no page can be made of.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ArchitectureError {
    /// There is no map of the rooms.
    #[error("src/lib.rs is not among the sources; run in the project's folder")]
    NoMap,
    /// Nobody knows what a room is for.
    #[error(
        "src/{0} has no module docs; say in lines that begin with `//!` what the room is for and what it must not know"
    )]
    Undocumented(String),
    /// Rooms that import each other.
    #[error(
        "an import points up: {0} import each other in a circle; move what they share below them"
    )]
    Circle(String),
}

/// One room: its docs, and what it imports.
#[derive(Debug, Default)]
struct Room {
    /// Its own file.
    home: String,
    docs: Vec<String>,
    imports: BTreeSet<String>,
    /// Rooms within it, by path.
    inner: BTreeMap<String, Vec<String>>,
}

/// The rooms that each room imports.
pub fn imports(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let rooms = rooms(sources).into_iter();
    rooms.map(|(name, room)| (name, room.imports)).collect()
}

/// The floors, lowest first: a room stands right above the highest room that it imports.
///
/// # Errors
/// When rooms import each other in a circle, so that there are no floors.
pub fn floors(
    imports: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<Vec<&str>>, ArchitectureError> {
    let mut floors: Vec<Vec<&str>> = Vec::new();
    let mut left: BTreeSet<&str> = imports.keys().map(String::as_str).collect();
    while !left.is_empty() {
        let stands = |name: &&&str| {
            let below = imports.get(**name).into_iter().flatten();
            below.into_iter().all(|room| !left.contains(room.as_str()))
        };
        let floor: Vec<&str> = left.iter().filter(stands).copied().collect();
        if floor.is_empty() {
            return Err(ArchitectureError::Circle(circle(left, imports)));
        }
        for name in &floor {
            left.remove(name);
        }
        floors.push(floor);
    }
    Ok(floors)
}

/// Of rooms that stand on no floor, those that are in a circle or below one; the others only import it.
fn circle<'a>(
    mut left: BTreeSet<&'a str>,
    imports: &'a BTreeMap<String, BTreeSet<String>>,
) -> String {
    loop {
        let wanted: BTreeSet<&'a str> = left
            .iter()
            .filter_map(|name| imports.get(*name))
            .flatten()
            .map(String::as_str)
            .collect();
        let kept: BTreeSet<&'a str> = left.intersection(&wanted).copied().collect();
        if kept.len() == left.len() {
            return kept.into_iter().collect::<Vec<_>>().join(", ");
        }
        left = kept;
    }
}

/// The page.
///
/// # Errors
/// When there is no map, a room has no docs, or rooms import each other in a circle.
pub fn architecture(sources: &[Source]) -> Result<String, ArchitectureError> {
    let map = sources.iter().find(|source| source.path == "lib.rs");
    let map = docs(&map.ok_or(ArchitectureError::NoMap)?.text);
    let rooms = rooms(sources);
    for room in rooms.values() {
        if room.docs.is_empty() {
            return Err(ArchitectureError::Undocumented(room.home.clone()));
        }
    }
    let imports = imports(sources);
    let floors = floors(&imports)?;
    let mut page = format!("# Architecture\n\n{MARKER}\n\n");
    page += &plain(&map, |name| rooms.contains_key(name));
    page += "\n## Floors\n\nA room imports from the floors below it alone; tests are left out here.\n\n";
    page += "| floor | room | what it is | imports |\n|---|---|---|---|\n";
    for (number, floor) in floors.iter().enumerate().rev() {
        for name in floor {
            page += &row(number, name, &rooms);
        }
    }
    page += "\n## Rooms\n";
    for name in floors.iter().flatten() {
        if let Some(room) = rooms.get(*name) {
            page += &section(name, room);
        }
    }
    Ok(page)
}

/// One line of the table.
fn row(floor: usize, name: &str, rooms: &BTreeMap<String, Room>) -> String {
    let Some(room) = rooms.get(name) else {
        return String::new();
    };
    let text = plain(&room.docs, |_| false).replace('\n', " ");
    // Up to the first full stop: what it is, in a sentence.
    let sentence = text
        .split_once(". ")
        .map_or(text.as_str(), |(first, _)| first);
    let sentence = sentence
        .trim_end()
        .trim_end_matches('.')
        .replace('|', "\\|");
    let imports: Vec<String> = room
        .imports
        .iter()
        .map(|room| format!("`{room}`"))
        .collect();
    let imports = imports.join(", ");
    format!("| {floor} | [`{name}`](#{name}) | {sentence} | {imports} |\n")
}

/// What the docs of a room and of the rooms within it say, and where they stand.
fn section(name: &str, room: &Room) -> String {
    let home = &room.home;
    let mut text = format!(
        "\n### {name}\n\n[`src/{home}`](../src/{home})\n\n{}",
        plain(&room.docs, |_| false)
    );
    for (path, docs) in &room.inner {
        text += &format!(
            "\n#### {path}\n\n[`src/{path}`](../src/{path})\n\n{}",
            plain(docs, |_| false)
        );
    }
    text
}

/// The rooms by name.
fn rooms(sources: &[Source]) -> BTreeMap<String, Room> {
    let tests = test_modules(sources);
    let mut rooms: BTreeMap<String, Room> = BTreeMap::new();
    for source in sources {
        let path = source.path.as_str();
        if path == "lib.rs" || tests.iter().any(|test| is_below(path, test)) {
            continue;
        }
        let name = path.split('/').next().unwrap_or(path);
        let name = name.trim_end_matches(".rs");
        let room = rooms.entry(name.to_owned()).or_default();
        room.imports.extend(imported(source, name));
        match module(path) {
            Some(inner) if inner == name => {
                room.home = path.to_owned();
                room.docs = docs(&source.text);
            }
            Some(inner) if path.ends_with("/mod.rs") => {
                let docs = docs(&source.text);
                if !docs.is_empty() {
                    room.inner.insert(inner, docs);
                }
            }
            Some(_) | None => {}
        }
    }
    rooms
}

/// A module's path below `src`, without what the file system adds: `engine/plan` of `engine/plan/mod.rs`.
fn module(path: &str) -> Option<String> {
    let path = path.strip_suffix(".rs")?;
    Some(path.strip_suffix("/mod").unwrap_or(path).to_owned())
}

/// The modules that only tests compile.
fn test_modules(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let Some(own) = module(&source.path) else {
            continue;
        };
        let folder = if matches!(own.as_str(), "lib" | "main") {
            String::new()
        } else {
            format!("{own}/")
        };
        for after in source.text.split("#[cfg(test)]\n").skip(1) {
            let line = after.lines().next().unwrap_or_default().trim();
            let declared = line.split_once("mod ").map(|(_, name)| name);
            if let Some(name) = declared.and_then(|name| name.strip_suffix(';')) {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    found
}

/// Whether a file is that of a module, or of one within it.
fn is_below(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The rooms whose names stand behind `crate::` in a file, itself left out.
fn imported(source: &Source, own: &str) -> BTreeSet<String> {
    // The tests of a file stand at its end.
    let code = source.text.split("#[cfg(test)]\nmod tests {").next();
    let lines = code.unwrap_or_default().lines();
    let code: Vec<&str> = lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    // The program names its library by name.
    let root = if own == "main" {
        "stoq_mcp::"
    } else {
        "crate::"
    };
    let mut names = BTreeSet::new();
    for rest in code.split(root).skip(1) {
        for name in heads(rest) {
            if !name.is_empty() && name != own {
                names.insert(name);
            }
        }
    }
    names
}

/// The first names of a path, or of each path of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![head(rest)];
    };
    let mut depth = 0;
    let mut path = String::new();
    let mut found = Vec::new();
    for symbol in group.chars() {
        match (symbol, depth) {
            ('{', _) => depth += 1,
            (',' | '}', 0) => {
                found.push(head(path.trim_start()));
                path.clear();
                if symbol == '}' {
                    break;
                }
            }
            ('}', _) => depth -= 1,
            (_, 0) => path.push(symbol),
            (_, _) => {}
        }
    }
    found
}

/// The name that a path begins with.
fn head(path: &str) -> String {
    let is_part = |symbol: &char| symbol.is_ascii_alphanumeric() || *symbol == '_';
    path.chars().take_while(is_part).collect()
}

/// The lines of a file's module docs.
fn docs(text: &str) -> Vec<String> {
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    let bare = lines.map(|line| line.trim_start_matches("//!"));
    bare.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned())
        .collect()
}

/// Docs as Markdown outside rustdoc: a link to a room leads to its section, links to items are their
/// text.
fn plain(docs: &[String], is_room: impl Fn(&str) -> bool) -> String {
    let text = docs.join("\n");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, link)) = rest.split_once("[`") {
        out += before;
        let Some((name, after)) = link.split_once("`]") else {
            out += "[`";
            rest = link;
            continue;
        };
        // Where rustdoc is told what the text means.
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
        out += &if is_room(name) {
            format!("[`{name}`](#{name})")
        } else {
            format!("`{name}`")
        };
    }
    out += rest;
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn house() -> Vec<Source> {
        vec![
            source(
                "lib.rs",
                "//! The house.\n//!\n//! - [`attic`]: above; `cellar`: below.\n\npub mod attic;\n",
            ),
            source(
                "attic/mod.rs",
                "//! Old things, see [`Box`](fn@Box). Dust too.\n\n#[cfg(test)]\nmod probe;\nuse crate::cellar::Jar;\n",
            ),
            source(
                "attic/trunk/mod.rs",
                "//! Clothes | hats.\nuse super::Box;\nuse crate::{attic::{x, y}, hall};\n",
            ),
            source("attic/probe.rs", "//! Not told.\nuse crate::roof;\n"),
            source(
                "attic/shelf.rs",
                "//! Not told either.\n// crate::roof\nfn f() { crate::cellar::open() }\n",
            ),
            source(
                "cellar.rs",
                "//! Jars.\n\n#[cfg(test)]\nmod tests {\n    use crate::attic;\n}\n",
            ),
            source("hall.rs", "//! The way in\n//! and out.\n"),
            source(
                "main.rs",
                "//! Opens the door.\nfn main() { stoq_mcp::attic::run() }\n",
            ),
        ]
    }

    #[test]
    fn the_page_tells_docs_floors_and_imports() {
        let page = architecture(&house()).unwrap();
        let wanted = "# Architecture\n\n<!-- generated from the module docs: cargo run -- docs -->\n\n\
            The house.\n\n- [`attic`](#attic): above; `cellar`: below.\n\n\
            ## Floors\n\nA room imports from the floors below it alone; tests are left out here.\n\n\
            | floor | room | what it is | imports |\n|---|---|---|---|\n\
            | 2 | [`main`](#main) | Opens the door | `attic` |\n\
            | 1 | [`attic`](#attic) | Old things, see `Box` | `cellar`, `hall` |\n\
            | 0 | [`cellar`](#cellar) | Jars |  |\n\
            | 0 | [`hall`](#hall) | The way in and out |  |\n\n\
            ## Rooms\n\n\
            ### cellar\n\n[`src/cellar.rs`](../src/cellar.rs)\n\nJars.\n\n\
            ### hall\n\n[`src/hall.rs`](../src/hall.rs)\n\nThe way in\nand out.\n\n\
            ### attic\n\n[`src/attic/mod.rs`](../src/attic/mod.rs)\n\nOld things, see `Box`. Dust too.\n\n\
            #### attic/trunk\n\n[`src/attic/trunk`](../src/attic/trunk)\n\nClothes | hats.\n\n\
            ### main\n\n[`src/main.rs`](../src/main.rs)\n\nOpens the door.\n";
        assert_eq!(page, wanted);
    }

    #[test]
    fn a_circle_is_named() {
        let mut sources = house();
        sources.push(source("hall/door.rs", "use crate::attic::Key;\n"));
        let told = "an import points up: attic, hall import each other in a circle; \
                    move what they share below them";
        assert_eq!(architecture(&sources).unwrap_err().to_string(), told);
    }

    #[test]
    fn a_room_without_docs_and_a_house_without_a_map_are_told() {
        let mut sources = house();
        sources.push(source("shed.rs", "fn f() {}\n"));
        let undocumented = ArchitectureError::Undocumented("shed.rs".to_owned());
        assert_eq!(architecture(&sources), Err(undocumented));
        assert_eq!(architecture(&[]), Err(ArchitectureError::NoMap));
    }
}
