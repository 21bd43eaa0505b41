//! stoq-mcp: back-in-stock waitlists and preorders on STOQ for AI agents.

pub mod engine;
pub mod mcp;
pub mod registry;
pub mod sandbox;
pub mod upstream;
