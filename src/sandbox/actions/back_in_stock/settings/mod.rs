//! The shop's settings: five blocks, read and patched one by one or all together.
//!
//! The defaults and the stored object have every key, so the stored object is the shape that a patch
//! is laid over: keys it does not have are unknown and ignored.

mod rules;

use rusqlite::params;
use serde_json::{Map, Value, json};

use super::waitlist;
use crate::sandbox::actions::overlay::overlay;
use crate::sandbox::actions::shop::{self, is_on};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// A block of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// Which channels send alerts.
    Channels,
    /// How automatic alerts are sent.
    Delivery,
    /// The double opt-in.
    Compliance,
    /// The tag of recovered orders.
    Tagging,
    /// Merchant alerts and report mails.
    Alerts,
}

impl Block {
    /// Reads the API's word.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "channels" => Some(Self::Channels),
            "delivery" => Some(Self::Delivery),
            "compliance" => Some(Self::Compliance),
            "tagging" => Some(Self::Tagging),
            "alerts" => Some(Self::Alerts),
            _ => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Channels => "channels",
            Self::Delivery => "delivery",
            Self::Compliance => "compliance",
            Self::Tagging => "tagging",
            Self::Alerts => "alerts",
        }
    }
}

/// One block, or all five.
pub(super) fn read(scope: &Scope<'_>, block: Option<Block>) -> Reply {
    let settings = shop::settings(scope)?;
    Ok(part(&settings, block))
}

/// Lays a patch over one block, or over any mix of blocks; writes all of it or nothing.
pub(super) fn update(scope: &mut Scope<'_>, block: Option<Block>, args: &Args) -> Reply {
    let patch = match block {
        None => args.0.clone(),
        Some(block) => Map::from_iter([(block.text().to_owned(), Value::Object(args.0.clone()))]),
    };
    let before = shop::settings(scope)?;
    let mut after = before.clone();
    overlay(&mut after, &patch);
    if let Some(Value::String(email)) = after.pointer_mut("/alerts/recipient_email") {
        *email = email.to_lowercase();
    }
    let texts = rules::broken(scope, &after, &patch, block.is_none())?;
    if !texts.is_empty() {
        return Err(Refusal::Invalid(texts));
    }
    if after != before {
        write(scope, &before, &after)?;
    }
    Ok(part(&after, block))
}

fn part(settings: &Value, block: Option<Block>) -> Value {
    match block {
        None => settings.clone(),
        Some(block) => settings.get(block.text()).cloned().unwrap_or_default(),
    }
}

/// Stores the settings and what a change of them brings about.
fn write(scope: &mut Scope<'_>, before: &Value, after: &Value) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached("UPDATE shops SET settings = ? WHERE id = ?")?
        .execute(params![after.to_string(), scope.shop_id])?;
    let was_on = is_on(before, "/channels/sms/enabled");
    if is_on(after, "/channels/sms/enabled") && !was_on {
        begin_sms_check(scope)?;
    }
    if before.pointer("/alerts/waitlist_alert") != after.pointer("/alerts/waitlist_alert") {
        waitlist::forget(scope)?;
    }
    let blocks: Vec<&String> = after
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, block)| before.get(name.as_str()) != Some(block))
        .map(|(name, _)| name)
        .collect();
    scope
        .effects
        .push(json!({"kind": "settings_written", "blocks": blocks}));
    Ok(())
}

/// The first activation starts the content check; a check that began is never begun again.
fn begin_sms_check(scope: &Scope<'_>) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached(
            "UPDATE shops SET sms_verification = 'pending' WHERE id = ? AND sms_verification = 'none'",
        )?
        .execute(params![scope.shop_id])?;
    Ok(())
}

#[cfg(test)]
mod tests;
