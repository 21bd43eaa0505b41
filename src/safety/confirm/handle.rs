//! A short text that stands for a plan which lies in the store.

use rand::RngExt;
use sha2::{Digest, Sha256};

/// What every handle begins with.
const PREFIX: &str = "cfm_";
/// Characters after it: 130 bits.
const LENGTH: usize = 26;
/// Digits and letters without those that are taken for others (Crockford's base 32).
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The handle of a plan. It is told once; the store knows its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Handle(String);

impl Handle {
    /// A new one, that nobody can guess.
    pub fn new() -> Self {
        let mut rng = rand::rng();
        let symbols = (0..LENGTH).filter_map(|_| {
            let index = rng.random_range(0..SYMBOLS.len());
            SYMBOLS.get(index).map(|symbol| char::from(*symbol))
        });
        Self(PREFIX.chars().chain(symbols).collect())
    }

    /// Reads one; `None` when the text has not the form of one.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let symbols = text.strip_prefix(PREFIX)?;
        let is_whole =
            symbols.len() == LENGTH && symbols.bytes().all(|byte| SYMBOLS.contains(&byte));
        is_whole.then_some(Self(text))
    }

    /// As it is told.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where its plan lies.
    pub fn key(&self) -> String {
        let hash = Sha256::digest(self.0.as_bytes());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Default for Handle {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Handle")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_back_and_no_two_are_the_same() {
        let (one, two) = (Handle::new(), Handle::new());
        assert_ne!(one, two);
        assert_ne!(one.key(), two.key());
        assert_eq!(one.as_str().len(), 30);
        assert_eq!(Handle::read(one.as_str()), Some(one.clone()));
        let sloppy = format!(" {} ", one.as_str().to_uppercase());
        assert_eq!(Handle::read(&sloppy), Some(one.clone()));
        assert!(!one.key().contains(&one.as_str()[4..]));
        assert_eq!(one.key().len(), 64);
        assert_eq!(format!("{one:?}"), "Handle");
    }

    #[test]
    fn what_has_not_its_form_is_none() {
        let good = "cfm_0123456789abcdefghjkmnpqrs";
        assert!(Handle::read(good).is_some());
        for bad in [
            "",
            "cfm_",
            "cfm_0123456789abcdefghjkmnpqr",
            "cfm_0123456789abcdefghjkmnpqrst",
            "cfm_0123456789abcdefghijkmnpqr",
            "xxx_0123456789abcdefghjkmnpqrs",
            "0123456789abcdefghjkmnpqrs",
            "cfm_0123456789abcdefghjkmnpq s",
        ] {
            assert_eq!(Handle::read(bad), None, "{bad}");
        }
    }
}
