//! The shop as reads of the sandbox show it, and what a task has made of it.

use serde_json::{Map, Value, json};

use crate::support::{SHOP, SandboxProcess};

/// Effects that reach beyond the shop's records: shoppers, the merchant's mailbox, money.
const OUTWARD: [&str; 8] = [
    "send",
    "send_blocked",
    "optin_message",
    "merchant_alert",
    "mail",
    "charge_succeeded",
    "charge_failed",
    "refund",
];

/// The shop before a task.
pub struct World<'a> {
    sandbox: &'a SandboxProcess,
    before: Value,
    /// The same as text, to tell new ids from old.
    known: String,
}

impl<'a> World<'a> {
    pub fn new(sandbox: &'a SandboxProcess) -> Self {
        reset(sandbox);
        let before = look(sandbox);
        let known = before.to_string();
        Self {
            sandbox,
            before,
            known,
        }
    }

    /// Makes the shop new.
    pub fn reset(&self) {
        reset(self.sandbox);
    }

    /// What became of the shop: each change as a path and its new value (null: gone), and what left
    /// it. Nothing when nothing was done.
    pub fn after(&self) -> Option<Value> {
        let effects: Vec<Value> = self
            .sandbox
            .all_effects()
            .into_iter()
            .filter(|effect| !kind(effect).starts_with("job_"))
            .collect();
        if effects.is_empty() {
            return None;
        }
        let outward = effects
            .iter()
            .filter(|effect| OUTWARD.contains(&kind(effect)))
            .cloned();
        let mut fresh = Vec::new();
        let Value::Array(mut sent) = self.renamed(&outward.collect(), &mut fresh) else {
            panic!("a list stays a list");
        };
        // By their text with sorted keys, as the tasks hold them.
        sent.sort_by_key(|effect| sorted(effect).to_string());
        let now = self.renamed(&look(self.sandbox), &mut fresh);
        let mut changed = Map::new();
        differences(&self.before, &now, "", &mut changed);
        Some(json!({"changed": changed, "sent": sent}))
    }

    /// Ids that were not there before get names by the order they are met in.
    fn renamed(&self, value: &Value, fresh: &mut Vec<String>) -> Value {
        match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, inner)| (self.id(key, fresh), self.renamed(inner, fresh)))
                .collect(),
            Value::Array(list) => list
                .iter()
                .map(|inner| self.renamed(inner, fresh))
                .collect(),
            Value::String(text) => Value::String(self.id(text, fresh)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn id(&self, text: &str, fresh: &mut Vec<String>) -> String {
        if !is_uuid(text) || self.known.contains(text) {
            return text.to_owned();
        }
        let met = fresh.iter().position(|id| id == text);
        let index = met.unwrap_or_else(|| {
            fresh.push(text.to_owned());
            fresh.len() - 1
        });
        format!("new {}", index + 1)
    }
}

/// Whether a text has the form of a UUID.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn kind(effect: &Value) -> &str {
    effect["kind"].as_str().unwrap()
}

fn sorted(effect: &Value) -> Value {
    let mut members: Vec<(&String, &Value)> = effect.as_object().unwrap().iter().collect();
    members.sort_by_key(|(name, _)| *name);
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The clock stands still, so that times are the same on every run.
fn reset(sandbox: &SandboxProcess) {
    sandbox.reset("fixture");
    sandbox.control("POST", "/clock", json!({"frozen": true}));
}

/// All that reads show of the shop.
fn look(sandbox: &SandboxProcess) -> Value {
    let read = |path: &str| {
        let (status, answer) = sandbox.api("GET", path, Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let rows = |path: &str, key: &str| {
        let answer = read(&format!("{path}?per_page=200"));
        answer[key].as_array().unwrap().clone()
    };
    let offers = rows("/preorders/offers", "offers").into_iter().map(|row| {
        let path = format!("/preorders/offers/{}", row["id"].as_str().unwrap());
        let mut offer = read(&path);
        let attached = rows(&format!("{path}/products/variants"), "variants");
        offer["attached"] = by("shopify_variant_id", attached);
        offer
    });
    let variants = rows("/preorders/product_variants", "product_variants")
        .into_iter()
        .map(|row| {
            read(&format!(
                "/preorders/product_variants/{}",
                row["shopify_variant_id"]
            ))
        });
    let shop = sandbox.control("GET", &format!("/shops/{SHOP}"), Value::Null);
    json!({
        "signups": by("id", rows("/back_in_stock/signups", "signups")),
        "notifications": by("id", rows("/back_in_stock/notifications", "notifications")),
        "settings": read("/back_in_stock/settings"),
        "offers": by("id", offers.collect()),
        "variants": by("shopify_variant_id", variants.collect()),
        "orders": by("id", rows("/preorders/orders", "orders")),
        "shop": {"plan_used": shop["plan_used"], "sms_verification": shop["sms_verification"]},
    })
}

/// Rows by their id.
fn by(key: &str, rows: Vec<Value>) -> Value {
    let id = |row: &Value| match &row[key] {
        Value::String(id) => id.clone(),
        id => id.to_string(),
    };
    rows.into_iter().map(|row| (id(&row), row)).collect()
}

fn differences(before: &Value, after: &Value, path: &str, found: &mut Map<String, Value>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let (old, new) = (old.get(key), new.get(key));
                let path = format!("{path}/{key}");
                differences(
                    old.unwrap_or(&Value::Null),
                    new.unwrap_or(&Value::Null),
                    &path,
                    found,
                );
            }
        }
        (old, new) if old != new => {
            found.insert(path.to_owned(), new.clone());
        }
        (_, _) => {}
    }
}
