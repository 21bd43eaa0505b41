//! `key=value` on the command line: typed by what the action takes, as if it had been written as JSON.
//!
//! Only the form is read here. Whether a key exists and a value fits is the funnel's to say, which
//! names the nearest valid key for every way in.

use std::path::Path;

use anyhow::anyhow;
use serde_json::{Map, Number, Value};

use super::super::{Failure, misused};
use crate::registry::schema;

/// Longest file of a value, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// What one word says.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    /// `key:=JSON`
    Json(&'a str),
    /// `key=@FILE`
    File(&'a str),
    /// `key=value`
    Text(&'a str),
}

/// Puts the words into the arguments, each value typed by its place in the schema; what is not in the
/// schema stays a text.
pub(super) fn add(
    arguments: &mut Map<String, Value>,
    schema: Option<&Map<String, Value>>,
    words: &[String],
) -> Result<(), Failure> {
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let mut before: Vec<&str> = Vec::new();
    for word in words {
        let (key, said) = read(word)?;
        let path: Vec<&str> = key.split('.').collect();
        let piece = piece(properties, &path);
        let value = match said {
            Said::Json(text) => serde_json::from_str(text).map_err(|error| {
                misused(anyhow!(
                    "`{key}:=` takes JSON, and this is none ({error}); for a plain text write `{key}=…`"
                ))
            })?,
            Said::File(path) => file(key, Path::new(path))?,
            Said::Text(text) => typed(piece, text),
        };
        let again = before.contains(&key);
        put(arguments, &path, value, again).map_err(|why| {
            misused(match why {
                Clash::Twice => anyhow!(
                    "`{key}` is given twice; it takes one value. Leave one of them out"
                ),
                Clash::NoObject => anyhow!(
                    "`{key}` lies within something that was given as a single value; write all of it as one or as parts"
                ),
            })
        })?;
        before.push(key);
    }
    Ok(())
}

fn read(word: &str) -> Result<(&str, Said<'_>), Failure> {
    let wrong = || {
        misused(anyhow!(
            "`{}` is no argument; write key=value, such as limit=5, key=@file.json, or key:=JSON",
            crate::text::line(word, 60)
        ))
    };
    let (key, value) = word.split_once('=').ok_or_else(wrong)?;
    let (key, said) = match (key.strip_suffix(':'), value.strip_prefix('@')) {
        (Some(key), _) => (key, Said::Json(value)),
        // Two of them stand for one.
        (None, Some(rest)) if rest.starts_with('@') => (key, Said::Text(rest)),
        (None, Some(path)) => (key, Said::File(path)),
        (None, None) => (key, Said::Text(value)),
    };
    match key.split('.').any(str::is_empty) {
        true => Err(wrong()),
        false => Ok((key, said)),
    }
}

fn file(key: &str, path: &Path) -> Result<Value, Failure> {
    let shown = path.display();
    let told = |why: String| {
        misused(anyhow!(
            "the file of `{key}`, {shown}, {why}. For a text that begins with @ write `{key}=@@…`"
        ))
    };
    let size = std::fs::metadata(path).map(|about| about.len());
    let size = size.map_err(|error| told(format!("cannot be read: {error}")))?;
    if size > MAX_FILE {
        return Err(told(format!("is larger than {} MiB", MAX_FILE / (1 << 20))));
    }
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| told(format!("cannot be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| told(format!("holds no JSON: {error}")))
}

/// The schema of what a path leads to.
fn piece<'a>(properties: Option<&'a Map<String, Value>>, path: &[&str]) -> Option<&'a Value> {
    let (name, rest) = path.split_first()?;
    let found = properties?.get(*name)?;
    match rest {
        [] => Some(found),
        rest => piece(schema::properties(found), rest),
    }
}

/// A text as a value of its schema. One that does not fit stays a text, which the funnel refuses by
/// name.
fn typed(piece: Option<&Value>, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    let Some(piece) = piece else {
        return as_text();
    };
    match schema::scalar_type(piece) {
        Some("integer") => integer(text).map_or_else(as_text, Value::Number),
        Some("number") => number(text).map_or_else(as_text, Value::Number),
        Some("boolean") => boolean(text).map_or_else(as_text, Value::Bool),
        Some("array") => array(piece.get("items"), text),
        Some("object") => json(text, Value::is_object).unwrap_or_else(as_text),
        Some(_) | None => as_text(),
    }
}

fn integer(text: &str) -> Option<Number> {
    let text = text.trim();
    let signed = text.parse::<i64>().ok().map(Number::from);
    signed.or_else(|| text.parse::<u64>().ok().map(Number::from))
}

fn number(text: &str) -> Option<Number> {
    integer(text).or_else(|| Number::from_f64(text.trim().parse().ok()?))
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A list: JSON, or its members with commas between them; `\,` is a comma within one, `\\` a backslash.
fn array(items: Option<&Value>, text: &str) -> Value {
    if let Some(list) = json(text, Value::is_array) {
        return list;
    }
    // A member of many fields is one piece of JSON.
    if let Some(one) = json(text, Value::is_object) {
        return Value::Array(vec![one]);
    }
    let members = members(text).into_iter();
    Value::Array(members.map(|member| typed(items, &member)).collect())
}

fn members(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut members = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek(), members.last_mut()) {
            ('\\', Some(escaped @ (',' | '\\')), Some(member)) => {
                member.push(*escaped);
                letters.next();
            }
            (',', _, _) => members.push(String::new()),
            (letter, _, Some(member)) => member.push(letter),
            (_, _, None) => {}
        }
    }
    members
}

fn json(text: &str, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
    serde_json::from_str(text).ok().filter(wanted)
}

/// Why a value has no place.
enum Clash {
    Twice,
    NoObject,
}

/// Puts a value where its path leads. A list that is given again grows; what was given as JSON before
/// is replaced.
fn put(
    map: &mut Map<String, Value>,
    path: &[&str],
    value: Value,
    again: bool,
) -> Result<(), Clash> {
    let Some((name, rest)) = path.split_first() else {
        return Ok(());
    };
    if !rest.is_empty() {
        let inner = map
            .entry(*name)
            .or_insert_with(|| Value::Object(Map::new()));
        return match inner {
            Value::Object(inner) => put(inner, rest, value, again),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Clash::NoObject),
        };
    }
    match (map.get_mut(*name), value) {
        (Some(Value::Array(list)), Value::Array(mut more)) if again => list.append(&mut more),
        (Some(_), _) if again => return Err(Clash::Twice),
        (_, value) => {
            map.insert((*name).to_owned(), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
