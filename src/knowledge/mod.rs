//! What a merchant's assistant must know beside the actions: the storefront, and how work is done.
//!
//! Plain data and pure functions. The texts are Markdown files beside this one, built into the
//! program; each says which of its facts the vendor documents and which are inferred. Nothing here
//! knows of MCP, the engine or the network.

pub(crate) mod figures;
pub(crate) mod preflight;
mod topics;
mod workflows;

pub(crate) use topics::{TOPIC_TEMPLATE, TOPICS, Topic, topic};
pub(crate) use workflows::{Argument, Flow, Kind, WORKFLOWS, Workflow};
