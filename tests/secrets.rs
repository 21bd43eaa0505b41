//! The shop's key and the signed links of export files appear in no byte the program writes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "secrets/shopper.rs"]
mod shopper;
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{SandboxProcess, Scratch, finish, program};

/// The key of these tests, and the part of it that must not appear in any spelling.
const KEY: &str = "stoq_api_key_CaNaRy7f3a9c5e1b2d4f608a7c9e0b";
const CANARY: &str = "CaNaRy";
const SHOP: &str = "/shops/juniper-supply.myshopify.com";

/// Everything a run wrote, both streams.
struct Written {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Written {
    /// Neither the key nor a part of a signed link is in it.
    fn is_clean(&self, about: &str) {
        for (name, bytes) in [("stdout", &self.out), ("stderr", &self.err)] {
            let text = String::from_utf8_lossy(bytes).to_lowercase();
            // The vendor's notes name the field of the link, which is no secret.
            let text = text.replace("then fetch download_url", "");
            for secret in [CANARY, "signature", "download_url", "expires="] {
                let lines = text.lines();
                let secret = secret.to_lowercase();
                let around = |line: &str| {
                    let at = line.find(&secret)?;
                    Some(
                        line.chars()
                            .skip(at.saturating_sub(200))
                            .take(400)
                            .collect(),
                    )
                };
                let found: Vec<String> = lines.filter_map(around).collect();
                assert_eq!(found, Vec::<String>::new(), "{about}: `{secret}` on {name}");
            }
            assert!(!text.contains("panicked at"), "{about}: {text}");
        }
    }
}

/// A command of the program that has the key in its environment and logs all it can.
fn loud(arguments: &[&str], format: &str) -> Command {
    let mut command = program(arguments);
    command.args(["--log", "trace", "--log-format", format]);
    command.env("STOQ_API_KEY", KEY);
    command
}

/// Runs an MCP session on stdio: the calls one after the other, then the end of the input.
fn session(command: Command, requests: &[(&str, Value)]) -> (Written, Vec<Value>) {
    session_seen(command, requests, || {})
}

/// The same with a look at what there is while the server still runs.
fn session_seen(
    mut command: Command,
    requests: &[(&str, Value)],
    look: impl FnOnce(),
) -> (Written, Vec<Value>) {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut errors = child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        errors.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut out = Vec::new();
    let mut answers = Vec::new();
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "black-box", "version": "1"}});
    let all = std::iter::once(("initialize", hello)).chain(requests.iter().cloned());
    for (id, (method, params)) in all.enumerate() {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        writeln!(input, "{message}").unwrap();
        loop {
            let mut line = Vec::new();
            assert!(
                output.read_until(b'\n', &mut line).unwrap() > 0,
                "the server ended"
            );
            out.extend_from_slice(&line);
            let answer: Value = serde_json::from_slice(&line).unwrap();
            if answer.get("id") == Some(&json!(id)) {
                answers.push(answer);
                break;
            }
        }
        if id == 0 {
            let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            writeln!(input, "{ready}").unwrap();
        }
    }
    look();
    drop(input);
    output.read_to_end(&mut out).unwrap();
    child.wait().unwrap();
    let err = log.join().unwrap();
    (Written { out, err }, answers)
}

fn call(tool: &str, arguments: Value) -> (&'static str, Value) {
    (
        "tools/call",
        json!({"name": tool, "arguments": arguments, "_meta": {"progressToken": 7}}),
    )
}

fn sandbox() -> SandboxProcess {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.control("PATCH", SHOP, json!({"keys": [KEY]}));
    sandbox
}

#[test]
fn a_session_that_succeeds_writes_no_secret() {
    for format in ["text", "json"] {
        let sandbox = sandbox();
        let base = [
            "serve",
            "--base-url",
            &sandbox.base_url,
            "--allow",
            "send,money,destroy",
        ];
        let requests = [
            ("tools/list", json!({})),
            ("resources/templates/list", json!({})),
            call("back_in_stock_signups_list", json!({})),
            call(
                "back_in_stock_signups_create",
                json!({"channel": "email", "shopify_variant_id": 44_021_000_000_201_u64, "email": "rosa.lind@example.com"}),
            ),
            call(
                "back_in_stock_settings_tagging_update",
                json!({"order_tag": {"enabled": true}}),
            ),
            call("back_in_stock_reports_signups_export", json!({})),
            call(
                "back_in_stock_reports_summary_export",
                json!({"wait_seconds": 0}),
            ),
            call("back_in_stock_signups_read", json!({"id": "nobody"})),
            call("back_in_stock_signups_list", json!({"nonsense": 1})),
            call("preorders_reports_outstanding_balances_export", json!({})),
            call(
                "preorders_orders_bulk_set_tags",
                json!({"order_ids": [6_130_000_000_001_u64], "tags": ["preorder"]}),
            ),
            call(
                "preorders_orders_payments_charge_balance",
                json!({"id": 6_130_000_000_002_u64}),
            ),
        ];
        let (written, answers) = session(loud(&base, format), &requests);
        written.is_clean(format);
        assert!(!written.err.is_empty(), "the log is on");
        let export = &answers[6]["result"]["structuredContent"];
        assert_eq!(export["status"], json!("ok"));
        let uri = answers[6]["result"]["content"][1]["uri"].clone();
        let job = json!({"job_id": export["data"]["job_id"]});
        let requests = [
            ("resources/read", json!({"uri": uri})),
            call("back_in_stock_reports_jobs_read", job),
        ];
        let (written, answers) = session(loud(&base, format), &requests);
        written.is_clean(format);
        assert_eq!(
            answers[2]["result"]["structuredContent"]["data"]["status"],
            json!("ready")
        );
    }
}

