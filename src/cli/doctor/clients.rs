//! The entries in the files of clients: whether each can start, and whether a key stands in one.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::finding::{Area, Report, word};
use super::program::{VERSION, is_same, version};
use crate::clients::{
    CLIENTS, Client, KEY_PLACEHOLDER, KeyWay, System, is_program, is_program_name, on_path, servers,
};
use crate::text::KEY_PREFIX;

/// Members that hold the address of a server over HTTP.
const ADDRESSES: [&str; 3] = ["url", "httpUrl", "serverUrl"];

pub(super) fn look(report: &mut Report) {
    let folder = std::env::current_dir().unwrap_or_default();
    let mut count = 0;
    for client in &CLIENTS {
        let files = client.files(System::here(), &folder, |name| std::env::var_os(name));
        for (_, path) in files {
            count += file(report, client, &path);
        }
    }
    if count == 0 {
        report.warning(
            Area::Clients,
            "no client has an entry for this server",
            "no agent can use it yet",
            "stoq-mcp install --client claude-desktop",
        );
    }
}

/// The entries of a file, and how many there are.
fn file(report: &mut Report, client: &Client, path: &Path) -> usize {
    let place = word(&path.display().to_string());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return 0,
        Err(error) => {
            report.warning(
                Area::Clients,
                format!("{}: {place} cannot be read: {error}", client.title),
                "an entry in it could not be looked at",
                &format!("ls -l {place}"),
            );
            return 0;
        }
    };
    let all = match servers(client, &text) {
        Ok(all) => all,
        Err(error) => {
            report.warning(
                Area::Clients,
                format!("{}: {place} cannot be understood: {error}", client.title),
                "the client itself may not read it either",
                &format!("${{EDITOR:-vi}} {place}"),
            );
            return 0;
        }
    };
    let ours = all.iter().filter(|(name, server)| is_ours(name, server));
    let mut count = 0;
    for (name, server) in ours {
        count += 1;
        entry(report, client, path, name, server);
    }
    count
}

/// Whether an entry is this server's: by its program, or by its name when it is one over HTTP.
fn is_ours(name: &str, server: &Value) -> bool {
    match command(server) {
        Some(command) => is_program_name(command),
        None => name == "stoq" && address(server).is_some(),
    }
}

fn command(server: &Value) -> Option<&str> {
    server.get("command")?.as_str()
}

fn address(server: &Value) -> Option<&str> {
    ADDRESSES
        .iter()
        .find_map(|name| server.get(*name)?.as_str())
}

fn entry(report: &mut Report, client: &Client, path: &Path, name: &str, server: &Value) {
    let title = client.title;
    let place = word(&path.display().to_string());
    let again = format!(
        "stoq-mcp install --client {} --name {} --yes",
        client.id,
        word(name)
    );
    match command(server).map(|command| (command, program(command))) {
        None => report.ok(
            Area::Clients,
            format!("{title}: `{name}` in {place} names a server over HTTP"),
        ),
        Some((command, None)) => report.problem(
            Area::Clients,
            format!(
                "{title}: `{name}` in {place} starts {}, which is not there",
                word(command)
            ),
            "the client shows a server that does not start",
            &again,
        ),
        Some((_, Some(program))) => started(report, client, &place, name, &program, &again),
    }
    key(report, client, &place, name, server, &again);
}

/// The file that a command means.
fn program(command: &str) -> Option<PathBuf> {
    if command.contains(['/', '\\']) {
        let path = PathBuf::from(command);
        return is_program(&path).then_some(path);
    }
    on_path(command, std::env::var_os("PATH"))
}

/// The program is there; whether it is of this version.
fn started(
    report: &mut Report,
    client: &Client,
    place: &str,
    name: &str,
    program: &Path,
    again: &str,
) {
    let title = client.title;
    let is_this = std::env::current_exe().is_ok_and(|here| is_same(&here, program));
    let told = match is_this {
        true => Some(VERSION.to_owned()),
        false => version(program),
    };
    match told {
        Some(version) if version == VERSION => report.ok(
            Area::Clients,
            format!("{title}: `{name}` in {place} starts version {version}"),
        ),
        other => report.warning(
            Area::Clients,
            format!(
                "{title}: `{name}` in {place} starts {} of {}",
                word(&program.display().to_string()),
                other.map_or("an unknown version".to_owned(), |it| format!(
                    "version {it}"
                )),
            ),
            &format!("this is {VERSION}; what was looked at here may not hold for that one"),
            again,
        ),
    }
}

/// A key in the file, or the words that stand for one.
fn key(report: &mut Report, client: &Client, place: &str, name: &str, server: &Value, again: &str) {
    let text = server.to_string();
    let title = client.title;
    if text.contains(KEY_PLACEHOLDER) {
        report.problem(
            Area::Clients,
            format!("{title}: `{name}` in {place} still has the words that stand for the key"),
            "the server starts and refuses them",
            &format!("${{EDITOR:-vi}} {place}"),
        );
    } else if text.contains(KEY_PREFIX) {
        let (why, fix) = match client.key {
            KeyWay::Inline => (
                "this client knows no other way; nobody but you may read the file",
                format!("chmod 600 {place}"),
            ),
            KeyWay::Reference(_, _) | KeyWay::Asked | KeyWay::HandedOn | KeyWay::Inherited => (
                "whoever reads the file, a backup of it or a screen has the shop; this client can refer to it instead",
                again.to_owned(),
            ),
        };
        report.warning(
            Area::Clients,
            format!("{title}: `{name}` in {place} holds the shop's key itself"),
            why,
            &fix,
        );
    }
}
