//! How a variant stands: whether an enabled offer holds it, how far it is sold, what caps it.

use rusqlite::Connection;

use super::super::held::{Held, held};
use super::{counts, counts_for_policy};
use crate::sandbox::reply::Refusal;

/// The smallest cap of some offers that count for the policy.
pub(super) fn cap<'a>(offers: impl IntoIterator<Item = &'a Held>) -> Option<i64> {
    offers
        .into_iter()
        .filter(|held| counts_for_policy(&held.offer))
        .filter_map(|held| held.cap)
        .min()
}

/// What the policy of a variant depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether an enabled offer that manages the policy holds it.
    pub(super) is_held: bool,
    /// Effective cap.
    pub(super) cap: Option<i64>,
    /// Units preordered, as stored.
    count: i64,
}

impl Standing {
    /// How the variant stands now.
    pub(super) fn of(db: &Connection, shop_id: &str, variant_id: i64) -> Result<Self, Refusal> {
        let held = held(db, shop_id, variant_id)?;
        Ok(Self {
            is_held: held.iter().any(|held| counts_for_policy(&held.offer)),
            cap: cap(&held),
            count: counts::stored(db, shop_id, variant_id)?,
        })
    }

    /// Whether no further unit can be preordered.
    pub(super) fn at_cap(&self) -> bool {
        self.cap.is_some_and(|cap| self.count >= cap)
    }
}
