//! The hand-written dataset on which every example of the contract holds.
//!
//! Labels of the contract (C1, S1, N1, V1) are numbers here; their ids follow from them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Attribution, Customer, Dataset, Notification, Product, Shop, Signup, Variant};

/// Customers: number, name, email, phone, push token.
type Person = (
    u32,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
);

const PEOPLE: [Person; 10] = [
    (
        1,
        Some("Jane Okafor"),
        Some("jane.okafor@example.com"),
        Some("15035550101"),
        None,
    ),
    (
        2,
        Some("Mateo Ruiz"),
        Some("mateo.ruiz@example.com"),
        Some("15035550102"),
        None,
    ),
    (
        3,
        Some("Priya Nair"),
        Some("priya.nair@example.com"),
        None,
        None,
    ),
    (
        4,
        Some("Lena Fischer"),
        Some("lena.fischer@example.com"),
        None,
        None,
    ),
    (
        5,
        Some("Tom Baker"),
        Some("tom.baker@example.com"),
        None,
        None,
    ),
    (
        6,
        Some("Noor Haddad"),
        Some("noor.haddad@example.com"),
        Some("15035550106"),
        None,
    ),
    (
        7,
        Some("Aiko Sato"),
        Some("aiko.sato@example.com"),
        None,
        None,
    ),
    (8, None, None, None, Some("push-demo-08")),
    (
        9,
        Some("Sam Wood"),
        Some("sam.wood@example.com"),
        None,
        None,
    ),
    (
        10,
        Some("Ines Costa"),
        Some("ines.costa@example.com"),
        None,
        None,
    ),
];

/// Signups: number, customer, channel, variant label, quantity, creation.
const SIGNUPS: [(u32, u32, &str, u8, i64, &str); 22] = [
    (1, 1, "email", 4, 1, "03-02T09:15:27"),
    (2, 2, "email", 4, 2, "03-03T14:02:10"),
    (3, 3, "email", 4, 1, "03-05T07:41:55"),
    (4, 4, "email", 5, 1, "03-05T20:10:03"),
    (5, 5, "email", 5, 1, "03-07T11:26:40"),
    (6, 6, "email", 5, 1, "03-08T16:00:12"),
    (7, 7, "email", 6, 1, "03-09T03:12:09"),
    (8, 8, "push", 6, 1, "03-09T12:55:31"),
    (9, 9, "email", 1, 1, "03-10T08:08:08"),
    (10, 10, "email", 1, 3, "03-11T19:45:00"),
    (11, 1, "email", 1, 1, "03-12T21:30:30"),
    (12, 2, "email", 2, 1, "03-14T10:00:00"),
    (13, 3, "email", 3, 1, "03-15T09:00:00"),
    (14, 4, "email", 3, 2, "03-16T13:37:00"),
    (15, 5, "email", 3, 1, "03-18T17:20:45"),
    (16, 7, "email", 3, 1, "03-20T06:05:00"),
    (17, 10, "email", 3, 1, "03-22T22:22:22"),
    (18, 1, "email", 7, 1, "03-24T15:00:00"),
    (19, 2, "email", 8, 1, "03-27T12:12:12"),
    (20, 3, "email", 7, 1, "03-30T18:45:00"),
    (21, 4, "email", 1, 1, "02-10T10:10:10"),
    (22, 6, "sms", 8, 1, "03-29T08:30:00"),
];

/// Send log: number, signup, reason when it was stopped, time of the attempt.
const LOG: [(u32, u32, Option<&str>, &str); 9] = [
    (1, 2, None, "03-12T08:00:04"),
    (2, 3, None, "03-12T08:00:05"),
    (3, 5, None, "03-15T10:30:00"),
    (4, 6, Some("plan_limit_reached"), "03-15T10:30:01"),
    (5, 8, None, "03-20T16:45:12"),
    (6, 10, None, "03-21T07:00:00"),
    (7, 11, None, "03-21T07:00:01"),
    (8, 21, None, "02-20T09:00:00"),
    (9, 10, None, "03-25T09:12:44"),
];

