//! How much of a shopper's personal data is shown.
//!
//! Three modes: masked, as handles, in full. A [`Masker`] holds one of them for one shop; what it
//! shows depends on the kind of a field, and in free text on what looks like an address. It knows
//! nothing of answers, schemas and calls.

mod book;
mod find;
mod mask;
mod masker;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use book::{Book, KEPT_MS};
pub use mask::{Kind, is_mask, mask};
pub use masker::{Masker, Resolved, Unusable};

/// How personal data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// Masked: `a***@example.com`
    Masked,
    /// As handles that arguments accept in place of the address
    Handles,
    /// As the API tells it
    Full,
}

impl PersonalData {
    /// The name in flags, files and audit lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::Handles => "handles",
            Self::Full => "full",
        }
    }
}
