//! How much of a shopper's personal data is shown.

use serde::{Deserialize, Serialize};

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
