//! The model of a store, by which every store is tested, at the place where it looks for its room.

pub use stoq_mcp::safety::store::{Added, Space, Store, StoreError};

mod tests;
