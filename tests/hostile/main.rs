//! What keeps shoppers and money safe, against clients, stores and an API that mean it no good: the
//! engine over real HTTP, with a small world behind it that counts what reaches it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    missing_docs
)]

mod anew;
mod crashes;
mod deed;
mod house;
mod life;
mod memory;
mod model;
mod sequences;
mod server;
mod storm;
mod world;

use std::ops::Range;

/// Runs so many numbered cases on the machine's threads. Each thread has its own tool, and a case that
/// fails names its number.
fn on_threads<T>(
    cases: Range<u64>,
    tool: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, u64) + Sync,
) {
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (tool, work, cases) = (&tool, &work, cases.clone());
            scope.spawn(move || {
                let mut tool = tool();
                for case in (cases.start + thread..cases.end).step_by(threads as usize) {
                    work(&mut tool, case);
                }
            });
        }
    });
}
