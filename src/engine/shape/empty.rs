//! Why a list has no rows, and what to ask instead.

use serde_json::Value;

use crate::engine::Outcome;
use crate::engine::request::Prepared;
use crate::registry::{Action, schema};

/// Says which filters to relax, and which window to widen, when a list has no rows.
pub(super) fn explain(action: &Action, prepared: &Prepared, outcome: &mut Outcome) {
    let Some(page) = outcome.page.as_ref().filter(|page| page.shown == 0) else {
        return;
    };
    if page.next_cursor.is_some() {
        return;
    }
    if page.total.is_some_and(|total| total > 0) {
        outcome.add_note(
            "The list ends before this page; leave `cursor` and `page` out to begin again.",
        );
        return;
    }
    let filters: Vec<String> = prepared
        .arguments
        .keys()
        .filter(|name| is_filter(action, name))
        .map(|name| format!("`{name}`"))
        .collect();
    let relax = filters.join(" or ");
    let note = match (default_window(action, prepared), filters.is_empty()) {
        (None, true) => "There are no rows.".to_owned(),
        (None, false) => format!("No row matches; relax {relax}."),
        (Some((length, name)), true) => {
            format!("No row matches in the default window of {length}; widen it with `{name}`.")
        }
        (Some((length, name)), false) => format!(
            "No row matches in the default window of {length}; widen it with `{name}`, or relax {relax}."
        ),
    };
    outcome.add_note(&note);
}

/// Whether an argument decides which rows match: a placeholder says which record is read, and some
/// parameters how the rows come.
fn is_filter(action: &Action, name: &str) -> bool {
    let shapes = schema::at(action.request_schema(), name).and_then(|piece| piece.get("x-shapes"));
    shapes.is_none() && !action.placeholders().any(|id| id == name)
}

/// How long the window is that the API chose, and the argument that widens it.
fn default_window<'a>(action: &'a Action, prepared: &Prepared) -> Option<(&'a str, &'a str)> {
    let properties = schema::properties(action.request_schema())?;
    properties.iter().find_map(|(name, piece)| {
        let length = piece.get("x-default-window").and_then(Value::as_str)?;
        (!prepared.arguments.contains_key(name)).then_some((length, name.as_str()))
    })
}
