//! The API's own counting, in both ways its documentation can be read, written apart from all else here.

use std::collections::VecDeque;

/// Points the API allows.
pub(super) const LIMIT: u32 = 360;
const WINDOW: u64 = 60_000;

/// Whose a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Others,
}

/// How a window is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    /// The first request opens it; refused requests count; it ends a window later, on a second.
    Fixed,
    /// Each admitted request counts for a window of its own.
    Rolling,
}

/// What a request was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub admitted: bool,
    /// Whether our own points alone would have been too many.
    pub by_ours_alone: bool,
    pub remaining: u32,
    /// Second at which the window ends.
    pub reset: u64,
}

#[derive(Debug)]
pub(super) struct Api {
    model: Model,
    /// Fixed: the second at which the window ends.
    reset: u64,
    /// Charges that count, oldest first.
    charges: VecDeque<(u64, u32, Whose)>,
    used: u32,
    ours: u32,
}

impl Api {
    pub(super) fn new(model: Model) -> Self {
        Self {
            model,
            reset: 0,
            charges: VecDeque::new(),
            used: 0,
            ours: 0,
        }
    }

    pub(super) fn charge(&mut self, now: u64, cost: u32, whose: Whose) -> Told {
        match self.model {
            Model::Fixed if now / 1_000 >= self.reset => {
                self.reset = now / 1_000 + WINDOW / 1_000;
                self.used = 0;
                self.ours = 0;
                self.charges.clear();
            }
            Model::Fixed => {}
            Model::Rolling => self.drop_old(now),
        }
        let admitted = self.used + cost <= LIMIT;
        let by_ours_alone = whose == Whose::Ours && self.ours + cost > LIMIT;
        if admitted || self.model == Model::Fixed {
            self.used += cost;
            if whose == Whose::Ours {
                self.ours += cost;
            }
            self.charges.push_back((now, cost, whose));
        }
        let reset = match self.model {
            Model::Fixed => self.reset,
            Model::Rolling => self
                .charges
                .front()
                .map_or(now, |(at, ..)| at + WINDOW)
                .div_ceil(1_000),
        };
        Told {
            admitted,
            by_ours_alone,
            remaining: LIMIT.saturating_sub(self.used),
            reset,
        }
    }

    /// Points of others that count and were charged after a moment.
    pub(super) fn others_since(&self, moment: u64) -> u32 {
        let late = self
            .charges
            .iter()
            .rev()
            .take_while(|(at, ..)| *at > moment);
        let others = late.filter(|(.., whose)| *whose == Whose::Others);
        others.map(|(_, cost, _)| cost).sum()
    }

    /// Points that count.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    fn drop_old(&mut self, now: u64) {
        while let Some((at, cost, whose)) = self.charges.front().copied()
            && at + WINDOW <= now
        {
            self.charges.pop_front();
            self.used -= cost;
            if whose == Whose::Ours {
                self.ours -= cost;
            }
        }
    }
}
