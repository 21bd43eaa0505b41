//! A row of the send log with its customer, printed as the API shows it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::signup_row::Person;
use crate::sandbox::actions::instant::{print, print_or_null};
use crate::sandbox::actions::variants::Variant;

/// Columns in the order [`NotificationRow::of`] reads them.
pub(super) const SELECT: &str = "SELECT n.id, n.signup_id, n.status, n.blocked_reason, n.channel,
  n.contact, n.shopify_variant_id, n.shopify_product_id, n.variant_title, n.customer_id, n.sent_at,
  n.created_at, c.email, c.phone, c.name";

/// The tables of [`SELECT`] behind the log.
pub(super) const JOINS: &str = "CROSS JOIN customers c ON c.id = n.customer_id";

/// One try to deliver an alert.
#[derive(Debug, Clone)]
pub(super) struct NotificationRow {
    id: String,
    signup_id: String,
    status: String,
    blocked_reason: Option<String>,
    channel: String,
    contact: Option<String>,
    variant: Variant,
    customer: Person,
    sent_at: Option<i64>,
    created_at: i64,
}

impl NotificationRow {
    /// Reads the columns of [`SELECT`].
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            signup_id: row.get(1)?,
            status: row.get(2)?,
            blocked_reason: row.get(3)?,
            channel: row.get(4)?,
            contact: row.get(5)?,
            variant: Variant {
                variant_id: row.get(6)?,
                product_id: row.get(7)?,
                title: row.get(8)?,
            },
            customer: Person {
                id: row.get(9)?,
                email: row.get(12)?,
                phone: row.get(13)?,
                name: row.get(14)?,
            },
            sent_at: row.get(10)?,
            created_at: row.get(11)?,
        })
    }

    /// The row of an id, when the shop has it.
    pub(super) fn find(db: &Connection, shop_id: &str, id: &str) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(&format!(
            "{SELECT} FROM notifications n {JOINS} WHERE n.id = ? AND n.shop_id = ?"
        ))?
        .query_row(params![id, shop_id], Self::of)
        .optional()
    }

    /// The API's object.
    pub(super) fn print(&self) -> Value {
        json!({
            "id": self.id,
            "signup_id": self.signup_id,
            "status": self.status,
            "blocked_reason": self.blocked_reason,
            "channel": self.channel,
            "contact": self.contact,
            "variant": self.variant.print(),
            "customer": self.customer.print(),
            "sent_at": print_or_null(self.sent_at),
            "created_at": print(self.created_at),
        })
    }
}
