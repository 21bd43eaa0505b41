//! The settings of a plan: one flat list in v1, twelve blocks in v2. The table here is the map
//! between them, both ways and for the names in texts.

use serde_json::{Map, Value, json};

use crate::sandbox::actions::instant::{print_millis, read};

/// How a value of v2 stands in v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Alike.
    Same,
    /// A decimal string there, a number here.
    Money,
    /// An instant: whole seconds there, milliseconds here.
    Instant,
    /// An integer there, digits here.
    Digits,
    /// An array there, one text here.
    Tags,
}

/// A field of v1, its path in v2 and its form.
type Field = (&'static str, &'static str, Form);

/// Fields that are read and written.
const SHOWN: [Field; 42] = [
    (
        "billing_at",
        "payment.remaining_balance.due_at",
        Form::Instant,
    ),
    (
        "billing_after_n_intervals",
        "payment.remaining_balance.due_after_days",
        Form::Same,
    ),
    (
        "billing_checkout_charge_type",
        "payment.deposit.type",
        Form::Same,
    ),
    (
        "billing_checkout_charge_amount",
        "payment.deposit.amount",
        Form::Money,
    ),
    (
        "billing_checkout_charge_percentage",
        "payment.deposit.percentage",
        Form::Same,
    ),
    ("billing_title", "widget.billing_widget.title", Form::Same),
    (
        "billing_description",
        "widget.billing_widget.description",
        Form::Same,
    ),
    ("delivery_type", "delivery.type", Form::Same),
    ("delivery_at", "delivery.date", Form::Instant),
    (
        "delivery_after_n_intervals",
        "delivery.after_days",
        Form::Same,
    ),
    (
        "inventory_reserve_type",
        "inventory.reserve_type",
        Form::Same,
    ),
    ("inventory_provider", "inventory.provider", Form::Same),
    ("pricing_type", "pricing.type", Form::Same),
    ("pricing_amount", "pricing.amount", Form::Money),
    ("pricing_percentage", "pricing.percentage", Form::Same),
    ("discount_text", "pricing.discount_text", Form::Same),
    ("quantity_limit_text", "limits.total.text", Form::Same),
    ("preorder_button_text", "widget.button.text", Form::Same),
    (
        "preorder_button_text_color",
        "widget.button.text_color",
        Form::Same,
    ),
    (
        "preorder_button_background_color",
        "widget.button.background_color",
        Form::Same,
    ),
    (
        "preorder_button_colors_enabled",
        "widget.button.colors_enabled",
        Form::Same,
    ),
    (
        "preorder_discounted_price_enabled",
        "pricing.discounted_price.enabled",
        Form::Same,
    ),
    (
        "preorder_button_description",
        "widget.disclaimer.text",
        Form::Same,
    ),
    (
        "preorder_button_description_background_color",
        "widget.disclaimer.background_color",
        Form::Same,
    ),
    (
        "preorder_button_description_text_color",
        "widget.disclaimer.text_color",
        Form::Same,
    ),
    (
        "preorder_button_description_border_radius",
        "widget.disclaimer.border_radius",
        Form::Digits,
    ),
    (
        "preorder_button_description_quantity_limit_suffix",
        "widget.disclaimer.quantity_limit_suffix",
        Form::Same,
    ),
    (
        "preorder_button_description_shipping_text_prefix",
        "widget.disclaimer.shipping_text_prefix",
        Form::Same,
    ),
    (
        "preorder_button_description_show_quantity_limit",
        "widget.disclaimer.show_quantity_limit",
        Form::Same,
    ),
    (
        "preorder_button_description_show_shipping",
        "widget.disclaimer.show_shipping",
        Form::Same,
    ),
    ("preorder_badge_enabled", "widget.badge.enabled", Form::Same),
    ("preorder_badge_text", "widget.badge.text", Form::Same),
    (
        "preorder_badge_text_color",
        "widget.badge.text_color",
        Form::Same,
    ),
    (
        "preorder_badge_background_color",
        "widget.badge.background_color",
        Form::Same,
    ),
    (
        "preorder_shipping_text",
        "delivery.preorder_shipping_text",
        Form::Same,
    ),
    ("shipping_text", "delivery.shipping_text", Form::Same),
    (
        "shipping_line_item_property_enabled",
        "delivery.line_item_property.enabled",
        Form::Same,
    ),
    (
        "shipping_applies_to_all_products",
        "delivery.applies_to_all_products",
        Form::Same,
    ),
    ("preorder_tags", "tagging.order_tags", Form::Tags),
    ("product_variants_source", "products.source", Form::Same),
    (
        "product_variants_source_id",
        "products.collection_id",
        Form::Same,
    ),
    (
        "use_shopify_selling_plan",
        "checkout.purchase_option.enabled",
        Form::Same,
    ),
];

/// Fields that are only written.
const TAKEN: [Field; 3] = [
    (
        "auto_collect_payment",
        "payment.remaining_balance.auto_collect",
        Form::Same,
    ),
    ("markets_enabled", "markets.enabled", Form::Same),
    ("shopify_market_ids", "markets.market_ids", Form::Same),
];

/// Says when the balance is due: one field of v1, two of v2.
const BILLING: &str = "billing_type";
const PAYMENT: &str = "payment.type";
const DUE: &str = "payment.remaining_balance.due_type";
/// The billing without a balance.
const FULL: &str = "no_remaining_balance";

