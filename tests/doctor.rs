//! `doctor` against the sandbox, with each thing wrong that it looks for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{SandboxProcess, finish, program};

/// A folder of one test: home, project and state.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("stoq-mcp-doctor-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// The program here, as it starts with nothing set but the sandbox and its key.
    fn command(&self, sandbox: Option<&SandboxProcess>, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        for name in [
            "SURFACE",
            "CONFIRM",
            "REPEAT_WINDOW_SECONDS",
            "PERSONAL_DATA",
            "STATE",
        ] {
            command.env_remove(format!("STOQ_MCP_{name}"));
        }
        for name in [
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "CLAUDE_CONFIG_DIR",
            "CODEX_HOME",
        ] {
            command.env_remove(name);
        }
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
        let built = Path::new(env!("CARGO_BIN_EXE_stoq-mcp")).parent().unwrap();
        command
            .env("HOME", &self.0)
            .env("PATH", built)
            .current_dir(&self.0);
        if let Some(sandbox) = sandbox {
            command
                .env("STOQ_MCP_BASE_URL", &sandbox.base_url)
                .env("STOQ_API_KEY", &sandbox.key);
        }
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit code and findings of `doctor --json`.
fn findings(mut command: Command) -> (i32, Vec<Value>) {
    command.arg("--json");
    let (code, out, err) = finish(command);
    let value: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let found = value["findings"].as_array().unwrap().clone();
    let count = |level: &str| {
        found
            .iter()
            .filter(|one| one["level"] == json!(level))
            .count()
    };
    assert_eq!(value["problems"], json!(count("problem")));
    assert_eq!(value["warnings"], json!(count("warning")));
    assert_eq!(code, i32::from(count("problem") > 0), "{out}");
    for one in &found {
        let is_fine = one["level"] == json!("ok");
        assert_eq!(one["why"].is_string(), !is_fine, "{one}");
        assert_eq!(one["fix"].is_string(), !is_fine, "{one}");
    }
    (code, found)
}

/// Those that are not fine, as level, area and what.
fn bad(found: &[Value]) -> Vec<(String, String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    found
        .iter()
        .filter(|one| one["level"] != json!("ok"))
        .map(|one| (text(one, "level"), text(one, "area"), text(one, "what")))
        .collect()
}

/// The one finding that is not fine, beside that no client has an entry.
fn only(command: Command) -> Value {
    let (_, found) = findings(command);
    let mut rest = found.into_iter().filter(|one| {
        one["level"] != json!("ok")
            && one["what"] != json!("no client has an entry for this server")
    });
    let first = rest.next().unwrap();
    assert_eq!(rest.next(), None, "beside {first}");
    first
}

fn is(one: &Value, level: &str, area: &str, what: &str, fix: &str) {
    assert_eq!(
        (&one["level"], &one["area"]),
        (&json!(level), &json!(area)),
        "{one}"
    );
    assert!(one["what"].as_str().unwrap().contains(what), "{one}");
    assert_eq!(one["fix"], json!(fix), "{one}");
}

#[test]
fn a_place_where_all_is_well_is_told_so() {
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("well");
    let (code, _, err) = finish(place.command(None, &["install", "--client", "cursor", "--yes"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let before = fs::read_dir(&place.0).unwrap().count();
    let (code, out, err) = finish(place.command(Some(&sandbox), &["doctor"]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for told in [
        "Program\n  ok       stoq-mcp ",
        "  ok       it is the one that `stoq-mcp` starts\n",
        "Configuration\n  ok       there is no configuration file, which is fine\n",
        "  ok       from the environment: base_url\n",
        "Key\n  ok       there is one in STOQ_API_KEY, of the form of a key\n",
        "  ok       the API takes it\n",
        "Clock\n  ok       it agrees with the API's\n",
        "Manifest\n  ok       the API's is the one built in\n",
        "Policy\n  ok       a client that starts the server may read, write; consent: elicit\n",
        "is made by the first call that needs it\n",
        "Clients\n  ok       Cursor: `stoq` in ",
        "\nproblems: 0, warnings: 0, fine: ",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    assert!(!out.contains(&sandbox.key), "{out}");
    // It looks and makes nothing, and asks once.
    assert_eq!(fs::read_dir(&place.0).unwrap().count(), before);
    assert_eq!(sandbox.requests("GET", "/help"), 1);
    let (code, out, _) = finish(place.command(Some(&sandbox), &["doctor", "--fix-hints"]));
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn the_embedded_sandbox_is_well_by_itself() {
    let place = Place::new("sandbox");
    let (code, found) = findings(place.command(None, &["doctor", "--sandbox"]));
    assert_eq!(code, 0);
    assert_eq!(
        bad(&found),
        [(
            "warning".to_owned(),
            "clients".to_owned(),
            "no client has an entry for this server".to_owned()
        )]
    );
}

#[test]
fn a_key_that_is_missing_wrong_or_a_reference_is_told_apart() {
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("key");
    let fix = "export STOQ_API_KEY='the key from the STOQ app, Settings, API keys'";
    let with = |key: &str| {
        let mut command = place.command(Some(&sandbox), &["doctor"]);
        command.env("STOQ_API_KEY", key);
        command
    };
    is(
        &only(with("")),
        "problem",
        "key",
        "the shop's key is missing",
        fix,
    );
    is(
        &only(with("your shop's key")),
        "problem",
        "key",
        "holds characters that no API key has",
        fix,
    );
    let wrong = "stoq_api_key_00000000000000000000000000000000";
    let one = only(with(wrong));
    is(&one, "problem", "key", "the API refuses it (401)", fix);
    assert!(!one.to_string().contains(wrong), "{one}");
    let (_, found) = findings(with("${STOQ_API_KEY}"));
    let all = bad(&found);
    assert_eq!(
        all[0].2,
        "STOQ_API_KEY holds a reference such as ${NAME} instead of the key"
    );
    assert_eq!(all[1].2, "the API refuses it (401)");
    let (_, found) = findings(with("hush-hush"));
    let all = bad(&found);
    assert_eq!(
        (all[0].0.as_str(), all[0].2.as_str()),
        (
            "warning",
            "what STOQ_API_KEY holds is not of the form of a key"
        )
    );
    assert!(!format!("{found:?}").contains("hush-hush"));
    // A key where the name of its variable belongs is not repeated.
    let mut command = place.command(Some(&sandbox), &["doctor"]);
    command.env("STOQ_MCP_API_KEY_ENV", &sandbox.key);
    let one = only(command);
    is(
        &one,
        "problem",
        "key",
        "it holds a key",
        "export STOQ_MCP_API_KEY_ENV=STOQ_API_KEY",
    );
    assert!(!one.to_string().contains(&sandbox.key), "{one}");
}

/// A port that nothing listens on any more.
fn deaf_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn an_api_that_cannot_be_reached_says_why() {
    let place = Place::new("reach");
    let port = deaf_port();
    let at = |url: &str| {
        let mut command = place.command(None, &["doctor"]);
        command.env("STOQ_MCP_BASE_URL", url).env(
            "STOQ_API_KEY",
            "stoq_api_key_0000000000000000000000000000cafe",
        );
        command
    };
    let one = only(at(&format!("http://127.0.0.1:{port}/api/v2/external")));
    is(
        &one,
        "problem",
        "reachability",
        "could not be reached",
        &format!("curl -sSI http://127.0.0.1:{port}/api/v2/external"),
    );
    let one = only(at("https://stoq.invalid/api/v2/external"));
    is(
        &one,
        "problem",
        "reachability",
        "stoq.invalid",
        "getent hosts stoq.invalid",
    );
    assert_eq!(
        one["why"],
        json!("the name of the host cannot be found (DNS)")
    );
    let one = only(at("http://stoq.example"));
    is(
        &one,
        "problem",
        "reachability",
        "is not https",
        "unset STOQ_MCP_BASE_URL",
    );
    let sandbox = SandboxProcess::start("shop");
    let mut command = at(&format!("{}/nothing/here", sandbox.origin));
    command.env("STOQ_API_KEY", &sandbox.key);
    is(
        &only(command),
        "problem",
        "reachability",
        "is not the v2 API",
        "unset STOQ_MCP_BASE_URL",
    );
    sandbox.fault(json!({"times": 99, "fault": {"kind": "status", "status": 503}}));
    let mut command = at(&sandbox.base_url);
    command.env("STOQ_API_KEY", &sandbox.key);
    let one = only(command);
    is(
        &one,
        "problem",
        "reachability",
        "503",
        "sleep 60 && stoq-mcp doctor",
    );
}

#[test]
fn a_proxy_is_told_as_the_client_reads_it_and_without_its_password() {
    let place = Place::new("behind");
    let port = deaf_port();
    let told = |variables: &[(&str, &str)]| {
        let mut command = place.command(None, &["doctor"]);
        command
            .env("STOQ_MCP_BASE_URL", "https://stoq.invalid/api/v2/external")
            .env(
                "STOQ_API_KEY",
                "stoq_api_key_0000000000000000000000000000cafe",
            )
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .envs(variables.iter().copied());
        let (_, found) = findings(command);
        assert!(!json!(found).to_string().contains("hunter2"), "{found:?}");
        let proxy = found.iter().find_map(|one| {
            let what = one["what"].as_str().unwrap();
            let is_it = what.contains("PROXY") || what.contains("proxy");
            is_it.then(|| (one["level"].clone(), what.to_owned()))
        });
        let reach = found.iter().find(|one| {
            one["area"] == json!("reachability")
                && one["what"].as_str().unwrap().contains("stoq.invalid")
        });
        let why = reach.unwrap()["why"].as_str().unwrap().to_owned();
        (proxy, why)
    };
    let full = format!("http://ann:hunter2@127.0.0.1:{port}");
    let bare = format!("127.0.0.1:{port}");
    let unresolved = "the name of the host cannot be found (DNS)";
    let by = |name: &str| {
        let told = format!("requests go by way of the proxy 127.0.0.1 ({name})");
        Some((json!("ok"), told))
    };
    for (name, address) in [
        ("HTTPS_PROXY", &full),
        ("https_proxy", &bare),
        ("ALL_PROXY", &bare),
    ] {
        let (proxy, why) = told(&[(name, address)]);
        assert_eq!(proxy, by(name));
        // It is the proxy that looks for the API's name.
        assert_eq!(
            why,
            "the proxy takes no connection, or finds no way to the API"
        );
    }
    let (_, why) = told(&[("HTTPS_PROXY", "http://ann:hunter2@proxy.invalid:3128")]);
    assert_eq!(why, "the name of the proxy cannot be found (DNS)");
    // What names no proxy is passed over, as by the client.
    let (proxy, _) = told(&[("HTTPS_PROXY", "ftp://hunter2"), ("ALL_PROXY", &full)]);
    assert_eq!(proxy, by("ALL_PROXY"));
    let (proxy, why) = told(&[("HTTPS_PROXY", "ftp://hunter2")]);
    let none = "HTTPS_PROXY names a proxy by an address that is none";
    assert_eq!(proxy, Some((json!("problem"), none.to_owned())));
    assert_eq!(why, unresolved);
    let (proxy, why) = told(&[
        ("HTTPS_PROXY", &full),
        ("NO_PROXY", "other.example, .invalid"),
    ]);
    let past = "requests go straight to the API: NO_PROXY excepts it from HTTPS_PROXY";
    assert_eq!(proxy, Some((json!("ok"), past.to_owned())));
    assert_eq!(why, unresolved);
    assert_eq!(told(&[]).0, None);
}

#[test]
fn a_clock_that_is_off_is_told_by_how_much() {
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("clock");
    let fix = "timedatectl set-ntp true";
    sandbox.control("POST", "/clock", json!({"advance_ms": 60_000}));
    let one = only(place.command(Some(&sandbox), &["doctor"]));
    is(&one, "warning", "clock", "ahead of this machine's", fix);
    sandbox.control("POST", "/clock", json!({"advance_ms": 3_600_000}));
    let one = only(place.command(Some(&sandbox), &["doctor"]));
    is(&one, "problem", "clock", "ahead of this machine's", fix);
}

#[test]
fn a_manifest_that_drifted_is_told() {
    let mut registry: Value = serde_json::from_str(include_str!("../tools.registry.json")).unwrap();
    let actions = registry["actions"].as_array_mut().unwrap();
    let at = actions
        .iter()
        .position(|one| one["name"] == json!("preorders_offers_list"));
    actions[at.unwrap()]["manifest_description"] =
        json!("Lists every offer. Now in another wording.");
    let file = support::Scratch::new("drifted.json", &registry.to_string());
    let sandbox = SandboxProcess::start_with("shop", &["--registry", file.path()]);
    let place = Place::new("drift");
    let one = only(place.command(Some(&sandbox), &["doctor"]));
    is(
        &one,
        "warning",
        "manifest",
        "differs from the one built in",
        "stoq-mcp registry diff",
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_with_what_mends_it() {
    let place = Place::new("configuration");
    let mut command = place.command(None, &["doctor"]);
    command.env("STOQ_MCP_BASEURL", "hush");
    let one = only(command);
    is(
        &one,
        "problem",
        "configuration",
        "names no setting",
        "unset STOQ_MCP_BASEURL",
    );
    let file = place.path("config.toml");
    fs::write(&file, "log = 'info'\napi_key = 'hush'\n").unwrap();
    let one = only(place.command(None, &["doctor", "--config", &file]));
    is(
        &one,
        "problem",
        "configuration",
        "line 2: unknown field `api_key`",
        &format!("${{EDITOR:-vi}} {file}"),
    );
    assert!(!one.to_string().contains("hush"), "{one}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_change_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("rights");
    let file = place.path("config.toml");
    fs::write(&file, "surface = 'compact'\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let command = place.command(Some(&sandbox), &["doctor", "--config", &file]);
    is(
        &only(command),
        "warning",
        "configuration",
        "has mode 0666",
        &format!("chmod go-w {file}"),
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, out, _) = finish(place.command(Some(&sandbox), &["doctor", "--config", &file]));
    assert_eq!(code, 0);
    assert!(
        out.contains(&format!("  ok       from {file}: surface\n")),
        "{out}"
    );
}

#[test]
fn a_bold_policy_is_told() {
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("policy");
    let told = |arguments: &[&str]| {
        let mut all = vec!["doctor"];
        all.extend(arguments);
        let (code, found) = findings(place.command(Some(&sandbox), &all));
        let policy = bad(&found)
            .into_iter()
            .filter(|(_, area, _)| area == "policy");
        (code, policy.map(|(_, _, what)| what).collect::<Vec<_>>())
    };
    let texts = |code: i32, list: &[&str]| {
        (
            code,
            list.iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(told(&["--allow", "send"]), texts(0, &[]));
    assert_eq!(
        told(&["--allow", "money", "--confirm", "off", "--state", "memory"]),
        texts(
            0,
            &[
                "money without anybody's consent (`confirm` is off)",
                "money with the state in memory",
                "money is allowed, and `money_per_day` is 0",
            ]
        )
    );
    assert_eq!(
        told(&["--allow", "send,destroy", "--confirm", "handle"]),
        texts(0, &["send, destroy with the consent `handle`"])
    );
    assert_eq!(
        told(&["--allow", "money", "--money-per-day", "5", "--read-only"]),
        texts(0, &["`read_only` and `allow` are both set"])
    );
    let (code, what) = told(&["--max-recipients", "501", "--toolsets", "nowhere"]);
    assert_eq!((code, what.len()), (1, 2), "{what:?}");
    assert!(what[0].contains("above the ceiling of 500"), "{what:?}");
    assert!(what[1].contains("nowhere"), "{what:?}");
}

#[test]
fn a_state_that_is_off_locked_or_lost_is_told() {
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("state");
    let state = place.path("state");
    let doctor = || place.command(Some(&sandbox), &["doctor", "--state", &state]);
    let (code, _, err) = finish(place.command(
        Some(&sandbox),
        &["writes", "off", "--why", "stock count", "--state", &state],
    ));
    assert_eq!((code, err.as_str()), (0, ""));
    is(
        &only(doctor()),
        "warning",
        "state",
        "(stock count)",
        "stoq-mcp writes on",
    );
    finish(place.command(Some(&sandbox), &["writes", "on", "--state", &state]));
    let (code, out, _) = finish(doctor());
    assert_eq!(code, 0);
    assert!(
        out.contains("can be read and written\n  ok       writes are on\n"),
        "{out}"
    );

    let file = format!("{state}/state.db");
    let holder = rusqlite::Connection::open(&file).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    is(
        &only(doctor()),
        "problem",
        "state",
        "locked",
        &format!("fuser -v {file}"),
    );
    drop(holder);

    fs::write(place.0.join("flat"), "").unwrap();
    let inside = place.path("flat/state");
    let flat = place.path("flat");
    is(
        &only(place.command(Some(&sandbox), &["doctor", "--state", &inside])),
        "problem",
        "state",
        "cannot be made",
        &format!("chmod u+rwx {flat}"),
    );
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = place.command(Some(&sandbox), &["doctor"]);
    command.env("STOQ_MCP_STATE", format!("redis://:hush@127.0.0.1:{port}"));
    let one = only(command);
    is(
        &one,
        "problem",
        "state",
        &format!("127.0.0.1:{port}"),
        "redis-cli PING",
    );
    assert!(!one.to_string().contains("hush"), "{one}");
}

#[test]
fn the_files_of_clients_are_looked_through() {
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("clients");
    let write = |file: &str, value: &Value| {
        let path = place.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, value.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = &sandbox.key;
    let cursor = write(
        ".cursor/mcp.json",
        &json!({"mcpServers": {
            "mine": {"command": "stoq-mcp", "args": ["serve"], "env": {"STOQ_API_KEY": key}},
            "other": {"command": "gone", "env": {"OTHER_KEY": "hush"}}
        }}),
    );
    let gemini = write(
        ".gemini/settings.json",
        &json!({"mcpServers": {"stoq": {"command": "/nowhere/stoq-mcp", "args": ["serve"]}}}),
    );
    let windsurf = write(
        ".codeium/windsurf/mcp_config.json",
        &json!({"mcpServers": {"stoq": {"serverUrl": "https://stoq.example/mcp"}}}),
    );
    let zed = place.0.join(".config/zed/settings.json");
    fs::create_dir_all(zed.parent().unwrap()).unwrap();
    fs::write(&zed, "{\n oops\n").unwrap();
    let (code, _, err) =
        finish(place.command(None, &["install", "--client", "claude-desktop", "--yes"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let desktop = place.path(".config/Claude/claude_desktop_config.json");
    let (code, found) = findings(place.command(Some(&sandbox), &["doctor"]));
    assert_eq!(code, 1);
    let told: Vec<(String, String)> = bad(&found)
        .into_iter()
        .map(|(level, _, what)| (level, what))
        .collect();
    let wanted = [
        (
            "problem",
            format!(
                "Claude Desktop: `stoq` in {desktop} still has the words that stand for the key"
            ),
        ),
        (
            "warning",
            format!("Cursor: `mine` in {cursor} holds the shop's key itself"),
        ),
        (
            "problem",
            format!("Gemini CLI: `stoq` in {gemini} starts /nowhere/stoq-mcp, which is not there"),
        ),
    ];
    for (level, what) in wanted {
        assert!(told.contains(&(level.to_owned(), what)), "{told:?}");
    }
    let zed = zed.to_str().unwrap();
    assert!(
        told.iter().any(|(level, what)| level == "warning"
            && what.starts_with(&format!("Zed: {zed} cannot be understood: line 2"))),
        "{told:?}"
    );
    assert_eq!(told.len(), 4, "{told:?}");
    let all = format!("{found:?}");
    assert!(all.contains(&format!(
        "Windsurf: `stoq` in {windsurf} names a server over HTTP"
    )));
    assert!(
        !all.contains(key.as_str()) && !all.contains("hush"),
        "{all}"
    );
    // The commands alone, for whoever wants to run them.
    let (code, out, _) = finish(place.command(Some(&sandbox), &["doctor", "--fix-hints"]));
    assert_eq!(code, 1);
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            &format!("${{EDITOR:-vi}} {desktop}"),
            "stoq-mcp install --client cursor --name mine --yes",
            "stoq-mcp install --client gemini --name stoq --yes",
            &format!("${{EDITOR:-vi}} {zed}"),
        ]
    );
}

#[cfg(unix)]
#[test]
fn another_program_of_the_name_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = SandboxProcess::start("shop");
    let place = Place::new("program");
    let other = place.0.join("bin/stoq-mcp");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::write(&other, "#!/bin/sh\necho stoq-mcp 0.0.1\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command(Some(&sandbox), &["doctor"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", place.path("bin")));
    is(
        &only(command),
        "warning",
        "program",
        "`stoq-mcp` starts version 0.0.1",
        &format!("rm {}", other.display()),
    );
    let mut command = place.command(Some(&sandbox), &["doctor"]);
    command.env("PATH", "/nowhere");
    let one = only(command);
    assert_eq!(one["what"], json!("`stoq-mcp` is not on the path"));
}
