//! Bearer tokens that the operator gave out: their hashes, read from a file and read again when it
//! changes.

mod file;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderMap;
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::headers::{Credential, bearer};
use super::{Refusal, Shops, Who};
use crate::http::lock;
use file::{Stamp, fail};

pub use file::{TokenEntry, TokensError};

/// What every token begins with, so that one is known where none belongs.
pub const TOKEN_PREFIX: &str = "stoq_mcp_";

const MISSING: &str = "This server takes a bearer token. Send it as `Authorization: Bearer <token>`; whoever runs the server gives one out.";
const UNKNOWN: &str = "The bearer token is not one of this server's. Nothing was done. Whoever runs the server can give out a new one.";

/// A new token and its hash in hexadecimal; the token is told once and kept nowhere.
pub(crate) fn new_token() -> (SecretString, String) {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token = format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let hash = Sha256::digest(token.as_bytes());
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    (SecretString::from(token), hash)
}

/// Whether a text can name a token.
pub(crate) fn is_token_name(text: &str) -> bool {
    file::is_name(text)
}

/// The entries of a file, without a look at the keys they name.
///
/// # Errors
/// With the line and what is wrong, never with its text.
pub fn read_tokens(path: &Path) -> Result<Vec<TokenEntry>, TokensError> {
    let (_, text) = file::text(path)?;
    let entries = file::parse(path, &text)?.into_iter();
    Ok(entries.map(|read| read.entry).collect())
}

/// The tokens of a file, as it was when it last could be used.
#[derive(Debug)]
pub struct TokensFile {
    path: PathBuf,
    shops: Arc<dyn Shops>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Of the file as last looked at, usable or not.
    stamp: Option<Stamp>,
    known: Vec<Known>,
}

#[derive(Debug, Clone)]
struct Known {
    entry: TokenEntry,
    sha256: [u8; 32],
    who: Arc<Who>,
}

impl TokensFile {
    /// Reads a file.
    ///
    /// # Errors
    /// With the line and what is wrong, never with its text.
    pub fn open(path: PathBuf, shops: Arc<dyn Shops>) -> Result<Self, TokensError> {
        let (stamp, known) = load(&path, shops.as_ref(), &[])?;
        if known.is_empty() {
            tracing::warn!(path = %path.display(), "the tokens file holds no token, so nobody may call");
        }
        Ok(Self {
            path,
            shops,
            state: Mutex::new(State {
                stamp: Some(stamp),
                known,
            }),
        })
    }

    /// Reads the file again when it has changed. One that cannot be used leaves everything as it was.
    pub(in crate::http) fn refresh(&self) {
        let stamp = Stamp::of(&self.path);
        let mut state = lock(&self.state);
        if stamp == state.stamp {
            return;
        }
        match load(&self.path, self.shops.as_ref(), &state.known) {
            Ok((stamp, known)) => {
                tracing::info!(tokens = known.len(), "the tokens file was read again");
                *state = State {
                    stamp: Some(stamp),
                    known,
                };
            }
            Err(error) => {
                tracing::error!(%error, "the tokens file has changed and cannot be used; the tokens read before still hold");
                state.stamp = stamp;
            }
        }
    }

    /// Whose token a request carries.
    pub(in crate::http) fn find(&self, headers: &HeaderMap) -> Result<Arc<Who>, Refusal> {
        let token = match bearer(headers) {
            Credential::None => return Err(Refusal::Missing(MISSING)),
            Credential::Odd => return Err(Refusal::Invalid(UNKNOWN)),
            Credential::One(token) => token,
        };
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let state = lock(&self.state);
        // Every entry is compared in full, so that the time tells nothing.
        let found = state.known.iter().fold(None, |found, known| {
            match bool::from(known.sha256.ct_eq(&hash)) {
                true => Some(&known.who),
                false => found,
            }
        });
        found.cloned().ok_or(Refusal::Invalid(UNKNOWN))
    }

    /// Whether a principal is still one of the file's, with the same settings.
    pub(in crate::http) fn has(&self, who: &Arc<Who>) -> bool {
        let state = lock(&self.state);
        state.known.iter().any(|known| Arc::ptr_eq(&known.who, who))
    }
}

/// Reads a file; principals whose entries stand as they were stay the same.
fn load(
    path: &Path,
    shops: &dyn Shops,
    before: &[Known],
) -> Result<(Stamp, Vec<Known>), TokensError> {
    let (stamp, text) = file::text(path)?;
    let mut known: Vec<Known> = Vec::new();
    for read in file::parse(path, &text)? {
        let mut same = before.iter();
        let same = same.find(|old| old.entry == read.entry && old.sha256 == read.sha256);
        known.push(match same {
            Some(old) => old.clone(),
            None => {
                let told = |reason: String| {
                    let reason = format!("token `{}`: {reason}", read.entry.name);
                    fail(path, Some(read.line), reason)
                };
                let who = shops.of_token(&read.entry).map_err(told)?;
                Known {
                    entry: read.entry,
                    sha256: read.sha256,
                    who: Arc::new(who),
                }
            }
        });
    }
    one_domain_for_each_shop(&known).map_err(|reason| fail(path, None, reason))?;
    Ok((stamp, known))
}

/// Principals of one shop share its client, which knows the shop by one domain.
fn one_domain_for_each_shop(known: &[Known]) -> Result<(), String> {
    let mut shops: HashMap<(String, &str), &Known> = HashMap::new();
    for one in known {
        let shop = (one.who.base.to_string(), one.who.key.expose_secret());
        let other = shops.entry(shop).or_insert(one);
        if other.who.shop_domain != one.who.shop_domain {
            return Err(format!(
                "the tokens `{}` and `{}` have the same shop's key and not the same `shop_domain`; give both the same",
                other.entry.name, one.entry.name
            ));
        }
    }
    Ok(())
}

/// What the principal of a token is known by.
pub(crate) fn principal(name: &str) -> (String, [u8; 32]) {
    let principal = format!("token:{name}");
    let id = Sha256::digest(principal.as_bytes()).into();
    (principal, id)
}
