//! Sums over all rows of a list, so that nobody has to add up rows that may not even be shown.
//!
//! Sums are exact: numbers are added as decimals, never as floats. A field with a value that is no
//! decimal has no sum, rather than a wrong one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shape::Choice;
use crate::registry::transform::{Additive, Rows};
use crate::text::{clean, line};

/// Digits of a number that is added, and of those its decimal places.
const MAX_DIGITS: usize = 27;
const MAX_PLACES: usize = 9;
/// The field that names the currency of a row's figures.
pub(super) const CURRENCY: &str = "currency";
/// Most characters of the name of a currency.
const CURRENCY_CHARS: usize = 12;

/// Sums of a list, told beside its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Rows that match.
    pub rows: u64,
    /// One for each currency when the rows have one, else one alone.
    groups: Vec<Group>,
}

/// Sums in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    currency: Option<String>,
    /// By dotted field.
    sums: Vec<(String, Value)>,
}

impl Totals {
    /// As the envelope carries it.
    pub fn to_json(&self) -> Value {
        let nested = |sums: &[(String, Value)]| {
            let mut out = Map::new();
            for (path, value) in sums {
                let path: Vec<&str> = path.split('.').collect();
                super::shape::put(&mut out, &path, value.clone());
            }
            Value::Object(out)
        };
        match self.groups.as_slice() {
            [
                Group {
                    currency: None,
                    sums,
                },
            ] => json!({"rows": self.rows, "sums": nested(sums)}),
            groups => {
                let each = groups
                    .iter()
                    .map(|group| json!({"currency": group.currency, "sums": nested(&group.sums)}));
                json!({"rows": self.rows, "by_currency": each.collect::<Vec<Value>>()})
            }
        }
    }

    /// As one line of text.
    pub fn to_line(&self) -> String {
        let groups = self.groups.iter().map(|Group { currency, sums }| {
            let currency = currency.iter().map(|name| format!("{name} "));
            let sums = sums.iter().map(|(path, value)| match value {
                Value::String(text) => format!("{path} {text}"),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => format!("{path} {value}"),
            });
            let sums: Vec<String> = sums.collect();
            format!("{}{}", currency.collect::<String>(), sums.join(", "))
        });
        let groups: Vec<String> = groups.collect();
        format!("{} rows; {}", self.rows, groups.join("; "))
    }
}

/// Adds up rows.
pub(super) struct Tally<'a> {
    fields: Vec<&'a Additive>,
    has_currency: bool,
    rows: u64,
    groups: BTreeMap<Option<String>, Vec<Sum>>,
}

impl<'a> Tally<'a> {
    /// Of the fields that can be added up; when fields were named, of those among them.
    pub(super) fn new(rows: &'a Rows, choice: &Choice) -> Self {
        Self {
            fields: rows
                .sums
                .iter()
                .filter(|field| choice.names(&field.path))
                .collect(),
            has_currency: rows.has_currency,
            rows: 0,
            groups: BTreeMap::new(),
        }
    }

    /// Adds a row; `cell` gives a field of it as text.
    pub(super) fn add<'c>(&mut self, cell: impl Fn(&str) -> Option<Cow<'c, str>>) {
        self.rows += 1;
        if self.fields.is_empty() {
            return;
        }
        let currency = match self.has_currency {
            true => cell(CURRENCY).map(|name| line(&clean(&name), CURRENCY_CHARS)),
            false => None,
        };
        let sums = self
            .groups
            .entry(currency)
            .or_insert_with(|| vec![Sum::default(); self.fields.len()]);
        for (field, sum) in self.fields.iter().zip(sums) {
            if let Some(text) = cell(&field.path) {
                sum.add(&text);
            }
        }
    }

    /// Adds a row of an answer.
    pub(super) fn add_row(&mut self, row: &Value) {
        self.add(|path| {
            let value = row.pointer(&format!("/{}", path.replace('.', "/")))?;
            match value {
                Value::String(text) => Some(Cow::Borrowed(text.as_str())),
                Value::Number(number) => Some(Cow::Owned(number.to_string())),
                Value::Null => None,
                // No number: it takes the sum away.
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => Some(Cow::Borrowed("")),
            }
        });
    }

    /// The sums; none of a single row, or when nothing was added up.
    pub(super) fn finish(self) -> Option<Totals> {
        let fields = &self.fields;
        let groups: Vec<Group> = self
            .groups
            .into_iter()
            .map(|(currency, sums)| {
                let told = fields.iter().zip(sums).filter_map(|(field, sum)| {
                    Some((field.path.clone(), sum.value(field.is_text)?))
                });
                let sums = told.collect();
                Group { currency, sums }
            })
            .filter(|group| !group.sums.is_empty())
            .collect();
        (self.rows > 1 && !groups.is_empty()).then_some(Totals {
            rows: self.rows,
            groups,
        })
    }
}

/// A sum of decimals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Sum {
    /// Nothing was added.
    #[default]
    Nothing,
    /// `units` of 10^-`places`.
    Decimal { units: i128, places: u32 },
    /// What was added was no number, or too many.
    Broken,
}

