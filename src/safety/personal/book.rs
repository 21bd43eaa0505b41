//! Handles: names for personal data that mean nothing to who reads them, and the data behind them.
//!
//! A handle is a keyed hash, so the same address has the same handle for as long as the shop has its
//! key, on every replica. What it stands for is kept a day, in memory and in the store, there
//! encrypted under a key of the shop's: who reads the store, or serves another shop, learns nothing.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use super::Kind;
use crate::safety::store::{Space, Store, StoreError};

/// What every handle begins with.
const PREFIX: &str = "per_";
/// Characters after it: 100 bits.
const LENGTH: usize = 20;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// How long a handle can be used, in milliseconds.
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// A record older than this is written again when its handle is shown again, so that one just shown
/// can be used for hours.
const FRESH_MS: i64 = KEPT_MS / 2;
/// Handles held in memory; the store has the others.
const IN_MEMORY: usize = 10_000;
/// Records written at once.
const BATCH: usize = 500;

/// The handles of one shop.
pub struct Book {
    hash: Hmac<Sha256>,
    seal: LessSafeKey,
    store: Arc<dyn Store>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// What a handle stands for, and until when the store has it.
    known: HashMap<String, (String, i64)>,
    /// The handles in memory, oldest first.
    order: VecDeque<String>,
    /// Shown and perhaps not in the store yet.
    shown: HashMap<String, String>,
}

impl Book {
    /// The book of the shop whose key this is derived from.
    pub fn new(key: &[u8; 32], store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let sealing = UnboundKey::new(&CHACHA20_POLY1305, &derived(key, "seal"));
        let sealing = sealing.map_err(|_| broken("the key of handles cannot be used"))?;
        Ok(Self {
            hash: keyed(&derived(key, "handle")),
            seal: LessSafeKey::new(sealing),
            store,
            memory: Mutex::default(),
        })
    }

    /// The handle of a value; [`Book::flush`] makes it usable elsewhere.
    pub fn handle(&self, kind: Kind, value: &str) -> String {
        let mut hash = self.hash.clone();
        hash.update(kind.as_str().as_bytes());
        hash.update(&[0]);
        hash.update(normal(kind, value).as_bytes());
        let handle = format!("{PREFIX}{}", base32(&hash.finalize().into_bytes()));
        let mut memory = self.memory();
        if !memory.shown.contains_key(&handle) {
            memory.shown.insert(handle.clone(), value.trim().to_owned());
        }
        handle
    }

    /// Writes what was shown to the store.
    ///
    /// # Errors
    /// When the store fails; the handles hold in this process all the same.
    pub async fn flush(&self, now: i64) -> Result<(), StoreError> {
        let new: Vec<(String, String)> = {
            let mut memory = self.memory();
            let shown = std::mem::take(&mut memory.shown);
            shown
                .into_iter()
                .filter(|(handle, _)| {
                    let until = memory.known.get(handle).map(|(_, until)| *until);
                    until.is_none_or(|until| until < now + FRESH_MS)
                })
                .collect()
        };
        let mut written = HashSet::new();
        let mut result = Ok(());
        for batch in new.chunks(BATCH) {
            let records = batch
                .iter()
                .map(|(handle, value)| Ok((handle.clone(), self.sealed(handle, value)?)))
                .collect::<Result<Vec<_>, StoreError>>()?;
            match self
                .store
                .put(Space::Handles, &records, now + KEPT_MS)
                .await
            {
                Ok(()) => written.extend(records.into_iter().map(|(handle, _)| handle)),
                Err(error) => result = Err(error),
            }
        }
        let mut memory = self.memory();
        for (handle, value) in new {
            // One that the store has not is written when it is shown next.
            let until = match written.contains(&handle) {
                true => now + KEPT_MS,
                false => now,
            };
            memory.keep(handle, value, until);
        }
        result
    }

    /// What a handle stands for.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn value(&self, handle: &str, now: i64) -> Result<Option<String>, StoreError> {
        let known = {
            let memory = self.memory();
            let shown = memory.shown.get(handle).cloned();
            shown.or_else(|| Some(memory.known.get(handle)?.0.clone()))
        };
        if known.is_some() {
            return Ok(known);
        }
        let Some(sealed) = self.store.get(Space::Handles, handle).await? else {
            return Ok(None);
        };
        let value = self.opened(handle, sealed);
        if let Some(value) = &value {
            // When it was written is not known: it is written again when it is shown next.
            self.memory().keep(handle.to_owned(), value.clone(), now);
        }
        Ok(value)
    }

    /// A value as the store keeps it: a nonce, then what is encrypted, bound to the handle.
    fn sealed(&self, handle: &str, value: &str) -> Result<Vec<u8>, StoreError> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut bytes = value.as_bytes().to_vec();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(handle.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| broken("a handle could not be encrypted"))?;
        Ok([nonce.as_slice(), &bytes].concat())
    }

    /// The value of a record; nothing when this shop's server has not written it.
    fn opened(&self, handle: &str, mut sealed: Vec<u8>) -> Option<String> {
        let mut bytes = sealed.split_off(sealed.len().min(NONCE_LEN));
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        let value = self
            .seal
            .open_in_place(nonce, Aad::from(handle.as_bytes()), &mut bytes)
            .ok()?;
        String::from_utf8(value.to_vec()).ok()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn keep(&mut self, handle: String, value: String, until: i64) {
        if self.known.insert(handle.clone(), (value, until)).is_some() {
            return;
        }
        self.order.push_back(handle);
        if self.order.len() > IN_MEMORY
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

impl std::fmt::Debug for Book {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Book")
    }
}

/// Whether a text has the form of a handle.
pub(super) fn is_handle(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| {
        rest.len() == LENGTH && rest.bytes().all(|byte| ALPHABET.contains(&byte))
    })
}

fn broken(reason: &str) -> StoreError {
    StoreError {
        reason: reason.to_owned(),
    }
}

/// A value as it is hashed: in one spelling.
fn normal(kind: Kind, value: &str) -> String {
    let value = value.trim();
    match kind {
        Kind::Email | Kind::Name | Kind::Address => value.to_lowercase(),
        Kind::Phone => value
            .trim_start_matches("00")
            .chars()
            .filter(char::is_ascii_digit)
            .collect(),
        Kind::Token => value.to_owned(),
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key fills a block of the hash, with zeros at its end.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::new(&block.into())
}

/// A key for one use.
fn derived(key: &[u8; 32], label: &str) -> [u8; 32] {
    let mut hash = keyed(key);
    hash.update(label.as_bytes());
    hash.finalize().into_bytes().into()
}

fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..LENGTH)
        .filter_map(|nth| {
            let five = (0..5).fold(0, |sum, at| sum * 2 + bit(nth * 5 + at));
            ALPHABET.get(usize::from(five)).copied().map(char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::store::embedded::Embedded;

    #[test]
    fn symbols_are_those_of_the_rfc_and_lowercase() {
        // printf 'thirteen more' | base32, its first twenty.
        assert_eq!(base32(b"thirteen more"), "orugs4tumvsw4idnn5zg");
        assert_eq!(base32(&[0; 32]), "a".repeat(20));
        assert_eq!(base32(&[255; 32]), "7".repeat(20));
    }

    #[test]
    fn a_handle_lasts_a_day_and_a_book_tells_nothing_of_itself() {
        assert_eq!((KEPT_MS, FRESH_MS), (86_400_000, 43_200_000));
        let store = Arc::new(Embedded::memory().unwrap());
        let book = Book::new(&[7; 32], store).unwrap();
        assert_eq!(format!("{book:?}"), "Book");
    }
}
