//! What can be asked for, and what each of it must come to: written from the contract, apart from the
//! code that is tested.

use serde_json::{Map, Value, json};
use stoq_mcp::registry::entry::Class;

use super::world::{OFFER, ORDERS, SIGNUPS, Shop, Signup, VARIANTS, money, order_id, signup_id};

#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    Notify { signup: usize, resend: bool },
    BulkNotify { signups: Vec<usize>, resend: bool },
    Delete { signup: usize },
    BulkDelete { signups: Vec<usize> },
    Transfer { back: bool },
    Refund { order: usize, cents: Option<i64> },
    Charge { order: usize },
    Cancel { order: usize, keep: bool },
    Release { order: usize, force: bool },
    Collect,
    Rename { to: u8 },
}

/// What a deed would do to a shop as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreseen {
    pub count: u64,
    pub cents: i64,
    /// Nothing at all would happen.
    pub idle: bool,
    /// All that consent hangs on.
    pub facts: String,
}

impl Deed {
    pub fn action(&self) -> &'static str {
        match self {
            Self::Notify { .. } => "back_in_stock_signups_notify",
            Self::BulkNotify { .. } => "back_in_stock_signups_bulk_notify",
            Self::Delete { .. } => "back_in_stock_signups_delete",
            Self::BulkDelete { .. } => "back_in_stock_signups_bulk_delete",
            Self::Transfer { .. } => "back_in_stock_signups_transfer",
            Self::Refund { .. } => "preorders_orders_payments_refund",
            Self::Charge { .. } => "preorders_orders_payments_charge_balance",
            Self::Cancel { .. } => "preorders_orders_cancel",
            Self::Release { .. } => "preorders_orders_release",
            Self::Collect | Self::Rename { .. } => "preorders_offers_update",
        }
    }

    pub fn class(&self) -> Class {
        match self {
            Self::Notify { .. } | Self::BulkNotify { .. } => Class::Send,
            Self::Delete { .. }
            | Self::BulkDelete { .. }
            | Self::Transfer { .. }
            | Self::Release { .. } => Class::Destroy,
            Self::Refund { .. } | Self::Charge { .. } | Self::Cancel { .. } | Self::Collect => {
                Class::Money
            }
            Self::Rename { .. } => Class::Write,
        }
    }

    pub fn arguments(&self) -> Map<String, Value> {
        let ids = |signups: &[usize]| -> Vec<String> {
            signups.iter().map(|number| signup_id(*number)).collect()
        };
        let arguments = match self {
            Self::Notify { signup, resend } => {
                json!({"id": signup_id(*signup), "allow_resend": resend})
            }
            Self::BulkNotify { signups, resend } => {
                json!({"signup_ids": ids(signups), "allow_resend": resend})
            }
            Self::Delete { signup } => json!({"id": signup_id(*signup)}),
            Self::BulkDelete { signups } => json!({"signup_ids": ids(signups)}),
            Self::Transfer { back } => {
                let (from, to) = (usize::from(*back), usize::from(!*back));
                json!({"from_shopify_variant_id": VARIANTS[from], "from_shopify_product_id": 801,
                    "to_shopify_variant_id": VARIANTS[to], "to_shopify_product_id": 801})
            }
            Self::Refund { order, cents } => match cents {
                Some(cents) => json!({"id": order_id(*order), "amount": *cents as f64 / 100.0}),
                None => json!({"id": order_id(*order)}),
            },
            Self::Charge { order } => json!({"id": order_id(*order)}),
            Self::Cancel { order, keep } => json!({"id": order_id(*order), "refund": !keep}),
            Self::Release { order, force } => json!({"id": order_id(*order), "force": force}),
            Self::Collect => {
                json!({"id": OFFER, "payment": {"remaining_balance": {"auto_collect": true}}})
            }
            Self::Rename { to } => json!({"id": OFFER, "name": format!("Wave {to}")}),
        };
        arguments.as_object().cloned().unwrap()
    }

    /// The request that it is: method and path.
    pub fn request(&self) -> (&'static str, String) {
        let signups = "/back_in_stock/signups";
        let of =
            |order: &usize, what: &str| format!("/preorders/orders/{}/{what}", order_id(*order));
        match self {
            Self::Notify { signup, .. } => {
                ("POST", format!("{signups}/{}/notify", signup_id(*signup)))
            }
            Self::BulkNotify { .. } => ("POST", format!("{signups}/bulk_notify")),
            Self::Delete { signup } => ("DELETE", format!("{signups}/{}", signup_id(*signup))),
            Self::BulkDelete { .. } => ("POST", format!("{signups}/bulk_delete")),
            Self::Transfer { .. } => ("POST", format!("{signups}/transfer")),
            Self::Refund { order, .. } => ("POST", of(order, "payments/refund")),
            Self::Charge { order } => ("POST", of(order, "payments/charge_balance")),
            Self::Cancel { order, .. } => ("POST", of(order, "cancel")),
            Self::Release { order, .. } => ("POST", of(order, "release")),
            Self::Collect | Self::Rename { .. } => ("PATCH", format!("/preorders/offers/{OFFER}")),
        }
    }

    /// How many records its arguments name; `None` = they do not tell.
    pub fn named(&self) -> Option<u64> {
        match self {
            Self::BulkNotify { signups, .. } | Self::BulkDelete { signups } => {
                Some(signups.len() as u64)
            }
            Self::Transfer { .. } | Self::Collect => None,
            _ => Some(1),
        }
    }

    /// The last word of its name, which is typed when there is no figure.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Notify { .. } => "notify",
            Self::BulkNotify { .. } => "bulk_notify",
            Self::Delete { .. } => "delete",
            Self::BulkDelete { .. } => "bulk_delete",
            Self::Transfer { .. } => "transfer",
            Self::Refund { .. } => "refund",
            Self::Charge { .. } => "charge_balance",
            Self::Cancel { .. } => "cancel",
            Self::Release { .. } => "release",
            Self::Collect | Self::Rename { .. } => "update",
        }
    }

    /// What a person must type.
    pub fn typed(&self, foreseen: &Foreseen) -> String {
        match foreseen.cents {
            cents if cents > 0 => money(cents),
            _ if foreseen.count > 1 => foreseen.count.to_string(),
            _ => self.word().to_owned(),
        }
    }

    /// What it would do; `None` = the API knows nothing of what it is about.
    pub fn foresee(&self, shop: &Shop) -> Option<Foreseen> {
        match self {
            Self::Notify { signup, resend } => {
                shop.signups.get(signup)?;
                Some(alerts(shop, &[*signup], *resend))
            }
            Self::BulkNotify { signups, resend } => Some(alerts(shop, signups, *resend)),
            Self::Delete { signup } => deletes(shop, &[*signup]),
            Self::BulkDelete { signups } => deletes(shop, signups),
            Self::Transfer { back } => Some(transfer(shop, *back)),
            Self::Refund { order, cents } => {
                let held = shop.orders[*order].collected - shop.orders[*order].refunded;
                let takes = held > 0 && cents.is_none_or(|cents| cents <= held);
                Some(of_order(shop, *order, takes, cents.unwrap_or(held)))
            }
            Self::Charge { order } => {
                let it = &shop.orders[*order];
                let takes = it.state != "cancelled" && it.outstanding > 0;
                Some(of_order(shop, *order, takes, it.outstanding))
            }
            Self::Cancel { order, keep } => {
                let it = &shop.orders[*order];
                let back = if *keep { 0 } else { it.collected - it.refunded };
                Some(of_order(shop, *order, it.state != "cancelled", back.max(0)))
            }
            Self::Release { order, force } => {
                let it = &shop.orders[*order];
                let takes = it.state == "active" && (*force || it.outstanding <= 0);
                Some(of_order(shop, *order, takes, 0))
            }
            Self::Collect | Self::Rename { .. } => Some(collect(shop)),
        }
    }
}

