//! An entry into files of every kind and out of them again.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::entry::{KEY_PLACEHOLDER, Launch, entry};
use super::merge::{MergeError, found, put, servers, take};
use super::plan::undone;
use super::table::{CLIENTS, Client, Form};
use super::{Entry, client, masked, readme_blocks, snippet};

fn of(id: &str) -> &'static Client {
    client(id).unwrap()
}

fn stoq(client: &Client) -> Entry {
    let launch = Launch::Program {
        command: "/opt/stoq mcp/stoq-mcp".into(),
        arguments: vec!["serve".into(), "--allow".into(), "send,money".into()],
        needs_key: true,
    };
    entry(client, "stoq", &launch).unwrap()
}

/// There and back: with the file as it was kept, by its text alone, and beside a newer entry.
fn there_and_back(client: &Client, text: &str) {
    let entry = stoq(client);
    let with = put(client, text, "stoq", &entry).unwrap();
    let entry = {
        let found = found(client, &with, "stoq").unwrap().unwrap();
        assert_eq!(found, entry);
        found
    };
    assert_eq!(put(client, &with, "stoq", &entry).unwrap(), with);
    let back = undone(client, &with, "stoq", &entry, Some(text)).unwrap();
    assert_eq!(back.as_deref(), Some(text));

    let before = servers(client, text).unwrap();
    let without = take(client, &with, "stoq").unwrap();
    assert_eq!(servers(client, &without).unwrap(), before);

    let other = Launch::Program {
        command: "other".into(),
        arguments: Vec::new(),
        needs_key: false,
    };
    let other = super::entry::entry(client, "newer", &other).unwrap();
    let newer = put(client, &with, "newer", &other).unwrap();
    let back = undone(client, &newer, "stoq", &entry, Some(text)).unwrap();
    let mut wanted = before;
    wanted.insert("newer".into(), other.server);
    assert_eq!(servers(client, &back.unwrap()).unwrap(), wanted);
}

#[test]
fn comments_order_and_line_ends_stay_where_the_format_has_them() {
    let zed = of("zed");
    let text = "\u{feff}// Mine.\r\n{\r\n\t/* what I see */\r\n\t\"theme\": \"One \\u0044ark\", // dark\r\n\t\"context_servers\": {\r\n\t\t\"größe\": { \"command\": \"x\", },\r\n\t},\r\n}\r\n";
    let with = put(zed, text, "stoq", &stoq(zed)).unwrap();
    assert_eq!(
        with,
        "\u{feff}// Mine.\r\n{\r\n\t/* what I see */\r\n\t\"theme\": \"One \\u0044ark\", // dark\r\n\t\"context_servers\": {\r\n\t\t\"größe\": { \"command\": \"x\", },\r\n\t\t\"stoq\": {\r\n\t\t\t\"command\": \"/opt/stoq mcp/stoq-mcp\",\r\n\t\t\t\"args\": [\"serve\", \"--allow\", \"send,money\"],\r\n\t\t},\r\n\t},\r\n}\r\n"
    );
    there_and_back(zed, text);
}

#[test]
fn toml_keeps_its_comments_and_windows_its_line_ends() {
    let codex = of("codex");
    let text = "model = 'o9' # best\r\n\r\n# Mine.\r\n[mcp_servers.docs]\r\ncommand = \"npx\"\r\n\r\n[profiles.a]\r\nx = 1\r\n";
    let with = put(codex, text, "stoq", &stoq(codex)).unwrap();
    assert_eq!(
        with,
        "model = 'o9' # best\r\n\r\n# Mine.\r\n[mcp_servers.docs]\r\ncommand = \"npx\"\r\n\r\n[mcp_servers.stoq]\r\ncommand = \"/opt/stoq mcp/stoq-mcp\"\r\nargs = [\"serve\", \"--allow\", \"send,money\"]\r\nenv_vars = [\"STOQ_API_KEY\"]\r\n\r\n[profiles.a]\r\nx = 1\r\n"
    );
    for text in [
        text,
        "",
        "a = 1 # end",
        "\u{feff}a = 1\n",
        "mcp_servers = { x = { command = 'y' } }\n",
        "mcp_servers.x.command = 'y'\n",
        "[mcp_servers]\nx = { command = 'y' }\n[z]\nq = 1\n",
        "x = '''a\nb'''\n[[many]]\na = 1979-05-27\n",
    ] {
        there_and_back(codex, text);
    }
}

