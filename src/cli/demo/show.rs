//! What the demo prints: calls, tables and bars.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use serde_json::Value;

use super::super::style::{Role, out, paint};

/// Columns of the longest bar.
const BAR: u64 = 40;

/// One line; a reader that went away is no fault.
pub(super) fn line(text: &str) {
    let _ = out(&format!("{text}\n"));
}

/// A step's heading.
pub(super) fn heading(number: usize, text: &str) {
    line(&format!(
        "\n{}",
        paint(Role::Head, format!("{number}. {text}"))
    ));
}

/// A tool call as it goes out.
pub(super) fn call(tool: &str, arguments: &Value) {
    let mut shown = arguments.to_string();
    if shown.chars().count() > 90 {
        shown = shown.chars().take(89).collect();
        shown.push('…');
    }
    line(&format!("▸ {} {shown}", paint(Role::Name, tool)));
}

/// Rows as a table; columns are a heading and a dotted field.
pub(super) fn table(rows: &[Value], columns: &[(&str, &str)]) {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    let mut numeric = vec![!rows.is_empty(); columns.len()];
    for row in rows {
        let cells: Vec<String> = columns
            .iter()
            .zip(&mut numeric)
            .map(|((_, field), numeric)| {
                let value = field_of(row, field);
                *numeric &= value.is_none_or(Value::is_number);
                cell(value)
            })
            .collect();
        table.add_row(cells);
    }
    for (index, numeric) in numeric.into_iter().enumerate() {
        if let Some(column) = table.column_mut(index).filter(|_| numeric) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    line(&table.to_string());
}

/// Labelled bars, the longest at full width.
pub(super) fn bars(rows: &[(String, u64)]) {
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    for (label, count) in rows {
        let cells = (count * BAR).checked_div(most).unwrap_or(0);
        let bar: String = (0..cells).map(|_| '█').collect();
        line(&format!("  {label:width$} {bar} {count}"));
    }
}

/// A nested field by its dotted path.
pub(super) fn field_of<'a>(row: &'a Value, field: &str) -> Option<&'a Value> {
    field
        .split('.')
        .try_fold(row, |value, part| value.get(part))
        .filter(|value| !value.is_null())
}

/// The rows of a list's answer.
pub(super) fn rows<'a>(answer: &'a Value, key: &str) -> &'a [Value] {
    field_of(answer, &format!("data.{key}"))
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
