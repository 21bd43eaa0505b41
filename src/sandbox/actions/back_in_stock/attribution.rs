//! Which sent alert an order is credited to, and how sure that is.

use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use crate::sandbox::actions::money;
use crate::sandbox::actions::sale::{Line, Sale};
use crate::sandbox::actions::shop::{is_on, settings};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Days after the alert in which an order is probably its doing.
const MEDIUM_DAYS: i64 = 7;
/// Days after the alert in which it may be.
const LOW_DAYS: i64 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confidence {
    High,
    Medium,
    Low,
}

impl Confidence {
    const fn text(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }

    /// Of an order so long after the alert; `None` when it is not credited at all.
    const fn of(age_ms: i64, utm: bool) -> Option<Self> {
        if utm {
            Some(Self::High)
        } else if age_ms <= MEDIUM_DAYS * DAY_MS {
            Some(Self::Medium)
        } else if age_ms <= LOW_DAYS * DAY_MS {
            Some(Self::Low)
        } else {
            None
        }
    }

    /// Whether reports count it.
    const fn is_counted(self) -> bool {
        match self {
            Self::High | Self::Medium => true,
            Self::Low => false,
        }
    }
}

/// The alert a line is credited to.
#[derive(Debug)]
struct Credit {
    signup_id: String,
    notification_id: String,
    sent_at: i64,
    revenue_minor: i64,
}

/// Writes the order and its attributions, and answers them as the control plane shows them.
pub(in crate::sandbox) fn take(scope: &mut Scope<'_>, order: &Sale) -> Result<Vec<Value>, Refusal> {
    scope
        .db
        .prepare_cached(
            "INSERT INTO orders (shop_id, shopify_order_id, ordered_at) VALUES (?, ?, ?)",
        )?
        .execute(params![scope.shop_id, order.id, order.ordered_at])?;
    let settings = settings(scope)?;
    let is_tagging = is_on(&settings, "/tagging/order_tag/enabled");
    let mut is_tagged = false;
    let mut attributions = Vec::new();
    for credit in credits(scope, order)? {
        let age = order.ordered_at.saturating_sub(credit.sent_at);
        let Some(confidence) = Confidence::of(age, order.utm) else {
            continue;
        };
        let tagged = is_tagging && confidence.is_counted();
        is_tagged |= tagged;
        write(scope, order, &credit, confidence, tagged)?;
        attributions.push(json!({
            "signup_id": credit.signup_id,
            "notification_id": credit.notification_id,
            "confidence": confidence.text(),
            "revenue": money::print(credit.revenue_minor),
            "tagged": tagged,
        }));
    }
    if is_tagged {
        scope.effects.push(json!({
            "kind": "order_tagged",
            "shopify_order_id": order.id,
            "tag": settings.pointer("/tagging/order_tag/value"),
        }));
    }
    Ok(attributions)
}

/// The credited signups in the order of the lines, each once with the revenue of all its lines.
fn credits(scope: &Scope<'_>, order: &Sale) -> Result<Vec<Credit>, Refusal> {
    let mut credits: Vec<Credit> = Vec::new();
    for line in &order.lines {
        let Some(found) = latest_alert(scope, order, line)? else {
            continue;
        };
        let known = credits
            .iter_mut()
            .find(|credit| credit.signup_id == found.signup_id);
        match known {
            Some(credit) => {
                credit.revenue_minor = credit.revenue_minor.saturating_add(found.revenue_minor);
                if found.sent_at > credit.sent_at {
                    credit.notification_id = found.notification_id;
                    credit.sent_at = found.sent_at;
                }
            }
            None => credits.push(found),
        }
    }
    Ok(credits)
}

/// The latest alert for the line's variant that reached the buyer before the order.
fn latest_alert(scope: &Scope<'_>, order: &Sale, line: &Line) -> Result<Option<Credit>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT n.signup_id, n.id, n.sent_at
             FROM notifications n CROSS JOIN customers c ON c.id = n.customer_id
             WHERE n.shop_id = ?1 AND n.shopify_variant_id = ?2 AND n.status = 'sent'
               AND n.sent_at <= ?3
               AND (c.email = ?4 OR c.phone = ?5 OR c.shopify_customer_id = ?6)
             ORDER BY n.sent_at DESC, n.id DESC LIMIT 1",
        )?
        .query_row(
            params![
                scope.shop_id,
                line.variant_id,
                order.ordered_at,
                order.email,
                order.phone,
                order.shopify_customer_id
            ],
            |row| {
                Ok(Credit {
                    signup_id: row.get(0)?,
                    notification_id: row.get(1)?,
                    sent_at: row.get(2)?,
                    revenue_minor: line.revenue(),
                })
            },
        )
        .optional()?)
}

fn write(
    scope: &mut Scope<'_>,
    order: &Sale,
    credit: &Credit,
    confidence: Confidence,
    tagged: bool,
) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached(
            "INSERT INTO attributions (shop_id, shopify_order_id, signup_id, notification_id,
             confidence, revenue_minor, ordered_at, tagged) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            scope.shop_id,
            order.id,
            credit.signup_id,
            credit.notification_id,
            confidence.text(),
            credit.revenue_minor,
            order.ordered_at,
            tagged
        ])?;
    scope.effects.push(json!({
        "kind": "attribution",
        "shopify_order_id": order.id,
        "signup_id": credit.signup_id,
        "notification_id": credit.notification_id,
        "confidence": confidence.text(),
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_falls_with_age_and_the_utm_lifts_it() {
        let of = |days: i64, more: i64, utm| Confidence::of(days * DAY_MS + more, utm);
        assert_eq!(of(0, 0, false), Some(Confidence::Medium));
        assert_eq!(of(7, 0, false), Some(Confidence::Medium));
        assert_eq!(of(7, 1, false), Some(Confidence::Low));
        assert_eq!(of(30, 0, false), Some(Confidence::Low));
        assert_eq!(of(30, 1, false), None);
        assert_eq!(of(400, 0, true), Some(Confidence::High));
    }
}
