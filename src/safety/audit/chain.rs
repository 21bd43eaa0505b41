//! The chain: each text carries a code over itself and the code before it.
//!
//! A sealed text is a JSON object whose last member is the code, so it is checked byte for byte and
//! no two texts are the same to it.

use hmac::{Hmac, KeyInit, Mac as _};
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

use super::{AuditError, KEY_VARIABLE};

/// Bytes of a block of the hash.
const BLOCK: usize = 64;
/// Fewest bytes of a key.
const FEWEST: usize = 32;
/// Sets the key of heads apart from the key of lines.
const HEAD_LABEL: &[u8] = b"stoq-mcp audit head 1";

/// A message authentication code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mac([u8; 32]);

impl Mac {
    /// What stands before the first line.
    pub const START: Self = Self([0; 32]);

    /// A code from its lowercase hex.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text)?.try_into().ok().map(Self)
    }

    /// Its bytes.
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl std::fmt::Display for Mac {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

/// The trail's key: 32 bytes or more, as a block of the hash. Wiped when dropped, and never printed.
pub struct Key(SecretBox<[u8; BLOCK]>);

impl Key {
    /// A key from its hex, as the environment has it.
    ///
    /// # Errors
    /// When it is not the hex of 32 bytes or more.
    pub fn from_hex(text: &SecretString) -> Result<Self, AuditError> {
        let mut lower = text.expose_secret().trim().to_ascii_lowercase();
        let bytes = from_hex(&lower);
        lower.zeroize();
        match bytes {
            Some(mut bytes) if bytes.len() >= FEWEST => {
                let key = Self::new(&bytes);
                bytes.zeroize();
                Ok(key)
            }
            Some(_) | None => Err(AuditError::Key {
                reason: format!(
                    "{KEY_VARIABLE} is not the hex of {FEWEST} bytes or more. `openssl rand -hex 32` makes one; it must stay the same for the life of the trail"
                ),
            }),
        }
    }

    /// The key that the environment holds, if it holds one.
    ///
    /// # Errors
    /// When it is not of its form.
    pub fn of_environment(
        lookup: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Option<Self>, AuditError> {
        match lookup(KEY_VARIABLE) {
            Some(text) => Self::from_hex(&SecretString::from(text)).map(Some),
            None => Ok(None),
        }
    }

    /// A key of these bytes; longer ones than a block are hashed, as RFC 2104 says.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let fill = |block: &mut [u8; BLOCK], bytes: &[u8]| {
            block
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
        };
        let mut block = Box::new([0; BLOCK]);
        if bytes.len() > BLOCK {
            fill(&mut block, &Sha256::digest(bytes));
        } else {
            fill(&mut block, bytes);
        }
        Self(SecretBox::new(block))
    }

    /// The seal of heads: under a key of their own, so no line is ever taken for one.
    pub(super) fn head_seal(&self) -> Seal {
        let code = self.hmac().chain_update(HEAD_LABEL).finalize();
        Seal {
            mac: Key::new(&code.into_bytes()).hmac(),
            member: ",\"seal\":\"",
        }
    }

    /// The seal of lines.
    pub(super) fn line_seal(&self) -> Seal {
        Seal {
            mac: self.hmac(),
            member: ",\"mac\":\"",
        }
    }

    fn hmac(&self) -> Hmac<Sha256> {
        Hmac::new(self.0.expose_secret().into())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Key")
    }
}

/// Seals texts of one kind, and opens them.
pub(super) struct Seal {
    mac: Hmac<Sha256>,
    member: &'static str,
}

impl Seal {
    /// The object as a sealed line that follows a code, and its own code. `object` is JSON and has a
    /// member.
    pub(super) fn seal(&self, previous: Mac, object: &str) -> (String, Mac) {
        let code = Mac(self.over(previous, object).finalize().into_bytes().into());
        let open = object.strip_suffix('}').unwrap_or(object);
        (format!("{open}{}{code}\"}}\n", self.member), code)
    }

