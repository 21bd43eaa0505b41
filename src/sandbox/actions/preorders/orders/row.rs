//! An order with preorder lines as the tables hold it, its derived state, and how the API shows it.

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::line::{self, LineRow};
use super::terms::{Decline, Financial, Fulfillment, State};
use crate::sandbox::actions::ids::shopify_id;
use crate::sandbox::actions::instant::{print, print_or_null};
use crate::sandbox::actions::money;
use crate::sandbox::actions::preorders::upkeep::{Watch, counts};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Columns of orders `p` with their governing offer `o`, as [`OrderRow::of`] reads them.
pub(in crate::sandbox::actions) const SELECT: &str = "SELECT p.*, (o.deleted_at IS NULL
  AND json_extract(o.blocks, '$.payment.remaining_balance.auto_collect')) AS auto_collect";

/// The tables of [`SELECT`] behind the orders.
pub(in crate::sandbox::actions) const JOINS: &str = "LEFT JOIN offers o ON o.id = p.offer_id";

/// One order. Instants are unix milliseconds, money minor units.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox::actions) struct OrderRow {
    /// Shopify order id.
    pub(in crate::sandbox::actions) id: i64,
    /// Number as the merchant sees it.
    pub(in crate::sandbox::actions) name: String,
    /// Shopify customer id; none = a guest.
    pub(in crate::sandbox::actions) customer_id: Option<i64>,
    /// Where mails go.
    pub(in crate::sandbox::actions) email: Option<String>,
    /// As written by the shopper.
    pub(in crate::sandbox::actions) customer_name: Option<String>,
    /// Market of the sale.
    pub(in crate::sandbox::actions) market_id: Option<i64>,
    /// ISO 4217.
    pub(in crate::sandbox::actions) currency: String,
    /// All lines.
    pub(in crate::sandbox::actions) total: i64,
    /// Due at checkout.
    pub(in crate::sandbox::actions) deposit: i64,
    /// Due later, as agreed at checkout.
    pub(in crate::sandbox::actions) balance: i64,
    /// Still owed.
    pub(in crate::sandbox::actions) outstanding: i64,
    /// Captured so far.
    pub(in crate::sandbox::actions) collected: i64,
    /// Given back so far.
    pub(in crate::sandbox::actions) refunded: i64,
    /// Payment status.
    pub(in crate::sandbox::actions) financial: Financial,
    /// When the balance was collected.
    pub(in crate::sandbox::actions) charged_at: Option<i64>,
    /// When the balance is due.
    pub(in crate::sandbox::actions) due_at: Option<i64>,
    /// Present setting of the governing offer.
    pub(in crate::sandbox::actions) auto_collect: bool,
    /// When the automatic charge was tried.
    pub(in crate::sandbox::actions) auto_attempted_at: Option<i64>,
    /// Last payment link mail.
    pub(in crate::sandbox::actions) link_sent_at: Option<i64>,
    /// Last failed charge: `code`, `message`, `at`.
    pub(in crate::sandbox::actions) last_failure: Option<Value>,
    /// Every charge fails with it.
    pub(in crate::sandbox::actions) decline: Option<Decline>,
    /// Fulfilment status.
    pub(in crate::sandbox::actions) fulfillment: Fulfillment,
    /// Promised day.
    pub(in crate::sandbox::actions) scheduled_at: Option<i64>,
    /// When the holds were lifted.
    pub(in crate::sandbox::actions) released_at: Option<i64>,
    /// When it shipped.
    pub(in crate::sandbox::actions) fulfilled_at: Option<i64>,
    /// When it was cancelled.
    pub(in crate::sandbox::actions) cancelled_at: Option<i64>,
    /// Why.
    pub(in crate::sandbox::actions) cancel_reason: Option<String>,
    /// Shopify order tags.
    pub(in crate::sandbox::actions) tags: Value,
    /// When it was placed.
    pub(in crate::sandbox::actions) created_at: i64,
    /// Whether its units were in the counts when it was read.
    was_active: bool,
}

