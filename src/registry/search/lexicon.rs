//! From words to meanings: the tables, compiled.

mod names;

use std::collections::{HashMap, HashSet};

use super::tables::{Group, Kind, others, trade};
use super::words::{Shape, Word, entry_words, stem};

/// Longest word sequence of the tables.
const LONGEST: usize = 5;
/// Most words between a verb and its particle.
const GAP: usize = 8;
/// Weight of a word that only hints at a concept.
const HINT: f32 = 0.5;

/// Words that keep their own concepts within a sequence: "preorder button" is still of a preorder.
const KEPT: &str = "\
    preorder presale campaign launch drop waitlist queue restock order report badge button \
    deposit balance discount payment customer subscriber signup shopper person alert sticker";
/// Concepts of verbs.
const VERBS: [&str; 8] = [
    "change", "add", "start", "stop", "remove", "send", "move", "view",
];

/// A concept a token has, and how much.
pub(super) type Meaning = (usize, f32);

/// What a token of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Has a concept of the trade, or is a word of its own.
    Content,
    /// Says nothing: article, pronoun, courtesy, number.
    Filler,
    /// Names a thing that is sold.
    Goods,
    /// Belongs to another trade.
    Foreign,
}

/// A word or a word sequence of a text with what it means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Its words, by position.
    pub(super) words: Vec<usize>,
    pub(super) role: Role,
    pub(super) meanings: Vec<Meaning>,
    /// Its own form, unless that says nothing.
    pub(super) stem: Option<String>,
}

impl Token {
    /// Whether it names the concept, not only hints at it.
    pub(super) fn names(&self, concept: usize) -> bool {
        let full = |meaning: &Meaning| meaning.0 == concept && meaning.1 > 0.99;
        self.meanings.iter().any(full)
    }
}

/// What the tables say of a word or a sequence.
#[derive(Debug, Default)]
struct Known {
    meanings: Vec<Meaning>,
    instance: bool,
    foreign: bool,
    goods: bool,
}

/// A verb's particle: its stems and what both mean.
type Particle = (Vec<String>, Vec<Meaning>);

