//! Every client's way through a confirmation, and what no client gets around: whoever cannot show that a
//! person agreed has no effect, and whoever can has it once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod alone;
mod clients;
mod limits;
mod older;
mod operator;

#[cfg(unix)]
mod principals;
mod question;
mod shell;
#[path = "../support/mod.rs"]
mod support;
mod surfaces;
mod world;
