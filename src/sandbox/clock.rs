//! The sandbox's time: system time plus an offset, or frozen; it only moves forward.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// A move that the clock refuses, with the reason for the caller.
pub(super) type Refused = String;

/// The clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Added to system time, in milliseconds.
    pub(super) offset_ms: i64,
    /// The instant it stands at, when it stands; unix milliseconds.
    pub(super) frozen_ms: Option<i64>,
}

/// A wish to move the clock; the parts are done in this order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Move {
    /// Jump to an instant not before the current second.
    pub(super) now: Option<DateTime<Utc>>,
    /// Go forward by so many milliseconds.
    pub(super) advance_ms: u32,
    /// Stand still from now on, or run again.
    pub(super) frozen: Option<bool>,
}

impl Clock {
    /// A running clock that shows `now` at the system time `system`.
    pub(super) fn showing(now: DateTime<Utc>, system: DateTime<Utc>) -> Self {
        Self {
            offset_ms: now.timestamp_millis() - system.timestamp_millis(),
            frozen_ms: None,
        }
    }

    /// What it shows, in whole milliseconds.
    pub(super) fn now(&self, system: DateTime<Utc>) -> DateTime<Utc> {
        let shown = match self.frozen_ms {
            Some(frozen) => DateTime::from_timestamp_millis(frozen),
            None => DateTime::from_timestamp_millis(
                system.timestamp_millis().saturating_add(self.offset_ms),
            ),
        };
        shown.unwrap_or(system)
    }

    /// The clock after a move.
    ///
    /// # Errors
    /// When it would go backward, or beyond the dates there are.
    pub(super) fn moved(&self, wish: Move, system: DateTime<Utc>) -> Result<Self, Refused> {
        let current = self.now(system);
        let jumped = match wish.now {
            // The API shows whole seconds; giving back what it showed is no move backward.
            Some(wanted) if wanted < current.trunc_subsecs(0) => {
                return Err(format!(
                    "now must not be before {}; only a reset goes backward",
                    text(current)
                ));
            }
            Some(wanted) => wanted.max(current),
            None => current,
        };
        let target = jumped
            .checked_add_signed(TimeDelta::milliseconds(i64::from(wish.advance_ms)))
            .filter(|target| target.format("%Y").to_string().len() == 4)
            .ok_or("now must be before the year 10000")?;
        let running = Self::showing(target, system);
        let stands = wish.frozen.unwrap_or(self.frozen_ms.is_some());
        Ok(Self {
            frozen_ms: stands.then(|| target.timestamp_millis()),
            ..running
        })
    }
}

/// An instant as v2 prints it: whole seconds, UTC.
pub(super) fn text(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const FIXTURE: &str = "2026-03-31T12:00:00Z";

    #[test]
    fn runs_with_system_time_and_stands_when_frozen() {
        let system = at("2026-05-01T00:00:00Z");
        let later = at("2026-05-01T00:00:05Z");
        let clock = Clock::showing(at(FIXTURE), system);
        assert_eq!(clock.now(later), at("2026-03-31T12:00:05Z"));

        let freeze = Move {
            frozen: Some(true),
            ..Move::default()
        };
        let frozen = clock.moved(freeze, system).unwrap();
        assert_eq!(frozen.now(later), at(FIXTURE));

        let advance = Move {
            advance_ms: 1_500,
            ..Move::default()
        };
        let advanced = frozen.moved(advance, later).unwrap();
        assert_eq!(advanced.now(later), at("2026-03-31T12:00:01.500Z"));

        let thaw = Move {
            frozen: Some(false),
            ..Move::default()
        };
        let running = advanced.moved(thaw, later).unwrap();
        assert_eq!(
            running.now(at("2026-05-01T00:00:06Z")),
            at("2026-03-31T12:00:02.500Z")
        );
    }

    #[test]
    fn never_goes_backward() {
        let system = at("2026-05-01T00:00:00.700Z");
        let clock = Clock::showing(at("2026-03-31T12:00:00.700Z"), system);
        let to = |text: &str| Move {
            now: Some(at(text)),
            ..Move::default()
        };
        assert_eq!(
            clock.moved(to("2026-03-31T11:59:59Z"), system),
            Err("now must not be before 2026-03-31T12:00:00Z; only a reset goes backward".into())
        );
        assert_eq!(clock.moved(to(FIXTURE), system), Ok(clock));
        let moved = clock.moved(to("2026-04-01T00:00:00Z"), system).unwrap();
        assert_eq!(moved.now(system), at("2026-04-01T00:00:00Z"));
    }
}
