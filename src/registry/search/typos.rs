//! The word that was meant by a mistyped one.

use std::cmp::Reverse;
use std::collections::HashMap;

/// Fewest letters of a word that is taken for mistyped.
const SHORTEST: usize = 3;
/// Letters from which on more than two swapped ones are forgiven.
const SHORT: usize = 4;
/// Letters from which on two slips are forgiven.
const LONG: usize = 8;
/// Longest word that is looked at.
const LONGEST: usize = 24;

/// How far a word is from what was written: slips, another first letter, not of the trade, uses.
type Rank = (usize, bool, bool, Reverse<usize>);

/// The known words, ready to be compared.
#[derive(Debug, Default)]
pub(super) struct Speller {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    text: String,
    letters: Vec<char>,
    mask: u32,
    /// Words of the trade go before others.
    trade: bool,
    /// How often the registry uses it.
    uses: usize,
}

impl Speller {
    /// Of the known words, each with whether it is of the trade and how often the registry uses it.
    pub(super) fn new(vocabulary: HashMap<String, (bool, usize)>) -> Self {
        let mut known: Vec<Known> = vocabulary
            .into_iter()
            .filter(|(text, _)| text.len() >= SHORTEST && text.len() <= LONGEST)
            .map(|(text, (trade, uses))| {
                let letters: Vec<char> = text.chars().collect();
                let mask = mask(&letters);
                Known {
                    text,
                    letters,
                    mask,
                    trade,
                    uses,
                }
            })
            .collect();
        known.sort_by(|a, b| a.text.cmp(&b.text));
        Self { known }
    }

    /// The known word nearest to an unknown one, when it is near enough.
    pub(super) fn nearest(&self, text: &str) -> Option<&str> {
        let letters: Vec<char> = text.chars().take(LONGEST + 1).collect();
        if letters.len() < SHORTEST || letters.len() > LONGEST {
            return None;
        }
        let allowed = if letters.len() >= LONG { 2 } else { 1 };
        let wanted = mask(&letters);
        let mut best: Option<(Rank, &Known)> = None;
        for known in &self.known {
            let apart = known.letters.len().abs_diff(letters.len());
            if letters.len() < SHORT && known.mask != wanted {
                continue;
            }
            // A slip changes at most two letters of the set; most words end here.
            let differ = (known.mask ^ wanted).count_ones() as usize;
            if apart > allowed || differ > 2 * allowed {
                continue;
            }
            let distance = distance(&letters, &known.letters, allowed);
            if distance > allowed {
                continue;
            }
            let other_first = known.letters.first() != letters.first();
            let rank = (distance, other_first, !known.trade, Reverse(known.uses));
            if best.as_ref().is_none_or(|(found, _)| rank < *found) {
                best = Some((rank, known));
            }
        }
        best.map(|(_, known)| known.text.as_str())
    }
}

/// The set of letters as bits, one for all that are no Latin letters.
fn mask(letters: &[char]) -> u32 {
    letters.iter().fold(0, |mask, c| {
        let bit = if c.is_ascii_lowercase() {
            u32::from(*c) - u32::from('a')
        } else {
            26
        };
        mask | 1 << bit
    })
}

/// Slips between two words (a letter dropped, doubled, changed, two swapped), at most `allowed` + 1.
fn distance(a: &[char], b: &[char], allowed: usize) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&row, j) + usize::from(x != y))
                .min(at(&row, j + 1) + 1)
                .min(at(&next, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            next.push(cost);
        }
        if next.iter().all(|cost| *cost > allowed) {
            return allowed + 1;
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}
