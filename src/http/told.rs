//! The bounds of the server as a table, for the README.

use std::time::Duration;

use super::{Bounds, CALLERS_SESSIONS, DRAIN, MACHINES_SESSIONS, MAX_BODY};
use crate::engine::MAX_CALLS;

/// What bounds a connection, the calls and the sessions.
#[must_use]
pub fn bounds() -> String {
    let bounds = Bounds::default();
    let time = |time: Duration| format!("{} s", time.as_secs());
    let rows = [
        (
            "connections at a time",
            format!(
                "{}, or what the limit of open files leaves; more wait",
                grouped(bounds.connections)
            ),
        ),
        ("head of a request", time(bounds.head)),
        (
            "body of a request",
            format!("{}, {} MiB", time(bounds.body), MAX_BODY >> 20),
        ),
        ("idle between requests", time(bounds.idle)),
        ("an answer of which nothing is taken", time(bounds.stall)),
        (
            "calls at work at a time",
            format!("{MAX_CALLS}; one more is answered \"busy\""),
        ),
        ("time of a read to end, at a stop", time(DRAIN.reads)),
        ("time of a write to end, at a stop", time(DRAIN.writes)),
        ("sessions of one caller", grouped(CALLERS_SESSIONS)),
        (
            "sessions in all, without authentication",
            grouped(MACHINES_SESSIONS),
        ),
    ];
    let mut text = "| bound | value |\n|---|---|\n".to_owned();
    for (what, value) in rows {
        text.push_str(&format!("| {what} | {value} |\n"));
    }
    text
}

/// `12,000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_by_thousands() {
        let told = [0, 999, 1_000, 12_000, 1_234_567].map(grouped);
        assert_eq!(told, ["0", "999", "1,000", "12,000", "1,234,567"]);
    }

    #[test]
    fn the_table_tells_the_bounds_that_hold() {
        assert_eq!(
            bounds(),
            "| bound | value |\n\
             |---|---|\n\
             | connections at a time | 12,000, or what the limit of open files leaves; more wait |\n\
             | head of a request | 10 s |\n\
             | body of a request | 30 s, 4 MiB |\n\
             | idle between requests | 75 s |\n\
             | an answer of which nothing is taken | 30 s |\n\
             | calls at work at a time | 512; one more is answered \"busy\" |\n\
             | time of a read to end, at a stop | 2 s |\n\
             | time of a write to end, at a stop | 20 s |\n\
             | sessions of one caller | 1,000 |\n\
             | sessions in all, without authentication | 10,000 |\n"
        );
    }
}
