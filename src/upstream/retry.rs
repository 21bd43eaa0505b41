//! How often and how soon a request is repeated.

use std::time::Duration;

use rand::RngExt;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Tokens of a full quota.
const FULL: f64 = 10.0;
/// Tokens a success gives back.
const BACK: f64 = 0.1;

/// Full jitter: anything from 100 ms to a bound that doubles with every attempt, 5 s at most.
pub(super) fn backoff(attempt: u32) -> Duration {
    let bound = FIRST
        .saturating_mul(2_u32.saturating_pow(attempt))
        .min(LONGEST);
    rand::rng().random_range(FIRST..=bound)
}

/// Retry quota of one shop, as gRPC counts it: a failure takes a token, a success gives a tenth
/// back, and below half of the tokens nothing is repeated. It keeps retries from multiplying the
/// load on an API that is down.
#[derive(Debug)]
pub(super) struct Quota {
    tokens: f64,
}

impl Default for Quota {
    fn default() -> Self {
        Self { tokens: FULL }
    }
}

impl Quota {
    pub(super) fn failed(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    pub(super) fn succeeded(&mut self) {
        self.tokens = (self.tokens + BACK).min(FULL);
    }

    pub(super) fn may_retry(&self) -> bool {
        self.tokens > FULL / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_between_their_bounds_and_grow() {
        for attempt in 1..=8 {
            let bound = FIRST * 2_u32.pow(attempt);
            for _ in 0..200 {
                let wait = backoff(attempt);
                assert!(
                    wait >= FIRST && wait <= bound.min(LONGEST),
                    "{attempt} {wait:?}"
                );
            }
        }
    }

    #[test]
    fn five_failures_stop_retries_until_ten_successes() {
        let mut quota = Quota::default();
        for _ in 0..4 {
            quota.failed();
        }
        assert!(quota.may_retry());
        quota.failed();
        assert!(!quota.may_retry());
        quota.succeeded();
        assert!(quota.may_retry());
        for _ in 0..100 {
            quota.failed();
        }
        for _ in 0..50 {
            quota.succeeded();
        }
        assert!(!quota.may_retry());
        quota.succeeded();
        assert!(quota.may_retry());
    }
}
