//! Stops calling an API that refuses the key or mostly fails.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::UpstreamError;

/// Refusals of the key in a row that pause calls.
const REFUSALS: u32 = 5;
const REFUSED_PAUSE: Duration = Duration::from_secs(30);
/// Outcomes looked back on.
const SAMPLES: usize = 20;
/// Failures among them that pause calls.
const FAILURES: usize = 16;
const FAILED_PAUSE: Duration = Duration::from_secs(10);

/// How long the one request after a pause has to show how things stand, before the next may try.
const PROBE: Duration = Duration::from_secs(10);

/// Closed, or open until an instant. After a pause one request at a time may try: a good answer
/// closes it, one more failure opens it again.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    refusals: u32,
    outcomes: VecDeque<bool>,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    until: Instant,
    why: &'static str,
    probing: bool,
}

impl Breaker {
    /// Whether a request may go out now.
    pub(super) fn check(&mut self, now: Instant) -> Result<(), UpstreamError> {
        match &mut self.open {
            Some(open) if now < open.until => Err(UpstreamError::Paused {
                why: open.why,
                wait: open.until.duration_since(now),
            }),
            Some(open) => {
                open.until = now + PROBE;
                open.probing = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Why requests are held back, while they are. The one that tries after a pause ends it here:
    /// whoever waits for a good sign before sending any must not wait for ever.
    pub(super) fn why_open(&self, now: Instant) -> Option<&'static str> {
        let open = self.open.filter(|open| now < open.until && !open.probing);
        open.map(|open| open.why)
    }

    /// A complete answer came.
    pub(super) fn answered(&mut self, status: u16, now: Instant) {
        if matches!(status, 401 | 403) {
            self.refusals += 1;
            if self.refusals >= REFUSALS {
                self.open(
                    now + REFUSED_PAUSE,
                    "the STOQ API keeps refusing the shop's key",
                );
            }
        } else {
            self.refusals = 0;
        }
        self.push(status >= 500, now);
    }

    /// No complete answer came.
    pub(super) fn failed(&mut self, now: Instant) {
        self.push(true, now);
    }

    fn push(&mut self, failed: bool, now: Instant) {
        if !failed {
            // One good answer after a pause closes it.
            if self.open.is_some_and(|open| open.probing) {
                self.open = None;
                self.outcomes.clear();
            }
        }
        self.outcomes.push_back(failed);
        if self.outcomes.len() > SAMPLES {
            self.outcomes.pop_front();
        }
        let failures = self.outcomes.iter().filter(|failed| **failed).count();
        if failed && failures >= FAILURES {
            self.open(now + FAILED_PAUSE, "the STOQ API mostly fails");
        }
    }

    fn open(&mut self, until: Instant, why: &'static str) {
        self.open = Some(Open {
            until,
            why,
            probing: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_refusals_of_the_key_pause_calls() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..REFUSALS - 1 {
            breaker.answered(401, now);
            assert!(breaker.check(now).is_ok());
        }
        breaker.answered(401, now);
        let error = breaker.check(now).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the STOQ API keeps refusing the shop's key; calls are paused for 30 s"
        );
        assert_eq!(
            breaker.why_open(now),
            Some("the STOQ API keeps refusing the shop's key")
        );
        assert_eq!(breaker.why_open(now + REFUSED_PAUSE), None);
        assert!(breaker.check(now + REFUSED_PAUSE).is_ok());
        assert_eq!(breaker.why_open(now + REFUSED_PAUSE), None);
    }

    #[test]
    fn an_api_that_mostly_fails_gets_a_pause_and_one_success_ends_it() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.answered(200, now);
        }
        for _ in 0..FAILURES - 1 {
            breaker.failed(now);
            assert!(breaker.check(now).is_ok());
        }
        breaker.answered(503, now);
        assert!(breaker.check(now).is_err());
        let later = now + FAILED_PAUSE;
        assert!(breaker.check(later).is_ok());
        // One request at a time tries; one that never answers gives way to the next.
        assert!(breaker.check(later).is_err());
        assert!(breaker.check(later + PROBE).is_ok());
        breaker.answered(200, later);
        breaker.failed(later);
        assert!(breaker.check(later).is_ok());
    }
}
