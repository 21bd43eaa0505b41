//! The points budget of one shop, in memory.
//!
//! A request holds its points from the moment it is sent until its answer + one window; one whose
//! answer is lost, until one and a half windows after it was given up. Held points never exceed the
//! limit, so no window on the API's side can, whatever the latency. The budget is shared with the
//! merchant's other apps, so what the API says is left counts when it is less than our own count.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{SILENT_WAIT, UpstreamError, lock};

/// Releases are booked to steps of this length, rounded up, so memory stays bounded.
const STEP: Duration = Duration::from_millis(100);
/// Most points kept for confirmed writes.
const RESERVE: u32 = 20;

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
    book: Mutex<Book>,
    freed: Notify,
}

#[derive(Debug)]
struct Book {
    start: Instant,
    in_flight: u32,
    /// Points by the step in which they are released.
    tail: BTreeMap<u128, u32>,
    held: u32,
    told: Option<Told>,
    waiting: [u32; 3],
}

/// What the API said is left, less what was sent since.
#[derive(Debug, Clone, Copy)]
struct Told {
    left: u32,
    /// Kept of it for confirmed writes.
    reserve: u32,
    until: Instant,
}

/// Points of one request; dropping it unanswered counts as a lost answer.
#[derive(Debug)]
pub(super) struct Grant {
    points: Option<Arc<Points>>,
    cost: u32,
}

impl Points {
    /// An untouched budget.
    pub fn new(limit: PointsLimit) -> Self {
        Self {
            limit,
            book: Mutex::new(Book {
                start: Instant::now(),
                in_flight: 0,
                tail: BTreeMap::new(),
                held: 0,
                told: None,
                waiting: [0; 3],
            }),
            freed: Notify::new(),
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
            return Ok(Grant { points: None, cost });
        }
        let patience = (Instant::now() + SILENT_WAIT).min(deadline);
        let mut queued: Option<Queued<'_>> = None;
        loop {
            let freed = self.freed.notified();
            let now = Instant::now();
            let wait = match lock(&self.book).take(cost, priority, self.limit, now) {
                Ok(()) => {
                    return Ok(Grant {
                        points: Some(Arc::clone(self)),
                        cost,
                    });
                }
                Err(wait) => wait,
            };
            if now + wait > patience {
                return Err(UpstreamError::OutOfPoints { cost, wait });
            }
            queued.get_or_insert_with(|| Queued::new(self, priority));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = freed => {}
            }
        }
    }

    /// Books what an answer's headers said. Call before its grant is settled.
    pub(super) fn learn(&self, rate: &RateHeaders, cost: u32, now: Instant) {
        let (Some(remaining), Some(reset_in)) = (rate.remaining, rate.reset_in) else {
            return;
        };
        let mut book = lock(&self.book);
        let others = book.in_flight.saturating_sub(cost);
        let mut left = remaining.saturating_sub(others);
        // No window is longer than the budget's, whatever a header or a clock says.
        let until = now + reset_in.min(self.limit.window);
        // Within one window an older answer may arrive late and tell too much.
        if let Some(told) = book.told
            && until.max(told.until) - until.min(told.until) < Duration::from_secs(2)
        {
            left = left.min(told.left);
        }
        let limit = rate.limit.unwrap_or(u32::MAX).min(self.limit.points);
        book.told = Some(Told {
            left,
            reserve: reserve(limit),
            until,
        });
    }

    /// Points held now: in flight, and answered less than a window ago.
    pub fn held(&self) -> u32 {
        let mut book = lock(&self.book);
        book.expire(Instant::now());
        book.held
    }

    fn settle(&self, cost: u32, hold: Option<Duration>) {
        let now = Instant::now();
        {
            let mut book = lock(&self.book);
            book.in_flight = book.in_flight.saturating_sub(cost);
            match hold {
                Some(hold) => book.hold(cost, now + hold),
                None => {
                    book.held = book.held.saturating_sub(cost);
                    if let Some(told) = &mut book.told {
                        told.left = told.left.saturating_add(cost);
                    }
                }
            }
        }
        self.freed.notify_waiters();
    }
}

/// Points of a budget that only confirmed writes may use.
fn reserve(limit: u32) -> u32 {
    RESERVE.min(limit / 4)
}

