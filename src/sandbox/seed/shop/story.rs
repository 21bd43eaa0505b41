//! The last ninety days of the shop: what sold out, what came back, and what stopped alerts.
//!
//! The plot is the same for every number, told in days before now: SMS is taken up and its check
//! fails once, the opt-in is tried for a few days, push is off for a week, and one big delivery
//! eats up what was then a smaller plan. Which variants it happens to is drawn.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::clock::{Clock, DAY, weekday};
use super::draw::{Draw, Subject};
use crate::sandbox::seed::model::Product;

/// Days ago on which goods came in, oldest first.
const DELIVERIES: [i64; 27] = [
    83, 79, 72, 69, 64, 61, 59, 52, 49, 47, 45, 41, 39, PLAN_DAY, 31, 28, 24, 21, 17, 14, 12, 9, 7,
    5, 3, 2, 1,
];
/// The day the alerts of the month ran out; the plan was raised the morning after.
const PLAN_DAY: i64 = 36;
/// After so many deliveries the first products come in again.
const CYCLE: usize = 25;
/// SMS was switched on, and its content check took its time.
const SMS_PENDING: RangeInclusive<i64> = 68..=88;
/// The check had failed, and a better text was handed in.
const SMS_REJECTED: RangeInclusive<i64> = 58..=67;
/// Push was off.
const PUSH_OFF: RangeInclusive<i64> = 44..=51;
/// Double opt-in was tried. No delivery falls into these days.
const OPTIN: RangeInclusive<i64> = 54..=57;

/// Variants out of stock now.
const OUT_OF_STOCK: usize = 34;
/// Of one product at most.
const OUT_OF_STOCK_EACH: usize = 3;
/// Of a thousand signups, those that wait for a variant still out of stock.
const STILL_OUT: u64 = 575;

/// One stretch in which a variant was sold out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Episode {
    /// Shopify variant id.
    pub(super) variant: i64,
    /// When the last unit went.
    pub(super) sold_out: i64,
    /// When goods came in; `None`: not yet.
    pub(super) restocked: Option<i64>,
    /// How many sign up for it.
    pub(super) signups: u64,
}

/// What decided whether an alert went out on a day so many days ago.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Days before today.
    pub(super) age: i64,
}

impl Times {
    /// The reason alerts of a channel were stopped for on that day.
    pub(super) fn stopped(self, channel: &str) -> Option<&'static str> {
        match channel {
            "sms" if SMS_PENDING.contains(&self.age) => Some("sms_verification_pending"),
            "sms" if SMS_REJECTED.contains(&self.age) => Some("sms_verification_rejected"),
            "push" if PUSH_OFF.contains(&self.age) => Some("channel_disabled"),
            _ => None,
        }
    }

    /// Whether the plan ran out on that day.
    pub(super) const fn plan_ran_out(self) -> bool {
        self.age == PLAN_DAY
    }

    /// Whether shoppers could sign up for SMS.
    pub(super) fn has_sms(self) -> bool {
        self.age <= *SMS_PENDING.end()
    }

    /// Whether shoppers could sign up for push.
    pub(super) fn has_push(self) -> bool {
        !PUSH_OFF.contains(&self.age)
    }

    /// Whether shoppers were asked to confirm.
    pub(super) fn asks_optin(self) -> bool {
        OPTIN.contains(&self.age)
    }
}

/// All episodes of the shop, adding up to so many signups.
pub(super) fn story(number: u64, clock: Clock, products: &[Product], signups: u64) -> Vec<Episode> {
    let mut draw = Draw::new(number, Subject::Story);
    let mut stalls: Vec<Vec<i64>> = products
        .iter()
        .map(|product| {
            let variants = product.variants.iter();
            let mut ids: Vec<i64> = variants.map(|item| item.shopify_variant_id).collect();
            draw.shuffle(&mut ids);
            ids
        })
        .collect();
    draw.shuffle(&mut stalls);

    let still_out = signups * STILL_OUT / 1_000;
    let mut closed = deliveries(&mut draw, clock, &stalls, signups - still_out);
    let open = shortages(&mut draw, clock, &stalls, &closed, still_out);
    closed.extend(open);
    closed
}

