//! Sending alerts by hand, one or many.

use serde_json::json;

use super::super::notification_row::NotificationRow;
use super::super::send::Sender;
use super::super::signup_row::SignupRow;
use crate::sandbox::actions::ids::{id, ids};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Sends the alert of one signup.
pub(in super::super) fn notify(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let row = SignupRow::need(scope, &id(args, "id"))?;
    let mut sender = Sender::of(scope)?;
    if let Some(text) = sender.refusal(&row, args.flag("allow_resend")) {
        return Err(Refusal::conflict(text));
    }
    let attempt = sender.attempt(scope, &row)?;
    let after = SignupRow::need(scope, &row.id)?;
    let logged = NotificationRow::find(scope.db, &scope.shop_id, &attempt.notification_id)?;
    Ok(json!({
        "signup": after.print(sender.optin_required()),
        "notification": logged.map(|row| row.print()),
    }))
}

/// Sends the alerts of many signups in the given order; one that cannot be tried stops no other.
pub(in super::super) fn bulk_notify(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let allow_resend = args.flag("allow_resend");
    let mut sender = Sender::of(scope)?;
    let (mut success, mut blocked, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids(args, "signup_ids") {
        let Some(row) = SignupRow::find(scope.db, &scope.shop_id, &id)? else {
            failed.push(json!({"signup_id": id, "error": "Signup not found"}));
            continue;
        };
        if let Some(text) = sender.refusal(&row, allow_resend) {
            failed.push(json!({"signup_id": id, "error": text}));
            continue;
        }
        let attempt = sender.attempt(scope, &row)?;
        match attempt.stopped {
            None => success.push(id),
            Some(reason) => blocked.push(json!({
                "signup_id": id,
                "notification_id": attempt.notification_id,
                "blocked_reason": reason.text(),
            })),
        }
    }
    Ok(json!({"success": success, "blocked": blocked, "failed": failed}))
}
