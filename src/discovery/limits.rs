//! The figures that stand within sentences of the README: each from the code that keeps it.

use crate::engine::PLAN_POINTS;
use crate::registry::entry::Class;
use crate::safety::confirm::{HANDLE_RECIPIENTS, VALID_MS};
use crate::safety::ledger;
use crate::safety::personal::KEPT_MS;
use crate::text::FOREIGN_CHARS;
use crate::upstream::{ATTEMPTS, CALL_DEADLINE, PointsLimit, RESERVE};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Each by the name of its part, without its unit, which the sentence says.
pub fn limits() -> [(&'static str, String); 13] {
    let points = PointsLimit::default();
    [
        ("attempts", ATTEMPTS.to_string()),
        ("deadline-seconds", CALL_DEADLINE.as_secs().to_string()),
        ("plan-points", PLAN_POINTS.to_string()),
        ("proof-minutes", (VALID_MS / MINUTE).to_string()),
        ("handle-recipients", HANDLE_RECIPIENTS.to_string()),
        (
            "receipt-days",
            (ledger::kept(Class::Send) / DAY).to_string(),
        ),
        (
            "money-receipt-days",
            (ledger::kept(Class::Money) / DAY).to_string(),
        ),
        ("personal-hours", (KEPT_MS / HOUR).to_string()),
        ("foreign-characters", FOREIGN_CHARS.to_string()),
        ("points", points.points.to_string()),
        ("points-seconds", points.window.as_secs().to_string()),
        ("points-kept", RESERVE.to_string()),
        ("rust", env!("CARGO_PKG_RUST_VERSION").to_owned()),
    ]
}
