//! What an entry says of others: read-backs, targets, next actions, shared pieces.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Book;
use super::walk::places;
use crate::registry::entry::{Api, Class, Method, Proof, ReadBack, Retry, Successor, Targets};
use crate::registry::template::{fill, stands_for};
use crate::registry::{Action, Registry, schema};

/// Stands for the moment of the call while a template is tried.
const SOME_TIME: &str = "2026-03-31T12:00:00Z";

pub(super) fn read_back(action: &Action, registry: &Registry) -> Vec<String> {
    let entry = action.entry();
    let read_back = match (&entry.read_back, entry.retry) {
        (None, Retry::Safe) => return Vec::new(),
        (None, Retry::ReadBack | Retry::NaturalKey | Retry::Once) => {
            return vec!["there is no `read_back`".to_owned()];
        }
        (Some(_), Retry::Safe) => return vec!["what is `safe` needs no `read_back`".to_owned()],
        (Some(read_back), Retry::ReadBack | Retry::NaturalKey | Retry::Once) => read_back,
    };
    let fits = match (entry.retry, read_back.proof) {
        (Retry::ReadBack, Proof::Patched | Proof::Gone) => true,
        (Retry::NaturalKey, Proof::Created) => true,
        (Retry::Once, Proof::Inspect) => true,
        (Retry::ReadBack | Retry::NaturalKey | Retry::Once | Retry::Safe, _) => false,
    };
    let Some(reader) = reader(registry, &read_back.action) else {
        return vec![format!(
            "`{}` is not a read of the registry",
            read_back.action
        )];
    };
    let mut mistakes = template(action, reader, &read_back.arguments);
    for name in &read_back.key {
        if argument_of(action, name).is_none() {
            mistakes.push(format!("`key` names `{name}`, which is no argument"));
        }
    }
    for (path, value) in leaves(&read_back.holds) {
        let source = stands_for(value);
        if let Some(source) = source.filter(|source| argument_of(action, source).is_none()) {
            mistakes.push(format!("`{{{source}}}` is not an argument of this action"));
        }
        if !held_paths(reader, read_back.proof).contains(&path) {
            mistakes.push(format!("`{}` does not show `{path}`", reader.name()));
        }
    }
    if !fits {
        mistakes.push("the proof does not fit `retry`".to_owned());
    } else if !shows(action, reader, read_back) {
        mistakes.push(format!("`{}` cannot show that proof", reader.name()));
    }
    mistakes
}

/// Whether the answer of a read has what its proof looks at.
fn shows(action: &Action, reader: &Action, read_back: &ReadBack) -> bool {
    match read_back.proof {
        Proof::Patched if !read_back.holds.is_empty() => true,
        Proof::Patched => {
            let mut shown: BTreeSet<String> = paths(reader.response_schema());
            // A list that is narrowed to one record shows that record.
            if let Some(rows) = reader.rows() {
                let prefix = format!("{}[].", rows.key);
                let of_row = shown.iter().filter_map(|path| path.strip_prefix(&prefix));
                let of_row: Vec<String> = of_row.map(str::to_owned).collect();
                shown.extend(of_row);
            }
            paths(action.request_schema()).is_subset(&shown)
        }
        Proof::Gone => reader.placeholders().next().is_some(),
        Proof::Created => reader.rows().is_some_and(|rows| {
            let row = format!("{}[].created_at", rows.key);
            paths(reader.response_schema()).contains(&row)
        }),
        Proof::Inspect => true,
    }
}

/// Dotted paths of what a template holds, with the values there.
fn leaves(template: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (name, value) in template {
        match value {
            Value::Object(inner) => {
                let below = leaves(inner).into_iter();
                found.extend(below.map(|(path, value)| (format!("{name}.{path}"), value)));
            }
            _ => found.push((name.clone(), value)),
        }
    }
    found
}

/// Paths that the answer of a read has, or its rows where one of them is the proof.
fn held_paths(reader: &Action, proof: Proof) -> BTreeSet<String> {
    let all = paths(reader.response_schema());
    match (proof, reader.rows()) {
        (Proof::Created, Some(rows)) => {
            let prefix = format!("{}[].", rows.key);
            all.iter()
                .filter_map(|path| path.strip_prefix(&prefix).map(str::to_owned))
                .collect()
        }
        (Proof::Created | Proof::Patched | Proof::Gone | Proof::Inspect, _) => all,
    }
}

