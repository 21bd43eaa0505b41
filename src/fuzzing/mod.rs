//! What fuzzers call: one function for each place where bytes of others come in.
//!
//! Each takes any bytes and panics when the place breaks its promise; a panic further in counts as
//! well, so who calls must hear of those that are caught on the way. The targets below `fuzz/` only
//! call these functions, and `tests/fuzz_corpus.rs` replays what they learnt. Nothing of the program
//! itself may use this room.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a target tells"
)]

mod arguments;
mod job;
mod manifest;
mod protocol;
mod text;

pub use arguments::arguments;
pub use job::status_url;
pub use manifest::manifest;
pub use protocol::{http, pipe};
pub use text::text;

use std::future::Future;
use std::sync::{Arc, OnceLock};

use secrecy::SecretString;
use tokio::runtime::{Builder, Runtime};

use crate::engine::{Engine, Policy};
use crate::registry::Registry;
use crate::safety::Guards;
use crate::upstream::{Base, Options, PointsLimit, Upstream};

/// A target's name and the function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 9] = [
    ("arguments", arguments),
    ("confirmation", confirmation),
    ("cursor", cursor),
    ("http", http),
    ("manifest", manifest),
    ("pipe", pipe),
    ("status_url", status_url),
    ("text", text),
    ("ticket", ticket),
];

/// The folder of a target's files: messages are the same, however they come.
pub fn folder(target: &str) -> &str {
    match target {
        "http" | "pipe" => "messages",
        other => other,
    }
}

/// Proofs that somebody agreed to a plan: a foreign one lets nothing through, and one of ours only what
/// it is of.
pub fn confirmation(data: &[u8]) {
    let _ = block_on(crate::engine::fuzzing::confirmation(engine(), data));
}

/// Cursors: a foreign text never opens; what is under the seal is read without a fault.
pub fn cursor(data: &[u8]) {
    crate::engine::fuzzing::cursor(engine(), data);
}

/// Tickets of jobs: the same, and what they name is followed nowhere else.
pub fn ticket(data: &[u8]) {
    block_on(crate::engine::fuzzing::ticket(engine(), data));
}

/// An engine that sends nothing: its key can stand in no header, so every request fails before a
/// connection is opened, at once and each time alike.
fn engine() -> &'static Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let base = Base::parse("http://127.0.0.1:1/api/v2/external").expect("it is one");
        let options = Options {
            points: PointsLimit {
                points: 0,
                ..PointsLimit::default()
            },
            ..Options::new(base, SecretString::from("no\nheader"))
        };
        Arc::new(Engine::new(
            Arc::clone(registry()),
            Arc::new(Upstream::new(options)),
            Policy::everything(),
            Guards::in_memory("fuzzing").expect("there is memory"),
        ))
    })
}

fn registry() -> &'static Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    REGISTRY.get_or_init(|| Arc::new(Registry::bundled().expect("the bundled one loads")))
}

/// Runs one input to its end, on a runtime of the calling thread.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without one that opens, the target would only try the door.
    #[test]
    fn the_kept_confirmations_reach_what_lies_behind_the_seal() {
        let opens = |data: &[u8]| block_on(crate::engine::fuzzing::confirmation(engine(), data));
        assert!(opens(include_bytes!("../../fuzz/corpus/confirmation/ours")));
        assert!(opens(include_bytes!("../../fuzz/corpus/confirmation/late")));
        for other in [
            &include_bytes!("../../fuzz/corpus/confirmation/other_caller")[..],
            include_bytes!("../../fuzz/corpus/confirmation/other_shop"),
            include_bytes!("../../fuzz/corpus/confirmation/other_call"),
            include_bytes!("../../fuzz/corpus/confirmation/more"),
        ] {
            assert!(!opens(other));
        }
    }
}
