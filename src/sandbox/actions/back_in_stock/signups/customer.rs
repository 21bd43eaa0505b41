//! Who a new signup belongs to: an existing customer, found by the keys given, or a new one.

use rusqlite::{OptionalExtension, ToSql, params};
use serde_json::{Value, json};

use super::super::terms::Channel;
use crate::sandbox::actions::ids::id;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// What the caller says of the shopper.
#[derive(Debug)]
pub(super) struct Shopper {
    customer_id: Option<String>,
    shopify_customer_id: Option<i64>,
    email: Option<String>,
    phone: Option<String>,
    push: Option<String>,
    name: Option<String>,
    country: Option<String>,
    country_code: Option<String>,
    locale: Option<String>,
    accepts_marketing: Option<bool>,
}

/// A customer the shop has.
#[derive(Debug)]
pub(super) struct Known {
    /// Own id.
    pub(super) id: String,
    /// Opted out of everything.
    pub(super) is_unsubscribed: bool,
}

impl Shopper {
    /// Reads the parameters.
    pub(super) fn of(args: &Args) -> Self {
        let text = |name: &str| args.text(name).map(str::to_owned);
        Self {
            customer_id: args.get("customer_id").map(|_| id(args, "customer_id")),
            shopify_customer_id: args.integer("shopify_customer_id"),
            email: args.text("email").map(str::to_lowercase),
            phone: text("phone"),
            push: text("push"),
            name: text("name"),
            country: text("country"),
            country_code: text("country_code"),
            locale: text("locale"),
            accepts_marketing: args.get("accepts_marketing").and_then(Value::as_bool),
        }
    }

    /// The contact a channel needs.
    pub(super) fn contact(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Email => self.email.as_deref(),
            Channel::Sms => self.phone.as_deref(),
            Channel::Push => self.push.as_deref(),
        }
    }
}

/// The customer whom the first key hits; an own id must hit.
pub(super) fn resolve(scope: &Scope<'_>, shopper: &Shopper) -> Result<Option<Known>, Refusal> {
    if let Some(id) = &shopper.customer_id {
        return match find(scope, "id", id)? {
            Some(known) => Ok(Some(known)),
            None => Err(Refusal::not_found("Customer")),
        };
    }
    let keys: [(&str, Option<&dyn ToSql>); 4] = [
        (
            "shopify_customer_id",
            shopper
                .shopify_customer_id
                .as_ref()
                .map(|key| key as &dyn ToSql),
        ),
        ("email", shopper.email.as_ref().map(|key| key as &dyn ToSql)),
        ("phone", shopper.phone.as_ref().map(|key| key as &dyn ToSql)),
        ("push", shopper.push.as_ref().map(|key| key as &dyn ToSql)),
    ];
    for (column, key) in keys {
        if let Some(key) = key
            && let Some(known) = find(scope, column, key)?
        {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

fn find(scope: &Scope<'_>, column: &str, key: &dyn ToSql) -> Result<Option<Known>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(&format!(
            "SELECT id, unsubscribed_at IS NOT NULL FROM customers
             WHERE shop_id = ? AND {column} = ? ORDER BY created_at, id LIMIT 1"
        ))?
        .query_row(params![scope.shop_id, key], |row| {
            Ok(Known {
                id: row.get(0)?,
                is_unsubscribed: row.get(1)?,
            })
        })
        .optional()?)
}

/// Refuses an address or a phone that is someone else's.
pub(super) fn check_contacts(
    scope: &Scope<'_>,
    known: &Known,
    shopper: &Shopper,
) -> Result<(), Refusal> {
    let mut texts = Vec::new();
    for (column, contact) in [("email", &shopper.email), ("phone", &shopper.phone)] {
        let is_taken = scope
            .db
            .prepare_cached(&format!(
                "SELECT 1 FROM customers WHERE shop_id = ? AND {column} = ? AND id <> ?"
            ))?
            .exists(params![scope.shop_id, contact, known.id])?;
        if is_taken {
            texts.push(format!("{column} belongs to another customer"));
        }
    }
    if texts.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(texts))
    }
}

/// Writes what was given over what is known, when that differs.
pub(super) fn update(
    scope: &mut Scope<'_>,
    customer_id: &str,
    shopper: &Shopper,
) -> Result<(), Refusal> {
    let changed = scope
        .db
        .prepare_cached(
            "UPDATE customers SET email = coalesce(?1, email), phone = coalesce(?2, phone),
               push = coalesce(?3, push), name = coalesce(?4, name), country = coalesce(?5, country),
               country_code = coalesce(?6, country_code), locale = coalesce(?7, locale),
               accepts_marketing = coalesce(?8, accepts_marketing),
               shopify_customer_id = coalesce(?9, shopify_customer_id), updated_at = ?10
             WHERE id = ?11 AND (
               email IS NOT coalesce(?1, email) OR phone IS NOT coalesce(?2, phone)
               OR push IS NOT coalesce(?3, push) OR name IS NOT coalesce(?4, name)
               OR country IS NOT coalesce(?5, country)
               OR country_code IS NOT coalesce(?6, country_code)
               OR locale IS NOT coalesce(?7, locale)
               OR accepts_marketing IS NOT coalesce(?8, accepts_marketing)
               OR shopify_customer_id IS NOT coalesce(?9, shopify_customer_id))",
        )?
        .execute(params![
            shopper.email,
            shopper.phone,
            shopper.push,
            shopper.name,
            shopper.country,
            shopper.country_code,
            shopper.locale,
            shopper.accepts_marketing,
            shopper.shopify_customer_id,
            scope.now_ms(),
            customer_id
        ])?;
    if changed > 0 {
        scope
            .effects
            .push(json!({"kind": "customer_updated", "customer_id": customer_id}));
    }
    Ok(())
}

/// Creates the customer and answers its id.
pub(super) fn add(scope: &mut Scope<'_>, shopper: &Shopper) -> Result<String, Refusal> {
    let id = scope.ids.uuid().to_string();
    scope
        .db
        .prepare_cached(
            "INSERT INTO customers (id, shop_id, email, phone, push, name, country, country_code, locale,
             accepts_marketing, shopify_customer_id, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)",
        )?
        .execute(params![
            id,
            scope.shop_id,
            shopper.email,
            shopper.phone,
            shopper.push,
            shopper.name,
            shopper.country,
            shopper.country_code,
            shopper.locale,
            shopper.accepts_marketing.unwrap_or_default(),
            shopper.shopify_customer_id,
            scope.now_ms()
        ])?;
    scope
        .effects
        .push(json!({"kind": "customer_created", "customer_id": id}));
    Ok(id)
}
