//! Reads a body of the control plane field by field and collects what is wrong with it.

use std::ops::RangeInclusive;

use rusqlite::params;
use serde_json::{Map, Value};

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Largest id that is exact in JSON.
const MOST_ID: i64 = (1 << 53) - 1;

/// A body being read.
#[derive(Debug)]
pub(super) struct Form<'a> {
    body: &'a Map<String, Value>,
    /// Where the body lies inside the whole, e.g. `lines.0.`.
    prefix: String,
    texts: Vec<String>,
}

impl<'a> Form<'a> {
    /// The whole body.
    pub(super) const fn of(body: &'a Map<String, Value>) -> Self {
        Self {
            body,
            prefix: String::new(),
            texts: Vec::new(),
        }
    }

    /// A part of the body; hand it back with [`Form::absorb`].
    pub(super) const fn part(body: &'a Map<String, Value>, prefix: String) -> Self {
        Self {
            body,
            prefix,
            texts: Vec::new(),
        }
    }

    /// Takes over what a part found wrong.
    pub(super) fn absorb(&mut self, part: Form<'_>) {
        self.texts.extend(part.texts);
    }

    /// Notes a broken rule about a field of this part.
    pub(super) fn refuse(&mut self, text: &str) {
        self.texts.push(format!("{}{text}", self.prefix));
    }

    /// Refuses when anything was wrong.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.texts.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(self.texts))
        }
    }

    /// A present field; null is absent.
    pub(super) fn value(&mut self, name: &str, is_required: bool) -> Option<&'a Value> {
        let value = self.body.get(name).filter(|value| !value.is_null());
        if value.is_none() && is_required {
            self.refuse(&format!("{name} is missing"));
        }
        value
    }

    /// An integer inside its bounds.
    pub(super) fn integer(
        &mut self,
        name: &str,
        bounds: RangeInclusive<i64>,
        is_required: bool,
    ) -> Option<i64> {
        let value = self.value(name, is_required)?;
        let Some(number) = value.as_i64() else {
            self.refuse(&format!("{name} must be an integer"));
            return None;
        };
        let text = if number < *bounds.start() {
            format!("{name} must be greater than or equal to {}", bounds.start())
        } else if number > *bounds.end() {
            format!("{name} must be less than or equal to {}", bounds.end())
        } else {
            return Some(number);
        };
        self.refuse(&text);
        None
    }

    /// A Shopify id.
    pub(super) fn shopify_id(&mut self, name: &str, is_required: bool) -> Option<i64> {
        self.integer(name, 1..=MOST_ID, is_required)
    }

    /// A filled text.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.value(name, false)?;
        match value.as_str().map(str::trim) {
            None => self.refuse(&format!("{name} must be a string")),
            Some("") => self.refuse(&format!("{name} must be filled")),
            Some(text) => return Some(text),
        }
        None
    }

    /// One of some words.
    pub(super) fn one_of(&mut self, name: &str, words: &[&str]) -> Option<&'a str> {
        let text = self.text(name)?;
        if !words.contains(&text) {
            self.refuse(&format!("{name} must be one of: {}", words.join(", ")));
        }
        Some(text)
    }

    /// A switch; absent is off.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        let Some(value) = self.value(name, false) else {
            return false;
        };
        value.as_bool().unwrap_or_else(|| {
            self.refuse(&format!("{name} must be boolean"));
            false
        })
    }
}

/// Whether the shop has a variant.
pub(super) fn is_variant(scope: &Scope<'_>, id: i64) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM variants WHERE shop_id = ? AND shopify_variant_id = ?")?
        .exists(params![scope.shop_id, id])?)
}

/// Whether the shop has a market.
pub(super) fn is_market(scope: &Scope<'_>, id: i64) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM markets WHERE shop_id = ? AND shopify_market_id = ?")?
        .exists(params![scope.shop_id, id])?)
}

/// Whether the shop has a location.
pub(super) fn is_location(scope: &Scope<'_>, id: i64) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM locations WHERE shop_id = ? AND shopify_location_id = ?")?
        .exists(params![scope.shop_id, id])?)
}
