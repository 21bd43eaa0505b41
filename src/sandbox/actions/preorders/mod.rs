//! Preorder offers, their variants, the orders that came of them, and reports.

mod blocks;
pub(super) mod bulk;
mod held;
mod offer_row;
mod offers;
pub(in crate::sandbox) mod orders;
mod reports;
pub(super) mod schedule;
#[cfg(test)]
mod tests;
mod upkeep;
mod variants;

use crate::sandbox::reply::Reply;
use crate::sandbox::scope::{Args, Scope};
pub(in crate::sandbox) use blocks::defaults;
pub(in crate::sandbox) use upkeep::{metafields, refresh_metafields};

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(rest: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    if let Some(reply) = bulk::run(rest, scope, args) {
        return Some(reply);
    }
    if let Some(action) = rest.strip_prefix("product_variants_") {
        return variants::run(action, scope, args);
    }
    match rest.split_once('_')? {
        ("offers", action) => offers::run(action, scope, args),
        ("orders", action) => orders::run(action, scope, args),
        ("reports", action) => reports::run(action, scope, args),
        _ => None,
    }
}
