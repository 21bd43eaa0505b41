//! The twelve offers of the shop: a table of what was offered when, on which terms, and how far it got.

use serde_json::{Value, json};

use super::super::clock::Clock;
use super::terms::{Collect, Delivery, Deposit, Due, Payment, Pricing, Terms};

/// What an offer holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goods {
    /// The whole shop.
    All,
    /// A collection of the shop.
    Collection(i64),
    /// Products by title.
    Titles(&'static [&'static str]),
}

/// Where an offer stands. Instants are unix seconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// It ended by itself.
    Ended(i64),
    /// The merchant took it off.
    Stopped(i64),
    /// It is on; with an end, or without.
    Running(Option<i64>),
    /// It starts and ends by itself.
    Planned(i64, i64),
}

/// How far the orders of an offer got, oldest first, in parts of a thousand; the rest is as checkout
/// left it. Where the clock collects, it decides who has paid of those that were neither shipped nor released.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) fulfilled: usize,
    pub(super) released: usize,
    pub(super) collected: usize,
    /// When the goods came in, unix seconds.
    pub(super) arrived: i64,
}

/// One offer.
pub(super) struct Campaign {
    pub(super) name: &'static str,
    pub(super) internal_name: Option<&'static str>,
    pub(super) goods: Goods,
    pub(super) terms: Terms,
    pub(super) stage: Stage,
    /// When it was made, unix seconds.
    pub(super) created: i64,
    /// Orders of a thousand.
    pub(super) demand: usize,
    pub(super) progress: Progress,
    /// Variants sold out to the last unit of their caps; `None`: no caps at all.
    pub(super) at_cap: Option<usize>,
    /// The only market it is for.
    pub(super) market: Option<i64>,
    /// Tags of its orders.
    pub(super) tags: &'static [&'static str],
    /// Further settings.
    pub(super) settings: Vec<(&'static str, Value)>,
}

impl Campaign {
    /// When orders could come: first and last second.
    pub(super) fn open(&self, now: i64) -> (i64, i64) {
        let until = match self.stage {
            Stage::Ended(at) | Stage::Stopped(at) => at - 1,
            Stage::Running(_) => now,
            Stage::Planned(_, _) => i64::MIN,
        };
        (self.created + 1, until)
    }
}

/// Products by collection: what just came from the kiln, linen, knitwear, camp, gifts.
pub(super) const COLLECTIONS: [(i64, &[&str]); 5] = [
    (KILN, &["Stoneware Dinner Plates, Set of 4", "Everyday Stoneware Mug", "Ramen Bowl Pair",
        "Speckled Serving Platter", "Lidded Salt Cellar"]),
    (LINEN, &["Linen Kitchen Apron", "Washed Linen Duvet Cover", "Linen Pillowcase Pair"]),
    (289_000_000_103, &["Merino Crew Sweater", "Lambswool Beanie", "Ribbed Wool Socks", "Herringbone Wool Scarf"]),
    (289_000_000_104, &["Ridgeline 2-Person Tent", "Down Sleeping Bag 20F", "Folding Camp Chair", "Titanium Cookset",
        "Rechargeable Headlamp"]),
    (289_000_000_105, &["Beeswax Candle Trio", "Hearth Gift Box", "Wildflower Honey", "Stoneware Pour-Over Set"]),
];
const KILN: i64 = 289_000_000_101;
const LINEN: i64 = 289_000_000_102;
pub(super) const CANADA: i64 = 91_000_000_002;

const NOTHING: Progress = Progress { fulfilled: 0, released: 0, collected: 0, arrived: 0 };

/// The table, oldest first.
pub(super) fn campaigns(clock: Clock) -> Vec<Campaign> {
    // Days ago, and the hour of that day; days to come are negative.
    let at = |days: i64, hour: i64| clock.days_ago(days) + hour * 3_600;
    let mut all = past(&at);
    all.extend(running(&at));
    all.extend(planned(&at));
    all
}

