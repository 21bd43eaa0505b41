//! What a call would do, read before it is done: the plan that a person sees and the digest seals.
//!
//! Planning only reads. One file per subject says which facts are read and how they are told; this
//! room knows the API's records, and nothing of confirmations, caps or tools.

mod cancel;
mod generic;
mod mails;
mod money;
mod offers;
mod orders;
mod payments;
mod reads;
mod shopper;
mod signups;
#[cfg(test)]
mod tests;
mod titles;
mod transfer;
mod variants;
mod words;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::request::Prepared;
use super::{CallError, Engine, Run};
use crate::registry::Action;
use crate::registry::entry::{Api, Class, Subject, Targets};
use crate::safety::caps::Cap;
use crate::safety::personal::Masker;
use crate::text::clean;
pub use reads::PLAN_POINTS;
use reads::{Reads, id_of};

/// The count of a plan whose arguments do not tell it: more than any cap.
pub(super) const UNCOUNTED: u64 = u64::MAX;

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
    /// Whether the API will do nothing at all, as all targets are left out; the sentence says why.
    pub idle: bool,
    /// What can be undone.
    pub undo: String,
    /// What the call costs.
    pub points: u32,
    /// What planning has cost.
    pub read_points: u32,
    /// The targets with the state each is in, sorted by id: for the digest alone.
    #[serde(skip)]
    pub targets: Value,
    /// What else the effect hangs on: for the digest alone.
    #[serde(skip)]
    pub state: Value,
}

