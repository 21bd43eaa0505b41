//! What happens to orders outside the API: parcels leave, shoppers pay by the link, cards change.

use serde_json::{Map, Value, json};

use super::effects::note;
use super::payments::{collect, owing};
use super::row::OrderRow;
use super::terms::{Decline, Fulfillment};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// The codes with which charges can fail.
pub(in crate::sandbox) fn decline_codes() -> [&'static str; 6] {
    Decline::ALL.map(Decline::text)
}

/// Changes with which code charges fail (null: none does) and where mails go; what is not among the
/// changes stays.
pub(in crate::sandbox) fn change(
    scope: &mut Scope<'_>,
    id: i64,
    changes: &Map<String, Value>,
) -> Reply {
    let mut order = need(scope, id)?;
    if let Some(code) = changes.get("decline_code") {
        order.decline = code.as_str().and_then(Decline::parse);
    }
    if let Some(email) = changes.get("email") {
        order.email = email.as_str().map(|text| text.trim().to_lowercase());
    }
    order.save(scope)?;
    order.whole(scope)
}

/// The order ships.
pub(in crate::sandbox) fn fulfill(scope: &mut Scope<'_>, id: i64) -> Reply {
    let mut order = need(scope, id)?;
    if order.cancelled_at.is_some() {
        return Err(Refusal::conflict(
            "Order is cancelled and does not ship. Place a new order.",
        ));
    }
    order.fulfillment = Fulfillment::Fulfilled;
    order.fulfilled_at = Some(scope.now_ms());
    order.save(scope)?;
    note(scope, "order_fulfilled", &order, json!({}));
    order.whole(scope)
}

/// The shopper pays what is owed by the link.
pub(in crate::sandbox) fn pay_link(scope: &mut Scope<'_>, id: i64) -> Reply {
    let mut order = need(scope, id)?;
    owing(&order)?;
    collect(scope, &mut order)?;
    order.whole(scope)
}

fn need(scope: &Scope<'_>, id: i64) -> Result<OrderRow, Refusal> {
    OrderRow::find(scope, id)?.ok_or_else(|| Refusal::not_found("Order"))
}
