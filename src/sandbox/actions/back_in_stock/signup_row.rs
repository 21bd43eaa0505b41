//! A signup with its variant and customer: read from the tables, printed as the API shows it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::terms::{Channel, Status};
use crate::sandbox::actions::instant::{print, print_or_null};
use crate::sandbox::actions::variants::Variant;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Columns in the order [`SignupRow::of`] reads them, and the joins they need. CROSS JOIN keeps the
/// signups outermost, so that the caller's order and limit work on their index.
pub(super) const SELECT: &str = "SELECT s.id, s.customer_id, s.shopify_variant_id, s.channel,
  s.email, s.phone, s.quantity, s.shopify_market_id, s.source, s.optin_confirmed, s.notified_at,
  s.blocked_at, s.unsubscribed_at, s.created_at, s.updated_at, v.shopify_product_id, v.title,
  c.email, c.phone, c.name, c.unsubscribed_at,
  (SELECT count(*) FROM notifications n WHERE n.signup_id = s.id AND n.status = 'sent')";

/// The tables of [`SELECT`] behind the signups.
pub(super) const JOINS: &str = "CROSS JOIN customers c ON c.id = s.customer_id
  CROSS JOIN variants v ON v.shop_id = s.shop_id AND v.shopify_variant_id = s.shopify_variant_id";

/// A customer as signups and log rows show it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Own id.
    pub(super) id: String,
    /// Lower-case address.
    pub(super) email: Option<String>,
    /// Digits with country code.
    pub(super) phone: Option<String>,
    /// As written by the shopper.
    pub(super) name: Option<String>,
}

impl Person {
    /// The API's object.
    pub(super) fn print(&self) -> Value {
        json!({"id": self.id, "email": self.email, "name": self.name, "phone": self.phone})
    }
}

/// One waitlist row.
#[derive(Debug, Clone)]
pub(super) struct SignupRow {
    /// Own id.
    pub(super) id: String,
    /// Who waits.
    pub(super) customer: Person,
    /// For what.
    pub(super) variant: Variant,
    /// Reached how.
    pub(super) channel: Channel,
    /// Address stored on the row.
    email: Option<String>,
    /// Phone stored on the row.
    phone: Option<String>,
    /// Units wanted.
    quantity: i64,
    /// Market.
    pub(super) market_id: Option<i64>,
    /// Where it came from.
    source: String,
    /// Never asked, asked, confirmed.
    pub(super) optin_confirmed: Option<bool>,
    /// Latest sent alert.
    pub(super) notified_at: Option<i64>,
    /// Latest stopped alert.
    blocked_at: Option<i64>,
    /// Opt-out of the row or of its customer.
    unsubscribed: bool,
    /// Creation.
    created_at: i64,
    /// Latest change.
    updated_at: i64,
    /// Sent alerts in the log.
    sent: i64,
}

impl SignupRow {
    /// Reads the columns of [`SELECT`].
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let channel: String = row.get(3)?;
        let own_opt_out: Option<i64> = row.get(12)?;
        let customer_opt_out: Option<i64> = row.get(20)?;
        Ok(Self {
            id: row.get(0)?,
            customer: Person {
                id: row.get(1)?,
                email: row.get(17)?,
                phone: row.get(18)?,
                name: row.get(19)?,
            },
            variant: Variant {
                variant_id: row.get(2)?,
                product_id: row.get(15)?,
                title: row.get(16)?,
            },
            channel: Channel::parse(&channel)
                .ok_or_else(|| rusqlite::Error::InvalidParameterName(channel))?,
            email: row.get(4)?,
            phone: row.get(5)?,
            quantity: row.get(6)?,
            market_id: row.get(7)?,
            source: row.get(8)?,
            optin_confirmed: row.get(9)?,
            notified_at: row.get(10)?,
            blocked_at: row.get(11)?,
            unsubscribed: own_opt_out.is_some() || customer_opt_out.is_some(),
            created_at: row.get(13)?,
            updated_at: row.get(14)?,
            sent: row.get(21)?,
        })
    }

    /// The row of an id, when the shop has it.
    pub(super) fn find(db: &Connection, shop_id: &str, id: &str) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(&format!(
            "{SELECT} FROM signups s {JOINS} WHERE s.id = ? AND s.shop_id = ?"
        ))?
        .query_row(params![id, shop_id], Self::of)
        .optional()
    }

    /// The row of an id, or 404.
    pub(super) fn need(scope: &Scope<'_>, id: &str) -> Result<Self, Refusal> {
        Self::find(scope.db, &scope.shop_id, id)?.ok_or_else(|| Refusal::not_found("Signup"))
    }

    /// The derived status; the first that holds wins.
    pub(super) const fn status(&self) -> Status {
        if self.unsubscribed {
            Status::Unsubscribed
        } else if self.notified_at.is_some() {
            Status::Notified
        } else if self.blocked_at.is_some() {
            Status::Blocked
        } else {
            Status::Pending
        }
    }

    /// Where its alerts go. A push token is a secret: push shows who the shopper is instead.
    pub(super) fn contact(&self) -> Option<&str> {
        let email = self.email.as_deref().or(self.customer.email.as_deref());
        let phone = self.phone.as_deref().or(self.customer.phone.as_deref());
        match self.channel {
            Channel::Email => email,
            Channel::Sms => phone,
            Channel::Push => email.or(phone),
        }
    }

    /// The API's object; the opt-in rule is the shop's current one.
    pub(super) fn print(&self, optin_required: bool) -> Value {
        json!({
            "id": self.id,
            "status": self.status().text(),
            "channel": self.channel.text(),
            "contact": self.contact(),
            "quantity": self.quantity,
            "variant": self.variant.print(),
            "customer": self.customer.print(),
            "optin": {"required": optin_required, "confirmed": self.optin_confirmed},
            "notifications_sent": self.sent,
            "last_notified_at": print_or_null(self.notified_at),
            "created_at": print(self.created_at),
            "updated_at": print(self.updated_at),
            "shopify_market_id": self.market_id,
            "source": self.source,
        })
    }
}
