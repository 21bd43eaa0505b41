//! The lines a report adds up: of orders created in the window, in one currency, matching the filters.

use std::collections::BTreeSet;

use rusqlite::{Row, params_from_iter};

use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::{id, ids};
use crate::sandbox::actions::shop;
use crate::sandbox::actions::window::{DAY_MS, Window};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Who bought: a Shopify customer, or a guest known by the address alone.
pub(super) type Buyer = (Option<i64>, Option<String>);

/// What narrows a report.
pub(super) struct Filters {
    /// The only currency that counts.
    pub(super) currency: String,
    /// Own ids of offers; `None` = all.
    pub(super) offers: Option<BTreeSet<String>>,
    product: Option<i64>,
    variant: Option<i64>,
    market: Option<i64>,
}

impl Filters {
    /// Reads the filters; product, variant and market only where a report takes them.
    pub(super) fn of(scope: &Scope<'_>, args: &Args, is_narrowed: bool) -> Result<Self, Refusal> {
        let mut offers: BTreeSet<String> = ids(args, "offer_ids").into_iter().collect();
        if args.text("offer_id").is_some() {
            offers.insert(id(args, "offer_id"));
        }
        let number = |name| args.integer(name).filter(|_| is_narrowed);
        Ok(Self {
            currency: match args.text("currency") {
                Some(currency) => currency.to_owned(),
                None => shop::currency(scope)?,
            },
            offers: (!offers.is_empty()).then_some(offers),
            product: number("product_id"),
            variant: number("variant_id"),
            market: number("market_id"),
        })
    }

    /// Conditions on orders `p`.
    pub(super) fn on_orders(&self, scope: &Scope<'_>, window: &Window) -> Filter {
        let mut filter = Filter::new("p.shop_id = ?", scope.shop_id.clone());
        filter.and_span("p.created_at", &window.span());
        filter.and_value("p.currency = ?", self.currency.clone());
        filter.and_some("p.shopify_market_id = ?", self.market);
        filter
    }

    /// Whether a line counts, by what was bought and how.
    fn keeps(&self, line: &Line) -> bool {
        self.offers
            .as_ref()
            .is_none_or(|offers| offers.contains(&line.offer))
            && self.product.is_none_or(|product| product == line.product)
            && self.variant.is_none_or(|variant| variant == line.variant)
    }
}

/// A preorder line with what its order says of it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Shopify order id.
    pub(super) order: i64,
    /// When ordered, milliseconds.
    pub(super) created_at: i64,
    pub(super) customer_id: Option<i64>,
    pub(super) email: Option<String>,
    pub(super) customer_name: Option<String>,
    pub(super) market: Option<i64>,
    /// Cancelled with its order: counted apart.
    pub(super) is_cancelled: bool,
    /// Whether its order still owes.
    pub(super) is_owed: bool,
    /// Given back for it, minor units; the whole order's until it is spread.
    pub(super) refunded: i64,
    pub(super) offer: String,
    pub(super) product: i64,
    pub(super) variant: i64,
    pub(super) product_title: String,
    pub(super) variant_title: String,
    pub(super) quantity: i64,
    pub(super) deposit: i64,
    pub(super) balance: i64,
}

impl Line {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            order: row.get(0)?,
            created_at: row.get(1)?,
            customer_id: row.get(2)?,
            email: row.get(3)?,
            customer_name: row.get(4)?,
            market: row.get(5)?,
            is_cancelled: row.get(6)?,
            is_owed: row.get(7)?,
            refunded: row.get(8)?,
            offer: row.get(9)?,
            product: row.get(10)?,
            variant: row.get(11)?,
            product_title: row.get(12)?,
            variant_title: row.get(13)?,
            quantity: row.get(14)?,
            deposit: row.get(15)?,
            balance: row.get(16)?,
        })
    }

    /// Days since 1970-01-01.
    pub(super) const fn day(&self) -> i64 {
        self.created_at.div_euclid(DAY_MS)
    }

    /// Both portions, minor units.
    pub(super) const fn total(&self) -> i64 {
        self.deposit + self.balance
    }

    /// Who bought it.
    pub(super) fn buyer(&self) -> Buyer {
        let guest = self.email.clone().filter(|_| self.customer_id.is_none());
        (self.customer_id, guest)
    }
}

