//! Rules of settings that compare fields or need records, and what a change of one switches along.
//!
//! A rule is checked when the patch names its block, on the settings as they will be.

use rusqlite::params;
use serde_json::{Map, Value, json};

use super::Capability;
use crate::sandbox::actions::shop::is_on;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

const PURCHASE_OPTION: &str = "/checkout/purchase_option/enabled";
const SPLIT_FULFILLMENT: &str = "/fulfillment/split_fulfillment/enabled";
const SPLIT_ORDER: &str = "/fulfillment/split_order/enabled";
const HOLD_ALL: &str = "/fulfillment/hold_all/enabled";
const AUTO_COLLECT: &str = "/payment/remaining_balance/auto_collect";

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// The block it is about.
    pub(super) block: Capability,
    path: &'static str,
    rule: String,
}

impl Broken {
    /// A rule of a field, which is named by its dotted path within the block.
    pub(super) fn new(block: Capability, path: &'static str, rule: impl Into<String>) -> Self {
        Self {
            block,
            path,
            rule: rule.into(),
        }
    }

    /// The API's text.
    pub(super) fn text(&self, only: Option<Capability>) -> String {
        let Self { block, path, rule } = self;
        if only == Some(*block) {
            format!("{path} {rule}")
        } else {
            format!("{}.{path} {rule}", block.text())
        }
    }
}

/// Switches along what the patch itself does not name.
pub(super) fn follow(after: &mut Value, patch: &Map<String, Value>) {
    let sent = Sent(patch);
    if text(after, "/products/source") != "collection" {
        put(after, "/products/collection_id", Value::Null);
    }
    if text(after, "/payment/type") == "full" && !sent.is_true(AUTO_COLLECT) {
        put(after, AUTO_COLLECT, json!(false));
    }
    if sent.is(PURCHASE_OPTION, false)
        && !sent.has("/delivery/type")
        && is_dated(text(after, "/delivery/type"))
    {
        put(after, "/delivery/type", json!("asap"));
    }
    if sent.is_true(PURCHASE_OPTION) && !sent.is_true(SPLIT_ORDER) {
        put(after, SPLIT_ORDER, json!(false));
    }
    match (sent.is_true(HOLD_ALL), sent.is_true(SPLIT_FULFILLMENT)) {
        (true, false) => put(after, SPLIT_FULFILLMENT, json!(false)),
        (false, true) => put(after, HOLD_ALL, json!(false)),
        (true, true) | (false, false) => {}
    }
    let kind = text(after, "/delivery/type").to_owned();
    if kind != "exact_time" {
        put(after, "/delivery/date", Value::Null);
    }
    if kind != "anchor" {
        put(after, "/delivery/after_days", Value::Null);
    }
}

/// One entry per broken rule, over all blocks that the patch names.
pub(super) fn broken(
    scope: &Scope<'_>,
    after: &Value,
    patch: &Map<String, Value>,
) -> Result<Vec<Broken>, Refusal> {
    let sent = Sent(patch);
    let mut out = Vec::new();
    for block in Capability::ALL {
        if !patch.contains_key(block.text()) {
            continue;
        }
        let mut fail = |path: &'static str, rule: &str| out.push(Broken::new(block, path, rule));
        match block {
            Capability::Products => products(after, &mut fail),
            Capability::Pricing => pricing(after, &mut fail),
            Capability::Payment => payment(after, &mut fail),
            Capability::Delivery => delivery(after, &mut fail),
            Capability::Fulfillment => fulfillment(after, &sent, &mut fail),
            Capability::Limits => limits(after, &mut fail),
            Capability::Markets => markets(scope, after, &mut fail)?,
            Capability::Checkout => checkout(after, &mut fail),
            Capability::Widget
            | Capability::Inventory
            | Capability::Translations
            | Capability::Tagging => {}
        }
    }
    let names_delivery = patch.contains_key("delivery") && !patch.contains_key("fulfillment");
    if names_delivery && lacks_asap(after) {
        out.push(Broken::new(
            Capability::Fulfillment,
            "split_fulfillment.enabled",
            NEEDS_ASAP,
        ));
    }
    Ok(out)
}

const FILLED: &str = "must be filled";
const NEEDS_ASAP: &str = "requires delivery type asap";

