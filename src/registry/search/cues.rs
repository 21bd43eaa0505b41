//! What a request asks for beside its matter: to look or to act, one or many, a file, a domain.

use super::lexicon::{Lexicon, Token};
use super::mood::{Mood, mood};
use super::words::{Shape, Word};

/// What a report shows, or how.
const FIGURES: [&str; 11] = [
    "report",
    "whichreports",
    "trend",
    "ranking",
    "summary",
    "revenue",
    "howmany",
    "demand",
    "recovered",
    "balance",
    "progress",
];
/// Matters of which each has a block of settings of its own.
const BLOCKS: [&str; 18] = [
    "channel",
    "pacing",
    "threshold",
    "consent",
    "ownmail",
    "badge",
    "button",
    "disclaimer",
    "paybox",
    "discount",
    "deposit",
    "delivery",
    "hold",
    "limits",
    "market",
    "language",
    "tag",
    "cart",
];

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
    /// It is of one person, not of how things are set.
    pub(super) person: bool,
    /// A day, a number or a plan is named.
    pub(super) dated: bool,
    /// Figures are asked for.
    pub(super) figures: bool,
    /// Several blocks of settings are to change.
    pub(super) mixed: bool,
    /// An order is named, by its number or by whose it is.
    pub(super) numbered: bool,
}

/// "300 sizes", "90 customers": a number right before what there are many of.
fn counted(words: &[Word], tokens: &[Token], lexicon: &Lexicon) -> bool {
    let things = lexicon.concepts(&["order", "variant", "product", "customer", "waitlist"]);
    tokens.iter().any(|token| {
        let first = token.words.first().copied().unwrap_or_default();
        let before = first.checked_sub(1).and_then(|at| words.get(at));
        let number = before.is_some_and(|word| {
            word.shape == Shape::Number && word.text.parse::<u32>().is_ok_and(|many| many > 1)
        });
        let several = words
            .get(first)
            .is_some_and(|word| word.text.ends_with('s'));
        number && several && things.iter().any(|thing| token.names(*thing))
    })
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
        let hinted = |name: &str| {
            let concept = lexicon.concept(name);
            let meanings = tokens.iter().flat_map(|token| &token.meanings);
            meanings
                .into_iter()
                .any(|meaning| Some(meaning.0) == concept)
        };
        let count = |shape: Shape| words.iter().filter(|word| word.shape == shape).count();
        let numbers = count(Shape::OrderNumber);
        let offers = lexicon.concepts(&["offer"]);
        let person = |at: &usize| {
            let owner = |word: &Word| word.owner && word.shape == Shape::Name;
            words.get(*at).is_some_and(owner)
        };
        let owner = tokens.iter().any(|token| {
            token.words.iter().any(person) && !offers.iter().any(|offer| token.names(*offer))
        });
        let mood = mood(words, tokens, lexicon, asked);
        let waitlist = has(&["restock", "waitlist"]);
        let blocks = BLOCKS.iter().filter(|block| has(&[block])).count();
        Self {
            mood,
            many: has(&["many"]) || numbers > 1 || counted(words, tokens, lexicon),
            one: has(&["one"]) || owner || numbers == 1 || count(Shape::Email) == 1,
            file: has(&["file"]),
            // "We are ready, open it" asks for no job.
            progress: has(&["progress"]) && (mood != Mood::Act || has(&["file"])),
            preorder: has(&["preorder", "offer"]),
            waitlist,
            person: (owner || has(&["person"]) || count(Shape::Email) > 0) && !has(&["ownmail"]),
            dated: count(Shape::Number) > 0 || has(&["schedule", "shipdate"]) || hinted("when"),
            figures: has(&FIGURES) || has(&["file"]),
            mixed: blocks > 2 || (blocks > 1 && has(&["mixedblocks"])),
            old: has(&["oldapi"]),
            public: has(&["oldapi", "public"]),
            numbered: numbers > 0 || (owner && !waitlist && !has(&["alert"])),
        }
    }
}
