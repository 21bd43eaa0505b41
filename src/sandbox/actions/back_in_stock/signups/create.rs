//! Putting one shopper on the waitlist of a variant.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::super::signup_row::SignupRow;
use super::super::terms::Channel;
use super::super::waitlist;
use super::customer::{self, Shopper};
use crate::sandbox::actions::shop::{is_on, settings};
use crate::sandbox::actions::variants;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Checks in the contract's order, then writes customer and signup.
pub(in super::super) fn create(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let channel = args
        .text("channel")
        .and_then(Channel::parse)
        .ok_or_else(|| Refusal::invalid("channel must be one of: email, sms, push"))?;
    let shopper = Shopper::of(args);
    if shopper.contact(channel).is_none() {
        return Err(Refusal::invalid(format!(
            "{} must be filled when channel is {}",
            channel.contact(),
            channel.text()
        )));
    }
    let variant = variants::find(
        scope,
        args.integer("shopify_variant_id").unwrap_or_default(),
    )?
    .ok_or_else(|| Refusal::not_found("Product variant"))?;
    let known = customer::resolve(scope, &shopper)?;
    if args
        .integer("shopify_product_id")
        .is_some_and(|product| product != variant.product_id)
    {
        return Err(Refusal::invalid(
            "shopify_product_id does not match shopify_variant_id",
        ));
    }
    let market = args.integer("shopify_market_id");
    check_market(scope, market)?;
    let settings = settings(scope)?;
    if !is_on(&settings, &format!("/channels/{}/enabled", channel.text())) {
        return Err(Refusal::invalid(format!(
            "channel {} is not enabled",
            channel.text()
        )));
    }
    if let Some(known) = &known {
        customer::check_contacts(scope, known, &shopper)?;
        if known.is_unsubscribed {
            return Err(Refusal::invalid("contact has unsubscribed from alerts"));
        }
        check_new(scope, &known.id, variant.variant_id, channel, market)?;
    }
    let customer_id = match known {
        Some(known) => {
            customer::update(scope, &known.id, &shopper)?;
            known.id
        }
        None => customer::add(scope, &shopper)?,
    };
    let is_asked = is_on(&settings, "/compliance/optin_required");
    let id = scope.ids.uuid().to_string();
    let contact = shopper.contact(channel);
    let own = |wanted: Channel| contact.filter(|_| wanted == channel);
    scope
        .db
        .prepare_cached(
            "INSERT INTO signups (id, shop_id, customer_id, shopify_variant_id, channel, email, phone,
             push, quantity, shopify_market_id, source, optin_confirmed, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'api', ?11, ?12, ?12)",
        )?
        .execute(params![
            id,
            scope.shop_id,
            customer_id,
            variant.variant_id,
            channel.text(),
            own(Channel::Email),
            own(Channel::Sms),
            own(Channel::Push),
            args.integer("quantity").unwrap_or(1),
            market,
            is_asked.then_some(false),
            scope.now_ms()
        ])?;
    scope
        .effects
        .push(json!({"kind": "signup_created", "signup_id": id}));
    let row = SignupRow::need(scope, &id)?;
    if is_asked {
        scope.effects.push(json!({
            "kind": "optin_message",
            "signup_id": id,
            "channel": channel.text(),
            "contact": row.contact(),
        }));
    }
    waitlist::grew(scope, variant.variant_id)?;
    Ok(row.print(is_asked))
}

fn check_market(scope: &Scope<'_>, market: Option<i64>) -> Result<(), Refusal> {
    let Some(market) = market else {
        return Ok(());
    };
    let is_known = scope
        .db
        .prepare_cached("SELECT 1 FROM markets WHERE shop_id = ? AND shopify_market_id = ?")?
        .exists(params![scope.shop_id, market])?;
    if is_known {
        Ok(())
    } else {
        Err(Refusal::invalid(
            "shopify_market_id is not a market of this shop",
        ))
    }
}

/// A signup that waits for the same thing in the same way stands as it is. The columns are those of
/// the unique index; the customer is known not to have opted out.
fn check_new(
    scope: &Scope<'_>,
    customer_id: &str,
    variant_id: i64,
    channel: Channel,
    market: Option<i64>,
) -> Result<(), Refusal> {
    let existing: Option<String> = scope
        .db
        .prepare_cached(
            "SELECT id FROM signups WHERE customer_id = ? AND shopify_variant_id = ? AND channel = ?
             AND coalesce(shopify_market_id, 0) = coalesce(?, 0)
             AND notified_at IS NULL AND unsubscribed_at IS NULL",
        )?
        .query_row(
            params![customer_id, variant_id, channel.text(), market],
            |row| row.get(0),
        )
        .optional()?;
    match existing {
        None => Ok(()),
        Some(id) => Err(Refusal::invalid(format!("signup already exists: {id}"))),
    }
}