fn paths(root: &Value) -> BTreeSet<String> {
    places(root).into_iter().map(|place| place.path).collect()
}

fn reader<'a>(registry: &'a Registry, name: &str) -> Option<&'a Action> {
    registry
        .get(name)
        .filter(|action| action.entry().method == Method::Get)
}

pub(super) fn targets(action: &Action, registry: &Registry) -> Vec<String> {
    let entry = action.entry();
    let raised = entry.raises.iter().map(|rule| rule.class);
    let wanted = raised
        .chain([entry.class])
        .any(|class| !class.is_reversible());
    let targets = match (&entry.targets, wanted) {
        (Some(targets), true) => targets,
        (None, false) => return Vec::new(),
        (None, true) => return vec!["there are no `targets`".to_owned()],
        (Some(_), false) => return vec!["`targets` are of no use".to_owned()],
    };
    let mut mistakes = counted(action, targets, registry);
    mistakes.extend(subject(action, targets, registry));
    mistakes
}

/// What is wrong with the place the count is read from.
fn counted(action: &Action, targets: &Targets, registry: &Registry) -> Vec<String> {
    match targets {
        Targets::One { .. } => Vec::new(),
        Targets::Ids { argument, .. } => {
            let piece = argument_of(action, argument);
            match piece.and_then(schema::scalar_type) {
                Some("array") => Vec::new(),
                Some(_) | None => vec![format!("`{argument}` is not a list among the arguments")],
            }
        }
        Targets::Query {
            action: list,
            arguments,
            ..
        } => {
            let list_action =
                reader(registry, list).filter(|list| list.rows().is_some_and(|rows| rows.paged));
            match list_action {
                Some(list) => template(action, list, arguments),
                None => vec![format!("`{list}` is not a list with a total count")],
            }
        }
    }
}

/// What is wrong with the subject: a plan can only tell what its reads show.
fn subject(action: &Action, targets: &Targets, registry: &Registry) -> Vec<String> {
    let Some(subject) = targets.subject() else {
        return vec!["`targets` has no `subject`".to_owned()];
    };
    let entry = action.entry();
    let raised = entry.raises.iter().map(|rule| rule.class);
    let class = raised.fold(entry.class, Class::max);
    let mut mistakes = Vec::new();
    if subject.class() != class {
        mistakes.push(format!(
            "the subject is of class `{}`, the call of `{}`",
            subject.class().as_str(),
            class.as_str()
        ));
    }
    let lacking = subject.readers().iter().filter(|name| {
        reader(registry, name).is_none_or(|reader| reader.entry().class != Class::Read)
    });
    mistakes
        .extend(lacking.map(|name| format!("the subject is read by `{name}`, which is not there")));
    mistakes
}

pub(super) fn successors(action: &Action, registry: &Registry) -> Vec<String> {
    let entry = action.entry();
    let keyed = entry.keyed.iter().flat_map(|keyed| &keyed.successors);
    let rows: Vec<&Successor> = entry.successors.iter().chain(keyed).collect();
    match (entry.api, &entry.keyed) {
        (Api::V2 | Api::Local, None) if rows.is_empty() => return Vec::new(),
        (Api::V2 | Api::Local, _) => return vec!["an action of v2 has no successors".to_owned()],
        (Api::V1, Some(_)) => return vec!["`keyed` is of an action without a key".to_owned()],
        (Api::V1, None) | (Api::V1Public, _) => {}
    }
    let mut mistakes = Vec::new();
    if entry.successors.is_empty() {
        mistakes.push("`successors` does not say what v2 has".to_owned());
    }
    for row in rows {
        let mut seen = BTreeSet::new();
        for name in &row.actions {
            match registry.get(name) {
                Some(found) if found.entry().api.is_v1() => {
                    mistakes.push(format!("`{name}` is not of v2"));
                }
                Some(found) if found.name() != name || !seen.insert(name) => {
                    mistakes.push(format!("`{name}` says nothing new"));
                }
                Some(_) => {}
                None => mistakes.push(format!("there is no action `{name}`")),
            }
        }
    }
    mistakes
}

