//! Instants between the API's texts and the tables' milliseconds.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, SubsecRound, Utc};
use serde_json::Value;

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Args;

/// Milliseconds as v2 prints them: UTC, whole seconds.
pub(super) fn print(at: i64) -> String {
    DateTime::from_timestamp_millis(at)
        .unwrap_or_default()
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// The same for a column that may be null.
pub(super) fn print_or_null(at: Option<i64>) -> Value {
    at.map_or(Value::Null, |at| Value::String(print(at)))
}

/// Milliseconds of a timestamp with its offset, or of the first instant of a date; of a timestamp's
/// second, which is what v2 shows.
pub(super) fn read(text: &str) -> Option<i64> {
    let at = moment(text, NaiveTime::MIN)?;
    Some(at.trunc_subsecs(0).timestamp_millis())
}

/// A timestamp as it is, a date at the given time of its day.
fn moment(text: &str, time: NaiveTime) -> Option<DateTime<Utc>> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Some(at.to_utc()),
        Err(_) => day(text).map(|day| day.and_time(time).and_utc()),
    }
}

/// Milliseconds as v1 prints them: UTC, with milliseconds.
pub(super) fn print_millis(at: i64) -> String {
    DateTime::from_timestamp_millis(at)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The same for a column that may be null.
pub(super) fn print_millis_or_null(at: Option<i64>) -> Value {
    at.map_or(Value::Null, |at| Value::String(print_millis(at)))
}

/// Both ends of a list's window, both included, either open.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// First millisecond.
    pub(super) from: Option<i64>,
    /// Last millisecond.
    pub(super) to: Option<i64>,
}

/// Reads `from` and `to` of a list.
pub(super) fn span(args: &Args) -> Result<Span, Refusal> {
    let from = end(args, "from", NaiveTime::MIN)?;
    // An instant is shown in whole seconds, so the last second counts as a whole.
    let last = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(NaiveTime::MIN);
    let to = end(args, "to", last)?;
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Refusal::invalid("from must be on or before to"));
    }
    Ok(Span {
        from: from.map(|at| at.timestamp_millis()),
        to: to.map(|at| at.trunc_subsecs(0).timestamp_millis() + 999),
    })
}

/// One end of a window.
fn end(args: &Args, name: &str, time: NaiveTime) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(text) = args.text(name) else {
        return Ok(None);
    };
    moment(text, time)
        .map(Some)
        .ok_or_else(|| Refusal::invalid(format!("{name} must be a date")))
}

/// A `YYYY-MM-DD`, and nothing that only comes near it.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|day| day.to_string() == text)
}

/// The UTC date of a date or timestamp.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Some(at.to_utc().date_naive()),
        Err(_) => day(text),
    }
}
