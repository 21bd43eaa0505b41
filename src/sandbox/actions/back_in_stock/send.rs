//! The send pipeline: what must hold before an alert is tried, what stops it, what it leaves behind.
//!
//! It asks neither stock nor batching; who starts sends decides that.

use rusqlite::params;
use serde_json::json;

use super::signup_row::SignupRow;
use super::terms::{Channel, Status};
use crate::sandbox::actions::shop::{Shop, is_on};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Why an alert was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The settings switched the channel off.
    ChannelDisabled,
    /// The SMS content check has not begun or not ended.
    SmsVerificationPending,
    /// The SMS content check said no.
    SmsVerificationRejected,
    /// The month's alerts are used up.
    PlanLimitReached,
}

impl Reason {
    /// The API's word.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::ChannelDisabled => "channel_disabled",
            Self::SmsVerificationPending => "sms_verification_pending",
            Self::SmsVerificationRejected => "sms_verification_rejected",
            Self::PlanLimitReached => "plan_limit_reached",
        }
    }
}

/// A logged try.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Its log row.
    pub(super) notification_id: String,
    /// What stopped it; `None` = sent.
    pub(super) stopped: Option<Reason>,
}

/// The shop's rules for a series of sends, its plan counter running along.
#[derive(Debug)]
pub(super) struct Sender {
    shop: Shop,
}

impl Sender {
    /// The rules as of now.
    pub(super) fn of(scope: &Scope<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            shop: Shop::of(scope)?,
        })
    }

    /// Why nothing may be tried at all, as the API says it.
    pub(super) fn refusal(&self, row: &SignupRow, allow_resend: bool) -> Option<&'static str> {
        let unconfirmed = self.optin_required() && row.optin_confirmed != Some(true);
        if row.status() == Status::Unsubscribed {
            Some("Signup is unsubscribed and cannot be notified")
        } else if unconfirmed {
            Some("Signup has not confirmed its opt-in")
        } else if row.notified_at.is_some() && !allow_resend {
            Some("Signup was already notified; pass allow_resend: true to send again")
        } else {
            None
        }
    }

    /// Whether the double opt-in is on.
    pub(super) fn optin_required(&self) -> bool {
        is_on(&self.shop.settings, "/compliance/optin_required")
    }

    /// Tries the alert and logs the try.
    pub(super) fn attempt(
        &mut self,
        scope: &mut Scope<'_>,
        row: &SignupRow,
    ) -> Result<Attempt, Refusal> {
        let stopped = self.gate(row.channel);
        let notification_id = scope.ids.uuid().to_string();
        log(scope, row, &notification_id, stopped)?;
        let change = match stopped {
            None => {
                "UPDATE signups SET notified_at = ?1, blocked_at = NULL, updated_at = ?1 WHERE id = ?2"
            }
            Some(_) => "UPDATE signups SET blocked_at = ?1, updated_at = ?1 WHERE id = ?2",
        };
        scope
            .db
            .prepare_cached(change)?
            .execute(params![scope.now_ms(), row.id])?;
        if stopped.is_none() && row.channel.is_counted() {
            self.shop.plan_used += 1;
            scope
                .db
                .prepare_cached("UPDATE shops SET plan_used = ? WHERE id = ?")?
                .execute(params![self.shop.plan_used, scope.shop_id])?;
        }
        let mut effect = json!({
            "kind": if stopped.is_none() { "send" } else { "send_blocked" },
            "signup_id": row.id,
            "notification_id": notification_id,
            "channel": row.channel.text(),
            "contact": row.contact(),
        });
        if let (Some(reason), Some(effect)) = (stopped, effect.as_object_mut()) {
            effect.insert("blocked_reason".to_owned(), reason.text().into());
        }
        scope.effects.push(effect);
        Ok(Attempt {
            notification_id,
            stopped,
        })
    }

    /// The first gate that stops an alert of the channel.
    fn gate(&self, channel: Channel) -> Option<Reason> {
        let shop = &self.shop;
        if !is_on(
            &shop.settings,
            &format!("/channels/{}/enabled", channel.text()),
        ) {
            return Some(Reason::ChannelDisabled);
        }
        if channel == Channel::Sms {
            match shop.sms_verification.as_str() {
                "verified" => {}
                "rejected" => return Some(Reason::SmsVerificationRejected),
                _ => return Some(Reason::SmsVerificationPending),
            }
        }
        let is_used_up = shop.plan_limit.is_some_and(|limit| shop.plan_used >= limit);
        (channel.is_counted() && is_used_up).then_some(Reason::PlanLimitReached)
    }
}

/// Writes the try with its contact and variant as they are now.
fn log(
    scope: &Scope<'_>,
    row: &SignupRow,
    notification_id: &str,
    stopped: Option<Reason>,
) -> Result<(), Refusal> {
    let now = scope.now_ms();
    scope
        .db
        .prepare_cached(
            "INSERT INTO notifications (id, shop_id, signup_id, customer_id, shopify_variant_id,
             shopify_product_id, variant_title, channel, contact, status, blocked_reason, sent_at,
             created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            notification_id,
            scope.shop_id,
            row.id,
            row.customer.id,
            row.variant.variant_id,
            row.variant.product_id,
            row.variant.title,
            row.channel.text(),
            row.contact(),
            if stopped.is_none() { "sent" } else { "blocked" },
            stopped.map(Reason::text),
            stopped.is_none().then_some(now),
            now
        ])?;
    Ok(())
}