impl Sum {
    fn add(&mut self, text: &str) {
        let sum = match (&self, decimal(text)) {
            (Self::Broken, _) | (_, None) => None,
            (Self::Nothing, Some(added)) => Some(added),
            (Self::Decimal { units, places }, Some((added, added_places))) => {
                let finer = added_places.max(*places);
                let scaled = |units: i128, places: u32| {
                    units.checked_mul(10_i128.checked_pow(finer - places)?)
                };
                scaled(*units, *places)
                    .zip(scaled(added, added_places))
                    .and_then(|(a, b)| a.checked_add(b))
                    .map(|units| (units, finer))
            }
        };
        *self = match sum {
            Some((units, places)) => Self::Decimal { units, places },
            None => Self::Broken,
        };
    }

    fn value(&self, is_text: bool) -> Option<Value> {
        match self {
            Self::Nothing | Self::Broken => None,
            Self::Decimal { units, places } if is_text => Some(json!(print(*units, *places))),
            Self::Decimal { units, places: 0 } => Some(json!(i64::try_from(*units).ok()?)),
            Self::Decimal { .. } => None,
        }
    }
}

/// A decimal text as a whole number of its last place, and how many places it has.
pub(super) fn decimal(text: &str) -> Option<(i128, u32)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{places}");
    let is_plain = !whole.is_empty()
        && all.bytes().all(|byte| byte.is_ascii_digit())
        && all.len() <= MAX_DIGITS
        && places.len() <= MAX_PLACES;
    let units: i128 = all.parse().ok().filter(|_| is_plain)?;
    let sign = if text.starts_with('-') { -1 } else { 1 };
    Some((sign * units, u32::try_from(places.len()).ok()?))
}

/// The decimal text of them.
pub(super) fn print(units: i128, places: u32) -> String {
    let width = usize::try_from(places).unwrap_or_default() + 1;
    let digits = format!("{:0>width$}", units.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() + 1 - width);
    let sign = if units < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(has_currency: bool) -> Rows {
        let field = |path: &str, is_text| Additive {
            path: path.to_owned(),
            is_text,
        };
        Rows {
            key: "rows".into(),
            paged: false,
            max: 500,
            sparse: Vec::new(),
            sums: vec![field("n", false), field("paid.money", true)],
            has_currency,
        }
    }

    fn summed(rows: &Rows, choice: &Choice, all: &[Value]) -> Option<Totals> {
        let mut tally = Tally::new(rows, choice);
        all.iter().for_each(|row| tally.add_row(row));
        tally.finish()
    }

    #[test]
    fn all_rows_are_summed_exactly() {
        let all = [
            json!({"n": 1, "paid": {"money": "0.10"}}),
            json!({"n": 2, "paid": {"money": "0.20"}}),
            json!({"n": null, "paid": {"money": "-12.345"}}),
        ];
        let found = summed(&rows(false), &Choice::All, &all).unwrap();
        assert_eq!(
            found.to_json(),
            json!({"rows": 3, "sums": {"n": 3, "paid": {"money": "-12.045"}}})
        );
        assert_eq!(found.to_line(), "3 rows; n 3, paid.money -12.045");
        assert_eq!(summed(&rows(false), &Choice::All, &all[..1]), None);
        let named = Choice::Fields(vec!["paid".into()]);
        let found = summed(&rows(false), &named, &all).unwrap();
        assert_eq!(found.to_line(), "3 rows; paid.money -12.045");
        let none = Choice::Fields(vec!["id".into()]);
        assert_eq!(summed(&rows(false), &none, &all), None);
    }

    #[test]
    fn money_of_two_currencies_is_never_added() {
        let all = [
            json!({"currency": "USD", "n": 1, "paid": {"money": "1.00"}}),
            json!({"currency": "EUR", "n": 2, "paid": {"money": "2.50"}}),
            json!({"currency": "USD", "n": 3, "paid": {"money": "3.00"}}),
        ];
        let found = summed(&rows(true), &Choice::All, &all).unwrap();
        assert_eq!(
            found.to_json(),
            json!({"rows": 3, "by_currency": [
                {"currency": "EUR", "sums": {"n": 2, "paid": {"money": "2.50"}}},
                {"currency": "USD", "sums": {"n": 4, "paid": {"money": "4.00"}}}]})
        );
        assert_eq!(
            found.to_line(),
            "3 rows; EUR n 2, paid.money 2.50; USD n 4, paid.money 4.00"
        );
    }

    #[test]
    fn what_is_no_number_has_no_sum() {
        for bad in [
            json!("x"),
            json!(""),
            json!("."),
            json!("1e3"),
            json!("1,5"),
            json!("1".repeat(40)),
            json!(1.5e300),
            json!([1]),
        ] {
            let all = [
                json!({"n": bad, "paid": {"money": "1"}}),
                json!({"n": 2, "paid": {"money": bad}}),
                json!({"n": 2, "paid": {"money": "1"}}),
            ];
            assert_eq!(summed(&rows(false), &Choice::All, &all), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_sum_is_that_of_its_cents(
            cents in proptest::collection::vec(-9_999_999_999_i64..9_999_999_999, 2..50),
        ) {
            let all: Vec<Value> = cents
                .iter()
                .map(|cents| json!({"paid": {"money": print((*cents).into(), 2)}}))
                .collect();
            let sum: i64 = cents.iter().sum();
            let size = sum.unsigned_abs();
            let sign = if sum < 0 { "-" } else { "" };
            let wanted = format!("{sign}{}.{:02}", size / 100, size % 100);
            let found = summed(&rows(false), &Choice::All, &all).unwrap();
            let told = found.to_json();
            prop_assert_eq!(&told["sums"]["paid"]["money"], &json!(wanted));
        }
    }
}
