//! The preorder part: each order is what the rules of sale, payment and fulfilment make of its offer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::prices;
use crate::sandbox::actions::money;
use crate::sandbox::seed::blocks;
use crate::sandbox::seed::model::{Dataset, Offer, Preorder, PreorderLine};

/// The state the API derives.
pub(in crate::sandbox::seed) fn state(order: &Preorder) -> &'static str {
    let is_paid = ["paid", "partially_refunded"].contains(&order.financial_status.as_str());
    let is_part_paid =
        ["partially_paid", "partially_refunded"].contains(&order.financial_status.as_str());
    if order.cancelled_at.is_some() {
        "cancelled"
    } else if order.financial_status == "refunded" {
        "refunded"
    } else if order.fulfillment_status == "fulfilled" {
        "fulfilled"
    } else if order.fulfillment_status == "open" {
        "released"
    } else if order.charged_at.is_some() || (order.outstanding_minor == 0 && is_paid) {
        "balance_collected"
    } else if order.outstanding_minor > 0 && is_part_paid {
        "awaiting_balance"
    } else {
        "placed"
    }
}

/// Whether its lines count.
pub(in crate::sandbox::seed) fn is_active(order: &Preorder) -> bool {
    order.cancelled_at.is_none() && order.financial_status != "refunded"
}

/// Units of active lines by variant.
pub(in crate::sandbox::seed) fn counts(data: &Dataset) -> BTreeMap<(Uuid, i64), i64> {
    let mut counts = BTreeMap::new();
    for order in data.preorders.iter().filter(|order| is_active(order)) {
        for line in &order.lines {
            *counts
                .entry((order.shop_id, line.shopify_variant_id))
                .or_default() += line.quantity;
        }
    }
    counts
}

/// The smallest cap among the enabled offers that hold a variant, and whether there is such an offer.
pub(in crate::sandbox::seed) fn cap(
    data: &Dataset,
    shop_id: Uuid,
    variant: i64,
) -> (bool, Option<i64>) {
    let held = data
        .offers
        .iter()
        .filter(|offer| offer.shop_id == shop_id && offer.state == "enabled")
        .flat_map(|offer| &offer.variants)
        .filter(|row| row.shopify_variant_id == variant);
    let caps: Vec<Option<i64>> = held.map(|row| row.preorder_max_count).collect();
    (!caps.is_empty(), caps.into_iter().flatten().min())
}

pub(super) fn hold_together(data: &Dataset) {
    let offers: BTreeMap<Uuid, &Offer> = data.offers.iter().map(|row| (row.id, row)).collect();
    assert_eq!(offers.len(), data.offers.len());
    offers_are_whole(data);
    let prices = prices(data);
    let mut taken: BTreeSet<(Uuid, i64)> = data
        .attributions
        .iter()
        .map(|row| (row.shop_id, row.shopify_order_id))
        .collect();
    let (mut names, mut ids, mut lines) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for order in &data.preorders {
        assert!(
            taken.insert((order.shop_id, order.shopify_order_id)),
            "{order:?}"
        );
        assert!(names.insert((order.shop_id, &order.name)), "{order:?}");
        assert!(ids.insert(order.id), "{order:?}");
        for line in &order.lines {
            assert!(lines.insert((order.shop_id, line.id)), "{order:?}");
        }
        was_placed_by_the_rules(data, order, &offers, &prices);
        money_adds_up(order);
        times_are_in_order(data, order);
        nothing_is_due(data, order, offers[&order.offer_id]);
    }
    policies_follow(data);
    for drift in &data.drifts {
        assert!(prices.contains_key(&(drift.shop_id, drift.shopify_variant_id)));
    }
}

