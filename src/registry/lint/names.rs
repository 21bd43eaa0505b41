//! Names, titles, groups and calls.

use std::collections::HashMap;

use super::Book;
use crate::registry::entry::Api;
use crate::registry::{Action, Registry, vendor_name};

/// Clients prefix the server's name: Claude Code allows 64 characters in all, Cursor 60.
const MAX_NAME: usize = 48;
const MAX_TITLE: usize = 48;

pub(super) fn form(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let mut mistakes = Vec::new();
    if entry.name.len() > MAX_NAME {
        mistakes.push(format!("the name has {} characters", entry.name.len()));
    }
    let short = [&entry.name, &entry.action];
    for name in short.into_iter().chain(&entry.also_known_as) {
        if !is_name(name) {
            mistakes.push(format!("`{name}` is not of the form of a name"));
        }
    }
    mistakes
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.contains("__")
        && text
            .chars()
            .all(|symbol| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '_')
}

pub(super) fn vendor(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let wanted = match entry.api {
        Api::V2 => vendor_name(&entry.path, &entry.action),
        // v1 has no tools of the vendor's: these names are ours.
        Api::V1 | Api::V1Public => {
            format!("{}_{}", entry.toolset.replace('.', "_"), entry.action)
        }
        Api::Local => return Vec::new(),
    };
    let kept = if wanted.len() <= MAX_NAME {
        entry.name == wanted
    } else {
        entry.also_known_as.contains(&wanted)
    };
    if kept {
        Vec::new()
    } else {
        let parts = if entry.api.is_v1() { "toolset" } else { "path" };
        vec![format!("{parts} and action make `{wanted}`")]
    }
}

pub(super) fn title(action: &Action, _: &Registry) -> Vec<String> {
    let title = &action.entry().title;
    let words = title.split_whitespace().count();
    if (2..=6).contains(&words) && title.len() <= MAX_TITLE && !title.ends_with('.') {
        Vec::new()
    } else {
        vec![format!("the title is \"{title}\"")]
    }
}

pub(super) fn toolset(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let toolset = entry.toolset.as_str();
    let (first, group) = toolset.split_once('.').unwrap_or((toolset, ""));
    let well_formed = is_name(first) && (group.is_empty() || is_name(group));
    let wanted = match entry.api {
        Api::V2 | Api::Local => entry.path.split('/').nth(1),
        Api::V1 | Api::V1Public => Some("v1"),
    };
    let grouped = !group.is_empty() || entry.api == Api::Local;
    if well_formed && grouped && wanted == Some(first) {
        Vec::new()
    } else {
        vec![format!("the toolset is `{toolset}`")]
    }
}

pub(super) fn one_call(book: &Book) -> Vec<(String, String)> {
    let mut calls = HashMap::new();
    let mut mistakes = Vec::new();
    for action in book.registry.actions() {
        let entry = action.entry();
        let keyed = entry.keyed.iter().map(|keyed| (Api::V1, &keyed.path));
        for (api, path) in std::iter::once((entry.api, &entry.path)).chain(keyed) {
            let call = (api, entry.method, unnamed(path));
            if let Some(first) = calls.insert(call, action.name()) {
                let verb = entry.method.as_str();
                let what = format!("`{first}` calls {verb} {path} too");
                mistakes.push((action.name().to_owned(), what));
            }
        }
    }
    mistakes
}

/// The segments of a path, placeholders without their names.
fn unnamed(path: &str) -> Vec<&str> {
    path.split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(_) => ":",
            None => segment,
        })
        .collect()
}
