//! Signups, the send log, settings and reports of the waitlists.

pub(in crate::sandbox) mod alerts;
pub(in crate::sandbox) mod attribution;
mod notification_row;
mod notifications;
mod reports;
mod send;
mod settings;
mod signup_row;
mod signups;
mod terms;
#[cfg(test)]
mod tests;
mod waitlist;

use crate::sandbox::jobs;
use crate::sandbox::reply::Reply;
use crate::sandbox::scope::{Args, Scope};
use reports::Report;
use settings::Block;

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(rest: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
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
