//! What a manifest holds that could not be used.

use std::fmt;

use crate::text::line;

/// Remarks told in words; more are counted.
const MAX_TOLD: usize = 40;
/// Most characters of one remark.
const MAX_CHARS: usize = 240;

/// Remarks on a manifest, each one visible line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    told: Vec<String>,
    more: usize,
}

impl Report {
    /// Adds a remark on an action or another part of the manifest.
    pub(super) fn add(&mut self, subject: &str, what: &str) {
        if self.told.len() < MAX_TOLD {
            self.told
                .push(line(&format!("{subject}: {what}"), MAX_CHARS));
        } else {
            self.more += 1;
        }
    }

    /// The remarks told in words.
    pub fn told(&self) -> &[String] {
        &self.told
    }

    /// How many remarks there are in all.
    pub fn count(&self) -> usize {
        self.told.len() + self.more
    }

    /// Whether everything could be used.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for remark in &self.told {
            writeln!(out, "{remark}")?;
        }
        if self.more > 0 {
            writeln!(out, "and {} more", self.more)?;
        }
        Ok(())
    }
}
