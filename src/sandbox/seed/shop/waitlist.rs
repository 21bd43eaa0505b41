//! Shoppers signing up: when, who, for which variant, over which channel.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::clock::{Clock, HISTORY, instant};
use super::customers::Shoppers;
use super::draw::{Draw, Subject};
use super::rhythm::Rhythm;
use super::story::{Episode, Times};
use crate::sandbox::seed::model::{Customer, Signup};

/// Days ago up to which the list of the app used before was imported.
const IMPORTED: i64 = HISTORY - 3;

/// The waitlist and the shoppers on it, both in order of creation.
pub(super) struct Waitlist {
    pub(super) customers: Vec<Customer>,
    pub(super) signups: Vec<Signup>,
}

/// Fills the episodes with signups of so many shoppers.
pub(super) fn waitlist(
    number: u64,
    clock: Clock,
    shop_id: Uuid,
    episodes: &[Episode],
    shoppers: u64,
) -> Waitlist {
    let mut draw = Draw::new(number, Subject::Waitlist);
    let mut arrivals: Vec<(i64, i64)> = episodes
        .iter()
        .flat_map(|episode| arrivals(&mut draw, clock, episode))
        .collect();
    arrivals.sort_unstable();

    let mut crowd = Crowd {
        shoppers: Shoppers::new(number, shop_id),
        customers: Vec::new(),
        channels: Vec::new(),
        waits: BTreeMap::new(),
    };
    let mut signups = Vec::with_capacity(arrivals.len());
    let mut left = arrivals.len() as u64;
    for (at, variant) in arrivals {
        let times = Times { age: clock.age(at) };
        let unmet = shoppers.saturating_sub(crowd.customers.len() as u64);
        let who = if draw.below(left) < unmet {
            crowd.newcomer(at, times)
        } else {
            crowd.known(&mut draw, variant, at, times)
        };
        left -= 1;
        crowd.waits.entry(variant).or_default().insert(who);
        if let (Some(customer), Some(channel)) = (crowd.customers.get(who), crowd.channels.get(who))
        {
            signups.push(signup(&mut draw, customer, channel, variant, at, times));
        }
    }
    Waitlist {
        customers: crowd.customers,
        signups,
    }
}

/// When shoppers sign up within one episode: most right after the sell-out, by day and by evening.
fn arrivals(draw: &mut Draw, clock: Clock, episode: &Episode) -> Vec<(i64, i64)> {
    let start = episode.sold_out.max(clock.start());
    let end = episode.restocked.unwrap_or(clock.now) - 1;
    let rhythm = Rhythm::new(start, end, episode.sold_out);
    (0..episode.signups)
        .map(|_| (rhythm.next(draw), episode.variant))
        .collect()
}

/// Everyone who ever signed up.
struct Crowd {
    shoppers: Shoppers,
    customers: Vec<Customer>,
    /// The channel each of them chose, in the same order.
    channels: Vec<&'static str>,
    /// Who signed up for a variant before: once is enough.
    waits: BTreeMap<i64, BTreeSet<usize>>,
}

impl Crowd {
    fn newcomer(&mut self, at: i64, times: Times) -> usize {
        let (customer, channel) = self.shoppers.next(at, times);
        self.customers.push(customer);
        self.channels.push(channel);
        self.customers.len() - 1
    }

    /// Someone who signed up for something else before, often a moment ago.
    fn known(&mut self, draw: &mut Draw, variant: i64, at: i64, times: Times) -> usize {
        let crowd = self.customers.len();
        let drawn = if draw.percent(45) {
            crowd.saturating_sub(1 + draw.index(crowd.min(40)))
        } else {
            draw.index(crowd)
        };
        let waits = self.waits.get(&variant);
        let free = (drawn..crowd).chain(0..drawn).find(|who| {
            let signed_up = waits.is_some_and(|waits| waits.contains(who));
            let off = !times.has_push() && self.channels.get(*who) == Some(&"push");
            !signed_up && !off
        });
        match free {
            Some(who) => who,
            None => self.newcomer(at, times),
        }
    }
}

fn signup(
    draw: &mut Draw,
    customer: &Customer,
    channel: &str,
    variant: i64,
    at: i64,
    times: Times,
) -> Signup {
    // With both an address and a phone, the other one now and then.
    let channel = match channel {
        "email" if customer.phone.is_some() && times.has_sms() && draw.percent(9) => "sms",
        "sms" if customer.email.is_some() && draw.percent(6) => "email",
        own => own,
    };
    let own =
        |wanted: &str, contact: &Option<String>| contact.clone().filter(|_| wanted == channel);
    let optin_confirmed = times.asks_optin().then(|| draw.percent(83));
    let confirmed_at = match optin_confirmed {
        Some(true) => at + draw.between(40, 5_400),
        Some(false) | None => at,
    };
    Signup {
        id: draw.uuid(),
        shop_id: customer.shop_id,
        customer_id: customer.id,
        shopify_variant_id: variant,
        channel: channel.to_owned(),
        email: own("email", &customer.email),
        phone: own("sms", &customer.phone),
        push: own("push", &customer.push),
        quantity: match draw.below(100) {
            0..84 => 1,
            84..95 => 2,
            95..98 => 3,
            98 => 4,
            _ => 6,
        },
        shopify_market_id: customer.shopify_market_id,
        source: match draw.below(100) {
            0..60 if times.age >= IMPORTED => "import",
            96.. => "api",
            _ => "storefront",
        }
        .to_owned(),
        optin_confirmed,
        notified_at: None,
        blocked_at: None,
        unsubscribed_at: None,
        created_at: instant(at),
        updated_at: instant(confirmed_at),
    }
}
