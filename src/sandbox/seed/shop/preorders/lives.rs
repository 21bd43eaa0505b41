//! What became of the orders since: paid, released, shipped, cancelled, given back, or declined.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::super::clock::{Clock, instant};
use super::super::draw::Draw;
use super::campaigns::Campaign;
use super::orders::Placed;
use crate::sandbox::actions::preorders::orders::Decline;
use crate::sandbox::seed::model::Preorder;

/// Of a thousand orders, those that were cancelled, and those given back in full.
const CANCELLED: usize = 40;
const REFUNDED: usize = 22;
/// Of a hundred open balances, those whose charge fails.
const DECLINED: usize = 6;
const HOUR: i64 = 3_600;

/// How far an order got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lot {
    Cancelled,
    Refunded,
    Fulfilled,
    Released,
    Collected,
    /// As checkout and the clock left it.
    Open,
}

/// Lives through all orders up to now.
pub(super) fn live(draw: &mut Draw, clock: Clock, campaigns: &[Campaign], placed: &mut [Placed]) {
    let lots = lots(draw, campaigns, placed);
    let mut life = Life {
        draw,
        now: clock.now,
    };
    for (placed, lot) in placed.iter_mut().zip(lots) {
        if let Some(campaign) = campaigns.get(placed.campaign) {
            life.order(campaign, &mut placed.order, lot);
        }
    }
    life.decline_some(placed);
}

/// Deals out how far each order gets: the oldest of each campaign farthest, though not by the minute.
fn lots(draw: &mut Draw, campaigns: &[Campaign], placed: &[Placed]) -> Vec<Lot> {
    let mut lots = vec![Lot::Open; placed.len()];
    let mut all: Vec<usize> = (0..placed.len()).collect();
    draw.shuffle(&mut all);
    let cancelled = placed.len() * CANCELLED / 1_000;
    let refunded = placed.len() * REFUNDED / 1_000;
    let can_refund = |at: &usize| {
        placed
            .get(*at)
            .is_some_and(|row| row.order.collected_minor > 0)
    };
    let mut closed: Vec<(usize, Lot)> = Vec::new();
    closed.extend(all.iter().take(cancelled).map(|at| (*at, Lot::Cancelled)));
    let rest = all.iter().skip(cancelled).filter(|at| can_refund(at));
    closed.extend(rest.take(refunded).map(|at| (*at, Lot::Refunded)));
    for (at, lot) in closed {
        if let Some(slot) = lots.get_mut(at) {
            *slot = lot;
        }
    }
    for (nth, campaign) in campaigns.iter().enumerate() {
        let open = placed.iter().zip(&lots).enumerate();
        let own = open.filter(|(_, (row, lot))| row.campaign == nth && **lot == Lot::Open);
        let mut ranks: Vec<(i64, usize)> = own
            .zip(0_i64..)
            .map(|((at, _), rank)| (rank * 100, at))
            .collect();
        let stir = i64::try_from(ranks.len()).unwrap_or(0) * 9;
        for (rank, _) in &mut ranks {
            *rank += draw.between(-stir, stir);
        }
        ranks.sort_unstable();
        let progress = campaign.progress;
        let part = |permille: usize| ranks.len() * permille / 1_000;
        let dealt = [
            (Lot::Fulfilled, part(progress.fulfilled)),
            (Lot::Released, part(progress.released)),
            (Lot::Collected, part(progress.collected)),
        ];
        let dealt = dealt
            .into_iter()
            .flat_map(|(lot, count)| std::iter::repeat_n(lot, count));
        for ((_, at), lot) in ranks.iter().zip(dealt) {
            if let Some(slot) = lots.get_mut(*at) {
                *slot = lot;
            }
        }
    }
    lots
}

/// Chance and the present.
struct Life<'a> {
    draw: &'a mut Draw,
    now: i64,
}

