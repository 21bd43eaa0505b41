//! The forms settings are stored in: money as a decimal string with two places, instants as ISO
//! texts in UTC, whole percentages without a fraction.

use serde_json::{Value, json};

use super::Capability;
use super::rules::Broken;
use crate::sandbox::actions::{instant, money};

const MONEY: [(Capability, &str); 2] = [
    (Capability::Pricing, "amount"),
    (Capability::Payment, "deposit.amount"),
];
const INSTANTS: [(Capability, &str); 2] = [
    (Capability::Payment, "remaining_balance.due_at"),
    (Capability::Delivery, "date"),
];
const PERCENTAGES: [(Capability, &str); 2] = [
    (Capability::Pricing, "percentage"),
    (Capability::Payment, "deposit.percentage"),
];

/// Brings the settings into their form; what has none is told.
pub(super) fn store(settings: &mut Value) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut each = |fields: &[(Capability, &'static str)],
                    form: fn(&Value) -> Option<Value>,
                    rule: &'static str| {
        for (block, path) in fields {
            let pointer = format!("/{}/{}", block.text(), path.replace('.', "/"));
            let Some(field) = settings
                .pointer_mut(&pointer)
                .filter(|field| !field.is_null())
            else {
                continue;
            };
            match form(field) {
                Some(value) => *field = value,
                None => broken.push(Broken::new(*block, path, rule)),
            }
        }
    };
    each(&MONEY, amount, "must have at most two decimal places");
    each(&INSTANTS, moment, "must be a date");
    each(&PERCENTAGES, percentage, "must be a number");
    broken
}

fn amount(value: &Value) -> Option<Value> {
    money::minor(value).map(|minor| json!(money::print(minor)))
}

fn moment(value: &Value) -> Option<Value> {
    let at = instant::read(value.as_str()?)?;
    Some(json!(instant::print(at)))
}

fn percentage(value: &Value) -> Option<Value> {
    let number = value.as_f64()?;
    // Zero to a hundred by the contract, so a whole one prints as the integer it is.
    Some(match number.fract() == 0.0 {
        true => serde_json::from_str(&format!("{number}")).ok()?,
        false => value.clone(),
    })
}