fn offers_are_whole(data: &Dataset) {
    let plain = blocks::with(&[]);
    let mut plans = BTreeSet::new();
    for offer in &data.offers {
        let shop = data
            .shops
            .iter()
            .find(|shop| shop.id == offer.shop_id)
            .unwrap();
        assert!(plans.insert(offer.shopify_selling_plan_id));
        assert!(plans.insert(offer.shopify_selling_plan_group_id));
        assert!(offer.created_at <= offer.updated_at && offer.updated_at <= data.now);
        match offer.state.as_str() {
            "disabled" => {}
            "scheduled" => assert!(offer.starts_at.unwrap() > data.now, "{offer:?}"),
            "enabled" => assert!(offer.ends_at.is_none_or(|at| at > data.now), "{offer:?}"),
            other => panic!("state {other}"),
        }
        same_shape(&plain, &offer.blocks, "");
        let collects = offer.blocks["payment"]["remaining_balance"]["auto_collect"] == true;
        assert_eq!(offer.auto_collect_since.is_some(), collects, "{offer:?}");
        let held: BTreeSet<i64> = offer
            .variants
            .iter()
            .map(|row| row.shopify_variant_id)
            .collect();
        assert_eq!(held.len(), offer.variants.len());
        for market in offer.blocks["markets"]["market_ids"].as_array().unwrap() {
            assert!(shop.markets.iter().any(|(id, _)| market == id), "{market}");
        }
        assert_eq!(
            held,
            in_scope(data, offer).unwrap_or(held.clone()),
            "{}",
            offer.name
        );
    }
}

/// What an offer holds whose variants follow from its source.
fn in_scope(data: &Dataset, offer: &Offer) -> Option<BTreeSet<i64>> {
    let collection = offer.blocks["products"]["collection_id"].as_i64();
    let own = data
        .products
        .iter()
        .filter(|row| row.shop_id == offer.shop_id);
    let products: Vec<_> = match offer.blocks["products"]["source"].as_str().unwrap() {
        "custom" => return None,
        "all" => own.collect(),
        "collection" => own
            .filter(|row| row.collections.contains(&collection.unwrap()))
            .collect(),
        other => panic!("source {other}"),
    };
    let variants = products.into_iter().flat_map(|row| &row.variants);
    Some(variants.map(|row| row.shopify_variant_id).collect())
}

/// Every setting is there, and no other.
fn same_shape(plain: &Value, own: &Value, place: &str) {
    let (Some(plain), Some(own)) = (plain.as_object(), own.as_object()) else {
        return;
    };
    if place == "/translations/locales" {
        return;
    }
    assert!(plain.keys().eq(own.keys()), "{place}: {own:?}");
    for (key, value) in plain {
        same_shape(value, &own[key], &format!("{place}/{key}"));
    }
}

/// What checkout made of the order.
fn was_placed_by_the_rules(
    data: &Dataset,
    order: &Preorder,
    offers: &BTreeMap<Uuid, &Offer>,
    prices: &BTreeMap<(Uuid, i64), i64>,
) {
    let shop = data
        .shops
        .iter()
        .find(|shop| shop.id == order.shop_id)
        .unwrap();
    assert!(!order.lines.is_empty());
    for line in &order.lines {
        let offer = offers[&line.offer_id];
        assert_eq!(offer.shop_id, order.shop_id);
        assert!(offer.created_at < order.created_at, "{order:?}");
        assert!(
            offer.starts_at.is_none_or(|at| at <= order.created_at),
            "{order:?}"
        );
        assert!(
            offer.ends_at.is_none_or(|at| order.created_at < at),
            "{order:?}"
        );
        let held = offer.variants.iter();
        assert!(
            held.clone()
                .any(|row| row.shopify_variant_id == line.shopify_variant_id)
        );
        if order.currency == shop.currency {
            let price = prices[&(order.shop_id, line.shopify_variant_id)];
            assert_eq!(line.unit_price_minor, discounted(offer, price), "{order:?}");
        }
        let total = line.quantity * line.unit_price_minor;
        let deposit = deposit(offer, line.quantity, total);
        assert_eq!(line.deposit_minor, deposit, "{order:?}");
        assert_eq!(line.balance_minor, total - deposit, "{order:?}");
        let markets = &offer.blocks["markets"];
        if markets["enabled"] == true {
            let ids = markets["market_ids"].as_array().unwrap();
            let market = order.shopify_market_id.unwrap();
            assert!(ids.contains(&market.into()), "{order:?}");
        }
    }
    let market = order.shopify_market_id;
    assert!(
        market.is_none_or(|id| shop.markets.iter().any(|row| row.0 == id)),
        "{order:?}"
    );

    let with_balance = |line: &&PreorderLine| line.balance_minor > 0;
    let due: Option<DateTime<Utc>> = order
        .lines
        .iter()
        .filter(with_balance)
        .map(|line| due(offers[&line.offer_id], order.created_at))
        .min();
    assert_eq!(order.due_at, due, "{order:?}");
    let governing = order
        .lines
        .iter()
        .find(with_balance)
        .unwrap_or(&order.lines[0]);
    assert_eq!(order.offer_id, governing.offer_id, "{order:?}");
    was_held_by_the_rules(order, offers[&order.offer_id]);
    let mut tags = order.lines.iter().flat_map(|line| {
        let tags = &offers[&line.offer_id].blocks["tagging"]["order_tags"];
        tags.as_array().unwrap()
    });
    assert!(
        tags.all(|tag| order.tags.iter().any(|own| tag == own)),
        "{order:?}"
    );
}

