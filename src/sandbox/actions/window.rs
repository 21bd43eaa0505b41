//! The days a report covers, and how they are cut into buckets.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime};
use serde_json::{Value, json};

use super::instant::{Span, date};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Days of a window when the caller gives at most one end.
const DEFAULT_DAYS: u64 = 30;
/// Days the longest window has.
const MOST_DAYS: i64 = 1096;
/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// First and last day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// First day.
    pub(super) from: NaiveDate,
    /// Last day.
    pub(super) to: NaiveDate,
}

impl Window {
    /// Reads `from` and `to`, filling in what is not given.
    pub(super) fn of(scope: &Scope<'_>, args: &Args) -> Result<Self, Refusal> {
        let end = |name: &str| match args.text(name) {
            None => Ok(None),
            Some(text) => date(text)
                .map(Some)
                .ok_or_else(|| Refusal::invalid(format!("{name} must be a date"))),
        };
        let from = end("from")?;
        let to = end("to")?.unwrap_or_else(|| scope.now.date_naive());
        let from = match from {
            Some(from) => from,
            None => to
                .checked_sub_days(Days::new(DEFAULT_DAYS - 1))
                .ok_or_else(|| Refusal::invalid("to must be a date"))?,
        };
        if from > to {
            return Err(Refusal::invalid("from must be on or before to"));
        }
        if (to - from).num_days() >= MOST_DAYS {
            return Err(Refusal::invalid("window must not exceed 1096 days"));
        }
        Ok(Self { from, to })
    }

    /// The window as every report begins with it.
    pub(super) fn print(&self) -> Value {
        json!({"from": self.from.to_string(), "to": self.to.to_string()})
    }

    /// First and last millisecond.
    pub(super) fn span(&self) -> Span {
        let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        Span {
            from: Some(start(self.from)),
            to: Some(start(self.to).saturating_add(DAY_MS - 1)),
        }
    }

    /// An empty bucket for every bucket that meets the window, by its first day.
    pub(super) fn buckets<T: Default>(&self, granularity: Granularity) -> BTreeMap<NaiveDate, T> {
        let mut buckets = BTreeMap::new();
        let mut next = Some(granularity.start(self.from));
        while let Some(day) = next.filter(|day| *day <= self.to) {
            buckets.insert(day, T::default());
            next = granularity.after(day);
        }
        buckets
    }
}

/// Width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Granularity {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl Granularity {
    /// Reads `granularity`.
    pub(super) fn of(args: &Args) -> Self {
        match args.text("granularity") {
            Some("week") => Self::Week,
            Some("month") => Self::Month,
            _ => Self::Day,
        }
    }

    /// The API's word.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// First day of the bucket a day lies in.
    pub(super) fn start(self, day: NaiveDate) -> NaiveDate {
        let start = match self {
            Self::Day => Some(day),
            Self::Week => {
                day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
            }
            Self::Month => day.with_day(1),
        };
        start.unwrap_or(day)
    }

    /// First day of the bucket after the one that begins on a day.
    fn after(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => start.succ_opt(),
            Self::Week => start.checked_add_days(Days::new(7)),
            Self::Month => start.checked_add_months(Months::new(1)),
        }
    }

    /// The bucket of a day counted from 1970-01-01.
    pub(super) fn bucket(self, day: i64) -> NaiveDate {
        let instant = DateTime::from_timestamp_millis(day.saturating_mul(DAY_MS));
        self.start(instant.unwrap_or_default().date_naive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn starts(from: &str, to: &str, granularity: Granularity) -> Vec<String> {
        let window = Window {
            from: day(from),
            to: day(to),
        };
        window
            .buckets::<u8>(granularity)
            .keys()
            .map(NaiveDate::to_string)
            .collect()
    }

    #[test]
    fn buckets_begin_on_days_mondays_and_firsts() {
        assert_eq!(
            starts("2026-02-27", "2026-03-01", Granularity::Day),
            ["2026-02-27", "2026-02-28", "2026-03-01"]
        );
        assert_eq!(
            starts("2026-03-08", "2026-03-16", Granularity::Week),
            ["2026-03-02", "2026-03-09", "2026-03-16"]
        );
        assert_eq!(
            starts("2025-12-31", "2026-02-01", Granularity::Month),
            ["2025-12-01", "2026-01-01", "2026-02-01"]
        );
    }

    #[test]
    fn a_day_number_finds_its_bucket() {
        assert_eq!(Granularity::Day.bucket(0), day("1970-01-01"));
        assert_eq!(Granularity::Week.bucket(20_514), day("2026-03-02"));
        assert_eq!(Granularity::Month.bucket(20_514), day("2026-03-01"));
    }
}
