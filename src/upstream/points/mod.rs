//! The points budget of one shop, kept by this process or shared by many over Redis.
//!
//! A request holds its points from the moment it is sent until its answer + one window; one whose
//! answer is lost, until one and a half windows after it was given up. Held points never exceed the
//! limit, so no window on the API's side can, whatever the latency. The budget is shared with the
//! merchant's other apps, so what the API says is left counts when it is less than our own count.

mod memory;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{SILENT_WAIT, UpstreamError, lock};
use crate::redis::Redis;

pub use memory::RESERVE;
use memory::{Book, End, STEP, Sent};
use shared::{Answer, Shared};

/// The budget: points in a window. The vendor's is 360 in 60 s (vendor docs: Rate Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsLimit {
    /// Points; 0 switches the accounting off.
    pub points: u32,
    /// The window they are counted in.
    pub window: Duration,
}

impl Default for PointsLimit {
    fn default() -> Self {
        Self {
            points: 360,
            window: Duration::from_secs(60),
        }
    }
}

/// Who goes first when points are short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Writes that cannot be taken back; they may use the reserve.
    Commit,
    /// Reads and settings.
    Normal,
    /// Polls of jobs.
    Poll,
}

impl Priority {
    const fn index(self) -> usize {
        match self {
            Self::Commit => 0,
            Self::Normal => 1,
            Self::Poll => 2,
        }
    }
}

/// What an answer's headers told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RateHeaders {
    /// `X-RateLimit-Limit`.
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<u32>,
    /// `X-RateLimit-Reset` as a distance, by the API's own clock.
    pub reset_in: Option<Duration>,
}

/// The accounting of one shop.
#[derive(Debug)]
pub struct Points {
    limit: PointsLimit,
    start: Instant,
    /// What this process holds, also when the budget is shared: it is what remains should Redis be
    /// lost.
    book: Mutex<Book>,
    /// Who waits in this process, by priority.
    waiting: Mutex<[u32; 3]>,
    freed: Notify,
    shared: Option<Arc<Shared>>,
}

/// Points of one request; dropping it unanswered counts as a lost answer.
#[derive(Debug)]
pub(super) struct Grant {
    points: Option<Arc<Points>>,
    cost: u32,
    /// When this process sent it.
    sent: Sent,
    /// What Redis calls it, and when it was sent by the book there.
    shared: Option<(u64, Sent)>,
}

impl Points {
    /// An untouched budget.
    pub fn new(limit: PointsLimit) -> Self {
        Self {
            limit,
            start: Instant::now(),
            book: Mutex::new(Book::new(limit)),
            waiting: Mutex::new([0; 3]),
            freed: Notify::new(),
            shared: None,
        }
    }

    /// The budget that all servers of a Redis have for a shop.
    pub fn shared(limit: PointsLimit, redis: Redis, shop_id: &str) -> Self {
        Self {
            shared: Some(Arc::new(Shared::new(limit, redis, shop_id))),
            ..Self::new(limit)
        }
    }

    /// Takes points for one request, waiting silently for up to 5 s.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        cost: u32,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Grant, UpstreamError> {
        if self.limit.points == 0 {
            return Ok(Grant {
                points: None,
                cost,
                sent: Sent::default(),
                shared: None,
            });
        }
        let patience = (Instant::now() + SILENT_WAIT).min(deadline);
        let mut queued: Option<Queued<'_>> = None;
        loop {
            let freed = self.freed.notified();
            let wait = match self.take(cost, priority, patience, deadline).await {
                Ok(grant) => return Ok(grant),
                Err(wait) => Duration::from_millis(wait),
            };
            if Instant::now() + wait > patience {
                return Err(UpstreamError::OutOfPoints { cost, wait });
            }
            queued.get_or_insert_with(|| Queued::new(self, priority));
            if self.shared.is_some() {
                // What is freed here need not be ours: asking at the told time is enough.
                tokio::time::sleep(wait).await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = freed => {}
            }
        }
    }

    /// Takes points now, or says in how many milliseconds they may fit.
    async fn take(
        self: &Arc<Self>,
        cost: u32,
        priority: Priority,
        patience: Instant,
        deadline: Instant,
    ) -> Result<Grant, u64> {
        let ahead = |waiting: &[u32; 3]| waiting.iter().take(priority.index()).any(|n| *n > 0);
        if ahead(&lock(&self.waiting)) {
            return Err(STEP);
        }
        let grant = |sent, shared| Grant {
            points: Some(Arc::clone(self)),
            cost,
            sent,
            shared,
        };
        let Some(store) = &self.shared else {
            let now = self.now();
            return lock(&self.book)
                .take(cost, priority, now)
                .map(|sent| grant(sent, None));
        };
        let id = store.next_id();
        let (patience, deadline) = (millis_until(patience), millis_until(deadline));
        // Boxed, so that a call without Redis does not carry the states of one with it.
        let asked = Box::pin(store.take(id, cost, priority, patience, deadline));
        match asked.await {
            Some(Answer::Granted(there)) => {
                let sent = lock(&self.book).book(cost, self.now());
                Ok(grant(sent, Some((id, there))))
            }
            Some(Answer::Wait(wait)) => Err(wait),
            // Redis is lost: this process goes on by what it holds itself.
            None => {
                let sent = lock(&self.book).take(cost, priority, self.now())?;
                store.owe(id, cost, deadline);
                Ok(grant(sent, Some((id, Sent::default()))))
            }
        }
    }

    /// Points that this process holds now: in flight, and answered less than a window ago.
    pub fn held(&self) -> u32 {
        let now = self.now();
        lock(&self.book).held(now)
    }

    fn end(&self, cost: u32, sent: Sent, shared: Option<(u64, Sent)>, end: End) {
        let now = self.now();
        let hold = {
            let mut book = lock(&self.book);
            book.end(cost, sent, end, now);
            book.hold(end)
        };
        self.freed.notify_waiters();
        if let (Some(store), Some((id, there))) = (&self.shared, shared) {
            store.end(id, cost, there, end, hold);
        }
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

impl Grant {
    /// A complete answer came, with these headers.
    pub(super) fn answered(mut self, rate: &RateHeaders) {
        self.settle(End::Answered(*rate));
    }

    /// The request may have reached the API, but its answer is lost.
    pub(super) fn lost(mut self) {
        self.settle(End::Lost);
    }

    /// Nothing was sent.
    pub(super) fn unused(mut self) {
        self.settle(End::Unused);
    }

    fn settle(&mut self, end: End) {
        if let Some(points) = self.points.take() {
            points.end(self.cost, self.sent, self.shared, end);
        }
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.settle(End::Lost);
    }
}

/// A place in the queue, given up when dropped.
struct Queued<'a> {
    points: &'a Points,
    priority: Priority,
}

impl<'a> Queued<'a> {
    fn new(points: &'a Points, priority: Priority) -> Self {
        if let Some(count) = lock(&points.waiting).get_mut(priority.index()) {
            *count += 1;
        }
        Self { points, priority }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        if let Some(count) = lock(&self.points.waiting).get_mut(self.priority.index()) {
            *count = count.saturating_sub(1);
        }
        self.points.freed.notify_waiters();
    }
}

/// Whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn millis_until(moment: Instant) -> u64 {
    millis(moment.saturating_duration_since(Instant::now()))
}
