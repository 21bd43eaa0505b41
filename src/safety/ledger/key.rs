//! What a call must be the only one of.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// Beginning of the keys of records.
const PREFIX: &str = "key/";

/// Where a key comes from, which decides when it may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// From a confirmation: good for one attempt that is sent.
    Nonce,
    /// From the caller: may be used again after a failure.
    Caller,
    /// From the call itself: may be used again after a failure, and this long after it was done.
    Window(Duration),
}

/// A key. Only a hash of what it is made of is stored, so no text of a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    how: How,
}

impl Key {
    /// The key of a confirmation.
    pub fn nonce(shop: &str, principal: &str, nonce: &str) -> Self {
        Self::of(How::Nonce, &["nonce", shop, principal, nonce])
    }

    /// The key that a caller chose.
    pub fn caller(shop: &str, principal: &str, text: &str) -> Self {
        Self::of(How::Caller, &["caller", shop, principal, text])
    }

    /// The key of a call that came without one: the same call again within `window` is a repeat.
    pub fn window(
        shop: &str,
        principal: &str,
        action: &str,
        digest: &str,
        window: Duration,
    ) -> Self {
        Self::of(
            How::Window(window),
            &["window", shop, principal, action, digest],
        )
    }

    /// Where it comes from.
    pub fn how(&self) -> How {
        self.how
    }

    /// The key in the store.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    fn of(how: How, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // Its length before each part: no two lists of parts make one text.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            text: format!("{PREFIX}{hex}"),
            how,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_is_a_hash_of_its_parts() {
        let minute = Duration::from_secs(60);
        let all = [
            Key::nonce("s", "p", "x"),
            Key::caller("s", "p", "x"),
            Key::caller("s", "px", ""),
            Key::caller("sp", "", "x"),
            Key::caller("", "sp", "x"),
            Key::caller("s", "p", "y"),
            Key::window("s", "p", "x", "", minute),
            Key::window("s", "p", "", "x", minute),
            Key::window("s", "", "p", "x", minute),
        ];
        let texts: HashSet<&str> = all.iter().map(Key::as_str).collect();
        assert_eq!(texts.len(), all.len());
        for key in &all {
            assert_eq!(key.as_str().len(), "key/".len() + 64);
        }
        // printf '\0\0\0\0\0\0\0\5nonce\0\0\0\0\0\0\0\1s\0\0\0\0\0\0\0\1p\0\0\0\0\0\0\0\1x' | sha256sum
        assert_eq!(
            all[0].as_str(),
            "key/5ad30000a7a0a2a17324bcd5da5abd99e2b57151cffaa59f66fab26dd8779eee"
        );
    }

    #[test]
    fn the_length_of_a_window_is_no_part_of_its_key() {
        let of = |seconds| Key::window("s", "p", "a", "d", Duration::from_secs(seconds));
        assert_eq!(of(1).as_str(), of(60).as_str());
        assert_eq!(of(60).how(), How::Window(Duration::from_secs(60)));
        assert_eq!(Key::nonce("s", "p", "n").how(), How::Nonce);
        assert_eq!(Key::caller("s", "p", "n").how(), How::Caller);
    }
}
