//! When a connection has kept the server waiting for too long.
//!
//! Kept in atomics and looked at when the connection has been polled, so that a busy connection sets no
//! timer at all: the alarm rings when the earliest bound could have passed, and then looks again.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::Bounds;

/// No bound runs.
const NEVER: u64 = u64::MAX;

/// What a connection is waited for, and until when, in milliseconds since it was opened.
#[derive(Debug)]
pub(super) struct Clock {
    bounds: Bounds,
    opened: Instant,
    /// No byte has come yet.
    is_silent: AtomicBool,
    /// Between an answer and the first byte of the next request.
    is_idle: AtomicBool,
    /// The head of a request, or the first byte of it.
    request: AtomicU64,
    /// The body of a request.
    body: AtomicU64,
    /// The taking of an answer.
    taking: AtomicU64,
}

impl Clock {
    /// Of a connection that has just been opened.
    pub(super) fn new(bounds: Bounds) -> Self {
        let clock = Self {
            bounds,
            opened: Instant::now(),
            is_silent: AtomicBool::new(true),
            is_idle: AtomicBool::new(false),
            request: AtomicU64::new(NEVER),
            body: AtomicU64::new(NEVER),
            taking: AtomicU64::new(NEVER),
        };
        clock.set(&clock.request, bounds.head);
        clock
    }

    /// Bytes came in.
    pub(super) fn heard(&self) {
        if self.is_silent.load(Ordering::Relaxed) {
            self.is_silent.store(false, Ordering::Relaxed);
        }
        if self.is_idle.swap(false, Ordering::Relaxed) {
            self.set(&self.request, self.bounds.head);
        }
    }

    pub(super) fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed)
    }

    /// Who has not said a word by then is not waited for.
    pub(super) fn last_words(&self, bound: Duration) {
        if self.is_silent() {
            self.set(&self.request, bound);
        }
    }

    /// The head of a request is whole.
    pub(super) fn begins(&self) {
        self.is_idle.store(false, Ordering::Relaxed);
        self.request.store(NEVER, Ordering::Relaxed);
    }

    /// A body follows.
    pub(super) fn body_begins(&self) {
        self.set(&self.body, self.bounds.body);
    }

    /// The body is whole, or nobody wants the rest.
    pub(super) fn body_ends(&self) {
        self.body.store(NEVER, Ordering::Relaxed);
    }

    /// The answer is whole.
    pub(super) fn answered(&self) {
        self.set(&self.request, self.bounds.idle);
        self.is_idle.store(true, Ordering::Relaxed);
    }

    /// The peer took bytes.
    pub(super) fn took(&self) {
        if self.taking.load(Ordering::Relaxed) != NEVER {
            self.taking.store(NEVER, Ordering::Relaxed);
        }
    }

    /// The peer takes none; the time counts from the first such answer.
    pub(super) fn stalls(&self) {
        if self.taking.load(Ordering::Relaxed) == NEVER {
            self.set(&self.taking, self.bounds.stall);
        }
    }

    fn set(&self, what: &AtomicU64, bound: Duration) {
        let due = self.opened.elapsed().saturating_add(bound).as_millis();
        what.store(u64::try_from(due).unwrap_or(NEVER), Ordering::Relaxed);
    }

    /// The earliest bound that runs.
    fn due(&self) -> Option<Instant> {
        let [request, body, taking] =
            [&self.request, &self.body, &self.taking].map(|due| due.load(Ordering::Relaxed));
        let due = request.min(body).min(taking);
        (due != NEVER)
            .then(|| self.opened.checked_add(Duration::from_millis(due)))
            .flatten()
    }

    /// The alarm of this connection.
    pub(super) fn alarm(&self) -> Alarm {
        let first = self.due().unwrap_or(self.opened);
        Alarm {
            sleep: Box::pin(sleep_until(first)),
            is_set: true,
        }
    }
}

/// Rings when a bound has passed.
#[derive(Debug)]
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
}

impl Alarm {
    /// Ready when a bound of the clock has passed.
    pub(super) fn poll_due(
        mut self: Pin<&mut Self>,
        clock: &Clock,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            let due = clock.due();
            if let Some(due) = due
                && (!self.is_set || due < self.sleep.deadline())
            {
                self.sleep.as_mut().reset(due);
                self.is_set = true;
            }
            if !self.is_set || self.sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            // It rang; was it for what is waited for now?
            self.is_set = false;
            if due.is_some_and(|due| due <= Instant::now()) {
                return Poll::Ready(());
            }
        }
    }
}
