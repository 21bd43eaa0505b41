//! The audit trail by its commands, and through processes that end in the middle of a line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use stoq_mcp::registry::entry::Class;
use stoq_mcp::safety::audit::types::{ActionName, CallId, Hash, Name, Refusal, Status, Writes};
use stoq_mcp::safety::audit::{Audit, Event, Key, Subject};
use support::{finish, program, run};

/// Names the state folder to the process that is ended.
const FOLDER: &str = "AUDIT_TEST_STATE";
const FIRST: &str = "audit/audit-000001.jsonl";

/// A state folder that is gone when the test ends.
struct State(PathBuf);

impl State {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-audit-cli-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// A trail of an intent, its outcome, a refusal of the next day and the switch.
    fn with_trail() -> Self {
        let state = Self::new();
        write(&state.0, None, &four());
        state
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let all = [&["audit"], arguments, &["--state", self.path()]].concat();
        run(&all)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write(state: &Path, key: Option<Key>, events: &[Event]) {
    let audit = Audit::open(&state.join("audit"), 1 << 20, key, day(1)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    for event in events {
        runtime.block_on(audit.write(event.clone())).unwrap();
    }
}

fn day(day: u32) -> DateTime<Utc> {
    format!("2026-03-0{day}T23:59:59.999Z").parse().unwrap()
}

fn subject(principal: &str, shop: u8) -> Subject {
    Subject {
        call: CallId::new(),
        principal: Name::new(principal),
        shop: Some(Hash::from([shop; 16])),
        client: Some(Name::of_client("=cmd", "1")),
        action: ActionName::new("preorders_offers_disable"),
        class: Class::Write,
        digest: Some(Hash::from([2; 32])),
    }
}

fn four() -> [Event; 4] {
    let (ann, bob) = (subject("ann", 1), subject("bob", 2));
    [
        Event::intent(day(1), &ann),
        Event::outcome(day(1), &ann, Status::Done).upstream_status(202),
        Event::blocked(day(2), &bob, Refusal::Policy),
        Event::switch(day(3), Name::new("ann"), Writes::Off),
    ]
}

fn edit(state: &State) {
    let text = fs::read_to_string(state.file(FIRST)).unwrap();
    fs::write(state.file(FIRST), text.replace("\"ann\"", "\"eve\"")).unwrap();
}

#[test]
fn a_whole_trail_says_so() {
    let state = State::with_trail();
    let text = "The audit trail is whole. Lines: 4 (1 to 4). Files: 1.\n";
    assert_eq!(state.run(&["verify"]), (0, text.into(), String::new()));
    let (code, out, err) = state.run(&["verify", "--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        serde_json::from_str::<Value>(&out).unwrap(),
        json!({"whole": true, "lines": 4, "first": 1, "last": 4, "files": 1, "torn": 0, "unfinished": 0})
    );
    // By the platform's folder, and by the setting.
    let home = State::new();
    fs::create_dir(&home.0).unwrap();
    write(&home.file("stoq-mcp"), None, &[]);
    let text = "The audit trail is whole. Lines: none. Files: 0.\n";
    for (name, value) in [
        ("XDG_STATE_HOME", home.0.clone()),
        ("STOQ_MCP_STATE", home.file("stoq-mcp")),
    ] {
        let mut command = program(&["audit", "verify"]);
        command.env_remove("STOQ_MCP_STATE").env(name, value);
        assert_eq!(finish(command), (0, text.into(), String::new()), "{name}");
    }
}

#[test]
fn an_edit_is_named_by_file_and_line() {
    let state = State::with_trail();
    edit(&state);
    let what = "the line does not follow the one before it: it was changed, moved, or written under another key, or lines before it are missing";
    let told =
        format!("stoq-mcp: the audit trail is not whole. audit-000001.jsonl, line 1: {what}\n");
    assert_eq!(state.run(&["verify"]), (1, String::new(), told.clone()));
    let (code, out, err) = state.run(&["verify", "--json"]);
    assert_eq!((code, err), (1, told));
    assert_eq!(
        serde_json::from_str::<Value>(&out).unwrap(),
        json!({"whole": false, "file": "audit-000001.jsonl", "line": 1, "seq": 1, "what": what})
    );
}

#[test]
fn a_head_kept_elsewhere_finds_a_folder_put_back() {
    let state = State::with_trail();
    let names = [FIRST, "audit/head.json"];
    let older = names.map(|name| fs::read(state.file(name)).unwrap());
    write(&state.0, None, &four());
    let (code, head, err) = state.run(&["head"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(head.starts_with("8:") && head.len() == 2 + 64 + 1, "{head}");
    let expect = ["verify", "--expect", head.trim()];
    assert_eq!(state.run(&expect).0, 0);
    for (name, bytes) in names.iter().zip(older) {
        fs::write(state.file(name), bytes).unwrap();
    }
    assert_eq!(state.run(&["verify"]).0, 0);
    let (code, out, err) = state.run(&expect);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.contains("line 8 was expected, and the lines here are 1 to 4"),
        "{err}"
    );
}

#[test]
fn an_export_has_the_lines_that_are_asked_for() {
    let state = State::with_trail();
    let seqs = |arguments: &[&str]| {
        let (code, out, err) = state.run(&[&["export"], arguments].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        out.lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["seq"]
                    .as_u64()
                    .unwrap()
            })
            .collect::<Vec<u64>>()
    };
    assert_eq!(seqs(&[]), [1, 2, 3, 4]);
    assert_eq!(seqs(&["--since", "2026-03-02"]), [3, 4]);
    assert_eq!(seqs(&["--until", "2026-03-02"]), [1, 2, 3]);
    assert_eq!(seqs(&["--principal", "ann"]), [1, 2, 4]);
    assert_eq!(seqs(&["--shop", &"02".repeat(16)]), [3]);
    assert_eq!(seqs(&["--action", "preorders_offers_disable"]), [1, 2, 3]);
    assert_eq!(seqs(&["--event", "outcome"]), [2]);
    let (_, out, _) = state.run(&["export", "--json", "--event", "switch"]);
    let array: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        array,
        json!([{"seq": 4, "at": "2026-03-03T23:59:59.999Z", "event": "switch", "principal": "ann", "writes": "off"}])
    );
    let (_, out, _) = state.run(&["export", "--csv", "--event", "blocked"]);
    let rows: Vec<&str> = out.lines().collect();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0].starts_with("seq,at,event,call,principal,shop,client,action,"),
        "{out}"
    );
    assert!(
        rows[1].starts_with("3,2026-03-02T23:59:59.999Z,blocked,"),
        "{out}"
    );
    assert!(
        rows[1].contains(",bob,02020202020202020202020202020202,'=cmd/1,"),
        "{out}"
    );
}

#[test]
fn a_broken_trail_is_exported_only_when_it_is_said() {
    let state = State::with_trail();
    edit(&state);
    let (code, out, err) = state.run(&["export"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("stoq-mcp: nothing is exported, since the audit trail is not whole. audit-000001.jsonl, line 1: ")
            && err.ends_with(". Add --unverified to print what can be read of it\n"),
        "{err}"
    );
    let mut text = fs::read(state.file(FIRST)).unwrap();
    text.extend(b"rubbish\n");
    fs::write(state.file(FIRST), text).unwrap();
    let (code, out, err) = state.run(&["export", "--unverified", "--principal", "eve"]);
    assert_eq!((code, out.lines().count()), (0, 3));
    assert_eq!(
        err,
        "stoq-mcp: these lines were not checked; 1 could not be read and are left out\n"
    );
}

#[test]
fn without_a_trail_or_with_a_wrong_flag_it_is_said() {
    let state = State::new();
    let told = format!(
        "stoq-mcp: there is no audit trail in {}/audit\n",
        state.path()
    );
    assert_eq!(state.run(&["head"]), (1, String::new(), told));
    let (code, out, err) = state.run(&["verify"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.contains("nothing was ever recorded in this folder"),
        "{err}"
    );
    // Looking makes nothing.
    assert!(!state.0.exists());
    let (code, _, err) = run(&["audit", "verify", "--state", "memory"]);
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "stoq-mcp: `state` (from the command line): the state of such servers is in their memory alone, where no other process can reach it. Name the folder of the servers you mean with --state\n"
        )
    );
    for wrong in [
        &["verify", "--from", "0"][..],
        &["verify", "--expect", "1:x"],
        &["export", "--csv", "--json"],
    ] {
        assert_eq!(state.run(wrong).0, 2, "{wrong:?}");
    }
}

#[test]
fn the_key_may_come_from_the_environment_and_is_never_printed() {
    let state = State::new();
    let hex = "c0ffee11".repeat(8);
    let key = Key::from_hex(&hex.clone().into()).unwrap();
    write(&state.0, Some(key), &four());
    let with = |command: &str, key: Option<&str>| {
        let mut program = program(&["audit", command, "--state", state.path()]);
        if let Some(key) = key {
            program.env("STOQ_MCP_AUDIT_KEY", key);
        }
        let (code, out, err) = finish(program);
        assert!(
            !out.contains("c0ffee11") && !err.contains("c0ffee11"),
            "{out}{err}"
        );
        (code, err)
    };
    for command in ["verify", "export", "head"] {
        assert_eq!(with(command, Some(&hex)), (0, String::new()), "{command}");
        let (code, err) = with(command, None);
        assert_eq!(code, 1);
        assert!(
            err.contains("audit.key is not there and STOQ_MCP_AUDIT_KEY is not set"),
            "{err}"
        );
        let (code, err) = with(command, Some("c0ffee11"));
        assert_eq!(code, 2);
        assert!(
            err.contains("STOQ_MCP_AUDIT_KEY is not the hex of 32 bytes or more"),
            "{err}"
        );
        assert_eq!(with(command, Some(&"ab".repeat(32))).0, 1);
    }
}

/// Writes lines until one fails or the process is ended, and says each.
#[test]
#[ignore = "the process that other tests end"]
fn a_writer_without_end() {
    let state = PathBuf::from(std::env::var_os(FOLDER).expect("a state folder"));
    let audit = Audit::open(&state.join("audit"), 1 << 20, None, day(1)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    for number in 1.. {
        let event = Event::intent(day(1), &subject("ann", 1)).count(number);
        match runtime.block_on(audit.write(event)) {
            Ok(()) => println!("\nwritten {number}"),
            Err(error) => {
                println!("\nfailed {error}");
                return;
            }
        }
    }
}

/// That writer as a process, by a command that runs another.
fn writer(state: &State, wrapped: &[&str]) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match wrapped.split_first() {
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(this);
            command
        }
        None => Command::new(this),
    };
    command
        .args([
            "--exact",
            "a_writer_without_end",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, &state.0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn verified(state: &State) -> Value {
    let (code, out, err) = state.run(&["verify", "--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    serde_json::from_str(&out).unwrap()
}

#[test]
fn every_line_that_was_acknowledged_outlives_a_killed_process() {
    let state = State::new();
    for round in 1..=3_u64 {
        let before = match round {
            1 => 0,
            _ => verified(&state)["lines"].as_u64().unwrap(),
        };
        let mut child = writer(&state, &[]).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !told.contains(&format!("written {}\n", 3 + round)) {
            assert!(out.read_line(&mut told).unwrap() > 0, "{told}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        out.read_to_string(&mut told).unwrap();
        let acknowledged = u64::try_from(told.matches("\nwritten ").count()).unwrap();
        let checked = verified(&state);
        // One more may be there, and a line about a part of one.
        let lines = checked["lines"].as_u64().unwrap() - before;
        assert!(
            (acknowledged..=acknowledged + 2).contains(&lines),
            "{acknowledged} {checked}"
        );
    }
    write(&state.0, None, &four());
    assert_eq!(verified(&state)["unfinished"], 0);
}

#[cfg(unix)]
#[test]
fn a_write_that_the_system_cuts_is_taken_back() {
    let state = State::new();
    let limit = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let output = writer(&state, &["sh", "-c", limit]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("\nfailed the audit trail in "), "{told}");
    let acknowledged = told.matches("\nwritten ").count();
    assert!(acknowledged > 3, "{told}");
    let whole = json!({
        "whole": true, "lines": acknowledged, "first": 1, "last": acknowledged, "files": 1,
        "torn": 0, "unfinished": 0,
    });
    assert_eq!(verified(&state), whole);
    let size = fs::metadata(state.file(FIRST)).unwrap().len();
    assert!(
        !size.is_multiple_of(4096),
        "the limit lies between two lines: {size}"
    );
}
