//! The shop of the request: its currency, plan counter, SMS check and settings.

use rusqlite::params;
use serde_json::Value;

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// The five settings blocks.
pub(super) fn settings(scope: &Scope<'_>) -> Result<Value, Refusal> {
    let text: String = scope
        .db
        .prepare_cached("SELECT settings FROM shops WHERE id = ?")?
        .query_row(params![scope.shop_id], |row| row.get(0))?;
    Ok(serde_json::from_str(&text)?)
}

/// Whether the double opt-in is on.
pub(super) fn optin_required(scope: &Scope<'_>) -> Result<bool, Refusal> {
    Ok(is_on(&settings(scope)?, "/compliance/optin_required"))
}

/// A switch of the settings, by its pointer.
pub(super) fn is_on(settings: &Value, pointer: &str) -> bool {
    settings
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or_default()
}
