//! A client's file on the disk: read whole, written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Largest file that is read: some clients keep their whole memory in it.
const MOST_BYTES: u64 = 64 << 20;
/// Links that are followed before they count as a ring.
const MOST_LINKS: usize = 32;

/// A file that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {reason}; nothing was changed", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

fn unreadable(path: &Path, reason: impl ToString) -> FileError {
    FileError::Unreadable {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn unwritable(path: &Path, reason: impl ToString) -> FileError {
    FileError::Unwritable {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// The file itself, behind whatever links lead to it: a link stays a link.
pub(super) fn behind_links(path: &Path) -> Result<PathBuf, FileError> {
    let mut real = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&real) {
            Ok(target) => {
                let folder = real.parent().unwrap_or(Path::new("")).to_owned();
                real = folder.join(target);
            }
            // No link, or nothing at all.
            Err(_) => return Ok(real),
        }
    }
    Err(unreadable(path, "its links lead round in a ring"))
}

/// The text of a file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, error)),
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(unreadable(path, "it is larger than a client's file can be"));
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| unreadable(path, "it is no UTF-8 text"))
}

/// Puts a text in place of a file. Its rights stay; a new file is its owner's alone, as it may come to
/// hold a key.
pub(super) fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let fail = |error: io::Error| unwritable(path, error);
    let rights = rights(path)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", Uuid::new_v4().simple()));
    let beside = path.with_file_name(name);
    let written = create(&beside, text, rights).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        fail(error)
    })
}

/// The rights of a file that is there and may be written.
fn rights(path: &Path) -> Result<Option<Permissions>, FileError> {
    match fs::metadata(path) {
        // A rename would pass over this wish of its owner's.
        Ok(about) if about.permissions().readonly() => Err(unwritable(
            path,
            "it is read-only; make it writable (chmod u+w) if that is not meant",
        )),
        Ok(about) => Ok(Some(about.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unwritable(path, error)),
    }
}

fn create(path: &Path, text: &str, rights: Option<Permissions>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    if let Some(rights) = rights {
        file.set_permissions(rights)?;
    }
    file.sync_all()
}

/// Takes a file away; one that is gone already is as good.
pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
