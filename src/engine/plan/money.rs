//! Money of plans: exact decimals, never added across currencies.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::totals::{decimal, print};
use super::words::listed;
use crate::text::line;

/// Places that money is shown with at least, as the API shows it (vendor docs: Orders).
const PLACES: u32 = 2;
/// Most characters of a currency's name.
const CURRENCY_CHARS: usize = 8;

/// An amount: a whole number of its last place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Money {
    units: i128,
    places: u32,
}

impl Money {
    /// An amount of the API's or of a call's: a decimal text or a number.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        let (units, places) = decimal(&text)?;
        Self { units, places }.with(places.max(PLACES))
    }

    pub(super) const ZERO: Self = Self {
        units: 0,
        places: PLACES,
    };

    fn with(self, places: u32) -> Option<Self> {
        let more = 10_i128.checked_pow(places.checked_sub(self.places)?)?;
        let units = self.units.checked_mul(more)?;
        Some(Self { units, places })
    }

    fn aligned(self, other: Self) -> Option<(Self, Self)> {
        let places = self.places.max(other.places);
        self.with(places).zip(other.with(places))
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let (a, b) = self.aligned(other)?;
        let units = a.units.checked_add(b.units)?;
        Some(Self { units, ..a })
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        let negative = Self {
            units: other.units.checked_neg()?,
            ..other
        };
        self.plus(negative)
    }

    /// Whether it is above nothing.
    pub(super) const fn is_some(self) -> bool {
        self.units > 0
    }

    /// Whether it is more than another; what cannot be compared is.
    pub(super) fn exceeds(self, other: Self) -> bool {
        self.minus(other).is_none_or(Self::is_some)
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&print(self.units, self.places))
    }
}

/// Sums by currency.
#[derive(Debug, Default)]
pub(super) struct Sums {
    by_currency: BTreeMap<String, Money>,
    /// Whether some amount could not be read or added.
    pub(super) is_unknown: bool,
}

impl Sums {
    /// Adds an amount of an order; one that is not known takes the certainty away.
    pub(super) fn add(&mut self, order: &Value, amount: Option<Money>) {
        let (Some(currency), Some(amount)) = (currency(order), amount) else {
            self.is_unknown = true;
            return;
        };
        if !amount.is_some() {
            return;
        }
        let sum = self.by_currency.entry(currency).or_insert(Money::ZERO);
        match sum.plus(amount) {
            Some(more) => *sum = more,
            None => self.is_unknown = true,
        }
    }

    /// Currency and decimal, by currency.
    pub(super) fn amounts(&self) -> Vec<(String, String)> {
        let pairs = self.by_currency.iter();
        pairs
            .map(|(currency, sum)| (currency.clone(), sum.to_string()))
            .collect()
    }

    /// In words: `79.65 USD and 20.00 EUR`; `nothing` when there is none.
    pub(super) fn told(&self) -> String {
        let known: Vec<String> = self
            .by_currency
            .iter()
            .map(|(currency, sum)| format!("{sum} {currency}"))
            .collect();
        match (known.is_empty(), self.is_unknown) {
            (true, true) => "an unknown amount".to_owned(),
            (true, false) => "nothing".to_owned(),
            (false, true) => format!("at least {}", listed(&known)),
            (false, false) => listed(&known),
        }
    }
}

/// The currency of an order.
pub(super) fn currency(order: &Value) -> Option<String> {
    let shown = line(order.get("currency")?.as_str()?, CURRENCY_CHARS);
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn money(text: &str) -> Money {
        Money::of(&json!(text)).unwrap()
    }

    #[test]
    fn amounts_are_read_from_texts_and_numbers_and_shown_as_the_api_shows_them() {
        for (value, shown) in [
            (json!("79.65"), Some("79.65")),
            (json!("5"), Some("5.00")),
            (json!(10), Some("10.00")),
            (json!(26.5), Some("26.50")),
            (json!("0.125"), Some("0.125")),
            (json!(null), None),
            (json!(true), None),
            (json!("much"), None),
            (json!([1]), None),
            (json!({}), None),
        ] {
            let found = Money::of(&value).map(|money| money.to_string());
            assert_eq!(found.as_deref(), shown, "{value}");
        }
    }

    #[test]
    fn amounts_are_compared_and_taken_off_exactly() {
        assert!(money("26.56").exceeds(money("26.55")));
        assert!(!money("26.55").exceeds(money("26.55")));
        assert!(!money("26.54").exceeds(money("26.55")));
        assert!(money("0.001").is_some());
        assert!(!money("0").is_some());
        assert!(!money("-0.01").is_some());
        let left = money("0.30").minus(money("0.1")).unwrap();
        assert_eq!(left.to_string(), "0.20");
        let sum = money("0.1").plus(money("0.025")).unwrap();
        assert_eq!(sum.to_string(), "0.125");
    }

    #[test]
    fn sums_keep_currencies_apart_and_say_when_a_part_is_not_known() {
        let order = |currency: &str| json!({"currency": currency});
        let mut sums = Sums::default();
        assert_eq!(sums.told(), "nothing");
        sums.add(&order("USD"), Some(money("1.10")));
        sums.add(&order("EUR"), Some(money("2.00")));
        sums.add(&order("USD"), Some(money("0.90")));
        sums.add(&order("GBP"), Some(Money::ZERO));
        let expected = [
            ("EUR".to_owned(), "2.00".to_owned()),
            ("USD".to_owned(), "2.00".to_owned()),
        ];
        assert_eq!(sums.amounts(), expected);
        assert!(!sums.is_unknown);
        assert_eq!(sums.told(), "2.00 EUR and 2.00 USD");
        sums.add(&order("USD"), None);
        assert!(sums.is_unknown);
        assert_eq!(sums.told(), "at least 2.00 EUR and 2.00 USD");
        for broken in [
            json!({}),
            json!({"currency": 7}),
            json!({"currency": " \u{202e}"}),
        ] {
            let mut sums = Sums::default();
            sums.add(&broken, Some(money("1.00")));
            assert_eq!(
                (sums.amounts(), sums.told()),
                (Vec::new(), "an unknown amount".to_owned())
            );
        }
    }
}
