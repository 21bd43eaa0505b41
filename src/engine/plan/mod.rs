//! What a call would do, read before it is done: the plan that a person sees and the digest seals.
//!
//! Planning only reads. One file per subject says which facts are read and how they are told; this
//! room knows the API's records, and nothing of confirmations, caps or tools.

use serde::Serialize;
use serde_json::{Map, Value};

use super::request::Prepared;
use super::{CallError, Engine, Run};
use crate::registry::Action;
use crate::registry::entry::Class;
use crate::safety::caps::Caps;

/// What one call would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Plan {
    /// Name of the action.
    pub action: String,
    /// Class of this very call.
    pub class: Class,
    /// Whom it touches, how many, how much: for a person.
    pub sentence: String,
    /// What the cap and the typed answer are about.
    pub count: u64,
    /// What is counted.
    pub unit: Unit,
    /// Money that moves: currency and decimal, by currency.
    pub amounts: Vec<(String, String)>,
    /// Whether money moves of which the amount, or a part of it, could not be read.
    pub amount_unknown: bool,
    /// The first targets in short, with ids; personal data is masked.
    pub first: Vec<String>,
    /// Targets that the API will leave out: why, and how many.
    pub skipped: Vec<(String, u64)>,
    /// What can be undone.
    pub undo: String,
    /// What the call costs.
    pub points: u32,
    /// What planning has cost.
    pub read_points: u32,
    /// The targets with the state each is in, sorted by id: for the digest.
    pub targets: Value,
    /// What else the effect hangs on: for the digest.
    pub state: Value,
}

/// What the count of a plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Shoppers who get a message.
    Shoppers,
    /// Signups that are deleted or moved.
    Signups,
    /// Offers that are deleted.
    Offers,
    /// Variants that lose their counters.
    Variants,
    /// Orders whose goods are let go.
    Releases,
    /// Orders whose money moves.
    Orders,
    /// Records of an action that only the shop's own manifest knows.
    Records,
}

impl Unit {
    /// The most of them that one call may touch.
    pub(crate) const fn cap(self, caps: &Caps) -> u64 {
        match self {
            Self::Shoppers => caps.recipients,
            Self::Signups | Self::Offers | Self::Variants | Self::Records => caps.destroyed,
            Self::Releases => caps.released,
            Self::Orders => caps.money_orders,
        }
    }

    /// The word for one or many.
    pub(crate) const fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Shoppers, 1) => "shopper",
            (Self::Shoppers, _) => "shoppers",
            (Self::Signups, 1) => "signup",
            (Self::Signups, _) => "signups",
            (Self::Offers, 1) => "offer",
            (Self::Offers, _) => "offers",
            (Self::Variants, 1) => "variant",
            (Self::Variants, _) => "variants",
            (Self::Releases | Self::Orders, 1) => "order",
            (Self::Releases | Self::Orders, _) => "orders",
            (Self::Records, 1) => "record",
            (Self::Records, _) => "records",
        }
    }
}

impl Engine {
    /// Reads what a call of class `send`, `money` or `destroy` would do. Sends nothing but reads.
    ///
    /// # Errors
    /// As the call itself, when its record is not there; as a read, when the API does not answer.
    pub(super) async fn plan(&self, run: &Run<'_>, prepared: &Prepared) -> Result<Plan, CallError> {
        Ok(light(run.action, run.class, &prepared.arguments))
    }
}

/// The plan as far as the arguments alone tell it: nothing is read.
pub(super) fn light(action: &Action, class: Class, arguments: &Map<String, Value>) -> Plan {
    Plan {
        action: action.name().to_owned(),
        class,
        sentence: format!("`{}`: nothing was read.", action.name()),
        count: 1,
        unit: Unit::Records,
        amounts: Vec::new(),
        amount_unknown: class == Class::Money,
        first: Vec::new(),
        skipped: Vec::new(),
        undo: String::new(),
        points: action.entry().points(),
        read_points: 0,
        targets: Value::Object(arguments.clone()),
        state: Value::Null,
    }
}
