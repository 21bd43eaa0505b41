//! What the contract says of offers, their variants and the clock, told once more and plainly.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::super::upkeep::metafields::KEYS;
use super::{LABELS, MARKETS, MINUTE, OFFERS, Refused, Step, Time, named, offer_text, own_text};
use crate::sandbox::testing::v;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Off,
    Planned,
    Live,
}

/// An offer as the contract describes it.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) born: u32,
    pub(super) state: State,
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    /// Cap and text by variant.
    pub(super) holds: BTreeMap<usize, (Option<i64>, Option<String>)>,
    managed: bool,
    markets: BTreeSet<usize>,
    pub(super) text: Option<String>,
    pub(super) shared: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Variant {
    count: i64,
    by_market: BTreeMap<usize, i64>,
    pub(super) oversells: bool,
    /// Whether STOQ ever wrote its metafields.
    known: bool,
}

#[derive(Debug)]
pub(super) struct Model {
    now: i64,
    births: u32,
    pub(super) offers: [Option<Offer>; OFFERS],
    pub(super) variants: [Variant; LABELS.len()],
}

impl Model {
    /// A shop without offers, at an instant in milliseconds; the policies of its variants.
    pub(super) fn new(now: i64, oversells: [bool; LABELS.len()]) -> Self {
        Self {
            now,
            births: 0,
            offers: [None, None, None],
            variants: oversells.map(|oversells| Variant {
                oversells,
                ..Variant::default()
            }),
        }
    }

    fn live(&self, variant: usize) -> Vec<&Offer> {
        let mut out: Vec<&Offer> = self
            .offers
            .iter()
            .flatten()
            .filter(|offer| offer.state == State::Live && offer.holds.contains_key(&variant))
            .collect();
        out.sort_by_key(|offer| Reverse(offer.born));
        out
    }

    fn managed(&self, variant: usize) -> bool {
        self.live(variant).iter().any(|offer| offer.managed)
    }

    fn cap(&self, variant: usize) -> Option<i64> {
        let live = self.live(variant);
        let managed = live.into_iter().filter(|offer| offer.managed);
        managed.filter_map(|offer| offer.holds[&variant].0).min()
    }

    fn full(&self, variant: usize) -> bool {
        self.cap(variant)
            .is_some_and(|cap| self.variants[variant].count >= cap)
    }

    /// Rows 1 and 2 of the policy table.
    fn turn(&mut self, concerned: &[usize], change: impl FnOnce(&mut Self)) {
        let before: Vec<bool> = concerned
            .iter()
            .map(|variant| self.managed(*variant))
            .collect();
        change(self);
        for (variant, was_managed) in concerned.iter().zip(before) {
            let (managed, full) = (self.managed(*variant), self.full(*variant));
            let policy = &mut self.variants[*variant];
            policy.known = true;
            if full || (was_managed && !managed) {
                policy.oversells = false;
            } else if managed {
                policy.oversells = true;
            }
        }
    }

    /// Row 3.
    fn count(&mut self, concerned: &[usize], change: impl FnOnce(&mut Self)) {
        let before: Vec<bool> = concerned
            .iter()
            .map(|variant| self.full(*variant))
            .collect();
        change(self);
        for (variant, was_full) in concerned.iter().zip(before) {
            let (managed, full) = (self.managed(*variant), self.full(*variant));
            let policy = &mut self.variants[*variant];
            policy.known = true;
            if full && !was_full {
                policy.oversells = false;
            } else if was_full && !full && managed {
                policy.oversells = true;
            }
        }
    }

    fn held_by(&self, offer: usize) -> Vec<usize> {
        let offer = self.offers[offer].as_ref().unwrap();
        offer.holds.keys().copied().collect()
    }

    fn set(&mut self, offer: usize, change: impl FnOnce(&mut Offer)) {
        let held = self.held_by(offer);
        self.turn(&held, |model| change(model.offers[offer].as_mut().unwrap()));
    }

    /// Settings of a live offer reach its variants, those of another none.
    fn settle_settings(&mut self, offer: usize, change: impl FnOnce(&mut Offer)) {
        let is_live = self.offers[offer].as_ref().unwrap().state == State::Live;
        let held = if is_live {
            self.held_by(offer)
        } else {
            Vec::new()
        };
        self.count(&held, |model| change(model.offers[offer].as_mut().unwrap()));
    }

