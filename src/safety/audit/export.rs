//! Lines chosen and printed, for people who look into what was done.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::line::{Line, MOST_BYTES};
use super::place;
use super::types::{ActionName, Hash, Kind, Name};

/// The columns of a table, in the order of a line's members.
pub const COLUMNS: [&str; 20] = [
    "seq",
    "at",
    "event",
    "call",
    "principal",
    "shop",
    "client",
    "action",
    "class",
    "digest",
    "count",
    "amount",
    "confirmed",
    "status",
    "upstream_status",
    "points",
    "took_ms",
    "reason",
    "writes",
    "previous",
];

/// Which lines; what is absent chooses all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From this moment on.
    pub since: Option<DateTime<Utc>>,
    /// Before this moment.
    pub before: Option<DateTime<Utc>>,
    /// Of this principal.
    pub principal: Option<String>,
    /// Of this shop.
    pub shop: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// Of this kind.
    pub event: Option<Kind>,
}

impl Filter {
    /// Whether a line is chosen.
    pub fn takes(&self, line: &Line) -> bool {
        let is = |wanted: &Option<String>, had: Option<&str>| match wanted {
            Some(wanted) => had == Some(wanted.as_str()),
            None => true,
        };
        self.since.is_none_or(|since| line.at >= since)
            && self.before.is_none_or(|before| line.at < before)
            && is(&self.principal, line.principal.as_ref().map(Name::as_str))
            && is(&self.shop, line.shop.as_ref().map(Hash::as_str))
            && is(&self.action, line.action.as_ref().map(ActionName::as_str))
            && self.event.is_none_or(|event| line.event == event)
    }
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    JsonLines,
    /// One JSON array.
    Json,
    /// A table whose cells no spreadsheet runs.
    Csv,
}

/// Prints lines in a form.
pub struct Printer<W: Write> {
    out: Out<W>,
    lines: u64,
}

enum Out<W: Write> {
    JsonLines(W),
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Printer<W> {
    /// Begins an export.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(mut out: W, form: Form) -> io::Result<Self> {
        let out = match form {
            Form::JsonLines => Out::JsonLines(out),
            Form::Json => {
                out.write_all(b"[")?;
                Out::Json(out)
            }
            Form::Csv => {
                let mut table = csv::Writer::from_writer(out);
                table.write_record(COLUMNS)?;
                Out::Csv(Box::new(table))
            }
        };
        Ok(Self { out, lines: 0 })
    }

    /// Prints a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&mut self, line: &Line) -> io::Result<()> {
        let object = serde_json::to_value(line)?;
        match &mut self.out {
            Out::JsonLines(out) => writeln!(out, "{object}")?,
            Out::Json(out) => {
                let before = if self.lines == 0 { "\n" } else { ",\n" };
                write!(out, "{before}{object}")?;
            }
            Out::Csv(table) => {
                table.write_record(COLUMNS.map(|name| cell(object.get(name))))?;
            }
        }
        self.lines += 1;
        Ok(())
    }

    /// Ends the export.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self) -> io::Result<()> {
        match self.out {
            Out::JsonLines(mut out) => out.flush(),
            Out::Json(mut out) => {
                out.write_all(b"\n]\n")?;
                out.flush()
            }
            Out::Csv(mut table) => table.flush(),
        }
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => inert(text),
        Some(Value::Array(parts)) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            inert(&parts.join(", "))
        }
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Object(_))) => value.to_string(),
    }
}

/// A cell that a spreadsheet would take for a formula is prefixed. Names hold no tabs or line ends.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Gives every line that can be read, in its place or not; says how many could not.
///
/// # Errors
/// When a file cannot be read, or a line is not taken.
pub fn unverified(
    folder: &Path,
    take: &mut dyn FnMut(&Line) -> io::Result<()>,
) -> Result<u64, super::VerifyError> {
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut unread = 0;
    for number in place::file_numbers(folder)? {
        let name = place::file_name(number);
        let fail = || place::unusable(folder, &name);
        let file = File::open(folder.join(&name)).map_err(fail())?;
        let mut reader = BufReader::new(file);
        let mut bytes = Vec::new();
        while next(&mut reader, most, &mut bytes).map_err(fail())? {
            match read(&bytes) {
                Some(line) => take(&line).map_err(super::VerifyError::NotTaken)?,
                None => unread += 1,
            }
        }
    }
    Ok(unread)
}

/// Reads up to the end of a line, or as much as a line may have.
fn next(reader: &mut impl BufRead, most: u64, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    Ok(reader.take(most).read_until(b'\n', bytes)? > 0)
}

/// A line without its code.
fn read(bytes: &[u8]) -> Option<Line> {
    let mut object: Value = serde_json::from_slice(bytes).ok()?;
    object.as_object_mut()?.remove("mac")?;
    serde_json::from_value(object).ok()
}
