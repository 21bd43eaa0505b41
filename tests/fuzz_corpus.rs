//! What fuzzers learnt, replayed without them: every kept file, and a bounded run of seeded changes
//! of those files. `fuzz/run.sh` looks for more.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use stoq_mcp::fuzzing::{TARGETS, folder};

/// Most bytes of a kept file: what is longer teaches no more.
const MAX_FILE: usize = 4_096;
/// Pieces that parsers stumble over.
const PIECES: [&str; 24] = [
    "\0",
    "\n",
    "\r\n",
    "\u{202e}",
    "\u{200b}",
    "\u{e0041}",
    "\u{feff}",
    "\\ud800",
    "\\u0000",
    "..",
    "/",
    "//",
    "\\",
    "%2e%2e",
    "@",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":null",
    "-1",
    "18446744073709551616",
    "1e999",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The kept files of a target, by name.
fn kept(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for kind in ["corpus", "regressions"] {
        let Ok(files) = std::fs::read_dir(root().join(kind).join(folder(target))) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

/// Panics on any thread, those that the program catches among them.
fn panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |what| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(what);
        }));
    });
    &PANICS
}

/// Runs one input; `true` when nothing panicked.
fn holds(target: fn(&[u8]), data: &[u8]) -> bool {
    let before = panics().load(Ordering::SeqCst);
    let ended = catch_unwind(AssertUnwindSafe(|| target(data)));
    ended.is_ok() && panics().load(Ordering::SeqCst) == before
}

/// One to four changes of a file.
fn changed(rng: &mut Pcg64, files: &[(PathBuf, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = files.choose(rng).unwrap().1.clone();
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=bytes.len());
        let end = bytes.len().min(at + rng.random_range(1..=16));
        match rng.random_range(0..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &files.choose(rng).unwrap().1;
                let from = rng.random_range(0..=other.len());
                bytes.splice(at.., other[from..].iter().copied());
            }
            5 => bytes.insert(at, rng.random()),
            _ => {
                let piece = PIECES.choose(rng).unwrap().bytes();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes.truncate(MAX_FILE);
    bytes
}

/// How many changed files a target gets: what takes a conversation gets fewer, so that all of them
/// together take seconds.
fn tries(target: &str) -> usize {
    match target {
        "confirmation" | "manifest" | "pipe" => 400,
        "ticket" => 1_000,
        "arguments" | "http" => 2_000,
        "cursor" => 5_000,
        _ => 20_000,
    }
}

// One test, so that a panic is blamed on the input that brought it.
#[test]
fn every_kept_file_and_its_changes_keep_the_promises() {
    for (name, target) in TARGETS {
        let files = kept(name);
        for (path, bytes) in &files {
            assert!(bytes.len() <= MAX_FILE, "{} is too long", path.display());
            assert!(holds(target, bytes), "{name}: {}", path.display());
        }
        let mut rng = Pcg64::seed_from_u64(0x5709);
        for number in 0..tries(name) {
            let data = changed(&mut rng, &files);
            assert!(
                holds(target, &data),
                "{name}: try {number}; keep it below fuzz/regressions/{}: {:?}",
                folder(name),
                String::from_utf8_lossy(&data)
            );
        }
    }
}

#[test]
fn every_target_has_its_program_and_its_files() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let programs = std::fs::read_dir(root().join("fuzz_targets")).unwrap();
    let programs: BTreeSet<String> = programs
        .map(|file| file.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(programs, names);
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for name in &names {
        let listed = format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"");
        assert!(
            manifest.contains(&listed),
            "{name} is not in fuzz/Cargo.toml"
        );
        let text = root().join(format!("fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(text).unwrap();
        assert!(
            text.contains(&format!("stoq_mcp::fuzzing::{name}(data)")),
            "{text}"
        );
        assert!(kept(name).len() >= 10, "{name} has few files");
    }
    let folders: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| folder(name)).collect();
    for kind in ["corpus", "regressions"] {
        for found in std::fs::read_dir(root().join(kind)).into_iter().flatten() {
            let found = found.unwrap().file_name();
            assert!(
                folders.contains(found.to_str().unwrap()),
                "{found:?} is of no target"
            );
        }
    }
}
