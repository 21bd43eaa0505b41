//! stoq-mcp: back-in-stock waitlists and preorders on STOQ for AI agents.
//!
//! The rooms, bottom to top; an import never points up:
//!
//! - [`registry`]: what can be done, from `tools.registry.json` and the API's own manifest;
//! - [`chart`]: the answer of a report as a picture, whatever it is shown on;
//! - `knowledge`: the storefront guide and the workflows, plain data;
//! - [`upstream`]: the HTTP client of the API; [`sandbox`]: that API on SQLite, for trying and testing;
//! - [`safety`]: the rules that keep shoppers and money safe, and the state they need;
//! - [`engine`]: the one funnel every call runs through;
//! - [`surface`]: which tools an agent sees, and what a call of one of them runs;
//! - [`discovery`]: text from the registry; [`mcp`]: the protocol;
//! - [`config`], [`telemetry`]: settings and log; [`clients`]: the MCP clients of people, and this server's entry in
//!   their files;
//! - [`http`], [`cli`]: the ways in.
//!
//! Below them all lie `observe`: figures and traces of what the rooms do; [`redis`]: the connection that
//! replicas share state over; `text`: how a text of others is made safe to show; and [`tokens`]: what a
//! text costs a model.

pub mod chart;
pub mod cli;
pub mod clients;
pub mod config;
pub mod discovery;
pub mod engine;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
mod knowledge;
pub mod mcp;
mod observe;
pub mod redis;
pub mod registry;
pub mod safety;
pub mod sandbox;
pub mod surface;
pub mod telemetry;
mod text;
pub mod tokens;
pub mod upstream;
