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
    /// Preorder offers with their variants.
    pub offers: Vec<Offer>,
    /// Orders with preorder lines.
    pub preorders: Vec<Preorder>,
    /// Variant metafields that Shopify holds otherwise than STOQ would write them.
    pub drifts: Vec<Drift>,
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
    /// Shopify collections it is in.
    pub collections: Vec<i64>,
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
    /// Whether Shopify goes on selling at no stock: `CONTINUE` or `DENY`.
    pub inventory_policy: String,
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

/// A preorder offer. Stored counts, the shop metafield and the variants' metafields follow from offers
/// and orders; the loader writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Own id.
    pub id: Uuid,
    /// Owner.
    pub shop_id: Uuid,
    /// Name shoppers see.
    pub name: String,
    /// Merchant's label.
    pub internal_name: Option<String>,
    /// `disabled`, `scheduled` or `enabled`.
    pub state: String,
    /// When it starts, or started, by itself.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ends, or ended, by itself.
    pub ends_at: Option<DateTime<Utc>>,
    /// Shopify selling plan id.
    pub shopify_selling_plan_id: i64,
    /// Shopify selling plan group id.
    pub shopify_selling_plan_group_id: i64,
    /// All writable fields of the twelve capabilities, the defaults filled in.
    pub blocks: Value,
    /// When automatic charges were switched on.
    pub auto_collect_since: Option<DateTime<Utc>>,
    /// Attached variants.
    pub variants: Vec<OfferVariant>,
    /// Row creation.
    pub created_at: DateTime<Utc>,
    /// Latest change.
    pub updated_at: DateTime<Utc>,
}

/// A variant of an offer with its overrides.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferVariant {
    /// Shopify variant id.
    pub shopify_variant_id: i64,
    /// Cap; `None` = none.
    pub preorder_max_count: Option<i64>,
    /// Shipping text of its own.
    pub shipping_text: Option<String>,
}

/// An order with preorder lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Preorder {
    /// Owner.
    pub shop_id: Uuid,
    /// Shopify order id.
    pub shopify_order_id: i64,
    /// Own id, shown by v1 only.
    pub id: Uuid,
    /// Order number as the merchant sees it.
    pub name: String,
    /// Shopify customer id; `None` = a guest.
    pub customer_id: Option<i64>,
    /// Address.
    pub email: Option<String>,
    /// Shopper's name.
    pub customer_name: Option<String>,
    /// Market of the sale.
    pub shopify_market_id: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// Shopify payment status.
    pub financial_status: String,
    /// Still owed, minor units.
    pub outstanding_minor: i64,
    /// Captured so far, minor units.
    pub collected_minor: i64,
    /// Given back so far, minor units.
    pub refunded_minor: i64,
    /// When the balance was collected.
    pub charged_at: Option<DateTime<Utc>>,
    /// When the balance is due.
    pub due_at: Option<DateTime<Utc>>,
    /// When an automatic charge was tried.
    pub auto_attempted_at: Option<DateTime<Utc>>,
    /// Last payment link mail.
    pub collection_url_sent_at: Option<DateTime<Utc>>,
    /// Last failed charge: `code`, `message`, `at`.
    pub last_failure: Option<Value>,
    /// Charges fail with it.
    pub decline_code: Option<String>,
    /// The governing offer.
    pub offer_id: Uuid,
    /// `unfulfilled`, `scheduled`, `on_hold`, `open` or `fulfilled`.
    pub fulfillment_status: String,
    /// Promised day.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// When the holds were lifted.
    pub released_at: Option<DateTime<Utc>>,
    /// When it shipped.
    pub fulfilled_at: Option<DateTime<Utc>>,
    /// When it was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Why.
    pub cancel_reason: Option<String>,
    /// Order tags.
    pub tags: Vec<String>,
    /// When ordered.
    pub created_at: DateTime<Utc>,
    /// Preorder lines.
    pub lines: Vec<PreorderLine>,
}

/// A preorder line.
#[derive(Debug, Clone, PartialEq)]
pub struct PreorderLine {
    /// Shopify line id.
    pub id: i64,
    /// The offer it was bought through.
    pub offer_id: Uuid,
    /// What was bought.
    pub shopify_variant_id: i64,
    /// Units.
    pub quantity: i64,
    /// Price of a unit after the discount, minor units.
    pub unit_price_minor: i64,
    /// Deposit portion of the line, minor units.
    pub deposit_minor: i64,
    /// Balance portion of the line, minor units.
    pub balance_minor: i64,
}

/// A variant metafield as Shopify holds it against STOQ's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// Owner.
    pub shop_id: Uuid,
    /// The variant.
    pub shopify_variant_id: i64,
    /// One of the seven keys.
    pub key: String,
    /// What Shopify holds; null = nothing.
    pub value: Value,
}
