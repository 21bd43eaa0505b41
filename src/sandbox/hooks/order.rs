//! An order's body: who bought what, when, at which price.

use chrono::DateTime;
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value};

use super::form::{self, Form};
use crate::sandbox::actions::sale::{Line, Sale};
use crate::sandbox::actions::{metafields, money, orders, shop};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// First id that an order without one takes.
const FIRST_ID: i64 = 6_120_000_000_101;
/// Units a line may have.
const MOST_UNITS: i64 = 1_000_000;
/// Highest price of a unit, minor units.
const MOST_PRICE: i64 = 100_000_000;

/// Reads and checks the body.
pub(super) fn read(scope: &Scope<'_>, body: &Map<String, Value>) -> Result<Sale, Refusal> {
    let mut form = Form::of(body);
    let id = form.shopify_id("shopify_order_id", false);
    let email = form.text("email").map(str::to_lowercase);
    let phone = form
        .text("phone")
        .map(|text| text.chars().filter(char::is_ascii_digit).collect());
    let shopify_customer_id = form.shopify_id("shopify_customer_id", false);
    let has_buyer = ["email", "phone", "shopify_customer_id"]
        .iter()
        .any(|name| body.get(*name).is_some_and(|value| !value.is_null()));
    if !has_buyer {
        form.refuse("one of email, phone, shopify_customer_id must be filled");
    }
    let lines = lines(scope, &mut form)?;
    let utm = form.flag("utm");
    let ordered_at = ordered_at(scope, &mut form);
    let customer_name = form.text("name").map(str::to_owned);
    let currency = currency(scope, &mut form)?;
    let market_id = market(scope, &mut form)?;
    let decline_code = form.one_of("decline_code", &orders::decline_codes());
    if let Some(id) = id
        && is_taken(scope, id)?
    {
        form.refuse("shopify_order_id belongs to an order that was taken before");
    }
    form.finish()?;
    Ok(Sale {
        id: match id {
            Some(id) => id,
            None => next_id(scope)?,
        },
        email,
        phone,
        shopify_customer_id,
        customer_name,
        lines,
        utm,
        ordered_at,
        currency,
        market_id,
        decline_code: decline_code.map(str::to_owned),
    })
}

fn ordered_at(scope: &Scope<'_>, form: &mut Form<'_>) -> i64 {
    match form.text("created_at") {
        None => scope.now_ms(),
        Some(text) => DateTime::parse_from_rfc3339(text)
            .map(|at| at.timestamp_millis())
            .unwrap_or_else(|_| {
                form.refuse("created_at must be a timestamp");
                0
            }),
    }
}

/// The currency of the order; the shop's when it names none.
fn currency(scope: &Scope<'_>, form: &mut Form<'_>) -> Result<String, Refusal> {
    let Some(text) = form.text("currency") else {
        return shop::currency(scope);
    };
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        form.refuse("currency is in invalid format");
    }
    Ok(text.to_owned())
}

/// The market of the order; the shop's first when it names none.
fn market(scope: &Scope<'_>, form: &mut Form<'_>) -> Result<Option<i64>, Refusal> {
    let Some(id) = form.shopify_id("shopify_market_id", false) else {
        return metafields::primary_market(scope.db, &scope.shop_id);
    };
    if !form::is_market(scope, id)? {
        form.refuse("shopify_market_id is not a market of this shop");
    }
    Ok(Some(id))
}

fn lines(scope: &Scope<'_>, form: &mut Form<'_>) -> Result<Vec<Line>, Refusal> {
    let Some(value) = form.value("lines", true) else {
        return Ok(Vec::new());
    };
    let Some(rows) = value.as_array() else {
        form.refuse("lines must be an array");
        return Ok(Vec::new());
    };
    if rows.is_empty() {
        form.refuse("lines size cannot be less than 1");
    }
    let mut lines = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let Some(row) = row.as_object() else {
            form.refuse(&format!("lines.{position} must be a hash"));
            continue;
        };
        let mut part = Form::part(row, format!("lines.{position}."));
        lines.extend(line(scope, &mut part)?);
        form.absorb(part);
    }
    Ok(lines)
}

fn line(scope: &Scope<'_>, part: &mut Form<'_>) -> Result<Option<Line>, Refusal> {
    let variant_id = part.shopify_id("shopify_variant_id", true);
    let quantity = part.integer("quantity", 1..=MOST_UNITS, true);
    let price = part.text("price").and_then(|text| {
        let price = money::parse(text).filter(|price| *price <= MOST_PRICE);
        if price.is_none() {
            part.refuse("price is in invalid format");
        }
        price
    });
    let asked = part.text("offer_id");
    let Some(variant_id) = variant_id else {
        return Ok(None);
    };
    let Some(catalogue_price) = catalogue_price(scope, variant_id)? else {
        part.refuse("shopify_variant_id is not a variant of this shop");
        return Ok(None);
    };
    let offer_id = orders::offer_for(scope, variant_id, asked)?;
    if asked.is_some() && offer_id.is_none() {
        part.refuse("offer_id is not an enabled offer of this variant");
    }
    Ok(quantity.map(|quantity| Line {
        variant_id,
        quantity,
        price: price.unwrap_or(catalogue_price),
        offer_id,
    }))
}

fn catalogue_price(scope: &Scope<'_>, variant_id: i64) -> Result<Option<i64>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT price_minor FROM variants WHERE shop_id = ? AND shopify_variant_id = ?",
        )?
        .query_row(params![scope.shop_id, variant_id], |row| row.get(0))
        .optional()?)
}

fn is_taken(scope: &Scope<'_>, id: i64) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM orders WHERE shop_id = ? AND shopify_order_id = ?")?
        .exists(params![scope.shop_id, id])?)
}

/// The smallest free id from the first on.
fn next_id(scope: &Scope<'_>) -> Result<i64, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT min(free.id) FROM (
               SELECT ?2 AS id
               UNION ALL
               SELECT shopify_order_id + 1 FROM orders WHERE shop_id = ?1 AND shopify_order_id >= ?2
             ) free WHERE NOT EXISTS (
               SELECT 1 FROM orders o WHERE o.shop_id = ?1 AND o.shopify_order_id = free.id)",
        )?
        .query_row(params![scope.shop_id, FIRST_ID], |row| row.get(0))?)
}
