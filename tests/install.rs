//! `install` over homes with files as people have them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use stoq_mcp::clients::{CLIENTS, client, snippet};
use support::{finish, program};

/// A home folder that is gone when the test ends.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("stoq-mcp-install-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("project")).unwrap();
        Self(path.canonicalize().unwrap())
    }

    /// The program with this home and no other, in a project of it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        for name in [
            "XDG_CONFIG_HOME",
            "CLAUDE_CONFIG_DIR",
            "CODEX_HOME",
            "APPDATA",
        ] {
            command.env_remove(name);
        }
        let built = Path::new(env!("CARGO_BIN_EXE_stoq-mcp")).parent().unwrap();
        command
            .env("HOME", &self.0)
            .env("PATH", built)
            .current_dir(self.0.join("project"));
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        finish(self.command(arguments))
    }

    fn install(&self, id: &str, more: &[&str]) -> (i32, String, String) {
        let mut arguments = vec!["install", "--client", id];
        arguments.extend(more);
        self.run(&arguments)
    }

    /// A client's file of a scope.
    fn file(&self, id: &str, scope: &str) -> PathBuf {
        let path = match (id, scope) {
            ("claude-desktop", "user") => ".config/Claude/claude_desktop_config.json",
            ("claude-code", "user") => ".claude.json",
            ("cursor", "user") => ".cursor/mcp.json",
            ("vscode", "user") => ".config/Code/User/mcp.json",
            ("codex", "user") => ".codex/config.toml",
            ("gemini", "user") => ".gemini/settings.json",
            ("zed", "user") => ".config/zed/settings.json",
            ("windsurf", "user") => ".codeium/windsurf/mcp_config.json",
            ("claude-code", "project") => "project/.mcp.json",
            ("cursor", "project") => "project/.cursor/mcp.json",
            ("vscode", "project") => "project/.vscode/mcp.json",
            ("codex", "project") => "project/.codex/config.toml",
            ("gemini", "project") => "project/.gemini/settings.json",
            ("zed", "project") => "project/.zed/settings.json",
            _ => panic!("{id} has no {scope} file"),
        };
        self.0.join(path)
    }

    fn write(&self, id: &str, text: &str) -> PathBuf {
        let path = self.file(id, "user");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// All files below it.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => found.push(entry.path()),
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file as somebody has it, by the client's form.
fn awkward(id: &str) -> String {
    let servers = client(id).unwrap().servers;
    match id {
        "codex" => "# größe ✓\r\nmodel = \"o9\" # best\r\n\r\n[mcp_servers.docs]\r\ncommand = 'npx'\r\nenv = { DOCS_TOKEN = \"hush\" }\r\n\r\n[a.b.c.d.e]\r\nx = [1, [2, [3]]]\r\n".to_owned(),
        // Strict JSON.
        "claude-desktop" | "claude-code" => format!(
            "{{\r\n    \"größe ✓\": {{\"a\":{{\"b\":[[[{{}}]]]}}}},\r\n    \"{servers}\": {{\r\n        \"docs\": {{ \"command\": \"npx\", \"env\": {{ \"DOCS_TOKEN\": \"hush\" }} }}\r\n    }},\r\n    \"last\": 1.50\r\n}}"
        ),
        _ => format!(
            "{mark}// größe ✓\r\n{{\r\n\t\"a\":{{\"b\":[[[{{}}]]]}}, // deep\r\n\t\"{servers}\": {{\r\n\t\t// theirs\r\n\t\t\"docs\": {{ \"command\": \"npx\", \"env\": {{ \"DOCS_TOKEN\": \"hush\" }}, }},\r\n\t}},\r\n\t/* last */ \"last\": 1.50,\r\n}}\r\n",
            mark = '\u{feff}'
        ),
    }
}

#[test]
fn the_example_files_are_what_install_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clients");
    let mut wanted = Vec::new();
    for client in &CLIENTS {
        let ending = if client.id == "codex" { "toml" } else { "json" };
        let file = format!("{}.{ending}", client.id);
        assert_eq!(
            fs::read_to_string(root.join(&file)).unwrap_or_default(),
            snippet(client).unwrap(),
            "refresh with: cargo run -- install --client {} --print > examples/clients/{file}",
            client.id
        );
        wanted.push(file);
        // And it is what a run writes, with the program on the path.
        let home = Home::new(&format!("example-{}", client.id));
        let (code, out, err) = home.install(client.id, &["--yes"]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let path = home.file(client.id, "user");
        assert_eq!(fs::read_to_string(&path).unwrap(), snippet(client).unwrap());
        let (code, out, _) = home.install(client.id, &["--print"]);
        assert_eq!((code, out), (0, snippet(client).unwrap()));
        // Nothing else is made, and undoing leaves no file.
        assert_eq!(home.files(), [path]);
        assert_eq!(home.install(client.id, &["--undo", "--yes"]).0, 0);
        assert_eq!(home.files(), Vec::<PathBuf>::new());
    }
    let mut there: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    wanted.sort();
    assert_eq!(there, wanted);
}

#[test]
fn every_client_gets_the_entry_beside_what_it_has_and_gives_it_back() {
    for client in &CLIENTS {
        let home = Home::new(&format!("beside-{}", client.id));
        let text = awkward(client.id);
        let path = home.write(client.id, &text);
        let (code, out, err) = home.install(client.id, &["--yes", "--allow", "send,money"]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(!out.contains("hush"), "{out}");
        let with = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let kept = lines.iter().filter(|line| with.contains(**line)).count();
        // A comma may come to one line, where the format wants it.
        assert!(kept + 1 >= lines.len(), "{with}");
        assert!(with.contains("send,money"), "{with}");
        assert!(!with.replace("\r\n", "").contains('\n'), "{with:?}");
        let backup = PathBuf::from(format!("{}.before-stoq", path.display()));
        assert_eq!(fs::read_to_string(&backup).unwrap(), text);

        // Twice is once.
        let (code, out, _) = home.install(client.id, &["--allow", "send,money"]);
        assert_eq!(
            (code, out),
            (
                0,
                format!(
                    "{} has this very entry already; nothing was changed.\n",
                    path.display()
                )
            )
        );
        let (code, out, err) = home.install(client.id, &["--undo", "--yes"]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(home.files(), std::slice::from_ref(&path));
        let (code, _, err) = home.install(client.id, &["--undo", "--yes"]);
        assert_eq!(
            (code, err),
            (
                2,
                format!(
                    "stoq-mcp: there is nothing to undo: {} has no entry `stoq`\n",
                    path.display()
                )
            )
        );
    }
}

#[test]
fn a_project_has_a_file_of_its_own() {
    for client in &CLIENTS {
        let home = Home::new(&format!("project-{}", client.id));
        let (code, _, err) = home.install(client.id, &["--scope", "project", "--yes"]);
        if ["claude-desktop", "windsurf"].contains(&client.id) {
            assert_eq!(code, 2);
            assert!(err.contains("has no file for one project"), "{err}");
            continue;
        }
        assert_eq!((code, err.as_str()), (0, ""));
        assert_eq!(home.files(), [home.file(client.id, "project")]);
    }
}

#[test]
fn nothing_is_written_without_a_yes() {
    let home = Home::new("consent");
    let path = home.write("cursor", "{}\n");
    let (code, out, err) = home.install("cursor", &[]);
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "stoq-mcp: nothing was written, as there is nobody at a terminal to ask; add --yes to write it, or --dry-run to look alone\n"
    );
    let shown = format!(
        "--- {path}\n+++ {path}\n@@\n-{{}}\n+{{\n+  \"mcpServers\": {{\n+    \"stoq\": {{\n+      \"command\": \"stoq-mcp\",\n+      \"args\": [\"serve\"],\n+      \"env\": {{\n+        \"STOQ_API_KEY\": \"${{env:STOQ_API_KEY}}\"\n+      }}\n+    }}\n+  }}\n+}}\n",
        path = path.display()
    );
    assert_eq!(out, shown);
    let (code, out, err) = home.install("cursor", &["--dry-run"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, format!("{shown}\nNothing was written (--dry-run).\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}\n");
    assert_eq!(home.files(), [path]);
}

#[test]
fn another_entry_of_the_name_is_shown_replaced_and_put_back() {
    let home = Home::new("replace");
    let text = "{\n  \"mcpServers\": {\n    \"stoq\": {\"command\": \"theirs\", \"env\": {\"THEIR_KEY\": \"hush\"}}\n  }\n}\n";
    let path = home.write("windsurf", text);
    // It is not ours to take out.
    let (code, _, err) = home.install("windsurf", &["--undo", "--yes"]);
    assert_eq!(code, 2);
    assert!(err.contains("does not start stoq-mcp"), "{err}");
    let (code, out, _) = home.install("windsurf", &["--yes", "--sandbox"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("-    \"stoq\": {\"command\": \"theirs\", \"env\": {\"THEIR_KEY\": \"…\"}}\n"),
        "{out}"
    );
    assert!(
        out.contains(
            "There is another entry `stoq` in this file, which this one takes the place of."
        ),
        "{out}"
    );
    let with: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        with["mcpServers"],
        json!({"stoq": {"command": "stoq-mcp", "args": ["serve", "--sandbox"]}})
    );
    // A second change of our own, and one of theirs: undoing gives back what was there before the first.
    assert_eq!(home.install("windsurf", &["--yes"]).0, 0);
    let edited = fs::read_to_string(&path).unwrap().replace(
        "\"mcpServers\": {",
        "\"mcpServers\": {\n    \"newer\": {\"command\": \"x\"},",
    );
    fs::write(&path, edited).unwrap();
    assert_eq!(home.install("windsurf", &["--undo", "--yes"]).0, 0);
    let back: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(
        back["mcpServers"],
        json!({
            "newer": {"command": "x"},
            "stoq": {"command": "theirs", "env": {"THEIR_KEY": "hush"}}
        })
    );
    assert_eq!(home.files(), [path]);
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_left_as_it_is() {
    for (id, text, told) in [
        (
            "cursor",
            "{\n  \"mcpServers\": {\n    \"a\": oops\n  }\n}\n",
            "line 3, column 10: ",
        ),
        (
            "claude-desktop",
            "{\n  \"a\": 1,\n}\n",
            "line 3, column 1: trailing comma",
        ),
        ("codex", "a = 1\nhush = hush\n", "line 2, column "),
    ] {
        let home = Home::new(&format!("broken-{id}"));
        let path = home.write(id, text);
        let (code, out, err) = home.install(id, &["--yes"]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        let start = format!("stoq-mcp: {} was left as it is: {told}", path.display());
        assert!(err.starts_with(&start), "{err}");
        assert!(!err.contains("hush"), "{err}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(home.files(), [path]);
    }
    let home = Home::new("latin");
    let path = home.write("cursor", "");
    fs::write(&path, b"{\"a\": \"\xe4\"}").unwrap();
    let (code, _, err) = home.install("cursor", &["--yes"]);
    assert_eq!(code, 1);
    assert!(err.contains("it is no UTF-8 text"), "{err}");
    assert_eq!(fs::read(&path).unwrap(), b"{\"a\": \"\xe4\"}");
}

#[cfg(unix)]
#[test]
fn rights_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::new("links");
    let real = home.0.join("dotfiles.json");
    fs::write(&real, "{}").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let path = home.file("cursor", "user");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink("../dotfiles.json", &path).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(home.install("cursor", &["--yes"]).0, 0);
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("stoq-mcp"));
    assert_eq!(mode(&real), 0o640);
    assert_eq!(home.install("cursor", &["--undo", "--yes"]).0, 0);
    assert_eq!(fs::read_to_string(&real).unwrap(), "{}");

    fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
    let (code, _, err) = home.install("cursor", &["--yes"]);
    assert_eq!(code, 1);
    assert!(err.contains("it is read-only"), "{err}");
    assert_eq!(fs::read_to_string(&real).unwrap(), "{}");

    // A new file may come to hold a key.
    assert_eq!(home.install("claude-desktop", &["--yes"]).0, 0);
    assert_eq!(mode(&home.file("claude-desktop", "user")), 0o600);

    let ring = home.file("gemini", "user");
    fs::create_dir_all(ring.parent().unwrap()).unwrap();
    symlink("settings.json", &ring).unwrap();
    let (code, _, err) = home.install("gemini", &["--yes"]);
    assert_eq!(code, 1);
    assert!(err.contains("lead round in a ring"), "{err}");
}

#[test]
fn a_program_off_the_path_is_named_by_its_whole_path() {
    let home = Home::new("path");
    let mut command = home.command(&["install", "--client", "cursor", "--yes"]);
    command.env("PATH", "/nowhere");
    assert_eq!(finish(command).0, 0);
    let text = fs::read_to_string(home.file("cursor", "user")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let whole = Path::new(env!("CARGO_BIN_EXE_stoq-mcp"));
    assert_eq!(
        Path::new(value["mcpServers"]["stoq"]["command"].as_str().unwrap())
            .canonicalize()
            .unwrap(),
        whole.canonicalize().unwrap()
    );
}

#[test]
fn a_server_elsewhere_is_named_by_its_address() {
    let home = Home::new("url");
    let url = "https://stoq.example/mcp";
    let (code, out, _) = home.install("cursor", &["--yes", "--url", url]);
    assert_eq!(code, 0);
    assert!(
        out.contains("STOQ_TOKEN: set it where Cursor is started"),
        "{out}"
    );
    assert_eq!(
        home.install("codex", &["--yes", "--url", "http://127.0.0.1:8080/mcp"])
            .0,
        0
    );
    assert_eq!(
        fs::read_to_string(home.file("codex", "user")).unwrap(),
        "[mcp_servers.stoq]\nurl = \"http://127.0.0.1:8080/mcp\"\n"
    );
    for bad in [
        "http://stoq.example/mcp",
        "stoq.example",
        "https://a:hush@stoq.example/mcp",
    ] {
        let (code, out, err) = home.install("cursor", &["--yes", "--url", bad]);
        assert_eq!((code, out.as_str()), (2, ""), "{bad}");
        assert!(
            err.starts_with("stoq-mcp: `--url`: ") && !err.contains("hush"),
            "{err}"
        );
    }
    let (code, _, err) = home.install("claude-desktop", &["--yes", "--url", url]);
    assert_eq!(code, 2);
    assert!(err.contains("Settings, Connectors"), "{err}");
}

#[test]
fn the_list_says_where_the_entry_stands() {
    let home = Home::new("list");
    home.write("codex", "oops");
    home.write("zed", "// none\n{}\n");
    assert_eq!(home.install("cursor", &["--yes"]).0, 0);
    assert_eq!(
        home.install("vscode", &["--yes", "--scope", "project"]).0,
        0
    );
    let (code, out, err) = home.run(&["install", "--list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> = out
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let row = |id: &str, scope: &str| {
        let found = rows.iter().find(|row| row[0] == id && row[1] == scope);
        found.map(|row| (row[2].to_owned(), PathBuf::from(row[3])))
    };
    for (id, scope, state) in [
        ("claude-desktop", "user", "no file"),
        ("zed", "user", "no entry"),
        ("cursor", "user", "installed: stoq-mcp"),
        ("vscode", "project", "installed: stoq-mcp"),
    ] {
        assert_eq!(
            row(id, scope),
            Some((state.to_owned(), home.file(id, scope))),
            "{out}"
        );
    }
    assert!(
        row("codex", "user")
            .unwrap()
            .0
            .starts_with("cannot be read: line 1, "),
        "{out}"
    );
    assert_eq!(row("cursor", "project"), None);
    assert_eq!(rows.len(), 9);
}

/// Whether a program is there to check with.
fn has(name: &str) -> bool {
    let out = Command::new("sh")
        .args(["-c", &format!("command -v {name}")])
        .output();
    out.is_ok_and(|out| out.status.success())
}

#[test]
fn shells_take_their_completions() {
    let home = Home::new("completions");
    for (shell, checks) in [
        ("bash", Some(["bash", "-n"])),
        ("zsh", Some(["zsh", "-n"])),
        ("fish", Some(["fish", "-n"])),
        ("powershell", None),
        ("elvish", None),
    ] {
        let (code, out, err) = home.run(&["completions", shell]);
        assert_eq!((code, err.as_str()), (0, ""), "{shell}");
        for word in ["install", "doctor", "claude-desktop", "windsurf"] {
            assert!(
                out.contains(word) || shell == "powershell" || shell == "elvish",
                "{shell}: {word}"
            );
        }
        let file = home.0.join(shell);
        fs::write(&file, out).unwrap();
        if let Some([name, flag]) = checks
            && has(name)
        {
            let checked = Command::new(name).arg(flag).arg(&file).output().unwrap();
            assert!(checked.status.success(), "{shell}: {checked:?}");
        }
    }
}

#[test]
fn manual_pages_are_whole() {
    let home = Home::new("man");
    let (code, page, err) = home.run(&["man"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(page.contains(".TH stoq-mcp 1"), "{page}");
    let (code, page, _) = home.run(&["man", "registry", "diff"]);
    assert_eq!(code, 0);
    assert!(page.contains("\\-\\-manifest"), "{page}");
    let (code, _, err) = home.run(&["man", "nowhere"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no subcommand `nowhere`"), "{err}");

    let dir = home.0.join("pages");
    assert_eq!(home.run(&["man", "--dir", dir.to_str().unwrap()]).0, 0);
    for name in [
        "stoq-mcp.1",
        "stoq-mcp-install.1",
        "stoq-mcp-doctor.1",
        "stoq-mcp-registry-diff.1",
    ] {
        let page = dir.join(name);
        assert!(page.is_file(), "{name}");
        if has("mandoc") {
            let out = Command::new("mandoc")
                .args(["-T", "utf8"])
                .arg(&page)
                .output()
                .unwrap();
            assert!(out.status.success(), "{name}: {out:?}");
        } else if has("man") && has("groff") {
            let out = Command::new("man").arg("-l").arg(&page).output().unwrap();
            assert!(
                out.status.success() && !out.stdout.is_empty(),
                "{name}: {out:?}"
            );
        }
    }
}
