//! Own ids as parameters: compared in lower case, as they are stored.

use std::collections::HashSet;

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
