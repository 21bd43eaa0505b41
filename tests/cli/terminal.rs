//! At a terminal: a pseudo-terminal that `script` makes, with somebody who types.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{SandboxProcess, program};

const DELETE: &str = "back_in_stock_signups_delete";
const WAITING: &str = "id=51900000-0000-4000-8000-000000000014";

/// The program at a terminal.
struct Terminal {
    child: Child,
    shown: String,
}

impl Terminal {
    fn start(columns: u16, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let own = program(arguments);
        let words = std::iter::once(own.get_program()).chain(own.get_args());
        let words: Vec<String> = words
            .map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")))
            .collect();
        let line = format!("stty cols {columns} rows 40; exec {}", words.join(" "));
        let mut command = Command::new("script");
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(name);
        }
        let child = command
            .args(["-qefc", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            shown: String::new(),
        }
    }

    /// Reads on until a text is shown.
    fn until(&mut self, text: &str) {
        let out = self.child.stdout.as_mut().unwrap();
        let mut bytes = self.shown.clone().into_bytes();
        let mut byte = [0];
        while !String::from_utf8_lossy(&bytes).ends_with(text) {
            assert_ne!(out.read(&mut byte).unwrap(), 0, "no {text:?}");
            bytes.extend(byte);
        }
        self.shown = String::from_utf8(bytes).unwrap();
    }

    fn types(&mut self, text: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// The exit code, and all that was shown.
    fn end(mut self) -> (i32, String) {
        let mut rest = Vec::new();
        let out = self.child.stdout.as_mut().unwrap();
        out.read_to_end(&mut rest).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.shown.push_str(&String::from_utf8_lossy(&rest));
        (code, self.shown)
    }
}

/// Somebody is asked before it is done.
fn asked(sandbox: &SandboxProcess) -> Terminal {
    let variables = [
        ("STOQ_API_KEY", sandbox.key.as_str()),
        ("STOQ_MCP_CONFIRM", "elicit"),
        ("NO_COLOR", "1"),
    ];
    let call = ["call", DELETE, WAITING, "--allow", "destroy"];
    let call = [&call[..], &["--base-url", &sandbox.base_url]].concat();
    let mut terminal = Terminal::start(100, &variables, &call);
    terminal.until("Type delete to go ahead. Anything else leaves it undone.\r\n> ");
    terminal
}

#[test]
fn what_is_typed_decides() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    for (typed, code, told, effects) in [
        ("\n", 4, "nobody agreed to it", 0),
        (
            "yes\n",
            4,
            "what was typed is not what the plan asked for",
            0,
        ),
        (
            "\u{3}",
            130,
            "Stopped at the question. Nothing was sent.",
            0,
        ),
        // The end of what is typed.
        ("\u{4}", 4, "nobody agreed to it", 0),
        ("delete\n", 0, "status: accepted", 1),
    ] {
        let mut terminal = asked(&sandbox);
        terminal.types(typed);
        let (found, shown) = terminal.end();
        assert_eq!(found, code, "{typed:?}: {shown}");
        assert!(shown.contains(told), "{typed:?}: {shown}");
        assert_eq!(sandbox.effects("signup_deleted"), effects, "{typed:?}");
    }
}

#[test]
fn a_terminal_gets_colours_and_a_table_that_fits() {
    let demand = [
        "call",
        "back_in_stock_reports_products_in_demand",
        "limit=3",
        "--sandbox",
        "--dataset",
        "fixture",
    ];
    let (code, shown) = Terminal::start(120, &[], &demand).end();
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("\u{1b}[1m") && shown.contains('─'),
        "{shown}"
    );
    for columns in [40, 80, 200] {
        let (_, shown) = Terminal::start(columns, &[("NO_COLOR", "1")], &demand).end();
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        for line in shown.lines().filter(|line| !line.contains(" rows")) {
            let width = line.trim_end().chars().count();
            assert!(width <= usize::from(columns), "{columns}: {line:?}");
        }
    }
}

#[test]
fn a_terminal_sees_a_bar_while_an_export_is_made() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.control("PATCH", "/config", json!({"export_ms": 1_500}));
    let export = [
        "call",
        "back_in_stock_reports_signups_export",
        "granularity=week",
    ];
    let export = [&export[..], &["--base-url", &sandbox.base_url]].concat();
    let key = [("STOQ_API_KEY", sandbox.key.as_str())];
    let (code, shown) = Terminal::start(100, &key, &export).end();
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains('░') && shown.contains(" of 5 ("),
        "{shown:?}"
    );
    assert!(!shown.contains("… "), "a bar, no lines: {shown:?}");
}
