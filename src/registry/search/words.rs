//! A text as words: cut, folded, split and stemmed.

/// Longest query, in characters; what follows says nothing new.
pub(super) const LONGEST: usize = 300;

/// Double quotation marks.
const QUOTES: [char; 5] = ['"', '“', '”', '„', '«'];
/// Words whose "'s" is an "is" or an "us".
const SHORTENED: [&str; 14] = [
    "it", "that", "what", "who", "where", "when", "how", "why", "there", "here", "let", "he",
    "she", "this",
];

/// What a word is, by its form alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A word as others.
    Plain,
    /// A word with a capital within a sentence: a name, most likely.
    Name,
    /// Digits, with or without a unit.
    Number,
    /// `#1234`: one order.
    OrderNumber,
    /// An address: one person.
    Email,
    /// `#1A2B3C`: one colour.
    Color,
}

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case, without accents and apostrophes.
    pub(super) text: String,
    /// What its forms have in common.
    pub(super) stem: String,
    /// What it is by its form.
    pub(super) shape: Shape,
    /// Has what follows: "Anna's".
    pub(super) owner: bool,
    /// Hangs on the word before: the "over" of "pour-over".
    pub(super) joined: bool,
    /// The first after a comma, a dash or a stop.
    pub(super) opens: bool,
    /// Stands between quotation marks: a text to be set, or a name.
    pub(super) quoted: bool,
}

impl Word {
    /// Becomes the word that was meant.
    pub(super) fn mend(&mut self, meant: &str) {
        meant.clone_into(&mut self.text);
        self.stem = stem(meant);
    }
}

/// The words of a text, at most [`LONGEST`] characters of it.
pub(super) fn words(text: &str) -> Vec<Word> {
    let end = text
        .char_indices()
        .nth(LONGEST)
        .map_or(text.len(), |(end, _)| end);
    let cut = text.get(..end).unwrap_or(text);
    let mut words = Vec::new();
    let mut starts = true;
    let mut quoted = false;
    let mut pause = false;
    for chunk in cut.split_whitespace() {
        quoted |= chunk.starts_with(QUOTES);
        let from = words.len();
        chunk_words(chunk, starts, &mut words);
        for (at, word) in words.iter_mut().skip(from).enumerate() {
            word.quoted = quoted;
            word.joined = at > 0;
            word.opens = at == 0 && pause;
        }
        let end = chunk.trim_end_matches(['.', ',', '!', '?', ';', ':', ')']);
        quoted &= !end.ends_with(QUOTES);
        starts = chunk.ends_with(['.', '!', '?', ':']);
        let spoken = chunk.chars().any(char::is_alphanumeric);
        pause = chunk.ends_with(['.', '!', '?', ':', ',', ';']) || !spoken;
    }
    number_orders(&mut words);
    join_negations(&mut words);
    words
}

/// The words of an entry of the tables, which is in lower case and without marks.
pub(super) fn entry_words(entry: &str) -> Vec<Word> {
    let parts = entry.split([' ', '-', '.']).filter(|part| !part.is_empty());
    let shape = |part: &str| match part.starts_with(|c: char| c.is_ascii_digit()) {
        true => Shape::Number,
        false => Shape::Plain,
    };
    let mut words = parts
        .map(|part| shaped(part.to_owned(), shape(part)))
        .collect();
    join_negations(&mut words);
    words
}

/// "do not" is "don't".
fn join_negations(words: &mut Vec<Word>) {
    let mut at = 1;
    while at < words.len() {
        let text = |at: usize| words.get(at).map(|word| word.text.as_str());
        if text(at - 1) == Some("do") && text(at) == Some("not") {
            words.remove(at);
            if let Some(word) = words.get_mut(at - 1) {
                word.mend("dont");
            }
        }
        at += 1;
    }
}

/// "order 1042" is one order, with or without a sign; "orders 1042, 1043 and 1050" are three.
fn number_orders(words: &mut [Word]) {
    for at in 1..words.len() {
        let joined = words
            .get(at - 1)
            .is_some_and(|word| matches!(word.text.as_str(), "and" | "to" | "through" | "or"));
        let before = at - if joined && at > 1 { 2 } else { 1 };
        let named = words.get(before).is_some_and(|word| {
            (word.shape == Shape::OrderNumber && !word.text.is_empty())
                || (!joined
                    && matches!(
                        word.stem.as_str(),
                        "order" | "preorder" | "number" | "no" | "nr"
                    ))
        });
        if let Some(word) = words.get_mut(at)
            && named
            && word.shape == Shape::Number
            && word.text.len() > 2
            && word.text.chars().all(|c| c.is_ascii_digit())
        {
            word.shape = Shape::OrderNumber;
        }
    }
}

fn chunk_words(chunk: &str, starts: bool, words: &mut Vec<Word>) {
    if let Some((user, host)) = chunk.split_once('@')
        && !user.is_empty()
        && host.contains('.')
    {
        words.push(shaped(String::new(), Shape::Email));
        return;
    }
    if is_color(chunk) {
        words.push(shaped(String::new(), Shape::Color));
        return;
    }
    let numbered = chunk
        .trim_start_matches(['(', '"', '\''])
        .strip_prefix('#')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let mut current = String::new();
    let mut lower_before = false;
    let mut capital = false;
    let from = words.len();
    let mut flush = |current: &mut String, capital: bool| {
        let text = std::mem::take(current);
        // A capital within an identifier makes no name.
        let name = capital && !starts && words.len() == from;
        if let Some(word) = word(text, name, numbered) {
            words.push(word);
        }
    };
    for c in chunk.chars() {
        match c {
            '\'' | '’' | '‘' | '`' | '´' => {
                // "Anna's" is Anna; "don't" is one word.
                if !current.is_empty() {
                    current.push('\'');
                }
            }
            '%' | '$' | '€' | '£' => {
                flush(&mut current, capital);
                let unit = if c == '%' { "percent" } else { "money" };
                current.push_str(unit);
                flush(&mut current, false);
                capital = false;
            }
            c if c.is_alphanumeric() => {
                let upper = c.is_uppercase();
                if upper && lower_before {
                    flush(&mut current, capital);
                }
                if current.is_empty() {
                    capital = upper;
                } else if upper {
                    // "SMS" is an abbreviation, not a name.
                    capital = false;
                }
                lower_before = c.is_lowercase();
                fold(c, &mut current);
                continue;
            }
            _ => flush(&mut current, capital),
        }
        lower_before = false;
    }
    flush(&mut current, capital);
}

