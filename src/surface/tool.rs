//! One tool: an action of its own, or one of the house tools.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::registry::Action;
use crate::registry::entry::{Class, Handler, Provenance};

/// A tool as it is listed.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Unique name.
    pub name: String,
    /// Two to six words for people.
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input: Arc<Map<String, Value>>,
    /// JSON Schema of every result.
    pub output: Arc<Map<String, Value>>,
    /// Effect class of its calls.
    pub class: Class,
    /// Whether a second identical call leaves the same state.
    pub idempotent: bool,
    /// Whether it reaches beyond this program.
    pub open_world: bool,
    pub(super) does: Does,
}

/// What a tool does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// The action of its name.
    Action,
    /// The action its arguments name, of its class.
    Run,
    /// Finds actions.
    Find,
    /// Describes actions.
    Describe,
    /// Follows jobs.
    Job,
}

impl Tool {
    /// Whether it only looks.
    pub fn is_read(&self) -> bool {
        self.class == Class::Read
    }

    /// An action as a tool of its own.
    pub(super) fn of_action(action: &Action) -> Self {
        let entry = action.entry();
        Self {
            description: description(action),
            open_world: entry.handler != Handler::Local,
            ..Self::plain(action, Does::Action)
        }
    }

    /// The same without what is said of actions of the API.
    pub(super) fn plain(action: &Action, does: Does) -> Self {
        let entry = action.entry();
        Self {
            name: entry.name.clone(),
            title: entry.title.clone(),
            description: entry.description.clone(),
            input: Arc::clone(action.input_schema()),
            output: Arc::clone(action.output_schema()),
            class: entry.class,
            idempotent: entry.class == Class::Read || entry.idempotent,
            open_world: false,
            does,
        }
    }
}

/// The registry's description, what the action may do, and where the facts come from.
fn description(action: &Action) -> String {
    let entry = action.entry();
    let mut text = entry.description.clone();
    match entry.class {
        Class::Read | Class::Write => {}
        Class::Send => text.push_str(" Messages shoppers: irreversible."),
        Class::Money => text.push_str(" Moves money: irreversible."),
        Class::Destroy => text.push_str(" Destroys data: irreversible."),
    }
    match entry.provenance {
        Provenance::Documented | Provenance::DocumentedName | Provenance::Live => {}
        Provenance::Inferred => {
            text.push_str(" (Inferred from the vendor's docs, not stated there.)");
        }
    }
    text
}
