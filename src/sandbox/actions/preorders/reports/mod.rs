//! The nine reports: what they are called, how they are read and exported.
//!
//! All of them add up the same lines; they differ in what they add up by.

mod lines;
mod owed;
mod series;
mod sums;
mod tables;

use serde_json::{Value, json};

use crate::sandbox::actions::page::{PREORDER_ROWS, Page};
use crate::sandbox::actions::reports::Surface;
use crate::sandbox::actions::window::{Granularity, Window};
use crate::sandbox::jobs;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};
use lines::Filters;
use sums::Summary;

/// Where these reports stand.
const SURFACE: Surface = Surface::Preorders;

/// A report of this surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Summary,
    Revenue,
    ByDate,
    ByProduct,
    ByVariant,
    ByOffer,
    ByMarket,
    Customers,
    OutstandingBalances,
}

impl Report {
    /// In the order of the list.
    const ALL: [Self; 9] = [
        Self::Summary,
        Self::Revenue,
        Self::ByDate,
        Self::ByProduct,
        Self::ByVariant,
        Self::ByOffer,
        Self::ByMarket,
        Self::Customers,
        Self::OutstandingBalances,
    ];

    /// Reads the API's word.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.text() == text)
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Revenue => "revenue",
            Self::ByDate => "by_date",
            Self::ByProduct => "by_product",
            Self::ByVariant => "by_variant",
            Self::ByOffer => "by_offer",
            Self::ByMarket => "by_market",
            Self::Customers => "customers",
            Self::OutstandingBalances => "outstanding_balances",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Summary => "Key figures of preorders in a date window.",
            Self::Revenue => "Preorder revenue per day, week or month.",
            Self::ByDate => "Chosen preorder figures per day, week or month.",
            Self::ByProduct => "Preorder figures per product.",
            Self::ByVariant => "Preorder figures per variant of given offers.",
            Self::ByOffer => "Preorder figures per offer.",
            Self::ByMarket => "Preorder figures per market.",
            Self::Customers => "Customers ranked by preorder revenue.",
            Self::OutstandingBalances => "Orders that still owe a balance.",
        }
    }

    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Revenue => &["revenue report", "preorder revenue"],
            Self::Summary
            | Self::ByDate
            | Self::ByProduct
            | Self::ByVariant
            | Self::ByOffer
            | Self::ByMarket
            | Self::Customers
            | Self::OutstandingBalances => &[],
        }
    }

    /// Key of the rows in the body.
    const fn rows_key(self) -> &'static str {
        match self {
            Self::Summary => "totals",
            Self::Revenue | Self::ByDate => "series",
            Self::ByProduct => "products",
            Self::ByVariant => "variants",
            Self::ByOffer => "offers",
            Self::ByMarket => "markets",
            Self::Customers => "customers",
            Self::OutstandingBalances => "orders",
        }
    }

    /// Whether product, variant and market narrow it.
    const fn is_narrowed(self) -> bool {
        match self {
            Self::Summary | Self::Revenue | Self::ByDate | Self::ByProduct | Self::ByVariant => {
                true
            }
            Self::ByOffer | Self::ByMarket | Self::Customers | Self::OutstandingBalances => false,
        }
    }

    /// Columns of the export.
    fn columns(self, args: &Args) -> Vec<&'static str> {
        let begun: &[&str] = match self {
            Self::Summary => return sums::TOTALS.to_vec(),
            Self::Revenue => return vec!["date", "orders", "deposits", "balances", "revenue"],
            Self::ByDate => {
                let metrics = series::metrics(args);
                return std::iter::once("date").chain(metrics).collect();
            }
            Self::Customers => return tables::CUSTOMER.to_vec(),
            Self::OutstandingBalances => return owed::COLUMNS.to_vec(),
            Self::ByProduct => &["shopify_product_id", "product_title"],
            Self::ByVariant => &[
                "shopify_product_id",
                "shopify_variant_id",
                "product_title",
                "variant_title",
            ],
            Self::ByOffer => &["offer_id", "name", "state"],
            Self::ByMarket => &["market_id"],
        };
        begun.iter().chain(sums::FIGURES).copied().collect()
    }
}

