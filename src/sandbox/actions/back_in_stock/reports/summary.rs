//! Totals of the window, all over the same cohort.

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::cohort::{COUNTED, cohort};
use crate::sandbox::actions::money;
use crate::sandbox::actions::window::Window;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// The `totals` of the summary.
pub(super) fn totals(scope: &Scope<'_>, window: &Window, args: &Args) -> Result<Value, Refusal> {
    let cohort = cohort(scope, window, args);
    let (signups, notified): (i64, i64) = scope
        .db
        .prepare_cached(&format!(
            "SELECT count(*), count(s.notified_at) FROM signups s WHERE {}",
            cohort.text()
        ))?
        .query_row(params_from_iter(cohort.values()), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    // Attributions are few and have no index by signup: they lead the join.
    let (conversions, revenue): (i64, i64) = scope
        .db
        .prepare_cached(&format!(
            "SELECT count(DISTINCT CASE WHEN s.notified_at IS NOT NULL THEN s.id END),
                    coalesce(sum(a.revenue_minor), 0)
             FROM attributions a CROSS JOIN signups s ON s.id = a.signup_id
             WHERE {COUNTED} AND {}",
            cohort.text()
        ))?
        .query_row(params_from_iter(cohort.values()), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(json!({
        "signups": signups,
        "pending": signups - notified,
        "notified": notified,
        "conversions": conversions,
        "conversion_rate": rate(conversions, notified),
        "recovered_revenue": money::print(revenue),
    }))
}

/// A share of 0 to 1, rounded half up to four digits; of nothing it is 0.
fn rate(part: i64, whole: i64) -> Value {
    if whole == 0 {
        return json!(0);
    }
    let parts = (part * 20_000 + whole) / (2 * whole);
    if parts % 10_000 == 0 {
        json!(parts / 10_000)
    } else {
        json!(parts as f64 / 10_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_round_half_up_to_four_digits() {
        assert_eq!(rate(0, 0), json!(0));
        assert_eq!(rate(0, 7), json!(0));
        assert_eq!(rate(7, 7), json!(1));
        assert_eq!(rate(3, 6), json!(0.5));
        assert_eq!(rate(1, 3), json!(0.3333));
        assert_eq!(rate(2, 3), json!(0.6667));
        assert_eq!(rate(1, 16), json!(0.0625));
        assert_eq!(rate(1, 32), json!(0.0313));
    }
}
