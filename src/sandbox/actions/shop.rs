//! The shop of the request: its currency, plan counter, SMS check and settings.

use rusqlite::params;
use serde_json::Value;

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// What sends need to know of the shop.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    /// Alerts a month; `None` = no limit.
    pub(super) plan_limit: Option<i64>,
    /// Alerts counted this month.
    pub(super) plan_used: i64,
    /// `none`, `pending`, `verified` or `rejected`.
    pub(super) sms_verification: String,
    /// The five settings blocks.
    pub(super) settings: Value,
}

impl Shop {
    /// Reads the shop, its plan counter in the month of now.
    pub(super) fn of(scope: &Scope<'_>) -> Result<Self, Refusal> {
        turn_month(scope)?;
        let (plan_limit, plan_used, sms_verification) = scope
            .db
            .prepare_cached(
                "SELECT plan_monthly_limit, plan_used, sms_verification FROM shops WHERE id = ?",
            )?
            .query_row(params![scope.shop_id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        Ok(Self {
            plan_limit,
            plan_used,
            sms_verification,
            settings: settings(scope)?,
        })
    }
}

/// Begins the plan counter anew when the month of now, in UTC, is not the one it belongs to.
pub(super) fn turn_month(scope: &Scope<'_>) -> Result<(), Refusal> {
    let month = scope.now.format("%Y-%m").to_string();
    scope
        .db
        .prepare_cached(
            "UPDATE shops SET plan_used = 0, plan_month = ?1 WHERE id = ?2 AND plan_month <> ?1",
        )?
        .execute(params![month, scope.shop_id])?;
    Ok(())
}

/// The five settings blocks.
pub(super) fn settings(scope: &Scope<'_>) -> Result<Value, Refusal> {
    let text: String = scope
        .db
        .prepare_cached("SELECT settings FROM shops WHERE id = ?")?
        .query_row(params![scope.shop_id], |row| row.get(0))?;
    Ok(serde_json::from_str(&text)?)
}

/// ISO 4217 code of the shop's money.
pub(in crate::sandbox) fn currency(scope: &Scope<'_>) -> Result<String, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT currency FROM shops WHERE id = ?")?
        .query_row(params![scope.shop_id], |row| row.get(0))?)
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

/// A number of the settings, by its pointer.
pub(super) fn number(settings: &Value, pointer: &str) -> Result<i64, Refusal> {
    settings
        .pointer(pointer)
        .and_then(Value::as_i64)
        .ok_or_else(|| Refusal::Broken(format!("settings have no number at {pointer}")))
}
