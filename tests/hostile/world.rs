//! Two small shops behind the API: what can be read of them, what writes do to them, and what reached
//! them.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use serde_json::{Value, json};

/// Keys of the shops.
pub const KEYS: [&str; 2] = ["juniper-key", "cedar-key"];
/// The variants that shoppers wait for.
pub const VARIANTS: [u64; 2] = [701, 702];
/// The signups there are at first.
pub const SIGNUPS: usize = 4;
/// The orders there are.
pub const ORDERS: usize = 3;
/// The one offer.
pub const OFFER: &str = "0ffe0000-0000-4000-8000-000000000001";

pub fn signup_id(number: usize) -> String {
    format!("51900000-0000-4000-8000-{:012}", number + 1)
}

pub fn order_id(number: usize) -> u64 {
    6_130_000_000_001 + number as u64
}

/// Money as the API prints it.
pub fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[derive(Debug, Clone, PartialEq)]
pub struct Signup {
    pub status: &'static str,
    pub variant: u64,
    pub version: u32,
    /// What no consent hangs on.
    pub noise: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub state: &'static str,
    pub outstanding: i64,
    pub collected: i64,
    pub refunded: i64,
    pub noise: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    pub signups: BTreeMap<usize, Signup>,
    pub orders: Vec<Order>,
    pub collects: bool,
    pub offer_name: String,
    pub offer_version: u32,
}

impl Shop {
    pub fn new() -> Self {
        let signup = |number: usize| Signup {
            status: "pending",
            variant: VARIANTS[usize::from(number == 3)],
            version: 1,
            noise: 0,
        };
        let order = |number: i64| Order {
            state: "active",
            outstanding: 4_000 + number * 1_000,
            collected: 2_000 + number * 500,
            refunded: 0,
            noise: 0,
        };
        Self {
            signups: (0..SIGNUPS)
                .map(|number| (number, signup(number)))
                .collect(),
            orders: (0..ORDERS as i64).map(order).collect(),
            collects: false,
            offer_name: "Wave".to_owned(),
            offer_version: 1,
        }
    }

    fn signup(&self, number: usize) -> Value {
        let signup = &self.signups[&number];
        json!({
            "id": signup_id(number), "status": signup.status, "channel": "email",
            "contact": format!("shopper{number}@example.com"), "notifications_sent": 0,
            "optin": {"required": false, "confirmed": false},
            "customer": {"id": format!("c{number}"), "note": signup.noise},
            "variant": {"shopify_variant_id": signup.variant, "title": "Small"},
            "updated_at": format!("2026-01-01T00:{:02}:{:02}Z", signup.version / 60 % 60, signup.version % 60),
        })
    }

    fn order(&self, number: usize) -> Value {
        let order = &self.orders[number];
        json!({
            "id": order_id(number), "name": format!("#{number}"), "state": order.state,
            "currency": "USD", "total_price": money(order.outstanding + order.collected),
            "financial_status": "partially_paid", "note": order.noise,
            "customer": {"email": format!("buyer{number}@example.com")},
            "line_items": [{"offer_id": OFFER}],
            "payments": {"total_outstanding": money(order.outstanding),
                "collected": money(order.collected), "refunded": money(order.refunded)},
        })
    }

    fn offer(&self) -> Value {
        json!({
            "id": OFFER, "name": self.offer_name, "state": "enabled", "variants_count": 1,
            "payment": {"remaining_balance": {"auto_collect": self.collects}},
            "updated_at": format!("2026-01-01T01:{:02}:{:02}Z", self.offer_version / 60 % 60, self.offer_version % 60),
        })
    }

    /// What a read gives; `None` = there is no such thing.
    fn read(&self, path: &[&str], query: &str) -> Option<Value> {
        let list = |name: &str, rows: Vec<Value>| {
            let total = rows.len();
            Some(
                json!({name: rows, "meta": {"total_count": total, "page": 1, "per_page": 100, "total_pages": 1}}),
            )
        };
        match path {
            ["back_in_stock", "settings", "channels"] => Some(json!({
                "email": {"enabled": true}, "sms": {"enabled": true}, "push": {"enabled": true}})),
            ["back_in_stock", "reports", "products_in_demand"] => {
                let title = |id: &u64| json!({"shopify_variant_id": id, "product_title": "Mug", "variant_title": format!("V{id}")});
                list("products", VARIANTS.iter().map(title).collect())
            }
            ["back_in_stock", "signups", id] => {
                let number = self
                    .signups
                    .keys()
                    .find(|number| signup_id(**number) == *id)?;
                Some(self.signup(*number))
            }
            ["back_in_stock", "signups"] => {
                let wanted: Option<u64> = query.split('&').find_map(|pair| {
                    pair.strip_prefix("variant_id=")
                        .and_then(|id| id.parse().ok())
                });
                let rows = self.signups.iter();
                let rows = rows.filter(|(_, signup)| wanted.is_none_or(|id| id == signup.variant));
                list(
                    "signups",
                    rows.map(|(number, _)| self.signup(*number)).collect(),
                )
            }
            ["preorders", "orders"] => list("orders", (0..ORDERS).map(|n| self.order(n)).collect()),
            ["preorders", "orders", id] => {
                let number = (0..ORDERS).find(|number| order_id(*number).to_string() == *id)?;
                Some(self.order(number))
            }
            ["preorders", "offers", OFFER] => Some(self.offer()),
            _ => None,
        }
    }
}

/// A request that is no read.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub shop: usize,
    pub method: String,
    pub path: String,
    pub body: Value,
}

