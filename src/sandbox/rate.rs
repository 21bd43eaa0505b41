//! The points window of one shop (vendor docs: Rate Limits), in both models the docs can be read as.

use std::collections::VecDeque;

use super::config::{Config, Model};

/// Points of one shop. Instants are unix milliseconds of the sandbox clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Points {
    /// Fixed model: points used in the open window.
    used: u32,
    /// Fixed model: unix second at which the window ends; 0 when none was opened yet.
    reset: i64,
    /// Rolling model: admitted charges, oldest first, with their instants.
    charges: VecDeque<(i64, u32)>,
}

/// Where a request stands after its charge; what the rate headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Points of a window.
    pub(super) limit: u32,
    /// Points left.
    pub(super) remaining: u32,
    /// Unix second at which the window ends.
    pub(super) reset: i64,
    /// Whole seconds to wait; present when the request is rejected.
    pub(super) retry_after: Option<i64>,
}

impl Points {
    /// Charges a request and says whether it is admitted.
    pub(super) fn charge(&mut self, now: i64, cost: u32, config: &Config) -> Standing {
        match config.rate_model {
            Model::Fixed => self.charge_fixed(now, cost, config),
            Model::Rolling => self.charge_rolling(now, cost, config),
        }
    }

    /// Whether a request would be admitted, without charging it.
    pub(super) fn admits(&self, now: i64, cost: u32, config: &Config) -> bool {
        self.clone().charge(now, cost, config).retry_after.is_none()
    }

    /// Points used and the second they come back, without charging.
    pub(super) fn state(&self, now: i64, config: &Config) -> (u32, i64) {
        let mut copy = self.clone();
        match config.rate_model {
            Model::Fixed => {
                copy.open(now, config);
                (copy.used, copy.reset)
            }
            Model::Rolling => {
                copy.drop_old(now, config);
                (copy.rolling_used(), copy.rolling_reset(now, config))
            }
        }
    }

    /// Sets the points used and the second they come back.
    pub(super) fn set(&mut self, now: i64, used: u32, reset: i64, config: &Config) {
        self.used = used;
        self.reset = reset;
        self.charges.clear();
        if used > 0 && reset.saturating_mul(1_000) > now {
            let window = i64::from(config.rate_window_s);
            self.charges
                .push_back((reset.saturating_sub(window).saturating_mul(1_000), used));
        }
    }

    fn charge_fixed(&mut self, now: i64, cost: u32, config: &Config) -> Standing {
        self.open(now, config);
        self.used = self.used.saturating_add(cost);
        let rejected = self.used > config.rate_limit;
        Standing {
            limit: config.rate_limit,
            remaining: config.rate_limit.saturating_sub(self.used),
            reset: self.reset,
            retry_after: rejected.then(|| (self.reset - second(now)).max(1)),
        }
    }

    fn open(&mut self, now: i64, config: &Config) {
        if second(now) >= self.reset {
            self.used = 0;
            self.reset = second(now) + i64::from(config.rate_window_s);
        }
    }

    fn charge_rolling(&mut self, now: i64, cost: u32, config: &Config) -> Standing {
        self.drop_old(now, config);
        let fits = self.rolling_used().saturating_add(cost) <= config.rate_limit;
        let retry_after = (!fits).then(|| self.wait(now, cost, config));
        if fits {
            self.charges.push_back((now, cost));
        }
        Standing {
            limit: config.rate_limit,
            remaining: config.rate_limit.saturating_sub(self.rolling_used()),
            reset: self.rolling_reset(now, config),
            retry_after,
        }
    }

    fn drop_old(&mut self, now: i64, config: &Config) {
        while self
            .charges
            .front()
            .is_some_and(|(at, _)| at + window_ms(config) <= now)
        {
            self.charges.pop_front();
        }
    }

    fn rolling_used(&self) -> u32 {
        self.charges
            .iter()
            .fold(0_u32, |sum, (_, cost)| sum.saturating_add(*cost))
    }

    fn rolling_reset(&self, now: i64, config: &Config) -> i64 {
        let oldest = self.charges.front().map_or(now, |(at, _)| *at);
        second_up(oldest + window_ms(config))
    }

    /// Seconds until enough old charges have left for the cost to fit.
    fn wait(&self, now: i64, cost: u32, config: &Config) -> i64 {
        let mut used = self.rolling_used();
        for (at, charged) in &self.charges {
            used = used.saturating_sub(*charged);
            if used.saturating_add(cost) <= config.rate_limit {
                return second_up(at + window_ms(config) - now).max(1);
            }
        }
        i64::from(config.rate_window_s)
    }
}

fn window_ms(config: &Config) -> i64 {
    i64::from(config.rate_window_s) * 1_000
}

/// The second an instant lies in.
pub(super) const fn second(ms: i64) -> i64 {
    ms.div_euclid(1_000)
}

const fn second_up(ms: i64) -> i64 {
    second(ms + 999)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn standing(remaining: u32, reset: i64, retry_after: Option<i64>) -> Standing {
        Standing {
            limit: 360,
            remaining,
            reset,
            retry_after,
        }
    }

    #[test]
    fn the_contract_table_of_the_fixed_window() {
        let config = Config::default();
        let mut points = Points::default();
        assert_eq!(points.charge(100_200, 1, &config), standing(359, 160, None));
        assert_eq!(points.charge(101_000, 2, &config), standing(357, 160, None));
        for left in (0..357).rev() {
            assert_eq!(
                points.charge(130_900, 1, &config),
                standing(left, 160, None)
            );
        }
        assert!(!points.admits(136_100, 1, &config));
        assert_eq!(
            points.charge(136_100, 1, &config),
            standing(0, 160, Some(24))
        );
        assert_eq!(points.state(136_100, &config), (361, 160));
        assert_eq!(points.charge(160_000, 1, &config), standing(359, 220, None));
    }

    #[test]
    fn a_rejected_write_closes_the_fixed_window_for_reads() {
        let config = Config::default();
        let mut points = Points::default();
        points.set(100_000, 359, 160, &config);
        assert_eq!(
            points.charge(159_900, 2, &config),
            standing(0, 160, Some(1))
        );
        assert_eq!(
            points.charge(159_900, 1, &config),
            standing(0, 160, Some(1))
        );
    }

    #[test]
    fn rolling_counts_admitted_requests_for_a_window_each() {
        let config = Config {
            rate_model: Model::Rolling,
            rate_limit: 3,
            ..Config::default()
        };
        let small = |remaining, reset, retry_after| Standing {
            limit: 3,
            remaining,
            reset,
            retry_after,
        };
        let mut points = Points::default();
        assert_eq!(points.charge(100_200, 1, &config), small(2, 161, None));
        assert_eq!(points.charge(110_000, 1, &config), small(1, 161, None));
        // A write needs both charges' room? No: one leaving is enough.
        assert_eq!(points.charge(136_100, 2, &config), small(1, 161, Some(25)));
        assert_eq!(points.charge(136_100, 1, &config), small(0, 161, None));
        assert_eq!(points.charge(140_000, 2, &config), small(0, 161, Some(30)));
        assert_eq!(points.charge(160_200, 1, &config), small(0, 170, None));
        assert_eq!(points.state(500_000, &config), (0, 560));
    }
}