impl Life<'_> {
    fn order(&mut self, campaign: &Campaign, order: &mut Preorder, lot: Lot) {
        match lot {
            Lot::Cancelled => self.cancel(order),
            Lot::Refunded => refund(order),
            Lot::Open => {}
            Lot::Collected => self.collect(campaign, order),
            Lot::Released | Lot::Fulfilled => {
                // Now and then the goods go out on trust.
                if campaign.terms.collects() || self.draw.percent(96) {
                    self.collect(campaign, order);
                }
                self.ship(campaign, order, lot);
            }
        }
        if campaign.terms.collects() {
            self.collect_when_due(order);
        }
        let is_closed = matches!(lot, Lot::Cancelled | Lot::Refunded);
        if !is_closed && order.collected_minor > 1_000 && self.draw.percent(4) {
            self.give_back_some(order);
        }
        self.remind(order);
        let is_past = order
            .scheduled_at
            .is_some_and(|day| day <= instant(self.now));
        if is_past && order.fulfillment_status == "scheduled" && order.cancelled_at.is_none() {
            "unfulfilled".clone_into(&mut order.fulfillment_status);
        }
    }

    /// A moment after an order, or after what came last of it, up to now.
    fn moment(&mut self, from: i64) -> i64 {
        self.draw.between(from.min(self.now), self.now)
    }

    fn cancel(&mut self, order: &mut Preorder) {
        let from = order.created_at.timestamp() + HOUR / 2;
        let until = (from + 12 * 24 * HOUR).min(self.now);
        order.cancelled_at = Some(instant(self.draw.between(from.min(until), until)));
        let reasons = [
            "customer",
            "customer",
            "customer",
            "inventory",
            "fraud",
            "declined",
            "staff",
            "other",
        ];
        order.cancel_reason = Some(self.draw.pick(&reasons).to_owned());
        if order.collected_minor == 0 {
            "voided".clone_into(&mut order.financial_status);
        } else if self.draw.percent(86) {
            refund(order);
        }
        order.outstanding_minor = 0;
    }

    /// Somebody charges the balance, or the shopper pays by the link.
    fn collect(&mut self, campaign: &Campaign, order: &mut Preorder) {
        if order.outstanding_minor == 0 {
            return;
        }
        let created = order.created_at.timestamp();
        let due = order.due_at.map(|at| at.timestamp());
        // Who collects by hand does it about the day, who need not wait pays before.
        let at = match due {
            Some(due) if campaign.terms.collects() && due <= self.now => {
                order.auto_attempted_at = Some(instant(due));
                due
            }
            Some(due) if due > created => {
                let until = if campaign.terms.collects() {
                    due
                } else {
                    due + 9 * 24 * HOUR
                };
                self.draw
                    .between(created + HOUR, until.max(created + 2 * HOUR).min(self.now))
            }
            Some(_) | None => self.moment(created + HOUR),
        };
        charge(order, at.max(created + 60));
    }

    /// The clock charges what is due where the offer says so; now and then in vain.
    fn collect_when_due(&mut self, order: &mut Preorder) {
        let due = order.due_at.filter(|due| *due <= instant(self.now));
        let Some(due) = due.filter(|_| order.outstanding_minor > 0) else {
            return;
        };
        order.auto_attempted_at = Some(due);
        if self.draw.percent(5) {
            let code = self.draw.index(Decline::ALL.len());
            if let Some(code) = Decline::ALL.get(code) {
                decline(order, *code, Some(due));
            }
        } else {
            charge(order, due.timestamp());
        }
    }

    /// The goods came in: the hold is lifted, the order goes out.
    fn ship(&mut self, campaign: &Campaign, order: &mut Preorder, lot: Lot) {
        let last = order.charged_at.unwrap_or(order.created_at).timestamp();
        let from = campaign.progress.arrived.max(last + HOUR / 4);
        if from + 2 * HOUR > self.now {
            return;
        }
        let released = self
            .draw
            .between(from, (from + 4 * 24 * HOUR).min(self.now - HOUR));
        let is_released = lot == Lot::Released || self.draw.percent(70);
        order.released_at = is_released.then(|| instant(released));
        "open".clone_into(&mut order.fulfillment_status);
        if lot == Lot::Fulfilled {
            let until = (released + 6 * 24 * HOUR).min(self.now);
            order.fulfilled_at = Some(instant(self.draw.between(released + HOUR / 2, until)));
            "fulfilled".clone_into(&mut order.fulfillment_status);
        }
    }

    /// Something for the trouble.
    fn give_back_some(&mut self, order: &mut Preorder) {
        let most = order.collected_minor / 3;
        order.refunded_minor =
            (self.draw.between(200, most.max(200)) / 50 * 50).min(order.collected_minor - 1);
        "partially_refunded".clone_into(&mut order.financial_status);
    }

    /// Who owes gets the link, more so when it is late.
    fn remind(&mut self, order: &mut Preorder) {
        let is_late = order.due_at.is_some_and(|due| due < instant(self.now));
        let share = if is_late { 55 } else { 6 };
        if order.outstanding_minor > 0 && order.email.is_some() && self.draw.percent(share) {
            let from = order.created_at.timestamp() + HOUR;
            if from < self.now {
                order.collection_url_sent_at = Some(instant(self.moment(from)));
            }
        }
    }

    /// Makes charges of open balances fail until the share is reached; half of them were tried.
    fn decline_some(&mut self, placed: &mut [Placed]) {
        let mut open: Vec<&mut Preorder> = placed
            .iter_mut()
            .map(|row| &mut row.order)
            .filter(|order| order.outstanding_minor > 0)
            .collect();
        let declined = open
            .iter()
            .filter(|order| order.decline_code.is_some())
            .count();
        let missing = (open.len() * DECLINED / 100).saturating_sub(declined);
        self.draw.shuffle(&mut open);
        let rest = open
            .into_iter()
            .filter(|order| order.decline_code.is_none());
        for (order, code) in rest.take(missing).zip(Decline::ALL.into_iter().cycle()) {
            let from = order.created_at.timestamp() + HOUR;
            let is_tried = self.draw.percent(50) && from < self.now;
            let at = is_tried.then(|| instant(self.moment(from)));
            decline(order, code, at);
        }
    }
}

fn charge(order: &mut Preorder, at: i64) {
    order.collected_minor += order.outstanding_minor;
    order.outstanding_minor = 0;
    order.charged_at = Some(instant(at));
    "paid".clone_into(&mut order.financial_status);
}

fn refund(order: &mut Preorder) {
    order.refunded_minor = order.collected_minor;
    order.outstanding_minor = 0;
    "refunded".clone_into(&mut order.financial_status);
}

/// Charges fail with a code; with an instant one did.
fn decline(order: &mut Preorder, code: Decline, tried_at: Option<DateTime<Utc>>) {
    order.decline_code = Some(code.text().to_owned());
    order.last_failure = tried_at.map(|at| {
        let at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        json!({"code": code.text(), "message": code.message(), "at": at})
    });
}
