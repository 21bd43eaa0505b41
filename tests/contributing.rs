//! What CONTRIBUTING, AGENTS, SECURITY and the page of the examples tell is there: every path exists, every
//! command parses, and the action that one is taught to add is a good one.
//!
//! `tests/interop/contributing.sh` follows the whole of CONTRIBUTING, builds included.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use support::{Scratch, run};

const CONTRIBUTING: &str = include_str!("../CONTRIBUTING.md");
const AGENTS: &str = include_str!("../AGENTS.md");
const SECURITY: &str = include_str!("../SECURITY.md");
const EXAMPLES: &str = include_str!("../examples/README.md");
const MANIFEST: &str = include_str!("../Cargo.toml");
const CHECK: &str = include_str!("../.ci/run");
const REGISTRY: &str = include_str!("../tools.registry.json");

/// The entry that the new one comes after.
const NEIGHBOUR: &str = "\"name\": \"back_in_stock_notifications_read\"";
const NEW: &str = "back_in_stock_notifications_blocked";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a language, in order.
fn blocks<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let fence = format!("```{language}\n");
    let rest = document.split(fence.as_str()).skip(1);
    rest.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The texts between single backquotes outside blocks.
fn spans(document: &str) -> Vec<&str> {
    let prose = document.split("```").step_by(2);
    prose
        .flat_map(|text| text.split('`').skip(1).step_by(2))
        .collect()
}

/// The addresses of links within the project.
fn links(document: &str) -> Vec<&str> {
    let targets = document.split("](").skip(1);
    let targets = targets.map(|rest| rest.split(')').next().unwrap());
    targets.filter(|target| !target.contains("://")).collect()
}

/// Whether a text is meant as a path of the project.
fn is_path(text: &str) -> bool {
    const ENDINGS: [&str; 9] = ["rs", "md", "json", "toml", "sh", "ts", "py", "yml", "txt"];
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || "_.-/".contains(symbol);
    let ending = text.rsplit_once('.').map(|(_, ending)| ending);
    !text.starts_with('/')
        && text.chars().all(is_part)
        && (text.contains('/') || ending.is_some_and(|ending| ENDINGS.contains(&ending)))
}

#[test]
fn every_path_is_there() {
    for (name, document, folder) in [
        ("CONTRIBUTING.md", CONTRIBUTING, ""),
        ("AGENTS.md", AGENTS, ""),
        ("SECURITY.md", SECURITY, ""),
        ("examples/README.md", EXAMPLES, "examples"),
    ] {
        let paths = spans(document).into_iter().filter(|text| is_path(text));
        let paths: BTreeSet<&str> = paths.chain(links(document)).collect();
        assert!(paths.len() >= 5, "{name}: {paths:?}");
        for path in paths {
            let is_there = [folder, ""]
                .iter()
                .any(|from| root().join(from).join(path).exists());
            assert!(is_there, "{name} names {path}, which is not there");
        }
    }
}

#[test]
fn every_example_is_told() {
    let told = spans(EXAMPLES);
    let entries = std::fs::read_dir(root().join("examples")).unwrap();
    for entry in entries {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_told = told
            .iter()
            .any(|text| text.split('/').next() == Some(&name));
        let is_by_itself = ["README.md", "__pycache__"].contains(&name.as_str());
        assert!(
            is_told || is_by_itself,
            "examples/README.md does not tell of {name}"
        );
    }
}

/// The commands of a document: the lines of its shell blocks, and the spans that begin as one.
fn commands(document: &str) -> Vec<&str> {
    let lines = blocks(document, "sh").into_iter().flat_map(str::lines);
    let starts = ["cargo ", "stoq-mcp ", "tests/", "fuzz/", ".ci/"];
    // A path alone is looked at as such.
    let is_command =
        |text: &&str| !is_path(text) && starts.iter().any(|start| text.starts_with(start));
    let spans = spans(document).into_iter().filter(is_command);
    let all = lines
        .chain(spans)
        .map(|line| line.split(['#', '|']).next().unwrap().trim());
    all.filter(|line| !line.is_empty()).collect()
}

/// The words of a command without variables before it; a quoted text is one word.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in command.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let is_variable = |word: &String| {
        word.split_once('=')
            .is_some_and(|(name, _)| name.to_uppercase() == name)
    };
    words.into_iter().skip_while(is_variable).collect()
}