pub(super) fn next(action: &Action, registry: &Registry) -> Vec<String> {
    let mut seen = BTreeSet::from([action.name()]);
    let mut mistakes = Vec::new();
    for name in &action.entry().next {
        match registry.get(name) {
            None => mistakes.push(format!("there is no action `{name}`")),
            Some(found) if !seen.insert(found.name()) => {
                mistakes.push(format!("`{name}` says nothing new"));
            }
            Some(_) => {}
        }
    }
    mistakes
}

/// Mistakes of an argument template: what it fills, with what, and what that makes of the examples.
fn template(action: &Action, reader: &Action, arguments: &Map<String, Value>) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (name, value) in arguments {
        let source = match stands_for(value) {
            None | Some("call_time") => None,
            Some(source) => Some(source),
        };
        let piece = source.map(|source| (source, argument_of(action, source)));
        match (argument_of(reader, name), piece) {
            (None, _) => mistakes.push(format!("`{}` has no argument `{name}`", reader.name())),
            (Some(_), Some((source, None))) => {
                mistakes.push(format!("`{{{source}}}` is not an argument of this action"));
            }
            (Some(into), Some((source, Some(from)))) => {
                if schema::scalar_type(into) != schema::scalar_type(from) {
                    mistakes.push(format!("`{{{source}}}` is of another type than `{name}`"));
                }
            }
            (Some(_), None) => {}
        }
    }
    if !mistakes.is_empty() {
        return mistakes;
    }
    let unfit = action.entry().examples.iter().find_map(|example| {
        let filled = Value::Object(fill(arguments, &example.arguments, Some(SOME_TIME)));
        let error = reader.input_validator()?.iter_errors(&filled).next()?;
        Some(format!("with \"{}\": {error}", example.title))
    });
    unfit.into_iter().collect()
}

/// Schema of an argument, of a part of one (`name.part`) or of a member of a list (`name.0`).
fn argument_of<'a>(action: &'a Action, name: &str) -> Option<&'a Value> {
    let mut parts = name.split('.');
    let mut piece = action
        .input_schema()
        .get("properties")?
        .get(parts.next()?)?;
    for part in parts {
        piece = match part.parse::<usize>() {
            Ok(_) => piece.get("items")?,
            Err(_) => piece.get("properties")?.get(part)?,
        };
    }
    Some(piece)
}

pub(super) fn unused(book: &Book) -> Vec<(String, String)> {
    let mut used = BTreeSet::new();
    for entry in &book.file.actions {
        let roots: [&Value; 2] = [&entry.request_schema, &entry.response_schema];
        let wire = entry.wire_schema.as_deref();
        let more = entry.path_schema.values().chain(wire);
        roots
            .into_iter()
            .chain(more)
            .for_each(|root| references(root, book, &mut used));
    }
    let pieces = book.file.defs.keys();
    pieces
        .filter(|name| !used.contains(*name))
        .map(|name| (format!("$defs.{name}"), "no schema refers to it".to_owned()))
        .collect()
}

fn references(piece: &Value, book: &Book, used: &mut BTreeSet<String>) {
    match piece {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| target.rsplit('/').next());
            if let Some(name) = name
                && used.insert(name.to_owned())
                && let Some(shared) = book.file.defs.get(name)
            {
                references(shared, book, used);
            }
            map.values().for_each(|value| references(value, book, used));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, book, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_is_read_by_reads_that_are_there() {
        let entry = |name: &str, method: &str, class: &str, targets: serde_json::Value| {
            json!({"name": name, "action": "a", "title": "A", "description": "A.", "phrases": [],
                "toolset": "a", "api": "v2", "method": method, "path": format!("/{name}"),
                "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
                "class": class, "handler": "request", "idempotent": true, "retry": "safe",
                "targets": targets, "provenance": "inferred", "examples": []})
        };
        let one = json!({"kind": "one", "subject": "alerts"});
        let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [
            entry("a_notify", "POST", "send", one),
            entry("back_in_stock_signups_read", "GET", "read", json!(null)),
            entry("back_in_stock_signups_list", "POST", "read", json!(null))]});
        let registry = Registry::parse(&text.to_string(), "test").unwrap();
        let action = registry.get("a_notify").unwrap();
        let wanted = "the subject is read by `back_in_stock_signups_list`, which is not there";
        assert_eq!(targets(action, &registry), [wanted]);
    }
}
