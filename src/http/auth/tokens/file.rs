//! The form of the tokens file: TOML, one `[[token]]` for each caller, and no secret in it.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use toml::Spanned;

use super::TOKEN_PREFIX;
use crate::http::auth::Grant;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use crate::safety::personal::PersonalData;
use crate::text::KEY_PREFIX;

/// Longest name of a token.
const LONGEST_NAME: usize = 64;
/// Most bytes of a file: some thousand tokens.
const MOST_BYTES: u64 = 1 << 20;

/// A tokens file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tokens file {}{}: {reason}", .path.display(), .line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct TokensError {
    /// Its path.
    pub path: PathBuf,
    /// 1-based line.
    pub line: Option<usize>,
    /// What is wrong and what to do; never the text of the line, which may be a secret.
    pub reason: String,
}

/// One token: who has it, for which shop, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEntry {
    /// Tells it apart from the others.
    pub name: String,
    /// SHA-256 of the token, in hexadecimal.
    sha256: String,
    /// Environment variable with the shop's key; absent = the server's own.
    pub key_env: Option<String>,
    /// Base address of the v2 API; absent = the server's.
    pub base_url: Option<String>,
    /// The shop's `*.myshopify.com` domain; absent = the server's.
    pub shop_domain: Option<String>,
    allow: Option<Vec<Class>>,
    max_recipients: Option<u64>,
    max_destroyed: Option<u64>,
    max_released: Option<u64>,
    max_money_orders: Option<u64>,
    money_per_day: Option<u64>,
    confirm: Option<Confirm>,
    personal_data: Option<PersonalData>,
}

impl TokenEntry {
    /// What the operator set for it alone.
    pub fn grant(&self) -> Grant {
        Grant {
            allow: self.allow.clone(),
            max_recipients: self.max_recipients,
            max_destroyed: self.max_destroyed,
            max_released: self.max_released,
            max_money_orders: self.max_money_orders,
            money_per_day: self.money_per_day,
            confirm: self.confirm,
            personal_data: self.personal_data,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    token: Vec<Spanned<TokenEntry>>,
}

/// One that holds together, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub entry: TokenEntry,
    pub sha256: [u8; 32],
    pub line: usize,
}

/// What shows that a file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    /// The stamp of a file; `None` when it cannot be seen.
    pub(super) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|found| Self::from(&found))
    }
}

impl From<&Metadata> for Stamp {
    fn from(found: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(found);
        #[cfg(not(unix))]
        let inode = 0;
        Self {
            modified: found.modified().ok(),
            bytes: found.len(),
            inode,
        }
    }
}

/// Reads a file that nobody but its owner can change, and only they and their group can read.
pub(super) fn text(path: &Path) -> Result<(Stamp, String), TokensError> {
    let fail = |reason: String| fail(path, None, reason);
    let unread = |error: std::io::Error| fail(format!("it cannot be read: {error}"));
    let file = File::open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&found) & 0o777;
        if mode & 0o027 != 0 {
            return Err(fail(format!(
                "others can read or change it (mode {mode:04o}), and it says who may act for a shop; run chmod 600 on it"
            )));
        }
    }
    if found.len() > MOST_BYTES {
        return Err(fail(format!("it is larger than {MOST_BYTES} bytes")));
    }
    let mut text = String::new();
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(unread)?;
    Ok((Stamp::from(&found), text))
}

/// Reads the text of a file.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Entry>, TokensError> {
    // First of all, since what is wrong with a text must not be told with a secret.
    if let Some(at) = [TOKEN_PREFIX, KEY_PREFIX]
        .iter()
        .find_map(|prefix| text.find(prefix))
    {
        return Err(fail(
            path,
            Some(line(text, at)),
            "it holds a token or a shop's key in clear text. Treat it as lost: make a new one. A token stands here as its sha256 (`stoq-mcp token new` prints it), a key as the name of an environment variable (`key_env`)".to_owned(),
        ));
    }
    let form: Form = toml::from_str(text).map_err(|error| {
        let at = error.span().map(|span| line(text, span.start));
        fail(path, at, error.message().to_owned())
    })?;
    let mut entries: Vec<Entry> = Vec::new();
    for entry in form.token {
        let line = line(text, entry.span().start);
        let read = check(entry.into_inner(), line).map_err(|told| fail(path, Some(line), told))?;
        for other in &entries {
            if let Some(reason) = clash(other, &read) {
                return Err(fail(path, Some(line), reason));
            }
        }
        entries.push(read);
    }
    Ok(entries)
}

fn check(entry: TokenEntry, line: usize) -> Result<Entry, String> {
    if !is_name(&entry.name) {
        return Err(format!(
            "`name` is not of 1 to {LONGEST_NAME} letters, digits, `-`, `_` and `.`"
        ));
    }
    let sha256 = digest(&entry.sha256).ok_or_else(|| {
        "`sha256` is not the SHA-256 of a token in 64 hexadecimal digits; `stoq-mcp token new` prints it".to_owned()
    })?;
    let variable = entry.key_env.as_deref();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if variable.is_some_and(|name| name.is_empty() || !name.bytes().all(is_part)) {
        return Err("`key_env` is not the name of an environment variable".to_owned());
    }
    Ok(Entry {
        entry,
        sha256,
        line,
    })
}

/// Whether a text can name a token.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_part)
}

fn clash(one: &Entry, other: &Entry) -> Option<String> {
    let name = &one.entry.name;
    if *name == other.entry.name {
        return Some(format!("the name `{name}` is taken by line {}", one.line));
    }
    (one.sha256 == other.sha256).then(|| {
        format!(
            "it has the token of `{name}` (line {}); give each its own",
            one.line
        )
    })
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let nibble = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let bytes: Vec<u8> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
            _ => None,
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

pub(super) fn fail(path: &Path, line: Option<usize>, reason: String) -> TokensError {
    TokensError {
        path: path.to_owned(),
        line,
        reason,
    }
}
