//! CSV of an export: RFC 4180 with CRLF, a header row always, and a guard against formulas.

use csv::{Terminator, WriterBuilder};
use serde_json::Value;

use crate::sandbox::reply::Refusal;

/// The file with these columns, each taken from the rows by its name; null is an empty cell.
pub(super) fn write(columns: &[&str], rows: &[Value]) -> Result<String, Refusal> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let broken = |error: csv::Error| Refusal::Broken(error.to_string());
    writer.write_record(columns).map_err(broken)?;
    for row in rows {
        let cells = columns.iter().map(|column| cell(row.get(column)));
        writer.write_record(cells).map_err(broken)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Refusal::Broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Refusal::Broken(error.to_string()))
}

/// A value as a cell. Texts may come from shoppers: a spreadsheet must not run them.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if is_formula(text) => format!("'{text}"),
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
            value.to_string()
        }
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@']) && !text.parse().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_guarded_and_empty_for_null() {
        let rows = [
            json!({"title": "a, \"b\"", "sku": null, "n": 3}),
            json!({"title": "=1+1", "sku": "-5.5", "n": 0.5}),
            json!({"title": "@x", "sku": "-inf", "n": true}),
        ];
        assert_eq!(
            write(&["title", "sku", "n"], &rows).unwrap(),
            "title,sku,n\r\n\"a, \"\"b\"\"\",,3\r\n'=1+1,-5.5,0.5\r\n'@x,'-inf,true\r\n"
        );
    }
}
