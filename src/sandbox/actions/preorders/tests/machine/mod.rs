//! The offers' state machine, policies and metafields against a small model, after every step of a
//! random day.

mod model;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use proptest::prelude::*;
use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use super::super::upkeep::{Watch, counts, metafields};
use super::{policy, selling_plans};
use crate::sandbox::actions::{self, instant};
use crate::sandbox::reply::Reply;
use crate::sandbox::scope::Args;
use crate::sandbox::seed::Kind;
use crate::sandbox::testing::{Bench, object, v};
use model::{Model, Offer, State};

const OFFERS: usize = 3;
/// Labels of the variants in play.
const LABELS: [usize; 4] = [1, 2, 4, 6];
const MARKETS: [i64; 2] = [91_000_000_001, 91_000_000_002];
const MINUTE: i64 = 60_000;

type Refused = (u16, Vec<String>);

/// A time in a schedule; minutes from now.
#[derive(Debug, Clone, Copy)]
enum Time {
    Keep,
    Clear,
    In(i64),
}

#[derive(Debug, Clone)]
enum Step {
    Create(usize),
    Enable(usize),
    Disable(usize),
    Schedule(usize, Time, Time),
    Delete(usize),
    Add(usize, Vec<usize>),
    Remove(usize, Vec<usize>, Option<bool>),
    Cap(usize, usize, Option<i64>),
    OwnText(usize, usize, Option<bool>),
    Managed(usize, bool),
    Limited(usize, Vec<usize>),
    Shipping(usize, Option<bool>, bool),
    Sell(usize, i64, Option<usize>),
    Reset(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let offer = || 0..OFFERS;
    let variant = || 0..LABELS.len();
    let variants = || prop::collection::vec(variant(), 1..4);
    let time = || {
        prop_oneof![
            2 => Just(Time::Keep),
            1 => Just(Time::Clear),
            4 => (-20..240_i64).prop_map(Time::In),
        ]
    };
    let maybe = || prop::option::of(any::<bool>());
    prop_oneof![
        1 => offer().prop_map(Step::Create),
        4 => offer().prop_map(Step::Enable),
        2 => offer().prop_map(Step::Disable),
        5 => (offer(), time(), time()).prop_map(|(offer, start, end)| Step::Schedule(offer, start, end)),
        1 => offer().prop_map(Step::Delete),
        5 => (offer(), variants()).prop_map(|(offer, variants)| Step::Add(offer, variants)),
        2 => (offer(), variants(), maybe())
            .prop_map(|(offer, variants, policy)| Step::Remove(offer, variants, policy)),
        4 => (offer(), variant(), prop::option::of(0..5_i64))
            .prop_map(|(offer, variant, cap)| Step::Cap(offer, variant, cap)),
        2 => (offer(), variant(), maybe())
            .prop_map(|(offer, variant, text)| Step::OwnText(offer, variant, text)),
        1 => (offer(), any::<bool>()).prop_map(|(offer, on)| Step::Managed(offer, on)),
        1 => (offer(), prop::collection::vec(0..MARKETS.len(), 0..3))
            .prop_map(|(offer, markets)| Step::Limited(offer, markets)),
        2 => (offer(), maybe(), any::<bool>())
            .prop_map(|(offer, text, shared)| Step::Shipping(offer, text, shared)),
        4 => (variant(), -2..4_i64, prop::option::of(0..MARKETS.len()))
            .prop_map(|(variant, units, market)| Step::Sell(variant, units, market)),
        1 => variant().prop_map(Step::Reset),
        4 => (1..120_i64).prop_map(Step::Wait),
    ]
}

/// The offer a step names in its path.
fn named(step: &Step) -> Option<usize> {
    match step {
        Step::Enable(number)
        | Step::Disable(number)
        | Step::Schedule(number, ..)
        | Step::Delete(number)
        | Step::Add(number, _)
        | Step::Remove(number, ..)
        | Step::Cap(number, ..)
        | Step::OwnText(number, ..)
        | Step::Managed(number, _)
        | Step::Limited(number, _)
        | Step::Shipping(number, ..) => Some(*number),
        Step::Create(_) | Step::Sell(..) | Step::Reset(_) | Step::Wait(_) => None,
    }
}

fn own_text(first: bool) -> String {
    if first {
        "Its own".to_owned()
    } else {
        " Later ".to_owned()
    }
}

fn offer_text(first: bool) -> String {
    if first {
        "In May".to_owned()
    } else {
        "In June".to_owned()
    }
}

/// Runs an action; nobody looks at the form of its answer, which takes long.
fn raw(bench: &mut Bench, name: &str, args: Value) -> Reply {
    let args = Args(object(args));
    let name = format!("preorders_{name}");
    bench.request(|scope| actions::run(&name, scope, &args).unwrap())
}

/// The shop that goes through the same day.
struct Day {
    bench: Bench,
    /// Id of the offer that each slot last had.
    ids: [String; OFFERS],
    /// Selling plans in order of creation.
    plans: Vec<i64>,
}

impl Day {
    fn take(&mut self, step: &Step) -> Result<(), Refused> {
        let id = named(step).map(|number| self.ids[number].clone());
        let ids = |variants: &[usize]| -> Vec<i64> {
            variants.iter().map(|variant| v(LABELS[*variant])).collect()
        };
        let (name, args) = match step {
            Step::Create(number) => {
                self.bench.advance(1);
                let offer =
                    raw(&mut self.bench, "offers_create", json!({"name": "Offer"})).unwrap();
                self.plans
                    .push(offer["shopify_selling_plan_id"].as_i64().unwrap());
                self.ids[*number] = offer["id"].as_str().unwrap().to_owned();
                return Ok(());
            }
            Step::Wait(minutes) => {
                self.bench.advance(*minutes);
                // Whatever is asked, what is due happens first.
                self.bench.request(|_| Ok(Value::Null)).unwrap();
                return Ok(());
            }
            Step::Sell(variant, units, market) => {
                let id = v(LABELS[*variant]);
                let market = market.map(|number| MARKETS[number]);
                let done = self.bench.request(|scope| {
                    let watch = Watch::on(scope, &[id])?;
                    counts::add(scope, id, market, *units)?;
                    watch.finish(scope)?;
                    Ok(Value::Null)
                });
                done.unwrap();
                return Ok(());
            }
            Step::Reset(variant) => (
                "product_variants_reset_metafields",
                json!({"variant_id": v(LABELS[*variant])}),
            ),
            Step::Enable(_) => ("offers_enable", json!({})),
            Step::Disable(_) => ("offers_disable", json!({})),
            Step::Delete(_) => ("offers_delete", json!({})),
            Step::Schedule(_, start, end) => {
                let mut args = json!({});
                for (name, time) in [("starts_at", start), ("ends_at", end)] {
                    match time {
                        Time::Keep => {}
                        Time::Clear => args[name] = Value::Null,
                        Time::In(minutes) => {
                            let at = self.bench.now.timestamp_millis() + minutes * MINUTE;
                            args[name] = json!(instant::print(at));
                        }
                    }
                }
                ("offers_schedule", args)
            }
            Step::Add(_, variants) => (
                "offers_products_add_variants",
                json!({"variant_ids": ids(variants)}),
            ),
            Step::Remove(_, variants, policy) => {
                let policy = policy.map(|oversells| if oversells { "CONTINUE" } else { "DENY" });
                let args = json!({"variant_ids": ids(variants), "inventory_policy": policy});
                ("offers_products_remove_variants", args)
            }
            Step::Cap(_, variant, cap) => (
                "offers_products_variants_update",
                json!({"variant_id": v(LABELS[*variant]), "preorder_max_count": cap}),
            ),
            Step::OwnText(_, variant, text) => (
                "offers_products_variants_update",
                json!({"variant_id": v(LABELS[*variant]), "shipping_text": text.map(own_text)}),
            ),
            Step::Managed(_, on) => {
                let provider = if *on { "stoq" } else { "shopify" };
                ("offers_inventory_update", json!({"provider": provider}))
            }
            Step::Limited(_, markets) => {
                let ids: BTreeSet<i64> = markets.iter().map(|number| MARKETS[*number]).collect();
                (
                    "offers_markets_update",
                    json!({"enabled": !ids.is_empty(), "market_ids": ids}),
                )
            }
            Step::Shipping(_, text, shared) => (
                "offers_delivery_update",
                json!({"shipping_text": text.map(offer_text), "applies_to_all_products": shared}),
            ),
        };
        let mut args = args;
        if let Some(id) = id {
            args["id"] = json!(id);
        }
        let reply = raw(&mut self.bench, name, args);
        reply.map(drop).map_err(|refusal| {
            let texts = serde_json::from_value(refusal.body()["errors"].clone()).unwrap();
            (refusal.status(), texts)
        })
    }