fn fact(number: usize, signup: Option<&Signup>) -> String {
    let known = signup.map(|it| (it.status, it.variant, it.version));
    format!("{number}: {known:?};")
}

fn alerts(shop: &Shop, signups: &[usize], resend: bool) -> Foreseen {
    let there = |number: &usize| shop.signups.get(number);
    let reached = signups
        .iter()
        .filter_map(there)
        .filter(|signup| signup.status == "pending" || (signup.status == "notified" && resend));
    let count = reached.count() as u64;
    Foreseen {
        count,
        cents: 0,
        idle: count == 0,
        facts: signups
            .iter()
            .map(|number| fact(*number, there(number)))
            .collect(),
    }
}

fn deletes(shop: &Shop, signups: &[usize]) -> Option<Foreseen> {
    let there: Vec<&Signup> = signups
        .iter()
        .filter_map(|it| shop.signups.get(it))
        .collect();
    let blocked = there.iter().any(|signup| signup.status == "notified");
    let count = if blocked { 0 } else { there.len() as u64 };
    let facts = signups.iter();
    (!there.is_empty()).then(|| Foreseen {
        count,
        cents: 0,
        idle: count == 0,
        facts: facts
            .map(|number| fact(*number, shop.signups.get(number)))
            .collect(),
    })
}

