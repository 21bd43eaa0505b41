//! Putting a shopper on the waitlist, with the shop's key or as the storefront does. What can be
//! read but is refused is answered with 200: only 201 means that it was done.

use serde_json::{Map, Value, json};

use super::super::reply::V1Answer;
use super::super::{V1Refusal, V1Reply, fields, v2};
use super::row::IntentRow;
use crate::sandbox::actions::variants;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Fields of `customer` that v2 has under the same name.
const OF_CUSTOMER: [&str; 8] = [
    "email",
    "phone",
    "push",
    "name",
    "country",
    "country_code",
    "locale",
    "accepts_marketing",
];
/// Fields of `intent` that v2 has under the same name.
const OF_INTENT: [&str; 5] = [
    "channel",
    "shopify_variant_id",
    "shopify_product_id",
    "shopify_market_id",
    "quantity",
];

/// The signup of v2, answered as an intent.
pub(super) fn create(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let flat = flat(args)?;
    let variant = flat.get("shopify_variant_id").and_then(Value::as_i64);
    let signup = match v2(scope, "back_in_stock_signups_create", flat) {
        Ok(signup) => signup,
        Err(refusal) => return Err(translated(scope, variant, refusal)?),
    };
    let id = signup.get("id").and_then(Value::as_str).unwrap_or_default();
    let intents: Vec<Value> = IntentRow::find(scope, id)?
        .map(IntentRow::print)
        .into_iter()
        .collect();
    Ok(V1Answer::new(
        201,
        json!({"intents": intents, "errors": []}),
    ))
}

/// The flat arguments of v2.
fn flat(args: &Args) -> Result<Map<String, Value>, V1Refusal> {
    let part = |name: &str| fields(args.get(name).cloned().unwrap_or_default());
    let (intent, customer) = (part("intent"), part("customer"));
    let mut flat = Map::new();
    for (part, names) in [(&intent, &OF_INTENT[..]), (&customer, &OF_CUSTOMER[..])] {
        for name in names {
            if let Some(value) = part.get(*name) {
                flat.insert((*name).to_owned(), value.clone());
            }
        }
    }
    if let Some(id) = customer.get("id") {
        flat.insert("customer_id".to_owned(), id.clone());
    }
    if let Some(digits) = customer.get("shopify_customer_id").and_then(Value::as_str) {
        let number: i64 = digits.parse().map_err(|_| {
            refused(vec![
                "customer.shopify_customer_id is in invalid format".to_owned(),
            ])
        })?;
        flat.insert("shopify_customer_id".to_owned(), json!(number));
    }
    Ok(flat)
}

/// A refusal of v2: an unknown variant is 404, all else is read and refused.
fn translated(
    scope: &Scope<'_>,
    variant: Option<i64>,
    refusal: Refusal,
) -> Result<V1Refusal, Refusal> {
    Ok(match refusal {
        Refusal::NotFound(_) if variants::find(scope, variant.unwrap_or_default())?.is_none() => {
            V1Refusal::because(404, "Not found")
        }
        Refusal::NotFound(text) => refused(vec![text]),
        Refusal::Conflict(texts) | Refusal::Invalid(texts) => {
            refused(texts.iter().map(|text| dotted(text)).collect())
        }
        other => other.into(),
    })
}

/// A text of v2 about the field as v1 was sent it. A channel that is off is no broken field.
fn dotted(text: &str) -> String {
    let field = text.split(' ').next().unwrap_or_default();
    if OF_CUSTOMER.contains(&field) {
        format!("customer.{text}")
    } else if OF_INTENT.contains(&field) && field != "channel" {
        format!("intent.{text}")
    } else {
        text.to_owned()
    }
}

/// Read, but refused.
fn refused(texts: Vec<String>) -> V1Refusal {
    V1Refusal::Own(V1Answer::new(200, json!({"errors": texts})))
}

/// Without both objects the body could not be read; what is wrong inside them is refused.
pub(in super::super) fn broken(texts: Vec<String>) -> V1Refusal {
    let unread = texts
        .iter()
        .find(|text| text.starts_with("intent ") || text.starts_with("customer "));
    match unread {
        Some(text) => V1Refusal::because(400, text),
        None => refused(texts),
    }
}
