//! A request as the index understands it: its terms, its cues, and what speaks for its being ours.

use super::cues::Cues;
use super::dials::{
    ADDRESS, ASIDE, ASKED_VERB, EVIDENCE, EVIDENCE_OF_KNOWN, FOREIGN, LATE, MENDED, NAMED, NEAR,
    ORDER, QUOTED, SHOP, STRANGER, TOPIC, UNKNOWN, WINDOW,
};
use super::index::{Index, Weighted, strongest};
use super::lexicon::{Role, Token};
use super::mood::Mood;
use super::tables::Kind;
use super::words::{Shape, Word, words};

/// Verbs that in a question tell of what is, not of what is to be done.
const VERBS: [&str; 7] = ["change", "add", "start", "stop", "remove", "send", "move"];
/// Words within which a foreign word belongs to the matter before it.
const NEARBY: usize = 5;
/// Letters from which on a word with a capital is taken for mistyped, not for a name.
const LONG_NAME: usize = 7;
/// Before "don't" these tell of what somebody does or does not.
const SUBJECTS: [&str; 9] = [
    "i",
    "we",
    "you",
    "they",
    "people",
    "customers",
    "that",
    "who",
    "which",
];

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) terms: Vec<Weighted>,
    pub(super) cues: Cues,
    evidence: Evidence,
}

/// What speaks for and against a request being ours: how many words of each sort.
#[derive(Debug, Default)]
struct Evidence {
    topic: f32,
    near: f32,
    shop: f32,
    foreign: f32,
    unknown: f32,
}

impl Request {
    /// Understands a text.
    pub(super) fn of(text: &str, index: &Index) -> Self {
        let mut words = words(text);
        let mended = mend(&mut words, index);
        let tokens = index.lexicon.read(&words);
        let asked = text.trim_end().ends_with('?');
        let cues = Cues::of(&words, &tokens, &index.lexicon, asked);
        let when = index.lexicon.concept("when");
        let offer = index.lexicon.concept("offer");
        let progress = index.lexicon.concept("progress");
        let verbs = index.lexicon.concepts(&VERBS);
        let mut terms: Vec<Weighted> = Vec::new();
        for token in &tokens {
            let slip = token.words.iter().any(|at| mended.contains(at));
            let share = if slip { MENDED } else { 1.0 };
            let share = share * literal(&words, token, offer) * aside(&words, token);
            for (term, weight) in index.terms(token) {
                let share = match cues.mood {
                    // The day of a question is a window, the day of an order is what is to be set.
                    Mood::Look if Some(term) == when => share * WINDOW,
                    Mood::Act if Some(term) == progress && !cues.progress => share * ASKED_VERB,
                    Mood::Look if verbs.contains(&term) => share * ASKED_VERB,
                    Mood::Look | Mood::Act | Mood::Open => share,
                };
                terms.push((term, weight * share));
            }
        }
        Self {
            terms: strongest(terms),
            cues,
            evidence: evidence(&words, &tokens, index),
        }
    }

    /// Weight of the words that are not ours.
    pub(super) fn strangeness(&self) -> f32 {
        STRANGER * (self.evidence.unknown + self.evidence.foreign)
    }

    /// The least evidence with which it is answered: less when every word of it is known and none
    /// belongs elsewhere.
    pub(super) fn least_evidence(&self) -> f32 {
        match self.evidence.foreign + self.evidence.unknown > 0.0 {
            true => EVIDENCE,
            false => EVIDENCE_OF_KNOWN,
        }
    }

    /// What the words speak for the request being ours.
    pub(super) fn evidence(&self) -> f32 {
        let Evidence {
            topic,
            near,
            shop,
            foreign,
            unknown,
        } = self.evidence;
        TOPIC * topic + NEAR * near + SHOP * shop - FOREIGN * foreign - UNKNOWN * unknown
    }
}

