//! The index of a registry's actions: which terms stand where, and how rare they are.

use std::collections::{HashMap, HashSet};

use super::dials::{
    ACTS, B, DESCRIPTION, NAME, NEARS, OWN_FORM, PARAMETERS, PHRASES, SHOPS, TITLE, TOPICS,
};
use super::lexicon::{Lexicon, Token};
use super::tables::Kind;
use super::typos::Speller;
use super::words::{Word, words};

/// Weights of the fields: name and toolset, title, phrases and aliases, description, parameters.
const FIELDS: [f32; 5] = [NAME, TITLE, PHRASES, DESCRIPTION, PARAMETERS];

/// What is indexed of an action.
#[derive(Debug, Default)]
pub(super) struct Doc {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) phrases: Vec<String>,
    pub(super) parameters: String,
    pub(super) traits: Traits,
}

/// What the cues of a request are held against.
#[derive(Debug, Default, Clone)]
pub(super) struct Traits {
    pub(super) reads: bool,
    pub(super) bulk: bool,
    /// Does for one record what a bulk action beside it does for many.
    pub(super) single: bool,
    pub(super) export: bool,
    /// Reads a job.
    pub(super) job: bool,
    /// Of orders.
    pub(super) order: bool,
    pub(super) preorder: bool,
    pub(super) waitlist: bool,
    /// Of v1, with a home in v2.
    pub(super) old: bool,
    /// Sets a time and nothing else.
    pub(super) timed: bool,
    /// Shows figures.
    pub(super) report: bool,
    /// Shows or changes how things are set for everybody.
    pub(super) settings: bool,
    /// Changes blocks of settings that others change one by one.
    pub(super) whole: bool,
    /// Takes no key of the shop.
    pub(super) public: bool,
}

/// The words of what is indexed of an action.
#[derive(Debug)]
struct Texts {
    name: Vec<Word>,
    title: Vec<Word>,
    description: Vec<Word>,
    phrases: Vec<Vec<Word>>,
    parameters: Vec<Word>,
}

impl Texts {
    fn of(doc: &Doc) -> Self {
        Self {
            name: all_words(&doc.name),
            title: all_words(&doc.title),
            description: all_words(&doc.description),
            phrases: doc.phrases.iter().map(|phrase| all_words(phrase)).collect(),
            parameters: all_words(&doc.parameters),
        }
    }
}

/// A term and its weight. The terms are the concepts, and after them the words' own forms.
pub(super) type Weighted = (usize, f32);

/// One phrase, a small document of its own.
#[derive(Debug)]
pub(super) struct Phrase {
    /// The action it asks for.
    pub(super) doc: usize,
    /// Weight of all its terms.
    pub(super) mass: f32,
}

/// The index over the actions of one registry.
#[derive(Debug)]
pub(in crate::registry) struct Index {
    pub(super) lexicon: Lexicon,
    pub(super) speller: Speller,
    pub(super) phrases: Vec<Phrase>,
    pub(super) traits: Vec<Traits>,
    vocabulary: HashSet<String>,
    forms: HashMap<String, usize>,
    rareness: Vec<f32>,
    fields: Vec<Vec<Weighted>>,
    in_phrases: Vec<Vec<Weighted>>,
    said: HashMap<String, usize>,
}

impl Index {
    pub(super) fn new(lexicon: Lexicon, docs: &[Doc]) -> Self {
        let mut index = Self {
            lexicon,
            speller: Speller::default(),
            phrases: Vec::new(),
            traits: docs.iter().map(|doc| doc.traits.clone()).collect(),
            vocabulary: HashSet::new(),
            forms: HashMap::new(),
            rareness: Vec::new(),
            fields: Vec::new(),
            in_phrases: Vec::new(),
            said: HashMap::new(),
        };
        let texts: Vec<Texts> = docs.iter().map(Texts::of).collect();
        index.learn_words(&texts);
        index.fill(&texts);
        for (at, doc) in texts.iter().enumerate() {
            for text in std::iter::once(&doc.title).chain(&doc.phrases) {
                index.said.entry(spoken(text)).or_insert(at);
            }
        }
        index
    }

    /// The action of which a text is the title or a phrase, word for word.
    pub(super) fn of_saying(&self, text: &str) -> Option<usize> {
        self.said.get(&spoken(&words(text))).copied()
    }

    /// The words that are no slips, and those a slip is mended into.
    fn learn_words(&mut self, docs: &[Texts]) {
        let mut vocabulary: HashMap<String, (bool, usize)> = HashMap::new();
        for (word, trade) in Lexicon::vocabulary() {
            vocabulary.entry(word.to_owned()).or_default().0 |= trade;
        }
        for doc in docs {
            let texts = [&doc.name, &doc.title, &doc.description];
            for text in texts.into_iter().chain(&doc.phrases) {
                for word in text {
                    match vocabulary.get_mut(&word.text) {
                        Some(known) => known.1 += 1,
                        None => {
                            vocabulary.insert(word.text.clone(), (false, 1));
                        }
                    }
                }
            }
        }
        self.vocabulary = vocabulary.keys().cloned().collect();
        self.speller = Speller::new(vocabulary);
    }

