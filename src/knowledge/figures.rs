//! Figures of the live data that are computed here, so that no model has to count.

use std::collections::BTreeMap;

use serde_json::Value;

/// Scale of amounts compared: hundredths.
const HUNDREDTHS: i64 = 100;

/// One number of two windows, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its name.
    pub name: &'static str,
    /// Newer and older value, as the API has them.
    pub values: (String, String),
    /// Newer less older, with its sign.
    pub difference: String,
}

/// Compares numbers of two records by name; those that either lacks are left out.
pub(crate) fn changes(newer: &Value, older: &Value, names: &[&'static str]) -> Vec<Change> {
    names
        .iter()
        .filter_map(|name| {
            let (new, old) = (newer.get(name)?, older.get(name)?);
            let (a, b) = (hundredths(new)?, hundredths(old)?);
            Some(Change {
                name,
                values: (plain(new), plain(old)),
                difference: signed(a - b),
            })
        })
        .collect()
}

/// How many rows have each value of a field, most first.
pub(crate) fn counts(rows: &[Value], field: &str) -> Vec<(String, usize)> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        *found
            .entry(plain(row.get(field).unwrap_or(&Value::Null)))
            .or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = found.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// The sum of a numeric field of a series.
pub(crate) fn sum(rows: &[Value], field: &str) -> String {
    let total: i64 = rows
        .iter()
        .filter_map(|row| row.get(field).and_then(hundredths))
        .sum();
    unsigned(total)
}

/// A scalar as it is told; strings without quotes.
pub(crate) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A number or decimal string in hundredths; more places are cut.
fn hundredths(value: &Value) -> Option<i64> {
    let text = plain(value);
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let places: String = places.chars().chain(['0', '0']).take(2).collect();
    let whole: i64 = whole.parse().ok()?;
    let places: i64 = places.parse().ok()?;
    Some(sign * whole.checked_mul(HUNDREDTHS)?.checked_add(places)?)
}

fn unsigned(hundredths: i64) -> String {
    if hundredths % HUNDREDTHS == 0 {
        return (hundredths / HUNDREDTHS).to_string();
    }
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

fn signed(hundredths: i64) -> String {
    let sign = if hundredths > 0 { "+" } else { "" };
    format!("{sign}{}", unsigned(hundredths))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_windows_are_compared_number_by_number() {
        let newer = json!({"signups": 4, "rate": 0.5, "revenue": "267.00", "only": 1, "text": "x"});
        let older = json!({"signups": 7, "rate": 0.25, "revenue": "355.10", "text": "y"});
        let found = changes(
            &newer,
            &older,
            &["signups", "rate", "revenue", "only", "text"],
        );
        let shown: Vec<String> = found
            .into_iter()
            .map(|change| {
                let (new, old) = change.values;
                format!("{} {new} {old} {}", change.name, change.difference)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "signups 4 7 -3",
                "rate 0.5 0.25 +0.25",
                "revenue 267.00 355.10 -88.10"
            ]
        );
    }

    #[test]
    fn rows_are_counted_and_summed() {
        let rows = [
            json!({"state": "placed", "n": 1, "m": "1.50"}),
            json!({"state": "released", "n": 2, "m": "0.75"}),
            json!({"state": "released", "n": "x"}),
            json!({}),
        ];
        assert_eq!(
            counts(&rows, "state"),
            [
                ("released".to_owned(), 2),
                ("null".to_owned(), 1),
                ("placed".to_owned(), 1)
            ]
        );
        assert_eq!(
            (sum(&rows, "n").as_str(), sum(&rows, "m").as_str()),
            ("3", "2.25")
        );
        assert_eq!(
            (unsigned(-205).as_str(), signed(0).as_str()),
            ("-2.05", "0")
        );
    }
}
