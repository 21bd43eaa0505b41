//! Cancelling a whole order, by default with all the money back.

use serde_json::{Value, json};

use super::effects::{mail, note};
use super::row::OrderRow;
use super::terms::{Financial, State};
use crate::sandbox::actions::money;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// What is said of an order that nothing can be done with any more.
pub(super) fn closed(state: State) -> Refusal {
    Refusal::conflict(format!(
        "Order is {}: this action is closed. Place a new order.",
        state.text()
    ))
}

/// Cancels the order. Whether goods go back to stock is only recorded: the sandbox ships none.
pub(super) fn cancel(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut order = OrderRow::need(scope, args)?;
    match order.state() {
        State::Placed | State::AwaitingBalance | State::BalanceCollected | State::Released => {}
        State::Fulfilled => {
            return Err(Refusal::conflict(
                "Order is fulfilled and cannot be cancelled. Call payments/refund instead.",
            ));
        }
        state @ (State::Cancelled | State::Refunded) => return Err(closed(state)),
    }
    let is_on = |name: &str| args.get(name).and_then(Value::as_bool).unwrap_or(true);
    let reason = args.text("reason").unwrap_or("other").to_owned();
    let given_back = if is_on("refund") { order.held() } else { 0 };
    order.cancelled_at = Some(scope.now_ms());
    order.cancel_reason = Some(reason.clone());
    order.outstanding = 0;
    order.refunded += given_back;
    if order.collected == 0 {
        order.financial = Financial::Voided;
    } else if is_on("refund") {
        order.financial = Financial::Refunded;
    }
    order.save(scope)?;
    note(
        scope,
        "order_cancelled",
        &order,
        json!({"reason": reason, "restock": is_on("restock")}),
    );
    if given_back > 0 {
        let amount = money::print(given_back);
        note(
            scope,
            "refund",
            &order,
            json!({"amount": amount, "reason": null}),
        );
    }
    if args.flag("notify_customer") {
        mail(scope, &order, "order_cancelled");
    }
    order.whole(scope)
}
