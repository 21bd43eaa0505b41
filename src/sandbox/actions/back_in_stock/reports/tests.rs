//! The reports of the contract on the fixture, windows, filters and files.

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, because, v};

fn report(name: &str, args: Value) -> Value {
    Bench::fixture().ok(&format!("back_in_stock_reports_{name}"), args)
}

fn march() -> Value {
    json!({"from": "2026-03-02", "to": "2026-03-31"})
}

#[test]
fn the_list_names_five_reports_in_order() {
    let list = report("list", json!({}));
    let names: Vec<&Value> = list["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["name"])
        .collect();
    assert_eq!(
        names,
        [
            "summary",
            "signups",
            "notifications",
            "conversions",
            "products_in_demand"
        ]
    );
    assert_eq!(
        list["reports"][0],
        json!({"name": "summary", "description": "Totals of the window: waitlist, sends, recovered orders.",
            "aliases": [], "url": "/api/v2/external/back_in_stock/reports/summary"})
    );
}

#[test]
fn the_summary_of_the_contract_holds() {
    assert_eq!(
        report("summary", json!({})),
        json!({
            "window": march(), "currency": "USD",
            "totals": {"signups": 21, "pending": 15, "notified": 6, "conversions": 3,
                "conversion_rate": 0.5, "recovered_revenue": "621.00"},
        })
    );
}

#[test]
fn the_signup_series_of_the_contract_holds() {
    let bucket = |date: &str, signups: i64, pending: i64, notified: i64| json!({"date": date, "signups": signups, "pending": pending, "notified": notified});
    assert_eq!(
        report("signups", json!({"granularity": "week"})),
        json!({"window": march(), "granularity": "week", "series": [
            bucket("2026-03-02", 6, 3, 3),
            bucket("2026-03-09", 7, 4, 3),
            bucket("2026-03-16", 4, 4, 0),
            bucket("2026-03-23", 3, 3, 0),
            bucket("2026-03-30", 1, 1, 0),
        ]})
    );
    let days = report("signups", json!({}));
    assert_eq!(days["granularity"], "day");
    assert_eq!(days["series"].as_array().unwrap().len(), 30);
    assert_eq!(
        report(
            "signups",
            json!({"from": "2026-02-11", "to": "2026-03-03", "granularity": "month"})
        )["series"],
        json!([bucket("2026-02-01", 0, 0, 0), bucket("2026-03-01", 2, 1, 1)]),
        "a cut bucket holds only what lies in the window"
    );
}

#[test]
fn the_notification_series_of_the_contract_holds() {
    let bucket = |date: &str, total: i64, email: i64, push: i64| json!({"date": date, "total": total, "email": email, "sms": 0, "push": push});
    assert_eq!(
        report("notifications", json!({"granularity": "week"})),
        json!({"window": march(), "granularity": "week", "series": [
            bucket("2026-03-02", 0, 0, 0),
            bucket("2026-03-09", 3, 3, 0),
            bucket("2026-03-16", 3, 2, 1),
            bucket("2026-03-23", 1, 1, 0),
            bucket("2026-03-30", 0, 0, 0),
        ]})
    );
    assert_eq!(
        report(
            "notifications",
            json!({"granularity": "month", "channel": "push", "from": "2026-03-01"})
        )["series"],
        json!([bucket("2026-03-01", 1, 0, 1)])
    );
}

#[test]
fn the_conversion_series_of_the_contract_holds() {
    let bucket = |date: &str, conversions: i64, revenue: &str| json!({"date": date, "conversions": conversions, "recovered_revenue": revenue});
    assert_eq!(
        report("conversions", json!({"granularity": "week"})),
        json!({"window": march(), "currency": "USD", "granularity": "week", "series": [
            bucket("2026-03-02", 0, "0.00"),
            bucket("2026-03-09", 1, "236.00"),
            bucket("2026-03-16", 1, "118.00"),
            bucket("2026-03-23", 1, "267.00"),
            bucket("2026-03-30", 0, "0.00"),
        ]})
    );
    assert_eq!(
        report(
            "conversions",
            json!({"granularity": "month", "from": "2026-02-01", "variant_id": v(1)})
        )["series"],
        json!([
            bucket("2026-02-01", 1, "89.00"),
            bucket("2026-03-01", 1, "267.00")
        ]),
        "filters look at the credited signup; the low one is not counted"
    );
}

#[test]
fn the_demand_ranking_of_the_contract_holds() {
    let page = report("products_in_demand", json!({"per_page": 2}));
    assert_eq!(
        page,
        json!({"window": march(), "product_variants": [
            {"shopify_variant_id": v(3), "shopify_product_id": 8_011_000_000_102_i64,
                "product_title": "Stoneware Pour-Over Set", "variant_title": "Default Title",
                "sku": "POUR-SET", "total": 5, "pending": 5, "last_requested_at": "2026-03-22T22:22:22Z"},
            {"shopify_variant_id": v(5), "shopify_product_id": 8_011_000_000_103_i64,
                "product_title": "Canvas Field Jacket", "variant_title": "Medium / Olive",
                "sku": "JACKET-OLV-M", "total": 3, "pending": 2, "last_requested_at": "2026-03-08T16:00:12Z"},
        ], "meta": {"total_count": 8, "page": 1, "per_page": 2, "total_pages": 4}})
    );
    let all = report("products_in_demand", json!({}));
    let order: Vec<&Value> = all["product_variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["shopify_variant_id"])
        .collect();
    assert_eq!(
        order,
        [3, 5, 7, 8, 1, 4, 6, 2]
            .map(|label| json!(v(label)))
            .iter()
            .collect::<Vec<_>>()
    );
    let last = report("products_in_demand", json!({"per_page": 3, "page": 3}));
    assert_eq!(last["product_variants"].as_array().unwrap().len(), 2);
}

#[test]
fn filters_narrow_the_cohort_and_unknown_ones_give_zeros() {
    let totals = |args: Value| {
        let totals = report("summary", args)["totals"].clone();
        (
            totals["signups"].clone(),
            totals["notified"].clone(),
            totals["recovered_revenue"].clone(),
        )
    };
    assert_eq!(
        totals(json!({"channel": "push"})),
        (json!(1), json!(1), json!("0.00"))
    );
    assert_eq!(
        totals(json!({"variant_id": v(1)})),
        (json!(3), json!(2), json!("267.00"))
    );
    assert_eq!(
        totals(json!({"variant_id": v(1), "from": "2026-02-01"})),
        (json!(4), json!(3), json!("356.00"))
    );
    assert_eq!(
        totals(json!({"product_id": 8_011_000_000_103_i64})),
        (json!(8), json!(4), json!("354.00"))
    );
    assert_eq!(
        totals(json!({"product_id": 1})),
        (json!(0), json!(0), json!("0.00"))
    );
}

#[test]
fn windows_fill_in_cut_and_end() {
    let window = |args: Value| report("summary", args)["window"].clone();
    assert_eq!(window(json!({})), march());
    assert_eq!(
        window(json!({"from": "2026-03-30T23:30:00-02:00"})),
        json!({"from": "2026-03-31", "to": "2026-03-31"})
    );
    assert_eq!(
        window(json!({"to": "2026-01-30"})),
        json!({"from": "2026-01-01", "to": "2026-01-30"})
    );
    assert_eq!(
        window(json!({"from": "2023-04-01", "to": "2026-03-31"})),
        json!({"from": "2023-04-01", "to": "2026-03-31"}),
        "1096 days"
    );
    let refused = |args: Value| Bench::fixture().refused("back_in_stock_reports_signups", args);
    assert_eq!(
        refused(json!({"from": "2023-03-31", "to": "2026-03-31"})),
        because(422, "window must not exceed 1096 days")
    );
    assert_eq!(
        refused(json!({"from": "2026-04-01"})),
        because(422, "from must be on or before to")
    );
    assert_eq!(
        refused(json!({"to": "later"})),
        because(422, "to must be a date")
    );
}

/// Exports a report and answers its job's row: file name, rows and file.
fn exported(name: &str, args: Value) -> (String, i64, String) {
    let mut bench = Bench::fixture();
    let answer = bench.ok(&format!("back_in_stock_reports_{name}_export"), args);
    let id = answer["job_id"].as_str().unwrap();
    assert!(id.starts_with("exp_"), "{id}");
    assert_eq!(
        answer["status_url"],
        json!(format!("/api/v2/external/back_in_stock/reports/jobs/{id}"))
    );
    assert_eq!(bench.kinds(), ["job_started"]);
    bench
        .db
        .query_row(
            "SELECT file_name, total, file FROM jobs WHERE id = ?",
            [id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap()
}

#[test]
fn exports_hold_every_row_of_the_read() {
    assert_eq!(
        exported("summary", json!({})),
        (
            "back_in_stock_summary_2026-03-02_2026-03-31.csv".to_owned(),
            1,
            "from,to,currency,signups,pending,notified,conversions,conversion_rate,recovered_revenue\r\n\
             2026-03-02,2026-03-31,USD,21,15,6,3,0.5,621.00\r\n"
                .to_owned()
        )
    );
    assert_eq!(
        exported(
            "signups",
            json!({"granularity": "week", "to": "2026-03-15", "from": "2026-03-02"})
        )
        .2,
        "date,signups,pending,notified\r\n2026-03-02,6,3,3\r\n2026-03-09,7,4,3\r\n"
    );
    assert_eq!(
        exported(
            "notifications",
            json!({"granularity": "month", "from": "2026-03-01"})
        )
        .2,
        "date,total,email,sms,push\r\n2026-03-01,7,6,0,1\r\n"
    );
    assert_eq!(
        exported(
            "conversions",
            json!({"granularity": "month", "from": "2026-03-01"})
        )
        .2,
        "date,currency,conversions,recovered_revenue\r\n2026-03-01,USD,3,621.00\r\n"
    );
    let (name, rows, file) = exported("products_in_demand", json!({"page": 7, "per_page": 1}));
    assert_eq!(
        name,
        "back_in_stock_products_in_demand_2026-03-02_2026-03-31.csv"
    );
    assert_eq!(rows, 8);
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "shopify_variant_id,shopify_product_id,product_title,variant_title,sku,total,pending,last_requested_at",
            "44021000000201,8011000000102,Stoneware Pour-Over Set,Default Title,POUR-SET,5,5,2026-03-22T22:22:22Z",
        ]
    );
    assert_eq!(lines.len(), 9);
}

#[test]
fn a_wrong_export_makes_no_job_and_an_unknown_job_is_missing() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.refused(
            "back_in_stock_reports_signups_export",
            json!({"from": "2027-01-01"})
        ),
        because(422, "from must be on or before to")
    );
    assert_eq!(bench.number("SELECT count(*) FROM jobs"), 0);
    assert_eq!(
        bench.refused(
            "back_in_stock_reports_jobs_read",
            json!({"job_id": "exp_0"})
        ),
        because(404, "Job not found or expired")
    );
}
