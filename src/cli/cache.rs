//! The last good manifest of each shop, kept between starts.
//!
//! One file a shop and API, named by a keyed hash, so that neither the key nor the address can be
//! read from it. Only this user may read folder and file, and a file appears whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::registry::live::MAX_BYTES;
use crate::upstream::Base;

/// Folder below the platform's.
const FOLDER: &str = "stoq-mcp";

/// Where the manifest of one shop is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cache {
    path: PathBuf,
}

/// A manifest that was kept.
#[derive(Debug, PartialEq)]
pub(super) struct Kept {
    pub manifest: Value,
    /// How long ago it was read from the API.
    pub age: Duration,
}

impl Cache {
    /// The place of a shop's manifest in a folder; `None` when the key is of no use to a hash.
    pub(super) fn of(folder: &Path, base: &Base, key: &SecretString) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
        mac.update(base.to_string().as_bytes());
        let digest = mac.finalize().into_bytes();
        let name: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
        Some(Self {
            path: folder.join(format!("{name}.json")),
        })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a manifest that was just read.
    pub(super) fn write(&self, manifest: &Value) -> io::Result<()> {
        let at = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let text = json!({"read_at": at, "manifest": manifest}).to_string();
        if let Some(folder) = self.path.parent() {
            create_folder(folder)?;
        }
        let draft = self.path.with_extension(Uuid::new_v4().to_string());
        let written = create_file(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&draft, &self.path));
        if written.is_err() {
            // It may never have come to be.
            let _ = fs::remove_file(&draft);
        }
        written
    }

    /// The manifest that was kept last; `None` when there is none that can be read.
    pub(super) fn read(&self) -> Option<Kept> {
        let text = read_bounded(&self.path).ok()?;
        let mut kept: Value = serde_json::from_str(&text).ok()?;
        let at = DateTime::parse_from_rfc3339(kept.get("read_at")?.as_str()?).ok()?;
        let age = Utc::now().signed_duration_since(at).max(Duration::zero());
        let manifest = kept.get_mut("manifest")?.take();
        Some(Kept { manifest, age })
    }
}

/// The text of a manifest's file, when it is not longer than any honest one.
pub(super) fn read_bounded(path: &Path) -> io::Result<String> {
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let mut text = String::new();
    // What frames the manifest takes a few bytes more.
    let read = File::open(path)?
        .take(most + 1024)
        .read_to_string(&mut text)?;
    if read > MAX_BYTES + 512 {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {MAX_BYTES} bytes"),
        ));
    }
    Ok(text)
}

/// The platform's folder for what can be made anew, by the environment that `lookup` reads.
pub(super) fn platform_folder(lookup: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        let path = PathBuf::from(lookup(name)?);
        path.is_absolute().then_some(path)
    };
    let root = match folder("XDG_CACHE_HOME") {
        Some(root) => root,
        None if cfg!(windows) => folder("LOCALAPPDATA")?,
        None if cfg!(target_os = "macos") => folder("HOME")?.join("Library/Caches"),
        None => folder("HOME")?.join(".cache"),
    };
    Some(root.join(FOLDER))
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn folder() -> Folder {
        Folder(std::env::temp_dir().join(format!("stoq-mcp-cache-{}", Uuid::new_v4())))
    }

    fn cache(folder: &Path, base: &str, key: &str) -> Cache {
        let base = Base::parse(base).unwrap();
        Cache::of(folder, &base, &SecretString::from(key)).unwrap()
    }

    #[test]
    fn each_shop_and_api_has_a_file_that_names_neither() {
        let at = |base: &str, key: &str| cache(Path::new("/c"), base, key).path;
        let live = at(Base::LIVE, "stoq_api_key_canary");
        assert_eq!(live, at(Base::LIVE, "stoq_api_key_canary"));
        assert_ne!(live, at(Base::LIVE, "stoq_api_key_other"));
        assert_ne!(live, at("http://127.0.0.1:1/api", "stoq_api_key_canary"));
        let name = live.file_name().unwrap().to_str().unwrap();
        assert_eq!(name.len(), 32 + ".json".len());
        assert!(!name.contains("canary") && !name.contains("stoq"), "{name}");
    }

    #[test]
    fn what_was_kept_reads_back_and_is_nobody_elses() {
        let folder = folder();
        let cache = cache(&folder.0.join("deep"), Base::LIVE, "k");
        assert_eq!(cache.read(), None);
        let manifest = json!({"version": "v2", "actions": []});
        cache.write(&json!({"older": true})).unwrap();
        cache.write(&manifest).unwrap();
        let kept = cache.read().unwrap();
        assert_eq!(kept.manifest, manifest);
        assert!(kept.age < Duration::minutes(1), "{}", kept.age);
        // No draft is left.
        let files = fs::read_dir(folder.0.join("deep")).unwrap().count();
        assert_eq!(files, 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(
                (mode(&folder.0.join("deep")), mode(&cache.path)),
                (0o700, 0o600)
            );
        }
    }

    #[test]
    fn a_file_of_another_form_or_size_counts_as_none() {
        let folder = folder();
        let cache = cache(&folder.0, Base::LIVE, "k");
        fs::create_dir(&folder.0).unwrap();
        for text in [
            "",
            "{",
            "[]",
            "{\"read_at\": 5, \"manifest\": {}}",
            "{\"manifest\": {}}",
        ] {
            fs::write(&cache.path, text).unwrap();
            assert_eq!(cache.read(), None, "{text}");
        }
        let padding = " ".repeat(MAX_BYTES + 1024);
        fs::write(&cache.path, padding).unwrap();
        assert_eq!(
            read_bounded(&cache.path).unwrap_err().to_string(),
            "it has more than 8388608 bytes"
        );
        // A clock that was turned back makes nothing older than now.
        let later = (Utc::now() + Duration::days(2)).to_rfc3339();
        let text = json!({"read_at": later, "manifest": {}}).to_string();
        fs::write(&cache.path, text).unwrap();
        assert_eq!(cache.read().unwrap().age, Duration::zero());
    }

    #[test]
    fn the_folder_is_the_platforms() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, OsString)> = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), OsString::from(value)))
                .collect();
            platform_folder(move |name| {
                let found = pairs.iter().find(|(other, _)| other == name)?;
                Some(found.1.clone())
            })
        };
        assert_eq!(
            with(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]),
            Some("/x/stoq-mcp".into())
        );
        assert_eq!(with(&[("XDG_CACHE_HOME", "relative")]), None);
        assert_eq!(with(&[]), None);
        #[cfg(all(unix, not(target_os = "macos")))]
        assert_eq!(with(&[("HOME", "/h")]), Some("/h/.cache/stoq-mcp".into()));
    }
}
