//! The audit trail: who did what to which shop, how it was allowed and how it ended.
//!
//! JSON lines in a folder of their own, chained by a message authentication code under a key, so that
//! [`verify`](fn@verify) finds any edit, loss or reorder. What a line may hold is closed by type
//! ([`types`]): digests, counts, names and kinds; never an argument's value, a key or a shopper's text.
//!
//! What it cannot show: that the whole folder was put back to an older state, or that the key's owner
//! wrote another trail. For that somebody keeps the head elsewhere and compares it, and the key is
//! handed in by the environment instead of lying beside the lines.
//!
//! This room knows files and the chain. When a line is due, and what follows when it cannot be
//! written, is the engine's business.

pub mod chain;
pub mod export;
mod head;
pub mod line;
mod place;
pub mod types;
pub mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use chain::{Key, Mac};
pub use head::{Head, head};
pub use line::{Event, Line, Subject};
pub use verify::{Expected, Finding, Verified, VerifyError, Wanted, verify};

use writer::Writer;

/// Environment variable that may hold the trail's key, in hex.
pub const KEY_VARIABLE: &str = "STOQ_MCP_AUDIT_KEY";

/// Why a line could not be written, or a trail not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The file system said no.
    #[error(
        "the audit trail in {} cannot be used: {reason}. Free space there or make the folder writable; until then nothing is sent that would have to be recorded", .folder.display()
    )]
    Unusable {
        /// Folder of the trail.
        folder: PathBuf,
        /// What the system said, and of which file.
        reason: String,
    },
    /// The trail on disk does not fit its head, so nothing is added to it.
    #[error(
        "the audit trail in {} does not end as its head says: {reason}. `stoq-mcp audit verify` says where; keep the folder for whoever looks into it, and move it away to begin a new trail", .folder.display()
    )]
    Broken {
        /// Folder of the trail.
        folder: PathBuf,
        /// What does not fit.
        reason: &'static str,
    },
    /// The key is not of its form, gone, or open to others.
    #[error("the key of the audit trail cannot be used: {reason}")]
    Key {
        /// What is wrong and what to do; never the key.
        reason: String,
    },
    /// A line would be longer than any reader takes.
    #[error(
        "a line of the audit trail would have more than {} bytes; ask for fewer things in one call",
        line::MOST_BYTES
    )]
    TooLong,
}

/// Where audit lines go; cheap to clone, and every clone writes to the same trail.
#[derive(Debug, Clone)]
pub struct Audit {
    writer: Option<Arc<Writer>>,
}

impl Audit {
    /// No trail: for state that lives in memory alone.
    pub const fn none() -> Self {
        Self { writer: None }
    }

    /// The trail of a folder, touched only when the first line is written. `rotate_bytes` is the size
    /// at which a file is closed and the next one begun; without `key` it lies in the folder.
    pub fn lazy(folder: &Path, rotate_bytes: u64, key: Option<Key>) -> Self {
        let writer = Writer::new(folder.to_owned(), rotate_bytes, key);
        Self {
            writer: Some(Arc::new(writer)),
        }
    }

    /// The trail of a folder, made ready now: folder, key and head are there, and what a crash left is
    /// repaired.
    ///
    /// # Errors
    /// When lines could not be written to it.
    pub fn open(
        folder: &Path,
        rotate_bytes: u64,
        key: Option<Key>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Self, AuditError> {
        let audit = Self::lazy(folder, rotate_bytes, key);
        if let Some(writer) = &audit.writer {
            writer.prepare(now)?;
        }
        Ok(audit)
    }

    /// Whether lines are kept.
    pub fn is_kept(&self) -> bool {
        self.writer.is_some()
    }

    /// Writes a line. When it returns, line and head are on the disk, not only with the system: of
    /// intents because a call must not outlive its record, and of the others because a head that
    /// reached the disk before its line would tell of a loss. A call that is dropped while it waits
    /// still writes its line.
    ///
    /// # Errors
    /// When the line is not in the trail, or nobody can say that it is.
    pub async fn write(&self, event: Event) -> Result<(), AuditError> {
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        let at_work = Arc::clone(writer);
        match tokio::task::spawn_blocking(move || at_work.write(&event)).await {
            Ok(written) => written,
            Err(error) => Err(AuditError::Unusable {
                folder: writer.folder().to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}
