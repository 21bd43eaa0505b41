//! An order as the shop system reports it: who bought what, when, at which price. Waitlists look in
//! it for the alert that led to it, preorders for lines that are theirs.

/// A whole order. Money in minor units.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Sale {
    /// Shopify order id.
    pub(in crate::sandbox) id: i64,
    /// Buyer's address, lower case.
    pub(in crate::sandbox) email: Option<String>,
    /// Buyer's phone, digits.
    pub(in crate::sandbox) phone: Option<String>,
    /// Buyer's Shopify customer id.
    pub(in crate::sandbox) shopify_customer_id: Option<i64>,
    /// Buyer's name.
    pub(in crate::sandbox) customer_name: Option<String>,
    /// What was bought.
    pub(in crate::sandbox) lines: Vec<Line>,
    /// Whether its journey carries the vendor's UTM.
    pub(in crate::sandbox) utm: bool,
    /// When it was placed, milliseconds.
    pub(in crate::sandbox) ordered_at: i64,
    /// ISO 4217.
    pub(in crate::sandbox) currency: String,
    /// Market of the sale.
    pub(in crate::sandbox) market_id: Option<i64>,
    /// Later charges fail with this code.
    pub(in crate::sandbox) decline_code: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Line {
    /// Shopify variant id.
    pub(in crate::sandbox) variant_id: i64,
    /// Units, at least 1.
    pub(in crate::sandbox) quantity: i64,
    /// Price of a unit before any discount of a preorder offer.
    pub(in crate::sandbox) price: i64,
    /// Enabled offer it is bought through; none when no offer sells the variant.
    pub(in crate::sandbox) offer_id: Option<String>,
}

impl Line {
    /// Quantity times price.
    pub(in crate::sandbox) const fn revenue(&self) -> i64 {
        self.quantity.saturating_mul(self.price)
    }
}
