//! Money between the API's decimal strings and minor units.

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

#[cfg(test)]
mod tests {
    use super::*;

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
