//! When shoppers come: most at first, then by day and by evening.

use super::clock::{hour, weekday};
use super::draw::{Draw, running};

/// How busy each hour is, UTC: evenings of the American coasts around 2, their night around 10.
const HOURS: [u64; 24] = [
    90, 100, 104, 98, 84, 62, 40, 24, 14, 9, 8, 12, 22, 36, 50, 62, 70, 76, 78, 80, 76, 70, 72, 80,
];
/// How busy each weekday is, Monday to Sunday.
const WEEKDAYS: [u64; 7] = [122, 114, 106, 100, 86, 76, 104];
const HOUR: i64 = 3_600;

/// The hours of a stretch of time with how busy they are.
pub(super) struct Rhythm {
    start: i64,
    end: i64,
    hours: Vec<i64>,
    sums: Vec<u64>,
}

impl Rhythm {
    /// A stretch of something that began then.
    pub(super) fn new(start: i64, end: i64, begun: i64) -> Self {
        let hours: Vec<i64> = (0..)
            .map(|nth| start + nth * HOUR)
            .take_while(|at| *at < end)
            .collect();
        let sums = running(hours.iter().map(|at| {
            let since = u64::try_from((at - begun) / HOUR).unwrap_or(0);
            let fresh = 36 + 28_000 / (since + 14);
            let by_hour = HOURS.get(hour(*at)).copied().unwrap_or(0);
            let by_day = WEEKDAYS.get(weekday(*at)).copied().unwrap_or(0);
            fresh * by_hour * by_day
        }));
        Self {
            start,
            end,
            hours,
            sums,
        }
    }

    /// The moment somebody comes.
    pub(super) fn next(&self, draw: &mut Draw) -> i64 {
        let hour = self.hours.get(draw.weighted(&self.sums));
        let at = hour.copied().unwrap_or(self.start) + draw.between(0, HOUR - 1);
        at.min(self.end)
    }
}
