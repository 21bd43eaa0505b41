//! What the tasks cost on each surface, as a table.

use std::fmt::Write;

use stoq_mcp::surface::Kind;

use crate::agent::{Agent, Played};

/// The figures of one surface.
pub struct Report {
    pub kind: Kind,
    pub finds: usize,
    pub hits: usize,
    tools: usize,
    standing: usize,
    solved: usize,
    calls: Vec<usize>,
    tokens: Vec<usize>,
    missed: Vec<(String, String)>,
}

impl Report {
    pub fn new(kind: Kind, agent: &Agent) -> Self {
        Self {
            kind,
            finds: 0,
            hits: 0,
            tools: agent.tools(),
            standing: agent.standing,
            solved: 0,
            calls: Vec::new(),
            tokens: Vec::new(),
            missed: Vec::new(),
        }
    }

    pub fn add(&mut self, played: &Played, is_solved: bool) {
        self.solved += usize::from(is_solved);
        self.finds += played.finds;
        self.hits += played.finds - played.missed.len();
        self.calls.push(played.calls);
        self.tokens.push(played.tokens);
        self.missed.extend(played.missed.iter().cloned());
    }

    pub fn median_calls(&self) -> usize {
        median(&self.calls)
    }

    /// The figures in one line.
    pub fn row(&self) -> String {
        let tasks = self.calls.len();
        let solved = format!("{}/{tasks}", self.solved);
        let hits = format!("{}/{}", self.hits, self.finds);
        let all: usize = self.tokens.iter().sum();
        format!(
            "{:8} {:>5} {:>8} {solved:>7} {hits:>7} {:>6} {:>4} {:>6} {:>6}",
            self.kind.as_str(),
            self.tools,
            self.standing,
            self.median_calls(),
            self.calls.iter().max().unwrap(),
            median(&self.tokens),
            all / tasks,
        )
    }
}

/// The middle value; of two the larger.
fn median(values: &[usize]) -> usize {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[values.len() / 2]
}

/// The table, and what was not found by its words. `at rest`: tokens of instructions and tools, which
/// a model reads once; the others are of one task.
pub fn table(reports: &[Report]) -> String {
    let mut text = format!(
        "{:8} {:>5} {:>8} {:>7} {:>7} {:>6} {:>4} {:>6} {:>6}\n",
        "surface", "tools", "at rest", "solved", "found", "calls", "max", "tokens", "mean"
    );
    for report in reports {
        writeln!(text, "{}", report.row()).unwrap();
    }
    for report in reports {
        for (words, action) in &report.missed {
            let kind = report.kind.as_str();
            writeln!(text, "not found on {kind}: {action} by \"{words}\"").unwrap();
        }
    }
    text
}
