//! Orders coming in: the lines that an enabled offer sells are kept here, with what was paid at
//! checkout and what is due when.

use chrono::{DateTime, Days, Utc};
use rusqlite::params;
use serde_json::{Value, json};

use super::effects::note;
use super::price;
use super::row::OrderRow;
use super::terms::{Decline, Financial, Fulfillment};
use crate::sandbox::actions::instant;
use crate::sandbox::actions::preorders::held::held;
use crate::sandbox::actions::preorders::offer_row::OfferRow;
use crate::sandbox::actions::preorders::upkeep::{Watch, counts};
use crate::sandbox::actions::sale::{Line, Sale};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// First number that a name takes.
const FIRST_NAME: i64 = 2_101;
/// First id that a line takes.
const FIRST_LINE: i64 = 14_120_000_000_101;

/// A line that an offer sells.
struct Sold<'a> {
    line: &'a Line,
    offer: OfferRow,
    unit_price: i64,
    deposit: i64,
    balance: i64,
}

impl<'a> Sold<'a> {
    fn of(line: &'a Line, offer: OfferRow) -> Self {
        let unit_price = price::unit(&offer, line.price);
        let total = unit_price.saturating_mul(line.quantity);
        let deposit = price::deposit(&offer, total, line.quantity);
        Self {
            line,
            unit_price,
            deposit,
            balance: total.saturating_sub(deposit),
            offer,
        }
    }

    /// When its balance is due.
    fn due_at(&self, ordered_at: i64) -> Option<i64> {
        let offer = &self.offer;
        match offer.text("/payment/remaining_balance/due_type")? {
            _ if self.balance == 0 => None,
            "exact_time" => instant(offer, "/payment/remaining_balance/due_at"),
            _ => days_after(
                ordered_at,
                offer.number("/payment/remaining_balance/due_after_days"),
            ),
        }
    }
}

/// The id of the offer a line is bought through: the newest enabled one that holds the variant, or
/// the asked for when it is one of them.
pub(in crate::sandbox) fn offer_for(
    scope: &Scope<'_>,
    variant_id: i64,
    asked: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let held = held(scope.db, &scope.shop_id, variant_id)?;
    let ids = held.into_iter().map(|held| held.offer.id);
    let mut fitting = ids.filter(|id| asked.is_none_or(|asked| asked.eq_ignore_ascii_case(id)));
    Ok(fitting.next())
}

/// Keeps the preorder lines of a sale and answers the order; null when it has none.
pub(in crate::sandbox) fn place(scope: &mut Scope<'_>, sale: &Sale) -> Reply {
    let mut sold = Vec::new();
    for line in &sale.lines {
        let offer = match &line.offer_id {
            Some(id) => OfferRow::find(scope, id)?,
            None => None,
        };
        sold.extend(offer.map(|offer| Sold::of(line, offer)));
    }
    let Some(first) = sold.first() else {
        return Ok(Value::Null);
    };
    let governing = sold.iter().find(|sold| sold.balance > 0).unwrap_or(first);
    let variants: Vec<i64> = sold.iter().map(|sold| sold.line.variant_id).collect();
    let watch = Watch::on(scope, &variants)?;
    write(scope, sale, &sold, &governing.offer)?;
    write_lines(scope, sale, &sold)?;
    for sold in &sold {
        let line = sold.line;
        counts::add(scope, line.variant_id, sale.market_id, line.quantity)?;
    }
    let order = OrderRow::find(scope, sale.id)?
        .ok_or_else(|| Refusal::Broken(format!("order {} is gone", sale.id)))?;
    note(scope, "order_placed", &order, json!({"name": order.name}));
    watch.finish(scope)?;
    order.whole(scope)
}

