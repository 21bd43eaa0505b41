//! Signups that are moved from one variant to another.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::reads::Reads;
use super::words::{Tally, count, fact, plural};
use super::{Asked, Plan, Unit, signups, titles};
use crate::engine::CallError;

const LIST: &str = "back_in_stock_signups_list";
/// Points kept for the target's rows and for the titles.
const KEPT: u32 = 4;

/// What would move, and what would stay.
pub(super) async fn moved(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let source = asked.number("from_shopify_variant_id").unwrap_or_default();
    let target = asked.number("to_shopify_variant_id").unwrap_or_default();
    let wanted = Wanted::of(asked);
    let (rows, total) = reads.all(LIST, &of_variant(source), KEPT).await?;
    let (there, there_total) = reads.all(LIST, &of_variant(target), 2).await?;
    let waiting: BTreeSet<Waiter<'_>> = there.iter().filter_map(waiter).collect();
    let mut skipped = Tally::default();
    let mut moving: Vec<&Value> = Vec::new();
    for row in &rows {
        match wanted.stays(row, &waiting) {
            Some(why) => skipped.add(why, 1),
            None => moving.push(row),
        }
    }
    // Rows that were not looked at may all move.
    let unseen = total.saturating_sub(count(rows.len()));
    plan.count = count(moving.len()) + unseen;
    let titles = titles::titles(reads, &[source, target]).await;
    let own = rows.iter().find_map(|row| fact(row, "/variant/title"));
    let from = titles::named(&titles, source, own);
    let to = titles::named(
        &titles,
        target,
        there.iter().find_map(|row| fact(row, "/variant/title")),
    );
    let most = if unseen > 0 { "at most " } else { "" };
    plan.sentence = match plan.count {
        0 => format!(
            "No signup moves from {from} to {to}{}.",
            skipped.as_skipped()
        ),
        all => format!(
            "Moves {most}{all} {} ({}) from {from} to {to}{}. {} for the other variant then, and no message goes out now.",
            Unit::Signups.noun(all),
            match unseen {
                0 => signups::statuses(&moving),
                unseen => format!("{unseen} of them not looked at"),
            },
            skipped.as_skipped(),
            plural(all, "The shopper waits", "The shoppers wait")
        ),
    };
    let unseen_there = there_total.saturating_sub(count(there.len()));
    if unseen_there > 0 {
        plan.sentence.push_str(&format!(
            " {unseen_there} {} of the target {} not looked at: who waits there already stays where they are.",
            Unit::Signups.noun(unseen_there),
            plural(unseen_there, "was", "were")
        ));
    }
    plan.skipped = skipped.pairs();
    plan.undo = "Where a row came from is forgotten: moving them back would also move who waited there before.".to_owned();
    plan.first = signups::first(&moving);
    plan.targets = targets(&rows);
    plan.state = json!({"source": total, "target": there_total, "waiting_there": waiting.len()});
    Ok(plan)
}

fn of_variant(id: u64) -> Map<String, Value> {
    Map::from_iter([("variant_id".to_owned(), json!(id))])
}

/// Who waits how: the same one is never twice on a waitlist (vendor docs: v1 Back in Stock API;
/// inferred for the channel).
type Waiter<'a> = (&'a str, &'a str, Option<u64>);

fn waiter(row: &Value) -> Option<Waiter<'_>> {
    let is_waiting = matches!(fact(row, "/status"), Some("pending" | "blocked"));
    let market = row.get("shopify_market_id").and_then(Value::as_u64);
    let key = (fact(row, "/customer/id")?, fact(row, "/channel")?, market);
    is_waiting.then_some(key)
}

/// Which rows are asked for (doc: v1's `intent_type`).
enum Wanted {
    Unsent,
    Sent,
    All,
}

impl Wanted {
    fn of(asked: &Asked<'_>) -> Self {
        let named = ["signup_type", "intent_type"].map(|name| asked.text(name));
        match named.into_iter().flatten().next() {
            Some("sent") => Self::Sent,
            Some("all") => Self::All,
            _ => Self::Unsent,
        }
    }

    /// Why a row stays where it is.
    fn stays(&self, row: &Value, waiting: &BTreeSet<Waiter<'_>>) -> Option<&'static str> {
        let is_notified = match fact(row, "/status") {
            Some("unsubscribed") => return Some("unsubscribed"),
            status => status == Some("notified"),
        };
        match (self, is_notified) {
            (Self::Unsent, true) => return Some("already notified"),
            (Self::Sent, false) => return Some("still waiting"),
            (Self::Unsent, false) | (Self::Sent, true) | (Self::All, _) => {}
        }
        let is_there = waiter(row).is_some_and(|waiter| waiting.contains(&waiter));
        is_there.then_some("already waiting for the target")
    }
}

fn targets(rows: &[Value]) -> Value {
    let mut all: Vec<(&str, &Value)> = rows
        .iter()
        .filter_map(|row| Some((fact(row, "/id")?, row)))
        .collect();
    all.sort_by_key(|(id, _)| *id);
    let told = all.into_iter().map(|(id, row)| signups::target(id, row));
    told.collect()
}
