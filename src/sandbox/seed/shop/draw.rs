//! Repeatable chance: the same number and subject always draw the same sequence, on every machine.
//!
//! Integers only, so no rounding of a platform can change a row. Each subject draws from its own
//! sequence, so a change in one does not stir all the others.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

/// What a sequence is drawn for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    /// How large the shop is.
    Size,
    /// Stock of what never ran out.
    Catalogue,
    /// Which variants sell out and come back, and when.
    Story,
    /// Who signs up when.
    Waitlist,
    /// Shoppers.
    Customers,
    /// Alerts and resends.
    Alerts,
    /// Opt-outs.
    OptOuts,
    /// Orders.
    Conversions,
    /// Stock of what came back.
    Stock,
    /// Preorder offers and their caps.
    Offers,
    /// Who preorders what, and when.
    Preorders,
    /// What became of preorders since.
    Lives,
}

impl Subject {
    const fn salt(self) -> u64 {
        match self {
            Self::Size => 1,
            Self::Catalogue => 2,
            Self::Story => 3,
            Self::Waitlist => 4,
            Self::Customers => 5,
            Self::Alerts => 6,
            Self::OptOuts => 7,
            Self::Conversions => 8,
            Self::Stock => 9,
            Self::Offers => 10,
            Self::Preorders => 11,
            Self::Lives => 12,
        }
    }
}

/// One sequence.
pub(super) struct Draw(Pcg64Mcg);

impl Draw {
    pub(super) fn new(number: u64, subject: Subject) -> Self {
        Self(Pcg64Mcg::seed_from_u64(
            number.wrapping_mul(16).wrapping_add(subject.salt()),
        ))
    }

    /// 0 up to but not including `bound`; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    /// `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True `share` times of a hundred.
    pub(super) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// A position in a list of that length.
    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// One of the items; the default of an empty list.
    pub(super) fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let at = self.index(items.len());
        items.get(at).copied().unwrap_or_default()
    }

    /// A position drawn by weights given as running sums.
    pub(super) fn weighted(&mut self, sums: &[u64]) -> usize {
        let drawn = self.below(sums.last().copied().unwrap_or(0));
        sums.partition_point(|sum| *sum <= drawn)
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.index(last + 1);
            items.swap(last, other);
        }
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Lower-case hex digits of one drawn number.
    pub(super) fn hex(&mut self) -> String {
        format!("{:016x}", self.0.next_u64())
    }
}

/// Running sums of weights, for [`Draw::weighted`].
pub(super) fn running(weights: impl IntoIterator<Item = u64>) -> Vec<u64> {
    weights
        .into_iter()
        .scan(0_u64, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_draw_in_proportion_and_never_a_zero() {
        let sums = running([0, 30, 0, 70, 0]);
        assert_eq!(sums, [0, 30, 30, 100, 100]);
        let mut draw = Draw::new(1, Subject::Story);
        let mut seen = [0; 5];
        for _ in 0..10_000 {
            seen[draw.weighted(&sums)] += 1;
        }
        assert_eq!((seen[0], seen[2], seen[4]), (0, 0, 0));
        assert!((2_800..3_200).contains(&seen[1]), "{seen:?}");
    }

    #[test]
    fn number_and_subject_make_the_sequence() {
        let first = |number, subject| Draw::new(number, subject).uuid();
        assert_eq!(first(1, Subject::Story), first(1, Subject::Story));
        assert_ne!(first(1, Subject::Story), first(1, Subject::Alerts));
        assert_ne!(first(1, Subject::Story), first(2, Subject::Story));
    }

    #[test]
    fn between_reaches_both_ends_and_shuffle_keeps_the_items() {
        let mut draw = Draw::new(1, Subject::Story);
        let mut drawn: Vec<i64> = (0..200).map(|_| draw.between(-2, 2)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [-2, -1, 0, 1, 2]);

        let mut items: Vec<u32> = (0..50).collect();
        draw.shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
