//! Whether a request wants to know or to do.

use super::lexicon::{Lexicon, Token};
use super::words::Word;

/// What is wanted of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// A question, or a verb of looking.
    Look,
    /// A verb that changes something.
    Act,
    /// Neither is said.
    Open,
}

/// Courtesies before the request itself.
const POLITE: &str = "\
    please pls plz hey hi hello ok okay so and kindly just quick question now also then but um \
    well yes again quickly urgent asap thanks";
/// Words a question begins with.
const ASKING: &str = "\
    what which who whose whom when where why how is are was were does did has am whats whos hows \
    wheres whens any isnt arent doesnt didnt since";
/// Words that ask within a sentence, too.
const WHICH: &str = "\
    what which who whose whom when where why how whats whos hows wheres whens";
/// Words a question or a polite order begins with.
const ABLE: &str = "\
    can could would will should may shall must";
/// After them it is an order.
const SELF: &str = "\
    you i we u";
/// Words between the beginning and the verb.
const WANTING: &str = "\
    want wanna need like id i we lets to us im trying gotta have love wish you could can would";
/// Verbs of looking.
const LOOKING: &str = "\
    show list see view look check find display review compare fetch know read lookup inspect \
    search details status summarise summarize curious wonder wondering export download";
/// Nouns a request for figures begins with.
const FIGURES: &str = "\
    total totals chart graph number current history names breakdown report rank ranking top best \
    overview summary count csv excel stats figures average biggest all";
/// First words of an order to do something, beside the verbs of the table.
const DOING: &str = "\
    take put let make give offer allow ask require use cap restrict no dont never stop \
    label tag mark ship hold split keep shoot kick throw close bring translate reword only \
    set charge bill collect lift drop tell write lets try run do reserve sell sync promise \
    schedule plan release hide round paint recolor recolour call apply extend style name rename \
    warn notify inform ping blast fire chase nudge tally redo retag relabel axe ditch \
    wipe scrub park unpark unhold tack chuck pop stick promise knock slash restyle rephrase \
    reimburse prolong unplug restart carry bin zap push swap send \
    limit lock forbid require disallow \
    max must recount recalculate resync refresh fix reset zero flip toggle void unblock free \
    nobody";
/// Words before an article that are no verbs.
const LINKING: &str = "\
    of on in for from with at by to into about after before both during since until per over \
    under get give tell pull open read or and not is are out up off that if because";
/// Concepts of effects; the first of them are verbs alone.
const EFFECTS: [&str; 12] = [
    "change", "add", "start", "stop", "remove", "send", "move", "cancel", "refund", "charge",
    "release", "schedule",
];
const VERBS: usize = 7;
/// How many words may stand before the verb that decides.
const SOON: usize = 3;

/// Whether a word stands in a list of words.
fn among(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// The mood of a request; `asked` when it ends with a question mark.
pub(super) fn mood(words: &[Word], tokens: &[Token], lexicon: &Lexicon, asked: bool) -> Mood {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let clauses = (1..words.len())
        .filter(|at| {
            words
                .get(*at)
                .is_some_and(|word| word.opens && !word.quoted)
        })
        .collect();
    let request = Request {
        texts: &texts,
        clauses,
        tokens,
        lexicon,
        effects: lexicon.concepts(&EFFECTS),
    };
    request.mood(asked)
}

struct Request<'a> {
    texts: &'a [&'a str],
    /// Where a clause begins after the first.
    clauses: Vec<usize>,
    tokens: &'a [Token],
    lexicon: &'a Lexicon,
    effects: Vec<usize>,
}