#[test]
fn a_session_that_fails_writes_no_secret() {
    let down = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = down.local_addr().unwrap().port();
    drop(down);
    let refused = format!("http://127.0.0.1:{port}/api/v2/external");
    for format in ["text", "json"] {
        let requests = [
            call("back_in_stock_signups_list", json!({})),
            call(
                "back_in_stock_settings_tagging_update",
                json!({"order_tag": {"enabled": true}}),
            ),
            call("back_in_stock_reports_signups_export", json!({})),
        ];
        let unknown_key = SandboxProcess::start("fixture");
        let (written, answers) = session(
            loud(&["serve", "--base-url", &unknown_key.base_url], format),
            &requests,
        );
        written.is_clean("401");
        assert!(answers[1].to_string().contains("(401)"));
        let (written, answers) =
            session(loud(&["serve", "--base-url", &refused], format), &requests);
        written.is_clean("connection refused");
        assert!(answers[1].to_string().contains("could not be reached"));
        for fault in [
            json!({"kind": "drop", "phase": "after"}),
            json!({"kind": "status", "status": 500}),
            json!({"kind": "malformed_json", "variant": "truncated"}),
            json!({"kind": "wrong_shape", "nullify": ["job_id", "signups"]}),
        ] {
            let sandbox = sandbox();
            sandbox.fault(json!({"match": {"path": "/api/**"}, "times": null, "fault": fault}));
            let (written, _) = session(
                loud(&["serve", "--base-url", &sandbox.base_url], format),
                &requests,
            );
            written.is_clean(&fault.to_string());
        }
        for outcome in ["403", "truncated", "html"] {
            let sandbox = sandbox();
            sandbox
                .fault(json!({"times": null, "fault": {"kind": "download", "outcome": outcome}}));
            let (written, answers) = session(
                loud(&["serve", "--base-url", &sandbox.base_url], format),
                &requests[2..],
            );
            written.is_clean(outcome);
            assert!(answers[1].to_string().contains("could not be fetched"));
        }
    }
}

#[test]
fn a_key_that_no_header_can_carry_is_told_without_it() {
    let sandbox = sandbox();
    for (key, code) in [
        (format!("{KEY}\n"), 0),
        (format!(" {KEY} "), 0),
        (format!("{KEY}\u{e9}\u{7}"), 2),
        (format!("{KEY}\n{KEY}"), 2),
    ] {
        let call = [
            "call",
            "back_in_stock_reports_list",
            "--base-url",
            &sandbox.base_url,
        ];
        let mut command = loud(&call, "text");
        command.env("STOQ_API_KEY", &key);
        misuse(command, "an odd key", code);
    }
}

/// What the program prints when it is called the wrong way, key and all.
fn misuse(command: Command, about: &str, wanted: i32) {
    let (code, out, err) = finish(command);
    Written {
        out: out.into_bytes(),
        err: err.clone().into_bytes(),
    }
    .is_clean(about);
    assert_eq!(code, wanted, "{about}: {err}");
    assert!(wanted == 0 || !err.is_empty(), "{about}: told nothing");
}