/// What is over.
fn past(at: &impl Fn(i64, i64) -> i64) -> Vec<Campaign> {
    vec![
        Campaign {
            name: "Harvest knitwear preorder",
            internal_name: Some("Autumn / knitwear"),
            goods: Goods::Titles(&["Lambswool Beanie", "Herringbone Wool Scarf", "Ribbed Wool Socks", "Quilted Gilet"]),
            terms: Terms {
                pricing: Pricing::Percent(10),
                payment: Payment::Full,
                delivery: Delivery::On(at(60, 0)),
            },
            stage: Stage::Ended(at(74, 22)),
            created: at(131, 9),
            demand: 95,
            progress: Progress { fulfilled: 860, released: 140, collected: 0, arrived: at(63, 14) },
            at_cap: None,
            market: None,
            tags: &["preorder", "harvest"],
            settings: Vec::new(),
        },
        Campaign {
            name: "Founders' week",
            internal_name: None,
            goods: Goods::All,
            terms: Terms { pricing: Pricing::Off(500), payment: Payment::Full, delivery: Delivery::Asap },
            stage: Stage::Ended(at(96, 22)),
            created: at(112, 8),
            demand: 75,
            progress: Progress { fulfilled: 900, released: 100, collected: 0, arrived: at(90, 15) },
            at_cap: None,
            market: None,
            tags: &["founders-week"],
            settings: vec![("/widget/badge/text", json!("Founders' week"))],
        },
        Campaign {
            name: "Dutch Oven, first firing",
            internal_name: Some("Kiln / ovens / batch 1"),
            goods: Goods::Titles(&["Enamelled Dutch Oven"]),
            terms: Terms {
                pricing: Pricing::Plain,
                payment: Payment::Partial(Deposit::Percent(0), Due::After(30), Collect::ByHand),
                delivery: Delivery::After(45),
            },
            stage: Stage::Stopped(at(40, 11)),
            created: at(121, 16),
            demand: 90,
            progress: Progress { fulfilled: 290, released: 250, collected: 60, arrived: at(33, 13) },
            at_cap: None,
            market: None,
            tags: &["preorder"],
            settings: vec![
                ("/widget/billing_widget/title", json!("Pay nothing today")),
                ("/widget/billing_widget/description", json!("We write to you 30 days after your order.")),
            ],
        },
    ]
}

/// What is on.
fn running(at: &impl Fn(i64, i64) -> i64) -> Vec<Campaign> {
    let mut all = running_camp(at);
    all.extend(running_home(at));
    all
}

fn running_camp(at: &impl Fn(i64, i64) -> i64) -> Vec<Campaign> {
    vec![
        Campaign {
            name: "Sleeping bags, winter batch",
            internal_name: Some("Larch / bags / winter"),
            goods: Goods::Titles(&["Down Sleeping Bag 20F", "Folding Camp Chair"]),
            terms: Terms {
                pricing: Pricing::Percent(10),
                payment: Payment::Partial(Deposit::Percent(25), Due::At(at(-16, 9)), Collect::ByItself),
                delivery: Delivery::On(at(-38, 0)),
            },
            stage: Stage::Running(Some(at(-20, 22))),
            created: at(116, 10),
            demand: 185,
            progress: Progress { fulfilled: 0, released: 0, collected: 120, arrived: at(-38, 0) },
            at_cap: Some(2),
            market: None,
            tags: &["preorder", "winter-batch"],
            settings: vec![
                ("/limits/total", json!({"display": "progress_bar", "text": "{{ sold }} of the batch are gone"})),
                ("/limits/per_order", json!({"min": null, "max": 4})),
                (
                    "/limits/terms",
                    json!({"enabled": true, "text": "I agree to wait for delivery.", "required": true}),
                ),
                ("/widget/disclaimer/show_quantity_limit", json!(true)),
                ("/widget/disclaimer/quantity_limit_suffix", json!(" left in this batch")),
            ],
        },
        Campaign {
            name: "Rain Shell, spring colours",
            internal_name: Some("Larch / shells / spring"),
            goods: Goods::Titles(&["Trail Rain Shell"]),
            terms: Terms {
                pricing: Pricing::Plain,
                payment: Payment::Partial(Deposit::Price(4_000), Due::After(30), Collect::ByItself),
                delivery: Delivery::After(60),
            },
            stage: Stage::Running(None),
            created: at(95, 15),
            demand: 130,
            progress: Progress { fulfilled: 150, released: 150, collected: 0, arrived: at(24, 12) },
            at_cap: Some(2),
            market: None,
            tags: &["preorder"],
            settings: vec![(
                "/translations/locales",
                json!({
                    "fr": {"preorder_button_text": "Commander en avance", "preorder_badge_text": "Précommande",
                        "billing_title": "40 $ aujourd’hui"},
                    "de": {"preorder_button_text": "Jetzt vorbestellen", "preorder_badge_text": "Vorbestellung"},
                }),
            )],
        },
        Campaign {
            name: "Field goods, wave 2",
            internal_name: Some("Spring / jackets / wave 2"),
            goods: Goods::Titles(&["Canvas Field Jacket", "Waxed Chore Coat", "Alder Wool Throw"]),
            terms: Terms {
                pricing: Pricing::Percent(20),
                payment: Payment::Partial(Deposit::Percent(30), Due::At(at(-25, 9)), Collect::ByItself),
                delivery: Delivery::On(at(-45, 0)),
            },
            stage: Stage::Running(Some(at(-24, 22))),
            created: at(36, 9),
            demand: 60,
            progress: Progress { fulfilled: 0, released: 0, collected: 150, arrived: at(-45, 0) },
            at_cap: Some(1),
            market: None,
            tags: &["preorder", "field-goods"],
            settings: vec![
                ("/delivery/applies_to_all_products", json!(false)),
                ("/delivery/line_item_property/enabled", json!(true)),
                ("/widget/button/colors_enabled", json!(true)),
                ("/widget/button/background_color", json!("#0B5D3B")),
                (
                    "/translations/locales",
                    json!({"fr-CA": {"preorder_button_text": "Précommander", "discount_text": "{{ discount }} de rabais"}}),
                ),
            ],
        },
    ]
}