/// Orders: id, signup, credited alert, confidence, revenue, time of the order.
const ORDERS: [(i64, u32, u32, &str, i64, &str); 5] = [
    (6_120_000_000_001, 2, 1, "high", 23_600, "03-12T19:40:00"),
    (6_120_000_000_002, 5, 3, "medium", 11_800, "03-18T08:15:00"),
    (6_120_000_000_003, 10, 9, "high", 26_700, "03-26T20:05:00"),
    (6_120_000_000_004, 11, 7, "low", 8_900, "03-30T11:11:11"),
    (6_120_000_000_005, 21, 8, "medium", 8_900, "02-25T14:00:00"),
];

/// The exact rows of the contract, as of 2026-03-31T12:00:00Z.
pub fn fixture() -> Dataset {
    let mut data = empty();
    if let Some(juniper) = data.shops.first_mut() {
        juniper.plan_used = 6;
        if let Some(alerts) = juniper.settings.get_mut("alerts") {
            *alerts = json!({
                "recipient_email": "ops@juniper-supply.example",
                "waitlist_alert": {"enabled": true, "threshold": 6},
                "scheduled_reports": {"enabled": true, "daily": false, "weekly": true, "monthly": false},
            });
        }
    }
    data.notifications = LOG.iter().filter_map(notification).collect();
    data.signups = SIGNUPS
        .iter()
        .map(|row| signup(row, &data.notifications))
        .collect();
    data.customers = PEOPLE
        .iter()
        .map(|row| customer(row, &data.signups))
        .collect();
    data.attributions = ORDERS.iter().map(attribution).collect();
    add_quay_rows(&mut data);
    data
}

/// Shops, keys and catalogue of the fixture with default settings; nobody waits.
pub fn empty() -> Dataset {
    Dataset {
        now: at("03-31T12:00:00"),
        shops: shops(),
        products: products(),
        ..Dataset::default()
    }
}

/// The settings of a shop that never changed any.
pub fn default_settings() -> Value {
    json!({
        "channels": {"email": {"enabled": true}, "sms": {"enabled": false}, "push": {"enabled": true}},
        "delivery": {
            "batching": {"enabled": false, "batch_size": 100, "interval_minutes": 60},
            "stock_threshold": 1,
            "shopify_location_ids": [],
            "any_variant": {"enabled": false},
        },
        "compliance": {"optin_required": false},
        "tagging": {"order_tag": {"enabled": false, "value": "Back in stock"}},
        "alerts": {
            "recipient_email": null,
            "waitlist_alert": {"enabled": false, "threshold": 50},
            "scheduled_reports": {"enabled": false, "daily": false, "weekly": false, "monthly": false},
        },
    })
}

/// Own id of shop 1 (Juniper Supply) or 2 (North Quay).
pub fn shop_id(number: u32) -> Uuid {
    id("5b0e0000", number)
}

/// An own id: what it names, and the number of its label.
/// An id of the contract's rows: what it is of, and a number in decimal digits.
pub(super) fn id(prefix: &str, number: u32) -> Uuid {
    Uuid::parse_str(&format!("{prefix}-0000-4000-8000-{number:012}")).unwrap_or_default()
}

fn customer_id(number: u32) -> Uuid {
    id("c0570000", number)
}

fn signup_id(number: u32) -> Uuid {
    id("51900000", number)
}

fn notification_id(number: u32) -> Uuid {
    id("07100000", number)
}

/// An instant of 2026.
fn at(text: &str) -> DateTime<Utc> {
    format!("2026-{text}Z").parse().unwrap_or_default()
}

/// Shopify id of the variant V1 to V8.
fn variant(label: u8) -> i64 {
    match label {
        1 => 44_021_000_000_101,
        2 => 44_021_000_000_102,
        3 => 44_021_000_000_201,
        4 => 44_021_000_000_301,
        5 => 44_021_000_000_302,
        6 => 44_021_000_000_303,
        7 => 44_021_000_000_401,
        _ => 44_021_000_000_402,
    }
}

