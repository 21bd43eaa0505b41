//! Orders that followed an alert, credited by the contract's rules.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::draw::{Draw, Subject};
use super::waitlist::Waitlist;
use crate::sandbox::seed::model::{Attribution, Notification, Signup};

/// Of a hundred notified signups, those with an order that counts in reports.
const COUNTED: usize = 18;
/// Of a thousand notified signups, those with an order too late to count.
const LATE: usize = 35;
const FIRST_ORDER: i64 = 6_118_000_000_000;
const MINUTES_OF_DAY: i64 = 1_440;

/// Orders of the notified signups in order of time. Prices in cents by variant.
pub(super) fn conversions(
    number: u64,
    now: DateTime<Utc>,
    waitlist: &Waitlist,
    log: &[Notification],
    prices: &BTreeMap<i64, i64>,
) -> Vec<Attribution> {
    let mut draw = Draw::new(number, Subject::Conversions);
    // Later rows overwrite earlier ones: the latest sent alert is the one that is credited.
    let alerts: BTreeMap<Uuid, Uuid> = log
        .iter()
        .filter(|entry| entry.sent_at.is_some())
        .map(|entry| (entry.signup_id, entry.id))
        .collect();
    let out: Vec<Uuid> = waitlist
        .customers
        .iter()
        .filter(|customer| customer.unsubscribed_at.is_some())
        .map(|customer| customer.id)
        .collect();
    let mut notified: Vec<(&Signup, DateTime<Utc>)> = waitlist
        .signups
        .iter()
        .filter(|signup| signup.unsubscribed_at.is_none() && !out.contains(&signup.customer_id))
        .filter_map(|signup| Some((signup, signup.notified_at?)))
        .collect();
    draw.shuffle(&mut notified);

    let mut counted = notified.len() * COUNTED / 100;
    let mut late = notified.len() * LATE / 1_000;
    let mut orders = Vec::new();
    for (signup, sent_at) in notified {
        let (delay, confidence) = if counted > 0 {
            timely(&mut draw)
        } else if late > 0 {
            (
                draw.between(7 * MINUTES_OF_DAY + 1, 29 * MINUTES_OF_DAY),
                "low",
            )
        } else {
            break;
        };
        let ordered_at = sent_at + TimeDelta::seconds(delay * 60 + draw.between(0, 59));
        let alert = alerts.get(&signup.id);
        let price = prices.get(&signup.shopify_variant_id);
        let (Some(alert), Some(price)) = (alert, price) else {
            continue;
        };
        if ordered_at >= now {
            continue;
        }
        if counted > 0 {
            counted -= 1;
        } else {
            late -= 1;
        }
        orders.push(Attribution {
            shop_id: signup.shop_id,
            shopify_order_id: 0,
            signup_id: signup.id,
            notification_id: *alert,
            confidence: confidence.to_owned(),
            revenue_minor: signup.quantity * price,
            ordered_at,
            tagged: false,
        });
    }
    orders.sort_by_key(|order| (order.ordered_at, order.signup_id));
    // Ids grow with time; between them lie the orders no alert had a part in.
    let mut id = FIRST_ORDER;
    for order in &mut orders {
        id += draw.between(1_024, 900_000);
        order.shopify_order_id = id;
    }
    orders
}

/// Minutes until an order that counts, and its confidence: most buy within hours, through the link
/// of the alert; who comes back by another way counts for seven days.
fn timely(draw: &mut Draw) -> (i64, &'static str) {
    let confidence = if draw.percent(62) { "high" } else { "medium" };
    let delay = match draw.below(100) {
        0..58 => draw.between(3, 300),
        58..86 => draw.between(300, 3 * MINUTES_OF_DAY),
        86..95 => draw.between(3 * MINUTES_OF_DAY, 7 * MINUTES_OF_DAY - 1),
        _ if confidence == "high" => draw.between(7 * MINUTES_OF_DAY, 21 * MINUTES_OF_DAY),
        _ => draw.between(3, 300),
    };
    (delay, confidence)
}
