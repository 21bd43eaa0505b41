//! The book of one budget: what is held, what the API told, and who may go.
//!
//! Pure over an explicit `now`, in milliseconds from any start, so a day runs in a test in seconds. The
//! script beside it (`shared.lua`) keeps the same book in Redis; a test holds the two together.

use std::collections::VecDeque;

use super::{PointsLimit, Priority, RateHeaders, millis};

/// Releases are booked to steps of this length, rounded up, so memory stays bounded. Milliseconds.
pub(super) const STEP: u64 = 100;
/// Most points kept for confirmed writes.
pub const RESERVE: u32 = 20;
/// More than any budget has.
const PLENTY: u32 = 1_000_000_000;
/// Windows for which others are reckoned with after their use has shown.
const OTHERS: u64 = 5;
/// Time without an answer after which old news of others is doubted. Milliseconds.
const QUIET: u64 = 5_000;

/// What is remembered of a request from its sending until its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// When, by the clock of the book.
    pub at: u64,
    /// Points released by then.
    pub released: u64,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A complete answer came.
    Answered(RateHeaders),
    /// It may have reached the API, now or later, but its answer is lost.
    Lost,
    /// Nothing was sent.
    Unused,
}

/// The book.
#[derive(Debug)]
pub(super) struct Book {
    limit: PointsLimit,
    window: u64,
    in_flight: u32,
    /// Points by the moment at which they are released, soonest first.
    tail: VecDeque<(u64, u32)>,
    held: u32,
    released: u64,
    told: Option<Told>,
}

/// What the API's newest answer said.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// Points left then, less what may not have been counted yet and what was sent since.
    left: u32,
    /// Kept of them for confirmed writes.
    reserve: u32,
    /// Points of others, at the least.
    foreign: u32,
    /// When the answer came.
    at: u64,
    /// When the API's window, or the oldest charge in it, has gone.
    reset: u64,
    /// Until when others are reckoned with, since their use has shown.
    others: u64,
}

impl Told {
    /// When it is of no use any more.
    fn ends(&self, now: u64) -> u64 {
        match self.others > now {
            true => self.reset.max(self.at + QUIET),
            false => self.reset,
        }
    }
}

impl Book {
    /// An untouched one.
    pub(super) fn new(limit: PointsLimit) -> Self {
        Self {
            limit,
            window: millis(limit.window).max(1),
            in_flight: 0,
            tail: VecDeque::new(),
            held: 0,
            released: 0,
            told: None,
        }
    }

    /// Takes the points, or says in how many milliseconds they may fit.
    pub(super) fn take(&mut self, cost: u32, priority: Priority, now: u64) -> Result<Sent, u64> {
        self.expire(now);
        let kept = |reserve: u32| match priority {
            Priority::Commit => 0,
            Priority::Normal | Priority::Poll => reserve,
        };
        let cap = self
            .limit
            .points
            .saturating_sub(kept(reserve(self.limit.points)));
        let Some((foreign, left, reserve)) = self.news(now) else {
            return Err(STEP);
        };
        let over = self.held.saturating_add(foreign).saturating_add(cost);
        let over = over.saturating_sub(cap);
        if over > 0 {
            return Err(self.free_in(over, foreign, now));
        }
        if let Some(told) = &mut self.told {
            if left < cost + kept(reserve) {
                return Err(told.ends(now).saturating_sub(now).max(STEP));
            }
            told.left = told.left.saturating_sub(cost);
        }
        Ok(self.book(cost, now))
    }

    /// Books points that were granted elsewhere.
    pub(super) fn book(&mut self, cost: u32, now: u64) -> Sent {
        self.held = self.held.saturating_add(cost);
        self.in_flight = self.in_flight.saturating_add(cost);
        Sent {
            at: now,
            released: self.released,
        }
    }

    /// Books how a request ended.
    pub(super) fn end(&mut self, cost: u32, sent: Sent, end: End, now: u64) {
        self.expire(now);
        if let End::Answered(rate) = end {
            self.learn(cost, sent, &rate, now);
        }
        self.in_flight = self.in_flight.saturating_sub(cost);
        match self.hold(end) {
            Some(hold) => self.keep(cost, now + hold),
            None => {
                self.held = self.held.saturating_sub(cost);
                if let Some(told) = &mut self.told {
                    told.left = told.left.saturating_add(cost);
                }
            }
        }
    }

    /// How long points stay held after a request has ended so.
    pub(super) fn hold(&self, end: End) -> Option<u64> {
        match end {
            End::Answered(_) => Some(self.window),
            End::Lost => Some(self.window + self.window / 2),
            End::Unused => None,
        }
    }

    /// Points held: in flight, and answered less than a window ago.
    pub(super) fn held(&mut self, now: u64) -> u32 {
        self.expire(now);
        self.held
    }