fn transfer(shop: &Shop, back: bool) -> Foreseen {
    let [from, to] = [VARIANTS[usize::from(back)], VARIANTS[usize::from(!back)]];
    let of = |variant: u64| move |(_, it): &(&usize, &Signup)| it.variant == variant;
    let rows: Vec<_> = shop.signups.iter().filter(of(from)).collect();
    let count = rows.iter().filter(|(_, it)| it.status == "pending").count() as u64;
    let there: Vec<_> = shop.signups.iter().filter(of(to)).collect();
    let waiting = there
        .iter()
        .filter(|(_, it)| it.status == "pending")
        .count();
    let rows: String = rows
        .iter()
        .map(|(number, it)| fact(**number, Some(*it)))
        .collect();
    Foreseen {
        count,
        cents: 0,
        idle: count == 0,
        facts: format!("{rows} {} {waiting}", there.len()),
    }
}

fn order_fact(shop: &Shop, number: usize) -> String {
    let it = &shop.orders[number];
    format!(
        "{number}: {:?};",
        (it.state, it.outstanding, it.collected, it.refunded)
    )
}

fn of_order(shop: &Shop, order: usize, takes: bool, cents: i64) -> Foreseen {
    Foreseen {
        count: u64::from(takes),
        cents: if takes { cents } else { 0 },
        idle: !takes,
        facts: order_fact(shop, order),
    }
}

fn collect(shop: &Shop) -> Foreseen {
    let owing = (0..ORDERS)
        .filter(|it| shop.orders[*it].state != "cancelled" && shop.orders[*it].outstanding > 0);
    let owing: Vec<usize> = owing.collect();
    let facts: String = owing.iter().map(|it| order_fact(shop, *it)).collect();
    Foreseen {
        count: owing.len() as u64,
        cents: owing.iter().map(|it| shop.orders[*it].outstanding).sum(),
        idle: false,
        facts: format!("{facts} {} {}", shop.collects, shop.offer_version),
    }
}

/// Any deed; `random(n)` gives a number below n.
pub fn any(mut random: impl FnMut(usize) -> usize) -> Deed {
    let pick = random(11);
    let (signup, order, flag) = (random(SIGNUPS), random(ORDERS), random(2) == 0);
    let other = (signup + 1 + random(SIGNUPS - 1)) % SIGNUPS;
    match pick {
        0 => Deed::Notify {
            signup,
            resend: flag,
        },
        1 => Deed::BulkNotify {
            signups: vec![signup, other],
            resend: flag,
        },
        2 => Deed::Delete { signup },
        3 => Deed::BulkDelete {
            signups: vec![signup, other],
        },
        4 => Deed::Transfer { back: flag },
        5 => Deed::Refund {
            order,
            cents: [None, Some(1_000), Some(1_250), Some(90_000)][random(4)],
        },
        6 => Deed::Charge { order },
        7 => Deed::Cancel { order, keep: flag },
        8 => Deed::Release { order, force: flag },
        9 => Deed::Collect,
        _ => Deed::Rename {
            to: random(3) as u8,
        },
    }
}
