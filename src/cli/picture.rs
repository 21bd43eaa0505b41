//! A drawing on this terminal.

use std::io::IsTerminal;

use crate::chart::{self, Drawing, Paper};

/// Columns of a terminal that does not say.
const COLUMNS: usize = 80;
/// Most rows of a ranking, when nothing else is said.
pub(super) const ROWS: usize = 20;

/// A drawing as text for standard output; `most` is for the rows of a ranking.
pub(super) fn text(drawing: &Drawing, most: usize) -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let columns = set("COLUMNS").and_then(|text| text.parse().ok());
    chart::terminal(
        drawing,
        Paper {
            columns: columns.unwrap_or(COLUMNS),
            colours: set("NO_COLOR").is_none() && std::io::stdout().is_terminal(),
            most,
        },
    )
}