    /// State, times and variants of an offer as the tables hold them; none when it is gone.
    fn offer(&self, number: usize) -> Option<Value> {
        let text: Option<String> = self
            .bench
            .db
            .prepare_cached(
                "SELECT json_array(state, starts_at, ends_at, json((
                   SELECT json_group_array(json_array(shopify_variant_id, preorder_max_count,
                     shipping_text) ORDER BY shopify_variant_id)
                   FROM offer_variants WHERE offer_id = id)))
                 FROM offers WHERE id = ? AND deleted_at IS NULL",
            )
            .unwrap()
            .query_row([&self.ids[number]], |row| row.get(0))
            .optional()
            .unwrap();
        text.map(|text| serde_json::from_str(&text).unwrap())
    }

    fn compare(&self, model: &Model) {
        for (number, offer) in model.offers.iter().enumerate() {
            let expected = offer.as_ref().map(|offer| {
                let state = match offer.state {
                    State::Off => "disabled",
                    State::Planned => "scheduled",
                    State::Live => "enabled",
                };
                let rows: Vec<Value> = offer
                    .holds
                    .iter()
                    .map(|(variant, (cap, text))| json!([v(LABELS[*variant]), cap, text]))
                    .collect();
                json!([state, offer.start, offer.end, rows])
            });
            assert_eq!(self.offer(number), expected, "offer {number}");
        }
        for (variant, sold) in model.variants.iter().enumerate() {
            let label = LABELS[variant];
            let expected = if sold.oversells { "CONTINUE" } else { "DENY" };
            assert_eq!(policy(&self.bench, label), expected, "policy of V{label}");
            let shop_id = "5b0e0000-0000-4000-8000-000000000001";
            let stored = metafields::stored(&self.bench.db, shop_id, v(label)).unwrap();
            assert_eq!(
                Value::Object(stored),
                model.metafields(variant, &self.plans),
                "metafields of V{label}"
            );
        }
        let mut live: Vec<&Offer> = model
            .offers
            .iter()
            .flatten()
            .filter(|offer| offer.state == State::Live)
            .collect();
        live.sort_by_key(|offer| Reverse(offer.born));
        let expected: Vec<Value> = live
            .iter()
            .map(|offer| {
                let ids: Vec<i64> = offer
                    .holds
                    .keys()
                    .map(|variant| v(LABELS[*variant]))
                    .collect();
                json!([
                    self.plans[offer.born as usize - 1],
                    ids,
                    offer.text,
                    offer.shared
                ])
            })
            .collect();
        let plans: Vec<Value> = selling_plans(&self.bench)
            .as_array()
            .unwrap()
            .iter()
            .map(|plan| {
                json!([
                    plan["shopify_selling_plan_id"],
                    plan["variant_ids"],
                    plan["shipping_text"],
                    plan["shipping_applies_to_all_products"]
                ])
            })
            .collect();
        assert_eq!(plans, expected, "shop metafield");
    }
}

fn live_through(steps: &[Step]) {
    let bench = Bench::of(Kind::Empty);
    let oversells = LABELS.map(|label| policy(&bench, label) == "CONTINUE");
    let mut model = Model::new(bench.now.timestamp_millis(), oversells);
    let mut day = Day {
        bench,
        ids: Default::default(),
        plans: Vec::new(),
    };
    let opening = (0..OFFERS).map(Step::Create).collect::<Vec<_>>();
    for step in opening.iter().chain(steps) {
        // A slot is taken again once its offer was deleted.
        if matches!(step, Step::Create(number) if model.offers[*number].is_some()) {
            continue;
        }
        let expected = model.take(step);
        assert_eq!(day.take(step), expected, "{step:?}");
        day.compare(&model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn offers_do_what_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        live_through(&steps);
    }
}
