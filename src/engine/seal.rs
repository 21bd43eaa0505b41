//! Sealed texts: what a caller carries for this server and hands back, and nobody can change.
//!
//! The seal is a message authentication code under a key that comes from the shop's own key. So it
//! holds over restarts and on every replica that serves the shop, and on no other shop's. What is
//! sealed is not hidden. Callers that are told apart have seals of their own.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::upstream::Upstream;

/// Bytes of a code: 128 bits.
const TAG: usize = 16;
/// Sets the key of seals apart from other uses of the shop's key.
const LABEL: &str = "stoq-mcp seal 1";

/// What a sealed text is for; one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Where the next rows of a list begin.
    Cursor,
    /// A job and the action it came from.
    Ticket,
    /// A plan that waits for its proof.
    Plan,
}

impl Kind {
    const fn as_byte(self) -> u8 {
        match self {
            Self::Cursor => 1,
            Self::Ticket => 2,
            Self::Plan => 3,
        }
    }
}

/// Seals and opens texts for one shop.
#[derive(Clone)]
pub(super) struct Seal {
    /// Under its key, before the first byte.
    mac: Arc<Hmac<Sha256>>,
}

impl Seal {
    /// The seal of one caller of the shop that a client talks to.
    pub(super) fn of(upstream: &Upstream, principal: &str) -> Self {
        Self::new(&upstream.derived_key(&format!("{LABEL} {principal}")))
    }

    fn new(key: &[u8; 32]) -> Self {
        // A key fills a block of the hash, with zeros at its end.
        let mut block = [0; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        Self {
            mac: Arc::new(Hmac::new(&block.into())),
        }
    }

    /// A text that carries some bytes. `about` is what it belongs to: it is not carried, and the text
    /// opens only for the same again.
    pub(super) fn seal(&self, kind: Kind, about: &str, bytes: &[u8]) -> String {
        let tag = self.over(kind, about, bytes).finalize().into_bytes();
        let mut sealed = bytes.to_vec();
        sealed.extend(tag.iter().take(TAG));
        BASE64_URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The bytes of a text that this shop's server sealed for the same kind and subject; compared in
    /// constant time.
    pub(super) fn open(&self, kind: Kind, about: &str, text: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        let tag = bytes.split_off(bytes.len().checked_sub(TAG)?);
        self.over(kind, about, &bytes)
            .verify_truncated_left(&tag)
            .ok()?;
        Some(bytes)
    }

    /// The code over everything that counts; the length before `about` keeps it apart from the bytes.
    fn over(&self, kind: Kind, about: &str, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.as_ref().clone();
        mac.update(&[kind.as_byte()]);
        mac.update(&about.len().to_le_bytes());
        mac.update(about.as_bytes());
        mac.update(bytes);
        mac
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seal")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use secrecy::SecretString;

    use super::*;
    use crate::upstream::{Base, Options};

    /// A seal that belongs to no shop.
    pub(in crate::engine) fn some() -> Seal {
        Seal::new(&[7; 32])
    }

    fn of(base: &str, key: &str, domain: Option<&str>) -> Seal {
        let options = Options {
            shop_domain: domain.map(str::to_owned),
            ..Options::new(Base::parse(base).unwrap(), SecretString::from(key))
        };
        Seal::of(&Upstream::new(options), "test")
    }

    #[test]
    fn a_seal_is_the_shops_and_outlives_the_server() {
        let (live, other) = ("https://a.example/api", "https://b.example/api");
        let text = of(live, "k1", None).seal(Kind::Cursor, "q", b"\x05");
        assert_eq!(text.len(), 23);
        let opened = |seal: Seal, text: &str| seal.open(Kind::Cursor, "q", text);
        assert_eq!(opened(of(live, "k1", None), &text), Some(vec![5]));
        assert_eq!(opened(of(live, "k2", None), &text), None);
        // Without a key the shop is known by its address.
        let a = "a.myshopify.com";
        let text = of(live, "", Some(a)).seal(Kind::Cursor, "q", b"\x05");
        assert_eq!(opened(of(live, "", Some(a)), &text), Some(vec![5]));
        assert_eq!(opened(of(live, "", Some("b.myshopify.com")), &text), None);
        assert_eq!(opened(of(live, "", None), &text), None);
        assert_eq!(opened(of(other, "", Some(a)), &text), None);
    }

    proptest! {
        #[test]
        fn no_flipped_bit_and_no_cut_is_accepted(
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            about in ".{0,20}",
            other in ".{0,20}",
        ) {
            let seal = some();
            let text = seal.seal(Kind::Cursor, &about, &bytes);
            prop_assert_eq!(seal.open(Kind::Cursor, &about, &text), Some(bytes));
            for at in 0..text.len() {
                for bit in 0..8 {
                    let mut changed = text.clone().into_bytes();
                    changed[at] ^= 1 << bit;
                    let Ok(changed) = String::from_utf8(changed) else { continue };
                    prop_assert_eq!(seal.open(Kind::Cursor, &about, &changed), None);
                }
                prop_assert_eq!(seal.open(Kind::Cursor, &about, &text[..at]), None);
                prop_assert_eq!(seal.open(Kind::Cursor, &about, &text[at + 1..]), None);
            }
            prop_assert_eq!(seal.open(Kind::Cursor, &other, &text).is_some(), other == about);
        }
    }
}
