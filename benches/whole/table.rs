//! The table of results: what was measured, and whether it reaches what was aimed for.

use std::fmt;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// So many times the floor's, at least.
    TimesAtLeast(f64),
    /// So many times the floor's, at most.
    TimesAtMost(f64),
    /// A figure of its own, at most.
    AtMost(f64),
    /// So much more than the other figure, at most.
    MoreAtMost(f64),
    /// Nothing: it is told.
    None,
}

/// The rows, in Markdown.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<String>,
}

impl Table {
    /// A figure of the floor and of the server.
    pub fn pair(
        &mut self,
        figure: &str,
        floor: f64,
        ours: f64,
        goal: Goal,
        show: impl Fn(f64) -> String,
    ) {
        let ratio = ours / floor;
        let (aim, is_reached) = match goal {
            Goal::TimesAtLeast(least) => (format!("≥ {least} ×"), Some(ratio >= least)),
            Goal::TimesAtMost(most) => (format!("≤ {most} ×"), Some(ratio <= most)),
            Goal::AtMost(most) => (format!("≤ {}", show(most)), Some(ours <= most)),
            Goal::MoreAtMost(most) => {
                (format!("≤ {} more", show(most)), Some(ours - floor <= most))
            }
            Goal::None => ("–".to_owned(), None),
        };
        let told = match is_reached {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        let row = format!(
            "| {figure} | {} | {} | {ratio:.2} | {aim} | {told} |",
            show(floor),
            show(ours)
        );
        eprintln!("{row}");
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| figure | floor | stoq-mcp | ratio | target | reached |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{row}"))
    }
}

/// A time in milliseconds.
pub fn ms(milliseconds: f64) -> String {
    format!("{milliseconds:.2} ms")
}

/// Memory or size.
pub fn mb(megabytes: f64) -> String {
    format!("{megabytes:.1} MB")
}
