//! The v2 API on SQLite, served over real HTTP on loopback, with a lifelike seed shop.
//!
//! It imports nothing of the server but the registry, whose manifest and request schemas it serves
//! and checks, so that it can judge the server as a stranger would.

pub mod seed;

mod actions;
mod hooks;
mod jobs;
mod reply;
mod scope;
