//! Descriptions, notes, phrases and aliases.

use std::collections::HashMap;

use super::Book;
use crate::registry::{Action, Registry};

const MAX_DESCRIPTION: usize = 1024;
/// What a model reads of a long list before it chooses.
const MAX_FIRST_SENTENCE: usize = 200;

pub(super) fn description(action: &Action, _: &Registry) -> Vec<String> {
    let text = &action.entry().description;
    let length = text.chars().count();
    let mut mistakes = Vec::new();
    if length > MAX_DESCRIPTION {
        mistakes.push(format!("the description has {length} characters"));
    }
    if !is_sentence(text) {
        mistakes.push("the description is not made of whole sentences".to_owned());
    }
    mistakes
}

fn is_sentence(text: &str) -> bool {
    text.starts_with(char::is_uppercase) && text.ends_with('.') && text.trim() == text
}

pub(super) fn first_sentence(action: &Action, _: &Registry) -> Vec<String> {
    let text = &action.entry().description;
    let first = text.split(". ").next().unwrap_or(text);
    let length = first.chars().count();
    let mut mistakes = Vec::new();
    if length > MAX_FIRST_SENTENCE {
        mistakes.push(format!("the first sentence has {length} characters"));
    }
    let says_when = first
        .split(|symbol: char| !symbol.is_alphanumeric())
        .any(|word| matches!(word, "use" | "Use" | "when"));
    if !says_when {
        mistakes.push("the first sentence does not say when to use it".to_owned());
    }
    mistakes
}

pub(super) fn manifest(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let mut mistakes = Vec::new();
    if let Some(text) = &entry.manifest_description {
        if text == &entry.description {
            mistakes.push("`manifest_description` repeats `description`".to_owned());
        } else if !is_sentence(text) {
            mistakes.push("`manifest_description` is not a sentence".to_owned());
        }
    }
    let notes = entry.notes.iter().map(|text| ("notes", text));
    let preconditions = entry
        .preconditions
        .iter()
        .map(|text| ("preconditions", text));
    for (key, text) in notes.chain(preconditions) {
        if text.trim().is_empty() {
            mistakes.push(format!("`{key}` has an empty text"));
        }
    }
    mistakes
}

pub(super) fn phrases(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let mut mistakes = Vec::new();
    let count = entry.phrases.len();
    if !(5..=12).contains(&count) {
        mistakes.push(format!("there are {count} phrases"));
    }
    for phrase in &entry.phrases {
        if !(2..=12).contains(&phrase.split_whitespace().count()) {
            mistakes.push(format!("\"{phrase}\" is not a merchant's phrase"));
        }
    }
    for alias in &entry.aliases {
        if alias.trim().is_empty() {
            mistakes.push("an alias is empty".to_owned());
        }
    }
    mistakes
}

pub(super) fn unique(book: &Book) -> Vec<(String, String)> {
    let mut owners: HashMap<String, &str> = HashMap::new();
    let mut mistakes = Vec::new();
    for action in book.registry.actions() {
        let entry = action.entry();
        for phrase in entry.phrases.iter().chain(&entry.aliases) {
            let plain = phrase.trim().to_lowercase();
            if let Some(owner) = owners.insert(plain, action.name()) {
                let what = format!("\"{phrase}\" is a phrase of `{owner}` already");
                mistakes.push((action.name().to_owned(), what));
            }
        }
    }
    mistakes
}
