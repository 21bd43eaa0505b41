//! The text of a result: the same facts as the structured form, CSV for lists, compact JSON for
//! records.

use serde_json::{Map, Value};

use super::{Outcome, Status};
use crate::text::visible;

/// Said of rows that lack fields, and how to see them.
const CONCISE: &str = ", concise (detail: full or fields for more)";

/// The compact text of a result.
pub fn text(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    match outcome.status {
        Status::Ok => {}
        Status::Accepted
        | Status::Planned
        | Status::Running
        | Status::Replayed
        | Status::OutcomeUnknown => {
            lines.push(format!("status: {}", outcome.status.as_str()));
        }
    }
    if let Some(page) = &outcome.page {
        let mut line = match page.total {
            Some(total) => format!("{} of {total} rows", page.shown),
            None => format!("{} rows, the total is not known yet", page.shown),
        };
        if page.concise {
            line.push_str(CONCISE);
        }
        if let Some(cursor) = &page.next_cursor {
            line.push_str(&format!("; next_cursor: {cursor}"));
        }
        lines.push(line);
    }
    if let Some(totals) = &outcome.totals {
        lines.push(visible(&format!("totals: {}", totals.to_line())).collect());
    }
    if let Some(plan) = &outcome.plan {
        lines.push(format!("plan: {}", Value::Object(plan.facts.clone())));
    }
    if let Some(job) = &outcome.job {
        lines.push(format!("job: {}", job.to_json()));
    }
    if let Some(receipt) = &outcome.receipt {
        lines.push(format!("receipt: {receipt}"));
    }
    if let Some(note) = &outcome.note {
        lines.push(format!("note: {note}"));
    }
    match (&outcome.data, &outcome.rows_key) {
        (Some(data), Some(key)) => list(data, key, &mut lines),
        (Some(data), None) => lines.push(json(data)),
        (None, _) => {}
    }
    lines.join("\n")
}

/// A list: what stands beside the rows as JSON, the rows as CSV.
fn list(data: &Value, key: &str, lines: &mut Vec<String>) {
    let beside: Map<String, Value> = data
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != key)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !beside.is_empty() {
        lines.push(json(&Value::Object(beside)));
    }
    let rows = data.get(key).and_then(Value::as_array);
    if let Some(rows) = rows.filter(|rows| !rows.is_empty()) {
        lines.push(csv(rows).trim_end_matches(['\r', '\n']).to_owned());
    }
}

/// Rows as CSV: nested fields have dotted columns, arrays are JSON, null is an empty cell.
pub fn csv(rows: &[Value]) -> String {
    let mut columns: Vec<String> = Vec::new();
    let flat: Vec<Map<String, Value>> = rows
        .iter()
        .map(|row| {
            let mut cells = Map::new();
            flatten(row, "", &mut cells);
            for name in cells.keys() {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
            cells
        })
        .collect();
    let heads = columns.iter().map(|name| visible(name).collect());
    let mut lines: Vec<Vec<String>> = vec![heads.collect()];
    for cells in flat {
        lines.push(
            columns
                .iter()
                .map(|name| cell(cells.get(name).unwrap_or(&Value::Null)))
                .collect(),
        );
    }
    write(&lines)
}

fn flatten(value: &Value, prefix: &str, cells: &mut Map<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, inner) in map {
                let path = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(inner, &path, cells);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            let name = if prefix.is_empty() { "value" } else { prefix };
            cells.insert(name.to_owned(), value.clone());
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(&visible(text).collect::<String>()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => json(value),
    }
}

/// Compact JSON without characters that hide; those that have escapes are escaped already.
fn json(value: &Value) -> String {
    visible(&value.to_string()).collect()
}

/// A cell that a spreadsheet would take for a formula is prefixed, unless it is a number.
fn inert(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A CSV text with every cell made inert; one that is not CSV comes back empty.
pub(super) fn inert_csv(text: &str) -> String {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let lines: Vec<Vec<String>> = reader
        .records()
        .filter_map(Result::ok)
        .map(|record| record.iter().map(inert).collect())
        .collect();
    write(&lines)
}

fn write(lines: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    for line in lines {
        // Writing into memory does not fail.
        let _ = writer.write_record(line);
    }
    writer
        .into_inner()
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Page;

    #[test]
    fn a_list_is_csv_with_what_stands_beside() {
        let mut outcome = Outcome::new(Status::Ok);
        outcome.data = Some(json!({"window": {"from": "2026-03-01"}, "rows": [
            {"id": 1, "customer": {"name": "a,b", "email": null}},
            {"id": 2, "customer": {"name": "=1+1", "email": "x@y"}, "tags": ["t"]}]}));
        outcome.rows_key = Some("rows".into());
        outcome.page = Some(Page {
            shown: 2,
            total: Some(9),
            next_cursor: Some("abc".into()),
            concise: true,
        });
        assert_eq!(
            text(&outcome),
            "2 of 9 rows, concise (detail: full or fields for more); next_cursor: abc\n{\"window\":{\"from\":\"2026-03-01\"}}\n\
             id,customer.name,customer.email,tags\n1,\"a,b\",,\n2,'=1+1,x@y,\"[\"\"t\"\"]\""
        );
    }

    #[test]
    fn nothing_hides_in_the_text_of_a_result() {
        let hostile = "a\u{1b}]0;x\u{7}\u{202e}b\nc\u{e0041}";
        assert_eq!(csv(&[json!({hostile: hostile})]), "a]0;xb c\na]0;xb c\n");
        let mut outcome = Outcome::new(Status::Ok);
        outcome.data = Some(json!({"name": "a\u{9b}\u{202e}b\nc"}));
        assert_eq!(text(&outcome), r#"{"name":"ab\nc"}"#);
    }

    #[test]
    fn formulas_are_made_inert_and_numbers_stay() {
        assert_eq!(
            inert_csv("a,b\r\n=cmd,-5\r\n@x,+15035550101\r\n"),
            "a,b\n'=cmd,-5\n'@x,+15035550101\n"
        );
    }
}
