//! Preorders of the generated shop: what was offered, who bought it, and what became of it.
//!
//! The offers are the same for every number, told in days before now; who buys what is drawn.

// Tables, read by the row.
#[rustfmt::skip]
mod campaigns;
mod lives;
mod orders;
mod terms;
mod upkeep;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{Clock, instant};
use super::draw::{Draw, Subject};
use crate::sandbox::seed::blocks;
use crate::sandbox::seed::model::{Customer, Drift, Offer, OfferVariant, Preorder, Product};
use campaigns::{COLLECTIONS, Campaign, Goods, Stage};

const FIRST_PLAN: i64 = 15_000_000_101;
const FIRST_GROUP: i64 = 16_000_000_101;

/// All rows of the shop's preorders.
pub(super) struct Preorders {
    pub(super) offers: Vec<Offer>,
    pub(super) orders: Vec<Preorder>,
    pub(super) drifts: Vec<Drift>,
}

/// Sells to these shoppers, and sets collections and stock policies of the products.
pub(super) fn preorders(
    number: u64,
    clock: Clock,
    shop_id: Uuid,
    products: &mut [Product],
    customers: &[Customer],
) -> Preorders {
    let mut draw = Draw::new(number, Subject::Offers);
    for product in products.iter_mut() {
        product.collections = COLLECTIONS
            .iter()
            .filter(|(_, titles)| titles.contains(&product.title.as_str()))
            .map(|(id, _)| *id)
            .collect();
    }
    let campaigns = campaigns::campaigns(clock);
    let mut offers: Vec<Offer> = (0_i64..)
        .zip(&campaigns)
        .map(|(nth, campaign)| offer(&mut draw, (shop_id, nth), clock, campaign, products))
        .collect();
    let prices: BTreeMap<i64, i64> = products
        .iter()
        .flat_map(|product| &product.variants)
        .map(|variant| (variant.shopify_variant_id, variant.price_minor))
        .collect();
    let count = 940 + draw.index(40);
    let mut buying = Draw::new(number, Subject::Preorders);
    let table = (campaigns.as_slice(), offers.as_slice());
    let mut placed = orders::orders(&mut buying, clock, table, customers, &prices, count);
    let mut living = Draw::new(number, Subject::Lives);
    lives::live(&mut living, clock, &campaigns, &mut placed);

    let counts = upkeep::counts(&placed);
    upkeep::cap(&mut draw, &campaigns, &mut offers, &counts);
    upkeep::set_policies(products, &offers, &counts);
    Preorders {
        drifts: upkeep::drifts(shop_id, &offers, &counts),
        offers,
        orders: placed.into_iter().map(|placed| placed.order).collect(),
    }
}

/// The offer of a campaign, without caps yet.
fn offer(
    draw: &mut Draw,
    (shop_id, nth): (Uuid, i64),
    clock: Clock,
    campaign: &Campaign,
    products: &[Product],
) -> Offer {
    let (state, starts_at, ends_at) = match campaign.stage {
        Stage::Ended(at) => ("disabled", None, Some(at)),
        Stage::Stopped(_) => ("disabled", None, None),
        Stage::Running(ends_at) => ("enabled", None, ends_at),
        Stage::Planned(starts_at, ends_at) => ("scheduled", Some(starts_at), Some(ends_at)),
    };
    let touched = match campaign.stage {
        Stage::Ended(at) | Stage::Stopped(at) => at,
        Stage::Running(_) | Stage::Planned(_, _) => {
            campaign.created + draw.between(600, (clock.now - campaign.created) / 2)
        }
    };
    Offer {
        id: draw.uuid(),
        shop_id,
        name: campaign.name.to_owned(),
        internal_name: campaign.internal_name.map(str::to_owned),
        state: state.to_owned(),
        starts_at: starts_at.map(instant),
        ends_at: ends_at.map(instant),
        shopify_selling_plan_id: FIRST_PLAN + nth,
        shopify_selling_plan_group_id: FIRST_GROUP + nth,
        blocks: blocks::with(&settings(campaign)),
        auto_collect_since: campaign.terms.collects().then(|| instant(campaign.created)),
        variants: attached(campaign, products),
        created_at: instant(campaign.created),
        updated_at: instant(touched),
    }
}

/// All settings that differ from the defaults.
fn settings(campaign: &Campaign) -> Vec<(&'static str, Value)> {
    let mut settings = campaign.terms.settings();
    settings.extend(campaign.settings.iter().cloned());
    settings.push(("/tagging/order_tags", json!(campaign.tags)));
    if let Some(market) = campaign.market {
        settings.push(("/markets", json!({"enabled": true, "market_ids": [market]})));
    }
    let (source, collection) = match campaign.goods {
        Goods::All => ("all", None),
        Goods::Collection(id) => ("collection", Some(id)),
        Goods::Titles(_) => ("custom", None),
    };
    settings.push((
        "/products",
        json!({"source": source, "collection_id": collection}),
    ));
    settings
}

/// The variants of a campaign's goods. Where each may have a shipping text of its own, the first of
/// a product has.
fn attached(campaign: &Campaign, products: &[Product]) -> Vec<OfferVariant> {
    let is_offered = |product: &&Product| match campaign.goods {
        Goods::All => true,
        Goods::Collection(id) => product.collections.contains(&id),
        Goods::Titles(titles) => titles.contains(&product.title.as_str()),
    };
    let has_texts = campaign
        .settings
        .iter()
        .any(|(place, value)| *place == "/delivery/applies_to_all_products" && *value == false);
    let mut variants = Vec::new();
    for product in products.iter().filter(is_offered) {
        for (nth, variant) in product.variants.iter().enumerate() {
            variants.push(OfferVariant {
                shopify_variant_id: variant.shopify_variant_id,
                preorder_max_count: None,
                shipping_text: (has_texts && nth == 0)
                    .then(|| format!("{}: first to ship", product.title)),
            });
        }
    }
    variants
}

#[cfg(test)]
mod tests;
