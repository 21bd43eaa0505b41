//! A lifelike shop, generated: the same number and now give the same rows, on every machine.
//!
//! `story` decides what sold out and came back; the waitlist fills those stretches with shoppers;
//! the deliveries alert them; some opt out, some buy; some preorder. Each room knows only what came before it.
//! Nothing here knows of tables or of the API.

mod alerts;
mod catalogue;
mod clock;
mod conversions;
mod customers;
mod draw;
// Tables, read by the row.
#[rustfmt::skip]
mod goods;
#[rustfmt::skip]
mod names;
mod optouts;
mod preorders;
mod rhythm;
mod story;
mod waitlist;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use clock::Clock;
use draw::{Draw, Subject};
use story::Episode;

use super::fixture;
use super::model::{Dataset, Notification, Product};

/// Email and SMS alerts a month.
const PLAN: i64 = 2_500;

/// The shop of that number as of now, beside the second shop of the fixture.
pub(super) fn shop(number: u64, now: DateTime<Utc>) -> Dataset {
    let clock = Clock::new(now);
    let mut data = fixture::fixture();
    let juniper = fixture::shop_id(1);
    data.now = now;
    data.customers.retain(|row| row.shop_id != juniper);
    data.signups.retain(|row| row.shop_id != juniper);
    data.notifications.retain(|row| row.shop_id != juniper);
    data.attributions.retain(|row| row.shop_id != juniper);
    data.offers.retain(|row| row.shop_id != juniper);
    data.preorders.retain(|row| row.shop_id != juniper);
    data.drifts.retain(|row| row.shop_id != juniper);
    let (shelves, others) = data
        .products
        .into_iter()
        .partition(|product| product.shop_id == juniper);

    let mut products = catalogue::catalogue(number, juniper, shelves);
    let mut size = Draw::new(number, Subject::Size);
    let signups = 3_280 + size.below(160);
    let shoppers = 2_160 + size.below(80);
    let episodes = story::story(number, clock, &products, signups);
    let mut waitlist = waitlist::waitlist(number, clock, juniper, &episodes, shoppers);
    let log = alerts::alerts(number, clock, &episodes, &mut waitlist);
    optouts::opt_out(number, now, &mut waitlist);
    let prices = products
        .iter()
        .flat_map(|product| &product.variants)
        .map(|variant| (variant.shopify_variant_id, variant.price_minor))
        .collect();
    let orders = conversions::conversions(number, now, &waitlist, &log, &prices);
    restock(number, &mut products, &episodes);
    let presold = preorders::preorders(number, clock, juniper, &mut products, &waitlist.customers);

    for shop in &mut data.shops {
        if shop.id == juniper {
            shop.plan_monthly_limit = Some(PLAN);
            shop.plan_used = used_this_month(clock, &log);
            "verified".clone_into(&mut shop.sms_verification);
            shop.settings = settings();
            shop.locations = catalogue::LOCATIONS
                .map(|(id, name)| (id, name.to_owned()))
                .to_vec();
        }
    }
    data.products = products.into_iter().chain(others).collect();
    data.customers = chain(waitlist.customers, data.customers);
    data.signups = chain(waitlist.signups, data.signups);
    data.notifications = chain(log, data.notifications);
    data.attributions = chain(orders, data.attributions);
    data.offers = chain(presold.offers, data.offers);
    data.preorders = chain(presold.orders, data.preorders);
    data.drifts = chain(presold.drifts, data.drifts);
    data
}

fn chain<T>(mut first: Vec<T>, second: Vec<T>) -> Vec<T> {
    first.extend(second);
    first
}

/// Puts on the shelf what the story left there.
fn restock(number: u64, products: &mut [Product], episodes: &[Episode]) {
    let mut draw = Draw::new(number, Subject::Stock);
    let mut latest: BTreeMap<i64, &Episode> = BTreeMap::new();
    for episode in episodes {
        let last = latest.entry(episode.variant).or_insert(episode);
        if episode.sold_out > last.sold_out {
            *last = episode;
        }
    }
    for variant in products
        .iter_mut()
        .flat_map(|product| &mut product.variants)
    {
        if let Some(episode) = latest.get(&variant.shopify_variant_id) {
            variant.stock = match episode.restocked {
                Some(_) => catalogue::delivered(&mut draw, episode.signups),
                None => catalogue::sold_out(),
            };
        }
    }
}

/// Alerts of the month that count against the plan: push is free.
fn used_this_month(clock: Clock, log: &[Notification]) -> i64 {
    let counted = log.iter().filter(|entry| {
        let sent = entry
            .sent_at
            .is_some_and(|at| at.timestamp() >= clock.month);
        sent && entry.channel != "push"
    });
    counted.fold(0, |used, _| used + 1)
}

/// What the merchant changed over time: all channels, portions, mails to the shop.
fn settings() -> Value {
    let mut settings = fixture::default_settings();
    let blocks = [
        (
            "/channels",
            json!({"email": {"enabled": true}, "sms": {"enabled": true}, "push": {"enabled": true}}),
        ),
        (
            "/delivery/batching",
            json!({"enabled": true, "batch_size": alerts::BATCH, "interval_minutes": alerts::PAUSE_MINUTES}),
        ),
        (
            "/alerts",
            json!({
                "recipient_email": "ops@juniper-supply.example",
                "waitlist_alert": {"enabled": true, "threshold": 50},
                "scheduled_reports": {"enabled": true, "daily": false, "weekly": true, "monthly": true},
            }),
        ),
    ];
    for (place, block) in blocks {
        if let Some(slot) = settings.pointer_mut(place) {
            *slot = block;
        }
    }
    settings
}