impl Book {
    /// Takes the points, or says how long until they may fit.
    fn take(
        &mut self,
        cost: u32,
        priority: Priority,
        limit: PointsLimit,
        now: Instant,
    ) -> Result<(), Duration> {
        self.expire(now);
        let ahead = self.waiting.iter().take(priority.index()).any(|n| *n > 0);
        if ahead {
            return Err(STEP);
        }
        let kept = |reserve: u32| match priority {
            Priority::Commit => 0,
            Priority::Normal | Priority::Poll => reserve,
        };
        let cap = limit.points.saturating_sub(kept(reserve(limit.points)));
        let over = (self.held + cost).saturating_sub(cap);
        if over > 0 {
            return Err(self.free_in(over, limit.window, now));
        }
        if let Some(told) = &mut self.told {
            if told.left < cost + kept(told.reserve) {
                return Err(told.until.saturating_duration_since(now).max(STEP));
            }
            told.left -= cost;
        }
        self.held += cost;
        self.in_flight += cost;
        Ok(())
    }

    /// When the points held beyond the cap are released, at the soonest.
    fn free_in(&self, over: u32, window: Duration, now: Instant) -> Duration {
        let mut freed = 0;
        for (step, points) in &self.tail {
            freed += points;
            if freed >= over {
                return self.instant(*step).saturating_duration_since(now).max(STEP);
            }
        }
        // The rest is in flight: released a window after its answer.
        window
    }

    fn hold(&mut self, cost: u32, until: Instant) {
        let step = (until - self.start).as_millis().div_ceil(STEP.as_millis());
        *self.tail.entry(step).or_default() += cost;
    }

    fn expire(&mut self, now: Instant) {
        let current = (now - self.start).as_millis() / STEP.as_millis();
        while let Some(first) = self.tail.first_entry() {
            if *first.key() > current {
                break;
            }
            self.held = self.held.saturating_sub(first.remove());
        }
        if self.told.is_some_and(|told| told.until <= now) {
            self.told = None;
        }
    }

    fn instant(&self, step: u128) -> Instant {
        let millis = u64::try_from(step * STEP.as_millis()).unwrap_or(u64::MAX);
        self.start + Duration::from_millis(millis)
    }
}

impl Grant {
    /// Points the grant is for.
    pub(super) const fn cost(&self) -> u32 {
        self.cost
    }

    /// A complete answer came.
    pub(super) fn answered(mut self) {
        self.settle(|limit| Some(limit.window));
    }

    /// The request may have reached the API, but its answer is lost.
    pub(super) fn lost(mut self) {
        self.settle(|limit| Some(limit.window + limit.window / 2));
    }

    /// Nothing was sent.
    pub(super) fn unused(mut self) {
        self.settle(|_| None);
    }

    fn settle(&mut self, hold: impl FnOnce(PointsLimit) -> Option<Duration>) {
        if let Some(points) = self.points.take() {
            points.settle(self.cost, hold(points.limit));
        }
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.settle(|limit| Some(limit.window + limit.window / 2));
    }
}

/// A place in the queue, given up when dropped.
struct Queued<'a> {
    points: &'a Points,
    priority: Priority,
}

