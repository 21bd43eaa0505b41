//! What happened, for tests to check against: one entry per request and per background effect.

use chrono::DateTime;
use rusqlite::{Connection, named_params, params};
use serde_json::{Value, json};

use super::clock;
use super::reply::Refusal;

/// One entry before it has its number.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    /// Domain of the shop; none for background work and requests without a key.
    pub(super) shop: Option<&'a str>,
    /// Verb; none for background work.
    pub(super) method: Option<&'a str>,
    /// Absolute path without the query; none for background work.
    pub(super) path: Option<&'a str>,
    /// Code the client was sent, also when the connection closed before it arrived; none when the
    /// request was never answered.
    pub(super) status: Option<u16>,
    /// Points charged.
    pub(super) points: Option<u32>,
    /// Names of the faults that fired.
    pub(super) fault: Option<String>,
    /// Committed effects.
    pub(super) effects: Vec<Value>,
}

/// Writes one entry.
pub(super) fn record(db: &Connection, at_ms: i64, entry: &Entry<'_>) -> Result<(), Refusal> {
    let effects = serde_json::to_string(&entry.effects)?;
    db.prepare_cached(
        "INSERT INTO journal (at, shop, method, path, status, points, fault, effects)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        at_ms,
        entry.shop,
        entry.method,
        entry.path,
        entry.status,
        entry.points,
        entry.fault,
        effects
    ])?;
    Ok(())
}

/// Writes background effects, each as an entry of its own.
pub(super) fn record_background(
    db: &Connection,
    at_ms: i64,
    effects: Vec<Value>,
) -> Result<(), Refusal> {
    for effect in effects {
        let entry = Entry {
            effects: vec![effect],
            ..Entry::default()
        };
        record(db, at_ms, &entry)?;
    }
    Ok(())
}

/// The entries after a number, oldest first; with a kind, those that have such an effect.
pub(super) fn list(db: &Connection, after: i64, kind: Option<&str>) -> Result<Vec<Value>, Refusal> {
    let mut statement = db.prepare_cached(
        "SELECT seq, at, shop, method, path, status, points, fault, effects FROM journal
         WHERE seq > :after AND (:kind IS NULL OR EXISTS (
           SELECT 1 FROM json_each(effects) WHERE json_extract(value, '$.kind') = :kind))
         ORDER BY seq",
    )?;
    let mut rows = statement.query(named_params! {":after": after, ":kind": kind})?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let effects: Value = serde_json::from_str(&row.get::<_, String>("effects")?)?;
        let at = DateTime::from_timestamp_millis(row.get("at")?).map(clock::text);
        out.push(json!({
            "seq": row.get::<_, i64>("seq")?,
            "at": at,
            "shop": row.get::<_, Option<String>>("shop")?,
            "method": row.get::<_, Option<String>>("method")?,
            "path": row.get::<_, Option<String>>("path")?,
            "status": row.get::<_, Option<u16>>("status")?,
            "points": row.get::<_, Option<u32>>("points")?,
            "fault": row.get::<_, Option<String>>("fault")?,
            "effects": effects,
        }));
    }
    Ok(out)
}
