//! What must hold in every dataset, for the tests of the generators.

pub(super) mod preorders;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Timelike};
use rusqlite::Connection;

use super::load;
use super::model::{Customer, Dataset, Notification, Signup};

/// The status the API shows.
pub(super) fn status(signup: &Signup, customer: &Customer) -> &'static str {
    if signup.unsubscribed_at.is_some() || customer.unsubscribed_at.is_some() {
        "unsubscribed"
    } else if signup.notified_at.is_some() {
        "notified"
    } else if signup.blocked_at.is_some() {
        "blocked"
    } else {
        "pending"
    }
}

/// Customers by id.
pub(super) fn by_id(data: &Dataset) -> BTreeMap<uuid::Uuid, &Customer> {
    data.customers.iter().map(|row| (row.id, row)).collect()
}

/// References resolve, nothing is there twice, and each row agrees with the log.
pub(super) fn holds_together(data: &Dataset) {
    let customers = by_id(data);
    let signups: BTreeMap<_, &Signup> = data.signups.iter().map(|row| (row.id, row)).collect();
    let log: BTreeMap<_, &Notification> =
        data.notifications.iter().map(|row| (row.id, row)).collect();
    assert_eq!(customers.len(), data.customers.len());
    assert_eq!(signups.len(), data.signups.len());
    assert_eq!(log.len(), data.notifications.len());
    let prices = prices(data);

    let mut contacts = BTreeSet::new();
    for row in &data.customers {
        assert!(row.email.is_some() || row.phone.is_some() || row.push.is_some());
        for contact in [&row.email, &row.phone, &row.push].into_iter().flatten() {
            assert!(contacts.insert((row.shop_id, contact)), "twice: {contact}");
        }
        assert!(row.created_at <= data.now, "{row:?}");
        assert!(
            row.unsubscribed_at
                .is_none_or(|at| row.created_at < at && at <= data.now)
        );
    }

    let mut attempts: BTreeMap<uuid::Uuid, Vec<&Notification>> = BTreeMap::new();
    for row in &data.notifications {
        attempts.entry(row.signup_id).or_default().push(row);
    }
    let mut waits = BTreeSet::new();
    for row in &data.signups {
        let customer = customers[&row.customer_id];
        assert_eq!(customer.shop_id, row.shop_id);
        assert!(prices.contains_key(&(row.shop_id, row.shopify_variant_id)));
        let own = match row.channel.as_str() {
            "email" => (&row.email, &customer.email, [&row.phone, &row.push]),
            "sms" => (&row.phone, &customer.phone, [&row.email, &row.push]),
            "push" => (&row.push, &customer.push, [&row.email, &row.phone]),
            other => panic!("channel {other}"),
        };
        assert!(
            own.0.is_some() && own.0 == own.1 && own.2 == [&None, &None],
            "{row:?}"
        );
        assert!(customer.created_at <= row.created_at);
        if row.notified_at.is_none() && row.unsubscribed_at.is_none() {
            let key = (
                row.customer_id,
                row.shopify_variant_id,
                &row.channel,
                row.shopify_market_id,
            );
            assert!(waits.insert(key), "waits twice: {row:?}");
        }
        let own = attempts.get(&row.id).map_or(&[][..], Vec::as_slice);
        agrees_with_log(data, row, customer, own);
    }

    for row in &data.notifications {
        let signup = signups[&row.signup_id];
        let customer = customers[&row.customer_id];
        // A push token is a secret: the log shows how else the shopper is known.
        let known = customer.email.as_ref().or(customer.phone.as_ref());
        let contact = signup.email.as_ref().or(signup.phone.as_ref()).or(known);
        assert_eq!(row.contact.as_ref(), contact);
        assert_eq!(
            (
                row.shop_id,
                row.customer_id,
                row.shopify_variant_id,
                &row.channel
            ),
            (
                signup.shop_id,
                signup.customer_id,
                signup.shopify_variant_id,
                &signup.channel
            )
        );
        assert_eq!(row.status == "sent", row.sent_at == Some(row.created_at));
        assert_eq!(
            row.status == "blocked",
            row.blocked_reason.is_some() && row.sent_at.is_none()
        );
    }
    orders_follow_the_rules(data, &signups, &log, &prices);
    plan_matches(data);
    preorders::hold_together(data);
}

/// Own times of a signup are those of its log rows and of its opt-out.
fn agrees_with_log(data: &Dataset, row: &Signup, customer: &Customer, attempts: &[&Notification]) {
    let sent = attempts.iter().filter_map(|entry| entry.sent_at).max();
    let blocked = attempts
        .iter()
        .filter(|entry| entry.sent_at.is_none())
        .map(|entry| entry.created_at)
        .max();
    assert_eq!(row.notified_at, sent, "{row:?}");
    // A sent alert clears the stop before it.
    assert_eq!(
        row.blocked_at,
        blocked.filter(|at| sent.is_none_or(|sent| *at > sent))
    );
    let opted_out = [row.unsubscribed_at, customer.unsubscribed_at];
    for entry in attempts {
        assert!(row.created_at < entry.created_at && entry.created_at <= data.now);
        assert!(
            opted_out.iter().flatten().all(|at| entry.created_at < *at),
            "{row:?}"
        );
    }
    let latest = [Some(row.created_at), sent, blocked, row.unsubscribed_at]
        .into_iter()
        .flatten()
        .max()
        .unwrap();
    if row.optin_confirmed == Some(true) && latest == row.created_at {
        assert!(
            row.updated_at >= latest && row.updated_at <= data.now,
            "{row:?}"
        );
    } else {
        assert_eq!(row.updated_at, latest, "{row:?}");
    }
}

