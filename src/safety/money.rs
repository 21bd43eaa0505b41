//! How much money was moved in a day, against the operator's bound. Currencies are never added up.

use std::fmt;

use super::store::{Added, Space, Store, StoreError};

/// What an amount is counted in: thousandths of the currency's unit, so that currencies of three
/// decimals, two or none are all whole numbers.
const IN_A_UNIT: i64 = 1_000;
/// Decimals that an amount may have.
const DECIMALS: usize = 3;
/// How long after it was last booked a day's sum is kept, in milliseconds: longer than any call.
const KEPT: i64 = 2 * 86_400_000;

/// Money in one currency, never less than none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    currency: String,
    thousandths: i64,
}

impl Amount {
    /// An amount from decimal text such as `120.00` and the three letters of a currency; `None` when it
    /// is neither, or too much to count.
    pub fn new(decimal: &str, currency: &str) -> Option<Self> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        Some(Self {
            currency: currency.to_ascii_uppercase(),
            thousandths: thousandths(decimal)?,
        })
    }

    /// An amount from text such as `120.00 USD`.
    pub fn parse(text: &str) -> Option<Self> {
        let (decimal, currency) = text.split_once(' ')?;
        Self::new(decimal, currency)
    }

    /// The three letters of the currency.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Thousandths of the currency's unit.
    pub fn thousandths(&self) -> i64 {
        self.thousandths
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) = (self.thousandths / IN_A_UNIT, self.thousandths % IN_A_UNIT);
        match (rest, rest % 10) {
            (0, _) => write!(out, "{units} {}", self.currency),
            (_, 0) => write!(out, "{units}.{:02} {}", rest / 10, self.currency),
            (_, _) => write!(out, "{units}.{rest:03} {}", self.currency),
        }
    }
}

/// Money that stands in a day's sum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "money that was not moved after all has to be taken off the sum again"]
pub struct Booking {
    key: String,
    thousandths: i64,
}

/// How a booking ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booked {
    /// It stands in the sum of the day.
    Within(Booking),
    /// It would have passed the bound and was not booked; what the day has moved so far.
    TooMuch(Amount),
}

/// Books money of a shop for the day (UTC) of `now`, before it is moved. `most` is the day's bound in
/// units of the currency; `None` = no bound.
///
/// # Errors
/// When the store fails. The money may stand in the sum all the same, so the bound is never passed.
pub async fn book(
    store: &dyn Store,
    shop: &str,
    now: i64,
    amount: &Amount,
    most: Option<u64>,
) -> Result<Booked, StoreError> {
    let most = most.map_or(i64::MAX, |units| {
        i64::try_from(units)
            .unwrap_or(i64::MAX)
            .saturating_mul(IN_A_UNIT)
    });
    let booking = Booking {
        // The shop last: nothing in it can be taken for another part.
        key: format!("{}/{}/{shop}", day(now), amount.currency),
        thousandths: amount.thousandths,
    };
    let until = now.saturating_add(KEPT);
    let added = store.add(Space::Money, &booking.key, amount.thousandths, most, until);
    Ok(match added.await? {
        Added::Sum(_) => Booked::Within(booking),
        Added::TooMuch(sum) => Booked::TooMuch(Amount {
            currency: amount.currency.clone(),
            thousandths: sum,
        }),
    })
}

/// Takes money off the sum again, of a call that is known not to have moved it.
///
/// # Errors
/// When the store fails. The sum is too high then until the day ends.
pub async fn unbook(store: &dyn Store, booking: Booking, now: i64) -> Result<(), StoreError> {
    let until = now.saturating_add(KEPT);
    let back = booking.thousandths.saturating_neg();
    store
        .add(Space::Money, &booking.key, back, i64::MAX, until)
        .await
        .map(drop)
}

/// The day of a moment, in UTC.
fn day(at: i64) -> String {
    let text = super::clock::text(at);
    text.split_once('T')
        .map_or_else(|| text.clone(), |(day, _)| day.to_owned())
}

