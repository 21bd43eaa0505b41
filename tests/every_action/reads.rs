//! Every read on a lifelike shop and on hostile texts, with ids that are looked up there.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::bench::{Bench, entry, holds, text};
use crate::offers::{OFFER, OFFERS, VARIANT};
use crate::orders::{ORDER, ORDERS};
use crate::waitlist::{NOTIFICATION, SIGNUP, SIGNUPS};

const NOTIFICATIONS: &str = "back_in_stock_notifications_list";
const VARIANTS: &str = "preorders_product_variants_list";
const ATTACHED: &str = "preorders_offers_products_variants_list";

#[test]
fn every_read_holds_on_a_lifelike_shop() {
    let mut bench = Bench::new("shop");
    every_read(&mut bench);
    rows_read_alone(&mut bench, 20);
    every_offer(&mut bench);
}

#[test]
fn every_read_holds_on_hostile_texts() {
    let mut bench = Bench::new("hostile");
    every_read(&mut bench);
    rows_read_alone(&mut bench, 200);
    every_offer(&mut bench);
}

/// Ids of records that are there.
struct Known {
    signup: Value,
    notification: Value,
    offer: Value,
    attached: Value,
    order: Value,
    customer: Value,
    product: Value,
    variant: Value,
}

impl Known {
    fn of(bench: &mut Bench) -> Self {
        let mut first = |list: &str, filters: Value| {
            let rows = bench.rows(list, filters);
            rows.first().unwrap_or_else(|| panic!("{list}")).clone()
        };
        let variant = first(VARIANTS, json!({}));
        let order = first(ORDERS, json!({"state": "fulfilled"}));
        let offer = first(OFFERS, json!({"status": "enabled"}))["id"].clone();
        Self {
            signup: first(SIGNUPS, json!({}))["id"].clone(),
            notification: first(NOTIFICATIONS, json!({}))["id"].clone(),
            attached: first(ATTACHED, json!({"id": offer}))["shopify_variant_id"].clone(),
            offer,
            customer: order["customer"]["id"].clone(),
            order: order["id"].clone(),
            product: variant["shopify_product_id"].clone(),
            variant: variant["shopify_variant_id"].clone(),
        }
    }

    /// The arguments of an example with ids that are known.
    fn put(&self, path: &str, arguments: &mut Map<String, Value>) {
        let id = match path {
            _ if path.starts_with("/back_in_stock/signups") => &self.signup,
            _ if path.starts_with("/back_in_stock/notifications") => &self.notification,
            _ if path.starts_with("/preorders/orders") => &self.order,
            _ => &self.offer,
        };
        let variant = match path.contains("/products/variants/") {
            true => &self.attached,
            false => &self.variant,
        };
        for (name, known) in [
            ("id", id),
            ("variant_id", variant),
            ("offer_id", &self.offer),
            ("customer_id", &self.customer),
            ("product_id", &self.product),
        ] {
            if let Some(value) = arguments.get_mut(name) {
                *value = known.clone();
            }
        }
        if let Some(value) = arguments.get_mut("offer_ids") {
            *value = json!([self.offer]);
        }
        if let Some(value) = arguments.get_mut("variant_ids") {
            *value = json!([self.variant, self.attached]);
        }
    }
}

/// Every read of v2 with its examples, and as short as it goes.
fn every_read(bench: &mut Bench) {
    let known = Known::of(bench);
    let mut asked = bench.examples(&["back_in_stock_", "preorders_"]);
    let names: BTreeSet<String> = asked.iter().map(|(name, _)| name.clone()).collect();
    for name in names {
        let required = bench.tools.get(&name)["inputSchema"]["required"].clone();
        let required = required.as_array().cloned().unwrap_or_default();
        let mut least: Map<String, Value> = required
            .iter()
            .map(|key| (text(key).to_owned(), Value::Null))
            .collect();
        if name.starts_with("preorders_reports_by_variant") {
            least.insert("offer_id".into(), Value::Null);
        }
        asked.push((name, least));
    }
    for (name, mut arguments) in asked {
        if !bench.is_read(&name) {
            continue;
        }
        let action = entry(&bench.registry, &name);
        known.put(text(&action["path"]), &mut arguments);
        if action["handler"] != json!("request") {
            // Done at the first look.
            arguments.insert("wait_seconds".into(), json!(0));
        }
        if arguments.contains_key("job_id") {
            arguments.insert("job_id".into(), bench.some_job(&name));
        }
        let done = bench.call(&name, Value::Object(arguments));
        assert_eq!(done["status"], json!("ok"), "{name}");
    }
}

/// What can be read alone is then as it stands in its list.
fn rows_read_alone(bench: &mut Bench, most: usize) {
    for (list, read, key, argument) in [
        (SIGNUPS, SIGNUP, "id", "id"),
        (NOTIFICATIONS, NOTIFICATION, "id", "id"),
        (OFFERS, OFFER, "id", "id"),
        (ORDERS, ORDER, "id", "id"),
        (VARIANTS, VARIANT, "shopify_variant_id", "variant_id"),
    ] {
        let rows = bench.rows(list, json!({"limit": 200}));
        assert!(!rows.is_empty());
        for row in rows.iter().take(most) {
            let alone = bench.data(read, json!({argument: row[key]}));
            holds(row, &alone, list);
        }
    }
}

/// Every offer with each of its capabilities: the whole record holds them as they stand alone.
fn every_offer(bench: &mut Bench) {
    let capabilities = [
        "widget",
        "products",
        "pricing",
        "payment",
        "delivery",
        "fulfillment",
        "inventory",
        "limits",
        "markets",
        "translations",
        "tagging",
        "checkout",
    ];
    for offer in bench.rows(OFFERS, json!({"limit": 200})) {
        let id = &offer["id"];
        let whole = bench.data(OFFER, json!({"id": id}));
        for capability in capabilities {
            let name = format!("preorders_offers_{capability}_read");
            let alone = bench.data(&name, json!({"id": id}));
            assert_eq!(alone, whole[capability], "{name}");
        }
        let attached = bench.walk(ATTACHED, &json!({"id": id}), 200);
        assert_eq!(json!(attached.len()), whole["variants_count"]);
        for row in attached.iter().take(5) {
            let target = json!({"id": id, "variant_id": row["shopify_variant_id"]});
            let alone = bench.data("preorders_offers_products_variants_read", target);
            assert_eq!(alone, *row);
        }
    }
}