/// The matching lines, those of one order together, oldest order first.
pub(super) fn find(
    scope: &Scope<'_>,
    window: &Window,
    filters: &Filters,
) -> Result<Vec<Line>, Refusal> {
    let orders = filters.on_orders(scope, window);
    let sql = format!(
        "SELECT p.shopify_order_id, p.created_at, p.customer_id, p.email, p.customer_name, p.shopify_market_id,
           p.cancelled_at IS NOT NULL, p.outstanding_minor > 0, p.refunded_minor, l.offer_id,
           l.shopify_product_id, l.shopify_variant_id, l.product_title, l.variant_title, l.quantity,
           l.deposit_minor, l.balance_minor
         FROM preorder_orders p
         CROSS JOIN preorder_lines l ON l.shop_id = p.shop_id AND l.shopify_order_id = p.shopify_order_id
         WHERE {} ORDER BY p.created_at, p.shopify_order_id, l.id",
        orders.text()
    );
    let mut lines = scope
        .db
        .prepare_cached(&sql)?
        .query_map(params_from_iter(orders.values()), Line::from_row)?
        .collect::<rusqlite::Result<Vec<Line>>>()?;
    for order in lines.chunk_by_mut(|one, next| one.order == next.order) {
        spread(order);
    }
    lines.retain(|line| filters.keeps(line));
    Ok(lines)
}

/// Spreads an order's refund over its lines by their totals, half up; the last one takes the rest.
fn spread(lines: &mut [Line]) {
    let Some(refunded) = lines.first().map(|line| line.refunded) else {
        return;
    };
    let whole: i64 = lines.iter().map(Line::total).sum();
    let mut left = refunded;
    let last = lines.len().saturating_sub(1);
    for (nth, line) in lines.iter_mut().enumerate() {
        let share = if nth == last {
            left
        } else {
            half_up(refunded, line.total(), whole).min(left)
        };
        line.refunded = share;
        left -= share;
    }
}

/// `amount * part / whole`, rounded half up; of nothing it is 0.
fn half_up(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let [amount, part, whole] = [amount, part, whole].map(i128::from);
    i64::try_from((2 * amount * part + whole) / (2 * whole)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(refunded: i64, totals: &[i64]) -> Vec<i64> {
        let line = |total: &i64| Line {
            order: 1,
            created_at: 0,
            customer_id: None,
            email: None,
            customer_name: None,
            market: None,
            is_cancelled: false,
            is_owed: false,
            refunded,
            offer: String::new(),
            product: 1,
            variant: 1,
            product_title: String::new(),
            variant_title: String::new(),
            quantity: 1,
            deposit: *total,
            balance: 0,
        };
        let mut lines: Vec<Line> = totals.iter().map(line).collect();
        spread(&mut lines);
        lines.into_iter().map(|line| line.refunded).collect()
    }

    #[test]
    fn refunds_are_spread_by_totals_half_up_and_never_below_nothing() {
        assert_eq!(shares(8_900, &[8_900]), [8_900]);
        assert_eq!(shares(0, &[100, 200]), [0, 0]);
        assert_eq!(shares(100, &[100, 100, 100]), [33, 33, 34]);
        assert_eq!(shares(5, &[100, 100]), [3, 2]);
        assert_eq!(shares(2, &[100, 100, 100, 100]), [1, 1, 0, 0]);
        assert_eq!(shares(7, &[0, 0]), [0, 7]);
        let all = i64::MAX / 4;
        assert_eq!(shares(all, &[all, 0]), [all, 0]);
    }
}
