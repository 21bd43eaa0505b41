//! The tables of words beside this file, read.
//!
//! `trade.txt` says what merchants' words mean, `others.txt` which words are of other trades or say
//! nothing. Both are built into the program and checked by a test.

/// The words of the trade.
const TRADE: &str = include_str!("trade.txt");
/// The other words.
const OTHERS: &str = include_str!("others.txt");

/// What a concept tells about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A matter only this product deals with.
    Topic,
    /// A matter this product deals with often, others at times.
    Near,
    /// A matter of any shop.
    Shop,
    /// What is to be done, or with how much.
    Act,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "topic" => Some(Self::Topic),
            "near" => Some(Self::Near),
            "shop" => Some(Self::Shop),
            "act" => Some(Self::Act),
            _ => None,
        }
    }
}

/// One concept of the trade with its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) concept: &'static str,
    pub(super) kind: Kind,
    /// Which of the words it is says nothing.
    pub(super) instances: bool,
    pub(super) entries: Vec<&'static str>,
}

/// The other words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    pub(super) foreign: Vec<&'static str>,
    pub(super) goods: Vec<&'static str>,
    pub(super) filler: Vec<&'static str>,
    pub(super) common: Vec<&'static str>,
}

/// The concepts of the trade.
pub(super) fn trade() -> Vec<Group> {
    sections(TRADE)
        .into_iter()
        .filter_map(|(head, entries)| {
            let mut parts = head.split(' ');
            Some(Group {
                concept: parts.next()?,
                kind: Kind::named(parts.next()?)?,
                instances: parts.next() == Some("instances"),
                entries,
            })
        })
        .collect()
}

/// The other words.
pub(super) fn others() -> Others {
    let mut others = Others::default();
    for (head, entries) in sections(OTHERS) {
        match head {
            "foreign" => others.foreign = entries,
            "goods" => others.goods = entries,
            "filler" => others.filler = entries,
            "common" => others.common = entries,
            _ => {}
        }
    }
    others
}

/// The heads of a table, each with the entries below it.
fn sections(table: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_suffix(':') {
            sections.push((head, Vec::new()));
        } else if let Some((_, entries)) = sections.last_mut() {
            let words = line.split(',').map(str::trim);
            entries.extend(words.filter(|entry| !entry.is_empty()));
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_section_is_understood() {
        let heads: Vec<&str> = sections(TRADE).into_iter().map(|(head, _)| head).collect();
        let read: Vec<String> = trade()
            .iter()
            .map(|group| {
                let kind = format!("{:?}", group.kind).to_lowercase();
                let instances = if group.instances { " instances" } else { "" };
                format!("{} {kind}{instances}", group.concept)
            })
            .collect();
        assert_eq!(heads, read);
        let others = sections(OTHERS);
        let heads: Vec<&str> = others.iter().map(|(head, _)| *head).collect();
        assert_eq!(heads, ["foreign", "goods", "filler", "common"]);
    }

    #[test]
    fn entries_are_plain_and_stand_once() {
        let plain = |entry: &str| {
            entry
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || " .~'-".contains(c))
        };
        for (head, entries) in sections(TRADE).into_iter().chain(sections(OTHERS)) {
            let mut seen = HashSet::new();
            for entry in entries {
                assert!(plain(entry), "{head} {entry}");
                assert!(seen.insert(entry), "{head}: `{entry}` stands twice");
            }
        }
    }
}