impl<'a> Queued<'a> {
    fn new(points: &'a Points, priority: Priority) -> Self {
        if let Some(count) = lock(&points.book).waiting.get_mut(priority.index()) {
            *count += 1;
        }
        Self { points, priority }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        if let Some(count) = lock(&self.points.book)
            .waiting
            .get_mut(self.priority.index())
        {
            *count = count.saturating_sub(1);
        }
        self.points.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: PointsLimit = PointsLimit {
        points: 40,
        window: Duration::from_secs(60),
    };

    fn book(start: Instant) -> Book {
        Book {
            start,
            in_flight: 0,
            tail: BTreeMap::new(),
            held: 0,
            told: None,
            waiting: [0; 3],
        }
    }

    fn answer(book: &mut Book, cost: u32, at: Instant) {
        book.in_flight -= cost;
        book.hold(cost, at + LIMIT.window);
    }

    #[test]
    fn points_come_back_a_window_after_the_answer() {
        let start = Instant::now();
        let mut book = book(start);
        for _ in 0..20 {
            book.take(2, Priority::Commit, LIMIT, start).unwrap();
        }
        // All in flight: the soonest release is a window away.
        assert_eq!(
            book.take(1, Priority::Commit, LIMIT, start),
            Err(LIMIT.window)
        );
        answer(&mut book, 2, start + Duration::from_secs(3));
        let now = start + Duration::from_secs(10);
        assert_eq!(
            book.take(1, Priority::Commit, LIMIT, now),
            Err(Duration::from_secs(53))
        );
        let later = start + Duration::from_secs(63);
        assert_eq!(book.take(2, Priority::Commit, LIMIT, later), Ok(()));
        assert_eq!(book.held, 40);
    }

    #[test]
    fn a_quarter_of_a_small_budget_is_kept_for_commits() {
        let start = Instant::now();
        let mut book = book(start);
        for _ in 0..30 {
            book.take(1, Priority::Normal, LIMIT, start).unwrap();
        }
        assert!(book.take(1, Priority::Normal, LIMIT, start).is_err());
        assert!(book.take(1, Priority::Poll, LIMIT, start).is_err());
        assert_eq!(book.take(2, Priority::Commit, LIMIT, start), Ok(()));
    }

    #[test]
    fn who_waits_with_a_higher_priority_goes_first() {
        let start = Instant::now();
        let mut book = book(start);
        book.waiting = [1, 0, 0];
        assert_eq!(book.take(1, Priority::Normal, LIMIT, start), Err(STEP));
        assert_eq!(book.take(1, Priority::Commit, LIMIT, start), Ok(()));
    }

    #[tokio::test]
    async fn what_the_api_says_is_left_counts_when_it_is_less() {
        let points = Arc::new(Points::new(LIMIT));
        let deadline = Instant::now() + Duration::from_secs(45);
        let grant = points.acquire(1, Priority::Normal, deadline).await.unwrap();
        let rate = RateHeaders {
            limit: None,
            remaining: Some(12),
            reset_in: Some(Duration::from_secs(30)),
        };
        points.learn(&rate, grant.cost(), Instant::now());
        grant.answered();
        let second = points.acquire(2, Priority::Normal, deadline).await.unwrap();
        let error = points
            .acquire(1, Priority::Normal, deadline)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the shop's request budget is used up; 1 points are free again in 29 s"
        );
        // The reserve stays for what cannot be taken back.
        let commit = points.acquire(2, Priority::Commit, deadline).await;
        commit.unwrap().unused();
        // Nothing was sent after all: the points are free at once.
        second.unused();
        assert!(points.acquire(2, Priority::Normal, deadline).await.is_ok());
    }

    #[test]
    fn headers_outside_all_reason_do_no_more_than_a_window() {
        let points = Points::new(LIMIT);
        let now = Instant::now();
        let rate = RateHeaders {
            limit: Some(0),
            remaining: Some(0),
            reset_in: Some(Duration::MAX),
        };
        points.learn(&rate, u32::MAX, now);
        let mut book = lock(&points.book);
        assert_eq!(
            book.take(1, Priority::Commit, LIMIT, now),
            Err(LIMIT.window)
        );
        let later = now + LIMIT.window;
        assert_eq!(book.take(1, Priority::Commit, LIMIT, later), Ok(()));
    }

    #[tokio::test]
    async fn a_dropped_grant_stays_held() {
        let points = Arc::new(Points::new(LIMIT));
        let deadline = Instant::now() + Duration::from_secs(45);
        drop(points.acquire(2, Priority::Normal, deadline).await.unwrap());
        assert_eq!(points.held(), 2);
    }

    proptest! {
        /// Whatever the order and latency of answers, no 60 s window on the API's side that charges
        /// a request at any moment between sending and answer sees more than the limit.
        #[test]
        fn no_window_of_the_api_is_overdrawn(
            calls in prop::collection::vec((0_u64..4_000, 0_u64..25_000, 1_u32..=2, 0.0_f64..=1.0), 1..400)
        ) {
            let start = Instant::now();
            let mut book = book(start);
            let mut now = start;
            let mut open: Vec<(Instant, u32)> = Vec::new();
            let mut charged: Vec<(Instant, u32)> = Vec::new();
            for (gap, latency, cost, moment) in calls {
                now += Duration::from_millis(gap);
                open.sort();
                while let Some(&(at, cost)) = open.first() && at <= now {
                    answer(&mut book, cost, at);
                    open.remove(0);
                }
                if book.take(cost, Priority::Commit, LIMIT, now).is_ok() {
                    let latency = Duration::from_millis(latency);
                    open.push((now + latency, cost));
                    charged.push((now + latency.mul_f64(moment), cost));
                }
            }
            charged.sort();
            for (from, _) in &charged {
                let sum: u32 = charged.iter()
                    .filter(|(at, _)| at >= from && *at < *from + LIMIT.window)
                    .map(|(_, cost)| cost)
                    .sum();
                prop_assert!(sum <= LIMIT.points, "{sum} points in a window");
            }
        }
    }
}
