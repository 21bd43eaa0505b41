//! The figures as a table for people: made from the very text that Prometheus reads.

use std::time::Duration;

use super::figures::{Figures, Reading};
use super::labels::Acting;

const PREFIX: &str = "stoq_mcp_";

/// A line for each figure: its name, its labels, what it tells.
pub(crate) fn table() -> String {
    let mut text = format!("| figure (`{PREFIX}…`) | labels | what |\n|---|---|---|\n");
    for (name, labels, told) in rows(&sample()) {
        text.push_str(&format!("| `{name}` | {labels} | {told} |\n"));
    }
    text
}

/// The text of a process in which everything has happened once, so that every figure has its labels.
fn sample() -> String {
    let figures = Figures::new();
    let (acting, took) = (Acting::other, Duration::ZERO);
    figures.call_refused(acting(), took, "arguments");
    figures.call_failed(acting(), took, "unavailable");
    figures.attempted(acting(), took, "ok", 1);
    figures.repeated(acting(), "connect");
    figures.waited_for_points(took);
    figures.http_answered(200);
    figures.http_connected();
    figures.store_used("read", took, true);
    figures.audit_failed();
    figures.spans_sent(true);
    figures.text(&Reading::default()).unwrap_or_default()
}

fn rows(text: &str) -> Vec<(&str, String, &str)> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let help = line.strip_prefix("# HELP ");
        let Some((family, told)) = help.and_then(|help| help.split_once(' ')) else {
            continue;
        };
        // Of a histogram the first line is a bucket, and some families have a suffix of their kind.
        let of_it = |line: &&str| {
            let rest = line.strip_prefix(family);
            rest.is_some_and(|rest| {
                ["", "_total", "_info", "_count", "_sum"]
                    .iter()
                    .any(|suffix| {
                        rest.strip_prefix(suffix)
                            .is_some_and(|rest| rest.starts_with(['{', ' ']))
                    })
            })
        };
        let Some(first) = text.lines().find(of_it) else {
            continue;
        };
        let end = first.find(['{', ' ']).unwrap_or(first.len());
        let (name, rest) = first.split_at(end);
        let name = name
            .strip_suffix("_count")
            .or_else(|| name.strip_suffix("_sum"))
            .unwrap_or(name);
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        rows.push((name, labels(rest), told.trim_end_matches('.')));
    }
    rows
}

/// The names within the braces.
fn labels(rest: &str) -> String {
    let inner = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let pairs = inner.map(|(inner, _)| inner.split(','));
    let names = pairs
        .into_iter()
        .flatten()
        .filter_map(|pair| pair.split_once('='));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_row_with_its_labels() {
        let text = sample();
        let rows = rows(&text);
        assert_eq!(text.matches("# HELP ").count(), rows.len());
        for row in [
            (
                "calls_total",
                "action, class, outcome",
                "Calls that ended, by outcome",
            ),
            ("call_seconds", "class", "Time of a call"),
            (
                "points_wait_seconds",
                "",
                "Time that attempts waited for points",
            ),
            (
                "store_operations_total",
                "operation, outcome",
                "Operations of the state store, by how they ended",
            ),
            ("points_held", "", "Points held, of all shops"),
            ("build_info", "version", "What was built"),
        ] {
            let (name, labels, told) = row;
            assert!(
                rows.contains(&(name, labels.to_owned(), told)),
                "{row:?} {rows:?}"
            );
        }
    }
}
