//! What can be done: the action registry.
//!
//! `tools.registry.json` is the one source of actions. This room loads it, checks it, and derives
//! from each entry what the rest of the program needs. It knows nothing of HTTP, MCP or the sandbox.

pub mod entry;
