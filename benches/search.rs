//! Time of one search: `cargo bench --bench search`.
//!
//! Every request of the frozen sets is asked some times over, and the median and the slow end are
//! printed, beside the time the index takes to build and the slowest of some hostile requests.
#![allow(missing_docs, dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../tests/search/sets.rs"]
mod sets;

use std::time::{Duration, Instant};

use sets::{DEV, DEV_2, DEV_3, HELD_OUT, VALIDATION, cases};
use stoq_mcp::registry::Registry;

const ROUNDS: usize = 10;

fn main() {
    let registry = Registry::bundled().unwrap();
    let build = time(&registry, "preorder");
    let mut times: Vec<Duration> = Vec::new();
    let queries: Vec<String> = [DEV, DEV_2, DEV_3, HELD_OUT, VALIDATION]
        .into_iter()
        .flat_map(cases)
        .map(|case| case.query)
        .collect();
    for _ in 0..ROUNDS {
        times.extend(queries.iter().map(|query| time(&registry, query)));
    }
    times.sort_unstable();
    let hostile = [
        "turn the presale ".repeat(100),
        "abcdefgh zyxwvuts ".repeat(100),
        "preordre waitlsit ".repeat(100),
        "\u{1f600}".repeat(1000),
        "a ".repeat(1000),
    ];
    let slowest = hostile.iter().map(|query| time(&registry, query)).max();
    println!("| figure | time |\n|---|---|");
    println!("| first search, which builds the index | {build:.2?} |");
    for share in [50, 99] {
        let at = (times.len() - 1) * share / 100;
        println!(
            "| search, p{share} of {} | {:.0?} |",
            times.len(),
            times[at]
        );
    }
    println!(
        "| slowest of the hostile requests | {:.0?} |",
        slowest.unwrap()
    );
}

fn time(registry: &Registry, query: &str) -> Duration {
    let began = Instant::now();
    std::hint::black_box(registry.search(query, None, |_| true));
    began.elapsed()
}
