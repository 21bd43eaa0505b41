//! The MCP protocol and nothing else: tools and resources from the engine's registry, results in
//! the form clients of both eras take.
//!
//! It never reaches the upstream by itself, and it does not know which transport carries it.

mod progress;
mod result;
mod server;
mod stdio;
mod tools;

pub use server::StoqServer;
pub use stdio::{StdioError, serve_stdio};
pub use tools::{Inventory, instructions};
