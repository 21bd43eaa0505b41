//! What a person must type to agree: the figure or the word that the plan names, never a yes.

use serde::{Deserialize, Serialize};

/// What must be typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(String);

impl Typed {
    /// What must be typed, as the plan shows it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As the plan shows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is it; blanks, separators of thousands, quotes and case do not matter.
    pub fn is(&self, text: &str) -> bool {
        let wanted = plain(&self.0);
        !wanted.is_empty() && plain(text) == wanted
    }
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|symbol| !symbol.is_whitespace() && !matches!(symbol, ',' | '"' | '\'' | '`'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_may_differ() {
        let figure = Typed::new("1,230.00");
        assert_eq!(figure.as_str(), "1,230.00");
        for right in [
            "1230.00",
            "1,230.00",
            " 1 230.00 ",
            "\"1230.00\"",
            "'1230.00'",
            "`1230.00`",
        ] {
            assert!(figure.is(right), "{right}");
        }
        for wrong in [
            "",
            "1230",
            "1230.0",
            "1.230,00",
            "12300.0",
            "-1230.00",
            "1230.00 USD",
        ] {
            assert!(!figure.is(wrong), "{wrong}");
        }
        assert!(Typed::new("delete").is(" Delete "));
        assert!(!Typed::new("delete").is("yes"));
    }

    #[test]
    fn nothing_agrees_to_nothing() {
        assert!(!Typed::new("").is(""));
        assert!(!Typed::new(" ,\"").is(" "));
    }
}