/// Tells a broken rule: the field's path within its block, and the rule.
type Fail<'a> = &'a mut dyn FnMut(&'static str, &str);

fn products(after: &Value, fail: Fail<'_>) {
    let needs = text(after, "/products/source") == "collection";
    if needs && is_null(after, "/products/collection_id") {
        fail("collection_id", FILLED);
    }
}

fn pricing(after: &Value, fail: Fail<'_>) {
    let kind = text(after, "/pricing/type");
    if kind == "percentage" && is_null(after, "/pricing/percentage") {
        fail("percentage", FILLED);
    }
    if kind == "fixed_amount" && is_null(after, "/pricing/amount") {
        fail("amount", FILLED);
    }
}

fn payment(after: &Value, fail: Fail<'_>) {
    if text(after, "/payment/type") == "full" {
        if is_on(after, AUTO_COLLECT) {
            fail(
                "remaining_balance.auto_collect",
                "requires payment type partial",
            );
        }
        return;
    }
    if !is_on(after, PURCHASE_OPTION) {
        fail(
            "type",
            "cannot be partial while the Shopify purchase option is off",
        );
    }
    let deposit = text(after, "/payment/deposit/type");
    if deposit == "percentage" && is_null(after, "/payment/deposit/percentage") {
        fail("deposit.percentage", FILLED);
    }
    if deposit == "price" && is_null(after, "/payment/deposit/amount") {
        fail("deposit.amount", FILLED);
    }
    match text(after, "/payment/remaining_balance/due_type") {
        "exact_time" if is_null(after, "/payment/remaining_balance/due_at") => {
            fail("remaining_balance.due_at", FILLED);
        }
        "time_after_checkout" if is_null(after, "/payment/remaining_balance/due_after_days") => {
            fail("remaining_balance.due_after_days", FILLED);
        }
        "" => fail("remaining_balance.due_type", FILLED),
        _ => {}
    }
}

fn delivery(after: &Value, fail: Fail<'_>) {
    let kind = text(after, "/delivery/type");
    if is_dated(kind) && !is_on(after, PURCHASE_OPTION) {
        fail("type", "must be one of: asap, unknown");
    }
    if kind == "exact_time" && is_null(after, "/delivery/date") {
        fail("date", FILLED);
    }
    if kind == "anchor" && is_null(after, "/delivery/after_days") {
        fail("after_days", FILLED);
    }
}

fn fulfillment(after: &Value, sent: &Sent<'_>, fail: Fail<'_>) {
    if sent.is_true(HOLD_ALL) && sent.is_true(SPLIT_FULFILLMENT) {
        fail(
            "hold_all.enabled",
            "and split_fulfillment.enabled exclude each other",
        );
    }
    if lacks_asap(after) {
        fail("split_fulfillment.enabled", NEEDS_ASAP);
    }
    if is_on(after, SPLIT_ORDER) && is_on(after, PURCHASE_OPTION) {
        fail(
            "split_order.enabled",
            "requires the Shopify purchase option to be off",
        );
    }
}

fn limits(after: &Value, fail: Fail<'_>) {
    let bound = |name: &str| after.pointer(&format!("/limits/per_order/{name}"));
    let least = bound("min").and_then(Value::as_i64);
    let most = bound("max").and_then(Value::as_i64);
    if let (Some(least), Some(most)) = (least, most)
        && most < least
    {
        let rule = format!("must be greater than or equal to {least}");
        fail("per_order.max", &rule);
    }
    if is_on(after, "/limits/terms/enabled") && is_null(after, "/limits/terms/text") {
        fail("terms.text", FILLED);
    }
}

fn markets(scope: &Scope<'_>, after: &Value, fail: Fail<'_>) -> Result<(), Refusal> {
    let ids = after
        .pointer("/markets/market_ids")
        .and_then(Value::as_array);
    let ids: Vec<i64> = ids
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect();
    if is_on(after, "/markets/enabled") && ids.is_empty() {
        fail("market_ids", "size cannot be less than 1");
    }
    let mut missing = Vec::new();
    for id in ids {
        let is_known = scope
            .db
            .prepare_cached("SELECT 1 FROM markets WHERE shop_id = ? AND shopify_market_id = ?")?
            .exists(params![scope.shop_id, id])?;
        if !is_known {
            missing.push(id.to_string());
        }
    }
    if !missing.is_empty() {
        let rule = format!("not found: {}", missing.join(", "));
        fail("market_ids", &rule);
    }
    Ok(())
}

fn checkout(after: &Value, fail: Fail<'_>) {
    if !is_on(after, PURCHASE_OPTION) && text(after, "/payment/type") == "partial" {
        fail(
            "purchase_option.enabled",
            "cannot be false with partial payment",
        );
    }
}

/// What the patch names, by pointers into the settings.
struct Sent<'a>(&'a Map<String, Value>);

impl Sent<'_> {
    fn get(&self, pointer: &str) -> Option<&Value> {
        let (block, rest) = pointer.strip_prefix('/')?.split_once('/')?;
        self.0.get(block)?.pointer(&format!("/{rest}"))
    }

    fn has(&self, pointer: &str) -> bool {
        self.get(pointer).is_some()
    }

    fn is(&self, pointer: &str, flag: bool) -> bool {
        self.get(pointer).and_then(Value::as_bool) == Some(flag)
    }

    fn is_true(&self, pointer: &str) -> bool {
        self.is(pointer, true)
    }
}

/// Delivery on a promised day, for which the cart must carry the purchase option.
fn is_dated(kind: &str) -> bool {
    matches!(kind, "anchor" | "exact_time")
}

fn lacks_asap(after: &Value) -> bool {
    is_on(after, SPLIT_FULFILLMENT) && text(after, "/delivery/type") != "asap"
}

/// A text of the settings; empty when it is null.
fn text<'a>(settings: &'a Value, pointer: &str) -> &'a str {
    settings
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn is_null(settings: &Value, pointer: &str) -> bool {
    settings.pointer(pointer).is_none_or(Value::is_null)
}

fn put(settings: &mut Value, pointer: &str, value: Value) {
    if let Some(field) = settings.pointer_mut(pointer) {
        *field = value;
    }
}
