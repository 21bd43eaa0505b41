//! Orders of a plan: how they are looked for and told, and which would be let go.

use serde_json::{Value, json};

use super::money::{Money, Sums, currency};
use super::reads::{Found, Kind, Reads, id_of};
use super::words::{FIRST, Tally, count, fact, mark, masked, plural, shown};
use super::{Asked, Plan, Unit};
use crate::engine::CallError;

const KIND: Kind = Kind {
    reader: "preorders_orders_read",
    placeholder: "id",
    list: "preorders_orders_list",
    neighbours: |order| {
        let offer = order.pointer("/line_items/0/offer_id")?;
        Some(("offer_id", offer.clone()))
    },
};

const OPEN: &str = "balance still open";

/// The orders of a call, with those the API leaves out set apart.
pub(super) struct Orders {
    found: Found,
    taken: Vec<String>,
    pub(super) skipped: Tally,
}

impl Orders {
    /// Looks for the orders of a call; `why_not` says why the API leaves one out.
    pub(super) async fn look(
        reads: &mut Reads<'_>,
        asked: &Asked<'_>,
        why_not: impl Fn(&Value) -> Option<String>,
    ) -> Result<Self, CallError> {
        let found = reads.look(&KIND, asked.ids(), 0).await?;
        let found = match asked.is_one() {
            true => found.or_refused(reads)?,
            false => found,
        };
        Ok(Self::of(found, why_not))
    }

    /// The same for an action that refuses a call none of whose orders is there.
    pub(super) async fn look_for_some(
        reads: &mut Reads<'_>,
        asked: &Asked<'_>,
        why_not: impl Fn(&Value) -> Option<String>,
    ) -> Result<Self, CallError> {
        let found = reads.look(&KIND, asked.ids(), 0).await?;
        Ok(Self::of(found.or_refused(reads)?, why_not))
    }

    fn of(found: Found, why_not: impl Fn(&Value) -> Option<String>) -> Self {
        let mut skipped = Tally::default();
        skipped.add("not found", found.missing());
        let mut taken = Vec::new();
        for (id, order) in &found.records {
            match why_not(order) {
                Some(why) => skipped.add(why, 1),
                None => taken.push(id.clone()),
            }
        }
        Self {
            found,
            taken,
            skipped,
        }
    }

    /// The orders that the call touches, as far as they were looked at.
    pub(super) fn taken(&self) -> Vec<&Value> {
        let ids = self.taken.iter();
        ids.filter_map(|id| self.found.records.get(id)).collect()
    }

    pub(super) fn unseen(&self) -> u64 {
        self.found.unseen()
    }

    /// All that it touches.
    pub(super) fn count(&self) -> u64 {
        count(self.taken.len()) + self.found.unseen()
    }

    pub(super) fn left_out(&self) -> String {
        self.found.left_out()
    }

    /// An amount of each order it touches, added up; those not looked at make it unknown.
    pub(super) fn sum(&self, amount: impl Fn(&Value) -> Option<Money>) -> Sums {
        let mut sums = Sums::default();
        for order in self.taken() {
            sums.add(order, amount(order));
        }
        sums.is_unknown |= self.unseen() > 0;
        sums
    }

    /// Fills what every plan of orders has.
    pub(super) fn fill(&self, plan: &mut Plan) {
        plan.count = self.count();
        plan.skipped = self.skipped.pairs();
        plan.first = self.taken().into_iter().take(FIRST).map(short).collect();
        let seen = self
            .found
            .records
            .iter()
            .map(|(id, order)| target(id, order));
        let missing = self
            .found
            .missing
            .iter()
            .map(|id| json!({"id": id, "missing": true}));
        let unseen = self
            .found
            .unseen
            .iter()
            .map(|id| json!({"id": id, "unseen": true}));
        plan.targets = seen.chain(missing).chain(unseen).collect();
    }
}

/// An order in short.
pub(super) fn short(order: &Value) -> String {
    let contact = fact(order, "/customer/email").map_or("***".to_owned(), masked);
    let owed = outstanding(order)
        .filter(|owed| owed.is_some())
        .zip(currency(order));
    let facts = [
        Some(shown(order, "/id")),
        Some(contact),
        Some(shown(order, "/state")),
        owed.map(|(owed, currency)| format!("{owed} {currency} outstanding")),
    ];
    let facts: Vec<String> = facts
        .into_iter()
        .flatten()
        .filter(|fact| !fact.is_empty())
        .collect();
    format!("{} ({})", shown(order, "/name"), facts.join(", "))
}

