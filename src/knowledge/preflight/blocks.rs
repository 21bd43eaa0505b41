//! State, variants, payment, and who is reached.

use serde_json::Value;

use super::{Facts, Findings, at, none, on, text};

/// Variants named one by one before they are only counted.
const NAMED: usize = 5;

pub(super) fn state(offer: &Value, findings: &mut Findings) {
    let starts = text(offer, "schedule.starts_at");
    let ends = text(offer, "schedule.ends_at");
    let state = text(offer, "state");
    findings.know(
        state == "disabled",
        "state",
        "disabled: not on the storefront",
    );
    findings.know(
        state == "scheduled",
        "state",
        format!("scheduled: goes live at {starts}"),
    );
    // The end of a disabled offer may be history.
    findings.know(
        !ends.is_empty() && state != "disabled",
        "schedule.ends_at",
        format!("ends by itself at {ends}"),
    );
    findings.mend(
        state == "scheduled" && !starts.is_empty() && !ends.is_empty() && ends <= starts,
        "schedule",
        format!("ends at {ends}, which is not after its start at {starts}"),
    );
}

pub(super) fn variants(facts: &Facts<'_>, findings: &mut Findings) {
    let count = at(facts.offer, "variants_count").as_u64();
    let none_listed = facts.variants.map_or(count == Some(0), <[Value]>::is_empty);
    findings.mend(
        none_listed,
        "products",
        "no variant is attached: nothing can be preordered",
    );
    let full = named(facts.variants.unwrap_or_default(), |row| {
        let sold = at(row, "preorder_units_sold").as_u64().unwrap_or(0);
        at(row, "preorder_max_count")
            .as_u64()
            .is_some_and(|cap| cap > 0 && sold >= cap)
    });
    findings.know(
        full.is_some(),
        "products.variants",
        format!(
            "at the cap, nothing more is sold: {}",
            full.unwrap_or_default()
        ),
    );
    let zero = named(facts.variants.unwrap_or_default(), |row| {
        at(row, "preorder_max_count").as_u64() == Some(0)
    });
    findings.mend(
        zero.is_some(),
        "products.variants",
        format!("a cap of 0 sells none: {}", zero.unwrap_or_default()),
    );
    let live = text(facts.offer, "state") == "enabled";
    let ours = text(facts.offer, "inventory.provider") != "shopify";
    let denied = named(facts.policies.unwrap_or_default(), |row| {
        let below = match (
            at(row, "preorder_count").as_u64(),
            at(row, "preorder_max_count").as_u64(),
        ) {
            (Some(count), Some(cap)) => count < cap,
            (Some(_) | None, None) | (None, Some(_)) => true,
        };
        text(row, "inventory_policy") == "DENY" && below
    });
    findings.mend(
        live && denied.is_some(),
        "products.variants",
        format!(
            "Shopify's stock policy is DENY although the offer is live: {}",
            denied.unwrap_or_default()
        ),
    );
    findings.know(
        !ours,
        "inventory.provider",
        "shopify: STOQ does not keep the stock policy in step with the offer",
    );
}

/// The rows of which something holds, by id, in words.
fn named(rows: &[Value], holds: impl Fn(&Value) -> bool) -> Option<String> {
    let ids: Vec<String> = rows
        .iter()
        .filter(|row| holds(row))
        .map(|row| at(row, "shopify_variant_id").to_string())
        .collect();
    let more = ids.len().saturating_sub(NAMED);
    let mut shown: Vec<String> = ids.into_iter().take(NAMED).collect();
    if shown.is_empty() {
        return None;
    }
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    Some(shown.join(", "))
}

pub(super) fn payment(offer: &Value, findings: &mut Findings) {
    if text(offer, "payment.type") != "partial" {
        return;
    }
    let deposit = match text(offer, "payment.deposit.type") {
        "price" => "payment.deposit.amount",
        _ => "payment.deposit.percentage",
    };
    findings.mend(
        none(offer, deposit),
        "payment.deposit",
        "partial payment without a deposit",
    );
    let missing = match text(offer, "payment.remaining_balance.due_type") {
        "exact_time" => none(offer, "payment.remaining_balance.due_at"),
        "time_after_checkout" => none(offer, "payment.remaining_balance.due_after_days"),
        _ => true,
    };
    findings.mend(
        missing,
        "payment.remaining_balance",
        "partial payment without a due date for the balance",
    );
    let (due, ships) = (
        text(offer, "payment.remaining_balance.due_at"),
        text(offer, "delivery.date"),
    );
    findings.mend(
        !due.is_empty() && !ships.is_empty() && due > ships,
        "payment.remaining_balance.due_at",
        format!("the balance is due at {due}, after the promised date {ships}"),
    );
    let collects = on(offer, "payment.remaining_balance.auto_collect");
    findings.know(
        collects,
        "payment.remaining_balance.auto_collect",
        "on: shoppers are charged by themselves when the balance is due",
    );
    findings.know(
        !collects,
        "payment.remaining_balance.auto_collect",
        "off: somebody has to charge each balance or send a payment link",
    );
    findings.know(
        !on(offer, "widget.billing_widget.enabled"),
        "widget.billing_widget.enabled",
        "off: the product page does not say what is paid now and what later",
    );
}

/// Markets, the cart's rules and how orders are fulfilled.
pub(super) fn reach(offer: &Value, findings: &mut Findings) {
    if on(offer, "markets.enabled") {
        let count = at(offer, "markets.market_ids")
            .as_array()
            .map_or(0, Vec::len);
        findings.mend(
            count == 0,
            "markets",
            "limited to markets, but none is named: it is sold nowhere",
        );
        findings.know(
            count > 0,
            "markets",
            format!("limited to {count} market(s): shoppers elsewhere do not see it"),
        );
    }
    let option = on(offer, "checkout.purchase_option.enabled");
    let dated = matches!(text(offer, "delivery.type"), "exact_time" | "anchor");
    let partial = text(offer, "payment.type") == "partial";
    findings.mend(
        !option && (dated || partial),
        "checkout.purchase_option.enabled",
        "off, but a deposit or a dated delivery needs it",
    );
    findings.mend(
        option && on(offer, "fulfillment.split_order.enabled"),
        "fulfillment.split_order.enabled",
        "on, but split orders need the purchase option off",
    );
    let split = on(offer, "fulfillment.split_fulfillment.enabled");
    findings.mend(
        split && text(offer, "delivery.type") != "asap",
        "fulfillment.split_fulfillment.enabled",
        "on, but it needs delivery type asap",
    );
    findings.mend(
        split && on(offer, "fulfillment.hold_all.enabled"),
        "fulfillment",
        "hold_all and split_fulfillment exclude each other",
    );
    let (min, max) = (
        at(offer, "limits.per_order.min").as_u64(),
        at(offer, "limits.per_order.max").as_u64(),
    );
    findings.mend(
        matches!((min, max), (Some(min), Some(max)) if max < min),
        "limits.per_order",
        "max is below min: nobody can order",
    );
}