impl OrderRow {
    /// Reads the columns of [`SELECT`].
    pub(in crate::sandbox::actions) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut order = Self {
            id: row.get("shopify_order_id")?,
            name: row.get("name")?,
            customer_id: row.get("customer_id")?,
            email: row.get("email")?,
            customer_name: row.get("customer_name")?,
            market_id: row.get("shopify_market_id")?,
            currency: row.get("currency")?,
            total: row.get("total_minor")?,
            deposit: row.get("deposit_minor")?,
            balance: row.get("balance_minor")?,
            outstanding: row.get("outstanding_minor")?,
            collected: row.get("collected_minor")?,
            refunded: row.get("refunded_minor")?,
            financial: row.get("financial_status")?,
            charged_at: row.get("charged_at")?,
            due_at: row.get("due_at")?,
            auto_collect: row.get::<_, Option<bool>>("auto_collect")?.unwrap_or(false),
            auto_attempted_at: row.get("auto_attempted_at")?,
            link_sent_at: row.get("collection_url_sent_at")?,
            last_failure: json_column(row.get("last_failure")?)?,
            decline: row.get("decline_code")?,
            fulfillment: row.get("fulfillment_status")?,
            scheduled_at: row.get("scheduled_at")?,
            released_at: row.get("released_at")?,
            fulfilled_at: row.get("fulfilled_at")?,
            cancelled_at: row.get("cancelled_at")?,
            cancel_reason: row.get("cancel_reason")?,
            tags: json_column(row.get("tags")?)?.unwrap_or_default(),
            created_at: row.get("created_at")?,
            was_active: false,
        };
        order.was_active = order.is_active();
        Ok(order)
    }

    /// The order of an id, when the shop has it.
    pub(in crate::sandbox::actions) fn find(
        scope: &Scope<'_>,
        id: i64,
    ) -> Result<Option<Self>, Refusal> {
        Ok(scope
            .db
            .prepare_cached(&format!(
                "{SELECT} FROM preorder_orders p {JOINS}
                 WHERE p.shop_id = ? AND p.shopify_order_id = ?"
            ))?
            .query_row(params![scope.shop_id, id], Self::of)
            .optional()?)
    }

    /// The order the path names, or 404.
    pub(super) fn need(scope: &Scope<'_>, args: &Args) -> Result<Self, Refusal> {
        Self::find(scope, shopify_id(args, "id"))?.ok_or_else(|| Refusal::not_found("Order"))
    }

    /// The derived state; the first that holds wins.
    pub(in crate::sandbox::actions) fn state(&self) -> State {
        let is_paid = matches!(
            self.financial,
            Financial::Paid | Financial::PartiallyRefunded
        );
        let is_part_paid = matches!(
            self.financial,
            Financial::PartiallyPaid | Financial::PartiallyRefunded
        );
        if self.cancelled_at.is_some() {
            State::Cancelled
        } else if self.financial == Financial::Refunded {
            State::Refunded
        } else if self.fulfillment == Fulfillment::Fulfilled {
            State::Fulfilled
        } else if self.fulfillment == Fulfillment::Open {
            State::Released
        } else if self.charged_at.is_some() || (self.outstanding == 0 && is_paid) {
            State::BalanceCollected
        } else if self.outstanding > 0 && is_part_paid {
            State::AwaitingBalance
        } else {
            State::Placed
        }
    }

    /// Whether its units count as sold: neither cancelled nor fully refunded.
    fn is_active(&self) -> bool {
        self.cancelled_at.is_none() && self.financial != Financial::Refunded
    }

    /// Captured money that was not given back.
    pub(super) const fn held(&self) -> i64 {
        self.collected.saturating_sub(self.refunded)
    }

    /// Writes what can change about it. An order that has ceased to be active gives its units back.
    pub(super) fn save(&self, scope: &mut Scope<'_>) -> Result<(), Refusal> {
        if !self.was_active || self.is_active() {
            return self.write(scope);
        }
        let lines = line::of_order(scope, self.id)?;
        let variants: Vec<i64> = lines.iter().map(|line| line.variant_id).collect();
        let watch = Watch::on(scope, &variants)?;
        self.write(scope)?;
        for line in &lines {
            counts::add(scope, line.variant_id, self.market_id, -line.quantity)?;
        }
        watch.finish(scope)
    }

    fn write(&self, scope: &Scope<'_>) -> Result<(), Refusal> {
        scope
            .db
            .prepare_cached(
                "UPDATE preorder_orders SET email = ?, outstanding_minor = ?, collected_minor = ?,
                 refunded_minor = ?, financial_status = ?, charged_at = ?, auto_attempted_at = ?,
                 collection_url_sent_at = ?, last_failure = ?, decline_code = ?,
                 fulfillment_status = ?, released_at = ?, fulfilled_at = ?, cancelled_at = ?,
                 cancel_reason = ?, tags = ? WHERE shop_id = ? AND shopify_order_id = ?",
            )?
            .execute(params![
                self.email,
                self.outstanding,
                self.collected,
                self.refunded,
                self.financial,
                self.charged_at,
                self.auto_attempted_at,
                self.link_sent_at,
                self.last_failure.as_ref().map(Value::to_string),
                self.decline,
                self.fulfillment,
                self.released_at,
                self.fulfilled_at,
                self.cancelled_at,
                self.cancel_reason,
                self.tags.to_string(),
                scope.shop_id,
                self.id
            ])?;
        Ok(())
    }

    /// The API's object with the lines.
    pub(in crate::sandbox::actions) fn whole(&self, scope: &Scope<'_>) -> Reply {
        let mut out = self.print();
        if let Value::Object(out) = &mut out {
            let lines = line::of_order(scope, self.id)?;
            out.insert(
                "line_items".to_owned(),
                lines.iter().map(LineRow::print).collect(),
            );
        }
        Ok(out)
    }

    /// The API's object as lists show it.
    pub(super) fn print(&self) -> Value {
        json!({
            "id": self.id,
            "shopify_order_id": self.id,
            "name": self.name,
            "state": self.state().text(),
            "created_at": print(self.created_at),
            "cancelled_at": print_or_null(self.cancelled_at),
            "cancel_reason": self.cancel_reason,
            "financial_status": self.financial.text(),
            "customer": {"id": self.customer_id, "email": self.email, "name": self.customer_name},
            "market_id": self.market_id,
            "currency": self.currency,
            "subtotal_price": money::print(self.total),
            "total_price": money::print(self.total),
            "payments": {
                "deposit": money::print(self.deposit),
                "balance": money::print(self.balance),
                "total_outstanding": money::print(self.outstanding),
                "charged_at": print_or_null(self.charged_at),
                "due_at": print_or_null(self.due_at),
                "auto_collect": self.auto_collect,
                "collected": money::print(self.collected),
                "refunded": money::print(self.refunded),
                "collection_url_sent_at": print_or_null(self.link_sent_at),
                "last_failure": self.last_failure,
            },
            "fulfillment": {
                "status": self.fulfillment.text(),
                "scheduled_at": print_or_null(self.scheduled_at),
                "released_at": print_or_null(self.released_at),
                "fulfilled_at": print_or_null(self.fulfilled_at),
            },
            "tags": self.tags,
        })
    }
}

/// A column that holds JSON, or nothing.
fn json_column(text: Option<String>) -> rusqlite::Result<Option<Value>> {
    text.map(|text| {
        serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
        })
    })
    .transpose()
}