/// Runs an action by its name below the prefix; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    match action {
        "list" => return Some(Ok(list())),
        "jobs_read" => {
            let id = args.text("job_id").unwrap_or_default();
            return Some(jobs::read(scope, SURFACE.path(), id));
        }
        _ => {}
    }
    match action.strip_suffix("_export") {
        Some(name) => Some(export(scope, Report::parse(name)?, args)),
        None => Some(read(scope, Report::parse(action)?, args)),
    }
}

/// The reports there are.
fn list() -> Value {
    let reports: Vec<Value> = Report::ALL
        .into_iter()
        .map(|report| SURFACE.entry(report.text(), report.description(), report.aliases()))
        .collect();
    json!({"reports": reports})
}

/// What a report says of its parameters.
struct Found {
    window: Window,
    filters: Filters,
    /// What stands beside the rows: the granularity, a total.
    beside: Vec<(&'static str, Value)>,
    rows: Vec<Value>,
}

/// One report as of now.
fn read(scope: &Scope<'_>, report: Report, args: &Args) -> Reply {
    let found = find(scope, report, args)?;
    let mut body = json!({"window": found.window.print(), "currency": found.filters.currency});
    for (key, value) in found.beside {
        put(&mut body, key, value);
    }
    let mut rows = found.rows;
    let value = match report {
        Report::Summary => rows.pop().unwrap_or_default(),
        Report::Customers => {
            let page = Page::of(args, PREORDER_ROWS);
            let total =
                i64::try_from(rows.len()).map_err(|error| Refusal::Broken(error.to_string()))?;
            put(&mut body, "meta", page.meta(total));
            Value::Array(page.of_rows(rows))
        }
        Report::Revenue
        | Report::ByDate
        | Report::ByProduct
        | Report::ByVariant
        | Report::ByOffer
        | Report::ByMarket
        | Report::OutstandingBalances => Value::Array(rows),
    };
    put(&mut body, report.rows_key(), value);
    Ok(body)
}

/// Writes all rows of a report, as of now, into a file and answers the job that hands it out.
fn export(scope: &mut Scope<'_>, report: Report, args: &Args) -> Reply {
    let found = find(scope, report, args)?;
    let named = (report.text(), &found.window);
    SURFACE.export(scope, named, &report.columns(args), &found.rows)
}

fn find(scope: &Scope<'_>, report: Report, args: &Args) -> Result<Found, Refusal> {
    let window = match report {
        Report::OutstandingBalances => owed::window(scope, args)?,
        Report::Summary
        | Report::Revenue
        | Report::ByDate
        | Report::ByProduct
        | Report::ByVariant
        | Report::ByOffer
        | Report::ByMarket
        | Report::Customers => Window::of(scope, args)?,
    };
    let filters = Filters::of(scope, args, report.is_narrowed())?;
    if report == Report::ByVariant && filters.offers.is_none() {
        return Err(Refusal::invalid("offer_id is missing"));
    }
    let granularity = Granularity::of(args);
    let by_time = |rows| (vec![("granularity", json!(granularity.text()))], rows);
    let lines = || lines::find(scope, &window, &filters);
    let (beside, rows) = match report {
        Report::Summary => (Vec::new(), vec![Summary::over(&lines()?).totals()]),
        Report::Revenue => {
            let portions = series::Portions::of(args)?;
            let lines = lines()?;
            let (mut beside, rows) =
                by_time(series::revenue(&lines, &window, granularity, portions));
            beside.push((
                "totals",
                portions.row(&Summary::over(&lines).sums, json!({})),
            ));
            (beside, rows)
        }
        Report::ByDate => by_time(series::by_date(&lines()?, &window, granularity, args)),
        Report::ByProduct => (Vec::new(), tables::by_product(&lines()?)),
        Report::ByVariant => (Vec::new(), tables::by_variant(&lines()?)),
        Report::ByOffer => (Vec::new(), tables::by_offer(scope, &lines()?)?),
        Report::ByMarket => (Vec::new(), tables::by_market(&lines()?)),
        Report::Customers => (Vec::new(), tables::customers(&lines()?)),
        Report::OutstandingBalances => {
            let (total, rows) = owed::orders(scope, &window, &filters)?;
            (vec![("total_outstanding", json!(total))], rows)
        }
    };
    Ok(Found {
        window,
        filters,
        beside,
        rows,
    })
}

/// Sets a field of an object.
fn put(body: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = body {
        fields.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
