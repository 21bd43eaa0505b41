//! Datasets the sandbox can start from, and how they get into the database.

pub mod fixture;
pub mod load;
pub mod model;

mod blocks;
#[cfg(test)]
mod check;
mod hostile;
mod shop;

use chrono::{DateTime, Utc};

use model::Dataset;

/// Domain of the first shop, in every dataset.
pub const SHOP_DOMAIN: &str = "juniper-supply.myshopify.com";
/// Its first location: the warehouse.
pub const SHOP_LOCATION: i64 = 71_000_000_001;

/// Which rows a sandbox starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A lifelike generated shop.
    Shop,
    /// The exact rows the contract's examples hold on.
    Fixture,
    /// Shops, keys and catalogue; nobody waits.
    Empty,
    /// The fixture with texts that try to break whoever prints them.
    Hostile,
}

/// The rows of a kind. Only the generated shop depends on the number and on now; the same number
/// gives the same rows.
pub fn dataset(kind: Kind, number: u64, now: DateTime<Utc>) -> Dataset {
    match kind {
        Kind::Shop => shop::shop(number, now),
        Kind::Fixture => fixture::fixture(),
        Kind::Empty => fixture::empty(),
        Kind::Hostile => hostile::hostile(),
    }
}
