//! An intent: a signup read from the tables and printed as v1 shows it.

use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde_json::{Value, json};

use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::instant::{print_millis, print_millis_or_null};
use crate::sandbox::actions::page::Page;
use crate::sandbox::scope::Scope;

/// Columns in the order [`IntentRow::of`] reads them.
const SELECT: &str = "SELECT s.id, s.blocked_at, s.channel, s.email, s.notified_at,
  s.optin_confirmed, s.phone, s.quantity, s.source, s.unsubscribed_at, s.created_at, s.updated_at,
  s.customer_id, v.id, s.shop_id, v.inventory_item_id, s.shopify_market_id, v.shopify_product_id,
  s.shopify_variant_id, c.name,
  CASE s.channel WHEN 'email' THEN coalesce(s.email, c.email)
    WHEN 'sms' THEN coalesce(s.phone, c.phone)
    ELSE coalesce(s.email, c.email, s.phone, c.phone) END,
  c.unsubscribed_at, c.accepts_marketing,
  (SELECT count(*) FROM notifications n WHERE n.signup_id = s.id AND n.status = 'sent'),
  (SELECT count(*) FROM notifications n WHERE n.signup_id = s.id)";

/// The tables of [`SELECT`] behind the signups.
const JOINS: &str = "CROSS JOIN customers c ON c.id = s.customer_id
  CROSS JOIN variants v ON v.shop_id = s.shop_id AND v.shopify_variant_id = s.shopify_variant_id";

/// One intent, ready to print.
#[derive(Debug)]
pub(super) struct IntentRow(Value);

impl IntentRow {
    /// Reads the columns of [`SELECT`].
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant = |column: usize| row.get(column).map(print_millis_or_null);
        Ok(Self(json!({
            "id": row.get::<_, String>(0)?,
            "blocked_at": instant(1)?,
            "channel": row.get::<_, String>(2)?,
            "email": row.get::<_, Option<String>>(3)?,
            "notified_at": instant(4)?,
            "optin_confirmed": row.get::<_, Option<bool>>(5)?.unwrap_or_default(),
            "phone": row.get::<_, Option<String>>(6)?,
            "quantity": row.get::<_, i64>(7)?,
            "sent_notifications_count": row.get::<_, i64>(23)?,
            "source": row.get::<_, String>(8)?,
            "type": "restock",
            "unsubscribed_at": instant(9)?,
            "created_at": print_millis(row.get(10)?),
            "updated_at": print_millis(row.get(11)?),
            "customer_id": row.get::<_, String>(12)?,
            "intent_trigger_id": null,
            "product_variant_id": row.get::<_, String>(13)?,
            "shop_id": row.get::<_, String>(14)?,
            "shopify_inventory_item_id": row.get::<_, i64>(15)?,
            "shopify_market_id": row.get::<_, Option<i64>>(16)?,
            "shopify_product_id": row.get::<_, i64>(17)?,
            "shopify_variant_id": row.get::<_, i64>(18)?,
            "customer_name": row.get::<_, Option<String>>(19)?,
            "contact": row.get::<_, Option<String>>(20)?,
            "customer_unsubscribed_at": instant(21)?,
            "accepts_marketing": row.get::<_, bool>(22)?,
            "notifications_count": row.get::<_, i64>(24)?,
        })))
    }

    /// The row of an id, when the shop has it.
    pub(super) fn find(scope: &Scope<'_>, id: &str) -> rusqlite::Result<Option<Self>> {
        scope
            .db
            .prepare_cached(&format!(
                "{SELECT} FROM signups s {JOINS} WHERE s.id = ? AND s.shop_id = ?"
            ))?
            .query_row(params![id, scope.shop_id], Self::of)
            .optional()
    }

    /// A page of the rows that match, newest first, as the API shows them; conditions may speak of
    /// signups `s` and customers `c`.
    pub(super) fn matching(
        scope: &Scope<'_>,
        mut filter: Filter,
        page: Page,
    ) -> rusqlite::Result<Vec<Value>> {
        filter.cut(page);
        scope
            .db
            .prepare_cached(&format!(
                "{SELECT} FROM signups s {JOINS} WHERE {}
                 ORDER BY s.created_at DESC, s.id DESC LIMIT ? OFFSET ?",
                filter.text()
            ))?
            .query_map(params_from_iter(filter.values()), Self::of)?
            .map(|row| row.map(Self::print))
            .collect()
    }

    /// Whether an alert was sent.
    pub(super) fn is_notified(&self) -> bool {
        self.0.get("notified_at").is_some_and(Value::is_string)
    }

    /// The API's object.
    pub(super) fn print(self) -> Value {
        self.0
    }
}
