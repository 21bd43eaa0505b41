//! The state of a shop, and what happens to it outside the API.

use chrono::{DateTime, Utc};
use rusqlite::params;
use serde_json::{Map, Value, json};

use super::{Call, checked, unknown};
use crate::sandbox::core::{Core, Shop};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;
use crate::sandbox::{hooks, journal};

pub(super) fn route(
    core: &mut Core,
    call: &Call<'_>,
    domain: &str,
    rest: &[&str],
) -> Result<(u16, Value), Refusal> {
    let body = call.body;
    core.in_transaction(|core| {
        let now = core.now();
        core.settle(now)?;
        let shop = core
            .shop_of_domain(domain)?
            .ok_or_else(|| Refusal::not_found("Shop"))?;
        let reply = match (call.method, rest) {
            ("GET", []) => state(core, &shop, now),
            ("PATCH", []) => patch(core, &shop, body, now).and_then(|()| state(core, &shop, now)),
            ("POST", ["inventory"]) => {
                happen(core, &shop, now, |scope| hooks::set_inventory(scope, body))
            }
            ("POST", ["orders"]) => {
                happen(core, &shop, now, |scope| hooks::take_order(scope, body))
            }
            ("PATCH", ["orders", id]) => happen(core, &shop, now, |scope| {
                hooks::patch_order(scope, id, body)
            }),
            ("POST", ["orders", id, "fulfill"]) => {
                happen(core, &shop, now, |scope| hooks::fulfill_order(scope, id))
            }
            ("POST", ["orders", id, "pay_link"]) => {
                happen(core, &shop, now, |scope| hooks::pay_order(scope, id))
            }
            ("PATCH", ["variants", id, "metafields"]) => happen(core, &shop, now, |scope| {
                hooks::set_metafields(scope, id, body)
            }),
            ("POST", ["signups", id, "confirm_optin"]) => {
                happen(core, &shop, now, |scope| hooks::confirm_optin(scope, id))
            }
            ("POST", ["signups", id, "unsubscribe"]) => happen(core, &shop, now, |scope| {
                hooks::unsubscribe(scope, id, body)
            }),
            _ => Err(unknown(call)),
        };
        reply.map(|body| (200, body))
    })
}

/// Something outside the API; its effects are background work in the journal.
fn happen(
    core: &mut Core,
    shop: &Shop,
    now: DateTime<Utc>,
    work: impl FnOnce(&mut Scope<'_>) -> Reply,
) -> Reply {
    let (body, effects) = core.in_scope(shop, now, work)?;
    journal::record_background(&core.db, now.timestamp_millis(), effects)?;
    Ok(body)
}

fn state(core: &Core, shop: &Shop, now: DateTime<Utc>) -> Reply {
    let mut out = core
        .db
        .prepare_cached(
            "SELECT plan_monthly_limit, plan_used, plan_month, sms_verification
             FROM shops WHERE id = ?",
        )?
        .query_row([&shop.id], |row| {
            let current = row.get::<_, String>(2)? == month(now);
            let used: i64 = row.get(1)?;
            Ok(json!({
                "plan_monthly_limit": row.get::<_, Option<i64>>(0)?,
                "plan_used": if current { used } else { 0 },
                "sms_verification": row.get::<_, String>(3)?,
            }))
        })?;
    let (used, reset) = match core.points.get(&shop.id) {
        Some(points) => points.state(now.timestamp_millis(), &core.env.config),
        None => Default::default(),
    };
    if let Value::Object(map) = &mut out {
        map.insert("points_used".into(), json!(used));
        map.insert("points_reset".into(), json!(reset));
        map.insert("keys".into(), json!(keys(core, shop)?));
    }
    Ok(out)
}

fn keys(core: &Core, shop: &Shop) -> Result<Vec<String>, Refusal> {
    let mut statement = core
        .db
        .prepare_cached("SELECT key FROM api_keys WHERE shop_id = ? ORDER BY rowid")?;
    let rows = statement.query_map([&shop.id], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn patch(
    core: &mut Core,
    shop: &Shop,
    body: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let schema = json!({"properties": {
        "plan_monthly_limit": {"type": ["integer", "null"], "minimum": 0},
        "plan_used": {"type": "integer", "minimum": 0},
        "sms_verification": {"type": "string", "enum": ["none", "pending", "verified", "rejected"]},
        "points_used": {"type": "integer", "minimum": 0, "maximum": u32::MAX},
        "points_reset": {"type": "integer", "minimum": 0},
        "keys": {"type": "array", "items": {"type": "string"}}}});
    let body = checked(&schema, body)?;
    let db = &core.db;
    if let Some(limit) = body.get("plan_monthly_limit") {
        db.prepare_cached("UPDATE shops SET plan_monthly_limit = ? WHERE id = ?")?
            .execute(params![limit.as_i64(), shop.id])?;
    }
    if let Some(used) = body.get("plan_used") {
        db.prepare_cached("UPDATE shops SET plan_used = ?, plan_month = ? WHERE id = ?")?
            .execute(params![used.as_i64(), month(now), shop.id])?;
    }
    if let Some(state) = body.get("sms_verification") {
        db.prepare_cached("UPDATE shops SET sms_verification = ? WHERE id = ?")?
            .execute(params![state.as_str(), shop.id])?;
    }
    if let Some(Value::Array(keys)) = body.get("keys") {
        set_keys(core, shop, keys)?;
    }
    set_points(core, shop, &body, now);
    Ok(())
}

fn set_keys(core: &Core, shop: &Shop, keys: &[Value]) -> Result<(), Refusal> {
    core.db
        .prepare_cached("DELETE FROM api_keys WHERE shop_id = ?")?
        .execute([&shop.id])?;
    let mut insert = core
        .db
        .prepare_cached("INSERT OR IGNORE INTO api_keys (key, shop_id) VALUES (?, ?)")?;
    for (index, key) in keys.iter().filter_map(Value::as_str).enumerate() {
        insert.execute(params![key, shop.id])?;
        if core.shop_of_key(key)?.as_ref() != Some(shop) {
            return Err(Refusal::invalid(format!(
                "keys.{index} belongs to another shop"
            )));
        }
    }
    Ok(())
}

fn set_points(core: &mut Core, shop: &Shop, body: &Map<String, Value>, now: DateTime<Utc>) {
    let used = body.get("points_used").and_then(Value::as_u64);
    let reset = body.get("points_reset").and_then(Value::as_i64);
    if used.is_none() && reset.is_none() {
        return;
    }
    let now_ms = now.timestamp_millis();
    let config = &core.env.config;
    let points = core.points.entry(shop.id.clone()).or_default();
    let (current, current_reset) = points.state(now_ms, config);
    let used = used.map_or(current, |used| u32::try_from(used).unwrap_or(u32::MAX));
    points.set(now_ms, used, reset.unwrap_or(current_reset), config);
}

fn month(now: DateTime<Utc>) -> String {
    now.format("%Y-%m").to_string()
}
