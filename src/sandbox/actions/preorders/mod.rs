//! Offers, their variants, orders and reports.

mod reports;

use crate::sandbox::reply::Reply;
use crate::sandbox::scope::{Args, Scope};

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(rest: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    match rest.split_once('_')? {
        ("reports", action) => reports::run(action, scope, args),
        _ => None,
    }
}