#[test]
fn what_vs_code_asks_for_comes_and_goes_with_the_entry() {
    let vscode = of("vscode");
    let mine = "{\n  \"inputs\": [{ \"id\": \"mine\", \"type\": \"promptString\" }],\n  \"servers\": {}\n}\n";
    let with = put(vscode, mine, "stoq", &stoq(vscode)).unwrap();
    let ids = |text: &str| -> Vec<String> {
        let value: Value = serde_json::from_str(text).unwrap();
        let inputs = value["inputs"].as_array().unwrap().iter();
        inputs
            .map(|input| input["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&with), ["mine", "stoq-key"]);
    assert_eq!(ids(&take(vscode, &with, "stoq").unwrap()), ["mine"]);
    // Somebody else's server asks for it too.
    let shared = with.replace(
        "\"servers\": {",
        "\"servers\": {\n    \"b\": {\"env\": {\"K\": \"${input:stoq-key}\"}},",
    );
    assert_eq!(
        ids(&take(vscode, &shared, "stoq").unwrap()),
        ["mine", "stoq-key"]
    );
    there_and_back(vscode, mine);
}

#[test]
fn a_text_that_is_not_of_its_form_is_refused_with_its_line() {
    let refused = |id: &str, text: &str| {
        let error = put(of(id), text, "stoq", &stoq(of(id))).unwrap_err();
        assert_eq!(found(of(id), text, "stoq").unwrap_err(), error);
        error.to_string()
    };
    assert_eq!(
        refused(
            "cursor",
            "{\n  \"mcpServers\": {\n    \"a\": oops\n  }\n}\n"
        ),
        "line 3, column 10: Unexpected word"
    );
    assert_eq!(
        refused("claude-desktop", "{\n  // mine\n}\n"),
        "line 2, column 3: key must be a string"
    );
    assert_eq!(
        refused("claude-desktop", "{\"mcpServers\": {},}"),
        "line 1, column 19: trailing comma"
    );
    assert!(refused("codex", "a = 1\n[mcp_servers.x\n").starts_with("line 2, column "));
}

#[test]
fn a_file_of_another_shape_is_refused() {
    let shape = |text: &str| put(of("cursor"), text, "stoq", &stoq(of("cursor"))).unwrap_err();
    for (text, told) in [
        ("[]", "it holds something else than an object at the top"),
        (
            "{\"mcpServers\": []}",
            "`mcpServers` in it is something else than an object",
        ),
        (
            "{\"mcpServers\": null}",
            "`mcpServers` in it is something else than an object",
        ),
        (
            "{\"mcpServers\": {}, \"mcpServers\": {}}",
            "it has `mcpServers` twice in one object; take one of them out",
        ),
        (
            "{\"mcpServers\": {\"stoq\": 1, \"stoq\": 2}}",
            "it has `stoq` twice in one object; take one of them out",
        ),
    ] {
        assert_eq!(shape(text), MergeError::Shape(told.into()), "{text}");
    }
    let toml = put(of("codex"), "mcp_servers = 1\n", "stoq", &stoq(of("codex")));
    assert_eq!(
        toml,
        Err(MergeError::Shape(
            "`mcp_servers` in it is something else than a table".into()
        ))
    );
}

#[test]
fn another_entry_of_the_name_comes_back() {
    for client in &CLIENTS {
        let theirs = Entry {
            server: json!({"command": "theirs", "args": ["x"]}),
            input: None,
        };
        let text = put(client, "", "stoq", &theirs).unwrap();
        let with = put(client, &text, "stoq", &stoq(client)).unwrap();
        let back = undone(client, &with, "stoq", &stoq(client), Some(&text)).unwrap();
        assert_eq!(back.as_deref(), Some(text.as_str()), "{}", client.id);
        // Also when the file is another by now.
        let newer = put(client, &with, "newer", &theirs).unwrap();
        let back = undone(client, &newer, "stoq", &stoq(client), Some(&text)).unwrap();
        let all = servers(client, &back.unwrap()).unwrap();
        assert_eq!(all["stoq"], theirs.server, "{}", client.id);
        assert_eq!(all["newer"], theirs.server, "{}", client.id);
    }
}

#[test]
fn the_key_stands_in_no_file_that_can_do_without() {
    for client in &CLIENTS {
        let text = snippet(client).unwrap();
        let is_inline = text.contains(KEY_PLACEHOLDER);
        assert_eq!(is_inline, client.id == "claude-desktop", "{text}");
        assert!(text.ends_with('\n'), "{text}");
    }
    let blocks = readme_blocks().unwrap();
    assert_eq!(blocks.matches("```json\n").count(), 7);
    assert_eq!(blocks.matches("```toml\n").count(), 1);
}

#[test]
fn a_server_over_http_is_named_as_each_client_names_it() {
    let launch = Launch::Address {
        url: "https://stoq.example/mcp".into(),
        needs_token: true,
    };
    let server = |id: &str| entry(of(id), "stoq", &launch).map(|entry| entry.server);
    let header = |text: &str| json!({"Authorization": format!("Bearer {text}")});
    let url = "https://stoq.example/mcp";
    for (id, wanted) in [
        (
            "claude-code",
            json!({"type": "http", "url": url, "headers": header("${STOQ_TOKEN}")}),
        ),
        (
            "cursor",
            json!({"url": url, "headers": header("${env:STOQ_TOKEN}")}),
        ),
        (
            "vscode",
            json!({"type": "http", "url": url, "headers": header("${input:stoq-token}")}),
        ),
        (
            "codex",
            json!({"url": url, "bearer_token_env_var": "STOQ_TOKEN"}),
        ),
        (
            "gemini",
            json!({"httpUrl": url, "headers": header("$STOQ_TOKEN")}),
        ),
        ("zed", json!({"url": url, "headers": header("your token")})),
        (
            "windsurf",
            json!({"serverUrl": url, "headers": header("${env:STOQ_TOKEN}")}),
        ),
    ] {
        assert_eq!(server(id), Ok(wanted), "{id}");
    }
    let told = server("claude-desktop").unwrap_err().to_string();
    assert!(told.contains("Settings, Connectors"), "{told}");
}

#[test]
fn a_name_is_refused_that_clients_choke_on() {
    let launch = Launch::Program {
        command: "x".into(),
        arguments: Vec::new(),
        needs_key: false,
    };
    for bad in [
        "",
        "Stoq",
        "stoq mcp",
        "1stoq",
        "a.b",
        "a-name-that-is-far-too-long",
    ] {
        assert!(entry(of("cursor"), bad, &launch).is_err(), "{bad}");
    }
    assert!(entry(of("cursor"), "stoq-2_b", &launch).is_ok());
}

#[test]
fn a_line_is_shown_without_what_may_be_a_secret() {
    for (line, shown) in [
        (
            r#"    "GITHUB_TOKEN": "ghp_abc","#,
            r#"    "GITHUB_TOKEN": "…","#,
        ),
        (
            r#"{"a":{"env":{"API_KEY":"x\"y","PATH":"/bin"}},"token":'z'}"#,
            r#"{"a":{"env":{"API_KEY":"…","PATH":"/bin"}},"token":'…'}"#,
        ),
        (r#"api_key = "hush""#, r#"api_key = "…""#),
        (
            r#"env = { OTHER_SECRET = "hush", X = "y" }"#,
            r#"env = { OTHER_SECRET = "…", X = "y" }"#,
        ),
        (
            r#""headers": {"Authorization": "Bearer hush"}"#,
            r#""headers": {"Authorization": "…"}"#,
        ),
        (
            r#""STOQ_API_KEY": "${env:STOQ_API_KEY}""#,
            r#""STOQ_API_KEY": "${env:STOQ_API_KEY}""#,
        ),
        (r#""args": ["serve", "x"]"#, r#""args": ["serve", "x"]"#),
        (r#""x": "stoq_api_key_abc123""#, r#""x": "…""#),
        (r#""secret": "open"#, r#""secret": "…""#),
    ] {
        assert_eq!(masked(line), shown);
    }
}

/// Data without what would make the file another's.
fn data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-1000i64..1000).prop_map(Value::from),
        "[ -~äß✓]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zß\"]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// How a hand or a program writes a file.
#[derive(Debug, Clone)]
struct Style {
    indent: &'static str,
    end: &'static str,
    has_comments: bool,
    has_commas: bool,
    has_mark: bool,
    has_last_end: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (
        prop::sample::select(vec!["", " ", "  ", "\t", "        "]),
        prop::sample::select(vec!["", "\n", "\r\n"]),
        any::<[bool; 4]>(),
    )
        .prop_map(|(indent, end, [comments, commas, mark, last])| Style {
            indent,
            end,
            has_comments: comments,
            has_commas: commas,
            has_mark: mark,
            has_last_end: last,
        })
}

impl Style {
    fn write(&self, value: &Value, depth: usize, out: &mut String) {
        let parts: Vec<(String, &Value)> = match value {
            Value::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| (format!("{}: ", json!(name)), value))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                out.push_str(&value.to_string());
                return;
            }
        };
        let (open, close) = if value.is_array() {
            ('[', ']')
        } else {
            ('{', '}')
        };
        out.push(open);
        let count = parts.len();
        for (at, (name, value)) in parts.into_iter().enumerate() {
            out.push_str(self.end);
            out.push_str(&self.indent.repeat(depth + 1));
            if self.has_comments && at % 2 == 0 {
                out.push_str("/* \"stoq\": { */ ");
            }
            out.push_str(&name);
            self.write(value, depth + 1, out);
            if at + 1 < count || self.has_commas {
                out.push(',');
            }
            if self.has_comments && !self.end.is_empty() {
                out.push_str(" // }, ü");
            }
        }
        out.push_str(self.end);
        out.push_str(&self.indent.repeat(depth));
        out.push(close);
    }

    fn text(&self, value: &Value) -> String {
        let mut out = String::new();
        if self.has_mark {
            out.push('\u{feff}');
        }
        self.write(value, 0, &mut out);
        if self.has_last_end {
            out.push_str(self.end);
        }
        out
    }
}

/// A client's file: other members, and servers or none.
fn file() -> impl Strategy<Value = Value> {
    let servers = prop::collection::btree_map("[a-z]{1,3}", data(), 0..4);
    let rest = prop::collection::btree_map("[a-zß]{1,4}", data(), 0..4);
    (rest, prop::option::of(servers), any::<bool>()).prop_map(|(rest, servers, is_first)| {
        let servers = servers.map(|map| {
            let map: Map<String, Value> = map.into_iter().collect();
            ("mcpServers".to_owned(), Value::Object(map))
        });
        let mut all: Vec<(String, Value)> = rest.into_iter().collect();
        match (servers, is_first) {
            (Some(servers), true) => all.insert(0, servers),
            (Some(servers), false) => all.push(servers),
            (None, _) => {}
        }
        Value::Object(all.into_iter().collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn into_any_file_and_out_of_it_again(file in file(), style in style()) {
        let client = of("cursor");
        assert_eq!(client.form, Form::Jsonc);
        there_and_back(client, &style.text(&file));
    }

    #[test]
    fn into_any_strict_file_and_out_of_it_again(file in file(), style in style()) {
        let style = Style { has_comments: false, has_commas: false, ..style };
        let client = of("claude-desktop");
        let with = put(client, &style.text(&file), "stoq", &stoq(client)).unwrap();
        // Still JSON for the strictest reader.
        serde_json::from_str::<Value>(with.trim_start_matches('\u{feff}')).unwrap();
        there_and_back(client, &style.text(&file));
    }

    #[test]
    fn no_text_breaks_the_merge(text in "[\\[\\]{}:,\"a/* \n=]{0,40}") {
        for id in ["cursor", "claude-desktop", "codex"] {
            if let Ok(with) = put(of(id), &text, "stoq", &stoq(of(id))) {
                assert_eq!(found(of(id), &with, "stoq").unwrap(), Some(stoq(of(id))));
            }
            let _ = masked(&text);
        }
    }
}
