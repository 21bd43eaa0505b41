//! Ids as parameters. Own ids are compared in lower case, as they are stored.

use std::collections::HashSet;

use serde_json::Value;

use crate::sandbox::scope::Args;

/// The id a parameter names; absent is an id that no record has.
pub(super) fn id(args: &Args, name: &str) -> String {
    args.text(name).unwrap_or_default().to_ascii_lowercase()
}

/// The ids of an array, each once, first position first.
pub(super) fn ids(args: &Args, name: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    args.distinct(name)
        .into_iter()
        .map(|id| id.to_ascii_lowercase())
        .filter(|id| seen.insert(id.clone()))
        .collect()
}

/// The Shopify id a parameter names: a number, or the digits of a path; anything else is an id that
/// no record has.
pub(super) fn shopify_id(args: &Args, name: &str) -> i64 {
    let sent = args.get(name);
    let digits = sent
        .and_then(Value::as_str)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    sent.and_then(Value::as_i64)
        .or_else(|| digits.and_then(|text| text.parse().ok()))
        .unwrap_or_default()
}
