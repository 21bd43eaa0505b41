//! The actions of the API: what each registered name does to the tables of one shop.
//!
//! The contract has been checked when an action runs: types, bounds and formats hold. What is left
//! here are the rules that need records or compare two parameters. Nothing here knows of HTTP,
//! points or faults.

mod back_in_stock;
mod csv_file;
mod filter;
mod ids;
mod instant;
pub(super) mod money;
mod overlay;
mod page;
pub(super) mod preorders;
mod reports;
pub(super) mod sale;
mod settle;
pub(super) mod shop;
#[cfg(test)]
mod tests;
pub(super) mod v1;
mod variants;
mod window;

use super::reply::Reply;
use super::scope::{Args, Scope};
pub(super) use back_in_stock::{alerts, attribution};
pub(super) use preorders::{metafields, orders};
pub(super) use settle::{Happened, settle};

/// Runs an action by its tool name; `None` when there is no such action.
pub(super) fn run(name: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    if let Some(rest) = name.strip_prefix("preorders_") {
        return preorders::run(rest, scope, args);
    }
    back_in_stock::run(name.strip_prefix("back_in_stock_")?, scope, args)
}
