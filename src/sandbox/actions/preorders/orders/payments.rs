//! Money of an order: charging the balance, asking for it by mail, giving back.

use serde_json::json;

use super::cancel::closed;
use super::effects::{mail, mail_merchant, note};
use super::row::OrderRow;
use super::terms::{Decline, Financial, State};
use crate::sandbox::actions::instant::print;
use crate::sandbox::actions::money;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Charges what is owed to the stored payment method. A decline is refused, but stays on record.
pub(super) fn charge_balance(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut order = OrderRow::need(scope, args)?;
    owing(&order)?;
    match charge(scope, &mut order)? {
        None => order.whole(scope),
        Some(code) => Err(Refusal::on_record(format!(
            "Balance charge failed: {}. Call payments/send_payment_collection_url to let the shopper pay.",
            code.text()
        ))),
    }
}

/// Mails the shopper a link to pay what is owed.
pub(super) fn send_link(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut order = OrderRow::need(scope, args)?;
    owing(&order)?;
    if order.email.is_none() {
        return Err(Refusal::invalid("customer.email is missing on this order"));
    }
    order.link_sent_at = Some(scope.now_ms());
    order.save(scope)?;
    mail(scope, &order, "payment_link");
    order.whole(scope)
}

/// Gives back collected money: an amount, or all that is held.
pub(super) fn refund(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut order = OrderRow::need(scope, args)?;
    let held = order.held();
    if held <= 0 {
        return Err(Refusal::conflict(
            "Nothing to refund: no payment is held. Call cancel to close the order.",
        ));
    }
    let amount = match args.get("amount") {
        None => held,
        Some(value) => money::minor(value)
            .ok_or_else(|| Refusal::invalid("amount must have at most two decimal places"))?,
    };
    if amount > held {
        let most = money::print(held);
        return Err(Refusal::invalid(format!(
            "amount must be less than or equal to {most}"
        )));
    }
    order.refunded += amount;
    if order.refunded == order.collected {
        order.financial = Financial::Refunded;
        order.outstanding = 0;
    } else {
        order.financial = Financial::PartiallyRefunded;
    }
    order.save(scope)?;
    let facts = json!({"amount": money::print(amount), "reason": args.text("reason")});
    note(scope, "refund", &order, facts);
    if args.flag("notify_customer") {
        mail(scope, &order, "order_refunded");
    }
    order.whole(scope)
}

/// Refuses what needs an open balance when there is none.
pub(super) fn owing(order: &OrderRow) -> Result<(), Refusal> {
    match order.state() {
        state @ (State::Cancelled | State::Refunded) => Err(closed(state)),
        State::Placed
        | State::AwaitingBalance
        | State::BalanceCollected
        | State::Released
        | State::Fulfilled => match order.outstanding {
            0 => Err(Refusal::conflict(
                "Order has no outstanding balance. It can be released.",
            )),
            _ => Ok(()),
        },
    }
}

/// Charges what is owed and writes the outcome; the code when it was declined.
pub(super) fn charge(
    scope: &mut Scope<'_>,
    order: &mut OrderRow,
) -> Result<Option<Decline>, Refusal> {
    let Some(code) = order.decline else {
        collect(scope, order)?;
        return Ok(None);
    };
    order.last_failure = Some(json!({
        "code": code.text(), "message": code.message(), "at": print(scope.now_ms()),
    }));
    order.save(scope)?;
    let facts = json!({"amount": money::print(order.outstanding), "code": code.text()});
    note(scope, "charge_failed", order, facts);
    mail(scope, order, "payment_failed_customer");
    mail_merchant(scope, order, "payment_failed_merchant")?;
    Ok(Some(code))
}

/// Takes in what is owed.
pub(super) fn collect(scope: &mut Scope<'_>, order: &mut OrderRow) -> Result<(), Refusal> {
    let amount = order.outstanding;
    order.collected += amount;
    order.outstanding = 0;
    order.charged_at = Some(scope.now_ms());
    order.last_failure = None;
    order.financial = match order.refunded {
        0 => Financial::Paid,
        _ => Financial::PartiallyRefunded,
    };
    order.save(scope)?;
    let facts = json!({"amount": money::print(amount)});
    note(scope, "charge_succeeded", order, facts);
    Ok(())
}
