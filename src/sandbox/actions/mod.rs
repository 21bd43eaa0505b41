//! The actions of the API: what each registered name does to the tables of one shop.
//!
//! The contract has been checked when an action runs: types, bounds and formats hold. What is left
//! here are the rules that need records or compare two parameters. Nothing here knows of HTTP,
//! points or faults.

pub(super) mod alerts;
pub(super) mod attribution;
mod csv_file;
mod filter;
mod ids;
mod instant;
pub(super) mod money;
mod notification_row;
mod notifications;
mod page;
mod reports;
mod send;
mod settings;
mod shop;
mod signup_row;
mod signups;
mod terms;
mod variants;
mod waitlist;

use super::jobs;
use super::reply::{Refusal, Reply};
use super::scope::{Args, Scope};
use reports::Report;
use settings::Block;

/// Runs an action by its tool name; `None` when there is no such action.
pub(super) fn run(name: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    let rest = name.strip_prefix("back_in_stock_")?;
    match rest.split_once('_')? {
        ("signups", action) => signup(action, scope, args),
        ("notifications", "list") => Some(notifications::list(scope, args)),
        ("notifications", "read") => Some(notifications::read(scope, args)),
        ("settings", action) => setting(action, scope, args),
        ("reports", action) => report(action, scope, args),
        _ => None,
    }
}

fn signup(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    Some(match action {
        "list" => signups::list(scope, args),
        "read" => signups::read(scope, args),
        "create" => signups::create(scope, args),
        "delete" => signups::delete(scope, args),
        "notify" => signups::notify(scope, args),
        "bulk_notify" => signups::bulk_notify(scope, args),
        "bulk_delete" => signups::bulk_delete(scope, args),
        "transfer" => signups::transfer(scope, args),
        _ => return None,
    })
}

fn setting(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    let (block, verb) = match action.split_once('_') {
        Some((block, verb)) => (Some(Block::parse(block)?), verb),
        None => (None, action),
    };
    match verb {
        "read" => Some(settings::read(scope, block)),
        "update" => Some(settings::update(scope, block, args)),
        _ => None,
    }
}

fn report(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    match action {
        "list" => return Some(Ok(reports::list())),
        "jobs_read" => {
            let id = args.text("job_id").unwrap_or_default();
            return Some(jobs::read(scope, reports::PATH, id));
        }
        _ => {}
    }
    match action.strip_suffix("_export") {
        Some(name) => Some(reports::export(scope, Report::parse(name)?, args)),
        None => Some(reports::read(scope, Report::parse(action)?, args)),
    }
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