    fn learn(&mut self, cost: u32, sent: Sent, rate: &RateHeaders, now: u64) {
        let (Some(remaining), Some(reset_in)) = (rate.remaining, rate.reset_in) else {
            return;
        };
        let limit = rate.limit.unwrap_or(u32::MAX).min(self.limit.points);
        let foreign = limit.saturating_sub(remaining).saturating_sub(self.counted(
            sent,
            millis(reset_in),
            now,
        ));
        let others = match (foreign, self.told) {
            (0, told) => told.map_or(0, |told| told.others),
            _ => now + OTHERS * self.window,
        };
        let mut left = match others > now {
            true => {
                let hidden = self.uncounted(now).saturating_sub(cost);
                remaining.saturating_sub(hidden)
            }
            // Without a sign of others our own count is the exact one.
            false if remaining > 0 => PLENTY,
            false => 0,
        };
        let mut foreign = foreign;
        // No window is longer than the budget's, whatever a header or a clock says.
        let reset = now + millis(reset_in).min(self.window);
        if let Some(told) = self.told
            && sent.at < told.at
            && reset.abs_diff(told.reset) < 2_000
        {
            // The older of two answers may arrive late and tell too much.
            left = left.min(told.left);
            foreign = foreign.max(told.foreign);
        }
        self.told = Some(Told {
            left,
            reserve: reserve(limit),
            foreign,
            at: now,
            reset,
            others,
        });
    }

    /// The most of ours that the API can have counted when it wrote an answer: what is held, and what
    /// was until a moment ago, but for what was answered before the API's window began.
    fn counted(&self, sent: Sent, reset_in: u64, now: u64) -> u32 {
        // Both the time and the reset are told in whole seconds.
        let reset = sent.at + reset_in.min(self.window).saturating_sub(2_000);
        let past = self.tail.iter().take_while(|(at, _)| *at < reset);
        let past: u32 = past.map(|(_, points)| points).sum();
        let released = match reset > now {
            true => 0,
            false => self.released - sent.released.min(self.released),
        };
        let released = u32::try_from(released).unwrap_or(u32::MAX);
        self.held.saturating_sub(past).saturating_add(released)
    }

    /// What is known of others: their points, what the API left, and what of that is kept for confirmed
    /// writes. `None` while one request asks anew, as one may when no answer has told for a while.
    fn news(&self, now: u64) -> Option<(u32, u32, u32)> {
        match self.told {
            None => Some((0, PLENTY, 0)),
            Some(told) if told.ends(now) > now => match told.others > now {
                true => Some((told.foreign, told.left, told.reserve)),
                false => Some((0, told.left, 0)),
            },
            Some(told) if told.others > now && self.uncounted(now) > 0 => None,
            Some(_) => Some((0, PLENTY, 0)),
        }
    }

    /// Points that the API may not have counted yet: in flight, and lost a short while ago.
    fn uncounted(&self, now: u64) -> u32 {
        let lost = self.tail.iter().rev();
        let lost = lost.take_while(|(at, _)| *at > now + self.window + STEP);
        self.in_flight + lost.map(|(_, points)| points).sum::<u32>()
    }

    /// When the points held beyond the cap are released, at the soonest.
    fn free_in(&self, over: u32, foreign: u32, now: u64) -> u64 {
        let mut freed = 0;
        let mut wait = self.window;
        for (at, points) in &self.tail {
            freed += points;
            if freed >= over {
                wait = at.saturating_sub(now);
                break;
            }
        }
        // The rest is in flight: released a window after its answer.
        wait = wait.min(self.window);
        if let Some(told) = self.told
            && foreign > 0
        {
            wait = wait.min(told.ends(now).saturating_sub(now));
        }
        wait.max(STEP)
    }

    fn keep(&mut self, cost: u32, until: u64) {
        let at = until.div_ceil(STEP) * STEP;
        // Releases come nearly in order; only a lost answer's is far behind the others.
        let place = self.tail.iter().rposition(|(other, _)| *other <= at);
        match place.and_then(|place| self.tail.get_mut(place)) {
            Some((other, points)) if *other == at => *points += cost,
            Some(_) | None => self
                .tail
                .insert(place.map_or(0, |place| place + 1), (at, cost)),
        }
    }

    fn expire(&mut self, now: u64) {
        while let Some((at, points)) = self.tail.front().copied()
            && at <= now
        {
            self.tail.pop_front();
            self.held = self.held.saturating_sub(points);
            self.released += u64::from(points);
        }
    }
}

/// Points of a budget that only confirmed writes may use.
pub(super) fn reserve(limit: u32) -> u32 {
    RESERVE.min(limit / 4)
}
