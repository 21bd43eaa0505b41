//! The entry of this server, as each client wants it.

use serde_json::{Map, Value, json};

use super::table::{Client, KeyWay, Remote};
use crate::config::KEY_VARIABLE;

/// Name of the program.
pub(super) const PROGRAM: &str = "stoq-mcp";
/// Name of the entry, unless another is wanted.
pub(super) const NAME: &str = "stoq";
/// What stands in place of the key where a client knows nothing but the value itself. It holds blanks,
/// so that the server refuses it as no key.
pub const KEY_PLACEHOLDER: &str = "your shop's key";
/// Environment variable of the bearer token for a server over HTTP. It is none of the server's settings.
pub const TOKEN_VARIABLE: &str = "STOQ_TOKEN";
/// What stands in place of the token where a client cannot refer to a variable.
const TOKEN_PLACEHOLDER: &str = "your token";
/// Longest name of an entry: with a tool's it must fit into the 64 characters that clients allow.
const LONGEST_NAME: usize = 16;

/// How the client reaches the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// It starts it.
    Program {
        /// The program.
        command: String,
        /// Its arguments.
        arguments: Vec<String>,
        /// Whether it needs the shop's key.
        needs_key: bool,
    },
    /// It speaks HTTP with it.
    Address {
        /// The address.
        url: String,
        /// Whether a bearer token goes with it.
        needs_token: bool,
    },
}

/// What goes into a client's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The server.
    pub server: Value,
    /// What VS Code asks for, in a list of its own.
    pub input: Option<Value>,
}

/// An entry that a client cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A name that is none.
    #[error(
        "the name of the entry is of 1 to {LONGEST_NAME} lower-case letters, digits, `-` and `_`, and begins with a letter; clients put it before the name of each tool"
    )]
    Name,
    /// No servers over HTTP in this file.
    #[error("{0}")]
    Elsewhere(&'static str),
}

/// The entry of a name.
///
/// # Errors
/// When the name is none, or the client has no such entries.
pub fn entry(client: &Client, name: &str, launch: &Launch) -> Result<Entry, EntryError> {
    let is_name = name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
        });
    if !is_name {
        return Err(EntryError::Name);
    }
    match launch {
        Launch::Program {
            command,
            arguments,
            needs_key,
        } => Ok(program(client, name, command, arguments, *needs_key)),
        Launch::Address { url, needs_token } => address(client, name, url, *needs_token),
    }
}

fn program(
    client: &Client,
    name: &str,
    command: &str,
    arguments: &[String],
    needs_key: bool,
) -> Entry {
    let mut server = Map::new();
    let mut input = None;
    if client.is_typed {
        server.insert("type".into(), json!("stdio"));
    }
    server.insert("command".into(), json!(command));
    server.insert("args".into(), json!(arguments));
    if needs_key {
        let mut with = |value: String| {
            server.insert("env".into(), json!({ KEY_VARIABLE: value }));
        };
        match client.key {
            KeyWay::Reference(before, after) => with(format!("{before}{KEY_VARIABLE}{after}")),
            KeyWay::Asked => {
                let id = format!("{name}-key");
                with(format!("${{input:{id}}}"));
                input = Some(question(&id, "STOQ API key"));
            }
            KeyWay::Inline => with(KEY_PLACEHOLDER.to_owned()),
            KeyWay::HandedOn => {
                server.insert("env_vars".into(), json!([KEY_VARIABLE]));
            }
            KeyWay::Inherited => {}
        }
    }
    Entry {
        server: Value::Object(server),
        input,
    }
}

fn address(client: &Client, name: &str, url: &str, needs_token: bool) -> Result<Entry, EntryError> {
    let (member, is_typed) = match client.remote {
        Remote::Address(member, is_typed) => (member, is_typed),
        Remote::Elsewhere(instead) => return Err(EntryError::Elsewhere(instead)),
    };
    let mut server = Map::new();
    let mut input = None;
    if is_typed {
        server.insert("type".into(), json!("http"));
    }
    server.insert(member.into(), json!(url));
    if needs_token {
        let mut with = |token: String| {
            let bearer = format!("Bearer {token}");
            server.insert("headers".into(), json!({ "Authorization": bearer }));
        };
        match client.key {
            KeyWay::Reference(before, after) => with(format!("{before}{TOKEN_VARIABLE}{after}")),
            KeyWay::Asked => {
                let id = format!("{name}-token");
                with(format!("${{input:{id}}}"));
                input = Some(question(&id, "Bearer token of the stoq-mcp server"));
            }
            KeyWay::HandedOn => {
                server.insert("bearer_token_env_var".into(), json!(TOKEN_VARIABLE));
            }
            KeyWay::Inherited | KeyWay::Inline => with(TOKEN_PLACEHOLDER.to_owned()),
        }
    }
    Ok(Entry {
        server: Value::Object(server),
        input,
    })
}

/// What VS Code asks for once and keeps in its secret store.
fn question(id: &str, what: &str) -> Value {
    json!({"type": "promptString", "id": id, "description": what, "password": true})
}

/// The names that questions of an entry have.
pub(super) fn question_ids(name: &str) -> [String; 2] {
    [format!("{name}-key"), format!("{name}-token")]
}

/// Whether an entry is one of this program's: it starts it, or it names an address, which cannot be
/// told apart.
pub(super) fn is_ours(server: &Value) -> bool {
    let command = server.get("command").and_then(Value::as_str);
    match command {
        Some(command) => is_program_name(command),
        None => ["url", "httpUrl", "serverUrl"]
            .iter()
            .any(|member| server.get(*member).is_some()),
    }
}

/// Whether a command means this program, wherever it lies.
pub fn is_program_name(command: &str) -> bool {
    let file = command.rsplit(['/', '\\']).next().unwrap_or(command);
    file.strip_suffix(".exe").unwrap_or(file) == PROGRAM
}
