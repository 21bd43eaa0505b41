//! What a request asks for beside its matter: to look or to act, one or many, a file, a domain.

use super::lexicon::{Lexicon, Token};
use super::mood::{Mood, mood};
use super::words::{Shape, Word};

/// The cues of one request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cues {
    pub(super) mood: Mood,
    pub(super) many: bool,
    pub(super) one: bool,
    pub(super) file: bool,
    pub(super) progress: bool,
    pub(super) preorder: bool,
    pub(super) waitlist: bool,
    /// The older API is meant.
    pub(super) old: bool,
    /// A call without the shop's key is meant.
    pub(super) public: bool,
    /// An order is named, by its number or by whose it is.
    pub(super) numbered: bool,
}

impl Cues {
    /// The cues of a request; `asked` when it ends with a question mark.
    pub(super) fn of(words: &[Word], tokens: &[Token], lexicon: &Lexicon, asked: bool) -> Self {
        let has = |names: &[&str]| {
            let concepts = lexicon.concepts(names);
            tokens
                .iter()
                .any(|token| concepts.iter().any(|concept| token.names(*concept)))
        };
        let count = |shape: Shape| words.iter().filter(|word| word.shape == shape).count();
        let numbers = count(Shape::OrderNumber);
        let owner = words
            .iter()
            .any(|word| word.owner && word.shape == Shape::Name);
        let waitlist = has(&["restock", "waitlist"]);
        Self {
            mood: mood(words, tokens, lexicon, asked),
            many: has(&["many"]) || numbers > 1,
            one: has(&["one"]) || owner || numbers == 1 || count(Shape::Email) == 1,
            file: has(&["file"]),
            progress: has(&["progress"]),
            preorder: has(&["preorder", "offer"]),
            waitlist,
            old: has(&["oldapi"]),
            public: has(&["oldapi", "public"]),
            numbered: numbers > 0 || (owner && !waitlist && !has(&["alert"])),
        }
    }
}
