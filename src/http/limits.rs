//! How much one principal may ask for, and how often one place may fail to say who it is.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::lock;

const MINUTE: Duration = Duration::from_secs(60);
/// Credentials that one place may get wrong in a minute.
const FAILURES_PER_MINUTE: u32 = 10;
/// Places whose failures are remembered.
const MOST_PLACES: usize = 10_000;

/// Bounds of each principal; `None` = none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages answered at the same time.
    pub concurrent: Option<usize>,
    /// Requests in a minute.
    pub per_minute: Option<u32>,
}

/// A bucket that holds a minute's worth and fills evenly.
#[derive(Debug)]
pub(super) struct Rate {
    /// Time in which one comes back.
    each: Duration,
    /// When it is full again; `None` = it never was used.
    full_at: Option<Instant>,
}

impl Rate {
    /// A full one; nothing a minute is taken as one.
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            each: MINUTE / per_minute.max(1),
            full_at: None,
        }
    }

    /// Takes one, or says how long until there is one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + self.each;
        match full_at.duration_since(now).checked_sub(MINUTE) {
            Some(wait) if !wait.is_zero() => Err(wait),
            Some(_) | None => {
                self.full_at = Some(full_at);
                Ok(())
            }
        }
    }

    fn give_back(&mut self) {
        self.full_at = self.full_at.and_then(|at| at.checked_sub(self.each));
    }

    fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|at| at <= now)
    }
}

/// Credentials got wrong, by where they came from.
#[derive(Debug, Default)]
pub(super) struct Failures {
    places: Mutex<HashMap<IpAddr, Rate>>,
}

impl Failures {
    /// Counts one, or says how long the place must wait.
    pub(super) fn count(&self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let place = place(from);
        let mut places = lock(&self.places);
        if places.len() >= MOST_PLACES && !places.contains_key(&place) {
            make_room(&mut places, now);
        }
        let rate = places.entry(place);
        rate.or_insert_with(|| Rate::new(FAILURES_PER_MINUTE))
            .take(now)
    }

    /// Takes one back that was counted before it was known to be none.
    pub(super) fn forgive(&self, from: IpAddr) {
        if let Some(rate) = lock(&self.places).get_mut(&place(from)) {
            rate.give_back();
        }
    }
}

/// Forgets the places that have been quiet, or else the one that is the first to be.
fn make_room(places: &mut HashMap<IpAddr, Rate>, now: Instant) {
    places.retain(|_, rate| !rate.is_full(now));
    if places.len() < MOST_PLACES {
        return;
    }
    let first = places.iter().min_by_key(|(_, rate)| rate.full_at);
    if let Some(place) = first.map(|(place, _)| *place) {
        places.remove(&place);
    }
}

/// One host has a whole /64 of IPv6 to itself.
fn place(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

/// Whole seconds that a caller is told to wait.
pub(super) fn seconds(wait: Duration) -> u64 {
    let whole = wait.as_secs();
    let begun = u64::from(wait.subsec_nanos() > 0);
    (whole + begun).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_evenly() {
        let start = Instant::now();
        let mut rate = Rate::new(3);
        assert!(rate.is_full(start));
        for _ in 0..3 {
            assert_eq!(rate.take(start), Ok(()));
        }
        assert_eq!(rate.take(start), Err(Duration::from_secs(20)));
        let later = start + Duration::from_secs(20);
        assert_eq!(rate.take(later - MS), Err(MS));
        assert_eq!(rate.take(later), Ok(()));
        assert_eq!(rate.take(later), Err(Duration::from_secs(20)));
        rate.give_back();
        assert_eq!(rate.take(later), Ok(()));
        // It holds no more than a minute's worth, however long nobody came.
        let much_later = later + MINUTE * 10;
        assert!(!rate.is_full(later + MINUTE - MS));
        assert!(rate.is_full(later + MINUTE));
        for _ in 0..3 {
            assert_eq!(rate.take(much_later), Ok(()));
        }
        assert!(rate.take(much_later).is_err());
        assert_eq!(Rate::new(0).take(start), Ok(()));
    }

    #[test]
    fn failures_are_counted_by_place() {
        let now = Instant::now();
        let failures = Failures::default();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for _ in 0..FAILURES_PER_MINUTE {
            assert_eq!(failures.count(ip("192.0.2.1"), now), Ok(()));
            assert_eq!(failures.count(ip("2001:db8:0:1::5"), now), Ok(()));
        }
        let wait = Err(Duration::from_secs(6));
        assert_eq!(failures.count(ip("192.0.2.1"), now), wait);
        assert_eq!(failures.count(ip("::ffff:192.0.2.1"), now), wait);
        assert_eq!(failures.count(ip("2001:db8:0:1:ffff::"), now), wait);
        assert_eq!(failures.count(ip("192.0.2.2"), now), Ok(()));
        assert_eq!(failures.count(ip("2001:db8:0:2::5"), now), Ok(()));
        failures.forgive(ip("192.0.2.1"));
        assert_eq!(failures.count(ip("192.0.2.1"), now), Ok(()));
        assert_eq!(failures.count(ip("192.0.2.1"), now), wait);
    }

    #[test]
    fn places_that_are_remembered_are_bounded() {
        let now = Instant::now();
        let failures = Failures::default();
        let ip = |number: u32| IpAddr::V4(number.into());
        let most = u32::try_from(MOST_PLACES).unwrap();
        for number in 0..most {
            assert_eq!(
                failures.count(ip(number), now + MS * u32::from(number > 0)),
                Ok(())
            );
        }
        let held = || lock(&failures.places).len();
        assert_eq!(held(), MOST_PLACES);
        // A place that is known needs no room.
        assert_eq!(failures.count(ip(1), now), Ok(()));
        assert_eq!(held(), MOST_PLACES);
        assert!(lock(&failures.places).contains_key(&ip(0)));
        // The one that is full first makes room.
        assert_eq!(failures.count(ip(most), now), Ok(()));
        assert_eq!(held(), MOST_PLACES);
        assert!(!lock(&failures.places).contains_key(&ip(0)));
        // All that are full make room.
        assert_eq!(failures.count(ip(most + 1), now + MINUTE), Ok(()));
        assert_eq!(held(), 1);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_enough() {
        for (wait, told) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
            assert_eq!(seconds(Duration::from_millis(wait)), told);
        }
    }
}
