//! One tool: an action of its own, or one of the house tools.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::registry::Action;
use crate::registry::entry::{Class, Handler, Provenance};
use crate::safety::Confirm;

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
    /// Whether its answers can be drawn.
    pub draws: bool,
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
    pub(super) fn of_action(action: &Action, confirm: Confirm) -> Self {
        let entry = action.entry();
        Self {
            description: description(action, confirm),
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
            draws: entry.chart.is_some(),
            does,
        }
    }
}

/// How a call of a class comes to be done, by what counts as consent: who calls must know whether the
/// first answer is a plan.
pub(super) const fn agreement(class: Class, confirm: Confirm) -> &'static str {
    if class.is_reversible() {
        return "";
    }
    match confirm {
        Confirm::Elicit => " A person types the plan's figure first.",
        Confirm::Handle => " First answers with a plan; call again with its `confirm`.",
        Confirm::Off => " Done at once, within caps.",
    }
}

/// The registry's description, what the action may do, and where the facts come from.
fn description(action: &Action, confirm: Confirm) -> String {
    let entry = action.entry();
    let mut text = entry.description.clone();
    match entry.class {
        Class::Read | Class::Write => {}
        Class::Send => text.push_str(" Messages shoppers: irreversible."),
        Class::Money => text.push_str(" Moves money: irreversible."),
        Class::Destroy => text.push_str(" Destroys data: irreversible."),
    }
    text.push_str(agreement(entry.class, confirm));
    match entry.provenance {
        Provenance::Documented | Provenance::DocumentedName | Provenance::Live => {}
        Provenance::Inferred => {
            text.push_str(" (Inferred from the vendor's docs, not stated there.)");
        }
    }
    text
}
