//! Rules of settings that need records, or the block as it will be.

use rusqlite::params;
use serde_json::{Map, Value};

use crate::sandbox::actions::shop::is_on;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// One text per broken rule, over all blocks of the patch. Paths begin with the block's name when
/// the patch covers the root.
pub(super) fn broken(
    scope: &Scope<'_>,
    after: &Value,
    patch: &Map<String, Value>,
    is_root: bool,
) -> Result<Vec<String>, Refusal> {
    let prefix = |block: &str| {
        if is_root {
            format!("{block}.")
        } else {
            String::new()
        }
    };
    let mut texts = Vec::new();
    let locations = patch
        .get("delivery")
        .and_then(|delivery| delivery.get("shopify_location_ids"))
        .and_then(Value::as_array);
    for (position, location) in locations.into_iter().flatten().enumerate() {
        if !is_location(scope, location)? {
            let prefix = prefix("delivery");
            texts.push(format!(
                "{prefix}shopify_location_ids.{position} is not a location of this shop"
            ));
        }
    }
    if patch.contains_key("alerts") && lacks_recipient(after) {
        let prefix = prefix("alerts");
        texts.push(format!(
            "{prefix}recipient_email must be filled while alerts are enabled"
        ));
    }
    Ok(texts)
}

fn is_location(scope: &Scope<'_>, location: &Value) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM locations WHERE shop_id = ? AND shopify_location_id = ?")?
        .exists(params![scope.shop_id, location.as_i64()])?)
}

fn lacks_recipient(settings: &Value) -> bool {
    let is_mailed = is_on(settings, "/alerts/waitlist_alert/enabled")
        || is_on(settings, "/alerts/scheduled_reports/enabled");
    is_mailed
        && settings
            .pointer("/alerts/recipient_email")
            .is_none_or(Value::is_null)
}