fn running_home(at: &impl Fn(i64, i64) -> i64) -> Vec<Campaign> {
    vec![
        Campaign {
            name: "New from the kiln",
            internal_name: None,
            goods: Goods::Collection(KILN),
            terms: Terms { pricing: Pricing::Plain, payment: Payment::Full, delivery: Delivery::Unknown },
            stage: Stage::Running(None),
            created: at(108, 13),
            demand: 112,
            progress: Progress { fulfilled: 240, released: 350, collected: 0, arrived: at(19, 10) },
            at_cap: None,
            market: None,
            tags: &["preorder", "kiln"],
            settings: vec![("/widget/disclaimer/text", json!("Each piece is fired by hand."))],
        },
        Campaign {
            name: "Kettle and grinder restock",
            internal_name: Some("Kiln / coffee"),
            goods: Goods::Titles(&["Gooseneck Kettle", "Hand Coffee Grinder", "Chef's Knife, 8 in"]),
            terms: Terms { pricing: Pricing::Off(1_200), payment: Payment::Full, delivery: Delivery::Asap },
            stage: Stage::Running(Some(at(-12, 22))),
            created: at(71, 12),
            demand: 80,
            progress: Progress { fulfilled: 250, released: 350, collected: 0, arrived: at(15, 9) },
            at_cap: None,
            market: None,
            tags: &[],
            settings: vec![
                ("/fulfillment/hold_all", json!({"enabled": true, "note": "Preorder: goods come by sea"})),
                ("/inventory/reserve_type", json!("on_fulfillment")),
            ],
        },
        Campaign {
            name: "Linen, woven to order",
            internal_name: Some("Mills / linen"),
            goods: Goods::Collection(LINEN),
            terms: Terms {
                pricing: Pricing::Plain,
                payment: Payment::Partial(Deposit::Percent(50), Due::At(at(10, 9)), Collect::ByHand),
                delivery: Delivery::After(35),
            },
            stage: Stage::Running(None),
            created: at(84, 11),
            demand: 90,
            progress: Progress { fulfilled: 140, released: 190, collected: 260, arrived: at(20, 16) },
            at_cap: None,
            market: None,
            tags: &["made-to-order"],
            settings: vec![("/limits/total", json!({"display": "text", "text": "{{ quantity }} left"}))],
        },
        Campaign {
            name: "Picnic Blanket, Canada",
            internal_name: Some("Mills / blankets / CA"),
            goods: Goods::Titles(&["Wool Picnic Blanket", "Alder Wool Throw"]),
            terms: Terms {
                pricing: Pricing::Plain,
                payment: Payment::Partial(Deposit::Percent(0), Due::After(45), Collect::ByItself),
                delivery: Delivery::On(at(-30, 0)),
            },
            stage: Stage::Running(None),
            created: at(48, 17),
            demand: 83,
            progress: Progress { fulfilled: 0, released: 30, collected: 0, arrived: at(4, 12) },
            at_cap: None,
            market: Some(CANADA),
            tags: &["preorder", "canada"],
            settings: Vec::new(),
        },
    ]
}

/// What is to come.
fn planned(at: &impl Fn(i64, i64) -> i64) -> Vec<Campaign> {
    vec![
        Campaign {
            name: "Ridgeline Tent, next season",
            internal_name: Some("Larch / tents"),
            goods: Goods::Titles(&["Ridgeline 2-Person Tent"]),
            terms: Terms {
                pricing: Pricing::Plain,
                payment: Payment::Partial(Deposit::Price(10_000), Due::At(at(-60, 9)), Collect::ByHand),
                delivery: Delivery::On(at(-75, 0)),
            },
            stage: Stage::Planned(at(-9, 8), at(-40, 22)),
            created: at(6, 14),
            demand: 0,
            progress: NOTHING,
            at_cap: Some(0),
            market: None,
            tags: &["preorder"],
            settings: Vec::new(),
        },
        Campaign {
            name: "Cookset and headlamp drop",
            internal_name: None,
            goods: Goods::Titles(&["Titanium Cookset", "Rechargeable Headlamp"]),
            terms: Terms { pricing: Pricing::Percent(10), payment: Payment::Full, delivery: Delivery::Unknown },
            stage: Stage::Planned(at(-3, 16), at(-17, 16)),
            created: at(2, 10),
            demand: 0,
            progress: NOTHING,
            at_cap: None,
            market: None,
            tags: &[],
            settings: vec![("/inventory/provider", json!("shopify"))],
        },
    ]
}