/// The episodes that ended with a delivery.
fn deliveries(draw: &mut Draw, clock: Clock, stalls: &[Vec<i64>], signups: u64) -> Vec<Episode> {
    let mut episodes = Vec::new();
    let mut biggest = 0;
    for (days, stall) in DELIVERIES.iter().zip(stalls.iter().take(CYCLE).cycle()) {
        let opened = working_day(clock, *days);
        let mut restocked = opened + draw.between(15 * 60, 19 * 60) * 60 + draw.between(0, 59);
        let variants = if *days == PLAN_DAY {
            biggest = episodes.len();
            1
        } else {
            1 + draw.index(3)
        };
        for variant in stall.iter().take(variants) {
            episodes.push(Episode {
                variant: *variant,
                sold_out: restocked - draw.between(5 * DAY, 19 * DAY),
                restocked: Some(restocked),
                signups: 0,
            });
            // The next pallet of the same truck.
            restocked += draw.between(70, 400);
        }
    }
    // The delivery that broke the plan is the largest; the others are ranked by chance.
    let mut ranks: Vec<usize> = (0..episodes.len()).filter(|at| *at != biggest).collect();
    draw.shuffle(&mut ranks);
    ranks.insert(0, biggest);
    for (at, share) in ranks.iter().zip(shares(draw, ranks.len(), signups, 3, 30)) {
        if let Some(episode) = episodes.get_mut(*at) {
            episode.signups = share;
        }
    }
    episodes
}

/// The episodes that still last, longest waitlist first.
fn shortages(
    draw: &mut Draw,
    clock: Clock,
    stalls: &[Vec<i64>],
    closed: &[Episode],
    signups: u64,
) -> Vec<Episode> {
    let mut last_restock: BTreeMap<i64, i64> = BTreeMap::new();
    for episode in closed {
        let latest = last_restock.entry(episode.variant).or_default();
        *latest = (*latest).max(episode.restocked.unwrap_or_default());
    }
    let mut candidates: Vec<i64> = stalls
        .iter()
        .flat_map(|stall| stall.iter().take(OUT_OF_STOCK_EACH))
        .filter(|variant| {
            // What came in this week is still there.
            last_restock
                .get(variant)
                .is_none_or(|restocked| clock.age(*restocked) > 7)
        })
        .copied()
        .collect();
    draw.shuffle(&mut candidates);
    candidates.truncate(OUT_OF_STOCK);
    // Those that came in lately had no time for a long list.
    candidates.sort_by_key(|variant| {
        last_restock
            .get(variant)
            .is_some_and(|restocked| clock.age(*restocked) < 27)
    });
    let shares = shares(draw, candidates.len(), signups, 2, 21);
    candidates
        .iter()
        .zip(shares)
        .enumerate()
        .map(|(rank, (variant, signups))| {
            // A long list takes time to grow.
            let days = match rank {
                0..4 => draw.between(24, 44),
                4..12 => draw.between(9, 50),
                _ => draw.between(2, 60),
            };
            let sold_out = clock.days_ago(days) + draw.between(16 * 60, 27 * 60) * 60;
            let restocked = last_restock.get(variant).copied().unwrap_or(i64::MIN);
            Episode {
                variant: *variant,
                sold_out: sold_out.max(restocked.saturating_add(draw.between(DAY, 3 * DAY))),
                restocked: None,
                signups,
            }
        })
        .collect()
}

/// Splits a total by rank, Zipf-like with a thinner tail: the share of rank r (from 0) falls with
/// `(r + head) * (r + tail)`; each is stirred by up to a twentieth and at least 1.
fn shares(draw: &mut Draw, ranks: usize, total: u64, head: u64, tail: u64) -> Vec<u64> {
    let weights: Vec<u64> = (0..ranks as u64)
        .map(|rank| 1_000_000_000 / ((rank + head) * (rank + tail)) * (950 + draw.below(101)))
        .collect();
    let sum: u64 = weights.iter().sum::<u64>().max(1);
    let mut shares: Vec<u64> = weights
        .iter()
        .map(|weight| (weight * total / sum).max(1))
        .collect();
    let given: u64 = shares.iter().sum();
    if let Some(first) = shares.first_mut() {
        *first = (*first + total).saturating_sub(given);
    }
    shares
}

/// Midnight of the day so many days ago, or of the Saturday before when that is a Sunday.
fn working_day(clock: Clock, days: i64) -> i64 {
    let opened = clock.days_ago(days);
    // The plan's day keeps its date: the gate of the alerts goes by it.
    if weekday(opened) == 6 && days != PLAN_DAY {
        opened - DAY
    } else {
        opened
    }
}
