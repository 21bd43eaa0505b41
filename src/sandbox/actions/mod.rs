//! The actions of the API: what each registered name does to the tables of one shop.
//!
//! The contract has been checked when an action runs: types, bounds and formats hold. What is left
//! here are the rules that need records or compare two parameters. Nothing here knows of HTTP,
//! points or faults.

mod filter;
mod instant;
mod notification_row;
mod notifications;
mod page;
mod shop;
mod signup_row;
mod signups;
mod terms;

use super::reply::{Refusal, Reply};
use super::scope::{Args, Scope};

/// Runs an action by its tool name; `None` when there is no such action.
pub(super) fn run(name: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    Some(match name {
        "back_in_stock_signups_list" => signups::list(scope, args),
        "back_in_stock_signups_read" => signups::read(scope, args),
        "back_in_stock_notifications_list" => notifications::list(scope, args),
        "back_in_stock_notifications_read" => notifications::read(scope, args),
        _ => return None,
    })
}

/// Does everything that is due at the sandbox's time, jobs apart.
pub(super) fn settle(scope: &mut Scope<'_>) -> Result<(), Refusal> {
    let _ = scope;
    Ok(())
}