/// The compiled tables.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    concepts: HashMap<&'static str, usize>,
    kinds: Vec<Kind>,
    known: HashMap<String, Known>,
    /// How long the sequences are that begin with a stem, a bit for each length.
    lengths: HashMap<String, u8>,
    /// Stems that verbs of several words begin with.
    long_verbs: HashSet<String>,
    verbs: HashMap<String, Vec<Particle>>,
    filler: HashSet<&'static str>,
    /// Stems of other common words.
    common: HashSet<String>,
    kept: HashSet<String>,
    verb_concepts: Vec<usize>,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        let mut lexicon = Self {
            kept: KEPT.split(' ').map(stem).collect(),
            ..Self::default()
        };
        for group in trade() {
            lexicon.learn_group(&group);
        }
        let others = others();
        for entry in others.foreign {
            lexicon.learn(&entry_words(entry)).foreign = true;
        }
        for entry in others.goods {
            lexicon.learn(&entry_words(entry)).goods = true;
        }
        lexicon.filler = others.filler.into_iter().collect();
        lexicon.common = others.common.into_iter().map(stem).collect();
        lexicon.verb_concepts = lexicon.concepts(&VERBS);
        for particles in lexicon.verbs.values_mut() {
            particles.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        }
        lexicon
    }

    fn learn_group(&mut self, group: &Group) {
        let next = self.kinds.len();
        let concept = *self.concepts.entry(group.concept).or_insert(next);
        if concept == next {
            self.kinds.push(group.kind);
        }
        for entry in &group.entries {
            // A day or a season is a hint at best: names of launches are full of them.
            let hint = entry.starts_with('~') || (group.instances && group.kind == Kind::Act);
            let meaning = (concept, if hint { HINT } else { 1.0 });
            let entry = entry.trim_start_matches('~');
            if let Some((verb, particle)) = entry.split_once(" .. ") {
                self.learn_verb(verb, particle, meaning);
            } else {
                let known = self.learn(&entry_words(entry));
                merge(&mut known.meanings, meaning);
                known.instance |= group.instances;
            }
        }
    }

    fn learn(&mut self, words: &[Word]) -> &mut Known {
        if let Some(first) = words.first() {
            *self.lengths.entry(first.stem.clone()).or_default() |= 1 << words.len().min(LONGEST);
        }
        self.known.entry(key(words)).or_default()
    }

    fn learn_verb(&mut self, verb: &str, particle: &str, meaning: Meaning) {
        let particle: Vec<String> = entry_words(particle)
            .into_iter()
            .map(|word| word.stem)
            .collect();
        let verb = entry_words(verb);
        if let [first, _, ..] = verb.as_slice() {
            self.long_verbs.insert(first.stem.clone());
        }
        let particles = self.verbs.entry(key(&verb)).or_default();
        match particles.iter_mut().find(|known| known.0 == particle) {
            Some(known) => merge(&mut known.1, meaning),
            None => particles.push((particle, vec![meaning])),
        }
    }

    /// The number of a concept.
    pub(super) fn concept(&self, name: &str) -> Option<usize> {
        self.concepts.get(name).copied()
    }

    /// The numbers of concepts.
    pub(super) fn concepts(&self, names: &[&str]) -> Vec<usize> {
        names.iter().filter_map(|name| self.concept(name)).collect()
    }

    /// How many concepts there are.
    pub(super) fn count(&self) -> usize {
        self.kinds.len()
    }

    /// What a concept tells.
    pub(super) fn kind(&self, concept: usize) -> Kind {
        self.kinds.get(concept).copied().unwrap_or(Kind::Act)
    }

    /// The words a slip may be mended into, each with whether it is a word of the trade by itself. A
    /// slip is never mended into a word of another trade.
    pub(super) fn vocabulary() -> impl Iterator<Item = (&'static str, bool)> {
        let trade = trade().into_iter().flat_map(|group| group.entries);
        let trade = trade.map(|entry| (entry, !entry.contains(' ')));
        let others = others();
        let others = others.goods.into_iter().chain(others.filler);
        trade
            .chain(others.map(|entry| (entry, false)))
            .flat_map(|(entry, trade)| {
                entry
                    .split(|c: char| !c.is_alphanumeric())
                    .map(move |word| (word, trade))
            })
    }

    /// Whether a word stands in one of the tables.
    pub(super) fn knows(&self, word: &Word) -> bool {
        self.filler.contains(word.text.as_str())
            || self.common.contains(word.stem.as_str())
            || self.known.contains_key(&word.stem)
    }

    /// Whether a word belongs to other trades, whatever else it means.
    pub(super) fn is_foreign(&self, stem: &str) -> bool {
        self.known.get(stem).is_some_and(|known| known.foreign)
    }

    /// What a text says.
    pub(super) fn read(&self, words: &[Word]) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut taken: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            if taken.contains(&at) {
                at += 1;
            } else if let Some(token) = self.sequence(words, at) {
                at += token.words.len();
                tokens.push(token);
            } else if let Some(token) = self.phrasal(words, at) {
                taken.extend(&token.words);
                tokens.push(token);
            } else {
                let mut token = self.single(word, at);
                if self.names_a_thing(words, at) {
                    self.keep_the_noun(&mut token);
                }
                if self.is_model(words, at) {
                    token.meanings.clear();
                }
                if self.is_campaign(words, at) {
                    for concept in self.concepts(&["preorder", "offer"]) {
                        merge(&mut token.meanings, (concept, 1.0));
                    }
                }
                tokens.push(token);
                at += 1;
            }
        }
        self.drop_colors_of_goods(&mut tokens);
        self.drop_places_of_offers(words, &mut tokens);
        self.switch_at_the_end(words, &mut tokens);
        tokens
    }

    /// The longest sequence of two words or more that begins here.
    fn sequence(&self, words: &[Word], at: usize) -> Option<Token> {
        let lengths = *self.lengths.get(&words.get(at)?.stem)?;
        for length in (2..=LONGEST)
            .rev()
            .filter(|length| lengths & (1 << length) != 0)
        {
            let Some(slice) = words.get(at..at + length) else {
                continue;
            };
            let key = key(slice);
            let Some(known) = self.known.get(&key) else {
                continue;
            };
            let kept = |word: &Word| self.kept.contains(&word.stem);
            let meanings = self.within(slice, known);
            let role = match (known.meanings.is_empty(), known.foreign) {
                (false, _) => Role::Content,
                (true, true) => Role::Foreign,
                (true, false) => Role::Goods,
            };
            let own = role == Role::Content && !known.instance && !slice.iter().any(kept);
            return Some(Token {
                words: (at..at + length).collect(),
                role,
                meanings,
                stem: own.then_some(key),
            });
        }
        None
    }

    /// What a sequence means: its own, that of sequences within, and what its words keep. One that
    /// only tells what is to be done leaves the matters of its words alone.
    fn within(&self, slice: &[Word], known: &Known) -> Vec<Meaning> {
        let act = |meaning: &Meaning| self.kind(meaning.0) == Kind::Act;
        let only_acts = !known.meanings.is_empty() && known.meanings.iter().all(act);
        let mut meanings = known.meanings.clone();
        for part in (1..slice.len()).flat_map(|size| slice.windows(size)) {
            let kept = part.len() > 1 || part.iter().any(|word| self.kept.contains(&word.stem));
            let own = self.known.get(&key(part));
            for meaning in own.into_iter().flat_map(|own| &own.meanings) {
                if kept || (only_acts && !act(meaning)) {
                    merge(&mut meanings, *meaning);
                }
            }
        }
        meanings
    }

    /// A verb whose particle stands apart: "turn the preorder on".
    fn phrasal(&self, words: &[Word], at: usize) -> Option<Token> {
        let first = &words.get(at)?.stem;
        let verb = self.verbs.contains_key(first) || self.long_verbs.contains(first);
        if !verb || self.names_a_thing(words, at) {
            return None;
        }
        [2, 1]
            .into_iter()
            .filter_map(|length| words.get(at..at + length))
            .find_map(|verb| self.with_particle(words, at, verb))
    }

    fn with_particle(&self, words: &[Word], at: usize, verb: &[Word]) -> Option<Token> {
        let particles = match verb {
            [one] => self.verbs.get(&one.stem),
            [first, ..] if self.long_verbs.contains(&first.stem) => self.verbs.get(&key(verb)),
            _ => None,
        }?;
        let after = at + verb.len();
        for (particle, meanings) in particles {
            let ends = |from: &usize| {
                let slice = words.get(*from..*from + particle.len());
                let apart = words.get(*from).is_some_and(|word| !word.joined);
                apart && slice.is_some_and(|slice| slice.iter().map(|word| &word.stem).eq(particle))
            };
            let Some(from) = (after + 1..=after + GAP).find(ends) else {
                continue;
            };
            let mut meanings = meanings.clone();
            for word in verb.iter().filter(|word| self.kept.contains(&word.stem)) {
                let own = self.known.get(&word.stem);
                for meaning in own.into_iter().flat_map(|own| &own.meanings) {
                    merge(&mut meanings, *meaning);
                }
            }
            return Some(Token {
                words: (at..after).chain(from..from + particle.len()).collect(),
                role: Role::Content,
                meanings,
                stem: None,
            });
        }
        None
    }

    fn single(&self, word: &Word, at: usize) -> Token {
        let key = match word.shape {
            Shape::OrderNumber => "order",
            Shape::Color => "hex",
            Shape::Plain | Shape::Name | Shape::Number | Shape::Email => &word.stem,
        };
        let known = self.known.get(key);
        let meanings = known.map_or_else(Vec::new, |known| known.meanings.clone());
        let filler = self.filler.contains(word.text.as_str()) || word.text.len() < 2;
        let role = match word.shape {
            Shape::Number | Shape::OrderNumber | Shape::Email | Shape::Color => Role::Filler,
            Shape::Plain | Shape::Name if !meanings.is_empty() => Role::Content,
            Shape::Plain | Shape::Name if known.is_some_and(|known| known.goods) => Role::Goods,
            Shape::Plain | Shape::Name if known.is_some_and(|known| known.foreign) => Role::Foreign,
            Shape::Plain | Shape::Name if filler => Role::Filler,
            Shape::Plain | Shape::Name => Role::Content,
        };
        let own = role == Role::Content && !filler && !known.is_some_and(|known| known.instance);
        Token {
            words: vec![at],
            role,
            meanings,
            stem: own.then(|| word.stem.clone()),
        }
    }
}

fn key(words: &[Word]) -> String {
    let stems: Vec<&str> = words.iter().map(|word| word.stem.as_str()).collect();
    stems.join(" ")
}

fn merge(meanings: &mut Vec<Meaning>, (concept, weight): Meaning) {
    match meanings.iter_mut().find(|known| known.0 == concept) {
        Some(known) => known.1 = known.1.max(weight),
        None => meanings.push((concept, weight)),
    }
}
