//! An axis with round marks over what is measured.

use super::model::Tick;

/// Steps aimed at between its ends.
const STEPS: f64 = 4.0;
/// Marks at most, whatever is measured.
const MOST_TICKS: u32 = 12;
/// Places that are kept of a position: finer than any screen.
const PLACES: f64 = 1e5;

/// An axis from one round number to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// Over what lies between two numbers, and zero; counts have whole marks.
    pub fn over(low: f64, high: f64, is_whole: bool) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let span = match high - low {
            span if span > 0.0 && span.is_finite() => span,
            // Of nothing but zeros there is still an axis.
            _ => 1.0,
        };
        let step = round_step(span / STEPS);
        let step = if is_whole { step.max(1.0) } else { step };
        let high = ((high / step).ceil() * step).max(if low < 0.0 { 0.0 } else { step });
        Self {
            low: (low / step).floor() * step,
            high,
            step,
        }
    }

    /// Where a number lies, from 0 to 1.
    pub fn at(self, number: f64) -> f64 {
        let part = (number - self.low) / (self.high - self.low);
        (part.clamp(0.0, 1.0) * PLACES).round() / PLACES
    }

    /// Its marks.
    pub fn ticks(self) -> Vec<Tick> {
        let numbers = (0..MOST_TICKS).map(|place| self.low + f64::from(place) * self.step);
        numbers
            .take_while(|number| *number <= self.high + self.step / 2.0)
            .map(|number| Tick {
                at: self.at(number),
                text: short(number),
            })
            .collect()
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is no less.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let rounds = [1.0, 2.0, 5.0].map(|factor| factor * power);
    let found = rounds.into_iter().find(|step| *step >= least);
    found.unwrap_or(10.0 * power)
}

/// A mark in few characters.
fn short(number: f64) -> String {
    let scaled = |size: f64, unit: &str| {
        // Sums of steps have dust in their last digits.
        format!("{}{unit}", (number / size * 1e3).round() / 1e3)
    };
    match number.abs() {
        size if size >= 1e15 => format!("{number:e}"),
        size if size >= 1e9 => scaled(1e9, "G"),
        size if size >= 1e6 => scaled(1e6, "M"),
        size if size >= 1e4 => scaled(1e3, "k"),
        _ => scaled(1.0, ""),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(low: f64, high: f64, is_whole: bool) -> Vec<(f64, String)> {
        let ticks = Axis::over(low, high, is_whole).ticks();
        ticks.into_iter().map(|tick| (tick.at, tick.text)).collect()
    }

    #[test]
    fn marks_are_round() {
        let texts = |low, high, is_whole| -> Vec<String> {
            marks(low, high, is_whole)
                .into_iter()
                .map(|mark| mark.1)
                .collect()
        };
        assert_eq!(texts(0.0, 100.0, true), ["0", "50", "100"]);
        assert_eq!(texts(0.0, 62.0, true), ["0", "20", "40", "60", "80"]);
        assert_eq!(texts(0.0, 3.0, true), ["0", "1", "2", "3"]);
        assert_eq!(texts(0.0, 0.0, true), ["0", "1"]);
        assert_eq!(texts(0.0, 0.0, false), ["0", "0.5"]);
        assert_eq!(texts(0.0, 0.3, false), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(texts(0.0, 24_350.9, false), ["0", "10k", "20k", "30k"]);
        assert_eq!(texts(-30.0, 60.0, true), ["-50", "0", "50", "100"]);
        assert_eq!(texts(-3.0, 0.0, true), ["-3", "-2", "-1", "0"]);
        assert_eq!(texts(0.0, 3e6, true), ["0", "1M", "2M", "3M"]);
        assert_eq!(texts(0.0, 4e16, true).last().unwrap(), "4e16");
        assert_eq!(
            marks(0.0, 62.0, true)
                .iter()
                .map(|mark| mark.0)
                .collect::<Vec<_>>(),
            [0.0, 0.25, 0.5, 0.75, 1.0]
        );
    }

    proptest! {
        #[test]
        fn everything_lies_on_the_axis(low in -1e12..1e12_f64, high in -1e12..1e12_f64, is_whole: bool) {
            let (low, high) = (low.min(high), low.max(high));
            let axis = Axis::over(low, high, is_whole);
            prop_assert!(axis.low <= low.min(0.0) && high.max(0.0) <= axis.high);
            let ticks = axis.ticks();
            prop_assert!((2..=8).contains(&ticks.len()), "{:?}", ticks);
            prop_assert_eq!(ticks.first().unwrap().at, 0.0);
            prop_assert_eq!(ticks.last().unwrap().at, 1.0);
            prop_assert!(axis.at(low) <= axis.at(high));
        }
    }
}