#[test]
fn a_base_address_with_the_key_in_it_is_refused_without_it() {
    for base in [
        format!("https://{KEY}@app.stoqapp.com/api"),
        format!("https://me:{KEY}@app.stoqapp.com/api"),
        format!("https://app.stoqapp.com/api?token={KEY}"),
        format!("https://app.stoqapp.com/api#{KEY}"),
        format!("http://app.stoqapp.com/api/{KEY}"),
        format!("ftp://127.0.0.1/{KEY}"),
        format!("{KEY}@127.0.0.1"),
        KEY.to_owned(),
        format!("https://[{KEY}]/"),
    ] {
        for arguments in [&["serve"][..], &["call", "back_in_stock_reports_list"]] {
            let mut flag = loud(arguments, "text");
            flag.args(["--base-url", &base]);
            misuse(flag, &base, 2);
            let mut variable = loud(arguments, "json");
            variable.env("STOQ_MCP_BASE_URL", &base);
            misuse(variable, &base, 2);
            let file = Scratch::new("base.toml", &format!("base_url = \"{base}\"\n"));
            let mut config = loud(arguments, "text");
            config.args(["--config", file.path()]);
            misuse(config, &base, 2);
        }
    }
}

#[test]
fn a_configuration_with_the_key_in_it_is_refused_without_it() {
    for text in [
        format!("api_key = \"{KEY}\"\n"),
        format!("{KEY}\n"),
        format!("{KEY} = 1\n"),
        format!("api_key_env = \"{KEY}\"\n"),
        format!("api_key_env = [\"{KEY}\"]\n"),
        format!("log = {KEY}\n"),
        format!("allow = [\"{KEY}\"]\n"),
        format!("points_limit = \"{KEY}\"\n"),
        format!("[{KEY}]\nx = 1\n"),
    ] {
        let file = Scratch::new("config.toml", &text);
        let mut command = loud(&["serve", "--config", file.path()], "text");
        command.env_remove("STOQ_API_KEY");
        misuse(command, &text, 2);
    }
    for (name, value) in [
        ("STOQ_MCP_API_KEY", KEY),
        ("STOQ_MCP_KEY", KEY),
        ("STOQ_MCP_API_KEY_ENV", KEY),
        ("STOQ_MCP_ALLOW", KEY),
        ("STOQ_MCP_POINTS_LIMIT", KEY),
        ("STOQ_MCP_READ_ONLY", KEY),
        ("STOQ_MCP_LOG_FORMAT", KEY),
    ] {
        let mut command = loud(&["serve"], "text");
        command.env_remove("STOQ_API_KEY").env(name, value);
        misuse(command, name, 2);
    }
}

#[test]
fn a_command_line_with_the_key_in_it_is_refused_without_it() {
    for arguments in [
        &["serve", "--api-key", KEY][..],
        &["serve", KEY],
        &[KEY],
        &["serve", "--allow", KEY],
        &["serve", "--config", KEY],
        &["serve", "--registry", KEY],
        &["serve", "--http", KEY],
        &["serve", "--api-key-env", KEY],
        &["call", KEY, "--sandbox", "--dataset", "fixture"],
        &["registry", "lint", KEY],
    ] {
        let (code, out, err) = finish(loud(arguments, "text"));
        let written = Written {
            out: out.into_bytes(),
            err: err.clone().into_bytes(),
        };
        written.is_clean(&arguments.join(" "));
        assert!(matches!(code, 1 | 2) && !err.is_empty(), "{code} {err}");
    }
}

#[test]
fn help_and_lists_do_not_look_at_the_key() {
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["sandbox", "--help"],
        &["call", "--help"],
        &["--version"],
        &["actions"],
        &["actions", "--json"],
        &["registry", "lint"],
    ] {
        misuse(loud(arguments, "text"), &arguments.join(" "), 0);
    }
}

#[test]
fn a_call_on_the_command_line_writes_no_secret() {
    let sandbox = sandbox();
    for (arguments, code) in [
        (&["call", "back_in_stock_reports_summary"][..], 0),
        (
            &[
                "call",
                "back_in_stock_reports_signups_export",
                "--structured",
            ],
            0,
        ),
        (
            &[
                "call",
                "back_in_stock_signups_read",
                "--json",
                r#"{"id": "nobody"}"#,
            ],
            5,
        ),
    ] {
        for format in ["text", "json"] {
            let mut command = loud(arguments, format);
            command.args(["--base-url", &sandbox.base_url]);
            misuse(command, &arguments.join(" "), code);
        }
    }
    let other = SandboxProcess::start("fixture");
    let mut command = loud(&["call", "back_in_stock_reports_summary"], "json");
    command.args(["--base-url", &other.base_url]);
    misuse(command, "401", 9);
}

#[test]
fn what_makes_and_reads_tokens_writes_no_key() {
    for (arguments, code) in [
        (&["token", "new", "ops", "--key-env", "STOQ_API_KEY"][..], 0),
        (&["token", "list", KEY], 2),
        (
            &["serve", "--http", "127.0.0.1:0", "--auth", "tokens", KEY],
            2,
        ),
        (&["serve", "--http", "127.0.0.1:0", "--auth", KEY], 2),
    ] {
        misuse(loud(arguments, "text"), &arguments[..2].join(" "), code);
    }
}
