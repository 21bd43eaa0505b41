//! What the benchmarks share: the yardstick, an upstream that costs next to nothing, clients, figures of a
//! process, and the page that the results are written to.

pub mod floor;
pub mod load;
pub mod process;
pub mod record;
pub mod stub;

use std::time::Duration;

/// The middle of some times.
pub fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// The time that so many percent of them do not pass.
pub fn percentile(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * share / 100]
}

/// The middle of some numbers.
pub fn middle(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
