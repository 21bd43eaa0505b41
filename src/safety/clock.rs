//! Time, as the rules of this room see it: what it is now, and how to let some of it pass.
//!
//! Handed in, so that tests move it as they like.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::BoxFuture;

type Now = dyn Fn() -> i64 + Send + Sync;
type Pause = dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync;

/// A clock.
#[derive(Clone)]
pub struct Clock {
    now: Arc<Now>,
    pause: Arc<Pause>,
}

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self::new(
            || Utc::now().timestamp_millis(),
            |time| Box::pin(tokio::time::sleep(time)),
        )
    }

    /// A clock of one's own: milliseconds since 1970 (UTC), and what waits for some of them.
    pub fn new(
        now: impl Fn() -> i64 + Send + Sync + 'static,
        pause: impl Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            now: Arc::new(now),
            pause: Arc::new(pause),
        }
    }

    /// Now, in milliseconds since 1970 (UTC).
    pub fn now(&self) -> i64 {
        (self.now)()
    }

    /// Lets time pass.
    pub async fn pause(&self, time: Duration) {
        (self.pause)(time).await;
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Clock")
    }
}

/// A moment for people and files: RFC 3339 in UTC, to the millisecond.
pub fn text(at: i64) -> String {
    DateTime::from_timestamp_millis(at)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A duration in the store's milliseconds.
pub fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// The first moment of tests: 2026-03-01T09:00:00Z.
    pub(crate) const START: i64 = 1_772_355_600_000;

    /// A clock that stands still until it is moved; a pause moves it, and lets others work first.
    pub(crate) fn by_hand() -> (Clock, Arc<AtomicI64>) {
        let at = Arc::new(AtomicI64::new(START));
        let (seen, moved) = (Arc::clone(&at), Arc::clone(&at));
        let clock = Clock::new(
            move || seen.load(Ordering::SeqCst),
            move |time| {
                let moved = Arc::clone(&moved);
                Box::pin(async move {
                    tokio::task::yield_now().await;
                    moved.fetch_add(millis(time), Ordering::SeqCst);
                })
            },
        );
        (clock, at)
    }

    #[test]
    fn a_clock_tells_nothing_of_itself() {
        assert_eq!(format!("{:?}", Clock::system()), "Clock");
    }

    #[test]
    fn a_moment_is_told_in_utc() {
        assert_eq!(text(START), "2026-03-01T09:00:00.000Z");
        assert_eq!(text(START + 1), "2026-03-01T09:00:00.001Z");
    }

    #[test]
    fn a_duration_is_told_in_milliseconds() {
        assert_eq!(millis(Duration::from_micros(2_999)), 2);
        assert_eq!(millis(Duration::MAX), i64::MAX);
    }

    #[tokio::test]
    async fn the_clock_of_the_machine_goes_on_while_one_waits() {
        let clock = Clock::system();
        let before = clock.now();
        clock.pause(Duration::from_millis(3)).await;
        // It is in our century and has gone on.
        assert!(before > START - 365 * 86_400_000, "{before}");
        assert!(clock.now() > before, "{before}");
    }
}
