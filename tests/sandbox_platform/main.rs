//! The sandbox's platform rules, seen as a stranger with plain HTTP would.

mod control;
mod faults;
mod hosted;
mod http;
mod jobs;
mod rate;
mod support;
