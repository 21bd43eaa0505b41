//! A drawing on this terminal.

use super::style;
use crate::chart::{self, Drawing, Paper};

/// Columns of what has no edge.
const COLUMNS: u16 = 80;
/// Most rows of a ranking, when nothing else is said.
pub(super) const ROWS: usize = 20;

/// A drawing as text for standard output; `most` is for the rows of a ranking.
pub(super) fn text(drawing: &Drawing, most: usize) -> String {
    let paper = Paper {
        columns: usize::from(style::width().unwrap_or(COLUMNS)),
        colours: style::is_coloured(),
        most,
    };
    chart::terminal(drawing, paper)
}
