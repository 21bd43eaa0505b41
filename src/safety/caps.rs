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

/// One of the caps on a single call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// Shoppers messaged.
    Recipients,
    /// Rows deleted or moved.
    Destroyed,
    /// Orders released.
    Released,
    /// Orders whose money moves.
    MoneyOrders,
}

impl Cap {
    /// The setting that sets it.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Recipients => "max_recipients",
            Self::Destroyed => "max_destroyed",
            Self::Released => "max_released",
            Self::MoneyOrders => "max_money_orders",
        }
    }

    /// What it counts.
    pub const fn counts(self) -> &'static str {
        match self {
            Self::Recipients => "recipients",
            Self::Destroyed => "rows",
            Self::Released | Self::MoneyOrders => "orders",
        }
    }
}

impl Caps {
    /// The most that one call may touch.
    pub const fn most(&self, cap: Cap) -> u64 {
        match cap {
            Cap::Recipients => self.recipients,
            Cap::Destroyed => self.destroyed,
            Cap::Released => self.released,
            Cap::MoneyOrders => self.money_orders,
        }
    }

    /// Whether one call may touch so many.
    ///
    /// # Errors
    /// With the most it may.
    pub const fn check(&self, cap: Cap, count: u64) -> Result<(), u64> {
        let most = self.most(cap);
        if count > most { Err(most) } else { Ok(()) }
    }

    /// These, none of them above another's.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        Self {
            recipients: self.recipients.min(outer.recipients),
            destroyed: self.destroyed.min(outer.destroyed),
            released: self.released.min(outer.released),
            money_orders: self.money_orders.min(outer.money_orders),
            money_per_day: match (self.money_per_day, outer.money_per_day) {
                (Some(inner), Some(outer)) => Some(inner.min(outer)),
                (bound, None) | (None, bound) => bound,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Caps = Caps {
        recipients: 4,
        destroyed: 3,
        released: 2,
        money_orders: 1,
        money_per_day: Some(9),
    };

    #[test]
    fn each_cap_holds_its_own_kind() {
        for (cap, most, setting, counts) in [
            (Cap::Recipients, 4, "max_recipients", "recipients"),
            (Cap::Destroyed, 3, "max_destroyed", "rows"),
            (Cap::Released, 2, "max_released", "orders"),
            (Cap::MoneyOrders, 1, "max_money_orders", "orders"),
        ] {
            assert_eq!(SOME.most(cap), most);
            assert_eq!(SOME.check(cap, 0), Ok(()));
            assert_eq!(SOME.check(cap, most), Ok(()));
            assert_eq!(SOME.check(cap, most + 1), Err(most));
            assert_eq!(cap.setting(), setting);
            assert_eq!(cap.counts(), counts);
        }
    }

    #[test]
    fn no_money_moves_until_somebody_says_how_much() {
        assert_eq!(Caps::default().money_per_day, Some(0));
        assert_eq!(Caps::CEILINGS.money_per_day, None);
        let ceilings = [
            Cap::Recipients,
            Cap::Destroyed,
            Cap::Released,
            Cap::MoneyOrders,
        ];
        let most = ceilings.map(|cap| Caps::CEILINGS.most(cap));
        assert_eq!(most, [500, 100, 100, 25]);
    }

    #[test]
    fn inner_caps_never_pass_the_outer_ones() {
        assert_eq!(SOME.within(Caps::CEILINGS), SOME);
        assert_eq!(Caps::CEILINGS.within(SOME), SOME);
        let low = Caps {
            recipients: 9,
            money_per_day: Some(1),
            ..SOME
        };
        assert_eq!(
            low.within(SOME),
            Caps {
                money_per_day: Some(1),
                ..SOME
            }
        );
        assert_eq!(Caps::CEILINGS.within(Caps::CEILINGS), Caps::CEILINGS);
    }
}
