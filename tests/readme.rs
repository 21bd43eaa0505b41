//! What the README tells a newcomer to copy works as printed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::HashMap;

use serde_json::{Value, json};
use support::{SandboxProcess, StdioProcess, program, run};

const README: &str = include_str!("../README.md");

/// The code blocks of a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

fn client_files() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "claude-desktop.json",
            include_str!("../examples/clients/claude-desktop.json"),
        ),
        (
            "cursor.json",
            include_str!("../examples/clients/cursor.json"),
        ),
        (
            "vscode.json",
            include_str!("../examples/clients/vscode.json"),
        ),
        ("codex.toml", include_str!("../examples/clients/codex.toml")),
    ]
}

#[test]
fn the_client_files_are_the_readmes() {
    let printed: Vec<&str> = blocks("json").into_iter().chain(blocks("toml")).collect();
    for (name, text) in client_files() {
        assert!(
            printed.contains(&text),
            "examples/clients/{name} is not as the README prints it"
        );
    }
    assert_eq!(printed.len(), client_files().len());
}

/// Command line and environment of the server in a client's file.
fn server_of(name: &str, text: &str) -> (Vec<String>, HashMap<String, String>) {
    let file: Value = if name.ends_with(".toml") {
        toml::from_str(text).unwrap()
    } else {
        serde_json::from_str(text).unwrap()
    };
    let servers = ["mcpServers", "servers", "mcp_servers"]
        .iter()
        .find_map(|key| file.get(key))
        .unwrap();
    let server = &servers["stoq"];
    assert_eq!(server["command"], json!("stoq-mcp"), "{name}");
    (
        serde_json::from_value(server["args"].clone()).unwrap(),
        serde_json::from_value(server["env"].clone()).unwrap(),
    )
}

#[test]
fn every_clients_configuration_starts_the_server() {
    let sandbox = SandboxProcess::start("fixture");
    for (name, text) in client_files() {
        let (arguments, variables) = server_of(name, text);
        assert_eq!(
            variables.keys().collect::<Vec<_>>(),
            ["STOQ_API_KEY"],
            "{name}"
        );
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = program(&arguments);
        // As the merchant starts it, but for the API: no test asks one elsewhere.
        command
            .env("STOQ_API_KEY", &sandbox.key)
            .env("STOQ_MCP_BASE_URL", &sandbox.base_url);
        let mut server = StdioProcess::start(command);
        let greeting = server.greet();
        assert_eq!(
            greeting["result"]["serverInfo"]["name"],
            json!("stoq"),
            "{name}"
        );
        let list = server.ask("tools/list", json!({}));
        assert!(
            !list["result"]["tools"].as_array().unwrap().is_empty(),
            "{name}"
        );
        let read = server.structured("preorders_offers_list", json!({}));
        assert_eq!(read["status"], json!("ok"), "{name}");
        assert_eq!(server.end(), (0, Vec::new()), "{name}");
    }
}

#[test]
fn the_generated_files_are_current() {
    let root = env!("CARGO_MANIFEST_DIR");
    let (code, out, err) = run(&["docs", "--check", "--root", root]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "generated files are current\n", "")
    );
}

#[test]
fn every_setting_stands_in_the_readme() {
    // A wrong variable is answered with the valid ones.
    let mut command = program(&["serve"]);
    command.env("STOQ_MCP_NO_SUCH_SETTING", "1");
    let (code, _, err) = support::finish(command);
    assert_eq!(code, 2);
    let valid = err.trim().split("valid: ").nth(1).unwrap().to_owned();
    for name in valid.split(", ") {
        let key = name.strip_prefix("STOQ_MCP_").unwrap().to_lowercase();
        assert!(
            README.contains(&format!("`{key}`")),
            "{key} is missing in the README"
        );
    }
}

#[test]
fn the_demo_plays_the_whole_day_on_both_transports() {
    for arguments in [&["demo"][..], &["demo", "--http"]] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        for number in 1..=14 {
            assert!(
                out.contains(&format!("\n{number}. ")),
                "step {number}: {out}"
            );
        }
        for tool in [
            "back_in_stock_reports_products_in_demand",
            "back_in_stock_signups_list",
            "back_in_stock_signups_transfer",
            "back_in_stock_signups_bulk_notify",
            "back_in_stock_notifications_list",
            "back_in_stock_reports_summary",
            "back_in_stock_reports_signups_export",
            "preorders_reports_outstanding_balances",
            "preorders_offers_enable",
            "preorders_orders_bulk_release",
            "preorders_reports_revenue",
        ] {
            // By its own tool, or by that of its class.
            let called = out.lines().any(|line| {
                line.starts_with("▸ ") && line.split(' ').take(3).any(|word| word == tool)
            });
            assert!(called, "{tool}: {out}");
        }
        assert!(out.contains("Automatic alerts began for "), "{out}");
        assert!(!out.contains("began for 0 "), "{out}");
        assert!(out.contains('█'), "{out}");
    }
}

#[test]
fn the_rust_example_runs() {
    let built = std::path::Path::new(env!("CARGO_BIN_EXE_stoq-mcp"));
    let example = built.parent().unwrap().join("examples/stdio_client");
    let output = std::process::Command::new(example).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(out.matches(" wait for ").count(), 3, "{out}");
}
