//! The terms of a sale: what an offer takes off, what is paid when, and when the goods go out.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::clock::{DAY, instant};
use crate::sandbox::actions::money;

/// What is taken off the price of a unit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pricing {
    Plain,
    Percent(i64),
    /// Cents.
    Off(i64),
}

/// What is paid at checkout.
#[derive(Debug, Clone, Copy)]
pub(super) enum Payment {
    Full,
    Partial(Deposit, Due, Collect),
}

/// What of a line is due at checkout.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deposit {
    Percent(i64),
    /// Cents for each unit.
    Price(i64),
}

/// When the rest is due.
#[derive(Debug, Clone, Copy)]
pub(super) enum Due {
    /// Unix seconds.
    At(i64),
    /// Days after checkout.
    After(i64),
}

/// Who collects the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collect {
    /// The clock, when it is due.
    ByItself,
    /// The merchant.
    ByHand,
}

/// When the goods go out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Delivery {
    Asap,
    /// Days after checkout.
    After(i64),
    /// Unix seconds.
    On(i64),
    Unknown,
}

/// The terms of one offer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) pricing: Pricing,
    pub(super) payment: Payment,
    pub(super) delivery: Delivery,
}

impl Terms {
    /// Price of a unit, cents.
    pub(super) fn unit_price(&self, price: i64) -> i64 {
        match self.pricing {
            Pricing::Plain => price,
            Pricing::Percent(part) => share(price, 100 - part),
            Pricing::Off(amount) => (price - amount).max(0),
        }
    }

    /// What of a line of so many units is due at checkout, cents.
    pub(super) fn deposit(&self, total: i64, quantity: i64) -> i64 {
        match self.payment {
            Payment::Full => total,
            Payment::Partial(Deposit::Percent(part), _, _) => share(total, part),
            Payment::Partial(Deposit::Price(amount), _, _) => total.min(amount * quantity),
        }
    }

    /// When the rest of an order is due.
    pub(super) fn due_at(&self, ordered_at: i64) -> Option<i64> {
        match self.payment {
            Payment::Full => None,
            Payment::Partial(_, Due::At(at), _) => Some(at),
            Payment::Partial(_, Due::After(days), _) => Some(ordered_at + days * DAY),
        }
    }

    /// Whether the clock collects the rest.
    pub(super) const fn collects(&self) -> bool {
        matches!(self.payment, Payment::Partial(_, _, Collect::ByItself))
    }

    /// Whether nothing is paid at checkout.
    pub(super) const fn is_later(&self) -> bool {
        matches!(self.payment, Payment::Partial(Deposit::Percent(0), _, _))
    }

    /// The day the goods of an order go out.
    pub(super) const fn scheduled_at(&self, ordered_at: i64) -> Option<i64> {
        match self.delivery {
            Delivery::Asap | Delivery::Unknown => None,
            Delivery::After(days) => Some(ordered_at + days * DAY),
            Delivery::On(at) => Some(at),
        }
    }

    /// The settings that say so.
    pub(super) fn settings(&self) -> Vec<(&'static str, Value)> {
        let mut out = Vec::new();
        match self.pricing {
            Pricing::Plain => {}
            Pricing::Percent(part) => out.extend([
                ("/pricing/type", json!("percentage")),
                ("/pricing/percentage", json!(part)),
                (
                    "/pricing/discount_text",
                    json!("{{ discount }} off for those who wait"),
                ),
                ("/pricing/discounted_price/enabled", json!(true)),
            ]),
            Pricing::Off(amount) => out.extend([
                ("/pricing/type", json!("fixed_amount")),
                ("/pricing/amount", json!(money::print(amount))),
            ]),
        }
        if let Payment::Partial(deposit, due, collect) = self.payment {
            out.push(("/payment/type", json!("partial")));
            out.extend(match deposit {
                Deposit::Percent(part) => [
                    ("/payment/deposit/type", json!("percentage")),
                    ("/payment/deposit/percentage", json!(part)),
                ],
                Deposit::Price(amount) => [
                    ("/payment/deposit/type", json!("price")),
                    ("/payment/deposit/amount", json!(money::print(amount))),
                ],
            });
            let balance = "/payment/remaining_balance";
            out.push((
                balance,
                match due {
                    Due::At(at) => {
                        json!({"due_type": "exact_time", "due_at": text(at), "due_after_days": null,
                        "auto_collect": collect == Collect::ByItself})
                    }
                    Due::After(days) => json!({"due_type": "time_after_checkout", "due_at": null,
                        "due_after_days": days, "auto_collect": collect == Collect::ByItself}),
                },
            ));
        }
        match self.delivery {
            Delivery::Asap => {}
            Delivery::After(days) => out.extend([
                ("/delivery/type", json!("anchor")),
                ("/delivery/after_days", json!(days)),
            ]),
            Delivery::On(at) => out.extend([
                ("/delivery/type", json!("exact_time")),
                ("/delivery/date", json!(text(at))),
                (
                    "/delivery/preorder_shipping_text",
                    json!("Expected to ship on {{ date }}"),
                ),
            ]),
            Delivery::Unknown => out.extend([
                ("/delivery/type", json!("unknown")),
                ("/delivery/shipping_text", json!("Date to be announced")),
            ]),
        }
        out
    }
}

/// So many parts of a hundred, half up.
const fn share(amount: i64, part: i64) -> i64 {
    (amount * part + 50) / 100
}

/// An instant as settings hold it.
fn text(at: i64) -> String {
    let at: DateTime<Utc> = instant(at);
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
