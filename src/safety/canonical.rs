//! One spelling for one value, and the digest of what a person agrees to.
//!
//! RFC 8785 with one difference: whole numbers keep all their digits, while the RFC reads every number
//! as a double and would take two great ids for one.

use serde_json::{Number, Value, json};
use sha2::{Digest, Sha256};

/// Least and greatest power of ten that ECMAScript writes without an exponent.
const PLAIN: std::ops::RangeInclusive<i32> = -6..=20;

/// The value in canonical JSON (RFC 8785).
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256, in hex, of all that a consent is bound to.
pub fn digest(
    action: &str,
    arguments: &Value,
    targets: &Value,
    count: u64,
    amounts: &[(String, String)],
    state: &Value,
) -> String {
    let whole = json!({"action": action, "arguments": arguments, "targets": targets,
        "count": count, "amounts": amounts, "state": state});
    let hash = Sha256::digest(canonical(&whole).as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(value: &Value, out: &mut String) {
    match value {
        // The escapes of serde_json are those of the RFC.
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Number(number) => out.push_str(&spelled(number)),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
            pairs.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, (name, value)) in pairs.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn spelled(number: &Number) -> String {
    match number.is_f64() {
        true => of_double(&number.to_string()),
        false => number.to_string(),
    }
}

/// A double as ECMAScript writes it: the shortest digits that read back as the same (which serde_json
/// writes too), laid out by their power of ten.
fn of_double(text: &str) -> String {
    let (sign, plain) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = plain.split_once('e').unwrap_or((plain, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let length = |text: &str| i32::try_from(text.len()).unwrap_or_default();
    let power = exponent + length(whole) - 1 - (length(&all) - length(digits));
    match digits.trim_end_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{}", laid_out(digits, power)),
    }
}

/// Digits of which the first counts ten to `power`.
fn laid_out(digits: &str, power: i32) -> String {
    let places = digits.len();
    let before = usize::try_from(power + 1).unwrap_or_default();
    match (PLAIN.contains(&power), power >= 0) {
        (true, true) if before >= places => format!("{digits:0<before$}"),
        (true, true) => {
            let (whole, fraction) = digits.split_at(before);
            format!("{whole}.{fraction}")
        }
        (true, false) => {
            let zeros = usize::try_from(-power - 1).unwrap_or_default();
            format!("0.{}{digits}", "0".repeat(zeros))
        }
        (false, is_great) => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            let plus = if is_great { "+" } else { "" };
            format!("{first}{point}{rest}e{plus}{power}")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;

    #[test]
    fn doubles_are_written_as_in_appendix_b_of_the_rfc() {
        for (bits, text) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(canonical(&json!(f64::from_bits(bits))), text, "{bits:x}");
        }
    }

    #[test]
    fn the_sample_of_the_rfc_is_written_as_the_rfc_has_it() {
        let sample: Value = serde_json::from_str(
            r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                "literals": [null, true, false]}"#,
        )
        .unwrap();
        assert_eq!(
            canonical(&sample),
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
    }

    #[test]
    fn names_are_sorted_by_their_utf_16() {
        let names = [
            "\u{20ac}",
            "\r",
            "\u{fb33}",
            "1",
            "\u{1f600}",
            "\u{80}",
            "\u{f6}",
        ];
        let map: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), Value::Null))
            .collect();
        assert_eq!(
            canonical(&Value::Object(map)),
            "{\"\\r\":null,\"1\":null,\"\u{80}\":null,\"\u{f6}\":null,\"\u{20ac}\":null,\"\u{1f600}\":null,\"\u{fb33}\":null}"
        );
    }

    #[test]
    fn great_whole_numbers_keep_their_digits() {
        assert_eq!(
            canonical(&json!([u64::MAX, u64::MAX - 1, i64::MIN, 7])),
            "[18446744073709551615,18446744073709551614,-9223372036854775808,7]"
        );
    }

    #[test]
    fn the_digest_of_a_known_consent_stays_what_it_is() {
        let found = digest(
            "a",
            &json!({"id": 1}),
            &json!([2]),
            1,
            &[("USD".into(), "1.00".into())],
            &Value::Null,
        );
        let text = r#"{"action":"a","amounts":[["USD","1.00"]],"arguments":{"id":1},"count":1,"state":null,"targets":[2]}"#;
        let hash: String = Sha256::digest(text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(found, hash);
        assert_eq!(found.len(), 64);
    }

    #[test]
    fn whatever_changes_changes_the_digest() {
        let usd = |amount: &str| vec![("USD".to_owned(), amount.to_owned())];
        let base = digest("a", &json!({}), &json!([]), 1, &usd("1.00"), &json!({}));
        for other in [
            digest("b", &json!({}), &json!([]), 1, &usd("1.00"), &json!({})),
            digest(
                "a",
                &json!({"x": null}),
                &json!([]),
                1,
                &usd("1.00"),
                &json!({}),
            ),
            digest("a", &json!({}), &json!([1]), 1, &usd("1.00"), &json!({})),
            digest("a", &json!({}), &json!([]), 2, &usd("1.00"), &json!({})),
            digest("a", &json!({}), &json!([]), 1, &usd("1.01"), &json!({})),
            digest(
                "a",
                &json!({}),
                &json!([]),
                1,
                &usd("1.00"),
                &json!({"x": 1}),
            ),
        ] {
            assert_ne!(base, other);
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            prop::num::f64::NORMAL.prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    /// The same value with the members of every object the other way round.
    fn turned(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(turned).collect(),
            Value::Object(map) => {
                let pairs = map.iter().rev();
                Value::Object(
                    pairs
                        .map(|(name, value)| (name.clone(), turned(value)))
                        .collect(),
                )
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn neither_order_nor_white_space_matters(value in json_value()) {
            let spaced: Value = serde_json::from_str(&format!("{:#}", turned(&value))).unwrap();
            // serde_json may read a double one step off.
            prop_assume!(spaced == value);
            prop_assert_eq!(canonical(&spaced), canonical(&value));
        }

        #[test]
        fn two_values_are_spelled_alike_only_when_they_are_alike(a in json_value(), b in json_value()) {
            prop_assume!(!alike(&a, &b));
            prop_assert_ne!(canonical(&a), canonical(&b));
        }

        #[test]
        fn a_double_reads_back_as_itself(double in prop::num::f64::NORMAL) {
            prop_assert_eq!(canonical(&json!(double)).parse::<f64>().unwrap(), double);
        }
    }

    /// Whether two values are one to RFC 8785, to which 1 and 1.0 are the same.
    fn alike(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
            }
            _ => a == b,
        }
    }
}
