//! Rows for people: a table that fits the terminal, or one block a row where a table does not; and
//! the same rows as CSV.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};

use super::super::style::{Role, paint};

/// Columns of a cell beyond which it is broken rather than the table given up.
const COMFORTABLE: usize = 16;
/// Blanks around the cells of a column.
const GAP: usize = 3;
/// Stands below the heads, from edge to edge.
const RULE: char = '─';

/// Rows of texts with their heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Of rows of JSON.
    pub(super) fn of(rows: &[serde_json::Value]) -> Self {
        let (heads, rows) = crate::engine::sheet(rows);
        Self { heads, rows }
    }

    /// One row, turned: its heads become the first column.
    fn turned(heads: &[String], row: &[String]) -> Vec<[String; 2]> {
        let cells = heads.iter().zip(row);
        cells
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(head, cell)| [head.clone(), cell.clone()])
            .collect()
    }

    /// For a terminal of so many columns; any when `None`.
    pub(super) fn shown(&self, width: Option<u16>) -> String {
        match width {
            Some(width) if !self.fits(width) => {
                let blocks = self.rows.iter();
                let blocks: Vec<String> = blocks.map(|row| self.block(row, width)).collect();
                blocks.join("\n")
            }
            Some(_) | None => self.table(width),
        }
    }

    /// A record: heads beside cells.
    pub(super) fn record(&self, width: Option<u16>) -> String {
        let rows = self.rows.iter();
        let tables: Vec<String> = rows
            .map(|row| pairs(&Self::turned(&self.heads, row), width))
            .collect();
        tables.join("\n")
    }

    /// Whether every column gets what makes it readable.
    fn fits(&self, width: u16) -> bool {
        let needed = (0..self.heads.len()).map(|column| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let cells = cells.chain(self.heads.get(column));
            let widest = cells.map(|cell| console::measure_text_width(cell)).max();
            widest.unwrap_or_default().min(COMFORTABLE) + GAP
        });
        needed.sum::<usize>() <= usize::from(width)
    }

    fn table(&self, width: Option<u16>) -> String {
        let mut table = plain(width);
        let rule = LineStyle::none().fill(RULE).junction(RULE);
        table.load_style(TableStyle::new().header_separator(rule));
        table.set_header(&self.heads);
        for row in &self.rows {
            table.add_row(row);
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            let mut cells = self.rows.iter().filter_map(|row| row.get(index));
            if cells.all(|cell| cell.parse::<f64>().is_ok() || cell.is_empty()) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let whole = lines(&table);
        match whole.split_once(&format!("\n{RULE}")) {
            Some((head, rest)) => format!(
                "{}\n{}{}",
                head.lines()
                    .map(|line| paint(Role::Head, line))
                    .collect::<Vec<_>>()
                    .join("\n"),
                RULE,
                rest
            ),
            None => whole,
        }
    }

    fn block(&self, row: &[String], width: u16) -> String {
        pairs(&Self::turned(&self.heads, row), Some(width))
    }

    /// As CSV, with the heads first.
    pub(super) fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing into memory does not fail.
        let _ = writer.write_record(&self.heads);
        for row in &self.rows {
            let _ = writer.write_record(row);
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// Names beside what they are.
fn pairs(rows: &[[String; 2]], width: Option<u16>) -> String {
    let mut table = plain(width);
    for row in rows {
        table.add_row(row);
    }
    // A name that leaves room for what it names is not broken.
    let names = rows
        .iter()
        .map(|[name, _]| console::measure_text_width(name));
    let widest = names.max().unwrap_or_default();
    if width.is_none_or(|width| widest <= usize::from(width) / 2)
        && let Some(column) = table.column_mut(0)
    {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    lines(&table)
}

fn plain(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    if let Some(width) = width {
        table.set_width(width);
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

fn lines(table: &Table) -> String {
    table.lines().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}
