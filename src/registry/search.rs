//! Finds actions by words: those whose name, title, description or phrases hold most of them.

use std::collections::HashSet;

use super::{Action, Registry};

/// Most actions given back.
const MOST: usize = 5;

/// A scope that no toolset lies in.
#[derive(Debug, thiserror::Error)]
#[error("there is no toolset in the scope `{scope}`; there are {valid}")]
pub struct UnknownScope {
    scope: String,
    valid: String,
}

impl Registry {
    /// The actions that fit a query best, at most five, among those that `keep` keeps. A scope is a
    /// toolset or its beginning.
    ///
    /// # Errors
    /// When no toolset lies in the scope.
    pub fn search(
        &self,
        query: &str,
        scope: Option<&str>,
        keep: impl Fn(&Action) -> bool,
    ) -> Result<Vec<&Action>, UnknownScope> {
        let within = |action: &Action, scope: &str| {
            let rest = action.toolset().strip_prefix(scope);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let in_scope = |action: &Action| scope.is_none_or(|scope| within(action, scope));
        if let Some(scope) = scope.filter(|_| !self.actions().iter().any(in_scope)) {
            return Err(UnknownScope {
                scope: scope.to_owned(),
                valid: self.toolsets().join(", "),
            });
        }
        let wanted = words(query);
        let mut found: Vec<(usize, &Action)> = self
            .actions()
            .iter()
            .filter(|action| in_scope(action) && keep(action))
            .map(|action| {
                let entry = action.entry();
                let mut own = words(&entry.name);
                own.extend(words(&entry.title));
                own.extend(words(&entry.description));
                own.extend(entry.phrases.iter().flat_map(|phrase| words(phrase)));
                (wanted.intersection(&own).count(), action)
            })
            .filter(|(score, _)| *score > 0)
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        Ok(found
            .into_iter()
            .take(MOST)
            .map(|(_, action)| action)
            .collect())
    }
}

fn words(text: &str) -> HashSet<String> {
    let words = text.split(|symbol: char| !symbol.is_alphanumeric());
    words
        .filter(|word| word.len() > 2)
        .map(str::to_lowercase)
        .collect()
}
