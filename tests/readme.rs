//! What the README tells a newcomer to copy works as printed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::HashMap;
use std::path::PathBuf;

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
    macro_rules! files {
        ($($name:literal)*) => {
            vec![$(($name, include_str!(concat!("../examples/clients/", $name)))),*]
        };
    }
    files! {
        "claude-desktop.json" "claude-code.json" "cursor.json" "vscode.json" "codex.toml" "gemini.json"
        "zed.json" "windsurf.json"
    }
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
    let servers = ["mcpServers", "servers", "mcp_servers", "context_servers"]
        .iter()
        .find_map(|key| file.get(key))
        .unwrap();
    let server = &servers["stoq"];
    assert_eq!(server["command"], json!("stoq-mcp"), "{name}");
    // Named with a value, or handed on by its name alone.
    let variables = match server.get("env_vars").and_then(Value::as_array) {
        Some(names) => names
            .iter()
            .map(|name| {
                let name = name.as_str().unwrap().to_owned();
                (name, String::new())
            })
            .collect(),
        // Zed hands on all it has.
        None => server
            .get("env")
            .map(|env| serde_json::from_value(env.clone()).unwrap())
            .unwrap_or_default(),
    };
    (
        serde_json::from_value(server["args"].clone()).unwrap(),
        variables,
    )
}

#[test]
fn every_clients_configuration_starts_the_server() {
    let sandbox = SandboxProcess::start("fixture");
    for (name, text) in client_files() {
        let (arguments, variables) = server_of(name, text);
        let wanted: &[&str] = match name {
            "zed.json" => &[],
            _ => &["STOQ_API_KEY"],
        };
        assert_eq!(variables.keys().collect::<Vec<_>>(), wanted, "{name}");
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

/// The cells of the first row below "Configuration" whose first cell is a text.
fn row(first: &str) -> Option<Vec<&'static str>> {
    let (_, settings) = README.split_once("\n## Configuration\n")?;
    let rows = settings.lines().filter(|line| line.starts_with("| "));
    let mut cells = rows.map(|line| {
        let line = line.trim_start_matches("| ").trim_end_matches('|');
        line.split(" | ").map(str::trim).collect::<Vec<_>>()
    });
    cells.find(|cells| cells[0] == first)
}

#[test]
fn every_setting_has_its_row_with_variable_and_flag() {
    // A wrong variable is answered with the valid ones.
    let mut command = program(&["serve"]);
    command.env("STOQ_MCP_NO_SUCH_SETTING", "1");
    let (code, _, err) = support::finish(command);
    assert_eq!(code, 2);
    let valid = err.trim().split("valid: ").nth(1).unwrap().to_owned();
    let help = run(&["serve", "--help"]).1;
    let has_flag = |flag: &str| {
        let ends = |rest: &str| !rest.starts_with(|next: char| next == '-' || next.is_alphabetic());
        help.match_indices(flag)
            .any(|(at, _)| ends(&help[at + flag.len()..]))
    };
    let mut flags = 0;
    for name in valid.split(", ") {
        let key = name.strip_prefix("STOQ_MCP_").unwrap().to_lowercase();
        let cells = row(&format!("`{key}`")).unwrap_or_else(|| panic!("`{key}` has no row"));
        let [_, flag, variable, _, what] = cells[..] else {
            panic!("{cells:?}");
        };
        assert_eq!(variable, format!("`{name}`"), "{key}");
        assert!(!what.is_empty(), "{key}");
        let own = format!("--{}", key.replace('_', "-"));
        // The file of the tokens is named behind `--auth`.
        let own = match key.as_str() {
            "tokens_file" => "--auth",
            _ => own.as_str(),
        };
        let wanted = match has_flag(own) {
            true => format!("`{own}`"),
            false => String::new(),
        };
        assert_eq!(flag, wanted, "{key}");
        flags += usize::from(!flag.is_empty());
    }
    assert_eq!(flags, 26);
}

#[test]
fn the_switches_of_safety_are_told() {
    for told in [
        "`--allow`",
        "`--read-only`",
        "`--confirm`",
        "`--personal-data`",
        "stoq-mcp writes off",
        "stoq-mcp writes on",
        "`X-Stoq-Allow: read,write`",
        "`X-Stoq-Read-Only: true`",
        "--auth tokens tokens.toml",
        "`--auth shop-key`",
        "`STOQ_MCP_AUDIT_KEY`",
    ] {
        assert!(README.contains(told), "{told}");
    }
}

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("stoq-mcp-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a shell prints that runs these lines in a folder with the program on its path.
fn shell(folder: &Folder, lines: &str) -> String {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_stoq-mcp"));
    let path = format!("{}:/usr/bin:/bin", bin.parent().unwrap().display());
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{lines}")])
        .env_clear()
        .env("PATH", path)
        .env("HOME", &folder.0)
        .current_dir(&folder.0)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The text with every handle, receipt, date, time and hash of one run put to the same.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || "_-:.".contains(symbol);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|symbol| !is_part(symbol)).unwrap_or(rest.len());
        let (word, next) = rest.split_at(end.max(first.len_utf8()));
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let kind = word.split('_').next().unwrap_or_default();
        let is_date = digits >= 6 && (word.starts_with("20") || word.matches(':').count() == 2);
        match kind {
            "cfm" | "rcp" if word.len() > 10 => out.push_str(kind),
            _ if is_date => out.push_str("WHEN"),
            _ => out.push_str(word),
        }
        rest = next;
    }
    out
}

