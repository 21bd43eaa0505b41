//! Time series by the day of the order.

use serde_json::{Value, json};

use super::lines::Line;
use super::sums::Sums;
use crate::sandbox::actions::window::{Granularity, Window};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Args;

/// What can be chosen, in the order of the columns.
const METRICS: [&str; 8] = [
    "orders",
    "units",
    "revenue",
    "deposits",
    "balances",
    "outstanding_balance",
    "refunded",
    "cancelled_orders",
];
/// Keys of a revenue row beside the date.
const REVENUE: [&str; 4] = ["orders", "deposits", "balances", "revenue"];

/// The metrics a caller chose, or all.
pub(super) fn metrics(args: &Args) -> Vec<&'static str> {
    let chosen = args.distinct("metrics");
    METRICS
        .into_iter()
        .filter(|metric| chosen.is_empty() || chosen.iter().any(|name| name == metric))
        .collect()
}

/// Which portions of the money count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portions {
    deposits: bool,
    balances: bool,
}

impl Portions {
    /// Reads both switches; one must be on.
    pub(super) fn of(args: &Args) -> Result<Self, Refusal> {
        let is_on = |name| args.get(name).and_then(Value::as_bool).unwrap_or(true);
        let portions = Self {
            deposits: is_on("include_deposits"),
            balances: is_on("include_balances"),
        };
        if portions.deposits || portions.balances {
            Ok(portions)
        } else {
            Err(Refusal::invalid(
                "include_deposits or include_balances must be true",
            ))
        }
    }

    /// A row of the sums of a bucket, or of the whole window.
    pub(super) fn row(self, sums: &Sums, begun: Value) -> Value {
        sums.only(self.deposits, self.balances).row(begun, &REVENUE)
    }
}

/// Revenue per bucket.
pub(super) fn revenue(
    lines: &[Line],
    window: &Window,
    granularity: Granularity,
    portions: Portions,
) -> Vec<Value> {
    series(lines, window, granularity, |sums, date| {
        portions.row(sums, date)
    })
}

/// Chosen figures per bucket.
pub(super) fn by_date(
    lines: &[Line],
    window: &Window,
    granularity: Granularity,
    args: &Args,
) -> Vec<Value> {
    let metrics = metrics(args);
    series(lines, window, granularity, |sums, date| {
        sums.row(date, &metrics)
    })
}

fn series(
    lines: &[Line],
    window: &Window,
    granularity: Granularity,
    print: impl Fn(&Sums, Value) -> Value,
) -> Vec<Value> {
    let mut buckets = window.buckets::<Sums>(granularity);
    for line in lines {
        if let Some(sums) = buckets.get_mut(&granularity.bucket(line.day())) {
            sums.add(line);
        }
    }
    buckets
        .into_iter()
        .map(|(day, sums)| print(&sums, json!({"date": day.to_string()})))
        .collect()
}
