//! The model: what was bought, paid, given back and done with the goods.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::sandbox::actions::instant::print_or_null;
use crate::sandbox::actions::money;

/// What can be bought, by the settings of the offers O2, O3 and O1.
pub(super) struct Article {
    pub(super) variant: usize,
    pub(super) unit_price: i64,
    pub(super) deposit: i64,
    pub(super) sold_from: &'static str,
    pub(super) sold_until: &'static str,
    pub(super) cap: i64,
    due_at: fn(i64) -> Option<i64>,
    collects_itself: bool,
    pub(super) goods: Goods,
    /// Units that the fixture's own orders hold.
    pub(super) units: i64,
}

pub(super) const ARTICLES: [Article; 3] = [
    Article {
        variant: 1,
        unit_price: 8_900,
        deposit: 8_900,
        sold_from: "2026-03-01T10:00:00Z",
        sold_until: "2100-01-01T00:00:00Z",
        cap: i64::MAX,
        due_at: |_| None,
        collects_itself: false,
        goods: Goods::OnHold,
        units: 1,
    },
    Article {
        variant: 3,
        unit_price: 6_400,
        deposit: 2_000,
        sold_from: "2026-04-10T08:00:00Z",
        sold_until: "2026-04-30T22:00:00Z",
        cap: 60,
        due_at: |placed_at| Some(placed_at + 14 * 86_400_000),
        collects_itself: false,
        goods: Goods::Unfulfilled,
        units: 0,
    },
    Article {
        variant: 5,
        unit_price: 10_620,
        deposit: 2_655,
        sold_from: "2026-02-20T09:00:00Z",
        sold_until: "2026-05-31T22:00:00Z",
        cap: 4,
        due_at: |_| Some(ms("2026-04-15T09:00:00Z")),
        collects_itself: true,
        goods: Goods::Scheduled,
        units: 2,
    },
];

/// The day of O1's goods.
const SHIPS_FROM: &str = "2026-05-10T00:00:00Z";

pub(super) fn ms(text: &str) -> i64 {
    text.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goods {
    Unfulfilled,
    Scheduled,
    OnHold,
    Open,
    Fulfilled,
}

impl Goods {
    fn text(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::Scheduled => "scheduled",
            Self::OnHold => "on_hold",
            Self::Open => "open",
            Self::Fulfilled => "fulfilled",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Charge,
    SendLink,
    PayLink,
    /// Cents; none = all.
    Refund(Option<i64>),
    Release {
        force: bool,
    },
    Cancel {
        refund: bool,
    },
    Fulfill,
    /// Whether the card fails from now on.
    Card(bool),
}

#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: i64,
    pub(super) article: usize,
    pub(super) quantity: i64,
    pub(super) placed_at: i64,
    pub(super) collected: i64,
    pub(super) refunded: i64,
    pub(super) owed: i64,
    pub(super) charged_at: Option<i64>,
    pub(super) was_tried: bool,
    pub(super) has_failed: bool,
    pub(super) declines: bool,
    pub(super) has_email: bool,
    pub(super) goods: Goods,
    pub(super) is_cancelled: bool,
}

impl Order {
    fn total(&self) -> i64 {
        ARTICLES[self.article].unit_price * self.quantity
    }

    fn is_given_back(&self) -> bool {
        self.collected > 0 && self.refunded == self.collected
    }

    pub(super) fn is_open(&self) -> bool {
        !self.is_cancelled && !self.is_given_back()
    }

    fn state(&self) -> &'static str {
        match self {
            _ if self.is_cancelled => "cancelled",
            _ if self.is_given_back() => "refunded",
            _ if self.goods == Goods::Fulfilled => "fulfilled",
            _ if self.goods == Goods::Open => "released",
            _ if self.owed == 0 => "balance_collected",
            _ if self.collected > 0 => "awaiting_balance",
            _ => "placed",
        }
    }

    fn financial(&self) -> &'static str {
        match self {
            _ if self.is_given_back() => "refunded",
            _ if self.is_cancelled && self.collected == 0 => "voided",
            _ if self.refunded > 0 => "partially_refunded",
            _ if self.collected == 0 => "pending",
            _ if self.collected < self.total() => "partially_paid",
            _ => "paid",
        }
    }

    fn collect(&mut self, at: i64) {
        self.collected += self.owed;
        self.owed = 0;
        self.charged_at = Some(at);
        self.has_failed = false;
    }

    fn charge(&mut self, at: i64) -> Result<(), u16> {
        if self.declines {
            self.has_failed = true;
            return Err(422);
        }
        self.collect(at);
        Ok(())
    }

    /// What became due up to now.
    pub(super) fn settle(&mut self, now: i64) {
        let article = &ARTICLES[self.article];
        if self.goods == Goods::Scheduled && !self.is_cancelled && ms(SHIPS_FROM) <= now {
            self.goods = Goods::Unfulfilled;
        }
        let due = (article.due_at)(self.placed_at).map(|due| due.max(self.placed_at));
        if let Some(due) = due
            && article.collects_itself
            && due <= now
            && self.is_open()
            && self.owed > 0
            && !self.was_tried
        {
            self.was_tried = true;
            let _ = self.charge(due);
        }
    }

    /// Whether something may be done, and what comes of it.
    pub(super) fn apply(&mut self, what: &What, now: i64) -> Result<(), u16> {
        let guard = |allowed: bool| if allowed { Ok(()) } else { Err(409_u16) };
        let is_owing = self.is_open() && self.owed > 0;
        match what {
            What::Charge => {
                guard(is_owing)?;
                self.charge(now)?;
            }
            What::SendLink => {
                guard(is_owing)?;
                if !self.has_email {
                    return Err(422);
                }
            }
            What::PayLink => {
                guard(is_owing)?;
                self.collect(now);
            }
            What::Refund(cents) => {
                let held = self.collected - self.refunded;
                guard(held > 0)?;
                let amount = cents.unwrap_or(held);
                if amount > held {
                    return Err(422);
                }
                self.refunded += amount;
                if self.is_given_back() {
                    self.owed = 0;
                }
            }
            What::Release { force } => {
                guard(self.is_open())?;
                guard(!matches!(self.goods, Goods::Open | Goods::Fulfilled))?;
                guard(self.owed == 0 || *force)?;
                self.goods = Goods::Open;
            }
            What::Cancel { refund } => {
                guard(self.is_open() && self.goods != Goods::Fulfilled)?;
                self.is_cancelled = true;
                self.owed = 0;
                if *refund {
                    self.refunded = self.collected;
                }
            }
            What::Fulfill => {
                guard(!self.is_cancelled)?;
                self.goods = Goods::Fulfilled;
            }
            What::Card(declines) => self.declines = *declines,
        }
        Ok(())
    }

    pub(super) fn print(&self) -> Value {
        let deposit = ARTICLES[self.article].deposit * self.quantity;
        json!({
            "id": self.id,
            "state": self.state(),
            "financial": self.financial(),
            "total": money::print(self.total()),
            "deposit": money::print(deposit),
            "balance": money::print(self.total() - deposit),
            "outstanding": money::print(self.owed),
            "collected": money::print(self.collected),
            "refunded": money::print(self.refunded),
            "charged_at": print_or_null(self.charged_at),
            "failure": if self.has_failed { json!("card_declined") } else { Value::Null },
            "goods": self.goods.text(),
        })
    }
}