fn shops() -> Vec<Shop> {
    vec![
        Shop {
            id: shop_id(1),
            domain: super::SHOP_DOMAIN.to_owned(),
            name: "Juniper Supply".to_owned(),
            currency: "USD".to_owned(),
            api_key: "stoq_api_key_5a0db0c5000000000000000000000001".to_owned(),
            plan_monthly_limit: Some(500),
            plan_used: 0,
            sms_verification: "none".to_owned(),
            settings: default_settings(),
            locations: vec![
                (super::SHOP_LOCATION, "Portland Warehouse".to_owned()),
                (71_000_000_002, "Seattle Store".to_owned()),
            ],
            markets: vec![
                (91_000_000_001, "United States".to_owned()),
                (91_000_000_002, "Canada".to_owned()),
            ],
        },
        Shop {
            id: shop_id(2),
            domain: "north-quay.myshopify.com".to_owned(),
            name: "North Quay".to_owned(),
            currency: "EUR".to_owned(),
            api_key: "stoq_api_key_5a0db0c5000000000000000000000002".to_owned(),
            plan_monthly_limit: None,
            plan_used: 0,
            sms_verification: "verified".to_owned(),
            settings: default_settings(),
            locations: vec![(72_000_000_001, "Quay Store".to_owned())],
            markets: vec![(92_000_000_001, "Eurozone".to_owned())],
        },
    ]
}

fn products() -> Vec<Product> {
    let item = |label: u32,
                shopify_variant_id: i64,
                title: &str,
                sku: &str,
                price_minor: i64,
                units: i64| Variant {
        id: id("7a310000", label),
        shopify_variant_id,
        title: title.to_owned(),
        sku: Some(sku.to_owned()),
        inventory_item_id: shopify_variant_id + 2_000_000_000_000,
        price_minor,
        inventory_policy: "DENY".to_owned(),
        stock: if shopify_variant_id == 44_022_000_000_101 {
            vec![(72_000_000_001, units)]
        } else {
            vec![(71_000_000_001, units), (71_000_000_002, 0)]
        },
    };
    let product =
        |shop: u32, shopify_product_id: i64, title: &str, vendor: &str, variants: Vec<Variant>| {
            Product {
                shop_id: shop_id(shop),
                shopify_product_id,
                title: title.to_owned(),
                vendor: vendor.to_owned(),
                collections: Vec::new(),
                variants,
            }
        };
    vec![
        product(
            1,
            8_011_000_000_101,
            "Alder Wool Throw",
            "Juniper Mills",
            vec![
                item(1, variant(1), "Moss / Large", "THROW-MOSS-L", 8_900, 0),
                item(2, variant(2), "Clay / Large", "THROW-CLAY-L", 8_900, 0),
            ],
        ),
        product(
            1,
            8_011_000_000_102,
            "Stoneware Pour-Over Set",
            "Kiln & Co",
            vec![item(3, variant(3), "Default Title", "POUR-SET", 6_400, 0)],
        ),
        product(
            1,
            8_011_000_000_103,
            "Canvas Field Jacket",
            "Juniper Mills",
            vec![
                item(4, variant(4), "Small / Olive", "JACKET-OLV-S", 11_800, 4),
                item(5, variant(5), "Medium / Olive", "JACKET-OLV-M", 11_800, 0),
                item(6, variant(6), "Large / Olive", "JACKET-OLV-L", 11_800, 0),
            ],
        ),
        product(
            1,
            8_011_000_000_104,
            "Beeswax Candle Trio",
            "Hive Street",
            vec![
                item(7, variant(7), "Cedar", "CANDLE-CEDAR", 2_800, 0),
                item(8, variant(8), "Fig", "CANDLE-FIG", 2_800, 0),
            ],
        ),
        product(
            2,
            8_022_000_000_101,
            "Harbour Enamel Mug",
            "North Quay",
            vec![item(901, 44_022_000_000_101, "Navy", "MUG-NAVY", 1_900, 0)],
        ),
    ]
}

fn notification(row: &(u32, u32, Option<&str>, &str)) -> Option<Notification> {
    let &(number, of, reason, time) = row;
    let &(_, who, channel, label, _, _) = SIGNUPS.iter().find(|signup| signup.0 == of)?;
    let &(_, _, email, phone, _) = PEOPLE.iter().find(|person| person.0 == who)?;
    Some(Notification {
        id: notification_id(number),
        shop_id: shop_id(1),
        signup_id: signup_id(of),
        customer_id: customer_id(who),
        shopify_variant_id: variant(label),
        channel: channel.to_owned(),
        contact: if channel == "sms" { phone } else { email }.map(str::to_owned),
        status: if reason.is_some() { "blocked" } else { "sent" }.to_owned(),
        blocked_reason: reason.map(str::to_owned),
        sent_at: reason.is_none().then(|| at(time)),
        created_at: at(time),
    })
}

