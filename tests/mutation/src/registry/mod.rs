#[path = "../../../../src/registry/entry.rs"]
pub mod entry;
#[path = "../../../../src/registry/piece.rs"]
pub mod piece;
