//! The five reports: what they are called, how they are read and exported.

mod cohort;
mod demand;
mod series;
mod summary;

use serde_json::{Value, json};

use crate::sandbox::actions::page::{Page, WAITLIST_ROWS};
use crate::sandbox::actions::reports::Surface;
use crate::sandbox::actions::shop;
use crate::sandbox::actions::window::{Granularity, Window};
use crate::sandbox::reply::Reply;
use crate::sandbox::scope::{Args, Scope};

/// Where these reports stand.
const SURFACE: Surface = Surface::BackInStock;
/// Path of the reports below the base.
pub(super) const PATH: &str = SURFACE.path();

/// A report of this surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// Totals of the window.
    Summary,
    /// Signups created per bucket.
    Signups,
    /// Alerts sent per bucket.
    Notifications,
    /// Recovered orders per bucket.
    Conversions,
    /// Ranking of variants.
    ProductsInDemand,
}

impl Report {
    /// In the order of the list.
    const ALL: [Self; 5] = [
        Self::Summary,
        Self::Signups,
        Self::Notifications,
        Self::Conversions,
        Self::ProductsInDemand,
    ];

    /// Reads the API's word.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.text() == text)
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Signups => "signups",
            Self::Notifications => "notifications",
            Self::Conversions => "conversions",
            Self::ProductsInDemand => "products_in_demand",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Summary => "Totals of the window: waitlist, sends, recovered orders.",
            Self::Signups => "Signups created per bucket, split in pending and notified.",
            Self::Notifications => "Alerts sent per bucket and channel.",
            Self::Conversions => "Attributed orders and recovered revenue per bucket.",
            Self::ProductsInDemand => "Ranking of variants by how many shoppers wait.",
        }
    }

    /// Columns of the export.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Summary => &[
                "from",
                "to",
                "currency",
                "signups",
                "pending",
                "notified",
                "conversions",
                "conversion_rate",
                "recovered_revenue",
            ],
            Self::Signups => &["date", "signups", "pending", "notified"],
            Self::Notifications => &["date", "total", "email", "sms", "push"],
            Self::Conversions => &["date", "currency", "conversions", "recovered_revenue"],
            Self::ProductsInDemand => &[
                "shopify_variant_id",
                "shopify_product_id",
                "product_title",
                "variant_title",
                "sku",
                "total",
                "pending",
                "last_requested_at",
            ],
        }
    }
}

/// The reports there are.
pub(super) fn list() -> Value {
    let reports: Vec<Value> = Report::ALL
        .into_iter()
        .map(|report| SURFACE.entry(report.text(), report.description(), &[]))
        .collect();
    json!({"reports": reports})
}

/// One report as of now.
pub(super) fn read(scope: &Scope<'_>, report: Report, args: &Args) -> Reply {
    let window = Window::of(scope, args)?;
    let granularity = Granularity::of(args);
    let answer = match report {
        Report::Summary => json!({
            "window": window.print(),
            "currency": shop::currency(scope)?,
            "totals": summary::totals(scope, &window, args)?,
        }),
        Report::Signups => json!({
            "window": window.print(),
            "granularity": granularity.text(),
            "series": series::signups(scope, &window, granularity, args)?,
        }),
        Report::Notifications => json!({
            "window": window.print(),
            "granularity": granularity.text(),
            "series": series::notifications(scope, &window, granularity, args)?,
        }),
        Report::Conversions => json!({
            "window": window.print(),
            "currency": shop::currency(scope)?,
            "granularity": granularity.text(),
            "series": series::conversions(scope, &window, granularity, args)?,
        }),
        Report::ProductsInDemand => {
            let page = Page::of(args, WAITLIST_ROWS);
            let ranking = demand::ranking(scope, &window, args, Some(page))?;
            json!({
                "window": window.print(),
                "product_variants": ranking,
                "meta": page.meta(demand::count(scope, &window, args)?),
            })
        }
    };
    Ok(answer)
}

/// Writes all rows of a report, as of now, into a file and answers the job that hands it out.
pub(super) fn export(scope: &mut Scope<'_>, report: Report, args: &Args) -> Reply {
    let window = Window::of(scope, args)?;
    let granularity = Granularity::of(args);
    let rows = match report {
        Report::Summary => {
            let mut row = window.print();
            merge(&mut row, json!({"currency": shop::currency(scope)?}));
            merge(&mut row, summary::totals(scope, &window, args)?);
            vec![row]
        }
        Report::Signups => series::signups(scope, &window, granularity, args)?,
        Report::Notifications => series::notifications(scope, &window, granularity, args)?,
        Report::Conversions => {
            let currency = shop::currency(scope)?;
            let mut rows = series::conversions(scope, &window, granularity, args)?;
            for row in &mut rows {
                merge(row, json!({"currency": currency}));
            }
            rows
        }
        Report::ProductsInDemand => demand::ranking(scope, &window, args, None)?,
    };
    SURFACE.export(scope, (report.text(), &window), report.columns(), &rows)
}

/// Adds the fields of one object to another.
fn merge(row: &mut Value, more: Value) {
    if let (Value::Object(row), Value::Object(more)) = (row, more) {
        row.extend(more);
    }
}

#[cfg(test)]
mod tests;
