//! What happens to an order after it came in: cards change, the shopper pays, the parcel leaves.

use serde_json::{Map, Value};

use super::form::Form;
use crate::sandbox::actions::orders;
use crate::sandbox::reply::Reply;
use crate::sandbox::scope::Scope;

/// Changes with which code charges fail and where mails go; null takes either away.
pub(in crate::sandbox) fn patch_order(
    scope: &mut Scope<'_>,
    order: &str,
    body: &Map<String, Value>,
) -> Reply {
    let mut form = Form::of(body);
    for name in body.keys() {
        if !["decline_code", "email"].contains(&name.as_str()) {
            form.refuse(&format!("{name} is not a field here"));
        }
    }
    form.one_of("decline_code", &orders::decline_codes());
    form.text("email");
    form.finish()?;
    orders::change(scope, id(order), body)
}

/// The order ships.
pub(in crate::sandbox) fn fulfill_order(scope: &mut Scope<'_>, order: &str) -> Reply {
    orders::fulfill(scope, id(order))
}

/// The shopper pays what is owed by the link.
pub(in crate::sandbox) fn pay_order(scope: &mut Scope<'_>, order: &str) -> Reply {
    orders::pay_link(scope, id(order))
}

/// The id in a path; what is no number is an id that no order has.
fn id(text: &str) -> i64 {
    text.parse().unwrap_or_default()
}