/// A signup with the state its log rows and its opt-out left.
fn signup(row: &(u32, u32, &str, u8, i64, &str), log: &[Notification]) -> Signup {
    let &(number, who, channel, label, quantity, created) = row;
    let person = PEOPLE.iter().find(|person| person.0 == who);
    let own = |wanted: &str, contact: Option<&'static str>| {
        contact.filter(|_| wanted == channel).map(str::to_owned)
    };
    let attempts = || {
        log.iter()
            .filter(|entry| entry.signup_id == signup_id(number))
    };
    let notified_at = attempts().filter_map(|entry| entry.sent_at).max();
    let blocked_at = attempts()
        .filter(|entry| entry.sent_at.is_none())
        .map(|entry| entry.created_at)
        .max();
    let unsubscribed_at = (number == 19).then(|| at("03-28T09:00:00"));
    let created_at = at(created);
    Signup {
        id: signup_id(number),
        shop_id: shop_id(1),
        customer_id: customer_id(who),
        shopify_variant_id: variant(label),
        channel: channel.to_owned(),
        email: own("email", person.and_then(|person| person.2)),
        phone: own("sms", person.and_then(|person| person.3)),
        push: own("push", person.and_then(|person| person.4)),
        quantity,
        shopify_market_id: None,
        source: "storefront".to_owned(),
        optin_confirmed: None,
        notified_at,
        blocked_at,
        unsubscribed_at,
        created_at,
        updated_at: [notified_at, blocked_at, unsubscribed_at]
            .into_iter()
            .flatten()
            .fold(created_at, DateTime::max),
    }
}

/// A customer, created with the first signup.
fn customer(row: &Person, signups: &[Signup]) -> Customer {
    let &(number, name, email, phone, push) = row;
    let first = signups
        .iter()
        .filter(|signup| signup.customer_id == customer_id(number))
        .map(|signup| signup.created_at)
        .min();
    Customer {
        id: customer_id(number),
        shop_id: shop_id(1),
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        push: push.map(str::to_owned),
        name: name.map(str::to_owned),
        country: None,
        country_code: None,
        locale: None,
        accepts_marketing: false,
        shopify_customer_id: None,
        shopify_market_id: None,
        unsubscribed_at: (number == 9).then(|| at("03-13T18:20:00")),
        created_at: first.unwrap_or_default(),
    }
}

fn attribution(row: &(i64, u32, u32, &str, i64, &str)) -> Attribution {
    let &(shopify_order_id, signup, log, confidence, revenue_minor, ordered) = row;
    Attribution {
        shop_id: shop_id(1),
        shopify_order_id,
        signup_id: signup_id(signup),
        notification_id: notification_id(log),
        confidence: confidence.to_owned(),
        revenue_minor,
        ordered_at: at(ordered),
        tagged: false,
    }
}

/// The one shopper of shop B.
fn add_quay_rows(data: &mut Dataset) {
    let email = Some("bo.lindqvist@example.com".to_owned());
    let created_at = at("03-20T08:00:00");
    data.customers.push(Customer {
        id: customer_id(901),
        shop_id: shop_id(2),
        email: email.clone(),
        phone: None,
        push: None,
        name: Some("Bo Lindqvist".to_owned()),
        country: None,
        country_code: None,
        locale: None,
        accepts_marketing: false,
        shopify_customer_id: None,
        shopify_market_id: None,
        unsubscribed_at: None,
        created_at,
    });
    data.signups.push(Signup {
        id: signup_id(901),
        shop_id: shop_id(2),
        customer_id: customer_id(901),
        shopify_variant_id: 44_022_000_000_101,
        channel: "email".to_owned(),
        email,
        phone: None,
        push: None,
        quantity: 1,
        shopify_market_id: None,
        source: "storefront".to_owned(),
        optin_confirmed: None,
        notified_at: None,
        blocked_at: None,
        unsubscribed_at: None,
        created_at,
        updated_at: created_at,
    });
}
