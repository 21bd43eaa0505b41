//! A figure of an answer: what it says, and how much that is.

use serde_json::Value;

/// A number, or the decimal text of an amount of money.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// As the answer has it.
    pub text: String,
    /// For lengths alone: what is read is the text.
    pub size: f64,
    /// Whether it is money.
    pub is_money: bool,
}

impl Figure {
    /// The figure at a dotted path.
    pub fn at(root: &Value, path: &str) -> Option<Self> {
        Self::of(root.pointer(&format!("/{}", path.replace('.', "/")))?)
    }

    fn of(value: &Value) -> Option<Self> {
        let (text, is_money) = match value {
            Value::Number(number) => (number.to_string(), false),
            Value::String(text) if is_decimal(text) => (text.clone(), true),
            Value::Null
            | Value::Bool(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                return None;
            }
        };
        let size = text.parse().ok().filter(|size: &f64| size.is_finite())?;
        Some(Self {
            text,
            size,
            is_money,
        })
    }
}

/// `12`, `-3.50`: digits with at most one point between them.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = text.strip_prefix('-').unwrap_or(text);
    match whole.split_once('.') {
        Some((before, after)) => digits(before) && digits(after),
        None => digits(whole),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_numbers_and_decimal_texts() {
        let row = json!({"a": 12, "b": {"c": "-3.50"}, "d": 0.1492, "e": "007", "f": null,
            "g": "1e9", "h": "12 USD", "i": ".5", "j": "5.", "k": "NaN", "l": [1], "m": ""});
        let at = |path: &str| Figure::at(&row, path).map(|it| (it.text, it.size, it.is_money));
        assert_eq!(at("a"), Some(("12".to_owned(), 12.0, false)));
        assert_eq!(at("b.c"), Some(("-3.50".to_owned(), -3.5, true)));
        assert_eq!(at("d"), Some(("0.1492".to_owned(), 0.1492, false)));
        assert_eq!(at("e"), Some(("007".to_owned(), 7.0, true)));
        for none in ["f", "g", "h", "i", "j", "k", "l", "m", "n", "b"] {
            assert_eq!(at(none), None, "{none}");
        }
        let long = json!({"a": "9".repeat(400)});
        assert_eq!(Figure::at(&long, "a"), None);
    }
}