fn discounted(offer: &Offer, price: i64) -> i64 {
    let pricing = &offer.blocks["pricing"];
    match pricing["type"].as_str().unwrap() {
        "no_discount" => price,
        "percentage" => (price * (100 - pricing["percentage"].as_i64().unwrap()) + 50) / 100,
        "fixed_amount" => (price - amount(&pricing["amount"])).max(0),
        other => panic!("pricing {other}"),
    }
}

fn deposit(offer: &Offer, quantity: i64, total: i64) -> i64 {
    let payment = &offer.blocks["payment"];
    let deposit = &payment["deposit"];
    match (
        payment["type"].as_str().unwrap(),
        deposit["type"].as_str().unwrap(),
    ) {
        ("full", _) => total,
        ("partial", "percentage") => (total * deposit["percentage"].as_i64().unwrap() + 50) / 100,
        ("partial", "price") => total.min(quantity * amount(&deposit["amount"])),
        other => panic!("payment {other:?}"),
    }
}

fn amount(value: &Value) -> i64 {
    money::parse(value.as_str().unwrap()).unwrap()
}

fn due(offer: &Offer, created_at: DateTime<Utc>) -> DateTime<Utc> {
    let balance = &offer.blocks["payment"]["remaining_balance"];
    match balance["due_type"].as_str().unwrap() {
        "exact_time" => balance["due_at"].as_str().unwrap().parse().unwrap(),
        "time_after_checkout" => created_at + days(&balance["due_after_days"]),
        other => panic!("due {other}"),
    }
}

fn days(value: &Value) -> TimeDelta {
    TimeDelta::days(value.as_i64().unwrap())
}

/// How fulfilment began, as far as later steps left it.
fn was_held_by_the_rules(order: &Preorder, offer: &Offer) {
    let delivery = &offer.blocks["delivery"];
    let scheduled: Option<DateTime<Utc>> = match delivery["type"].as_str().unwrap() {
        "asap" | "unknown" => None,
        "anchor" => Some(order.created_at + days(&delivery["after_days"])),
        "exact_time" => Some(delivery["date"].as_str().unwrap().parse().unwrap()),
        other => panic!("delivery {other}"),
    };
    let holds_all = offer.blocks["fulfillment"]["hold_all"]["enabled"] == true;
    let begun = match scheduled {
        _ if holds_all => "on_hold",
        Some(_) => "scheduled",
        None if delivery["type"] == "unknown" => "on_hold",
        None => "unfulfilled",
    };
    let status = order.fulfillment_status.as_str();
    match status {
        "fulfilled" => assert!(order.fulfilled_at.is_some(), "{order:?}"),
        "open" => assert!(
            order.released_at.is_some() && order.fulfilled_at.is_none(),
            "{order:?}"
        ),
        "unfulfilled" if begun == "scheduled" => {}
        other => assert_eq!(other, begun, "{order:?}"),
    }
    if order.fulfilled_at.is_none() {
        assert_eq!(order.released_at.is_some(), status == "open", "{order:?}");
    }
    assert_eq!(order.scheduled_at, scheduled, "{order:?}");
}

