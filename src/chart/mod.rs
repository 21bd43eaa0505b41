//! Reports as pictures: the answer of a report becomes one drawing, and every picture is made from it.
//!
//! [`draw`] reads the answer as it is shown (the same rows, the same cleaned texts) and lays it out: which
//! bars there are, how long each is, what is written beside it. The renderers scale and colour what it
//! says, so that no two pictures of an answer can differ in a number: [`png`] for clients that show
//! images, [`terminal`] for people at a shell, and as JSON the page that hosts render themselves. This
//! room knows the registry's `chart` of an action, and nothing of calls, of MCP or of who looks.

mod axis;
mod drawing;
mod figure;
mod model;
mod png;
mod terminal;
#[cfg(test)]
mod tests;

pub use drawing::{Undrawn, draw};
pub use model::{Bar, Drawing, Item, Kind, Panel, Series, Tick};
pub use png::{PngError, png};
pub use terminal::{Paper, terminal};
