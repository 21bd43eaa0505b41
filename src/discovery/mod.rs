//! Text from the registry: pure functions, one file per format.
//!
//! Nothing here reaches the network or a file; who prints or serves a text is not its concern. An [`Offer`]
//! says what a text is about: what a caller is not offered stands in none of theirs.

pub mod architecture;
mod arguments;
mod card;
mod example;
pub mod faults;
pub mod html;
mod json;
mod limits;
mod llms;
mod markdown;
pub mod marks;
mod offer;
mod openapi;
mod parity;
mod skill;
mod tables;

use crate::registry::manifest::{Extra, manifest_of};
use crate::registry::{Action, Registry};

pub use card::{CARD_TYPE, Entrance, card};
pub use json::json;
pub use llms::{Place, llms};
pub use markdown::{Page, is_generated, markdown, pages};
pub use offer::{Offer, Rules};
pub use openapi::openapi;
pub use parity::{parity, parity_json};
pub use skill::skill;
pub use tables::parts;

/// The `/help` manifest of a scope with our extra keys, as the HTTP server and the command line
/// print it: the actions that `keep` holds, one line of JSON.
pub fn help(registry: &Registry, scope: &str, keep: impl Fn(&Action) -> bool) -> String {
    let mut text = manifest_of(registry, scope, Extra::Ours, keep).to_string();
    text.push('\n');
    text
}
