//! How much one call, and one day, may touch.

use serde::{Deserialize, Serialize};

/// Caps on the blast radius, set by the operator within ceilings that stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// Shoppers that one call may message.
    pub recipients: u64,
    /// Rows that one call may delete or move.
    pub destroyed: u64,
    /// Orders that one call may release.
    pub released: u64,
    /// Orders whose money one call may move.
    pub money_orders: u64,
    /// Money that may be moved in a day (UTC), in units of each currency; `None` = no bound.
    pub money_per_day: Option<u64>,
}

impl Caps {
    /// The ceilings: no operator can allow more than this in one call.
    pub const CEILINGS: Self = Self {
        recipients: 500,
        destroyed: 100,
        released: 100,
        money_orders: 25,
        money_per_day: None,
    };
}

impl Default for Caps {
    /// The ceilings, and no money at all until the operator says how much.
    fn default() -> Self {
        Self {
            money_per_day: Some(0),
            ..Self::CEILINGS
        }
    }
}