/// An order with its state.
pub(super) fn target(id: &str, order: &Value) -> Value {
    let payments = |name: &str| order.pointer(&format!("/payments/{name}"));
    json!({
        "id": id,
        "state": order.get("state"),
        "currency": order.get("currency"),
        "total_price": order.get("total_price"),
        "financial_status": order.get("financial_status"),
        "outstanding": payments("total_outstanding"),
        "collected": payments("collected"),
        "refunded": payments("refunded"),
        "due_at": payments("due_at"),
        "link_sent_at": payments("collection_url_sent_at"),
        "fulfillment": order.pointer("/fulfillment/status"),
        "contact": fact(order, "/customer/email").map(mark),
    })
}

/// What is still owed (doc).
pub(super) fn outstanding(order: &Value) -> Option<Money> {
    order
        .pointer("/payments/total_outstanding")
        .and_then(Money::of)
}

/// Whether something is owed; what cannot be read may be.
pub(super) fn owes(order: &Value) -> bool {
    outstanding(order).is_none_or(Money::is_some)
}

/// What the shop holds of an order: collected and not given back. Those two fields are inferred; where
/// they are not there, the documented price and rest tell it unless something was given back.
pub(super) fn held(order: &Value) -> Option<Money> {
    let of = |pointer: &str| order.pointer(pointer).and_then(Money::of);
    let exact = of("/payments/collected")
        .zip(of("/payments/refunded"))
        .and_then(|(collected, refunded)| collected.minus(refunded));
    exact.or_else(|| match fact(order, "/financial_status")? {
        "paid" | "partially_paid" => of("/total_price")?.minus(outstanding(order)?),
        "pending" | "authorized" | "voided" | "refunded" => Some(Money::ZERO),
        _ => None,
    })
}

/// The state of an order when it is one of those, as the reason why it is left out.
pub(super) fn in_state(order: &Value, states: &[&str]) -> Option<String> {
    let state = fact(order, "/state")?;
    let found = states.iter().find(|closed| **closed == state)?;
    Some(match *found {
        "released" => "already released".to_owned(),
        "fulfilled" => "already fulfilled".to_owned(),
        other => other.to_owned(),
    })
}

/// The id of an order in a list.
pub(super) fn id(order: &Value) -> Option<String> {
    id_of(order.get("id"))
}

/// Which orders would be let go.
pub(super) async fn released(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let forced = asked.flag("force") == Some(true);
    let orders = Orders::look(reads, asked, |order| {
        // doc: the states; inferred: that a closed or released order is refused.
        in_state(order, &["released", "fulfilled", "cancelled", "refunded"])
            // doc: a release needs `force` while a balance is open.
            .or_else(|| (!forced && owes(order)).then(|| OPEN.to_owned()))
    })
    .await?;
    orders.fill(&mut plan);
    let owing = count(
        orders
            .taken()
            .into_iter()
            .filter(|order| owes(order))
            .count(),
    );
    let unpaid = match owing {
        0 => String::new(),
        owing => format!(
            " {owing} of them {} not paid in full: {} outstanding.",
            plural(owing, "is", "are"),
            orders.sum(outstanding).told()
        ),
    };
    let skipped = orders.skipped.as_skipped();
    let hint = match orders.skipped.has(OPEN) {
        true => " `force` true ships goods that are not paid for.",
        false => "",
    };
    plan.sentence = match plan.count {
        0 => format!("No order is released{skipped}.{hint}"),
        all => format!(
            "Lets {all} {} go to ship{skipped}.{unpaid}{hint}{}",
            Unit::Releases.noun(all),
            orders.left_out()
        ),
    };
    plan.undo = "A release cannot be taken back. It mails nobody and moves no money.".to_owned();
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_told_by_what_was_paid_where_nothing_better_is_there() {
        let told = |order: Value| held(&order).map(|held| held.to_string());
        let paid = |status: &str| {
            json!({"financial_status": status, "total_price": "106.20",
                "payments": {"total_outstanding": "79.65"}})
        };
        for (order, expected) in [
            (
                json!({"payments": {"collected": "26.55", "refunded": "6.00"}}),
                Some("20.55"),
            ),
            (paid("paid"), Some("26.55")),
            (paid("partially_paid"), Some("26.55")),
            (paid("pending"), Some("0.00")),
            (paid("authorized"), Some("0.00")),
            (paid("voided"), Some("0.00")),
            (paid("refunded"), Some("0.00")),
            (paid("partially_refunded"), None),
            (json!({"financial_status": "paid"}), None),
            (json!({}), None),
        ] {
            assert_eq!(told(order.clone()).as_deref(), expected, "{order}");
        }
    }

    #[test]
    fn a_balance_that_cannot_be_read_may_be_open() {
        let owing = |money: Value| owes(&json!({"payments": {"total_outstanding": money}}));
        assert!(owing(json!("0.01")));
        assert!(!owing(json!("0.00")));
        assert!(owing(Value::Null));
    }
}
