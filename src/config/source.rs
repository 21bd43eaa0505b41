//! Which registry the program works from, as a setting.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;

/// Which registry the program works from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum RegistrySource {
    /// The one that is built in.
    Bundled,
    /// The API's own manifest over the one that is built in.
    Live,
    /// A registry file; one that is called `bundled` or `live` is named as `./live`.
    File(PathBuf),
}

impl From<String> for RegistrySource {
    fn from(text: String) -> Self {
        OsString::from(text).into()
    }
}

impl From<OsString> for RegistrySource {
    fn from(text: OsString) -> Self {
        match text.to_str() {
            Some("bundled") => Self::Bundled,
            Some("live") => Self::Live,
            Some(_) | None => Self::File(text.into()),
        }
    }
}
