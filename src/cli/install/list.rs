//! The clients, their files, and where the entry stands.

use std::path::Path;

use super::super::{Outcome, failed, print};
use crate::clients::{CLIENTS, Client, Scope, System, servers};
use crate::text::line;

/// Most characters of what a file says.
const MOST: usize = 100;

pub(super) fn run(name: &str) -> Outcome {
    let mut rows = Vec::new();
    let folder = std::env::current_dir().map_err(failed)?;
    for client in &CLIENTS {
        let files = client.files(System::here(), &folder, |name| std::env::var_os(name));
        for (scope, path) in files {
            rows.extend(row(client, scope, &path, name));
        }
    }
    let width = |at: fn(&[String; 4]) -> &String| {
        rows.iter()
            .map(|row| at(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second, third) = (width(|r| &r[0]), width(|r| &r[1]), width(|r| &r[2]));
    let mut text = String::new();
    for [client, scope, state, file] in &rows {
        text.push_str(&format!(
            "{client:first$}  {scope:second$}  {state:third$}  {file}\n"
        ));
    }
    print(&text)
}

/// One file; one of a project is listed when it is there.
fn row(client: &Client, scope: Scope, path: &Path, name: &str) -> Option<[String; 4]> {
    let state = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => match scope {
            Scope::User => "no file".to_owned(),
            Scope::Project => return None,
        },
        Err(error) => format!("cannot be read: {error}"),
        Ok(text) => match servers(client, &text) {
            Err(error) => format!("cannot be read: {error}"),
            Ok(all) => match all.get(name) {
                None => "no entry".to_owned(),
                Some(server) => {
                    let members = ["command", "url", "httpUrl", "serverUrl"];
                    let what = members.iter().find_map(|name| server.get(*name)?.as_str());
                    format!("installed: {}", line(what.unwrap_or("?"), MOST))
                }
            },
        },
    };
    Some([
        client.id.to_owned(),
        scope.as_str().to_owned(),
        state,
        path.display().to_string(),
    ])
}
