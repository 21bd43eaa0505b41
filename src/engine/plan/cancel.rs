//! Orders that are cancelled, with what was collected given back or kept.

use serde_json::Value;

use super::money::Money;
use super::orders::{self, Orders, held};
use super::reads::Reads;
use super::words::{count, plural};
use super::{Asked, Plan, Unit};
use crate::engine::CallError;

/// Which orders would end, and what would be given back.
pub(super) async fn cancelled(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    // inferred, as Shopify cancels: refund and restock unless told otherwise, and no mail.
    let refunds = asked.flag("refund") != Some(false);
    let restocks = asked.flag("restock") != Some(false);
    let mails = asked.flag("notify_customer") == Some(true);
    let orders = Orders::look(reads, asked, |order| {
        orders::in_state(order, &["fulfilled", "cancelled", "refunded"])
    })
    .await?;
    orders.fill(&mut plan);
    let sums = orders.sum(held);
    let owing = count(
        orders
            .taken()
            .into_iter()
            .filter(|order| is_open(order))
            .count(),
    );
    let skipped = orders.skipped.as_skipped();
    if plan.count == 0 {
        plan.sentence = format!("No order is cancelled{skipped}.");
    } else {
        let money = match refunds {
            true => format!("gives back {}", sums.told()),
            false => format!("keeps what was collected ({})", sums.told()),
        };
        let stock = match restocks {
            true => "puts the units back in stock",
            false => "puts no units back in stock",
        };
        let mail = match mails {
            true => plural(plan.count, "mails the shopper", "mails the shoppers"),
            false => "mails nobody",
        };
        let open = match owing {
            0 => String::new(),
            owing => format!(
                " {owing} open {} will not be collected any more.",
                plural(owing, "balance", "balances")
            ),
        };
        plan.sentence = format!(
            "Cancels {} {}, {money}, {stock} and {mail}{skipped}.{open}{}",
            plan.count,
            Unit::Orders.noun(plan.count),
            orders.left_out()
        );
        if refunds {
            plan.amounts = sums.amounts();
            plan.amount_unknown = sums.is_unknown;
        }
    }
    plan.undo =
        "A cancelled order cannot be opened again, and money given back cannot be collected again."
            .to_owned();
    Ok(plan)
}

fn is_open(order: &Value) -> bool {
    orders::outstanding(order).is_some_and(Money::is_some)
}
