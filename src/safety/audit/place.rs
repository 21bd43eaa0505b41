//! The folder of a trail: names, permissions, the key's file, and files that appear whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroize;

use super::AuditError;
use super::chain::{Key, from_hex, hex};

/// Excludes other writers, of this process or another.
const LOCK: &str = "audit.lock";
/// The key, when the environment has none.
const KEY: &str = "audit.key";
/// Bytes of a key that is made here.
const KEY_BYTES: usize = 32;

/// The name of a file of lines.
pub(super) fn file_name(number: u64) -> String {
    format!("audit-{number:06}.jsonl")
}

/// The number of a file of lines; `None` when it is none.
pub(super) fn file_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("audit-")?.strip_suffix(".jsonl")?;
    let number = digits.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// The files of lines in a folder, in order.
pub(super) fn file_numbers(folder: &Path) -> Result<Vec<u64>, AuditError> {
    let read = || -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder)? {
            numbers.extend(entry?.file_name().to_str().and_then(file_number));
        }
        numbers.sort_unstable();
        Ok(numbers)
    };
    read().map_err(unusable(folder, "the folder"))
}

/// What the system said of a file, as an error of the trail.
pub(super) fn unusable(folder: &Path, what: &str) -> impl FnOnce(io::Error) -> AuditError + use<> {
    let (folder, what) = (folder.to_owned(), what.to_owned());
    move |error| AuditError::Unusable {
        folder,
        reason: format!("{what}: {error}"),
    }
}

/// The folder, made with those above it when it is not there; only this user may look into it.
pub(super) fn create_folder(folder: &Path) -> Result<(), AuditError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .map_err(unusable(folder, "the folder"))
}

/// A file that is written, made when it is not there; only this user may read it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Waits until no other writer is at work; the lock ends with the file, or with the process.
pub(super) fn lock(folder: &Path) -> Result<File, AuditError> {
    let locked = open(&folder.join(LOCK)).and_then(|file| file.lock().map(|()| file));
    locked.map_err(unusable(folder, LOCK))
}

/// Waits until no writer is at work. A folder without a lock has no writer.
pub(super) fn lock_to_read(folder: &Path) -> Result<Option<File>, AuditError> {
    match File::open(folder.join(LOCK)).and_then(|file| file.lock_shared().map(|()| file)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(folder, LOCK)(error)),
    }
}

/// Length of a file; `None` when it is not there.
pub(super) fn length(folder: &Path, name: &str) -> Result<Option<u64>, AuditError> {
    match fs::metadata(folder.join(name)) {
        Ok(about) => Ok(Some(about.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(folder, name)(error)),
    }
}

/// The text of a small file; `None` when it is not there.
pub(super) fn read(folder: &Path, name: &str) -> Result<Option<String>, AuditError> {
    let read = |path: PathBuf| -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(4096).read_to_string(&mut text)?;
        Ok(text)
    };
    match read(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(folder, name)(error)),
    }
}

/// Puts a file in the place of another, whole or not at all, and on the disk when this returns. The
/// caller holds the lock.
pub(super) fn replace(folder: &Path, name: &str, text: &str) -> Result<(), AuditError> {
    let draft = folder.join(format!("{name}.draft"));
    let write = || -> io::Result<()> {
        let mut file = open(&draft)?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&draft, folder.join(name))?;
        // The names in a folder are on the disk when the folder is.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    write().map_err(unusable(folder, name))
}

/// The key in the folder; `None` when there is none.
///
/// # Errors
/// When others may read it, or it is not as it was written.
pub(super) fn read_key(folder: &Path) -> Result<Option<Key>, AuditError> {
    let Some(mut text) = read(folder, KEY)? else {
        return Ok(None);
    };
    let bytes = text.strip_suffix('\n').and_then(from_hex);
    text.zeroize();
    let path = folder.join(KEY);
    let Some(mut bytes) = bytes.filter(|bytes| bytes.len() == KEY_BYTES) else {
        return Err(AuditError::Key {
            reason: format!(
                "{} is not as it was written. Put its backup back",
                path.display()
            ),
        });
    };
    let key = Key::new(&bytes);
    bytes.zeroize();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = fs::metadata(&path).map_err(unusable(folder, KEY))?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(AuditError::Key {
                reason: format!(
                    "others may read {}. Run `chmod 600` on it, and begin a new trail if somebody has",
                    path.display()
                ),
            });
        }
    }
    Ok(Some(key))
}

/// A new key in the folder.
pub(super) fn create_key(folder: &Path) -> Result<Key, AuditError> {
    let mut bytes: [u8; KEY_BYTES] = rand::random();
    let mut text = hex(&bytes);
    text.push('\n');
    let key = Key::new(&bytes);
    bytes.zeroize();
    let written = replace(folder, KEY, &text);
    text.zeroize();
    written.map(|()| key)
}

/// The key that is given, or the one in the folder.
///
/// # Errors
/// When there is neither.
pub(super) fn key(folder: &Path, given: Option<Key>) -> Result<Key, AuditError> {
    let found = match given {
        Some(key) => Some(key),
        None => read_key(folder)?,
    };
    found.ok_or_else(|| no_key(folder))
}

/// No key, where there must be one.
pub(super) fn no_key(folder: &Path) -> AuditError {
    AuditError::Key {
        reason: format!(
            "{} is not there and {} is not set. Put the key back that the trail was written with",
            folder.join(KEY).display(),
            super::KEY_VARIABLE
        ),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_not_there_is_none_and_what_cannot_be_looked_at_is_an_error() {
        let folder = std::env::temp_dir().join(format!("stoq-mcp-place-{}", Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        assert!(lock_to_read(&folder).unwrap().is_none());
        assert_eq!(length(&folder, "x").unwrap(), None);
        assert_eq!(read(&folder, "x").unwrap(), None);
        drop(lock(&folder).unwrap());
        fs::write(folder.join("x"), "abc").unwrap();
        assert!(lock_to_read(&folder).unwrap().is_some());
        assert_eq!(length(&folder, "x").unwrap(), Some(3));
        assert_eq!(read(&folder, "x").unwrap(), Some("abc".to_owned()));
        // A file is no folder to look into.
        let file = folder.join("x");
        for error in [
            lock_to_read(&file).map(drop).unwrap_err(),
            length(&file, "y").map(drop).unwrap_err(),
            read(&file, "y").map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, AuditError::Unusable { .. }), "{error}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
