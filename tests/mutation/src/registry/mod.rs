#[path = "../../../../src/registry/entry.rs"]
pub mod entry;
