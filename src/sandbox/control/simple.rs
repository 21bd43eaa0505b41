//! Health, reset, clock, knobs, faults, journal.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Call, checked};
use crate::sandbox::clock::{self, Move};
use crate::sandbox::core::{Core, Start, kind_named};
use crate::sandbox::faults::Rule;
use crate::sandbox::journal as entries;
use crate::sandbox::reply::{Refusal, Reply};

pub(super) fn health(core: &Core) -> Value {
    json!({"ok": true, "now": clock::text(core.now())})
}

/// Builds the dataset anew; what the body leaves out stays as it was.
pub(super) fn reset(core: &mut Core, call: &Call<'_>) -> Reply {
    let schema = json!({"properties": {
        "dataset": {"type": "string", "enum": ["shop", "fixture", "empty", "hostile"]},
        "number": {"type": "integer", "minimum": 0},
        "rng": {"type": "integer", "minimum": 0}}});
    let mut start: Start = core.start;
    if !call.body.is_empty() {
        let body = checked(&schema, call.body)?;
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        let named = body.get("dataset").and_then(Value::as_str);
        start = Start {
            dataset: named.and_then(kind_named).unwrap_or(start.dataset),
            number: number("number").unwrap_or(start.number),
            rng: number("rng").unwrap_or(start.rng),
        };
    }
    core.reset(start)?;
    Ok(health(core))
}

pub(super) fn clock(core: &Core) -> Value {
    json!({"now": clock::text(core.now()), "frozen": core.clock.frozen_ms.is_some()})
}

/// Moves the clock and does what has become due.
pub(super) fn move_clock(core: &mut Core, call: &Call<'_>) -> Reply {
    let schema = json!({"properties": {
        "advance_ms": {"type": "integer", "minimum": 0, "maximum": u32::MAX},
        "now": {"type": "string", "format": "date"},
        "frozen": {"type": "boolean"}}});
    let body = checked(&schema, call.body)?;
    let now = match body.get("now").and_then(Value::as_str) {
        None => None,
        Some(text) => Some(
            text.parse::<DateTime<Utc>>()
                .map_err(|_| Refusal::invalid("now must be a timestamp"))?,
        ),
    };
    let advance = body.get("advance_ms").and_then(Value::as_u64);
    let wish = Move {
        now,
        advance_ms: advance
            .and_then(|ms| u32::try_from(ms).ok())
            .unwrap_or_default(),
        frozen: body.get("frozen").and_then(Value::as_bool),
    };
    let before = core.clock;
    core.clock = before.moved(wish, Utc::now()).map_err(Refusal::invalid)?;
    let settled = core.in_transaction(|core| {
        core.settle(core.now())?;
        core.keep_clock()
    });
    if let Err(refusal) = settled {
        core.clock = before;
        return Err(refusal);
    }
    Ok(clock(core))
}

pub(super) fn config(core: &Core) -> Reply {
    Ok(serde_json::to_value(&core.env.config)?)
}

pub(super) fn patch_config(core: &mut Core, call: &Call<'_>) -> Reply {
    core.env.config = core
        .env
        .config
        .patched(call.body)
        .map_err(Refusal::invalid)?;
    core.keep_config()?;
    config(core)
}

pub(super) fn add_fault(core: &mut Core, call: &Call<'_>) -> Reply {
    let rule = Rule::parse(call.body).map_err(Refusal::invalid)?;
    Ok(json!({"id": core.faults.add(rule)}))
}

/// The entries after a number; what is due happens first and is among them.
pub(super) fn journal(core: &mut Core, call: &Call<'_>) -> Reply {
    let after = match call.query("after") {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::invalid("after must be an integer"))?,
    };
    let listed = core.in_transaction(|core| {
        core.settle(core.now())?;
        entries::list(&core.db, after, call.query("kind"))
    })?;
    Ok(json!({"entries": listed}))
}
