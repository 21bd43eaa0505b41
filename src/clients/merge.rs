//! An entry into the text of a file and out of it again; all else stays as it is.

use serde_json::{Map, Value};

use super::entry::{Entry, question_ids};
use super::table::{Client, Form};
use super::{json, toml};

/// Names the list of what VS Code asks for.
pub(super) const INPUTS: &str = "inputs";
/// What some editors put before a text.
const MARK: char = '\u{feff}';

/// A text that an entry cannot go into or out of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// It is not of its form.
    #[error("line {line}, column {column}: {reason}")]
    Broken {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What is wrong; never the text, which may be a secret.
        reason: String,
    },
    /// It is of its form, but not the client's.
    #[error("{0}")]
    Shape(String),
    /// The entry could not be placed without changing something else.
    #[error(
        "the entry cannot be placed without changing something else in it; add it by hand: `stoq-mcp install --print` shows it"
    )]
    Harm,
}

/// The text with the entry in it. The same text when it is in it already.
pub(super) fn put(
    client: &Client,
    text: &str,
    name: &str,
    entry: &Entry,
) -> Result<String, MergeError> {
    let (mark, bare) = unmarked(text);
    let new = match client.form {
        Form::Json | Form::Jsonc => json::put(bare, client.form, client.servers, name, entry)?,
        Form::Toml => toml::put(bare, client.servers, name, &entry.server)?,
    };
    let after = value(client.form, &new)?;
    let is_there = after.get(client.servers).and_then(|all| all.get(name)) == Some(&entry.server);
    let before = value(client.form, bare)?;
    if !is_there || others(client, &before, name) != others(client, &after, name) {
        return Err(MergeError::Harm);
    }
    Ok(format!("{mark}{new}"))
}

/// The text without the entry.
pub(super) fn take(client: &Client, text: &str, name: &str) -> Result<String, MergeError> {
    let (mark, bare) = unmarked(text);
    let new = match client.form {
        Form::Json | Form::Jsonc => json::take(bare, client.form, client.servers, name)?,
        Form::Toml => toml::take(bare, client.servers, name)?,
    };
    let (before, after) = (value(client.form, bare)?, value(client.form, &new)?);
    if others(client, &before, name) != others(client, &after, name) {
        return Err(MergeError::Harm);
    }
    Ok(format!("{mark}{new}"))
}

/// The entry of a name, if there is one.
///
/// # Errors
/// When the text is not of the client's form.
pub fn found(client: &Client, text: &str, name: &str) -> Result<Option<Entry>, MergeError> {
    let value = value(client.form, unmarked(text).1)?;
    let Some(server) = value.get(client.servers).and_then(|all| all.get(name)) else {
        return Ok(None);
    };
    let ids = question_ids(name);
    let inputs = value.get(INPUTS).and_then(Value::as_array);
    let input = inputs.into_iter().flatten().find(|input| {
        let id = input.get("id").and_then(Value::as_str).unwrap_or_default();
        ids.iter().any(|known| known == id) && server.to_string().contains(&reference(id))
    });
    Ok(Some(Entry {
        server: server.clone(),
        input: input.cloned(),
    }))
}

/// All servers of a file, by name.
///
/// # Errors
/// When the text is not of the client's form.
pub fn servers(client: &Client, text: &str) -> Result<Map<String, Value>, MergeError> {
    let value = value(client.form, unmarked(text).1)?;
    let all = value.get(client.servers).and_then(Value::as_object);
    Ok(all.cloned().unwrap_or_default())
}

/// How a value refers to what is asked for.
pub(super) fn reference(id: &str) -> String {
    format!("${{input:{id}}}")
}

fn unmarked(text: &str) -> (&str, &str) {
    match text.strip_prefix(MARK) {
        Some(bare) => ("\u{feff}", bare),
        None => ("", text),
    }
}

/// The data of a text; an empty one is an empty object.
fn value(form: Form, text: &str) -> Result<Value, MergeError> {
    match form {
        Form::Json | Form::Jsonc => json::value(text, form),
        Form::Toml => toml::value(text),
    }
}

/// All that is not the entry's: what must be the same before and after.
fn others(client: &Client, value: &Value, name: &str) -> Value {
    let mut rest = value.clone();
    let Some(root) = rest.as_object_mut() else {
        return rest;
    };
    if let Some(servers) = root.get_mut(client.servers).and_then(Value::as_object_mut) {
        servers.shift_remove(name);
    }
    let ids = question_ids(name);
    if let Some(inputs) = root.get_mut(INPUTS).and_then(Value::as_array_mut) {
        inputs.retain(|input| {
            let id = input.get("id").and_then(Value::as_str).unwrap_or_default();
            !ids.iter().any(|known| known == id)
        });
    }
    // An empty container says as much as none.
    for member in [client.servers, INPUTS] {
        let is_empty = root.get(member).is_some_and(|held| {
            held.as_object().is_some_and(Map::is_empty)
                || held.as_array().is_some_and(Vec::is_empty)
        });
        if is_empty {
            root.shift_remove(member);
        }
    }
    rest
}
