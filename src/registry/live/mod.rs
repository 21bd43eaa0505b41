//! The live registry: the API's own manifest over the bundled registry.
//!
//! With a key, `/help` of the API says what exists and what a request looks like; the bundled
//! registry adds class, form of the answer, read-backs and examples. A manifest comes from outside
//! and is read with distrust: what cannot be used is left out and told in a [`Report`], and a
//! manifest of which nothing can be used is refused. Nothing here knows of HTTP, files or time.

mod form;
mod mend;
mod merge;
mod offer;
mod published;
mod report;
#[cfg(test)]
mod tests;

pub use merge::{Merged, merge};
pub use published::{Listed, ManifestError, Published};
pub use report::Report;

/// Most bytes of a manifest: as many as the upstream client takes of any answer.
pub const MAX_BYTES: usize = 8 << 20;
