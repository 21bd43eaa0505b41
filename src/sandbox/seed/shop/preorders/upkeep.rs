//! What follows from the orders: caps that some variants have reached, stock policies, and where
//! Shopify fell behind.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::draw::Draw;
use super::campaigns::Campaign;
use super::orders::Placed;
use crate::sandbox::seed::model::{Drift, Offer, OfferVariant, Product};

/// Units that count, by variant.
pub(super) fn counts(placed: &[Placed]) -> BTreeMap<i64, i64> {
    let mut counts = BTreeMap::new();
    let orders = placed.iter().map(|row| &row.order);
    for order in
        orders.filter(|row| row.cancelled_at.is_none() && row.financial_status != "refunded")
    {
        for line in &order.lines {
            *counts.entry(line.shopify_variant_id).or_default() += line.quantity;
        }
    }
    counts
}

/// Caps the variants of the offers that have caps: the most wanted are sold out.
pub(super) fn cap(
    draw: &mut Draw,
    campaigns: &[Campaign],
    offers: &mut [Offer],
    counts: &BTreeMap<i64, i64>,
) {
    for (campaign, offer) in campaigns.iter().zip(offers) {
        let Some(at_cap) = campaign.at_cap else {
            continue;
        };
        let mut variants: Vec<(i64, &mut OfferVariant)> = offer
            .variants
            .iter_mut()
            .map(|row| {
                (
                    counts.get(&row.shopify_variant_id).copied().unwrap_or(0),
                    row,
                )
            })
            .collect();
        variants.sort_by_key(|(count, row)| (Reverse(*count), row.shopify_variant_id));
        for (nth, (count, row)) in variants.into_iter().enumerate() {
            row.preorder_max_count = Some(if nth < at_cap && count > 0 {
                count
            } else {
                (count * 5 / 4 / 10 + draw.between(2, 6)) * 10
            });
        }
    }
}

/// Shopify goes on selling what an enabled offer holds below its caps.
pub(super) fn set_policies(
    products: &mut [Product],
    offers: &[Offer],
    counts: &BTreeMap<i64, i64>,
) {
    for variant in products.iter_mut().flat_map(|row| &mut row.variants) {
        let id = variant.shopify_variant_id;
        let held = || held(offers, id);
        let count = counts.get(&id).copied().unwrap_or(0);
        let is_full = held()
            .filter_map(|row| row.preorder_max_count)
            .any(|cap| count >= cap);
        if held().next().is_some() && !is_full {
            "CONTINUE".clone_into(&mut variant.inventory_policy);
        }
    }
}

/// What the enabled offers say of a variant.
fn held(offers: &[Offer], variant: i64) -> impl Iterator<Item = &OfferVariant> {
    offers
        .iter()
        .filter(|offer| offer.state == "enabled")
        .flat_map(|offer| &offer.variants)
        .filter(move |row| row.shopify_variant_id == variant)
}

/// A metafield, and what Shopify holds of it against a count.
type Stale = (&'static str, fn(i64) -> Value);

const STALE: [Stale; 5] = [
    ("preorder_max_count", |_| Value::Null),
    ("preorder_count", |count| json!(count - 1)),
    (
        "shipping_text",
        |_| json!({"91000000001": "Ships in two weeks"}),
    ),
    ("selling_plan_ids", |_| json!([])),
    ("preorder_count", |_| json!(0)),
];

/// The most wanted variants of five enabled offers, of which Shopify holds something else than STOQ.
pub(super) fn drifts(shop_id: Uuid, offers: &[Offer], counts: &BTreeMap<i64, i64>) -> Vec<Drift> {
    let mut wanted: Vec<(i64, i64)> = Vec::new();
    for offer in offers.iter().filter(|offer| offer.state == "enabled") {
        let ids = offer.variants.iter().map(|row| row.shopify_variant_id);
        let sold = ids.filter_map(|id| Some((*counts.get(&id)?, Reverse(id))));
        let fresh = sold.filter(|(_, id)| wanted.iter().all(|(known, _)| *known != id.0));
        if let Some((count, Reverse(variant))) = fresh.max() {
            wanted.push((variant, count));
        }
    }
    wanted
        .into_iter()
        .zip(STALE)
        .map(|((variant, count), (key, value))| Drift {
            shop_id,
            shopify_variant_id: variant,
            key: key.to_owned(),
            value: value(count),
        })
        .collect()
}
