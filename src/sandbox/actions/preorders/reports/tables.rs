//! Breakdowns: the same lines added up by product, variant, offer, market or customer.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::lines::Line;
use super::sums::{FIGURES, Sums};
use crate::sandbox::actions::instant;
use crate::sandbox::actions::preorders::offer_row::OfferRow;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Keys of a customer's row.
pub(super) const CUSTOMER: [&str; 9] = [
    "customer_id",
    "email",
    "name",
    "orders",
    "units",
    "revenue",
    "outstanding_balance",
    "first_order_at",
    "last_order_at",
];

/// The lines of one row: their sums, the first and the latest of them.
struct Group<'a> {
    sums: Sums,
    first: &'a Line,
    latest: &'a Line,
}

/// Groups with a line that counts, most revenue first, then by key.
fn groups<'a, K: Ord>(lines: &'a [Line], key: impl Fn(&'a Line) -> K) -> Vec<(K, Group<'a>)> {
    let mut groups: BTreeMap<K, Group<'a>> = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.is_cancelled) {
        let group = groups.entry(key(line)).or_insert_with(|| Group {
            sums: Sums::default(),
            first: line,
            latest: line,
        });
        group.sums.add(line);
        group.latest = line;
    }
    let mut groups: Vec<(K, Group<'a>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.sums.revenue()));
    groups
}

/// A key that comes after all others when it is missing.
fn last<T>(key: Option<T>) -> (bool, Option<T>) {
    (key.is_none(), key)
}

/// Rows per product.
pub(super) fn by_product(lines: &[Line]) -> Vec<Value> {
    let print = |(product, group): (i64, Group<'_>)| {
        let begun = json!({
            "shopify_product_id": product,
            "product_title": group.latest.product_title,
        });
        group.sums.row(begun, FIGURES)
    };
    groups(lines, |line| line.product)
        .into_iter()
        .map(print)
        .collect()
}

/// Rows per variant.
pub(super) fn by_variant(lines: &[Line]) -> Vec<Value> {
    let print = |(variant, group): (i64, Group<'_>)| {
        let begun = json!({
            "shopify_product_id": group.latest.product,
            "shopify_variant_id": variant,
            "product_title": group.latest.product_title,
            "variant_title": group.latest.variant_title,
        });
        group.sums.row(begun, FIGURES)
    };
    groups(lines, |line| line.variant)
        .into_iter()
        .map(print)
        .collect()
}

/// Rows per offer, deleted ones too.
pub(super) fn by_offer(scope: &Scope<'_>, lines: &[Line]) -> Result<Vec<Value>, Refusal> {
    let mut rows = Vec::new();
    for (id, group) in groups(lines, |line| line.offer.as_str()) {
        let offer = OfferRow::find_any(scope, id)?.ok_or_else(|| {
            Refusal::Broken(format!("an order names the offer {id}, which is not there"))
        })?;
        rows.push((offer, group));
    }
    rows.sort_by(|(offer, group), (other, next)| {
        let by_revenue = next.sums.revenue().cmp(&group.sums.revenue());
        by_revenue.then_with(|| (&offer.name, &offer.id).cmp(&(&other.name, &other.id)))
    });
    let print = |(offer, group): (OfferRow, Group<'_>)| {
        let state = match offer.deleted_at {
            None => offer.state.text(),
            Some(_) => "deleted",
        };
        let begun = json!({"offer_id": offer.id, "name": offer.name, "state": state});
        group.sums.row(begun, FIGURES)
    };
    Ok(rows.into_iter().map(print).collect())
}

/// Rows per market; sales outside of all come under none.
pub(super) fn by_market(lines: &[Line]) -> Vec<Value> {
    groups(lines, |line| last(line.market))
        .into_iter()
        .map(|((_, market), group)| group.sums.row(json!({"market_id": market}), FIGURES))
        .collect()
}

/// Rows per customer; guests by address.
pub(super) fn customers(lines: &[Line]) -> Vec<Value> {
    let print = |group: Group<'_>| {
        let begun = json!({
            "customer_id": group.latest.customer_id,
            "email": group.latest.email,
            "name": group.latest.customer_name,
            "first_order_at": instant::print(group.first.created_at),
            "last_order_at": instant::print(group.latest.created_at),
        });
        let figures = ["orders", "units", "revenue", "outstanding_balance"];
        group.sums.row(begun, &figures)
    };
    let buyer = |line: &Line| {
        let (customer, guest) = line.buyer();
        (last(customer), guest)
    };
    groups(lines, buyer)
        .into_iter()
        .map(|(_, group)| print(group))
        .collect()
}
