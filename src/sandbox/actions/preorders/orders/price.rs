//! Prices of a preorder line: what an offer takes off, and what is paid when. Money in minor units.

use serde_json::Value;

use crate::sandbox::actions::money;
use crate::sandbox::actions::preorders::offer_row::OfferRow;

/// Parts of a hundred that percentages are counted in.
const PART: i128 = 1_000_000;

/// Price of a unit less the offer's discount, half up, never below 0.
pub(super) fn unit(offer: &OfferRow, price: i64) -> i64 {
    match offer.text("/pricing/type") {
        Some("percentage") => {
            let off = percent(offer, "/pricing/percentage");
            share(price, 100 * PART - off).max(0)
        }
        Some("fixed_amount") => price
            .saturating_sub(amount(offer, "/pricing/amount"))
            .max(0),
        Some(_) | None => price,
    }
}

/// What of a line is due at checkout.
pub(super) fn deposit(offer: &OfferRow, line_total: i64, quantity: i64) -> i64 {
    if offer.text("/payment/type") != Some("partial") {
        return line_total;
    }
    let part = match offer.text("/payment/deposit/type") {
        Some("price") => amount(offer, "/payment/deposit/amount").saturating_mul(quantity),
        Some(_) | None => share(line_total, percent(offer, "/payment/deposit/percentage")),
    };
    part.min(line_total)
}

/// So many parts of a hundred, half up.
fn share(minor: i64, parts: i128) -> i64 {
    let whole = 100 * PART;
    let shared = (i128::from(minor) * parts + whole / 2) / whole;
    i64::try_from(shared).unwrap_or(i64::MAX)
}

/// A percentage of the settings in parts; absent is 0.
fn percent(offer: &OfferRow, pointer: &str) -> i128 {
    let number = offer
        .blocks
        .pointer(pointer)
        .filter(|value| value.is_number());
    number.map_or(0, |number| parts(&number.to_string()))
}

/// A number between 0 and 100 as it is written; digits beyond the parts are dropped.
fn parts(text: &str) -> i128 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = rest.chars().chain("000000".chars()).take(6).collect();
    format!("{whole}{digits}").parse().unwrap_or(0)
}

/// An amount of the settings; absent is 0.
fn amount(offer: &OfferRow, pointer: &str) -> i64 {
    offer
        .blocks
        .pointer(pointer)
        .and_then(Value::as_str)
        .and_then(money::parse)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up() {
        assert_eq!(share(11_800, parts("90")), 10_620);
        assert_eq!(share(10_620, parts("25")), 2_655);
        assert_eq!(share(5, parts("90")), 5, "4.5 goes up");
        assert_eq!(share(1_000, parts("33.3335")), 333);
        assert_eq!(share(1_000, parts("12.25")), 123, "122.5 goes up");
        assert_eq!(share(1_000, parts("0")), 0);
        assert_eq!(share(1_000, parts("1e-7")), 0);
    }
}
