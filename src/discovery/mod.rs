//! Text from the registry: pure functions, one file per format.
//!
//! Nothing here reaches the network or a file; who prints or serves a text is not its concern.

pub mod architecture;
pub mod faults;
mod parity;
mod readme;

use crate::registry::manifest::{Extra, manifest_of};
use crate::registry::{Action, Registry};

pub use parity::{parity, parity_json};
pub use readme::{TableError, tables};

/// The `/help` manifest of a scope with our extra keys, as the HTTP server and the command line
/// print it: the actions that `keep` holds, one line of JSON.
pub fn help(registry: &Registry, scope: &str, keep: impl Fn(&Action) -> bool) -> String {
    let mut text = manifest_of(registry, scope, Extra::Ours, keep).to_string();
    text.push('\n');
    text
}
