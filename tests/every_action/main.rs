//! Every action and every example of the bundled registry, called as a client calls them.
//!
//! The golden files of the tool list are refreshed by
//! `INSTA_UPDATE=always cargo test --test every_action`; look at their difference before committing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[cfg(test)]
mod bench;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod offers;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod reports;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod v1;
#[cfg(test)]
mod variants;
#[cfg(test)]
mod waitlist;

use std::collections::BTreeSet;

/// The rooms of this suite and the actions each of them calls.
const ROOMS: [&[&str]; 6] = [
    waitlist::ACTIONS,
    offers::ACTIONS,
    variants::ACTIONS,
    orders::ACTIONS,
    reports::ACTIONS,
    v1::ACTIONS,
];

#[test]
fn every_action_has_its_room() {
    let registry = bench::registry();
    let of = |name: &str| {
        let rooms = ROOMS.iter();
        let meant = |room: &&&[&str]| room.iter().any(|prefix| name.starts_with(prefix));
        rooms.filter(meant).count()
    };
    let names: BTreeSet<&str> = bench::list(&registry["actions"])
        .iter()
        .map(|action| bench::text(&action["name"]))
        .collect();
    for name in names {
        assert_eq!(of(name), 1, "{name}");
    }
}
