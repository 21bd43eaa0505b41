//! Finding an action by a merchant's words.
//!
//! Requests seldom use the API's words, so an index over names and descriptions alone finds few of
//! them. Here words are first brought to the concepts of the trade ([`lexicon`], from the tables
//! `trade.txt` and `others.txt`), slips are mended ([`typos`]), and then names, titles, descriptions,
//! aliases, phrases and parameters count ([`index`], [`score`]). A request that is none of ours is
//! answered with nothing ([`request`]). This room knows the registry's entries and nothing else: not
//! what a policy allows, nor who asks.

mod cues;
mod dials;
mod index;
mod lexicon;
mod mood;
mod request;
mod score;
mod tables;
#[cfg(test)]
mod tests;
mod typos;
mod words;

use std::collections::BTreeSet;

use serde_json::Value;

use super::entry::{Api, Class, Handler};
use super::{Action, Registry};
use cues::Cues;
use index::{Doc, Traits};
use lexicon::Lexicon;

pub(super) use index::Index;

/// Most actions of an answer.
pub const MOST: usize = 5;

/// A scope that no toolset lies in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no scope `{scope}`. Use one of: {}.", .valid.join(", "))]
pub struct UnknownScope {
    /// What was given.
    pub scope: String,
    /// The scopes there are.
    pub valid: Vec<String>,
}

impl Registry {
    /// The actions a request in anybody's words is about, best first, at most five; none when
    /// nothing fits or the scope is unknown. `keep` says which actions may be named at all. The
    /// index is built by the first search.
    pub fn search(
        &self,
        query: &str,
        scope: Option<&str>,
        keep: impl Fn(&Action) -> bool,
    ) -> Vec<&Action> {
        let ranked = self.ranked(query, scope).into_iter();
        ranked.filter(|action| keep(action)).take(MOST).collect()
    }

    /// All actions a request may be about, best first.
    pub fn ranked(&self, query: &str, scope: Option<&str>) -> Vec<&Action> {
        let index = self.index.get_or_init(|| {
            let lexicon = Lexicon::new();
            let docs = docs(self, &lexicon);
            Index::new(lexicon, &docs)
        });
        let named = self.get(query.trim());
        let ranked = score::rank(index, query)
            .into_iter()
            .filter_map(|at| self.actions.get(at))
            .filter(|action| named.is_none_or(|named| named.name() != action.name()));
        named
            .into_iter()
            .chain(ranked)
            .filter(|action| scope.is_none_or(|scope| action.lies_in(scope)))
            .collect()
    }

    /// The scopes a search may be limited to: each toolset, and its beginnings before a dot.
    pub fn scopes(&self) -> Vec<String> {
        let mut scopes = BTreeSet::new();
        for toolset in self.toolsets() {
            let dots = toolset.match_indices('.').map(|(at, _)| at);
            for end in dots.chain([toolset.len()]) {
                scopes.extend(toolset.get(..end).map(str::to_owned));
            }
        }
        scopes.into_iter().collect()
    }

    /// Whether a scope is one of [`Registry::scopes`].
    ///
    /// # Errors
    /// With the valid ones, when it is not.
    pub fn check_scope(&self, scope: &str) -> Result<(), UnknownScope> {
        if self.actions.iter().any(|action| action.lies_in(scope)) {
            return Ok(());
        }
        Err(UnknownScope {
            scope: scope.to_owned(),
            valid: self.scopes(),
        })
    }
}

/// What is indexed of a registry.
fn docs(registry: &Registry, lexicon: &Lexicon) -> Vec<Doc> {
    let bulk: Vec<&str> = registry
        .actions
        .iter()
        .filter(|action| is_bulk(action))
        .map(|action| action.entry.toolset.as_str())
        .collect();
    let doc = |action: &Action| {
        let entry = &action.entry;
        let name = format!("{} {}", entry.name, entry.toolset);
        let mut parameters = Vec::new();
        properties(&entry.request_schema, &mut parameters);
        let time = |name: &&str| *name == "date" || name.ends_with("_at");
        let timed = entry.class != Class::Read && parameters.iter().any(time);
        let timed = timed && parameters.iter().all(time);
        parameters.extend(action.placeholders());
        let mut traits = traits(action, &name, lexicon);
        traits.single &= bulk.contains(&entry.toolset.as_str());
        traits.timed = timed;
        traits.whole = entry.action == "update"
            && registry.actions.iter().any(|other| {
                let within = other.entry.toolset.strip_prefix(&entry.toolset);
                other.entry.action == "update" && within.is_some_and(|rest| rest.starts_with('.'))
            });
        Doc {
            title: entry.title.clone(),
            description: entry.description.clone(),
            phrases: entry
                .aliases
                .iter()
                .chain(&entry.phrases)
                .cloned()
                .collect(),
            parameters: parameters.join(" "),
            name,
            traits,
        }
    };
    registry.actions.iter().map(doc).collect()
}

fn traits(action: &Action, name: &str, lexicon: &Lexicon) -> Traits {
    let entry = &action.entry;
    let domain = Cues::of(&[], &lexicon.read(&words::words(name)), lexicon, false);
    let reads = entry.class == Class::Read;
    let segments = |name: &str| entry.toolset.split('.').any(|segment| segment == name);
    Traits {
        reads,
        bulk: is_bulk(action),
        single: !reads && !is_bulk(action) && action.placeholders().next().is_some(),
        export: entry.handler == Handler::Export && !entry.reads_jobs(),
        job: entry.reads_jobs(),
        order: entry.path.split('/').any(|segment| segment == "orders"),
        preorder: domain.preorder,
        waitlist: domain.waitlist,
        old: entry.successor_names().next().is_some(),
        report: segments("reports"),
        settings: segments("settings"),
        timed: false,
        whole: false,
        public: entry.api == Api::V1Public,
    }
}

fn is_bulk(action: &Action) -> bool {
    action.entry.action.starts_with("bulk_")
}

/// The names of a schema's properties, at any depth.
fn properties<'a>(schema: &'a Value, names: &mut Vec<&'a str>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                if let ("properties", Value::Object(own)) = (key.as_str(), value) {
                    names.extend(own.keys().map(String::as_str));
                }
                properties(value, names);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| properties(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
