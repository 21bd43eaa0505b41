//! The figures of a set of lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::lines::{Buyer, Line};
use crate::sandbox::actions::money;

/// Keys of the summary, in the order of the columns.
pub(super) const TOTALS: [&str; 10] = [
    "orders",
    "units",
    "customers",
    "revenue",
    "deposits",
    "balances",
    "outstanding_balance",
    "refunded",
    "cancelled_orders",
    "average_order_value",
];
/// Those of them that are sums over lines.
const SUMMED: [&str; 9] = [
    "orders",
    "units",
    "revenue",
    "deposits",
    "balances",
    "outstanding_balance",
    "refunded",
    "cancelled_orders",
    "average_order_value",
];
/// Keys that every breakdown ends in.
pub(super) const FIGURES: &[&str] = &[
    "orders",
    "units",
    "revenue",
    "deposits",
    "balances",
    "outstanding_balance",
];

/// Sums over lines that come order by order. Money in minor units.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    /// Distinct orders that are not cancelled.
    orders: i64,
    units: i64,
    deposits: i64,
    balances: i64,
    outstanding: i64,
    refunded: i64,
    /// Distinct cancelled orders; in no other figure.
    cancelled: i64,
    /// The order of the line before.
    latest: Option<i64>,
}

impl Sums {
    /// Adds a line.
    pub(super) fn add(&mut self, line: &Line) {
        let is_next = self.latest.replace(line.order) != Some(line.order);
        if line.is_cancelled {
            self.cancelled += i64::from(is_next);
            return;
        }
        self.orders += i64::from(is_next);
        self.units += line.quantity;
        self.deposits += line.deposit;
        self.balances += line.balance;
        self.refunded += line.refunded;
        if line.is_owed {
            self.outstanding += line.balance;
        }
    }

    /// Booked money.
    pub(super) const fn revenue(&self) -> i64 {
        self.deposits + self.balances
    }

    /// A figure by its key; none of that name is null.
    fn figure(&self, key: &str) -> Value {
        match key {
            "orders" => json!(self.orders),
            "units" => json!(self.units),
            "revenue" => json!(money::print(self.revenue())),
            "deposits" => json!(money::print(self.deposits)),
            "balances" => json!(money::print(self.balances)),
            "outstanding_balance" => json!(money::print(self.outstanding)),
            "refunded" => json!(money::print(self.refunded)),
            "cancelled_orders" => json!(self.cancelled),
            "average_order_value" => json!(money::print(self.average())),
            _ => Value::Null,
        }
    }

    /// A row: what it begins with, and these figures.
    pub(super) fn row(&self, begun: Value, keys: &[&str]) -> Value {
        let mut row = begun;
        if let Value::Object(fields) = &mut row {
            fields.extend(keys.iter().map(|key| ((*key).to_owned(), self.figure(key))));
        }
        row
    }

    /// Deposits without balances, or the other way round.
    pub(super) fn only(&self, with_deposits: bool, with_balances: bool) -> Self {
        Self {
            deposits: if with_deposits { self.deposits } else { 0 },
            balances: if with_balances { self.balances } else { 0 },
            ..self.clone()
        }
    }

    /// Revenue of an order, half up.
    const fn average(&self) -> i64 {
        match self.orders {
            0 => 0,
            orders => (2 * self.revenue() + orders) / (2 * orders),
        }
    }
}

/// Sums with the number of distinct customers.
#[derive(Debug)]
pub(super) struct Summary {
    /// The sums.
    pub(super) sums: Sums,
    customers: usize,
}

impl Summary {
    /// The figures of these lines.
    pub(super) fn over(lines: &[Line]) -> Self {
        let mut sums = Sums::default();
        let mut buyers: BTreeSet<Buyer> = BTreeSet::new();
        for line in lines {
            sums.add(line);
            if !line.is_cancelled {
                buyers.insert(line.buyer());
            }
        }
        Self {
            sums,
            customers: buyers.len(),
        }
    }

    /// All figures.
    pub(super) fn totals(&self) -> Value {
        self.sums.row(json!({"customers": self.customers}), &SUMMED)
    }
}
