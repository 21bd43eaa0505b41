//! Balances that are charged and money that is given back, one order at a time.

use super::money::{Money, Sums, currency};
use super::orders::{self, Orders, held, outstanding, owes};
use super::reads::Reads;
use super::words::{fact, shown};
use super::{Asked, Plan};
use crate::engine::CallError;

/// What would be charged.
pub(super) async fn charged(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let orders = Orders::look(reads, asked, |order| {
        orders::in_state(order, &["cancelled", "refunded"])
            .or_else(|| (!owes(order)).then(|| "nothing is owed".to_owned()))
    })
    .await?;
    orders.fill(&mut plan);
    let sums = orders.sum(outstanding);
    plan.sentence = match orders.taken().first() {
        None => format!("Nothing is charged{}.", orders.skipped.as_skipped()),
        Some(order) => format!(
            "Charges {} to the stored payment method of order {}.{}",
            sums.told(),
            shown(order, "/name"),
            // inferred: the last failure is kept with the order.
            match fact(order, "/payments/last_failure/code") {
                Some(_) => format!(
                    " The last charge failed: {}. A decline mails shopper and merchant.",
                    shown(order, "/payments/last_failure/code")
                ),
                None => " A decline mails shopper and merchant.".to_owned(),
            }
        ),
    };
    plan.amounts = sums.amounts();
    plan.amount_unknown = sums.is_unknown;
    plan.undo = "A charge can only be given back by a refund.".to_owned();
    Ok(plan)
}

/// What would be given back.
pub(super) async fn refunded(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let asked_for = asked.value("amount").and_then(Money::of);
    let orders = Orders::look(reads, asked, |order| {
        let held = held(order)?;
        match asked_for {
            // inferred: both refusals.
            _ if !held.is_some() => Some("no payment is held".to_owned()),
            Some(amount) if amount.exceeds(held) => Some(format!(
                "{amount} is more than the {held} {} that can be given back",
                currency(order).unwrap_or_default()
            )),
            Some(_) | None => None,
        }
    })
    .await?;
    orders.fill(&mut plan);
    let sums: Sums = orders.sum(|order| asked_for.or_else(|| held(order)));
    let all = orders.sum(held);
    let mail = match asked.flag("notify_customer") == Some(true) {
        true => "the shopper is mailed",
        false => "nobody is mailed",
    };
    plan.sentence = match orders.taken().first() {
        None => format!("Nothing is given back{}.", orders.skipped.as_skipped()),
        Some(order) => format!(
            "Gives back {} of the {} held for order {}; the order itself is not cancelled, and {mail}.",
            sums.told(),
            all.told(),
            shown(order, "/name")
        ),
    };
    plan.amounts = sums.amounts();
    plan.amount_unknown = sums.is_unknown;
    plan.undo =
        "A refund cannot be taken back, and a second call with an amount refunds again.".to_owned();
    Ok(plan)
}
