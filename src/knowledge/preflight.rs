//! The pre-flight check of an offer: what is missing or contradicts itself, from the offer as the
//! API gives it. The rules are those of the capability blocks (vendor docs: Offer capabilities).

mod blocks;
#[cfg(test)]
mod tests;
mod texts;

use std::fmt;

use serde_json::Value;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// The offer cannot do what it says.
    Mend,
    /// Worth knowing.
    Know,
}

/// One thing about an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// The setting it is about.
    pub at: &'static str,
    /// What is wrong or worth knowing.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`: {}", self.at, self.what)
    }
}

/// What is known of an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// The offer with all its blocks.
    pub offer: &'a Value,
    /// Its variants with cap and text; nothing when they could not be read.
    pub variants: Option<&'a [Value]>,
    /// The same variants as Shopify has them; nothing when they could not be read.
    pub policies: Option<&'a [Value]>,
}

/// Collects what the rules find.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn mend(&mut self, holds: bool, at: &'static str, what: impl Into<String>) {
        self.add(holds, Weight::Mend, at, what.into());
    }

    fn know(&mut self, holds: bool, at: &'static str, what: impl Into<String>) {
        self.add(holds, Weight::Know, at, what.into());
    }

    fn add(&mut self, holds: bool, weight: Weight, at: &'static str, what: String) {
        if holds {
            self.0.push(Finding { weight, at, what });
        }
    }
}

/// Checks an offer; what must be mended stands first.
pub(crate) fn check(facts: Facts<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    blocks::state(facts.offer, &mut findings);
    blocks::variants(&facts, &mut findings);
    texts::limits(&facts, &mut findings);
    texts::delivery(facts.offer, &mut findings);
    blocks::payment(facts.offer, &mut findings);
    texts::pricing(facts.offer, &mut findings);
    blocks::reach(facts.offer, &mut findings);
    texts::widget(facts.offer, &mut findings);
    texts::translations(facts.offer, &mut findings);
    let mut found = findings.0;
    found.sort_by_key(|finding| finding.weight);
    found
}

/// The value at a dotted path; null when there is none.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

fn on(value: &Value, path: &str) -> bool {
    at(value, path).as_bool() == Some(true)
}

fn none(value: &Value, path: &str) -> bool {
    at(value, path).is_null()
}

/// Whether a setting holds nothing to show.
fn blank(value: &Value, path: &str) -> bool {
    text(value, path).trim().is_empty()
}
