//! Time series: signups by creation, alerts by sending, recovered orders by order date.
//!
//! The database counts by day; days are put into buckets here, so that a bucket cut by the window
//! holds only what lies inside.

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::cohort::{COUNTED, cohort, narrow};
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::money;
use crate::sandbox::actions::window::{DAY_MS, Granularity, Window};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Adds up `N` numbers a day into the buckets of the window and prints each bucket.
fn series<const N: usize>(
    scope: &Scope<'_>,
    window: &Window,
    granularity: Granularity,
    (sql, filter): (&str, &Filter),
    print: impl Fn(String, [i64; N]) -> Value,
) -> Result<Vec<Value>, Refusal> {
    let mut buckets = window.buckets::<Option<[i64; N]>>(granularity);
    let mut statement = scope.db.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(filter.values()))?;
    while let Some(row) = rows.next()? {
        if let Some(bucket) = buckets.get_mut(&granularity.bucket(row.get(0)?)) {
            let sums = bucket.get_or_insert([0; N]);
            for (column, sum) in (1..).zip(sums.iter_mut()) {
                *sum += row.get::<usize, i64>(column)?;
            }
        }
    }
    Ok(buckets
        .into_iter()
        .map(|(day, sums)| print(day.to_string(), sums.unwrap_or([0; N])))
        .collect())
}

/// Signups created, and how many of them were never or ever notified as of now.
pub(super) fn signups(
    scope: &Scope<'_>,
    window: &Window,
    granularity: Granularity,
    args: &Args,
) -> Result<Vec<Value>, Refusal> {
    let filter = cohort(scope, window, args);
    let sql = format!(
        "SELECT s.created_at / {DAY_MS}, count(*), count(s.notified_at) FROM signups s
         WHERE {} GROUP BY 1",
        filter.text()
    );
    series(
        scope,
        window,
        granularity,
        (&sql, &filter),
        |date, [signups, notified]| {
            json!({
                "date": date,
                "signups": signups,
                "pending": signups - notified,
                "notified": notified,
            })
        },
    )
}

/// Alerts sent by channel; the variant is that of the attempt.
pub(super) fn notifications(
    scope: &Scope<'_>,
    window: &Window,
    granularity: Granularity,
    args: &Args,
) -> Result<Vec<Value>, Refusal> {
    let mut filter = Filter::new("n.shop_id = ?", scope.shop_id.clone());
    filter.and("n.status = 'sent'");
    filter.and_some("n.channel = ?", args.text("channel").map(str::to_owned));
    filter.and_some("n.shopify_variant_id = ?", args.integer("variant_id"));
    filter.and_some("n.shopify_product_id = ?", args.integer("product_id"));
    filter.and_span("n.sent_at", &window.span());
    let sql = format!(
        "SELECT n.sent_at / {DAY_MS}, count(*), sum(n.channel = 'email'), sum(n.channel = 'sms'),
         sum(n.channel = 'push') FROM notifications n WHERE {} GROUP BY 1",
        filter.text()
    );
    series(
        scope,
        window,
        granularity,
        (&sql, &filter),
        |date, [total, email, sms, push]| json!({"date": date, "total": total, "email": email, "sms": sms, "push": push}),
    )
}

/// Counted attributions and their revenue; the filters look at the credited signup.
pub(super) fn conversions(
    scope: &Scope<'_>,
    window: &Window,
    granularity: Granularity,
    args: &Args,
) -> Result<Vec<Value>, Refusal> {
    let mut filter = Filter::new("a.shop_id = ?", scope.shop_id.clone());
    filter.and(COUNTED);
    narrow(&mut filter, "s", scope, args);
    filter.and_span("a.ordered_at", &window.span());
    let sql = format!(
        "SELECT a.ordered_at / {DAY_MS}, count(*), sum(a.revenue_minor)
         FROM attributions a CROSS JOIN signups s ON s.id = a.signup_id WHERE {} GROUP BY 1",
        filter.text()
    );
    series(
        scope,
        window,
        granularity,
        (&sql, &filter),
        |date, [conversions, revenue]| {
            json!({
                "date": date,
                "conversions": conversions,
                "recovered_revenue": money::print(revenue),
            })
        },
    )
}
