//! What is wrong with one call's arguments, gathered and put into words short enough to read.

use serde_json::Value;

use crate::engine::{CallError, ErrorKind};
use crate::registry::Action;

/// Mistakes told at once.
const MAX_MISTAKES: usize = 5;
/// Most bytes of the mistakes told together; the first is told whatever its length.
const MAX_TEXT: usize = 1_200;
/// Most bytes of a list of valid names.
const MAX_NAMES: usize = 600;
/// Most bytes of the example arguments.
const MAX_EXAMPLE: usize = 500;

/// What is wrong with one call's arguments: the first few in words, the rest counted, so that a
/// flood of mistakes costs no more than a handful.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    told: Vec<String>,
    more: usize,
    /// The level whose valid keys were named already.
    listed: Option<String>,
}

impl Mistakes {
    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Adds one.
    pub(super) fn add(&mut self, text: impl FnOnce() -> String) {
        if self.more > 0 || self.told.len() >= MAX_MISTAKES {
            self.more += 1;
            return;
        }
        let text = text();
        let told: usize = self.told.iter().map(String::len).sum();
        if self.told.is_empty() || told + text.len() <= MAX_TEXT {
            self.told.push(text);
        } else {
            self.more += 1;
        }
    }

    /// Adds one whose words end with the valid keys of a level, unless they were just named.
    pub(super) fn add_listing(
        &mut self,
        level: &str,
        valid: &[String],
        text: impl FnOnce() -> String,
    ) {
        let listed = self.listed.as_deref() == Some(level);
        self.add(|| {
            let text = text();
            if listed {
                text
            } else if valid.is_empty() {
                format!("{text} (it takes none)")
            } else {
                format!("{text} (valid: {})", names(valid))
            }
        });
        if !listed {
            self.listed = Some(level.to_owned());
        }
    }

    /// The error that tells them, with an example of arguments that are right.
    pub(super) fn refuse(self, action: &Action) -> CallError {
        let mut told = self.told;
        match self.more {
            0 => {}
            1 => told.push("1 more mistake".to_owned()),
            more => told.push(format!("{more} more mistakes")),
        }
        let example = action
            .entry()
            .examples
            .iter()
            .map(|example| Value::Object(example.arguments.clone()).to_string())
            .find(|text| text.len() <= MAX_EXAMPLE)
            .map_or_else(
                || "Correct the arguments and call again.".to_owned(),
                |text| format!("Nothing was sent. Example arguments: {text}"),
            );
        let told = told.join("; ");
        let stop = if told.ends_with('?') { "" } else { "." };
        CallError::new(
            ErrorKind::Arguments,
            format!("`{}` was not called: {told}{stop}", action.name()),
            example,
        )
    }
}

/// Valid names in a row; of a long list the first ones, and how many more there are.
pub(super) fn names<T: AsRef<str>>(all: &[T]) -> String {
    let mut out = String::new();
    for (index, name) in all.iter().map(AsRef::as_ref).enumerate() {
        if index > 0 && out.len() + name.len() > MAX_NAMES {
            return format!("{out} and {} more", all.len() - index);
        }
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut_and_counted() {
        assert_eq!(names(&["a", "b"]), "a, b");
        let many = vec!["x".repeat(298); 5];
        let one = many.first().cloned().unwrap_or_default();
        assert_eq!(names(&many), format!("{one}, {one} and 3 more"));
    }
}
