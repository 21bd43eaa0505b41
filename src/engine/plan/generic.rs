//! Plans of what nothing was read for: the arguments alone tell how many records a call touches.

use super::words::{FIRST, count};
use super::{Asked, Plan, UNCOUNTED};
use crate::registry::entry::{Class, Subject};

/// The plan of an action that only the shop's own manifest knows, or whose reads are not there.
pub(super) fn unknown(asked: &Asked<'_>, mut plan: Plan) -> Plan {
    let ids = asked.ids();
    plan.count = count(ids.len()).max(1);
    plan.first = ids.iter().take(FIRST).cloned().collect();
    plan.amount_unknown = plan.class == Class::Money;
    plan.targets = ids.into_iter().collect();
    plan.sentence = format!(
        "Runs `{}`, which {}, on {} {}. What it touches could not be read beforehand.",
        asked.action.name(),
        does(plan.class),
        plan.count,
        plan.unit.noun(plan.count)
    );
    plan.undo = "Whether it can be undone is not known.".to_owned();
    plan
}

/// The plan as the arguments tell it, where nobody wants a read.
pub(super) fn unread(asked: &Asked<'_>, subject: Subject, mut plan: Plan) -> Plan {
    let ids = asked.ids();
    plan.first = ids.iter().take(FIRST).cloned().collect();
    plan.count = match subject {
        // How many follow is nowhere in the arguments: more than any cap, until it is read.
        Subject::MovedSignups | Subject::AutomaticCharges => UNCOUNTED,
        Subject::NewSignup
        | Subject::Alerts
        | Subject::DeletedSignups
        | Subject::ReleasedOrders
        | Subject::CancelledOrders
        | Subject::ChargedOrders
        | Subject::RefundedOrders
        | Subject::PaymentLinks
        | Subject::ShippingUpdates
        | Subject::DeletedOffers
        | Subject::ResetVariants => count(ids.len()).max(1),
    };
    let many = match plan.count {
        UNCOUNTED => "an unknown number of".to_owned(),
        known => format!("{known}"),
    };
    plan.amount_unknown = plan.class == Class::Money;
    plan.targets = ids.into_iter().collect();
    plan.sentence = format!(
        "Runs `{}`, which {}, on {many} {} by its arguments. Nothing was read beforehand: who is left out and how much it moves is not known.",
        asked.action.name(),
        does(plan.class),
        plan.unit.noun(plan.count)
    );
    plan
}

/// What calls of a class do at worst.
const fn does(class: Class) -> &'static str {
    match class {
        Class::Read => "only reads",
        Class::Write => "changes settings or records",
        Class::Send => "can message shoppers",
        Class::Money => "can move money",
        Class::Destroy => "can delete records or let goods go",
    }
}
