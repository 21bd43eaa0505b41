//! Who preorders what, and when: the orders as checkout left them, oldest first.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::clock::{Clock, DAY, instant};
use super::super::draw::{Draw, running};
use super::super::rhythm::Rhythm;
use super::campaigns::{CANADA, Campaign};
use crate::sandbox::seed::model::{Customer, Offer, Preorder, PreorderLine};

/// Days of orders before now.
const HISTORY: i64 = 120;
const FIRST_ORDER: i64 = 6_119_000_000_000;
const FIRST_LINE: i64 = 14_119_000_000_000;
const FIRST_NAME: i64 = 1_101;
/// Of a hundred orders of goods paid in part or in full, those with something of another offer beside.
const MIXED: u64 = 9;

/// An order and the campaign whose lot it shares.
pub(super) struct Placed {
    /// Place of the campaign in the table.
    pub(super) campaign: usize,
    pub(super) order: Preorder,
}

/// What a campaign sells.
struct Shelf<'a> {
    campaign: &'a Campaign,
    offer: &'a Offer,
    /// First and last second of sale within the history.
    open: (i64, i64),
    /// How wanted each variant is, as running sums.
    wanted: Vec<u64>,
}

/// Makes so many orders; prices in cents by variant.
pub(super) fn orders(
    draw: &mut Draw,
    clock: Clock,
    table: (&[Campaign], &[Offer]),
    customers: &[Customer],
    prices: &BTreeMap<i64, i64>,
    count: usize,
) -> Vec<Placed> {
    let shelves: Vec<Shelf<'_>> = table
        .0
        .iter()
        .zip(table.1)
        .map(|(campaign, offer)| shelf(draw, clock, campaign, offer))
        .collect();
    let mut arrivals: Vec<(i64, usize)> = Vec::new();
    for (nth, shelf) in shelves.iter().enumerate() {
        let (from, until) = shelf.open;
        let rhythm = Rhythm::new(from, until, from);
        let orders = count * shelf.campaign.demand / 1_000;
        arrivals.extend((0..orders).map(|_| (rhythm.next(draw), nth)));
    }
    arrivals.sort_unstable();

    let mut till = Till {
        crowd: Crowd::new(customers),
        prices,
        order: FIRST_ORDER,
        line: FIRST_LINE,
        name: FIRST_NAME,
    };
    arrivals
        .into_iter()
        .filter_map(|(at, campaign)| {
            let order = till.order(draw, &shelves, campaign, at)?;
            Some(Placed { campaign, order })
        })
        .collect()
}

/// Few variants are wanted much, most a little.
fn shelf<'a>(draw: &mut Draw, clock: Clock, campaign: &'a Campaign, offer: &'a Offer) -> Shelf<'a> {
    let mut ranks: Vec<u64> = (0..offer.variants.len() as u64).collect();
    draw.shuffle(&mut ranks);
    let (from, until) = campaign.open(clock.now);
    Shelf {
        campaign,
        offer,
        open: (from.max(clock.now - HISTORY * DAY), until),
        wanted: running(ranks.into_iter().map(|rank| 10_000 / (rank + 1))),
    }
}

/// Rings up orders.
struct Till<'a> {
    crowd: Crowd<'a>,
    prices: &'a BTreeMap<i64, i64>,
    order: i64,
    line: i64,
    name: i64,
}

impl Till<'_> {
    fn order(
        &mut self,
        draw: &mut Draw,
        shelves: &[Shelf<'_>],
        campaign: usize,
        at: i64,
    ) -> Option<Preorder> {
        let shelf = shelves.get(campaign)?;
        let buyer = self.crowd.next(draw, shelf.campaign.market)?;
        let market = buyer.shopify_market_id;
        let currency = currency(draw, market);
        let count = match draw.below(100) {
            0..78 => 1,
            78..95 => 2,
            _ => 3,
        };
        let mut lines = Vec::new();
        let mut taken = BTreeSet::new();
        for _ in 0..count {
            lines.extend(self.line(draw, shelf, currency, &mut taken));
        }
        let beside = other(draw, shelves, campaign, at).filter(|_| lines.len() < 3);
        lines.extend(beside.and_then(|other| self.line(draw, other, currency, &mut taken)));

        let deposit: i64 = lines.iter().map(|line| line.deposit_minor).sum();
        let balance: i64 = lines.iter().map(|line| line.balance_minor).sum();
        self.order += draw.between(1_024, 900_000);
        self.name += 1;
        let terms = &shelf.campaign.terms;
        let scheduled_at = terms.scheduled_at(at).map(instant);
        Some(Preorder {
            shop_id: shelf.offer.shop_id,
            shopify_order_id: self.order,
            id: draw.uuid(),
            name: format!("#{}", self.name - 1),
            customer_id: buyer.shopify_customer_id,
            email: buyer.email.clone(),
            customer_name: buyer.name.clone(),
            shopify_market_id: market,
            currency: currency.0.to_owned(),
            financial_status: match (deposit, balance) {
                (_, 0) => "paid",
                (0, _) => "pending",
                _ => "partially_paid",
            }
            .to_owned(),
            outstanding_minor: balance,
            collected_minor: deposit,
            refunded_minor: 0,
            charged_at: None,
            due_at: terms.due_at(at).filter(|_| balance > 0).map(instant),
            auto_attempted_at: None,
            collection_url_sent_at: None,
            last_failure: None,
            decline_code: None,
            offer_id: shelf.offer.id,
            fulfillment_status: begun(shelf, scheduled_at.is_some()).to_owned(),
            scheduled_at,
            released_at: None,
            fulfilled_at: None,
            cancelled_at: None,
            cancel_reason: None,
            tags: tags(draw, &lines, shelves),
            created_at: instant(at),
            lines,
        })
    }

    /// A line of something that is not in the cart yet.
    fn line(
        &mut self,
        draw: &mut Draw,
        shelf: &Shelf<'_>,
        (_, rate): (&str, i64),
        taken: &mut BTreeSet<i64>,
    ) -> Option<PreorderLine> {
        let variant = shelf.offer.variants.get(draw.weighted(&shelf.wanted))?;
        let variant = variant.shopify_variant_id;
        if !taken.insert(variant) {
            return None;
        }
        let price = (self.prices.get(&variant)? * rate + 50) / 100;
        let quantity = match draw.below(100) {
            0..84 => 1,
            84..96 => 2,
            _ => draw.between(3, 4),
        };
        let unit_price_minor = shelf.campaign.terms.unit_price(price);
        let total = unit_price_minor * quantity;
        let deposit_minor = shelf.campaign.terms.deposit(total, quantity);
        self.line += draw.between(1_024, 90_000);
        Some(PreorderLine {
            id: self.line,
            offer_id: shelf.offer.id,
            shopify_variant_id: variant,
            quantity,
            unit_price_minor,
            deposit_minor,
            balance_minor: total - deposit_minor,
        })
    }
}