impl Plan {
    /// The same, with nothing in its texts that hides, is markup, or is more of a person than the
    /// operator wants shown.
    pub(super) fn polished(mut self, masker: &Masker) -> Self {
        let polish = |text: &mut String| *text = masker.text(&clean(text)).into_owned();
        polish(&mut self.sentence);
        self.first.iter_mut().for_each(polish);
        self.skipped.iter_mut().for_each(|(why, _)| polish(why));
        polish(&mut self.undo);
        self
    }
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
    /// The cap on them.
    pub(crate) const fn cap(self) -> Cap {
        match self {
            Self::Shoppers => Cap::Recipients,
            Self::Signups | Self::Offers | Self::Variants | Self::Records => Cap::Destroyed,
            Self::Releases => Cap::Released,
            Self::Orders => Cap::MoneyOrders,
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

impl Plan {
    /// A plan that has yet to tell anything.
    fn blank(action: &Action, class: Class, unit: Unit) -> Self {
        Self {
            action: action.name().to_owned(),
            class,
            sentence: String::new(),
            count: 0,
            unit,
            amounts: Vec::new(),
            amount_unknown: false,
            first: Vec::new(),
            skipped: Vec::new(),
            idle: false,
            undo: String::new(),
            points: action.entry().points(),
            read_points: 0,
            targets: Value::Null,
            state: Value::Null,
        }
    }
}

/// What is counted of a subject.
const fn unit(subject: Subject) -> Unit {
    match subject {
        Subject::NewSignup | Subject::Alerts | Subject::PaymentLinks | Subject::ShippingUpdates => {
            Unit::Shoppers
        }
        Subject::DeletedSignups | Subject::MovedSignups => Unit::Signups,
        Subject::ReleasedOrders => Unit::Releases,
        Subject::CancelledOrders
        | Subject::ChargedOrders
        | Subject::RefundedOrders
        | Subject::AutomaticCharges => Unit::Orders,
        Subject::DeletedOffers => Unit::Offers,
        Subject::ResetVariants => Unit::Variants,
    }
}

/// The call that a plan is made of.
struct Asked<'a> {
    action: &'a Action,
    arguments: Value,
}

impl<'a> Asked<'a> {
    fn of(action: &'a Action, arguments: &Map<String, Value>) -> Self {
        Self {
            action,
            arguments: Value::Object(arguments.clone()),
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.as_u64()
    }

    fn texts(&self, name: &str) -> BTreeSet<String> {
        let members = self.value(name).and_then(Value::as_array);
        let members = members.into_iter().flatten();
        members.filter_map(|member| id_of(Some(member))).collect()
    }

    /// The part of v1's nested arguments, or all of v2's flat ones.
    fn part(&self, name: &str) -> &Value {
        self.arguments.get(name).unwrap_or(&self.arguments)
    }

    /// The id in the path.
    fn placeholder(&self) -> Option<String> {
        let name = self.action.placeholders().next()?;
        id_of(self.value(name))
    }

    /// Whether the call is of one record, which the API refuses when it is not there.
    fn is_one(&self) -> bool {
        match self.action.entry().targets {
            Some(Targets::One { .. }) | None => true,
            Some(Targets::Ids { .. } | Targets::Query { .. }) => false,
        }
    }

    /// The distinct ids of the call.
    fn ids(&self) -> BTreeSet<String> {
        match &self.action.entry().targets {
            Some(Targets::Ids { argument, .. }) => self.texts(argument),
            Some(Targets::One { .. } | Targets::Query { .. }) | None => {
                let one = self.placeholder().or_else(|| id_of(self.value("id")));
                one.into_iter().collect()
            }
        }
    }
}

impl Engine {
    /// Reads what a call of class `send`, `money` or `destroy` would do. Sends nothing but reads.
    ///
    /// # Errors
    /// As the call itself, when its record is not there; as a read, when the API does not answer.
    pub(super) async fn plan(&self, run: &Run<'_>, prepared: &Prepared) -> Result<Plan, CallError> {
        let asked = Asked::of(run.action, &prepared.arguments);
        let subject = run.action.entry().targets.as_ref();
        let subject = subject.and_then(Targets::subject);
        let is_readable = |subject: &Subject| {
            let mut readers = subject.readers().iter();
            readers.all(|name| self.registry.get(name).is_some())
        };
        let Some(subject) = subject.filter(is_readable) else {
            let blank = Plan::blank(run.action, run.class, Unit::Records);
            return Ok(generic::unknown(&asked, blank));
        };
        let blank = Plan::blank(run.action, run.class, unit(subject));
        // The shop's key must take no part in what v1 offers without one.
        if run.action.entry().api == Api::V1Public {
            return Ok(shopper::unread(&asked, blank));
        }
        let mut reads = Reads::new(self, run);
        let mut plan = told(&mut reads, &asked, subject, blank).await?;
        plan.read_points = reads.spent();
        // An offer without orders yet is changed all the same.
        plan.idle = plan.count == 0 && subject != Subject::AutomaticCharges;
        Ok(plan)
    }
}

/// The plan of a subject.
async fn told(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    subject: Subject,
    blank: Plan,
) -> Result<Plan, CallError> {
    match subject {
        Subject::NewSignup => shopper::added(reads, asked, blank).await,
        Subject::Alerts => signups::alerts(reads, asked, blank).await,
        Subject::DeletedSignups => signups::deleted(reads, asked, blank).await,
        Subject::MovedSignups => transfer::moved(reads, asked, blank).await,
        Subject::ReleasedOrders => orders::released(reads, asked, blank).await,
        Subject::CancelledOrders => cancel::cancelled(reads, asked, blank).await,
        Subject::ChargedOrders => payments::charged(reads, asked, blank).await,
        Subject::RefundedOrders => payments::refunded(reads, asked, blank).await,
        Subject::PaymentLinks => mails::links(reads, asked, blank).await,
        Subject::ShippingUpdates => mails::updates(reads, asked, blank).await,
        Subject::DeletedOffers => offers::deleted(reads, asked, blank).await,
        Subject::AutomaticCharges => offers::collecting(reads, asked, blank).await,
        Subject::ResetVariants => variants::reset(reads, asked, blank).await,
    }
}

/// The plan as far as the arguments alone tell it: nothing is read. Where they do not tell how much
/// is touched, the count is more than any cap.
pub(super) fn light(action: &Action, class: Class, arguments: &Map<String, Value>) -> Plan {
    let asked = Asked::of(action, arguments);
    let subject = action.entry().targets.as_ref().and_then(Targets::subject);
    match subject {
        Some(subject) => {
            let blank = Plan::blank(action, class, unit(subject));
            generic::unread(&asked, subject, blank)
        }
        None => generic::unknown(&asked, Plan::blank(action, class, Unit::Records)),
    }
}
