//! Mails about orders: links to pay a balance, and shipping updates.

use serde_json::Value;

use super::orders::{self, Orders, outstanding, owes};
use super::reads::Reads;
use super::words::{fact, plural, quoted};
use super::{Asked, Plan, Unit};
use crate::engine::CallError;

const UNDO: &str = "A mail that was sent cannot be called back, and a second call mails again.";

/// Who would get a link to pay.
pub(super) async fn links(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let orders = Orders::look(reads, asked, |order| {
        orders::in_state(order, &["cancelled", "refunded"])
            .or_else(|| (!owes(order)).then(|| "nothing is owed".to_owned()))
            .or_else(|| without_address(order))
    })
    .await?;
    orders.fill(&mut plan);
    let skipped = orders.skipped.as_skipped();
    plan.sentence = match plan.count {
        0 => format!("No payment link is mailed{skipped}."),
        all => format!(
            "Mails a payment link to {all} {} owing {}{skipped}. Nothing is charged by it.{}",
            Unit::Shoppers.noun(all),
            orders.sum(outstanding).told(),
            orders.left_out()
        ),
    };
    plan.undo = UNDO.to_owned();
    Ok(plan)
}

/// Who would get a shipping update.
pub(super) async fn updates(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let subject = quoted(asked.text("subject").unwrap_or_default());
    if asked.value("shopify_order_ids").is_none() {
        return Ok(unread(asked, plan, &subject));
    }
    let orders = Orders::look_for_some(reads, asked, without_address).await?;
    orders.fill(&mut plan);
    let skipped = orders.skipped.as_skipped();
    plan.sentence = match plan.count {
        0 => format!("Nobody is mailed{skipped}."),
        all => format!(
            "Mails the shipping update {subject} to the {} of {all} {}{skipped}.{}",
            plural(all, "shopper", "shoppers"),
            Unit::Orders.noun(all),
            orders.left_out()
        ),
    };
    plan.undo = UNDO.to_owned();
    Ok(plan)
}

/// STOQ's own order ids cannot be read (doc: v2 does not show them).
fn unread(asked: &Asked<'_>, mut plan: Plan, subject: &str) -> Plan {
    let ids = asked.texts("order_ids");
    plan.count = super::words::count(ids.len());
    plan.sentence = format!(
        "Mails the shipping update {subject} to the {} of {} {}. They were not looked at, as no read takes STOQ's own order ids.",
        plural(plan.count, "shopper", "shoppers"),
        plan.count,
        Unit::Orders.noun(plan.count)
    );
    plan.first = ids.iter().take(super::words::FIRST).cloned().collect();
    plan.undo = UNDO.to_owned();
    plan.targets = ids.into_iter().collect();
    plan
}

/// inferred: without an address nothing can be mailed.
fn without_address(order: &Value) -> Option<String> {
    fact(order, "/customer/email")
        .is_none()
        .then(|| "no email address".to_owned())
}
