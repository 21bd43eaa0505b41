//! Intents that match, newest first. Contacts match whole, not in part as in v2.

use serde_json::json;

use super::super::reply::V1Answer;
use super::super::{ROWS, V1Reply};
use super::row::IntentRow;
use super::span;
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::page::Page;
use crate::sandbox::scope::{Args, Scope};

const TABLES: &str = "signups s CROSS JOIN customers c ON c.id = s.customer_id";

/// One page of them.
pub(super) fn list(scope: &Scope<'_>, args: &Args) -> V1Reply {
    let mut filter = Filter::new("s.shop_id = ?", scope.shop_id.clone());
    filter.and_some(
        "s.shopify_variant_id = ?",
        args.integer("shopify_variant_id"),
    );
    filter.and_product(
        "s.shopify_variant_id",
        &scope.shop_id,
        args.integer("shopify_product_id"),
    );
    let email = args.text("email").map(str::to_lowercase);
    let phone = args.text("phone").map(|text| -> String {
        // Without a digit nothing is compared: no phone is empty.
        text.chars().filter(char::is_ascii_digit).collect()
    });
    for (column, contact) in [("email", email), ("phone", phone)] {
        if let Some(contact) = contact {
            filter.and_value(
                &format!("(s.{column} = ? OR c.{column} = ?)"),
                contact.clone(),
            );
            filter.value(contact);
        }
    }
    if args.get("notified").is_some() {
        filter.and(match args.flag("notified") {
            true => "s.notified_at IS NOT NULL",
            false => "s.notified_at IS NULL",
        });
    }
    filter.and_span("s.created_at", &span(args)?);
    let total = filter.count(scope, TABLES)?;
    let page = Page::of(args, ROWS);
    let rows = IntentRow::matching(scope, filter, page)?;
    Ok(V1Answer::new(
        200,
        json!({"intents": rows, "meta": page.meta(total)}),
    ))
}