/// Whether it is a colour as pages have them: six digits of which some are letters or all are alike.
fn is_color(chunk: &str) -> bool {
    let code = chunk.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '#');
    code.strip_prefix('#').is_some_and(|code| {
        let alike = code
            .as_bytes()
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a == b));
        let letters = code.chars().any(|c| c.is_ascii_alphabetic());
        [3, 6].contains(&code.len())
            && code.chars().all(|c| c.is_ascii_hexdigit())
            && (letters || (alike && code.len() == 6))
    })
}

fn word(text: String, name: bool, numbered: bool) -> Option<Word> {
    let owner = text
        .strip_suffix("'s")
        .is_some_and(|before| !SHORTENED.contains(&before));
    let text = match text.split_once('\'') {
        // "we're" is "we", which "were" is not.
        Some((before, "re" | "ll" | "ve" | "d" | "m")) => before.to_owned(),
        // "don't", but "Anna's" and "customers'".
        Some((before, rest)) if !matches!(rest, "s" | "") => format!("{before}{rest}"),
        Some((before, _)) => before.to_owned(),
        None => text,
    };
    let text = text.replace('\'', "");
    let first = text.chars().next()?;
    let shape = match (first.is_ascii_digit(), numbered, name) {
        (true, true, _) => Shape::OrderNumber,
        (true, false, _) => Shape::Number,
        (false, _, true) => Shape::Name,
        (false, _, false) => Shape::Plain,
    };
    Some(Word {
        owner,
        ..shaped(text, shape)
    })
}

fn shaped(text: String, shape: Shape) -> Word {
    let stem = stem(&text);
    Word {
        text,
        stem,
        shape,
        owner: false,
        joined: false,
        opens: false,
        quoted: false,
    }
}

/// A letter in lower case and, of the Latin ones, without its accent.
fn fold(c: char, into: &mut String) {
    if c.is_ascii() {
        into.push(c.to_ascii_lowercase());
        return;
    }
    for c in c.to_lowercase() {
        match c {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => into.push('a'),
            'è' | 'é' | 'ê' | 'ë' => into.push('e'),
            'ì' | 'í' | 'î' | 'ï' => into.push('i'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => into.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => into.push('u'),
            'ç' => into.push('c'),
            'ñ' => into.push('n'),
            'ß' => into.push_str("ss"),
            c => into.push(c),
        }
    }
}

/// What the forms of a word have in common; not a word itself, only something to compare.
///
/// Endings of number, tense and manner go. A final `e` and the second of two equal last letters go
/// from every word, so that `price` meets `pricing` and `ship` meets `shipping`.
pub(super) fn stem(text: &str) -> String {
    if text.len() < 4 || !text.is_ascii() {
        return text.to_owned();
    }
    // Endings that are none, or forms that would meet another word's.
    let whole = match text {
        "setting" | "settings" => "setting",
        "theme" | "themes" => "theme",
        "note" | "notes" | "noted" => "note",
        "fill" | "fills" | "filled" => "fill",
        "accounting" | "here" | "news" | "goods" | "these" | "those" => text,
        _ => "",
    };
    if !whole.is_empty() {
        return whole.to_owned();
    }
    let mut stem = text.to_owned();
    plural(&mut stem);
    tense(&mut stem);
    if stem.len() > 5 {
        cut(&mut stem, "ly", 4);
    }
    if stem.len() > 3 {
        cut(&mut stem, "e", 3);
    }
    let mut last = stem.chars().rev();
    if stem.len() > 3
        && let (Some(a), Some(b)) = (last.next(), last.next())
        && a == b
    {
        stem.pop();
    }
    stem
}

fn plural(stem: &mut String) {
    if stem.ends_with("ies") && stem.len() > 4 {
        cut(stem, "ies", 2);
        stem.push('y');
    } else if ["sses", "xes", "ches", "shes", "zes"]
        .iter()
        .any(|ending| stem.ends_with(ending))
    {
        cut(stem, "es", 2);
    } else if !["ss", "us", "is"].iter().any(|end| stem.ends_with(end)) {
        cut(stem, "s", 3);
    }
}

fn tense(stem: &mut String) {
    if stem.ends_with("ied") && stem.len() > 4 {
        cut(stem, "ied", 2);
        stem.push('y');
        return;
    }
    for ending in ["ing", "ed"] {
        let Some(before) = stem.strip_suffix(ending) else {
            continue;
        };
        // "string" and "need" have no ending.
        if before.len() >= 3
            && before.contains(['a', 'e', 'i', 'o', 'u', 'y'])
            && !(ending == "ed" && before.ends_with('e'))
        {
            cut(stem, ending, 3);
        }
        return;
    }
}

/// Takes an ending off, when so many letters stay.
fn cut(stem: &mut String, ending: &str, stay: usize) {
    if let Some(before) = stem.strip_suffix(ending)
        && before.len() >= stay
    {
        let length = before.len();
        stem.truncate(length);
    }
}
