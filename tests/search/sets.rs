//! The frozen sets of requests.

use serde::Deserialize;

/// Looked at while the index was made.
pub const DEV: &str = include_str!("dev.jsonl");
/// Never looked at.
pub const HELD_OUT: &str = include_str!("held_out.jsonl");

/// What a request is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A request in a merchant's words.
    Paraphrase,
    /// The same with a slip or two.
    Typo,
    /// Nothing this product does.
    OutOfScope,
}

/// One request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The request.
    pub query: String,
    /// The actions that would do; none for what is out of scope.
    pub any: Vec<String>,
    /// What it is there for.
    pub kind: Kind,
}

/// The requests of a set, one a line.
pub fn cases(set: &str) -> Vec<Case> {
    set.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