/// The thousandths of a decimal text without sign, with at most three decimals.
fn thousandths(decimal: &str) -> Option<i64> {
    let (units, rest) = decimal.split_once('.').unwrap_or((decimal, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(units) || !is_number(rest) || rest.len() > DECIMALS {
        return None;
    }
    let units: i64 = units.parse().ok()?;
    let rest: i64 = format!("{rest:0<DECIMALS$}").parse().ok()?;
    units.checked_mul(IN_A_UNIT)?.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::super::clock::tests::START;
    use super::super::store::embedded::Embedded;
    use super::super::store::tests::manual;
    use super::*;

    const DAY: i64 = 86_400_000;

    fn usd(decimal: &str) -> Amount {
        Amount::new(decimal, "USD").unwrap()
    }

    #[test]
    fn an_amount_is_decimal_text_and_a_currency() {
        for (text, thousandths) in [
            ("0 JPY", 0),
            ("1200 JPY", 1_200_000),
            ("120.00 USD", 120_000),
            ("120.5 usd", 120_500),
            ("0.01 EUR", 10),
            ("1.234 KWD", 1_234),
            ("9223372036854775.807 USD", i64::MAX),
        ] {
            let amount = Amount::parse(text).unwrap();
            assert_eq!(amount.thousandths(), thousandths, "{text}");
            assert_eq!(amount.currency(), text[text.len() - 3..].to_uppercase());
        }
        for text in [
            "",
            " ",
            "USD",
            "1",
            "1 ",
            "1 US",
            "1 USDT",
            "1 U$D",
            "1  USD",
            ".5 USD",
            "5. USD",
            "-1 USD",
            "+1 USD",
            "1.-1 USD",
            "1.2345 USD",
            "1,5 USD",
            "1e3 USD",
            "1.2.3 USD",
            "9223372036854775.808 USD",
            "9223372036854776 USD",
            "99999999999999999999 USD",
        ] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_amount_is_told_with_the_decimals_it_has() {
        for (text, told) in [
            ("0", "0 USD"),
            ("120.00", "120 USD"),
            ("120.5", "120.50 USD"),
            ("0.01", "0.01 USD"),
            ("0.010", "0.01 USD"),
            ("0.125", "0.125 USD"),
            ("3.001", "3.001 USD"),
        ] {
            assert_eq!(usd(text).to_string(), told);
        }
    }

    /// What a booking of some dollars left of the day's bound of 100.
    async fn booked(store: &Embedded, shop: &str, now: i64, amount: Amount) -> Booked {
        book(store, shop, now, &amount, Some(100)).await.unwrap()
    }

    #[tokio::test]
    async fn a_day_moves_no_more_than_its_bound() {
        let (store, at) = manual();
        let first = booked(&store, "a", START, usd("99.99")).await;
        let Booked::Within(first) = first else {
            panic!("{first:?}")
        };
        assert_eq!(
            booked(&store, "a", START, usd("0.011")).await,
            Booked::TooMuch(usd("99.99"))
        );
        let last = booked(&store, "a", START, usd("0.01")).await;
        assert!(matches!(last, Booked::Within(_)), "{last:?}");
        assert_eq!(
            booked(&store, "a", START, usd("0.001")).await,
            Booked::TooMuch(usd("100"))
        );
        // Other currencies, shops and days have sums of their own.
        let midnight = START - START % DAY + DAY;
        for (shop, now, amount) in [
            ("a", START, Amount::new("100", "EUR").unwrap()),
            ("b", START, usd("100")),
            ("a", midnight, usd("100")),
        ] {
            let other = booked(&store, shop, now, amount.clone()).await;
            assert!(matches!(other, Booked::Within(_)), "{other:?}");
            let over = Amount::new("0.001", amount.currency()).unwrap();
            assert_eq!(
                booked(&store, shop, now, over).await,
                Booked::TooMuch(amount)
            );
        }
        assert_eq!(
            booked(&store, "a", midnight - 1, usd("1")).await,
            Booked::TooMuch(usd("100"))
        );
        // What failed is taken off the day it was booked for, also after midnight.
        unbook(&store, first, midnight).await.unwrap();
        assert_eq!(
            booked(&store, "a", START, usd("100")).await,
            Booked::TooMuch(usd("0.01"))
        );
        assert_eq!(
            booked(&store, "a", midnight, usd("1")).await,
            Booked::TooMuch(usd("100"))
        );
        // A sum lives two days after it was touched last, which was at midnight.
        use std::sync::atomic::Ordering::SeqCst;
        let key = "2026-03-01/USD/a";
        at.store(midnight + 2 * DAY - 1, SeqCst);
        let kept = store.get(Space::Money, key).await.unwrap();
        assert_eq!(kept, Some(b"10".to_vec()));
        at.store(midnight + 2 * DAY, SeqCst);
        assert_eq!(store.get(Space::Money, key).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_bound_of_nothing_stops_all_and_no_bound_stops_nothing() {
        let (store, _) = manual();
        let one = usd("0.001");
        assert_eq!(
            book(&store, "a", START, &one, Some(0)).await.unwrap(),
            Booked::TooMuch(usd("0"))
        );
        for most in [None, Some(u64::MAX)] {
            let told = book(&store, "a", START, &usd("9000000000000000"), most).await;
            let Booked::Within(booking) = told.unwrap() else {
                panic!("{most:?}")
            };
            unbook(&store, booking, START).await.unwrap();
        }
    }
}