/// Puts the word that was meant for each mistyped one; gives back where.
fn mend(words: &mut [Word], index: &Index) -> Vec<usize> {
    let mut mended = Vec::new();
    for (at, word) in words.iter_mut().enumerate() {
        let written = match word.shape {
            Shape::Plain => !index.is_word(word),
            // Names of people and goods are near to words of ours by chance.
            Shape::Name => word.text.len() >= LONG_NAME && !word.owner && !index.is_word(word),
            Shape::Number | Shape::OrderNumber | Shape::Email | Shape::Color => false,
        };
        if written && let Some(meant) = index.speller.nearest(&word.text) {
            word.mend(meant);
            mended.push(at);
        }
    }
    mended
}

/// What is left of a token within a name or a text to be set.
fn literal(words: &[Word], token: &Token, offer: Option<usize>) -> f32 {
    let named = |at: usize| words.get(at).is_some_and(|word| word.shape == Shape::Name);
    let mut share = 1.0_f32;
    for at in &token.words {
        if words.get(*at).is_some_and(|word| word.quoted) {
            share = share.min(QUOTED);
        } else if offer.is_some_and(|offer| token.names(offer)) {
            // "Lunar Drop" is a name, and still says that an offer is meant.
        } else if named(*at) && (named(at + 1) || at.checked_sub(1).is_some_and(named)) {
            share = share.min(NAMED);
        }
    }
    share
}

/// What is left of a token after a "don't" that comes late: what is not to be done beside the matter.
fn aside(words: &[Word], token: &Token) -> f32 {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let first = token.words.first().copied().unwrap_or_default();
    let late = (first.saturating_sub(4).max(3)..=first)
        .any(|at| text(at) == "dont" && !SUBJECTS.contains(&text(at - 1)));
    if late { ASIDE } else { 1.0 }
}

fn evidence(words: &[Word], tokens: &[Token], index: &Index) -> Evidence {
    let mut evidence = Evidence::default();
    let shaped = |shape: Shape| words.iter().any(|word| word.shape == shape);
    for (shape, weight) in [(Shape::OrderNumber, ORDER), (Shape::Email, ADDRESS)] {
        evidence.near += if shaped(shape) { weight } else { 0.0 };
    }
    let offer = index.lexicon.concept("offer");
    let mut topical = None;
    for (at, token) in tokens.iter().enumerate() {
        // A quoted word says little of what is to be done, but as much of the trade.
        let share = literal(words, token, offer).max(0.6);
        let mut sorts = [0.0_f32; 3];
        let [topic, near, shop] = &mut sorts;
        for (concept, weight) in &token.meanings {
            let sort = match index.lexicon.kind(*concept) {
                Kind::Topic => &mut *topic,
                Kind::Near => &mut *near,
                Kind::Shop => &mut *shop,
                Kind::Act => continue,
            };
            *sort = sort.max(weight * share);
        }
        let [topic, near, shop] = sorts;
        evidence.topic += topic;
        evidence.near += (near - topic).max(0.0);
        evidence.shop += (shop - topic.max(near)).max(0.0);
        if topic > 0.9 && topical.is_none() {
            topical = Some(at);
        }
        // What comes long after the matter is no more than an occasion: "…, the board meets at noon".
        let late = topical.is_some_and(|topical| at > topical + NEARBY);
        let own = token.stem.as_ref().is_some_and(|form| index.uses(form));
        let texts = || token.words.iter().filter_map(|at| words.get(*at));
        let sequence = token.words.len() > 1;
        let share = if late && token.role == Role::Foreign {
            share * LATE
        } else {
            share
        };
        if token.role == Role::Foreign && sequence {
            evidence.foreign += share * 2.0;
        } else if token.role == Role::Foreign
            || texts().any(|word| index.lexicon.is_foreign(&word.stem))
        {
            evidence.foreign += share * if own || topic > 0.5 { 0.5 } else { 1.0 };
        } else if token.role == Role::Content && token.meanings.is_empty() {
            let named = texts().any(|word| word.shape == Shape::Name);
            evidence.unknown += share * if own || named { 0.3 } else { 1.0 };
        }
    }
    evidence
}
