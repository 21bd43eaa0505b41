//! Lifting the fulfilment holds of an order.

use serde_json::json;

use super::cancel::closed;
use super::effects::note;
use super::row::OrderRow;
use super::terms::{Fulfillment, State};
use crate::sandbox::actions::money;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Lets the goods go; money is not touched.
pub(super) fn release(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut order = OrderRow::need(scope, args)?;
    let state = order.state();
    let is_forced = args.flag("force");
    match state {
        State::BalanceCollected => {}
        State::Placed | State::AwaitingBalance if is_forced => {}
        State::Placed | State::AwaitingBalance => {
            return Err(Refusal::conflict(format!(
                "Order is {}: {} {} not collected. Charge the balance or pass force: true.",
                state.text(),
                money::print(order.outstanding),
                order.currency
            )));
        }
        State::Released | State::Fulfilled => {
            return Err(Refusal::conflict(format!(
                "Order is already {}. No release is needed.",
                state.text()
            )));
        }
        State::Cancelled | State::Refunded => return Err(closed(state)),
    }
    order.fulfillment = Fulfillment::Open;
    order.released_at = Some(scope.now_ms());
    order.save(scope)?;
    note(scope, "order_released", &order, json!({"force": is_forced}));
    order.whole(scope)
}
