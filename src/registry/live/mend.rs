//! What refers to actions and arguments that the live manifest no longer has.
//!
//! A read-back without its filter would take another shopper's record for the one just written, and
//! an argument rule without its argument would let a charge pass as a write: so what cannot be
//! relied on is taken out, and the careful answer stands in its place.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Report;
use crate::registry::entry::{Entry, Raise, Retry, Targets};
use crate::registry::transform::OURS;
use crate::registry::{placeholders, schema, template};

/// Takes out what refers to actions and arguments that are no longer there.
pub(super) fn mend(entries: &mut [Entry], defs: &Map<String, Value>, report: &mut Report) {
    let there: There = entries
        .iter()
        .flat_map(|entry| {
            let arguments = Arguments::of(entry, defs);
            entry
                .names()
                .map(move |name| (name.clone(), arguments.clone()))
        })
        .collect();
    for entry in entries.iter_mut() {
        let own = Arguments::of(entry, defs);
        let call = format!("{} {}", entry.method.as_str(), entry.path);
        entry.next.retain(|name| there.contains_key(name));
        // What v2 no longer has is no reason to leave its v1 action out.
        let keyed = entry.keyed.iter_mut().map(|keyed| &mut keyed.successors);
        for rows in keyed.chain([&mut entry.successors]) {
            rows.retain(|row| row.actions.iter().all(|name| there.contains_key(name)));
        }
        if !readable(entry, &own, &there) {
            entry.read_back = None;
            entry.retry = match entry.retry {
                Retry::Safe => Retry::Safe,
                Retry::ReadBack | Retry::NaturalKey | Retry::Once => Retry::Once,
            };
            report.add(&call, "a lost answer can no longer be checked by a read");
        }
        if !counted(entry, &own, &there) {
            entry.targets = None;
            report.add(&call, "how much a call touches can no longer be told");
        }
        if let Some(rule) = lost(entry, &own) {
            let (class, argument) = (rule.class, &rule.argument);
            let what = format!(
                "every call is of class `{}` now, as `{argument}` no longer tells calls apart",
                class.as_str()
            );
            report.add(&call, &what);
            entry.class = class;
        }
    }
}

/// What every action takes, by each of its names.
type There = HashMap<String, Arguments>;

/// Whether a read takes these arguments, made from those of a write.
fn fills(action: &str, template: &Map<String, Value>, own: &Arguments, there: &There) -> bool {
    let taken = there
        .get(action)
        .is_some_and(|reader| template.keys().all(|name| reader.has(name)));
    taken && sources(template).all(|name| own.has(name))
}

fn readable(entry: &Entry, own: &Arguments, there: &There) -> bool {
    entry.read_back.as_ref().is_none_or(|it| {
        fills(&it.action, &it.arguments, own, there) && sources(&it.holds).all(|name| own.has(name))
    })
}

fn counted(entry: &Entry, own: &Arguments, there: &There) -> bool {
    match &entry.targets {
        None | Some(Targets::One { .. }) => true,
        Some(Targets::Ids { argument, .. }) => own
            .piece(argument)
            .is_some_and(|piece| schema::scalar_type(piece) == Some("array")),
        Some(Targets::Query {
            action, arguments, ..
        }) => fills(action, arguments, own, there),
    }
}

/// The rule of the highest class that can no longer hold.
fn lost<'a>(entry: &'a Entry, own: &Arguments) -> Option<&'a Raise> {
    let holds = |rule: &&Raise| match (own.piece(&rule.argument), &rule.equals) {
        (Some(piece), Some(value)) => can_be(piece, value),
        (Some(_), None) => true,
        (None, _) => false,
    };
    let rules = entry.raises.iter().filter(|rule| !holds(rule));
    rules
        .filter(|rule| rule.class > entry.class)
        .max_by_key(|rule| rule.class)
}

/// What an action takes.
#[derive(Clone)]
struct Arguments {
    placeholders: Vec<String>,
    request: Arc<Value>,
}

impl Arguments {
    fn of(entry: &Entry, defs: &Map<String, Value>) -> Self {
        Self {
            placeholders: placeholders(&entry.path).map(str::to_owned).collect(),
            request: Arc::new(schema::inline(&entry.request_schema, defs)),
        }
    }

    /// The form of the argument of that dotted path.
    fn piece(&self, path: &str) -> Option<&Value> {
        path.split('.')
            .try_fold(self.request.as_ref(), |piece, part| {
                schema::properties(piece)?.get(part)
            })
    }

    /// Whether there is an argument of that name; ours for lists count.
    fn has(&self, name: &str) -> bool {
        self.piece(name).is_some()
            || self.placeholders.iter().any(|other| other == name)
            || OURS.contains(&name)
    }
}

/// Whether an argument of a form can have a value, by its type.
fn can_be(piece: &Value, value: &Value) -> bool {
    let kind = schema::scalar_type(piece);
    match value {
        Value::Bool(_) => kind == Some("boolean"),
        Value::Number(_) => matches!(kind, Some("integer" | "number")),
        Value::String(_) => kind == Some("string"),
        Value::Array(_) => kind == Some("array"),
        Value::Object(_) => kind == Some("object"),
        Value::Null => schema::is_nullable(piece),
    }
}

/// The arguments that a template is filled from, also the nested ones.
fn sources(template: &Map<String, Value>) -> Box<dyn Iterator<Item = &str> + '_> {
    let named = template.values().flat_map(|value| match value {
        Value::Object(inner) => sources(inner),
        other => Box::new(template::stands_for(other).into_iter()),
    });
    let named = named.filter(|name| *name != "call_time");
    Box::new(named.map(|name| name.split('.').next().unwrap_or(name)))
}
