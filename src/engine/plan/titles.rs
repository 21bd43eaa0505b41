//! Titles of variants, for people: records name a variant by number and by its own title alone.

use std::collections::BTreeMap;

use chrono::Days;
use serde_json::{Map, Value, json};

use super::reads::Reads;
use super::words::{Tally, fact, listed, quoted};

const DEMAND: &str = "back_in_stock_reports_products_in_demand";
const HELD: &str = "preorders_product_variants_list";
/// The longest window a report takes is 1,096 days (vendor docs: Back in Stock Reports).
const DAYS: Days = Days::new(1_000);
/// Titles in a sentence.
const MOST: usize = 3;
/// What Shopify calls the only variant of a product.
const ONLY: &str = "Default Title";

/// The titles of some variants, as far as they could be read: two points at most.
pub(super) async fn titles(reads: &mut Reads<'_>, ids: &[u64]) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    if ids.is_empty() {
        return found;
    }
    let from = reads.now().checked_sub_days(DAYS);
    let mut filters = Map::new();
    if let Some(from) = from {
        filters.insert(
            "from".to_owned(),
            json!(from.format("%Y-%m-%d").to_string()),
        );
    }
    if let [one] = ids {
        filters.insert("variant_id".to_owned(), json!(one));
    }
    if let Some(body) = reads.perhaps(DEMAND, filters, Some(1)).await {
        take(&body, ids, &mut found);
    }
    let lacking: Vec<u64> = ids
        .iter()
        .copied()
        .filter(|id| !found.contains_key(id))
        .collect();
    if !lacking.is_empty() {
        let filters = Map::from_iter([("variant_ids".to_owned(), json!(lacking))]);
        if let Some(body) = reads.perhaps(HELD, filters, Some(1)).await {
            take(&body, ids, &mut found);
        }
    }
    found
}

/// Takes the titles of the wanted variants from whichever list an answer holds.
fn take(body: &Value, ids: &[u64], found: &mut BTreeMap<u64, String>) {
    let lists = body.as_object().into_iter().flat_map(Map::values);
    for row in lists.filter_map(Value::as_array).flatten() {
        let id = row.get("shopify_variant_id").and_then(Value::as_u64);
        if let Some(id) = id.filter(|id| ids.contains(id))
            && let Some(title) = of(row)
        {
            found.insert(id, title);
        }
    }
}

/// Product and variant of a row that has both titles.
pub(super) fn of(row: &Value) -> Option<String> {
    let product = fact(row, "/product_title")?;
    let variant = fact(row, "/variant_title").filter(|title| *title != ONLY);
    Some(match variant {
        Some(variant) => format!("{product} / {variant}"),
        None => product.to_owned(),
    })
}

/// One variant by its title, or by what else is known of it.
pub(super) fn named(titles: &BTreeMap<u64, String>, id: u64, own: Option<&str>) -> String {
    match (titles.get(&id), own.filter(|title| *title != ONLY)) {
        (Some(title), _) => quoted(title),
        (None, Some(own)) => format!("{} (variant {id})", quoted(own)),
        (None, None) => format!("variant {id}"),
    }
}

/// The variants that some signups wait for, the most wanted first.
pub(super) async fn of_signups(reads: &mut Reads<'_>, signups: &[&Value]) -> String {
    let mut wanted = Tally::default();
    let mut own = BTreeMap::new();
    for signup in signups {
        let id = signup
            .pointer("/variant/shopify_variant_id")
            .and_then(Value::as_u64);
        if let Some(id) = id {
            wanted.add(id.to_string(), 1);
            own.insert(id, fact(signup, "/variant/title"));
        }
    }
    let order: Vec<u64> = wanted
        .pairs()
        .iter()
        .filter_map(|(id, _)| id.parse().ok())
        .collect();
    let named_ids: Vec<u64> = order.iter().copied().take(MOST).collect();
    let titles = titles(reads, &named_ids).await;
    let mut parts: Vec<String> = named_ids
        .iter()
        .map(|id| named(&titles, *id, own.get(id).copied().flatten()))
        .collect();
    match order.len().saturating_sub(MOST) {
        0 => {}
        1 => parts.push("1 more variant".to_owned()),
        more => parts.push(format!("{more} more variants")),
    }
    listed(&parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_variant_of_a_product_goes_by_the_products_title() {
        let row = |variant: Value| json!({"product_title": "Throw", "variant_title": variant});
        assert_eq!(of(&row(json!("Moss"))).as_deref(), Some("Throw / Moss"));
        assert_eq!(of(&row(json!(ONLY))).as_deref(), Some("Throw"));
        assert_eq!(of(&row(Value::Null)).as_deref(), Some("Throw"));
        assert_eq!(of(&json!({"variant_title": "Moss"})), None);
    }

    #[test]
    fn a_variant_without_a_title_goes_by_its_own_or_its_number() {
        let titles = BTreeMap::from([(1, "Throw / Moss".to_owned())]);
        assert_eq!(named(&titles, 1, Some("Moss")), "“Throw / Moss”");
        assert_eq!(named(&titles, 2, Some("Clay")), "“Clay” (variant 2)");
        assert_eq!(named(&titles, 2, Some(ONLY)), "variant 2");
        assert_eq!(named(&titles, 2, None), "variant 2");
    }
}
