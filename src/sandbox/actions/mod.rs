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
mod page;
mod shop;
mod variants;
mod window;

use super::reply::{Refusal, Reply};
use super::scope::{Args, Scope};
pub(super) use back_in_stock::{alerts, attribution};

/// Runs an action by its tool name; `None` when there is no such action.
pub(super) fn run(name: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    back_in_stock::run(name.strip_prefix("back_in_stock_")?, scope, args)
}

/// Does everything that is due at the sandbox's time, jobs apart. Each portion of alerts happens at
/// its own moment.
pub(super) fn settle(scope: &mut Scope<'_>) -> Result<(), Refusal> {
    let now = scope.now;
    let settled = alerts::send_due(scope);
    scope.now = now;
    settled?;
    shop::turn_month(scope)
}