    fn wait(&mut self, minutes: i64) {
        let until = self.now + minutes * MINUTE;
        loop {
            let starts = (0..OFFERS).filter_map(|number| {
                let offer = self.offers[number].as_ref()?;
                let at = offer.start.filter(|_| offer.state == State::Planned)?;
                Some((at, 0, number))
            });
            let ends = (0..OFFERS).filter_map(|number| {
                let offer = self.offers[number].as_ref()?;
                let at = offer.end.filter(|_| offer.state == State::Live)?;
                Some((at, 1, number))
            });
            let next = starts.chain(ends).min();
            match next {
                Some((at, kind, number)) if at <= until => self.set(number, |offer| {
                    offer.state = if kind == 0 { State::Live } else { State::Off };
                }),
                Some(_) | None => break,
            }
        }
        self.now = until;
    }

    pub(super) fn take(&mut self, step: &Step) -> Result<(), Refused> {
        let refuse = |status: u16, text: &str| Err((status, vec![text.to_owned()]));
        if let Some(number) = named(step)
            && self.offers[number].is_none()
        {
            return refuse(404, "Offer not found");
        }
        let gone = "Product variant not found";
        match step {
            Step::Create(number) => {
                // One that is created later is also newer.
                self.wait(1);
                self.births += 1;
                self.offers[*number] = Some(Offer {
                    born: self.births,
                    state: State::Off,
                    start: None,
                    end: None,
                    holds: BTreeMap::new(),
                    managed: true,
                    markets: BTreeSet::new(),
                    text: None,
                    shared: true,
                });
            }
            Step::Enable(number) => {
                if self.offers[*number].as_ref().unwrap().state == State::Live {
                    return refuse(409, "Offer is already enabled. Call disable to stop it.");
                }
                let now = self.now;
                self.set(*number, |offer| {
                    offer.state = State::Live;
                    offer.start = None;
                    offer.end = offer.end.filter(|end| *end > now);
                });
            }
            Step::Disable(number) => {
                let offer = self.offers[*number].as_mut().unwrap();
                match offer.state {
                    State::Off => {
                        let text =
                            "Offer is already disabled. Call enable or schedule to start it.";
                        return refuse(409, text);
                    }
                    State::Planned => (offer.state, offer.start) = (State::Off, None),
                    State::Live => self.set(*number, |offer| {
                        (offer.state, offer.start) = (State::Off, None);
                    }),
                }
            }
            Step::Schedule(number, start, end) => return self.schedule(*number, *start, *end),
            Step::Delete(number) => {
                let held = self.held_by(*number);
                self.turn(&held, |model| model.offers[*number] = None);
            }
            Step::Add(number, variants) => {
                let holds = &self.offers[*number].as_ref().unwrap().holds;
                let wanted = distinct(variants);
                let taken: Vec<String> = wanted
                    .iter()
                    .filter(|variant| holds.contains_key(variant))
                    .map(|variant| v(LABELS[*variant]).to_string())
                    .collect();
                if !taken.is_empty() {
                    let text = format!("variant_ids already attached: {}", taken.join(", "));
                    return refuse(422, &text);
                }
                self.turn(&wanted, |model| {
                    let holds = &mut model.offers[*number].as_mut().unwrap().holds;
                    holds.extend(wanted.iter().map(|variant| (*variant, (None, None))));
                });
            }
            Step::Remove(number, variants, policy) => {
                let holds = &self.offers[*number].as_ref().unwrap().holds;
                let mut wanted = distinct(variants);
                wanted.retain(|variant| holds.contains_key(variant));
                if wanted.is_empty() {
                    return refuse(404, gone);
                }
                self.turn(&wanted, |model| {
                    let holds = &mut model.offers[*number].as_mut().unwrap().holds;
                    holds.retain(|variant, _| !wanted.contains(variant));
                });
                for variant in wanted {
                    let oversells = &mut self.variants[variant].oversells;
                    *oversells = policy.unwrap_or(*oversells);
                }
            }
            Step::Cap(number, variant, cap) => {
                if !self.held_by(*number).contains(variant) {
                    return refuse(404, gone);
                }
                self.count(&[*variant], |model| {
                    let offer = model.offers[*number].as_mut().unwrap();
                    offer.holds.get_mut(variant).unwrap().0 = *cap;
                });
            }
            Step::OwnText(number, variant, text) => {
                let offer = self.offers[*number].as_mut().unwrap();
                let Some(held) = offer.holds.get_mut(variant) else {
                    return refuse(404, gone);
                };
                held.1 = text.map(own_text);
            }
            Step::Managed(number, on) => self.settle_settings(*number, |offer| offer.managed = *on),
            Step::Limited(number, markets) => self.settle_settings(*number, |offer| {
                offer.markets = markets.iter().copied().collect();
            }),
            Step::Shipping(number, text, shared) => self.settle_settings(*number, |offer| {
                offer.text = text.map(offer_text);
                offer.shared = *shared;
            }),
            Step::Sell(variant, units, market) => self.count(&[*variant], |model| {
                let sold = &mut model.variants[*variant];
                sold.count = (sold.count + units).max(0);
                if let Some(market) = market {
                    let here = sold.by_market.entry(*market).or_default();
                    *here = (*here + units).max(0);
                }
            }),
            Step::Reset(variant) => {
                let mut offers = self.offers.iter().flatten();
                if !offers.any(|offer| offer.holds.contains_key(variant)) {
                    return refuse(404, gone);
                }
                self.count(&[*variant], |model| {
                    let sold = &mut model.variants[*variant];
                    sold.count = 0;
                    sold.by_market.clear();
                });
            }
            Step::Wait(minutes) => self.wait(*minutes),
        }
        Ok(())
    }

