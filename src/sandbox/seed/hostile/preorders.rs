//! Offers and orders with the texts of the shoppers: as names of offers, labels of buttons, tags and
//! names of buyers.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{FIRST, NAMES, id};
use crate::sandbox::seed::blocks;
use crate::sandbox::seed::fixture::shop_id;
use crate::sandbox::seed::model::{Dataset, Offer, OfferVariant, Preorder, PreorderLine};

/// Letters a tag may have.
const TAG_LENGTH: usize = 40;

/// Adds an offer for each text, every other one enabled, with one order.
pub(super) fn add(data: &mut Dataset, variants: &[i64]) {
    let mut offered: Vec<i64> = Vec::new();
    for (nth, variant) in (0_u32..).zip(variants.iter().cycle()).take(NAMES.len()) {
        let created_at = data.now - TimeDelta::hours(15 * i64::from(nth) + 40);
        let offer = offer(nth, *variant, created_at);
        if offer.state == "enabled" {
            offered.push(*variant);
        }
        let order = order(nth, &offer, *variant, data);
        data.preorders.push(order);
        data.offers.push(offer);
    }
    for row in data.products.iter_mut().flat_map(|row| &mut row.variants) {
        if offered.contains(&row.shopify_variant_id) {
            "CONTINUE".clone_into(&mut row.inventory_policy);
        }
    }
}

/// The text so many places after another one.
fn text(nth: u32, after: usize) -> &'static str {
    let at = usize::try_from(nth).unwrap_or(0) + after;
    NAMES.get(at % NAMES.len()).copied().unwrap_or_default()
}

/// A text cut to what a tag may be.
fn tag(nth: u32, after: usize) -> String {
    text(nth, after)
        .chars()
        .filter(|letter| *letter != ',')
        .take(TAG_LENGTH)
        .collect()
}

fn price(data: &Dataset, variant: i64) -> i64 {
    let mut variants = data.products.iter().flat_map(|row| &row.variants);
    let found = variants.find(|row| row.shopify_variant_id == variant);
    found.map_or(0, |row| row.price_minor)
}

fn offer(nth: u32, variant: i64, created_at: DateTime<Utc>) -> Offer {
    let number = FIRST + nth;
    let changes = [
        ("/widget/button/text", json!(text(nth, 5))),
        ("/widget/disclaimer/text", json!(text(nth, 9))),
        ("/tagging/order_tags", json!([tag(nth, 0)])),
        (
            "/translations/locales",
            json!({"fr": {"preorder_button_text": text(nth, 13)}}),
        ),
    ];
    Offer {
        id: id("0ffe0000", number),
        shop_id: shop_id(1),
        name: text(nth, 0).to_owned(),
        internal_name: Some(text(nth, 3).to_owned()),
        state: if nth.is_multiple_of(2) {
            "enabled"
        } else {
            "disabled"
        }
        .to_owned(),
        starts_at: None,
        ends_at: None,
        shopify_selling_plan_id: 15_000_000_000 + i64::from(number),
        shopify_selling_plan_group_id: 16_000_000_000 + i64::from(number),
        blocks: blocks::with(&changes),
        auto_collect_since: None,
        variants: vec![OfferVariant {
            shopify_variant_id: variant,
            preorder_max_count: None,
            shipping_text: Some(text(nth, 7).to_owned()),
        }],
        created_at,
        updated_at: created_at,
    }
}

/// An order paid in full, an hour after its offer was made.
fn order(nth: u32, offer: &Offer, variant: i64, data: &Dataset) -> Preorder {
    let number = FIRST + nth;
    let price = price(data, variant);
    let shopper = id("c0570000", number);
    let shopper = data.customers.iter().find(|row| row.id == shopper);
    let id_of = |first: i64| first + i64::from(number);
    Preorder {
        shop_id: offer.shop_id,
        shopify_order_id: id_of(6_130_000_000_000),
        id: id("0de50000", number),
        name: format!("#2{number:03}"),
        customer_id: Some(id_of(7_300_000_000_000)),
        email: shopper.and_then(|row| row.email.clone()),
        customer_name: Some(text(nth, 1).to_owned()),
        shopify_market_id: Some(91_000_000_001),
        currency: "USD".to_owned(),
        financial_status: "paid".to_owned(),
        outstanding_minor: 0,
        collected_minor: price,
        refunded_minor: 0,
        charged_at: None,
        due_at: None,
        auto_attempted_at: None,
        collection_url_sent_at: None,
        last_failure: None,
        decline_code: None,
        offer_id: offer.id,
        fulfillment_status: "unfulfilled".to_owned(),
        scheduled_at: None,
        released_at: None,
        fulfilled_at: None,
        cancelled_at: None,
        cancel_reason: None,
        tags: vec![tag(nth, 0), tag(nth, 2)],
        created_at: offer.created_at + TimeDelta::hours(1),
        lines: vec![PreorderLine {
            id: 14_130_000_000_000 + 10 * i64::from(number) + 1,
            offer_id: offer.id,
            shopify_variant_id: variant,
            quantity: 1,
            unit_price_minor: price,
            deposit_minor: price,
            balance_minor: 0,
        }],
    }
}
