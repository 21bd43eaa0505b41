//! What a text is about: which actions, under which rules, and where it will be read.

use crate::engine::Policy;
use crate::registry::{Action, Registry};
use crate::safety::caps::Caps;
use crate::safety::personal::PersonalData;
use crate::safety::{Confirm, Guards};

/// The rules of one server, for one caller.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What counts as consent.
    pub confirm: Confirm,
    /// How much one call, and one day, may touch.
    pub caps: Caps,
    /// How personal data is shown.
    pub personal: PersonalData,
    /// Whether the API is one of this machine.
    pub is_local: bool,
}

impl Rules {
    /// Those of a caller.
    pub fn of(guards: &Guards, is_local: bool) -> Self {
        Self {
            confirm: guards.confirm,
            caps: guards.caps,
            personal: guards.personal,
            is_local,
        }
    }
}

/// The actions a text is about; what is not offered stands in no text.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'r> {
    /// All there is.
    pub registry: &'r Registry,
    /// Which of it is offered.
    pub policy: &'r Policy,
    /// The rules of the server that serves the text; none in a file, which every server's readers read.
    pub rules: Option<Rules>,
}

impl<'r> Offer<'r> {
    /// The actions offered, in the order of the registry.
    pub fn actions(self) -> impl Iterator<Item = &'r Action> {
        let all = self.registry.actions().iter();
        all.filter(move |action| self.policy.offers(action))
    }

    /// An action of a name, if it is offered.
    pub fn get(self, name: &str) -> Option<&'r Action> {
        let found = self.registry.get(name)?;
        self.policy.offers(found).then_some(found)
    }

    /// The toolsets with something in them, in the order of the registry.
    pub fn toolsets(self) -> Vec<&'r str> {
        let mut found: Vec<&str> = Vec::new();
        for action in self.actions() {
            if !found.contains(&action.toolset()) {
                found.push(action.toolset());
            }
        }
        found
    }
}
