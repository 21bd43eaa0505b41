//! The entry of an action that only the live manifest knows: offered with what its verb, path and
//! name tell, and on every open question with the careful answer.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Listed;
use crate::registry::entry::{Api, Class, Entry, Handler, Method, Provenance, Retry};
use crate::registry::{placeholders, vendor_name};

/// Longest name that every client takes.
const MAX_NAME: usize = 48;
/// Longest name under which an action stays callable.
pub(super) const MAX_LONG_NAME: usize = 128;
/// What stays of a long name before the mark that tells it from others: `_` and four characters.
const STEM: usize = MAX_NAME - 5;
const MAX_TITLE: usize = 48;
const MAX_TITLE_WORDS: usize = 6;
/// Most characters of the API's text in a description.
const MAX_TEXT: usize = 600;

/// Words of effects that move money.
const MONEY: [&str; 12] = [
    "charge", "charges", "refund", "refunds", "capture", "pay", "payment", "payments", "collect",
    "invoice", "credit", "void",
];
/// Words of effects that lose rows, goods or knowledge.
const DESTROY: [&str; 13] = [
    "delete", "remove", "destroy", "purge", "reset", "clear", "cancel", "release", "transfer",
    "merge", "archive", "wipe", "erase",
];

/// The entry of a listed action, but for its name.
pub(super) fn entry(listed: &Listed, name: Name, request_schema: Value) -> Entry {
    let read = listed.method == Method::Get;
    Entry {
        title: title(name.long.as_ref().unwrap_or(&name.short)),
        name: name.short,
        also_known_as: name.long.into_iter().collect(),
        action: listed.action.clone(),
        description: description(listed),
        manifest_description: None,
        notes: listed.notes.clone(),
        aliases: listed.aliases.clone(),
        phrases: Vec::new(),
        toolset: toolset(&listed.path),
        api: Api::V2,
        method: listed.method,
        path: listed.path.clone(),
        parameters_in: None,
        keyed: None,
        path_schema: path_schema(&listed.path),
        request_schema: request_schema.into(),
        wire_schema: None,
        // The manifest says nothing of answers.
        response_schema: json!({"type": "object"}).into(),
        answers: Vec::new(),
        bare_row: false,
        concise: Vec::new(),
        chart: None,
        class: class(listed),
        handler: Handler::Request,
        raises: Vec::new(),
        idempotent: read || is_capability(listed),
        retry: if read { Retry::Safe } else { Retry::Once },
        read_back: None,
        targets: None,
        successors: Vec::new(),
        preconditions: Vec::new(),
        next: Vec::new(),
        provenance: Provenance::Live,
        examples: Vec::new(),
    }
}

/// The effect class, by rule: a GET looks, a DELETE destroys, the PATCH of a capability stores
/// settings (vendor docs: Dispatch & Discovery), and anything else reaches shoppers at least.
pub(super) fn class(listed: &Listed) -> Class {
    if listed.method == Method::Get {
        return Class::Read;
    }
    if listed.method == Method::Delete {
        return Class::Destroy;
    }
    if is_capability(listed) {
        return Class::Write;
    }
    let has = |words: &[&str]| {
        let named = listed.path.split('/').filter(|part| !part.starts_with(':'));
        let mut parts = named.chain([listed.action.as_str()]);
        parts.any(|part| part.split(['_', '-']).any(|word| words.contains(&word)))
    };
    if has(&DESTROY) {
        Class::Destroy
    } else if has(&MONEY) {
        Class::Money
    } else {
        Class::Send
    }
}

/// A PATCH named `update` on a named block, such as `/offers/:id/widget`.
fn is_capability(listed: &Listed) -> bool {
    let block = listed.path.rsplit('/').next().unwrap_or_default();
    listed.method == Method::Patch && listed.action == "update" && !block.starts_with(':')
}

/// The first two named segments.
fn toolset(path: &str) -> String {
    let mut named = path
        .split('/')
        .filter(|part| !part.is_empty() && !part.starts_with(':'))
        .map(words);
    let first = named.next().unwrap_or_else(|| "other".to_owned());
    let second = named.next().unwrap_or_else(|| first.clone());
    format!("{first}.{second}")
}

fn path_schema(path: &str) -> Map<String, Value> {
    placeholders(path)
        .map(|name| {
            let text = format!("`:{name}` of the path, as a list or read action prints it.");
            (
                name.to_owned(),
                json!({"type": "string", "description": text}),
            )
        })
        .collect()
}

fn title(name: &str) -> String {
    let parts: Vec<&str> = name.split('_').collect();
    let mut from = parts.len().saturating_sub(MAX_TITLE_WORDS);
    loop {
        let text = parts.get(from..).unwrap_or_default().join(" ");
        if text.len() <= MAX_TITLE || from + 1 >= parts.len() {
            let mut symbols = text.chars();
            let first = symbols.next().map(|first| first.to_ascii_uppercase());
            return first.into_iter().chain(symbols).collect();
        }
        from += 1;
    }
}

/// The API's text stands between marks, as what it is.
fn description(listed: &Listed) -> String {
    let text = crate::text::line(&listed.description, MAX_TEXT).replace('"', "'");
    let told = if text.is_empty() {
        "which gives no text for it".to_owned()
    } else {
        format!("whose text for it is \"{text}\"")
    };
    format!(
        "{}: known from the API's live manifest alone, {told}. The form of its answer is not known, and its effect class is a careful guess.",
        listed.call()
    )
}

/// A name and the longer one that stays callable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub short: String,
    pub long: Option<String>,
}

/// The vendor's hosted name where it is free and short enough; else its stem and a mark made from
/// verb and path, the same at every start.
///
/// # Errors
/// When no name can be made or both are taken.
pub(super) fn name(listed: &Listed, taken: &HashSet<String>) -> Result<Name, String> {
    let hosted = words(&vendor_name(&listed.path, &listed.action));
    if !hosted.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err("its path makes no name".to_owned());
    }
    let free = !taken.contains(&hosted);
    if free && hosted.len() <= MAX_NAME {
        return Ok(Name {
            short: hosted,
            long: None,
        });
    }
    let stem: String = hosted.chars().take(STEM).collect();
    let short = format!("{}_{}", stem.trim_end_matches('_'), mark(listed));
    if taken.contains(&short) {
        return Err(format!("the name `{hosted}` is taken"));
    }
    Ok(Name {
        short,
        long: (free && hosted.len() <= MAX_LONG_NAME).then_some(hosted),
    })
}

/// Four characters that tell a call from others.
fn mark(listed: &Listed) -> String {
    let (method, shape) = listed.shape();
    let digest = Sha256::digest(format!("{} {shape}", method.as_str()));
    let bytes = digest.iter().take(2);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case words joined by single underscores.
fn words(text: &str) -> String {
    let parts = text.split(|symbol: char| !symbol.is_ascii_alphanumeric());
    let parts: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    parts.join("_")
}
