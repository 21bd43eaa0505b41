//! A preorder line of an order.

use rusqlite::params;
use serde_json::{Value, json};

use crate::sandbox::actions::money;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// One line. Money in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox::actions) struct LineRow {
    /// Shopify line id.
    id: i64,
    /// The offer it was bought through.
    offer_id: String,
    /// Shopify product id.
    product_id: i64,
    /// Shopify variant id.
    pub(in crate::sandbox::actions) variant_id: i64,
    /// Product title as of the sale.
    product_title: String,
    /// Variant title as of the sale.
    variant_title: String,
    /// Units.
    pub(in crate::sandbox::actions) quantity: i64,
    /// Price of a unit after the discount.
    unit_price: i64,
    /// Due at checkout.
    deposit: i64,
    /// Due later.
    balance: i64,
}

impl LineRow {
    /// The API's object.
    pub(super) fn print(&self) -> Value {
        json!({
            "id": self.id,
            "offer_id": self.offer_id,
            "shopify_product_id": self.product_id,
            "shopify_variant_id": self.variant_id,
            "product_title": self.product_title,
            "variant_title": self.variant_title,
            "quantity": self.quantity,
            "unit_price": money::print(self.unit_price),
            "deposit": money::print(self.deposit),
            "balance": money::print(self.balance),
        })
    }
}

/// The preorder lines of an order, in their order.
pub(in crate::sandbox::actions) fn of_order(
    scope: &Scope<'_>,
    order_id: i64,
) -> Result<Vec<LineRow>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT id, offer_id, shopify_product_id, shopify_variant_id, product_title,
             variant_title, quantity, unit_price_minor, deposit_minor, balance_minor
             FROM preorder_lines WHERE shop_id = ? AND shopify_order_id = ? ORDER BY id",
        )?
        .query_map(params![scope.shop_id, order_id], |row| {
            Ok(LineRow {
                id: row.get(0)?,
                offer_id: row.get(1)?,
                product_id: row.get(2)?,
                variant_id: row.get(3)?,
                product_title: row.get(4)?,
                variant_title: row.get(5)?,
                quantity: row.get(6)?,
                unit_price: row.get(7)?,
                deposit: row.get(8)?,
                balance: row.get(9)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}