fn money_adds_up(order: &Preorder) {
    let sum = |part: fn(&PreorderLine) -> i64| order.lines.iter().map(part).sum::<i64>();
    let deposit = sum(|line| line.deposit_minor);
    let balance = sum(|line| line.balance_minor);
    let (collected, refunded) = (order.collected_minor, order.refunded_minor);
    let charged = if order.charged_at.is_some() {
        balance
    } else {
        0
    };
    assert_eq!(collected, deposit + charged, "{order:?}");
    assert!((0..=collected).contains(&refunded), "{order:?}");
    let is_closed = order.cancelled_at.is_some() || (refunded > 0 && refunded == collected);
    let outstanding = if is_closed { 0 } else { balance - charged };
    assert_eq!(order.outstanding_minor, outstanding, "{order:?}");
    let status = match () {
        () if collected == 0 && order.cancelled_at.is_some() => "voided",
        () if collected == 0 => "pending",
        () if refunded == collected => "refunded",
        () if refunded > 0 => "partially_refunded",
        () if collected == deposit + balance => "paid",
        () => "partially_paid",
    };
    assert_eq!(order.financial_status, status, "{order:?}");
    assert_eq!(order.cancel_reason.is_some(), order.cancelled_at.is_some());
    // A failed charge is forgotten with a later success.
    assert!(
        order.charged_at.is_none() || order.last_failure.is_none(),
        "{order:?}"
    );
    if let Some(failure) = &order.last_failure {
        assert_eq!(
            failure["code"].as_str(),
            order.decline_code.as_deref(),
            "{order:?}"
        );
    }
}

fn times_are_in_order(data: &Dataset, order: &Preorder) {
    let later = [
        order.charged_at,
        order.collection_url_sent_at,
        order.auto_attempted_at,
        order.released_at,
        order.fulfilled_at,
        order.cancelled_at,
    ];
    for at in later.into_iter().flatten() {
        assert!(order.created_at < at && at <= data.now, "{order:?}");
    }
    assert!(order.created_at <= data.now, "{order:?}");
    if let (Some(released), Some(fulfilled)) = (order.released_at, order.fulfilled_at) {
        assert!(released <= fulfilled, "{order:?}");
    }
}

/// The first request after a reset finds nothing to do.
fn nothing_is_due(data: &Dataset, order: &Preorder, offer: &Offer) {
    if order.fulfillment_status == "scheduled" && order.cancelled_at.is_none() {
        assert!(order.scheduled_at.unwrap() > data.now, "{order:?}");
    }
    let collects = offer.auto_collect_since.is_some_and(|since| {
        order
            .due_at
            .is_some_and(|due| since <= due && due <= data.now)
    });
    if collects && is_active(order) && order.outstanding_minor > 0 {
        assert!(order.auto_attempted_at.is_some(), "{order:?}");
    }
}

/// Shopify goes on selling what an enabled offer holds below its cap, and nothing else.
fn policies_follow(data: &Dataset) {
    let counts = counts(data);
    for product in &data.products {
        for variant in &product.variants {
            let key = (product.shop_id, variant.shopify_variant_id);
            let (is_offered, cap) = cap(data, key.0, key.1);
            let count = counts.get(&key).copied().unwrap_or_default();
            let is_open = is_offered && cap.is_none_or(|cap| count < cap);
            let policy = if is_open { "CONTINUE" } else { "DENY" };
            assert_eq!(variant.inventory_policy, policy, "{variant:?}");
        }
    }
}
