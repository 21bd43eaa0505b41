//! The frozen sets of requests.

use serde::Deserialize;

/// Looked at while the index was made.
pub const DEV: &str = include_str!("dev.jsonl");
/// Looked at, by other authors.
pub const DEV_2: &str = include_str!("dev2.jsonl");
/// Looked at, by a third.
pub const DEV_3: &str = include_str!("dev3.jsonl");
/// Never looked at: only its figures were read.
pub const HELD_OUT: &str = include_str!("held_out.jsonl");
/// Never looked at either, and written after the index stood.
pub const VALIDATION: &str = include_str!("validation.jsonl");

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