#[test]
fn every_command_is_one() {
    let mut kinds = BTreeSet::new();
    for document in [CONTRIBUTING, AGENTS, SECURITY] {
        for command in commands(document) {
            let words = words(command);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words[..] {
                ["cargo", "test", ref rest @ ..] => tests_are_there(command, rest),
                ["cargo", "bench", "--bench", name] => {
                    let named = format!("[[bench]]\nname = \"{name}\"\n");
                    assert!(MANIFEST.contains(&named), "`{command}`: no such benchmark");
                }
                ["cargo", "run", ref rest @ ..] => {
                    let own = rest.iter().position(|word| *word == "--").unwrap();
                    parses(command, &rest[own + 1..]);
                }
                ["cargo", "clippy" | "fmt", ..] => {
                    assert!(
                        CHECK.contains(command),
                        "`{command}` is not what .ci/run runs"
                    );
                }
                ["stoq-mcp", ref rest @ ..] => parses(command, rest),
                ["git", ..] => {}
                [script, ref rest @ ..] => is_script(command, script, rest),
                [] => panic!("`{command}` is empty"),
            }
            kinds.insert(words[..words.len().min(2)].join(" "));
        }
    }
    let all: Vec<&str> = kinds.iter().map(String::as_str).collect();
    for kind in [
        "cargo bench",
        "cargo clippy",
        "cargo run",
        "cargo test",
        "stoq-mcp writes",
    ] {
        assert!(all.contains(&kind), "{kind}: {all:?}");
    }
}

/// Suites and rooms that `cargo test` is told to run.
fn tests_are_there(command: &str, words: &[&str]) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--quiet" | "--lib" => {}
            "--test" => {
                let name = words.next().unwrap();
                let homes = [format!("tests/{name}.rs"), format!("tests/{name}/main.rs")];
                let is_there = homes.iter().any(|home| root().join(home).exists());
                assert!(is_there, "`{command}`: no such suite");
            }
            "--" => {
                let module = words
                    .next()
                    .unwrap()
                    .trim_end_matches("::")
                    .replace("::", "/");
                let homes = [format!("src/{module}.rs"), format!("src/{module}/mod.rs")];
                let is_there = homes.iter().any(|home| root().join(home).exists());
                assert!(is_there, "`{command}`: no such room");
            }
            other => panic!("`{command}`: {other} is not known here"),
        }
    }
}

/// The program knows the subcommand and each of the flags.
fn parses(command: &str, words: &[&str]) {
    let is_flag = |word: &&&str| word.starts_with('-');
    let mut asked: Vec<&str> = words
        .iter()
        .take_while(|word| !is_flag(word))
        .copied()
        .collect();
    asked.push("--help");
    let (code, help, err) = run(&asked);
    assert_eq!((code, err.as_str()), (0, ""), "`{command}`");
    for flag in words.iter().filter(is_flag) {
        let is_known = help
            .split(|symbol: char| symbol.is_whitespace() || ",[]".contains(symbol))
            .any(|word| word == *flag);
        assert!(is_known, "`{command}`: no {flag}");
    }
}

/// A script that can be run, and that reads the flags it is given.
fn is_script(command: &str, script: &str, flags: &[&str]) {
    let path = root().join(script);
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{command}`: {error}"));
    assert!(text.starts_with("#!"), "`{command}` is no script");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_ne!(mode & 0o111, 0, "`{command}` cannot be run");
    }
    for flag in flags {
        assert!(
            text.contains(flag),
            "`{command}`: {script} knows nothing of {flag}"
        );
    }
}

/// The registry with the entry of CONTRIBUTING, where it says.
fn taught() -> String {
    let entries = blocks(CONTRIBUTING, "json");
    assert_eq!(entries.len(), 1);
    let at = REGISTRY.find(NEIGHBOUR).unwrap();
    let end = at + REGISTRY[at..].find("\n    }").unwrap() + "\n    }".len();
    format!(
        "{},\n{}{}",
        &REGISTRY[..end],
        entries[0].trim_end(),
        &REGISTRY[end..]
    )
}

#[test]
fn the_action_that_is_taught_has_no_mistakes_and_is_found() {
    let file = Scratch::new("taught.json", &taught());
    let printed = blocks(CONTRIBUTING, "text")[0];
    let (code, out, err) = run(&["registry", "lint", file.path()]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let lint = out.replace(file.path(), "tools.registry.json");
    let asked = "why were alerts held back";
    assert!(CONTRIBUTING.contains(asked));
    let (code, found, err) = run(&["find", asked, "--registry", file.path()]);
    assert_eq!((code, err.as_str()), (0, ""));
    let first = found.lines().next().unwrap();
    assert_eq!(format!("{lint}{first}\n"), printed);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_action_that_is_taught_is_in_the_documents() {
    let folder = std::env::temp_dir().join(format!("stoq-mcp-taught-{}", std::process::id()));
    for name in ["src", "docs", "tests/interop", "examples/clients"] {
        copy(&root().join(name), &folder.join(name));
    }
    for entry in std::fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    std::fs::write(folder.join("tools.registry.json"), taught()).unwrap();
    let place = folder.to_str().unwrap();
    let (code, out, err) = run(&["docs", "--root", place]);
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let checked = run(&["docs", "--check", "--root", place]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let row = readme
        .lines()
        .find(|line| line.starts_with(&format!("| `{NEW}` |")));
    assert_eq!(
        row,
        Some(
            "| `back_in_stock_notifications_blocked` | Counts the alerts that were held back, by reason, most first; use it to see why shoppers hear nothing. | read | 1 | inferred |"
        )
    );
    assert_eq!(
        checked,
        (0, "generated files are current\n".to_owned(), String::new())
    );
}
