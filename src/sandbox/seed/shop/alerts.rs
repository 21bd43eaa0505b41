//! The send log: every delivery alerts its waiters oldest first, some are stopped, some go again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::clock::{Clock, DAY, instant};
use super::draw::{Draw, Subject};
use super::story::{Episode, Times};
use super::waitlist::Waitlist;
use crate::sandbox::seed::model::{Customer, Notification, Signup};

/// Alerts of one portion.
pub(super) const BATCH: i64 = 50;
/// Minutes between portions.
pub(super) const PAUSE_MINUTES: i64 = 30;
/// Of a thousand signups, those an alert was held back from.
const BLOCKED: usize = 30;
/// Shoppers who are written to again some days after a delivery.
const RESENT: usize = 14;

/// Runs all deliveries and resends over the waitlist; answers the log in order of time.
pub(super) fn alerts(
    number: u64,
    clock: Clock,
    episodes: &[Episode],
    waitlist: &mut Waitlist,
) -> Vec<Notification> {
    let mut runs: Vec<(i64, i64)> = episodes
        .iter()
        .filter_map(|episode| Some((episode.restocked?, episode.variant)))
        .collect();
    runs.sort_unstable();

    let mut waiting: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (at, signup) in waitlist.signups.iter().enumerate() {
        let row = waiting.entry(signup.shopify_variant_id).or_default();
        row.push(at);
    }
    let customers: BTreeMap<Uuid, &Customer> = waitlist
        .customers
        .iter()
        .map(|customer| (customer.id, customer))
        .collect();
    let mut desk = Desk {
        draw: Draw::new(number, Subject::Alerts),
        customers,
        signups: &mut waitlist.signups,
        log: Vec::new(),
        blocked: 0,
    };
    for (started, variant) in &runs {
        let waiters = waiting.get(variant).map_or(&[][..], Vec::as_slice);
        desk.alert(clock, *started, waiters);
    }
    // The last deliveries but this week's, every third of them.
    for (started, variant) in runs.iter().rev().step_by(3) {
        let age = clock.age(*started);
        let waiters = waiting.get(variant).map_or(&[][..], Vec::as_slice);
        if (8..40).contains(&age) {
            desk.resend(*started, waiters);
        }
    }
    let mut log = desk.log;
    log.sort_by_key(|entry| entry.created_at);
    log
}

/// Where alerts go out.
struct Desk<'a> {
    draw: Draw,
    customers: BTreeMap<Uuid, &'a Customer>,
    signups: &'a mut Vec<Signup>,
    log: Vec<Notification>,
    blocked: usize,
}

impl Desk<'_> {
    /// One delivery: its waiters in portions, seconds apart.
    fn alert(&mut self, clock: Clock, started: i64, waiters: &[usize]) {
        let times = Times {
            age: clock.age(started),
        };
        let due: Vec<usize> = waiters
            .iter()
            .filter(|at| {
                self.signups.get(**at).is_some_and(|signup| {
                    signup.notified_at.is_none() && signup.created_at < instant(started)
                })
            })
            .copied()
            .collect();
        // As many as bring the held back to their share find the plan used up.
        let over = if times.plan_ran_out() {
            let share = self.signups.len() * BLOCKED / 1_000;
            let most = due.len() / 2;
            share
                .saturating_sub(self.blocked)
                .clamp(most.min(8), most.max(8))
        } else {
            0
        };
        let paid = due.len().saturating_sub(over);
        let mut second = started;
        for (nth, at) in due.iter().enumerate() {
            let place = i64::try_from(nth).unwrap_or(0);
            if place % BATCH == 0 {
                second = started + place / BATCH * PAUSE_MINUTES * 60;
            } else {
                second += self.draw.between(1, 3);
            }
            self.attempt(*at, second, |channel| {
                times
                    .stopped(channel)
                    .or((nth >= paid && channel != "push").then_some("plan_limit_reached"))
            });
        }
    }

    /// A few days later the first of them who have not answered hear of it again.
    fn resend(&mut self, started: i64, waiters: &[usize]) {
        let mut second = started + self.draw.between(2, 5) * DAY + self.draw.between(0, 5_400);
        let sent: Vec<usize> = waiters
            .iter()
            .filter(|at| {
                let signup = self.signups.get(**at);
                signup
                    .and_then(|signup| signup.notified_at)
                    .is_some_and(|sent| {
                        // Alerted by this delivery.
                        (sent.timestamp() - started).abs() < DAY / 2
                    })
            })
            .copied()
            .take(RESENT)
            .collect();
        for at in sent {
            self.attempt(at, second, |_| None);
            second += self.draw.between(1, 4);
        }
    }

    /// One try: a log row, and what it leaves on the signup.
    fn attempt(
        &mut self,
        at: usize,
        second: i64,
        stopped: impl FnOnce(&str) -> Option<&'static str>,
    ) {
        let Some(signup) = self.signups.get_mut(at) else {
            return;
        };
        let reason = stopped(&signup.channel);
        let moment: DateTime<Utc> = instant(second);
        if reason.is_some() {
            self.blocked += usize::from(signup.blocked_at.is_none());
            signup.blocked_at = Some(moment);
        } else {
            self.blocked -= usize::from(signup.blocked_at.is_some());
            signup.blocked_at = None;
            signup.notified_at = Some(moment);
        }
        signup.updated_at = moment;
        let customer = self.customers.get(&signup.customer_id);
        self.log.push(Notification {
            id: self.draw.uuid(),
            shop_id: signup.shop_id,
            signup_id: signup.id,
            customer_id: signup.customer_id,
            shopify_variant_id: signup.shopify_variant_id,
            channel: signup.channel.clone(),
            contact: contact(signup, customer.copied()),
            status: if reason.is_some() { "blocked" } else { "sent" }.to_owned(),
            blocked_reason: reason.map(str::to_owned),
            sent_at: reason.is_none().then_some(moment),
            created_at: moment,
        });
    }
}

/// The contact of the channel; a push token is a secret, so push shows how else to reach the shopper.
fn contact(signup: &Signup, customer: Option<&Customer>) -> Option<String> {
    let own = signup.email.as_ref().or(signup.phone.as_ref());
    own.or_else(|| {
        let customer = customer?;
        customer.email.as_ref().or(customer.phone.as_ref())
    })
    .cloned()
}
