//! Money between the API's decimal strings and minor units.

use serde_json::Value;

/// Minor units with two digits: `1250` is `12.50`.
pub(in crate::sandbox) fn print(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let units = minor.unsigned_abs();
    format!("{sign}{}.{:02}", units / 100, units % 100)
}

/// Minor units of a decimal string with at most two digits behind the point.
pub(in crate::sandbox) fn parse(text: &str) -> Option<i64> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(cents) || cents.len() > 2 {
        return None;
    }
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(cents)
}

/// Minor units of an amount in a request: a number, or a decimal string.
pub(in crate::sandbox) fn minor(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => parse(&number.to_string()),
        Value::String(text) => parse(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_money_when_it_has_two_places_at_most() {
        for (value, expected) in [
            (json!(20), Some(2_000)),
            (json!(20.0), Some(2_000)),
            (json!(0.1), Some(10)),
            (json!(19.99), Some(1_999)),
            (json!("20.5"), Some(2_050)),
            (json!(20.005), None),
            (json!(-1), None),
            (json!(1e300), None),
            (json!(null), None),
        ] {
            assert_eq!(minor(&value), expected, "{value}");
        }
    }

    #[test]
    fn money_has_two_digits_both_ways() {
        assert_eq!(print(0), "0.00");
        assert_eq!(print(62_100), "621.00");
        assert_eq!(print(-5), "-0.05");
        assert_eq!(parse("89.00"), Some(8_900));
        assert_eq!(parse("89.5"), Some(8_950));
        assert_eq!(parse("89"), Some(8_900));
        for text in [
            "",
            ".5",
            "5.",
            "1.005",
            "-1",
            "1e3",
            "1 0",
            "99999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