/// What tags are told apart by, and joined with a blank behind it.
const TAG_END: char = ',';
/// Most tags of an offer, and most letters of one, as v2 bounds them.
const MOST_TAGS: usize = 50;
const MOST_OF_TAG: usize = 40;
/// Largest radius, as v2 bounds it.
const MOST_RADIUS: i64 = 100;

/// The settings of an offer as v1 shows them.
pub(super) fn print(blocks: &Value) -> Map<String, Value> {
    let at = |path: &str| blocks.pointer(&pointer(path));
    let due = at(DUE).filter(|_| at(PAYMENT).and_then(Value::as_str) == Some("partial"));
    let billing = due.and_then(Value::as_str).unwrap_or(FULL);
    let mut out = Map::from_iter([
        (BILLING.to_owned(), json!(billing)),
        // Intervals are days, so their unit is no setting.
        ("billing_after_interval_type".to_owned(), json!("day")),
        ("delivery_after_interval_type".to_owned(), json!("day")),
    ]);
    for (name, path, form) in SHOWN {
        let value = at(path).map(|value| form.shown(value));
        out.insert(name.to_owned(), value.unwrap_or_default());
    }
    out
}

/// The blocks that sent settings change, as a patch of v2.
///
/// # Errors
/// What v2 bounds and the contract of v1 does not.
pub(super) fn patch(sent: &Map<String, Value>) -> Result<Map<String, Value>, Vec<String>> {
    let mut patch = Map::new();
    let mut broken = Vec::new();
    match sent.get(BILLING).and_then(Value::as_str) {
        Some(FULL) => put(&mut patch, PAYMENT, json!("full")),
        Some(due) => {
            put(&mut patch, PAYMENT, json!("partial"));
            put(&mut patch, DUE, json!(due));
        }
        None => {}
    }
    for (name, path, form) in SHOWN.iter().chain(&TAKEN) {
        let Some(value) = sent.get(*name) else {
            continue;
        };
        match form.taken(value) {
            Ok(value) => put(&mut patch, path, value),
            Err(rules) => broken.extend(rules.iter().map(|rule| field(name, rule))),
        }
    }
    if broken.is_empty() {
        Ok(patch)
    } else {
        Err(broken)
    }
}

/// A text of v2 about the field as v1 was sent it; what v1 has no field for keeps its path.
pub(super) fn translated(text: &str) -> String {
    let Some((path, rule)) = text.split_once(' ') else {
        return text.to_owned();
    };
    if path == PAYMENT || path == DUE {
        return field(BILLING, &format!(" {rule}"));
    }
    let mut all = SHOWN.iter().chain(&TAKEN);
    match all.find(|(_, of_v2, _)| *of_v2 == path) {
        Some((name, ..)) => field(name, &format!(" {rule}")),
        None => text.to_owned(),
    }
}

/// A broken rule of a field; the rule begins with a blank, or with a place in the field.
fn field(name: &str, rule: &str) -> String {
    format!("selling_plan.{name}{rule}")
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

/// Sets a field of nested blocks by its path.
fn put(blocks: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            blocks.insert(path.to_owned(), value);
        }
        Some((block, rest)) => {
            let inner = blocks
                .entry(block)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

impl Form {
    /// A value of v2 as v1 shows it.
    fn shown(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Money, Value::String(text)) => number(text),
            (Self::Instant, Value::String(text)) => json!(read(text).map(print_millis)),
            (Self::Digits, Value::Number(number)) => json!(number.to_string()),
            (Self::Tags, Value::Array(tags)) => {
                let tags: Vec<&str> = tags.iter().filter_map(Value::as_str).collect();
                json!(tags.join(&format!("{TAG_END} ")))
            }
            (
                Self::Same | Self::Money | Self::Instant | Self::Digits | Self::Tags,
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_),
            ) => value.clone(),
        }
    }

    /// A value of v1 as v2 takes it, or the rules it breaks, for behind the field's name.
    fn taken(self, value: &Value) -> Result<Value, Vec<String>> {
        match self {
            // Money is taken as a number, an instant with its offset.
            Self::Same | Self::Money | Self::Instant => Ok(value.clone()),
            Self::Digits => {
                let radius = value.as_str().and_then(|text| text.parse::<i64>().ok());
                match radius.filter(|radius| *radius <= MOST_RADIUS) {
                    Some(radius) => Ok(json!(radius)),
                    None => Err(vec![format!(
                        " must be less than or equal to {MOST_RADIUS}"
                    )]),
                }
            }
            Self::Tags => tags(value.as_str().unwrap_or_default()),
        }
    }
}

/// Money as a number, without a fraction when it has none.
fn number(text: &str) -> Value {
    let short = text.strip_suffix(".00").unwrap_or(text);
    serde_json::from_str(short).unwrap_or_default()
}

/// The tags of one text; blanks around them and empty ones do not count.
fn tags(text: &str) -> Result<Value, Vec<String>> {
    let tags: Vec<&str> = text
        .split(TAG_END)
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .collect();
    if tags.len() > MOST_TAGS {
        return Err(vec![format!(" size cannot be greater than {MOST_TAGS}")]);
    }
    let long = tags
        .iter()
        .enumerate()
        .filter(|(_, tag)| tag.chars().count() > MOST_OF_TAG)
        .map(|(index, _)| format!(".{index} length cannot be greater than {MOST_OF_TAG}"));
    let long: Vec<String> = long.collect();
    if long.is_empty() {
        Ok(json!(tags))
    } else {
        Err(long)
    }
}
