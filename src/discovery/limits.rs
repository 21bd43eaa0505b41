//! The figures that stand within sentences of the README: each from the code that keeps it.

use crate::engine::PLAN_POINTS;
use crate::registry::entry::Class;
use crate::safety::confirm::{HANDLE_RECIPIENTS, VALID_MINUTES};
use crate::safety::ledger;
use crate::safety::personal::KEPT_MS;
use crate::text::FOREIGN_CHARS;
use crate::upstream::{ATTEMPTS, CALL_DEADLINE, PointsLimit, RESERVE};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Each by the name of its part, without its unit, which the sentence says.
pub fn limits() -> [(&'static str, String); 12] {
    let points = PointsLimit::default();
    [
        ("attempts", ATTEMPTS.to_string()),
        ("deadline-seconds", CALL_DEADLINE.as_secs().to_string()),
        ("plan-points", PLAN_POINTS.to_string()),
        ("proof-minutes", VALID_MINUTES.to_string()),
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
    ]
}
