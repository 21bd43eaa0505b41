//! The MCP protocol and nothing else: tools from a surface, resources, prompts and
//! skills from the program's knowledge, results in the form clients of both eras take.
//!
//! It never reaches the upstream by itself, and it does not know which transport carries it.

mod app;
mod ask;
mod complete;
#[cfg(feature = "conformance")]
mod conformance;
mod library;
mod progress;
mod prompts;
mod result;
mod server;
mod stdio;
mod tasks;
#[cfg(test)]
mod tests;
mod tools;
mod traced;

use rmcp::ServerHandler;

pub use server::StoqServer;
pub use stdio::{StdioError, serve_stdio};
pub use tools::tool;

/// What the transports serve: the server, under the feature `conformance` with the suite's fixtures
/// over it. Clones share their state, so one is made per process and cloned per connection.
#[cfg(not(feature = "conformance"))]
pub fn handler(server: StoqServer) -> impl ServerHandler + Clone {
    server
}

/// What the transports serve: the server with the fixtures of the conformance suite over it.
/// Clones share their state, so one is made per process and cloned per connection.
#[cfg(feature = "conformance")]
pub fn handler(server: StoqServer) -> impl ServerHandler + Clone {
    conformance::Conformance::new(server)
}
