//! What shoppers read: every text with its token, and what the token needs.

use serde_json::Value;

use super::{Facts, Findings, at, blank, none, on, text};

const DATE: &str = "{{ date }}";
const QUANTITY: &str = "{{ quantity }}";
const DISCOUNT: &str = "{{ discount }}";
const SOLD: &str = "{{ sold }}";

/// Each text of an offer that takes a token, the token, and its key among the translations.
const TOKENS: [(&str, &str, &str); 3] = [
    (
        "delivery.preorder_shipping_text",
        DATE,
        "preorder_shipping_text",
    ),
    ("limits.total.text", QUANTITY, "quantity_limit_text"),
    ("pricing.discount_text", DISCOUNT, "discount_text"),
];

/// Texts without tokens.
const PLAIN: [&str; 7] = [
    "delivery.shipping_text",
    "widget.badge.text",
    "widget.button.text",
    "widget.disclaimer.text",
    "widget.billing_widget.title",
    "widget.billing_widget.description",
    "limits.terms.text",
];

pub(super) fn limits(facts: &Facts<'_>, findings: &mut Findings) {
    let offer = facts.offer;
    let shown = text(offer, "limits.total.text");
    let display = text(offer, "limits.total.display");
    let displays = matches!(display, "text" | "progress_bar");
    let in_disclaimer = on(offer, "widget.disclaimer.show_quantity_limit");
    let capped = facts.variants.map(|rows| {
        rows.iter()
            .any(|row| at(row, "preorder_max_count").is_u64())
    });
    findings.mend(
        displays && !shown.contains(QUANTITY) && !shown.contains(SOLD),
        "limits.total.text",
        format!("the display is {display}, but the text has neither `{QUANTITY}` nor `{SOLD}`"),
    );
    findings.mend(
        (displays || in_disclaimer) && capped == Some(false),
        "limits.total",
        "units left are to be shown, but no variant has a cap",
    );
    findings.know(
        !displays && !in_disclaimer && capped == Some(true),
        "limits.total.display",
        "variants have caps, but shoppers are not shown what is left",
    );
    findings.mend(
        on(offer, "limits.terms.enabled") && blank(offer, "limits.terms.text"),
        "limits.terms.text",
        "terms are on without a text",
    );
    findings.know(
        on(offer, "limits.terms.required") && !on(offer, "limits.terms.enabled"),
        "limits.terms.required",
        "required, but terms are off: nobody is asked",
    );
}

pub(super) fn delivery(offer: &Value, findings: &mut Findings) {
    let kind = text(offer, "delivery.type");
    let dated = matches!(kind, "exact_time" | "anchor");
    findings.mend(
        kind == "exact_time" && none(offer, "delivery.date"),
        "delivery.date",
        "delivery on a fixed date without the date",
    );
    findings.mend(
        kind == "anchor" && none(offer, "delivery.after_days"),
        "delivery.after_days",
        "delivery some days after checkout without their number",
    );
    let promised = text(offer, "delivery.preorder_shipping_text");
    findings.mend(
        promised.contains(DATE) && !dated,
        "delivery.preorder_shipping_text",
        format!("has `{DATE}`, but delivery type {kind} has no date"),
    );
    findings.know(
        dated && !promised.contains(DATE),
        "delivery.preorder_shipping_text",
        format!("there is a date, but no `{DATE}` tells it to shoppers"),
    );
    findings.mend(
        !dated && blank(offer, "delivery.shipping_text"),
        "delivery.shipping_text",
        "no date and no text: shoppers are not told when it ships",
    );
    findings.know(
        at(offer, "delivery.applies_to_all_products") == &Value::Bool(false),
        "delivery.applies_to_all_products",
        "false: a variant's own shipping text is shown instead of the offer's",
    );
}

pub(super) fn pricing(offer: &Value, findings: &mut Findings) {
    let shown = text(offer, "pricing.discount_text");
    let value = match text(offer, "pricing.type") {
        "percentage" => Some("pricing.percentage"),
        "fixed_amount" => Some("pricing.amount"),
        _ => None,
    };
    match value {
        Some(value) => {
            findings.mend(
                none(offer, value),
                "pricing",
                format!("a discount without its value in `{value}`"),
            );
            findings.know(
                !shown.contains(DISCOUNT),
                "pricing.discount_text",
                format!("there is a discount, but no `{DISCOUNT}` tells it to shoppers"),
            );
        }
        None => findings.mend(
            shown.contains(DISCOUNT),
            "pricing.discount_text",
            format!("has `{DISCOUNT}`, but there is no discount"),
        ),
    }
}

pub(super) fn widget(offer: &Value, findings: &mut Findings) {
    findings.mend(
        on(offer, "widget.badge.enabled") && blank(offer, "widget.badge.text"),
        "widget.badge.text",
        "the badge is on without a text",
    );
    for path in PLAIN {
        findings.mend(
            text(offer, path).contains("{{"),
            path,
            "has a placeholder that is not replaced there: shoppers see it as it stands",
        );
    }
    for (path, token, _) in TOKENS {
        let rest = text(offer, path).replace(token, "").replace(SOLD, "");
        findings.mend(
            rest.contains("{{"),
            path,
            "has a placeholder that is not known there: shoppers see it as it stands",
        );
    }
}

/// Every locale keeps the tokens of the base text.
pub(super) fn translations(offer: &Value, findings: &mut Findings) {
    let locales = at(offer, "translations.locales").as_object();
    for (locale, texts) in locales.into_iter().flatten() {
        for (path, token, key) in TOKENS {
            let Some(translated) = texts.get(key).and_then(Value::as_str) else {
                continue;
            };
            findings.mend(
                text(offer, path).contains(token) && !translated.contains(token),
                "translations.locales",
                format!("{locale}: `{key}` lost its `{token}`"),
            );
        }
    }
}
