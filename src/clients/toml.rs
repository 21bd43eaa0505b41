//! TOML: a table of its own for the entry; the rest of the document keeps its text.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::merge::MergeError;

/// The text with the entry in it.
pub(super) fn put(
    text: &str,
    servers: &str,
    name: &str,
    server: &Value,
) -> Result<String, MergeError> {
    let mut document = parse(text)?;
    let held = document.as_table_mut().entry(servers).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let all = as_table(servers, held)?;
    let is_same = match all.get(name) {
        Some(_) => value(text)?.get(servers).and_then(|all| all.get(name)) == Some(server),
        None => false,
    };
    if is_same {
        return Ok(text.to_owned());
    }
    match all.get_mut(name) {
        // In its place, with what stands before it.
        Some(Item::Table(table)) => {
            table.clear();
            fill(table, server)?;
        }
        Some(Item::None | Item::Value(_) | Item::ArrayOfTables(_)) | None => {
            let mut table = Table::new();
            fill(&mut table, server)?;
            all.insert(name, Item::Table(table));
        }
    }
    Ok(as_before(text, &document))
}

/// The text without the entry.
pub(super) fn take(text: &str, servers: &str, name: &str) -> Result<String, MergeError> {
    let mut document = parse(text)?;
    if let Some(held) = document.as_table_mut().get_mut(servers) {
        as_table(servers, held)?.remove(name);
    }
    Ok(as_before(text, &document))
}

/// The data of a text, with its members in the order of the text.
pub(super) fn value(text: &str) -> Result<Value, MergeError> {
    Ok(members(parse(text)?.as_table()))
}

fn members(table: &dyn TableLike) -> Value {
    let all = table.iter();
    Value::Object(
        all.map(|(name, item)| (name.to_owned(), data(item)))
            .collect(),
    )
}

fn data(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(value) => plain(value),
        Item::Table(table) => members(table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| members(table)).collect(),
    }
}

fn plain(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().as_str()),
        toml_edit::Value::Integer(whole) => Value::from(*whole.value()),
        toml_edit::Value::Float(real) => Value::from(*real.value()),
        toml_edit::Value::Boolean(is) => Value::from(*is.value()),
        toml_edit::Value::Datetime(time) => Value::from(time.value().to_string()),
        toml_edit::Value::Array(items) => items.iter().map(plain).collect(),
        toml_edit::Value::InlineTable(table) => members(table),
    }
}

fn parse(text: &str) -> Result<DocumentMut, MergeError> {
    text.parse::<DocumentMut>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let before = before.unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        MergeError::Broken {
            line: before.matches('\n').count() + 1,
            column: before.get(start..).unwrap_or_default().chars().count() + 1,
            reason: error.message().trim().replace('\n', ", "),
        }
    })
}

fn as_table<'a>(name: &str, held: &'a mut Item) -> Result<&'a mut dyn TableLike, MergeError> {
    held.as_table_like_mut()
        .ok_or_else(|| MergeError::Shape(format!("`{name}` in it is something else than a table")))
}

fn fill(table: &mut Table, server: &Value) -> Result<(), MergeError> {
    for (name, value) in server.as_object().ok_or(MergeError::Harm)? {
        table.insert(name, Item::Value(written(value)?));
    }
    Ok(())
}

fn written(value: &Value) -> Result<toml_edit::Value, MergeError> {
    match value {
        Value::Bool(is) => Ok((*is).into()),
        Value::String(text) => Ok(text.into()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(whole.into()),
            (None, Some(real)) => Ok(real.into()),
            (None, None) => Err(MergeError::Harm),
        },
        Value::Array(items) => {
            let mut array = Array::new();
            for item in items {
                array.push(written(item)?);
            }
            Ok(array.into())
        }
        Value::Object(map) => {
            let mut table = InlineTable::new();
            for (name, value) in map {
                table.insert(name, written(value)?);
            }
            Ok(table.into())
        }
        // TOML has none.
        Value::Null => Err(MergeError::Harm),
    }
}

/// The document with the line ends that the text has: the writer knows one kind alone.
fn as_before(text: &str, document: &DocumentMut) -> String {
    let new = document.to_string();
    let ends = text.matches('\n').count();
    let is_windows = ends > 0 && text.matches("\r\n").count() == ends;
    if is_windows {
        return new.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    new
}
