//! Which words only name something: a thing that is sold, an offer, a version.

use super::super::words::{Shape, Word};
use super::{Known, Lexicon, Meaning, Role, Token};

/// Weight of a place, a language or a season before an offer.
const PART_OF_NAME: f32 = 0.2;
/// Stems of words that after a name or a season are an offer: "Lunar Drop", "winter launch".
const CAMPAIGNS: [&str; 9] = [
    "drop",
    "launch",
    "capsul",
    "edition",
    "campaign",
    "wave",
    "collection",
    "batch",
    "run",
];
/// Words after which a noun stands.
const DETERMINERS: [&str; 20] = [
    "the", "this", "that", "our", "my", "a", "an", "each", "every", "which", "any", "next", "last",
    "these", "those", "whole", "entire", "of", "your", "their",
];

impl Lexicon {
    /// Whether a word is a noun by what stands before it: "the drop", "chair drop".
    pub(super) fn names_a_thing(&self, words: &[Word], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        self.is_campaign(words, at)
            || before.is_some_and(|before| {
                DETERMINERS.contains(&before.text.as_str())
                    || before.owner
                    || (before.shape == Shape::Name && !before.quoted)
                    || self
                        .known
                        .get(&before.stem)
                        .is_some_and(|known| known.goods)
            })
    }

    /// "Boot v1": a version of a thing that is sold, not of the API.
    pub(super) fn is_model(&self, words: &[Word], at: usize) -> bool {
        let version = |word: &Word| ["v1", "v2"].contains(&word.text.as_str());
        let thing = |word: &Word| {
            let goods = |known: &Known| known.goods;
            word.shape == Shape::Name || self.known.get(&word.stem).is_some_and(goods)
        };
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        words.get(at).is_some_and(version)
            && [before, words.get(at + 1)].into_iter().flatten().any(thing)
    }

    /// "Lunar Drop": an offer by its name.
    pub(super) fn is_campaign(&self, words: &[Word], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let Some((word, before)) = words.get(at).zip(before) else {
            return false;
        };
        if !CAMPAIGNS.contains(&word.stem.as_str()) {
            return false;
        }
        let instance = |known: &Known| known.instance && known.meanings.iter().all(|m| m.1 < 1.0);
        let season = self.known.get(&before.stem).is_some_and(instance);
        let named = word.shape == Shape::Name && (before.shape == Shape::Name || at == 1);
        named || season
    }

    /// Takes the verb out of a word that is a noun as well.
    pub(super) fn keep_the_noun(&self, token: &mut Token) {
        let verb = |meaning: &Meaning| self.verb_concepts.contains(&meaning.0);
        if !token.meanings.iter().all(verb) {
            token.meanings.retain(|meaning| !verb(meaning));
        }
    }

    /// The colour of a thing that is sold is part of its name: "the red mug", "the blue one".
    pub(super) fn drop_colors_of_goods(&self, tokens: &mut [Token]) {
        let Some(color) = self.concept("color") else {
            return;
        };
        let named = self.concepts(&["product", "variant", "one"]);
        let thing = |token: &Token| {
            let has = |concept: usize| token.meanings.iter().any(|meaning| meaning.0 == concept);
            token.role == Role::Goods
                || (token.role == Role::Content && token.meanings.is_empty())
                || (named.iter().any(|concept| has(*concept)) && !has(color))
        };
        let things: Vec<bool> = tokens.iter().map(thing).collect();
        for (token, before_thing) in tokens.iter_mut().zip(things.into_iter().skip(1)) {
            let colored = token.meanings.iter().any(|meaning| meaning.0 == color);
            if before_thing && colored && token.stem.is_none() {
                token.meanings.clear();
                token.role = Role::Goods;
            }
        }
    }

    /// What stands before an offer is part of its name: "the EU presale", "winter drop".
    pub(super) fn drop_places_of_offers(&self, words: &[Word], tokens: &mut [Token]) {
        let Some(offer) = self.concept("offer") else {
            return;
        };
        let instance = |token: &Token| {
            let known = |at: &usize| self.known.get(&words.get(*at)?.stem);
            let mut known = token.words.iter().filter_map(known);
            token.words.len() == 1 && known.any(|known| known.instance)
        };
        let offers: Vec<bool> = tokens.iter().map(|token| token.names(offer)).collect();
        for (token, before_offer) in tokens.iter_mut().zip(offers.into_iter().skip(1)) {
            if before_offer && instance(token) {
                for meaning in &mut token.meanings {
                    meaning.1 = meaning.1.min(PART_OF_NAME);
                }
            }
        }
    }

    /// "Web push on": a last word that alone only hints.
    pub(super) fn switch_at_the_end(&self, words: &[Word], tokens: &mut [Token]) {
        let last = words.len().saturating_sub(1);
        let Some(token) = tokens.last_mut() else {
            return;
        };
        let switch = |word: &Word| ["on", "off"].contains(&word.text.as_str());
        if words.len() > 2 && token.words == [last] && words.last().is_some_and(switch) {
            let concepts = self.concepts(&["start", "stop"]);
            for meaning in &mut token.meanings {
                if concepts.contains(&meaning.0) {
                    meaning.1 = 1.0;
                }
            }
        }
    }
}