/// Another campaign that was on, paid in full and for everybody; none for what is paid later, so that
/// nothing is paid of it at first.
fn other<'a, 'b>(
    draw: &mut Draw,
    shelves: &'a [Shelf<'b>],
    campaign: usize,
    at: i64,
) -> Option<&'a Shelf<'b>> {
    let is_mixed = draw.percent(MIXED);
    let own = shelves.get(campaign)?;
    if !is_mixed || own.campaign.terms.is_later() {
        return None;
    }
    let open: Vec<&Shelf<'_>> = shelves
        .iter()
        .enumerate()
        .filter(|(nth, shelf)| *nth != campaign && shelf.open.0 <= at && at <= shelf.open.1)
        .map(|(_, shelf)| shelf)
        .filter(|shelf| {
            shelf.campaign.market.is_none() && shelf.campaign.terms.due_at(at).is_none()
        })
        .collect();
    open.get(draw.index(open.len())).copied()
}

/// How fulfilment begins.
fn begun(shelf: &Shelf<'_>, has_day: bool) -> &'static str {
    let blocks = &shelf.offer.blocks;
    let holds_all = blocks.pointer("/fulfillment/hold_all/enabled");
    let delivery = blocks.pointer("/delivery/type");
    if holds_all.is_some_and(|on| on == true) || delivery.is_some_and(|kind| kind == "unknown") {
        "on_hold"
    } else if has_day {
        "scheduled"
    } else {
        "unfulfilled"
    }
}

/// What the buyer pays in, and cents of it for a dollar.
fn currency(draw: &mut Draw, market: Option<i64>) -> (&'static str, i64) {
    match market {
        Some(CANADA) if draw.percent(62) => ("CAD", 136),
        None if draw.percent(38) => ("EUR", 92),
        Some(_) | None => ("USD", 100),
    }
}

/// Tags of all offers in the order, and now and then one by hand.
fn tags(draw: &mut Draw, lines: &[PreorderLine], shelves: &[Shelf<'_>]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut put = |tag: &str| {
        if !tags.iter().any(|own| own == tag) {
            tags.push(tag.to_owned());
        }
    };
    for line in lines {
        let shelf = shelves.iter().find(|shelf| shelf.offer.id == line.offer_id);
        shelf
            .map_or(&[][..], |shelf| shelf.campaign.tags)
            .iter()
            .for_each(|tag| put(tag));
    }
    match draw.below(100) {
        0..5 => put("gift"),
        5..9 => put("vip"),
        9..11 => put("call before delivery"),
        _ => {}
    }
    tags
}

/// Those who buy: shoppers of the shop, known ones and guests, some of them again and again.
struct Crowd<'a> {
    everybody: Vec<&'a Customer>,
    canadians: Vec<&'a Customer>,
    /// Who bought before, in Canada or at all.
    regulars: [Vec<&'a Customer>; 2],
    seen: BTreeSet<Uuid>,
}

impl<'a> Crowd<'a> {
    fn new(customers: &'a [Customer]) -> Self {
        let everybody: Vec<&Customer> = customers
            .iter()
            .filter(|row| row.email.is_some() || row.shopify_customer_id.is_some())
            .collect();
        let canadians = everybody
            .iter()
            .copied()
            .filter(|row| row.shopify_market_id == Some(CANADA))
            .collect();
        Self {
            everybody,
            canadians,
            regulars: [Vec::new(), Vec::new()],
            seen: BTreeSet::new(),
        }
    }

    /// Who buys now, in a market or anywhere.
    fn next(&mut self, draw: &mut Draw, market: Option<i64>) -> Option<&'a Customer> {
        let [canadian, regular] = &self.regulars;
        let (regulars, all) = match market {
            Some(_) => (canadian, &self.canadians),
            None => (regular, &self.everybody),
        };
        let again = draw.percent(22) && !regulars.is_empty();
        let pool = if again { regulars } else { all };
        let buyer = pool.get(draw.index(pool.len())).copied()?;
        if self.seen.insert(buyer.id) {
            let [canadian, regular] = &mut self.regulars;
            regular.push(buyer);
            if buyer.shopify_market_id == Some(CANADA) {
                canadian.push(buyer);
            }
        }
        Some(buyer)
    }
}