    fn fill(&mut self, docs: &[Texts]) {
        let mut fields: Vec<[Vec<Weighted>; 5]> = Vec::new();
        let mut phrases: Vec<(usize, Vec<Weighted>)> = Vec::new();
        for (at, doc) in docs.iter().enumerate() {
            let title = self.number_terms(&doc.title);
            let own: Vec<Vec<Weighted>> = doc
                .phrases
                .iter()
                .map(|phrase| self.number_terms(phrase))
                .collect();
            fields.push([
                self.number_terms(&doc.name),
                title.clone(),
                own.concat(),
                self.number_terms(&doc.description),
                self.number_terms(&doc.parameters),
            ]);
            phrases.extend(std::iter::once(title).chain(own).map(|terms| (at, terms)));
        }
        let count = self.lexicon.count() + self.forms.len();
        self.fields = postings(&fields, count);
        self.rareness = rareness(&self.fields, docs.len());
        for (concept, rare) in self
            .rareness
            .iter_mut()
            .take(self.lexicon.count())
            .enumerate()
        {
            *rare *= match self.lexicon.kind(concept) {
                Kind::Topic => TOPICS,
                Kind::Near => NEARS,
                Kind::Shop => SHOPS,
                Kind::Act => ACTS,
            };
        }
        self.in_phrases = vec![Vec::new(); count];
        for (doc, terms) in phrases {
            let terms = strongest(terms);
            let number = self.phrases.len();
            let mass = terms.iter().map(|term| term.1 * self.rareness(term.0));
            let mass = mass.sum();
            for (term, weight) in terms {
                if let Some(posting) = self.in_phrases.get_mut(term) {
                    posting.push((number, weight));
                }
            }
            self.phrases.push(Phrase { doc, mass });
        }
    }

    /// The terms of a text of the registry; new forms are numbered.
    fn number_terms(&mut self, text: &[Word]) -> Vec<Weighted> {
        let mut terms = Vec::new();
        for token in self.lexicon.read(text) {
            terms.extend(token.meanings.iter().copied());
            let weight = own_weight(&token);
            if let Some(form) = token.stem {
                let next = self.lexicon.count() + self.forms.len();
                terms.push((*self.forms.entry(form).or_insert(next), weight));
            }
        }
        terms
    }

    /// The terms of a token of a request, as far as the registry has them.
    pub(super) fn terms(&self, token: &Token) -> Vec<Weighted> {
        let form = token.stem.as_ref().and_then(|form| self.forms.get(form));
        let form = form.map(|term| (*term, own_weight(token)));
        token.meanings.iter().copied().chain(form).collect()
    }

    /// Whether a word is spelled as somebody spells it.
    pub(super) fn is_word(&self, word: &Word) -> bool {
        self.vocabulary.contains(&word.text)
            || self.lexicon.knows(word)
            || self.forms.contains_key(&word.stem)
    }

    /// Whether the registry uses a form.
    pub(super) fn uses(&self, form: &str) -> bool {
        self.forms.contains_key(form)
    }

    /// How rare a term is among the actions.
    pub(super) fn rareness(&self, term: usize) -> f32 {
        self.rareness.get(term).copied().unwrap_or_default()
    }

    /// The actions a term stands in, with how much it counts in their fields.
    pub(super) fn docs_with(&self, term: usize) -> impl Iterator<Item = &Weighted> {
        self.fields.get(term).into_iter().flatten()
    }

    /// The phrases a term stands in.
    pub(super) fn phrases_with(&self, term: usize) -> impl Iterator<Item = &Weighted> {
        self.in_phrases.get(term).into_iter().flatten()
    }
}

/// Weight of a token's own form: less when it has a concept.
fn own_weight(token: &Token) -> f32 {
    if token.meanings.is_empty() {
        1.0
    } else {
        OWN_FORM
    }
}

/// For each term the actions it stands in: fields weighted, their lengths evened out.
fn postings(docs: &[[Vec<Weighted>; 5]], count: usize) -> Vec<Vec<Weighted>> {
    let size = |terms: &[Weighted]| terms.iter().map(|term| term.1).sum::<f32>();
    let mut average = [0.0_f32; 5];
    for doc in docs {
        for (sum, terms) in average.iter_mut().zip(doc) {
            *sum += size(terms) / docs.len() as f32;
        }
    }
    let mut postings = vec![Vec::new(); count];
    for (at, doc) in docs.iter().enumerate() {
        let mut sums: HashMap<usize, f32> = HashMap::new();
        for ((terms, weight), average) in doc.iter().zip(FIELDS).zip(average) {
            let norm = 1.0 - B + B * size(terms) / average.max(0.01);
            for (term, amount) in terms {
                *sums.entry(*term).or_default() += weight * amount / norm;
            }
        }
        for (term, amount) in sums {
            if let Some(posting) = postings.get_mut(term) {
                posting.push((at, amount));
            }
        }
    }
    postings
}

fn rareness(postings: &[Vec<Weighted>], docs: usize) -> Vec<f32> {
    let total = docs.max(1) as f32;
    let rare = |posting: &Vec<Weighted>| {
        let found = posting.len() as f32;
        (1.0 + (total - found + 0.5) / (found + 0.5)).ln()
    };
    postings.iter().map(rare).collect()
}

/// All the words of a text of ours, however long.
pub(super) fn all_words(text: &str) -> Vec<Word> {
    let sentences = text.split(['.', ';', '(', ')']);
    sentences.flat_map(words).collect()
}

/// Each term once, with its greatest weight, in a stable order.
pub(super) fn strongest(mut terms: Vec<Weighted>) -> Vec<Weighted> {
    terms.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.total_cmp(&a.1)));
    terms.dedup_by_key(|term| term.0);
    terms
}

/// The words of a text and nothing else of it.
fn spoken(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}