impl Request<'_> {
    fn text(&self, at: usize) -> &str {
        self.texts.get(at).copied().unwrap_or_default()
    }

    fn has(&self, any: &[&str]) -> bool {
        self.texts.iter().any(|text| any.contains(text))
    }

    fn mood(&self, asked: bool) -> Mood {
        let mut at = 0;
        while among(POLITE, self.text(at)) {
            at += 1;
        }
        let Some((mut at, asked)) = self.opening(at, asked) else {
            return Mood::Look;
        };
        if self.text(at) == "what" && !asked {
            return Mood::Act;
        }
        let mut wanted = false;
        while among(POLITE, self.text(at)) || among(WANTING, self.text(at)) {
            wanted |= ["want", "need", "like", "wanna"].contains(&self.text(at));
            at += 1;
        }
        self.unsure()
            .or_else(|| self.led(at, asked))
            .or_else(|| self.first_verb(at, asked, SOON))
            .or_else(|| self.further_on())
            .unwrap_or_else(|| self.rest(at, asked, wanted))
    }

    /// What a later clause says, after one that only tells: "it shows 3 left, count again".
    fn further_on(&self) -> Option<Mood> {
        self.clauses.iter().find_map(|from| {
            let mut at = *from;
            while among(POLITE, self.text(at)) {
                at += 1;
            }
            let Some((mut at, _)) = self.opening(at, false) else {
                return Some(Mood::Look);
            };
            while among(POLITE, self.text(at)) || among(WANTING, self.text(at)) {
                at += 1;
            }
            self.led(at, false)
                .filter(|mood| *mood == Mood::Act)
                .or_else(|| self.first_verb(at, false, 0))
        })
    }

    /// Where the request itself begins and whether it asks; none when it is a question.
    fn opening(&self, at: usize, asked: bool) -> Option<(usize, bool)> {
        let [first, second, third] = [at, at + 1, at + 2].map(|at| self.text(at));
        let able = |text: &str| ["do", "can", "could", "would"].contains(&text);
        if first == "what" && !asked && self.has(&["must", "should"]) {
            // "What the button says should be …" is no question.
            return Some((at, false));
        }
        if among(ABLE, first) {
            return among(SELF, second).then_some((at + 2, false));
        }
        if first == "how" && second == "to" {
            return Some((at + 2, false));
        }
        if first == "how" && able(second) && among(SELF, third) {
            return Some((at + 3, false));
        }
        let question = among(ASKING, first)
            || (first == "do" && !["not", "a", "the"].contains(&second))
            || (first == "have" && ["i", "we", "you", "they", "all", "any"].contains(&second));
        (!question).then_some((at, asked))
    }

    /// "I don't know which …" asks.
    fn unsure(&self) -> Option<Mood> {
        let unsure = |pair: &[&str]| matches!(pair, ["dont" | "not", "know" | "sure"]);
        self.texts.windows(2).any(unsure).then_some(Mood::Look)
    }

    /// What the first word says.
    fn led(&self, at: usize, asked: bool) -> Option<Mood> {
        let doing = among(DOING, self.text(at)) || self.commands(at) || self.counts_anew(at);
        if doing && !asked && self.text(at + 1) != "me" {
            return Some(Mood::Act);
        }
        let verbs = self.effects.get(..VERBS).unwrap_or_default();
        let led = self.tokens.iter().any(|token| {
            token.words.first() == Some(&at) && verbs.iter().any(|verb| token.names(*verb))
        });
        let figures = self.names_any(&["trend", "file"]);
        let told = self.has(&["instead", "anymore", "stop", "should", "must"]);
        let looks = figures && !led && !doing && !told;
        looks.then_some(Mood::Look)
    }

    /// "Count it again" is no question for a number.
    fn counts_anew(&self, at: usize) -> bool {
        ["count", "check"].contains(&self.text(at)) && self.has(&["again", "anew", "afresh"])
    }

    /// "Slow the mails": what stands before an article at the beginning is a verb.
    fn commands(&self, at: usize) -> bool {
        let word = self.text(at);
        let article = ["the", "this", "our", "my", "all", "these", "those"];
        article.contains(&self.text(at + 1))
            && !among(LINKING, word)
            && !article.contains(&word)
            && ![LOOKING, FIGURES, ASKING]
                .iter()
                .any(|words| among(words, word))
    }

    /// The first verb decides; a few words may stand before it.
    fn first_verb(&self, at: usize, asked: bool, soon: usize) -> Option<Mood> {
        for token in self.tokens {
            let index = token.words.first().copied().unwrap_or_default();
            if index < at || index > at + soon {
                continue;
            }
            let text = self.text(index);
            let after = self.text(index + 1);
            let looks = match text {
                "give" | "tell" => ["me", "us"].contains(&after),
                "get" => after != "rid",
                "pull" => after == "up",
                "open" => after != "up",
                // "Show the drop only in Canada", "show "2 left" on the page".
                "show" => {
                    ["me", "us", "which", "what", "how", "who"].contains(&after)
                        || !self.has(&["only", "instead", "also"])
                }
                _ => {
                    among(LOOKING, text)
                        || (index == at && among(FIGURES, text))
                        || (index > at && among(WHICH, text))
                }
            };
            if looks {
                return Some(Mood::Look);
            }
            if self.effects.iter().any(|effect| token.names(*effect)) {
                return Some(if asked { Mood::Look } else { Mood::Act });
            }
        }
        None
    }

    /// What is left to go by: a verb further on, a value, a wish.
    fn rest(&self, at: usize, asked: bool, wanted: bool) -> Mood {
        if asked {
            return Mood::Look;
        }
        let later = self.tokens.iter().any(|token| {
            let after = token.words.first().is_some_and(|first| *first > at);
            after && self.effects.iter().any(|effect| token.names(*effect))
        });
        let valued = wanted || self.has(&["percent", "money"]);
        let figures = self.names_any(&["trend", "file", "report", "summary", "ranking"]);
        let told = self.has(&["should", "must", "dont", "anymore", "instead", "only"]);
        if later || told || (valued && !figures) {
            Mood::Act
        } else {
            Mood::Open
        }
    }

    fn names_any(&self, concepts: &[&str]) -> bool {
        let concepts = self.lexicon.concepts(concepts);
        let named = |token: &Token| concepts.iter().any(|concept| token.names(*concept));
        self.tokens.iter().any(named)
    }
}