/// What befalls one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A status other than success.
    Status(u16, Done),
    /// The connection closes without an answer.
    Dropped(Done),
    /// The answer ends before it is whole.
    Cut,
    /// Success, with something that is no JSON.
    Garbage,
    /// No answer, ever; whoever waits for one gives up.
    Silent(Done),
    /// No answer, and the process that asked dies.
    Deadly(Done),
}

/// Whether the API did it all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Yes,
    No,
}

/// All that is behind the API.
#[derive(Debug)]
pub struct World {
    pub shops: [Shop; 2],
    pub writes: Vec<Written>,
    /// Writes that were done.
    pub effects: Vec<Written>,
    /// What befalls the next writes.
    pub troubles: VecDeque<Trouble>,
    /// Whether what was done shows in no read: then only the server's own memory keeps it from being
    /// done again.
    pub lags: bool,
}

impl World {
    pub fn new() -> Self {
        Self {
            shops: [Shop::new(), Shop::new()],
            writes: Vec::new(),
            effects: Vec::new(),
            troubles: VecDeque::new(),
            lags: false,
        }
    }

    pub fn read(&self, shop: usize, path: &str) -> Option<Value> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        self.shops[shop].read(&parts, query)
    }

    /// Takes a write: its trouble, and whether there is anything to write to.
    pub fn write(&mut self, written: Written) -> (Option<Trouble>, bool) {
        self.writes.push(written.clone());
        let trouble = self.troubles.pop_front();
        let is_done = match trouble {
            None | Some(Trouble::Cut | Trouble::Garbage) => true,
            Some(
                Trouble::Status(_, done)
                | Trouble::Dropped(done)
                | Trouble::Silent(done)
                | Trouble::Deadly(done),
            ) => done == Done::Yes,
        };
        let found = !is_done || self.act(&written);
        (trouble, found)
    }

    /// Does a write, and says whether what it is about was there.
    fn act(&mut self, written: &Written) -> bool {
        let shop = &mut self.shops[written.shop];
        let mut next = shop.clone();
        let found = effect(&mut next, written);
        // What is deleted or renamed again is not done twice; all else is.
        let is_plain = matches!(written.method.as_str(), "DELETE" | "PATCH");
        let is_new = !is_plain || next != *shop;
        if found && is_new {
            self.effects.push(written.clone());
        }
        if !self.lags || is_plain {
            *shop = next;
        }
        found
    }
}

/// What a write does to a shop; `false` = there is no such thing.
fn effect(shop: &mut Shop, written: &Written) -> bool {
    let parts: Vec<&str> = written.path.split('/').skip(1).collect();
    let body = &written.body;
    let signup = |id: &str| (0..SIGNUPS).find(|number| signup_id(*number) == id);
    let order = |id: &str| (0..ORDERS).find(|number| order_id(*number).to_string() == id);
    match (written.method.as_str(), parts.as_slice()) {
        ("POST", ["back_in_stock", "signups"]) => true,
        ("POST", ["back_in_stock", "signups", "bulk_notify"]) => {
            for id in body["signup_ids"].as_array().unwrap() {
                notify(shop, signup(id.as_str().unwrap()));
            }
            true
        }
        ("POST", ["back_in_stock", "signups", "bulk_delete"]) => {
            for id in body["signup_ids"].as_array().unwrap() {
                shop.signups.remove(&signup(id.as_str().unwrap()).unwrap());
            }
            true
        }
        ("POST", ["back_in_stock", "signups", "transfer"]) => {
            let of = |name: &str| body[name].as_u64().unwrap();
            let (from, to) = (of("from_shopify_variant_id"), of("to_shopify_variant_id"));
            for signup in shop.signups.values_mut() {
                if signup.variant == from && signup.status == "pending" {
                    signup.variant = to;
                    signup.version += 1;
                }
            }
            true
        }
        ("POST", ["back_in_stock", "signups", id, "notify"]) => notify(shop, signup(id)),
        ("DELETE", ["back_in_stock", "signups", id]) => {
            signup(id).is_some_and(|number| shop.signups.remove(&number).is_some())
        }
        ("PATCH", ["preorders", "offers", OFFER]) => {
            if let Some(name) = body["name"].as_str() {
                shop.offer_name = name.to_owned();
            }
            if let Some(on) = body.pointer("/payment/remaining_balance/auto_collect") {
                shop.collects = on.as_bool().unwrap();
            }
            shop.offer_version += 1;
            true
        }
        ("POST", ["preorders", "orders", id, rest @ ..]) => {
            order(id).is_some_and(|number| of_order(&mut shop.orders[number], rest, body))
        }
        other => panic!("nothing writes so: {other:?}"),
    }
}

fn notify(shop: &mut Shop, number: Option<usize>) -> bool {
    let signup = number.and_then(|number| shop.signups.get_mut(&number));
    signup.is_some_and(|signup| {
        signup.status = "notified";
        signup.version += 1;
        true
    })
}

fn of_order(order: &mut Order, what: &[&str], body: &Value) -> bool {
    match what {
        ["release"] => order.state = "released",
        ["cancel"] => {
            order.state = "cancelled";
            if body["refund"] != json!(false) {
                order.refunded = order.collected;
            }
        }
        ["payments", "charge_balance"] => {
            order.collected += order.outstanding;
            order.outstanding = 0;
        }
        ["payments", "refund"] => {
            let all = order.collected - order.refunded;
            let asked = body["amount"]
                .as_f64()
                .map(|amount| (amount * 100.0).round() as i64);
            order.refunded += asked.unwrap_or(all);
        }
        other => panic!("nothing is done so to orders: {other:?}"),
    }
    true
}
