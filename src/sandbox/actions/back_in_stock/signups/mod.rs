//! The waitlist: list and read here, what changes it in the files below.

mod create;
mod customer;
mod delete;
mod notify;
mod transfer;

pub(super) use create::create;
pub(super) use delete::{bulk_delete, delete};
pub(super) use notify::{bulk_notify, notify};
pub(super) use transfer::transfer;

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::signup_row::{JOINS, SELECT, SignupRow};
use super::terms::Status;
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::id;
use crate::sandbox::actions::instant::span;
use crate::sandbox::actions::page::{Page, WAITLIST_ROWS};
use crate::sandbox::actions::shop;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// The rows a list is about.
struct Matching {
    /// Signups `s`, with customers `c` when a condition speaks of them: walking the index of the
    /// signups alone is much faster.
    tables: &'static str,
    filter: Filter,
}

/// Signups that match, newest first.
pub(super) fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let Matching { tables, mut filter } = matching(scope, args)?;
    let total = filter.count(scope, tables)?;
    let page = Page::of(args, WAITLIST_ROWS);
    filter.cut(page);
    let required = shop::optin_required(scope)?;
    // The page is cut on bare rows first: what is shown of a row is read for the page's rows alone.
    let rows: Vec<Value> = scope
        .db
        .prepare_cached(&format!(
            "{SELECT} FROM (
               SELECT s.id AS id FROM {tables} WHERE {}
               ORDER BY s.created_at DESC, s.id DESC LIMIT ? OFFSET ?
             ) page CROSS JOIN signups s ON s.id = page.id {JOINS}
             ORDER BY s.created_at DESC, s.id DESC",
            filter.text()
        ))?
        .query_map(params_from_iter(filter.values()), SignupRow::of)?
        .map(|row| row.map(|row| row.print(required)))
        .collect::<rusqlite::Result<_>>()?;
    Ok(json!({"signups": rows, "meta": page.meta(total)}))
}

/// The list's filters.
fn matching(scope: &Scope<'_>, args: &Args) -> Result<Matching, Refusal> {
    let mut filter = Filter::new("s.shop_id = ?", scope.shop_id.clone());
    filter.and_some("s.channel = ?", args.text("channel").map(str::to_owned));
    filter.and_some("s.shopify_variant_id = ?", args.integer("variant_id"));
    filter.and_product(
        "s.shopify_variant_id",
        &scope.shop_id,
        args.integer("product_id"),
    );
    filter.and_span("s.created_at", &span(args)?);
    let status = args.text("status").and_then(Status::condition);
    let (email, phone) = (args.text("email"), args.text("phone"));
    if let Some(condition) = status {
        filter.and(condition);
    }
    if let Some(part) = email {
        let part = part.to_lowercase();
        filter.and_value(
            "(instr(s.email, ?) > 0 OR instr(c.email, ?) > 0)",
            part.clone(),
        );
        filter.value(part);
    }
    if let Some(part) = phone {
        let part: String = part.chars().filter(char::is_ascii_digit).collect();
        // Without a digit nothing is compared: no phone holds it.
        filter.and_value(
            "? <> '' AND (instr(s.phone, ?) > 0 OR instr(c.phone, ?) > 0)",
            part.clone(),
        );
        filter.value(part.clone());
        filter.value(part);
    }
    let tables = if status.is_some() || email.is_some() || phone.is_some() {
        "signups s CROSS JOIN customers c ON c.id = s.customer_id"
    } else {
        "signups s"
    };
    Ok(Matching { tables, filter })
}

/// One signup.
pub(super) fn read(scope: &Scope<'_>, args: &Args) -> Reply {
    let row = SignupRow::need(scope, &id(args, "id"))?;
    Ok(row.print(shop::optin_required(scope)?))
}

#[cfg(test)]
mod tests;
