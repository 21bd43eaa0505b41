//! What may be shown.

use std::ops::Deref;

use serde_json::Value;

/// An answer that is fit to be shown: shaped here, or this program's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown(Value);

impl Shown {
    /// An answer of which this program wrote every word.
    pub const fn ours(answer: Value) -> Self {
        Self(answer)
    }

    /// One that was shaped.
    pub(super) const fn shaped(answer: Value) -> Self {
        Self(answer)
    }

    /// One that was shaped when it came, and was kept since.
    pub(in crate::engine) const fn kept(answer: Value) -> Self {
        Self(answer)
    }

    /// The answer itself.
    pub fn into_value(self) -> Value {
        self.0
    }
}

impl Deref for Shown {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

/// Where an answer holds text of others, for who prints it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Marks {
    /// Columns of the rows, dotted.
    pub columns: Vec<String>,
    /// Whether there is some outside the rows.
    pub beside: bool,
}

impl Marks {
    pub(in crate::engine) const fn none() -> Self {
        Self {
            columns: Vec::new(),
            beside: false,
        }
    }

    /// Whether a column of the printed rows holds such text, in itself or below.
    pub(in crate::engine) fn has(&self, column: &str) -> bool {
        let is_below = |long: &str, short: &str| {
            let rest = long.strip_prefix(short);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.columns
            .iter()
            .any(|marked| is_below(marked, column) || is_below(column, marked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_marked_with_what_is_below_it() {
        let marks = Marks {
            columns: vec!["customer.name".to_owned(), "tags".to_owned()],
            beside: false,
        };
        for marked in ["customer.name", "customer", "customer.name.first", "tags"] {
            assert!(marks.has(marked), "{marked}");
        }
        for plain in ["custom", "customer.names", "customer.email", "tag", "name"] {
            assert!(!marks.has(plain), "{plain}");
        }
        assert!(!Marks::none().has("tags") && !Marks::none().beside);
    }
}