    /// The object and the code of a text that is of the form of a sealed line; whether the code is
    /// right is asked after.
    pub(super) fn split(&self, line: &str) -> Option<(String, Mac)> {
        let inner = line.strip_suffix("\"}\n")?;
        let (before, code) = inner.split_at_checked(inner.len().checked_sub(64)?)?;
        let open = before.strip_suffix(self.member)?;
        Some((format!("{open}}}"), Mac::from_hex(code)?))
    }

    /// Whether a code is that of an object that follows another code; compared in constant time.
    pub(super) fn fits(&self, previous: Mac, object: &str, code: Mac) -> bool {
        self.over(previous, object).verify_slice(&code.0).is_ok()
    }

    fn over(&self, previous: Mac, object: &str) -> Hmac<Sha256> {
        self.mac
            .clone()
            .chain_update(previous.0)
            .chain_update(object)
    }
}

/// Lowercase hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of lowercase hex, and of nothing else.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? * 16 + digit(low)?),
            // Half a byte at the end.
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_lowercase_and_whole() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&hex(&all)), Some(all));
        assert_eq!(hex(&[0, 9, 10, 255]), "00090aff");
        assert_eq!(from_hex(""), Some(vec![]));
        for text in ["a", "0A", "0g", "0/", "0:", "0`", " 0"] {
            assert_eq!(from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn the_code_is_hmac_sha256() {
        // RFC 4231, test case 2 with its key filled up, and a key of more than a block (case 6).
        let code = |key: &[u8], data: &str| {
            let code = Key::new(key).hmac().chain_update(data).finalize();
            hex(&code.into_bytes())
        };
        assert_eq!(
            code(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let text = "Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            code(&[0xaa; 131], text),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
        // A key of just a block is taken as it is.
        let by_hand = Hmac::<Sha256>::new_from_slice(&[7; 64]).unwrap();
        let by_hand = by_hand.chain_update("x").finalize();
        assert_eq!(code(&[7; 64], "x"), hex(&by_hand.into_bytes()));
    }

    #[test]
    fn a_line_opens_after_its_own_predecessor_alone() {
        let key = Key::new(&[7; 32]);
        let seal = key.line_seal();
        let (line, code) = seal.seal(Mac::START, r#"{"a":1}"#);
        let end = format!(",\"mac\":\"{code}\"}}\n");
        assert_eq!(line, format!("{{\"a\":1{end}"));
        let (object, told) = seal.split(&line).unwrap();
        assert_eq!((object.as_str(), told), (r#"{"a":1}"#, code));
        assert!(seal.fits(Mac::START, &object, told));
        assert!(!seal.fits(code, &object, told));
        assert!(!seal.fits(Mac::START, r#"{"a":2}"#, told));
        assert!(!key.head_seal().fits(Mac::START, &object, told));
        assert!(key.head_seal().split(&line).is_none());
        for bad in ["", "\n", "{}\n", line.trim_end(), &line.to_uppercase()] {
            assert!(seal.split(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_key_has_32_bytes_or_more_and_is_never_shown() {
        let of = |text: &str| {
            Key::of_environment(|name| {
                assert_eq!(name, "STOQ_MCP_AUDIT_KEY");
                Some(text.to_owned())
            })
        };
        let code = |key: Key| hex(&key.hmac().finalize().into_bytes());
        let same = code(Key::new(&[0xab; 32]));
        let lower = "ab".repeat(32);
        assert_eq!(code(of(&lower).unwrap().unwrap()), same);
        let upper = format!(" {}\n", lower.to_uppercase());
        assert_eq!(code(of(&upper).unwrap().unwrap()), same);
        assert_ne!(code(of(&"ab".repeat(33)).unwrap().unwrap()), same);
        assert!(Key::of_environment(|_| None).unwrap().is_none());
        for bad in ["", &"ab".repeat(31), &"xy".repeat(32)] {
            let error = of(bad).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the key of the audit trail cannot be used: STOQ_MCP_AUDIT_KEY is not the hex of 32 bytes or more. `openssl rand -hex 32` makes one; it must stay the same for the life of the trail"
            );
        }
        assert_eq!(format!("{:?}", Key::new(&[7; 32])), "Key");
    }
}
