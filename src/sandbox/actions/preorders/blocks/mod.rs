//! The settings of an offer: twelve capabilities, each a block of fields (vendor docs: Offer
//! capabilities).
//!
//! The defaults and the stored object have every writable field, so the stored object is the shape
//! that a patch is laid over: names it does not have are unknown and ignored.

mod defaults;
mod forms;
mod rules;

use serde_json::{Map, Value};

use crate::sandbox::actions::overlay::overlay;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;
pub(in crate::sandbox) use defaults::defaults;

/// A group of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum Capability {
    /// Badge, button, payment box and disclaimer.
    Widget,
    /// Where its variants come from.
    Products,
    /// The discount.
    Pricing,
    /// Deposit and balance.
    Payment,
    /// When it ships.
    Delivery,
    /// Holds and splits.
    Fulfillment,
    /// Who keeps the stock.
    Inventory,
    /// What a shopper may order, and under which terms.
    Limits,
    /// Where it is sold.
    Markets,
    /// Texts in other languages.
    Translations,
    /// Tags of its orders.
    Tagging,
    /// Which carts and counters take it.
    Checkout,
}

impl Capability {
    /// All, in the order the API shows them.
    pub(in crate::sandbox::actions) const ALL: [Self; 12] = [
        Self::Widget,
        Self::Products,
        Self::Pricing,
        Self::Payment,
        Self::Delivery,
        Self::Fulfillment,
        Self::Inventory,
        Self::Limits,
        Self::Markets,
        Self::Translations,
        Self::Tagging,
        Self::Checkout,
    ];

    /// Reads the API's word.
    pub(in crate::sandbox::actions) fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|capability| capability.text() == text)
    }

    /// The API's word.
    pub(in crate::sandbox::actions) const fn text(self) -> &'static str {
        match self {
            Self::Widget => "widget",
            Self::Products => "products",
            Self::Pricing => "pricing",
            Self::Payment => "payment",
            Self::Delivery => "delivery",
            Self::Fulfillment => "fulfillment",
            Self::Inventory => "inventory",
            Self::Limits => "limits",
            Self::Markets => "markets",
            Self::Translations => "translations",
            Self::Tagging => "tagging",
            Self::Checkout => "checkout",
        }
    }
}

/// The settings with a patch laid over them: what it switches along switched too, everything in the
/// form it is stored in. The patch holds blocks by name; `only` is the block of a patch that was sent
/// to one.
///
/// # Errors
/// All broken rules, over all blocks. Paths begin with the block's name but in the block it was
/// sent to.
pub(in crate::sandbox::actions) fn patched(
    scope: &Scope<'_>,
    stored: &Value,
    patch: &Map<String, Value>,
    only: Option<Capability>,
) -> Result<Value, Refusal> {
    let mut after = stored.clone();
    overlay(&mut after, patch);
    lay_locales(&mut after, patch);
    let mut broken = forms::store(&mut after);
    rules::follow(&mut after, patch);
    broken.extend(rules::broken(scope, &after, patch)?);
    if broken.is_empty() {
        return Ok(after);
    }
    broken.sort_by_key(|broken| Capability::ALL.iter().position(|one| *one == broken.block));
    let texts = broken.iter().map(|broken| broken.text(only)).collect();
    Err(Refusal::Invalid(texts))
}

/// The names of the blocks in which two settings differ.
pub(in crate::sandbox::actions) fn changed(before: &Value, after: &Value) -> Vec<Capability> {
    Capability::ALL
        .into_iter()
        .filter(|capability| before.get(capability.text()) != after.get(capability.text()))
        .collect()
}

/// Locales are an open map: new ones join, null takes one away, and within a locale null takes a
/// text away.
fn lay_locales(after: &mut Value, patch: &Map<String, Value>) {
    let sent = patch
        .get("translations")
        .and_then(|block| block.get("locales"))
        .and_then(Value::as_object);
    let (Some(sent), Some(Value::Object(locales))) =
        (sent, after.pointer_mut("/translations/locales"))
    else {
        return;
    };
    for (locale, texts) in sent {
        let Value::Object(texts) = texts else {
            locales.shift_remove(locale);
            continue;
        };
        let stored = locales
            .entry(locale.as_str())
            .or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(stored) = stored else {
            continue;
        };
        for (key, text) in texts {
            if text.is_null() {
                stored.shift_remove(key);
            } else {
                stored.insert(key.clone(), text.clone());
            }
        }
    }
}
