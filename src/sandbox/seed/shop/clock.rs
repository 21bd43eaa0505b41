//! Days counted back from the instant a shop is generated for.

use chrono::{DateTime, Datelike, Utc};

/// Seconds of one day.
pub(super) const DAY: i64 = 86_400;
/// Days of history before now.
pub(super) const HISTORY: i64 = 90;

/// Turns "so many days ago" into instants; all in whole unix seconds, UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Now.
    pub(super) now: i64,
    /// Midnight before now.
    today: i64,
    /// First midnight of now's month.
    pub(super) month: i64,
}

impl Clock {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        let seconds = now.timestamp();
        let today = seconds - seconds.rem_euclid(DAY);
        Self {
            now: seconds,
            today,
            month: today - i64::from(now.day() - 1) * DAY,
        }
    }

    /// Where the history begins.
    pub(super) const fn start(self) -> i64 {
        self.now - HISTORY * DAY
    }

    /// Midnight that opened the day so many days ago.
    pub(super) const fn days_ago(self, days: i64) -> i64 {
        self.today - days * DAY
    }

    /// How many days ago the day of an instant was; 0 is today.
    pub(super) const fn age(self, at: i64) -> i64 {
        (self.today + DAY - 1 - at).div_euclid(DAY)
    }
}

/// The weekday of an instant, Monday 0 to Sunday 6.
pub(super) fn weekday(at: i64) -> usize {
    // The epoch was a Thursday.
    usize::try_from((at.div_euclid(DAY) + 3).rem_euclid(7)).unwrap_or(0)
}

/// The hour of an instant, 0 to 23.
pub(super) fn hour(at: i64) -> usize {
    usize::try_from(at.rem_euclid(DAY) / 3_600).unwrap_or(0)
}

/// The instant of unix seconds.
pub(super) fn instant(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_back_from_midnight() {
        let now: DateTime<Utc> = "2026-03-31T12:00:00Z".parse().unwrap();
        let clock = Clock::new(now);
        assert_eq!(
            instant(clock.month).to_rfc3339(),
            "2026-03-01T00:00:00+00:00"
        );
        assert_eq!(
            instant(clock.days_ago(3)).to_rfc3339(),
            "2026-03-28T00:00:00+00:00"
        );
        for days in [0, 1, 3, 90] {
            assert_eq!(clock.age(clock.days_ago(days)), days);
            assert_eq!(clock.age(clock.days_ago(days) + DAY - 1), days);
        }
        // A Tuesday.
        assert_eq!((weekday(clock.now), hour(clock.now)), (1, 12));
    }
}
