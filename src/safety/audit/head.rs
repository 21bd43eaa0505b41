//! The head: where the trail ends, so that a lost end is found.
//!
//! It is sealed, since every line shows its own code: who cuts lines off could else name an earlier
//! line as the head.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::chain::{Key, Mac, Seal};
use super::{AuditError, place};

/// Its file.
pub(super) const NAME: &str = "head.json";

/// The last line of a trail, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The line's number; 0 when no line was written yet.
    pub seq: u64,
    /// Its code.
    pub mac: Mac,
    /// Number of its file.
    pub(super) file: u64,
    /// Where it ends in that file.
    pub(super) bytes: u64,
}

/// A head as its file has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    seq: u64,
    mac: String,
    file: String,
    bytes: u64,
}

/// A head's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none.
    None,
    /// It was not written under this key.
    Foreign,
    /// The head.
    Head(Head),
}

impl Head {
    /// The head of a trail without lines.
    pub(super) const START: Self = Self {
        seq: 0,
        mac: Mac::START,
        file: 1,
        bytes: 0,
    };

    /// Reads the head of a folder.
    pub(super) fn read(folder: &Path, seal: &Seal) -> Result<Found, AuditError> {
        let Some(text) = place::read(folder, NAME)? else {
            return Ok(Found::None);
        };
        Ok(Self::parse(&text, seal).map_or(Found::Foreign, Found::Head))
    }

    fn parse(text: &str, seal: &Seal) -> Option<Self> {
        let (object, code) = seal.split(text)?;
        if !seal.fits(Mac::START, &object, code) {
            return None;
        }
        let text: Text = serde_json::from_str(&object).ok()?;
        Some(Self {
            seq: text.seq,
            mac: Mac::from_hex(&text.mac)?,
            file: place::file_number(&text.file)?,
            bytes: text.bytes,
        })
    }

    /// Puts this head in the place of the one before.
    pub(super) fn write(&self, folder: &Path, seal: &Seal) -> Result<(), AuditError> {
        let text = Text {
            seq: self.seq,
            mac: self.mac.to_string(),
            file: place::file_name(self.file),
            bytes: self.bytes,
        };
        let object = serde_json::to_string(&text)
            .map_err(|error| place::unusable(folder, NAME)(error.into()))?;
        place::replace(folder, NAME, &seal.seal(Mac::START, &object).0)
    }
}

/// The head of a folder's trail, to be kept elsewhere; `None` when there is no trail.
///
/// # Errors
/// When it cannot be read, or was not written under the key.
pub fn head(folder: &Path, key: Option<Key>) -> Result<Option<Head>, AuditError> {
    if place::length(folder, NAME)?.is_none() {
        return Ok(None);
    }
    let key = place::key(folder, key)?;
    match Head::read(folder, &key.head_seal())? {
        Found::None => Ok(None),
        Found::Head(head) => Ok(Some(head)),
        Found::Foreign => Err(foreign(folder)),
    }
}

/// A head that another key sealed, or that was changed.
pub(super) fn foreign(folder: &Path) -> AuditError {
    AuditError::Broken {
        folder: folder.to_owned(),
        reason: "the head was changed, or written under another key",
    }
}
