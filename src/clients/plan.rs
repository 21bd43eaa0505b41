//! What installing and undoing would change, and doing it.
//!
//! A backup beside the file holds what was there before the entry. Undoing gives exactly that back as
//! long as nothing else was changed since; otherwise it takes the entry out of the file as it is now, or
//! puts the one back that was there before it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::entry::{Entry, EntryError, is_ours};
use super::file::{self, FileError};
use super::merge::{self, MergeError};
use super::table::Client;

/// Why there is nothing to change with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The entry cannot be.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The entry cannot be placed, without a file that could be named.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The same, in a file.
    #[error("{} was left as it is: {error}", .path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// Why.
        error: MergeError,
    },
    /// There is no such entry.
    #[error("there is nothing to undo: {} has no entry `{name}`", .path.display())]
    NothingToUndo {
        /// The file.
        path: PathBuf,
        /// The entry's name.
        name: String,
    },
    /// The entry is somebody else's.
    #[error(
        "there is nothing to undo: the entry `{name}` in {} does not start stoq-mcp, so it was left there",
        .path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// The entry's name.
        name: String,
    },
    /// Somebody wrote the file while it was looked at.
    #[error("{} was changed by somebody else in the meantime; nothing was written. Do it again", .path.display())]
    Meanwhile {
        /// The file.
        path: PathBuf,
    },
}

/// What becomes of the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backup {
    /// It is written, with the file as it was.
    Write,
    /// It stays.
    Keep,
    /// It has done its work.
    Remove,
}

/// A change of a client's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The file as the client names it.
    pub path: PathBuf,
    /// The file behind its links.
    real: PathBuf,
    /// Its text; `None` when there is none.
    pub before: Option<String>,
    /// Its text afterwards; `None` when it goes.
    pub after: Option<String>,
    /// The entry of that name that is there now.
    pub replaced: Option<Value>,
    /// The file beside it with what was there before the entry.
    pub backup: PathBuf,
    of_backup: Backup,
}

impl Change {
    /// Whether there is nothing to do.
    pub fn is_none(&self) -> bool {
        self.before == self.after
    }

    /// Whether a backup is written.
    pub fn writes_backup(&self) -> bool {
        self.of_backup == Backup::Write
    }

    /// Does it.
    ///
    /// # Errors
    /// When a file cannot be written, or was changed since it was looked at; then all is as it was.
    pub fn apply(&self) -> Result<(), PlanError> {
        if file::read(&self.real)? != self.before {
            return Err(PlanError::Meanwhile {
                path: self.path.clone(),
            });
        }
        if let (Backup::Write, Some(before)) = (self.of_backup, &self.before) {
            file::write(&self.backup, before)?;
        }
        match &self.after {
            Some(text) => file::write(&self.real, text)?,
            None => file::remove(&self.real)?,
        }
        if self.of_backup == Backup::Remove {
            file::remove(&self.backup)?;
        }
        Ok(())
    }
}

/// What it takes to have an entry in a file.
///
/// # Errors
/// When the file cannot be read, or the entry not placed.
pub fn install(
    client: &Client,
    path: &Path,
    name: &str,
    entry: &Entry,
) -> Result<Change, PlanError> {
    let real = file::behind_links(path)?;
    let before = file::read(&real)?;
    let text = before.as_deref().unwrap_or_default();
    let inside = |error| PlanError::In {
        path: path.to_owned(),
        error,
    };
    let there = merge::found(client, text, name).map_err(inside)?;
    let after = merge::put(client, text, name, entry).map_err(inside)?;
    let backup = backup(&real, name);
    let of_backup = match (&before, &there) {
        (None, _) => Backup::Keep,
        // The one that is there holds what was before the first entry.
        (Some(_), Some(_)) if file::read(&backup)?.is_some() => Backup::Keep,
        (Some(_), _) => Backup::Write,
    };
    Ok(Change {
        path: path.to_owned(),
        real,
        before,
        after: Some(after),
        replaced: there.map(|entry| entry.server),
        backup,
        of_backup,
    })
}

/// What it takes to have an entry out of a file again.
///
/// # Errors
/// When there is none, or the file cannot be read.
pub fn undo(client: &Client, path: &Path, name: &str) -> Result<Change, PlanError> {
    let real = file::behind_links(path)?;
    let inside = |error| PlanError::In {
        path: path.to_owned(),
        error,
    };
    let nothing = || PlanError::NothingToUndo {
        path: path.to_owned(),
        name: name.to_owned(),
    };
    let text = file::read(&real)?.ok_or_else(nothing)?;
    let there = merge::found(client, &text, name).map_err(inside)?;
    let there = there.ok_or_else(nothing)?;
    let backup = backup(&real, name);
    let kept = file::read(&backup)?;
    if kept.is_none() && !is_ours(&there.server) {
        return Err(PlanError::NotOurs {
            path: path.to_owned(),
            name: name.to_owned(),
        });
    }
    let after = undone(client, &text, name, &there, kept.as_deref()).map_err(inside)?;
    Ok(Change {
        path: path.to_owned(),
        real,
        before: Some(text),
        after,
        replaced: Some(there.server),
        backup,
        of_backup: match kept {
            Some(_) => Backup::Remove,
            None => Backup::Keep,
        },
    })
}

/// The text without the entry; `None` when there was no file before it.
pub(super) fn undone(
    client: &Client,
    text: &str,
    name: &str,
    entry: &Entry,
    kept: Option<&str>,
) -> Result<Option<String>, MergeError> {
    let from = kept.unwrap_or_default();
    // What the kept one makes of the entry tells whether anything else has changed since.
    if merge::put(client, from, name, entry).is_ok_and(|made| made == text) {
        return Ok(kept.map(str::to_owned));
    }
    let earlier = match kept {
        Some(kept) => merge::found(client, kept, name).unwrap_or_default(),
        None => None,
    };
    match earlier {
        Some(earlier) => merge::put(client, text, name, &earlier).map(Some),
        None => merge::take(client, text, name).map(Some),
    }
}

/// The file beside another with what was there before an entry.
fn backup(path: &Path, name: &str) -> PathBuf {
    let mut file = OsString::from(path.file_name().unwrap_or_default());
    file.push(format!(".before-{name}"));
    path.with_file_name(file)
}