/// Prices by shop and variant; ids and SKUs of a shop are unique.
fn prices(data: &Dataset) -> BTreeMap<(uuid::Uuid, i64), i64> {
    let mut prices = BTreeMap::new();
    let (mut skus, mut ids, mut products) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for product in &data.products {
        let shop = data
            .shops
            .iter()
            .find(|shop| shop.id == product.shop_id)
            .unwrap();
        assert!(products.insert((shop.id, product.shopify_product_id)));
        for variant in &product.variants {
            let key = (shop.id, variant.shopify_variant_id);
            assert_eq!(prices.insert(key, variant.price_minor), None);
            assert!(skus.insert((shop.id, &variant.sku)), "{:?}", variant.sku);
            assert!(ids.insert(variant.id));
            for (location, _) in &variant.stock {
                assert!(shop.locations.iter().any(|(id, _)| id == location));
            }
        }
    }
    prices
}

fn orders_follow_the_rules(
    data: &Dataset,
    signups: &BTreeMap<uuid::Uuid, &Signup>,
    log: &BTreeMap<uuid::Uuid, &Notification>,
    prices: &BTreeMap<(uuid::Uuid, i64), i64>,
) {
    let mut seen = BTreeSet::new();
    for row in &data.attributions {
        assert!(seen.insert((row.shop_id, row.shopify_order_id, row.signup_id)));
        let (signup, alert) = (signups[&row.signup_id], log[&row.notification_id]);
        assert_eq!(alert.signup_id, signup.id);
        let sent_at = alert.sent_at.unwrap();
        assert!(
            sent_at < row.ordered_at && row.ordered_at <= data.now,
            "{row:?}"
        );
        let credited = data
            .notifications
            .iter()
            .filter(|entry| entry.signup_id == signup.id)
            .filter_map(|entry| entry.sent_at)
            .filter(|at| *at < row.ordered_at)
            .max();
        assert_eq!(credited, Some(sent_at));
        let age = row.ordered_at - sent_at;
        match row.confidence.as_str() {
            "high" => {}
            "medium" => assert!(age.num_seconds() <= 7 * 86_400, "{row:?}"),
            "low" => {
                let seconds = age.num_seconds();
                assert!(seconds > 7 * 86_400 && seconds <= 30 * 86_400, "{row:?}");
            }
            other => panic!("confidence {other}"),
        }
        let price = prices[&(row.shop_id, signup.shopify_variant_id)];
        assert_eq!(row.revenue_minor, signup.quantity * price);
    }
}

/// The plan counter is the email and SMS alerts of now's month.
fn plan_matches(data: &Dataset) {
    let month = data.now.with_day(1).unwrap().with_hour(0).unwrap();
    let month = month.with_minute(0).unwrap().with_second(0).unwrap();
    for shop in &data.shops {
        let used = data
            .notifications
            .iter()
            .filter(|row| row.shop_id == shop.id && row.channel != "push")
            .filter(|row| row.sent_at.is_some_and(|at| at >= month))
            .count();
        assert_eq!(usize::try_from(shop.plan_used), Ok(used), "{}", shop.domain);
        assert!(
            shop.plan_monthly_limit
                .is_none_or(|limit| shop.plan_used <= limit)
        );
    }
}

/// The tables take every row.
pub(super) fn loads(data: &Dataset) {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(include_str!("../schema.sql")).unwrap();
    load::load(&db, data).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        usize::try_from(rows).unwrap()
    };
    let variants = data
        .products
        .iter()
        .map(|product| product.variants.len())
        .sum::<usize>();
    let tables = [
        "shops",
        "products",
        "variants",
        "customers",
        "signups",
        "notifications",
        "attributions",
        "offers",
        "offer_variants",
        "preorder_orders",
        "preorder_lines",
    ];
    assert_eq!(
        tables.map(count),
        [
            data.shops.len(),
            data.products.len(),
            variants,
            data.customers.len(),
            data.signups.len(),
            data.notifications.len(),
            data.attributions.len(),
            data.offers.len(),
            data.offers.iter().map(|row| row.variants.len()).sum(),
            data.preorders.len(),
            data.preorders.iter().map(|row| row.lines.len()).sum()
        ]
    );
    let mut stored: BTreeMap<(uuid::Uuid, i64), i64> = BTreeMap::new();
    let mut rows = db
        .prepare("SELECT shop_id, shopify_variant_id, preorder_count FROM variants WHERE preorder_count > 0")
        .unwrap();
    let mut rows = rows.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let shop_id: String = row.get(0).unwrap();
        let key = (shop_id.parse().unwrap(), row.get(1).unwrap());
        stored.insert(key, row.get(2).unwrap());
    }
    assert_eq!(stored, preorders::counts(data));
}