/// The handle in a text, if there is one.
fn handle(text: &str) -> Option<&str> {
    let at = text.find("cfm_")?;
    text.get(at..at + 30)
}

#[test]
fn the_session_of_the_readme_prints_what_it_prints() {
    let sessions = blocks("console");
    assert_eq!(sessions.len(), 2);
    let folder = Folder::new("readme");
    // What only sets something up goes before every command.
    let mut setup = String::new();
    // The printed one, and that of this run.
    let mut handles: Option<(String, String)> = None;
    let mut commands = 0;
    for session in sessions {
        for step in format!("\n{session}").split("\n$ ").skip(1) {
            let (command, wanted) = step.split_once('\n').unwrap_or((step, ""));
            if wanted.trim().is_empty() && !command.starts_with("stoq-mcp") {
                setup.push_str(&format!("{command}\n"));
                continue;
            }
            let command = match &handles {
                Some((printed, real)) => command.replace(printed, real),
                None => command.to_owned(),
            };
            let out = shell(&folder, &format!("{setup}{command}"));
            assert_eq!(plain(out.trim_end()), plain(wanted.trim_end()), "{command}");
            if let (None, Some(printed), Some(real)) = (&handles, handle(wanted), handle(&out)) {
                handles = Some((printed.to_owned(), real.to_owned()));
            }
            commands += 1;
        }
    }
    assert!(handles.is_some());
    assert!(commands >= 7, "{commands}");
}

#[test]
fn the_example_of_a_careful_configuration_is_as_it_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/config.toml");
    let mut command = program(&["tools", "--config", file]);
    for name in ["SURFACE", "CONFIRM", "PERSONAL_DATA"] {
        command.env_remove(format!("STOQ_MCP_{name}"));
    }
    let (code, out, err) = support::finish(command);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for (tool, is_listed) in [
        ("run_send", true),
        ("run_money", false),
        ("run_destroy", false),
        ("preorders_offers_list", false),
    ] {
        assert_eq!(out.contains(tool), is_listed, "{tool}: {out}");
    }
    let mut help = program(&["tools", "--json", "--config", file]);
    help.env_remove("STOQ_MCP_CONFIRM");
    let told = support::finish(help).1;
    assert!(
        told.contains("A person types the plan's figure first."),
        "{told}"
    );
}

#[test]
fn the_example_of_a_tokens_file_is_taken() {
    let text = include_str!("../examples/tokens.toml");
    let file = support::Scratch::new("tokens.toml", text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(file.path(), mode).unwrap();
    }
    let (code, out, err) = run(&["token", "list", file.path()]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(
        out,
        "north-quay-support     key of NORTH_QUAY_KEY; allow read; personal_data handles\n\
         north-quay-ops         key of NORTH_QUAY_KEY; allow read,write,send,money; max_recipients 50; max_money_orders 5; money_per_day 200; confirm elicit; personal_data full\n\
         fen-and-field-restock  key of FEN_AND_FIELD_KEY; allow read,send; max_recipients 100; confirm off\n"
    );
    assert!(README.contains("`examples/tokens.toml`") && README.contains("`examples/config.toml`"));
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
