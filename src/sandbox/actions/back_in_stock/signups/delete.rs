//! Deleting signups that were not notified.

use rusqlite::params;
use serde_json::json;

use super::super::signup_row::SignupRow;
use crate::sandbox::actions::ids::{id, ids};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Deletes one signup.
pub(in super::super) fn delete(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let row = SignupRow::need(scope, &id(args, "id"))?;
    if row.notified_at.is_some() {
        return Err(Refusal::conflict(
            "Signup has already been notified and cannot be deleted",
        ));
    }
    remove(scope, &row)?;
    Ok(json!({"id": row.id, "deleted": true}))
}

/// Deletes all of the given signups or none; unknown ids beside known ones are ignored.
pub(in super::super) fn bulk_delete(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let mut rows = Vec::new();
    for signup_id in ids(args, "signup_ids") {
        rows.extend(SignupRow::find(scope.db, &scope.shop_id, &signup_id)?);
    }
    if rows.is_empty() {
        return Err(Refusal::NotFound("No valid signups found".to_owned()));
    }
    let notified: Vec<String> = rows
        .iter()
        .filter(|row| row.notified_at.is_some())
        .map(|row| format!("Signup {} has already been notified", row.id))
        .collect();
    if !notified.is_empty() {
        return Err(Refusal::Conflict(notified));
    }
    for row in &rows {
        remove(scope, row)?;
    }
    Ok(json!({"deleted_count": rows.len()}))
}

/// The row goes; its log rows and its customer stay.
fn remove(scope: &mut Scope<'_>, row: &SignupRow) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached("DELETE FROM signups WHERE id = ?")?
        .execute(params![row.id])?;
    scope
        .effects
        .push(json!({"kind": "signup_deleted", "signup_id": row.id}));
    Ok(())
}