fn write(
    scope: &mut Scope<'_>,
    sale: &Sale,
    sold: &[Sold<'_>],
    governing: &OfferRow,
) -> Result<(), Refusal> {
    let deposit: i64 = sold.iter().map(|sold| sold.deposit).sum();
    let balance: i64 = sold.iter().map(|sold| sold.balance).sum();
    let financial = match (deposit, balance) {
        (_, 0) => Financial::Paid,
        (0, _) => Financial::Pending,
        (_, _) => Financial::PartiallyPaid,
    };
    let due_at = sold
        .iter()
        .filter_map(|sold| sold.due_at(sale.ordered_at))
        .min();
    let (fulfillment, scheduled_at) = fulfillment(governing, sale.ordered_at);
    let id = scope.ids.uuid().to_string();
    scope
        .db
        .prepare_cached(
            "INSERT INTO preorder_orders (shop_id, shopify_order_id, id, name, customer_id, email,
             customer_name, shopify_market_id, currency, total_minor, deposit_minor, balance_minor,
             outstanding_minor, collected_minor, financial_status, due_at, decline_code, offer_id,
             fulfillment_status, scheduled_at, tags, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?11, ?13, ?14, ?15,
             ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            scope.shop_id,
            sale.id,
            id,
            next_name(scope)?,
            sale.shopify_customer_id,
            sale.email,
            sale.customer_name,
            sale.market_id,
            sale.currency,
            deposit.saturating_add(balance),
            deposit,
            balance,
            financial,
            due_at,
            sale.decline_code.as_deref().and_then(Decline::parse),
            governing.id,
            fulfillment,
            scheduled_at,
            tags(sold).to_string(),
            sale.ordered_at
        ])?;
    Ok(())
}

fn write_lines(scope: &Scope<'_>, sale: &Sale, sold: &[Sold<'_>]) -> Result<(), Refusal> {
    let mut insert = scope.db.prepare_cached(
        "INSERT INTO preorder_lines (shop_id, id, shopify_order_id, offer_id, shopify_product_id,
         shopify_variant_id, product_title, variant_title, quantity, unit_price_minor,
         deposit_minor, balance_minor)
         SELECT v.shop_id, max(?3, coalesce((SELECT max(id) + 1 FROM preorder_lines
           WHERE shop_id = v.shop_id), 0)), ?4, ?5, v.shopify_product_id, v.shopify_variant_id,
         p.title, v.title, ?6, ?7, ?8, ?9
         FROM variants v JOIN products p ON p.shop_id = v.shop_id
           AND p.shopify_product_id = v.shopify_product_id
         WHERE v.shop_id = ?1 AND v.shopify_variant_id = ?2",
    )?;
    for sold in sold {
        insert.execute(params![
            scope.shop_id,
            sold.line.variant_id,
            FIRST_LINE,
            sale.id,
            sold.offer.id,
            sold.line.quantity,
            sold.unit_price,
            sold.deposit,
            sold.balance
        ])?;
    }
    Ok(())
}

/// How the goods stand at first, and on which day that changes.
fn fulfillment(offer: &OfferRow, ordered_at: i64) -> (Fulfillment, Option<i64>) {
    let (status, day) = match offer.text("/delivery/type") {
        Some("anchor") => (
            Fulfillment::Scheduled,
            days_after(ordered_at, offer.number("/delivery/after_days")),
        ),
        Some("exact_time") => (Fulfillment::Scheduled, instant(offer, "/delivery/date")),
        Some("unknown") => (Fulfillment::OnHold, None),
        Some(_) | None => (Fulfillment::Unfulfilled, None),
    };
    match offer.flag("/fulfillment/hold_all/enabled") {
        true => (Fulfillment::OnHold, day),
        false => (status, day),
    }
}

/// The tags of all offers, each once.
fn tags(sold: &[Sold<'_>]) -> Value {
    let mut tags: Vec<Value> = Vec::new();
    for sold in sold {
        let own = sold.offer.blocks.pointer("/tagging/order_tags");
        for tag in own.and_then(Value::as_array).into_iter().flatten() {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
    }
    Value::Array(tags)
}

/// An instant of the settings, in milliseconds.
fn instant(offer: &OfferRow, pointer: &str) -> Option<i64> {
    instant::read(offer.text(pointer)?)
}

fn days_after(at: i64, days: Option<i64>) -> Option<i64> {
    let days = Days::new(u64::try_from(days?).ok()?);
    let after = DateTime::<Utc>::from_timestamp_millis(at)?.checked_add_days(days)?;
    Some(after.timestamp_millis())
}

/// The smallest free number from the first on, as the merchant sees it.
fn next_name(scope: &Scope<'_>) -> Result<String, Refusal> {
    let number: i64 = scope
        .db
        .prepare_cached(
            "SELECT min(free.number) FROM (
               SELECT ?2 AS number
               UNION ALL
               SELECT CAST(substr(name, 2) AS INTEGER) + 1 FROM preorder_orders
               WHERE shop_id = ?1 AND CAST(substr(name, 2) AS INTEGER) >= ?2
             ) free WHERE NOT EXISTS (
               SELECT 1 FROM preorder_orders o WHERE o.shop_id = ?1 AND o.name = '#' || free.number)",
        )?
        .query_row(params![scope.shop_id, FIRST_NAME], |row| row.get(0))?;
    Ok(format!("#{number}"))
}
