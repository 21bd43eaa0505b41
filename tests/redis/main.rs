//! State in Redis, with a real redis-server that is killed, frozen and robbed of its files.
//!
//! `cargo test --features redis-tests --test redis`; it needs the program redis-server.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod chaos;
mod link;
mod loss;
mod records;
mod replicas;
mod store;
#[path = "../support/mod.rs"]
mod support;
