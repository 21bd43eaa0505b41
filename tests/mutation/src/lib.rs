//! The rooms whose rules are pure, at the places where the program has them, and nothing else.
//!
//! It must compile alone: that is what "pure" means. `run.sh` puts the files themselves in place of
//! the paths before it changes them.
#![allow(dead_code, unused_imports, missing_docs)]

#[path = "../../../src/redis/mod.rs"]
pub mod redis;
pub mod registry;
#[path = "../../../src/safety/mod.rs"]
pub mod safety;
#[path = "../../../src/text.rs"]
mod text;
mod upstream;
