//! Shoppers who had enough: of one waitlist, or of all.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::draw::{Draw, Subject};
use super::waitlist::Waitlist;

/// Of a thousand signups, those whose shopper opted out of everything.
const SHOPPERS: usize = 20;
/// Of a thousand signups, those taken back alone.
const ROWS: usize = 20;
/// Whoever waits for more than this stays.
const REGULAR: usize = 4;

/// Opts out, each after the last that happened to the rows concerned: often soon after an alert.
pub(super) fn opt_out(number: u64, now: DateTime<Utc>, waitlist: &mut Waitlist) {
    let mut draw = Draw::new(number, Subject::OptOuts);
    let mut theirs: BTreeMap<Uuid, (usize, DateTime<Utc>)> = BTreeMap::new();
    for signup in &waitlist.signups {
        let (rows, latest) = theirs
            .entry(signup.customer_id)
            .or_insert((0, signup.updated_at));
        *rows += 1;
        *latest = (*latest).max(signup.updated_at);
    }

    let mut wanted = waitlist.signups.len() * SHOPPERS / 1_000;
    let mut order: Vec<usize> = (0..waitlist.customers.len()).collect();
    draw.shuffle(&mut order);
    for at in order {
        let Some(customer) = waitlist.customers.get_mut(at) else {
            continue;
        };
        let Some((rows, latest)) = theirs.get(&customer.id).copied() else {
            continue;
        };
        let when = later(&mut draw, latest);
        if rows > REGULAR.min(wanted) || when >= now {
            continue;
        }
        customer.unsubscribed_at = Some(when);
        // Their rows are out already.
        theirs.remove(&customer.id);
        wanted -= rows;
    }

    let mut wanted = waitlist.signups.len() * ROWS / 1_000;
    let mut order: Vec<usize> = (0..waitlist.signups.len()).collect();
    draw.shuffle(&mut order);
    for at in order {
        let Some(signup) = waitlist.signups.get_mut(at) else {
            continue;
        };
        let when = later(&mut draw, signup.updated_at);
        if wanted == 0 || when >= now || !theirs.contains_key(&signup.customer_id) {
            continue;
        }
        signup.unsubscribed_at = Some(when);
        signup.updated_at = when;
        wanted -= 1;
    }
}

/// Minutes to days after.
fn later(draw: &mut Draw, latest: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = if draw.percent(60) {
        draw.between(90, 40_000)
    } else {
        draw.between(40_000, 900_000)
    };
    latest + TimeDelta::seconds(seconds)
}
