//! Variants whose preorder counters are set to zero.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::reads::{Found, Reads, id_of};
use super::words::{FIRST, Tally, count, listed, plural, quoted};
use super::{Asked, Plan, Unit, titles};
use crate::engine::CallError;

const READER: &str = "preorders_product_variants_read";
const LIST: &str = "preorders_product_variants_list";
/// Most ids that the list takes (inferred).
const BATCH: usize = 200;
/// Titles in a sentence.
const MOST: usize = 3;

/// Which counters would be lost.
pub(super) async fn reset(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let found = match asked.placeholder() {
        Some(id) => one(reads, id).await?,
        None => many(reads, asked.ids()).await?,
    };
    let rows: Vec<&Value> = found.records.values().collect();
    let mut skipped = Tally::default();
    // doc: a bulk job passes over what it cannot do.
    skipped.add("in no offer", found.missing());
    plan.count = count(rows.len()) + found.unseen();
    plan.skipped = skipped.pairs();
    plan.first = rows.iter().take(FIRST).map(|row| short(row)).collect();
    plan.targets = targets(&found);
    plan.undo =
        "The old counters are lost; a recount brings back only what active orders show.".to_owned();
    let sold: u64 = rows.iter().filter_map(|row| sold(row)).sum();
    let full = count(rows.iter().filter(|row| is_full(row)).count());
    let reopened = match full {
        0 => String::new(),
        full => format!(
            " {full} {} at the cap and can sell again.",
            plural(full, "variant is", "variants are")
        ),
    };
    plan.sentence = match plan.count {
        0 => format!("No counter is reset{}.", skipped.as_skipped()),
        all => format!(
            "Sets the preorder counters of {all} {} ({}) to zero{}. {sold} {} forgotten.{reopened}{}",
            Unit::Variants.noun(all),
            names(&rows, found.unseen()),
            skipped.as_skipped(),
            plural(sold, "unit sold is", "units sold are"),
            found.left_out()
        ),
    };
    Ok(plan)
}

async fn one(reads: &mut Reads<'_>, id: String) -> Result<Found, CallError> {
    let arguments = Map::from_iter([("variant_id".to_owned(), json!(id))]);
    let record = reads.record(READER, arguments).await?;
    let mut found = Found::default();
    found.records.insert(id, record);
    Ok(found)
}

/// Reads many by the list, which takes ids: a variant it does not show is in no offer.
async fn many(reads: &mut Reads<'_>, ids: BTreeSet<String>) -> Result<Found, CallError> {
    let mut found = Found::default();
    let ids: Vec<String> = ids.into_iter().collect();
    for batch in ids.chunks(BATCH) {
        if !reads.may_read() {
            found.unseen.extend(batch.iter().cloned());
            continue;
        }
        let numbers: Vec<u64> = batch.iter().filter_map(|id| id.parse().ok()).collect();
        let filters = Map::from_iter([("variant_ids".to_owned(), json!(numbers))]);
        let listed = reads.page(LIST, filters, 1).await?;
        for row in listed.rows {
            if let Some(id) = id_of(row.get("shopify_variant_id")) {
                found.records.insert(id, row);
            }
        }
        let lacking = batch.iter().filter(|id| !found.records.contains_key(*id));
        let lacking: Vec<String> = lacking.cloned().collect();
        found.missing.extend(lacking);
    }
    Ok(found)
}

/// Units sold as STOQ stores them (doc).
fn sold(row: &Value) -> Option<u64> {
    row.get("preorder_count").and_then(Value::as_u64)
}

fn is_full(row: &Value) -> bool {
    let cap = row.get("preorder_max_count").and_then(Value::as_u64);
    cap.zip(sold(row)).is_some_and(|(cap, sold)| sold >= cap)
}

fn names(rows: &[&Value], unseen: u64) -> String {
    let mut parts: Vec<String> = rows.iter().take(MOST).map(|row| title(row)).collect();
    match count(rows.len()).saturating_sub(count(MOST)) + unseen {
        0 => {}
        more => parts.push(format!("{more} more")),
    }
    listed(&parts)
}

fn title(row: &Value) -> String {
    let id = id_of(row.get("shopify_variant_id")).unwrap_or_default();
    titles::of(row).map_or_else(|| format!("variant {id}"), |title| quoted(&title))
}

fn short(row: &Value) -> String {
    let id = id_of(row.get("shopify_variant_id")).unwrap_or_default();
    let cap = row.get("preorder_max_count").and_then(Value::as_u64);
    let cap = cap.map_or("no cap".to_owned(), |cap| format!("cap {cap}"));
    let sold = sold(row).map_or("count unknown".to_owned(), |sold| format!("{sold} sold"));
    format!("{} ({id}, {sold}, {cap})", title(row))
}

fn targets(found: &Found) -> Value {
    let seen = found.records.iter().map(|(id, row)| {
        json!({"id": id, "preorder_count": row.get("preorder_count"),
            "preorder_max_count": row.get("preorder_max_count")})
    });
    let missing = found
        .missing
        .iter()
        .map(|id| json!({"id": id, "missing": true}));
    let unseen = found
        .unseen
        .iter()
        .map(|id| json!({"id": id, "unseen": true}));
    seen.chain(missing).chain(unseen).collect()
}
