//! A dataset as plain rows: what a generator produces and the loader writes into the database.
//!
//! Generators know nothing of SQL; the loader knows nothing of how a shop comes to look lifelike.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// All rows of one dataset, over both shops.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// The instant the rows were generated for.
    pub now: DateTime<Utc>,
    /// Shops with their plan state and settings.
    pub shops: Vec<Shop>,
    /// Products with their variants and stock.
    pub products: Vec<Product>,
    /// Shoppers.
    pub customers: Vec<Customer>,
    /// Waitlist rows.
    pub signups: Vec<Signup>,
    /// Send log.
    pub notifications: Vec<Notification>,
    /// Orders credited to alerts.
    pub attributions: Vec<Attribution>,
}

/// One merchant.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    /// Own id.
    pub id: Uuid,
    /// `*.myshopify.com` domain.
    pub domain: String,
    /// Display name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Sandbox key (not a secret).
    pub api_key: String,
    /// Email and SMS alerts a month; `None` = no limit.
    pub plan_monthly_limit: Option<i64>,
    /// Alerts counted since the 1st, 00:00 UTC.
    pub plan_used: i64,
    /// `none`, `pending`, `verified` or `rejected`.
    pub sms_verification: String,
    /// The five settings blocks: `channels`, `delivery`, `compliance`, `tagging`, `alerts`.
    pub settings: Value,
    /// Locations: id and name.
    pub locations: Vec<(i64, String)>,
    /// Markets: id and name.
    pub markets: Vec<(i64, String)>,
}

/// A catalogue product.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Owner.
    pub shop_id: Uuid,
    /// Shopify product id.
    pub shopify_product_id: i64,
    /// Title.
    pub title: String,
    /// Vendor.
    pub vendor: String,
    /// Variants.
    pub variants: Vec<Variant>,
}

/// A catalogue variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Own id (v1 shows it).
    pub id: Uuid,
    /// Shopify variant id.
    pub shopify_variant_id: i64,
    /// Title, e.g. `Small / Olive`.
    pub title: String,
    /// SKU.
    pub sku: Option<String>,
    /// Shopify inventory item id.
    pub inventory_item_id: i64,
    /// Price in minor units (cents).
    pub price_minor: i64,
    /// Available units per location id.
    pub stock: Vec<(i64, i64)>,
}

/// A shopper.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// Own id.
    pub id: Uuid,
    /// Owner.
    pub shop_id: Uuid,
    /// Lower-case address.
    pub email: Option<String>,
    /// Digits with country code.
    pub phone: Option<String>,
    /// Push token.
    pub push: Option<String>,
    /// Name as written by the shopper.
    pub name: Option<String>,
    /// Two lower-case letters.
    pub country: Option<String>,
    /// Dialling code.
    pub country_code: Option<String>,
    /// e.g. `en-US`.
    pub locale: Option<String>,
    /// Marketing consent.
    pub accepts_marketing: bool,
    /// Shopify customer id.
    pub shopify_customer_id: Option<i64>,
    /// Market.
    pub shopify_market_id: Option<i64>,
    /// Opted out of everything.
    pub unsubscribed_at: Option<DateTime<Utc>>,
    /// Row creation.
    pub created_at: DateTime<Utc>,
}

/// A waitlist row.
#[derive(Debug, Clone, PartialEq)]
pub struct Signup {
    /// Own id.
    pub id: Uuid,
    /// Owner.
    pub shop_id: Uuid,
    /// Who waits.
    pub customer_id: Uuid,
    /// For what.
    pub shopify_variant_id: i64,
    /// `email`, `sms` or `push`.
    pub channel: String,
    /// Contact of the channel, email.
    pub email: Option<String>,
    /// Contact of the channel, phone.
    pub phone: Option<String>,
    /// Contact of the channel, token.
    pub push: Option<String>,
    /// Units wanted.
    pub quantity: i64,
    /// Market.
    pub shopify_market_id: Option<i64>,
    /// `storefront`, `api` or `import`.
    pub source: String,
    /// `None` never asked, `false` asked, `true` confirmed.
    pub optin_confirmed: Option<bool>,
    /// Latest sent alert.
    pub notified_at: Option<DateTime<Utc>>,
    /// Latest stopped alert.
    pub blocked_at: Option<DateTime<Utc>>,
    /// This row's opt-out.
    pub unsubscribed_at: Option<DateTime<Utc>>,
    /// Row creation.
    pub created_at: DateTime<Utc>,
    /// Latest change.
    pub updated_at: DateTime<Utc>,
}

/// A send-log row.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// Own id.
    pub id: Uuid,
    /// Owner.
    pub shop_id: Uuid,
    /// The signup it tried to alert.
    pub signup_id: Uuid,
    /// Its shopper.
    pub customer_id: Uuid,
    /// Variant as of the attempt.
    pub shopify_variant_id: i64,
    /// Channel used.
    pub channel: String,
    /// Contact used.
    pub contact: Option<String>,
    /// `sent` or `blocked`.
    pub status: String,
    /// Reason when blocked.
    pub blocked_reason: Option<String>,
    /// When sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// Time of the attempt.
    pub created_at: DateTime<Utc>,
}

/// An order line credited to an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// Owner.
    pub shop_id: Uuid,
    /// Shopify order id.
    pub shopify_order_id: i64,
    /// Credited signup.
    pub signup_id: Uuid,
    /// Credited alert.
    pub notification_id: Uuid,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// Revenue in minor units.
    pub revenue_minor: i64,
    /// When ordered.
    pub ordered_at: DateTime<Utc>,
    /// Whether the order was tagged.
    pub tagged: bool,
}
