//! How plans put things: counts, titles of others made safe, addresses masked.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::safety::personal::Masker;
use crate::text::{clean, line};

/// Most characters of a title or a name.
const TITLE_CHARS: usize = 60;
/// Most characters of a record's short facts.
const FACT_CHARS: usize = 40;
/// Targets that a plan names.
pub(super) const FIRST: usize = 5;

/// A count of members.
pub(super) fn count(members: usize) -> u64 {
    u64::try_from(members).unwrap_or(u64::MAX)
}

/// A word for one or for many.
pub(super) const fn plural(count: u64, one: &'static str, many: &'static str) -> &'static str {
    match count {
        1 => one,
        _ => many,
    }
}

/// A title that others wrote, in quotes that it cannot close.
pub(super) fn quoted(title: &str) -> String {
    // What looks like an address is masked before it is cut: a part of one looks like none.
    let masked = Masker::masked();
    let safe = clean(title);
    let plain = line(&masked.text(&safe), TITLE_CHARS).replace(['"', '“', '”', '„'], "'");
    format!("“{plain}”")
}

/// A short fact of a record: a status, an order's name, a time.
pub(super) fn fact<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    record
        .pointer(pointer)?
        .as_str()
        .filter(|text| !text.is_empty())
}

/// The same, made safe to show.
pub(super) fn shown(record: &Value, pointer: &str) -> String {
    match record.pointer(pointer) {
        Some(Value::String(text)) => line(&Masker::masked().text(&clean(text)), FACT_CHARS),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
            String::new()
        }
    }
}

/// An address of a shopper, such that its owner knows it and nobody else does: `j***@example.com`,
/// `***01`.
pub(super) fn masked(contact: &str) -> String {
    let plain = line(contact, TITLE_CHARS);
    match plain.rsplit_once('@') {
        Some((name, domain)) => {
            let begin: String = name.chars().take(1).collect();
            format!("{begin}***@{domain}")
        }
        None if plain.bytes().all(|byte| byte.is_ascii_digit()) && plain.len() >= 7 => {
            let end: String = plain.chars().skip(plain.len() - 2).collect();
            format!("***{end}")
        }
        None => "***".to_owned(),
    }
}

/// What tells two addresses apart without showing them: for the digest.
pub(super) fn mark(contact: &str) -> String {
    let hash = Sha256::digest(contact.as_bytes());
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Counts by a word, the greatest first.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub(super) fn add(&mut self, word: impl Into<String>, more: u64) {
        if more > 0 {
            *self.0.entry(word.into()).or_default() += more;
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    pub(super) fn pairs(&self) -> Vec<(String, u64)> {
        let mut pairs: Vec<(String, u64)> = self
            .0
            .iter()
            .map(|(word, count)| (word.clone(), *count))
            .collect();
        pairs.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
        pairs
    }

    /// `email (389) and SMS (23)`; a word alone stands without its count.
    pub(super) fn told(&self) -> String {
        match self.pairs().as_slice() {
            [(word, _)] => word.clone(),
            pairs => {
                let parts = pairs
                    .iter()
                    .map(|(word, count)| format!("{word} ({count})"));
                listed(&parts.collect::<Vec<String>>())
            }
        }
    }

    /// `2 pending and 1 unsubscribed`; nothing when there are none.
    pub(super) fn counted(&self) -> String {
        let pairs = self.pairs();
        let parts = pairs.iter().map(|(word, count)| format!("{count} {word}"));
        listed(&parts.collect::<Vec<String>>())
    }

    /// What a sentence says at its end of those that are left out; nothing when there are none.
    pub(super) fn as_skipped(&self) -> String {
        match self.total() {
            0 => String::new(),
            total => format!("; {total} skipped: {}", self.told()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_masked_whatever_they_are() {
        for (contact, shown) in [
            ("jane.okafor@example.com", "j***@example.com"),
            ("\u{202e}jane@example.com", "j***@example.com"),
            ("@example.com", "***@example.com"),
            ("a@b@example.com", "a***@example.com"),
            ("15035550106", "***06"),
            ("1234567", "***67"),
            ("123456", "***"),
            ("push-demo-08", "***"),
            ("", "***"),
        ] {
            assert_eq!(masked(contact), shown, "{contact}");
        }
    }

    #[test]
    fn a_title_cannot_close_its_quotes_nor_run_on() {
        assert_eq!(quoted("Linen “Shirt”\n\"M\""), "“Linen 'Shirt' 'M'”");
        assert_eq!(quoted(&"x".repeat(61)), format!("“{}…”", "x".repeat(60)));
    }

    #[test]
    fn counts_are_told_the_greatest_first() {
        let mut tally = Tally::default();
        assert_eq!(
            (tally.told(), tally.as_skipped()),
            (String::new(), String::new())
        );
        tally.add("none", 0);
        tally.add("SMS", 1);
        assert_eq!(tally.told(), "SMS");
        assert_eq!(tally.as_skipped(), "; 1 skipped: SMS");
        tally.add("email", 2);
        tally.add("push", 1);
        tally.add("email", 3);
        assert_eq!(tally.told(), "email (5), SMS (1) and push (1)");
        assert_eq!(
            tally.as_skipped(),
            "; 7 skipped: email (5), SMS (1) and push (1)"
        );
        let pairs = [("email", 5), ("SMS", 1), ("push", 1)];
        assert_eq!(
            tally.pairs(),
            pairs.map(|(word, count)| (word.to_owned(), count))
        );
        assert_eq!(tally.counted(), "5 email, 1 SMS and 1 push");
        assert!(tally.has("SMS") && !tally.has("none"));
    }

    #[test]
    fn marks_tell_addresses_apart() {
        assert_eq!(mark("a@example.com"), mark("a@example.com"));
        assert_ne!(mark("a@example.com"), mark("b@example.com"));
        assert_eq!(mark("").len(), 16);
    }

    #[test]
    fn facts_are_shown_in_short() {
        let record = json!({"a": {"b": "x\ny"}, "n": 7, "empty": "", "flag": true});
        assert_eq!(shown(&record, "/a/b"), "x y");
        assert_eq!(shown(&record, "/n"), "7");
        assert_eq!(shown(&record, "/flag"), "");
        assert_eq!(shown(&record, "/none"), "");
        assert_eq!(fact(&record, "/a/b"), Some("x\ny"));
        assert_eq!((fact(&record, "/empty"), fact(&record, "/n")), (None, None));
        assert_eq!(
            (
                plural(0, "a", "b"),
                plural(1, "a", "b"),
                plural(2, "a", "b")
            ),
            ("b", "a", "b")
        );
        assert_eq!(listed(&["a", "b", "c"].map(str::to_owned)), "a, b and c");
    }
}
