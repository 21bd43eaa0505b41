//! Callers that bring the shop's own key: the tenant is a keyed hash of it, and the key is kept in the
//! open client of that shop alone.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::SecretString;
use sha2::Sha256;

use super::headers::{self, Credential};
use super::{Refusal, Shops, Who};
use crate::http::lock;

/// Sets the tenant's id apart from other uses of a key.
const LABEL: &str = "stoq-mcp tenant 1";
/// How long a refused key is not tried again.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Refused keys that are remembered, by hash.
const MOST_REFUSED: usize = 10_000;
/// Bytes of the hash that make up a tenant's id.
const ID_BYTES: usize = 8;

const MISSING: &str = "This server takes the shop's STOQ API key. Send it as `Authorization: Bearer <key>` or as `X-Auth-Token`; the STOQ app shows it under Settings (API keys).";
const ODD: &str = "The request carries no usable key: exactly one, without blanks, and the same where it is sent twice. Nothing was done.";
/// What is told of a key that the API refuses.
pub(in crate::http) const REFUSED: &str = "The STOQ API refuses this key. Nothing was done. Send the key that the STOQ app shows under Settings (API keys).";

/// A caller's key, and the keyed hash that it is known by.
#[derive(Debug)]
pub(in crate::http) struct CallersKey {
    pub id: [u8; 32],
    key: SecretString,
}

impl CallersKey {
    /// The key that a request carries.
    pub(in crate::http) fn read(from: &HeaderMap) -> Result<Self, Refusal> {
        let key = match headers::shop_key(from) {
            Credential::None => return Err(Refusal::Missing(MISSING)),
            Credential::Odd => return Err(Refusal::Invalid(ODD)),
            Credential::One(key) => key,
        };
        Ok(Self {
            id: keyed_hash(key).ok_or(Refusal::Fault)?,
            key: SecretString::from(key),
        })
    }

    /// The principal of this key.
    pub(in crate::http) fn into_who(self, shops: &dyn Shops) -> Who {
        shops.of_key(self.id, &tenant(&self.id), self.key)
    }
}

fn keyed_hash(key: &str) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(LABEL.as_bytes());
    Some(mac.finalize().into_bytes().into())
}

/// The id that ledger, audit and log know a tenant by.
fn tenant(id: &[u8; 32]) -> String {
    id.iter()
        .take(ID_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Keys that the API refused a moment ago, by their hash.
#[derive(Debug, Default)]
pub(in crate::http) struct Refused {
    until: Mutex<HashMap<[u8; 32], Instant>>,
}

impl Refused {
    /// Remembers one.
    pub(in crate::http) fn remember(&self, id: [u8; 32], now: Instant) {
        let mut until = lock(&self.until);
        if until.len() >= MOST_REFUSED {
            until.retain(|_, until| *until > now);
        }
        if until.len() < MOST_REFUSED {
            until.insert(id, now + REMEMBERED);
        }
    }

    /// Whether one is remembered.
    pub(in crate::http) fn holds(&self, id: &[u8; 32], now: Instant) -> bool {
        lock(&self.until).get(id).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(text: &str) -> Result<CallersKey, Refusal> {
        let mut map = HeaderMap::new();
        map.insert(headers::SHOP_KEY, HeaderValue::from_str(text).unwrap());
        CallersKey::read(&map)
    }

    #[test]
    fn a_tenant_is_known_by_a_keyed_hash() {
        let one = read("stoq_api_key_1").unwrap();
        assert_eq!(tenant(&one.id), "c39ac547c8145056");
        assert_ne!(one.id, read("stoq_api_key_2").unwrap().id);
        assert_eq!(one.id, read("stoq_api_key_1").unwrap().id);
        assert!(!format!("{one:?}").contains("stoq_api_key"));
    }

    #[test]
    fn a_request_without_a_usable_key_is_told_what_to_send() {
        let none = CallersKey::read(&HeaderMap::new()).unwrap_err();
        assert_eq!(none, Refusal::Missing(MISSING));
        assert_eq!(read("a b").unwrap_err(), Refusal::Invalid(ODD));
    }

    #[test]
    fn a_refused_key_is_remembered_for_a_minute() {
        let now = Instant::now();
        let refused = Refused::default();
        refused.remember([1; 32], now);
        let late = now + REMEMBERED - Duration::from_millis(1);
        assert!(refused.holds(&[1; 32], late));
        assert!(!refused.holds(&[2; 32], late));
        assert!(!refused.holds(&[1; 32], now + REMEMBERED));
    }

    #[test]
    fn refused_keys_that_are_remembered_are_bounded() {
        let now = Instant::now();
        let refused = Refused::default();
        let id = |number: usize| {
            let mut id = [0; 32];
            let bytes = number.to_be_bytes();
            id[..bytes.len()].copy_from_slice(&bytes);
            id
        };
        for number in 0..=MOST_REFUSED {
            refused.remember(id(number), now);
        }
        assert_eq!(lock(&refused.until).len(), MOST_REFUSED);
        assert!(refused.holds(&id(MOST_REFUSED - 1), now));
        assert!(!refused.holds(&id(MOST_REFUSED), now));
        refused.remember(id(MOST_REFUSED), now + REMEMBERED);
        assert_eq!(lock(&refused.until).len(), 1);
    }
}