    fn schedule(&mut self, number: usize, start: Time, end: Time) -> Result<(), Refused> {
        let now = self.now;
        let offer = self.offers[number].as_mut().unwrap();
        if offer.state == State::Live && matches!(start, Time::In(_)) {
            let text = "Offer is enabled, a start cannot be set. Call disable first, or send only ends_at.";
            return Err((409, vec![text.to_owned()]));
        }
        let wanted = |time: Time, stored: Option<i64>| match time {
            Time::Keep => stored,
            Time::Clear => None,
            Time::In(minutes) => Some(now + minutes * MINUTE),
        };
        let (from, to) = (wanted(start, offer.start), wanted(end, offer.end));
        let mut texts = Vec::new();
        for (time, name) in [(start, "starts_at"), (end, "ends_at")] {
            if matches!(time, Time::In(minutes) if minutes <= 0) {
                texts.push(format!("{name} must be in the future"));
            }
        }
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            texts.push("ends_at must be after starts_at".to_owned());
        }
        if !texts.is_empty() {
            return Err((422, texts));
        }
        (offer.start, offer.end) = (from, to);
        if offer.state != State::Live {
            match start {
                Time::Keep => {}
                Time::Clear => offer.state = State::Off,
                Time::In(_) => offer.state = State::Planned,
            }
        }
        Ok(())
    }

    /// The text shoppers of a variant see in an offer.
    fn shown(offer: &Offer, variant: usize) -> Option<String> {
        let own = offer.holds[&variant].1.clone();
        let general = offer.text.clone();
        if offer.shared {
            general
        } else {
            own.or(general)
        }
    }

    /// The seven keys.
    pub(super) fn metafields(&self, variant: usize, plans: &[i64]) -> Value {
        let Variant {
            count,
            by_market,
            known,
            ..
        } = &self.variants[variant];
        if !known {
            let none = KEYS.map(|key| (key.to_owned(), Value::Null));
            return Value::Object(none.into_iter().collect());
        }
        let live = self.live(variant);
        let ids: Vec<i64> = live
            .iter()
            .map(|offer| plans[offer.born as usize - 1])
            .collect();
        let text = live.first().and_then(|offer| Self::shown(offer, variant));
        let mut maps: [BTreeMap<String, Value>; 3] = Default::default();
        for (number, market) in MARKETS.iter().enumerate() {
            let here: Vec<&&Offer> = live
                .iter()
                .filter(|offer| offer.markets.contains(&number))
                .collect();
            let Some(first) = here.first() else {
                continue;
            };
            let key = || market.to_string();
            let sold = by_market.get(&number).copied().unwrap_or_default();
            maps[0].insert(key(), json!(sold));
            let managed = here.iter().filter(|offer| offer.managed);
            if let Some(cap) = managed.filter_map(|offer| offer.holds[&variant].0).min() {
                maps[1].insert(key(), json!(cap));
            }
            if let Some(text) = Self::shown(first, variant) {
                maps[2].insert(key(), json!(text));
            }
        }
        let [counts, caps, texts] = maps.map(|map| (!map.is_empty()).then_some(map));
        json!({
            "selling_plan_ids": ids, "preorder_count": count, "preorder_max_count": self.cap(variant),
            "shipping_text": text.map(|text| json!({"91000000001": text})),
            "market_preorder_count": counts, "market_preorder_max_count": caps,
            "market_shipping_text": texts,
        })
    }
}

fn distinct(variants: &[usize]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    variants
        .iter()
        .copied()
        .filter(|variant| seen.insert(*variant))
        .collect()
}
