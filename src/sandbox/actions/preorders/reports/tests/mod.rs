//! The reports of the contract on the fixture, windows, filters and files.

mod arithmetic;

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, because, object, v};

const JACKET: i64 = 8_011_000_000_103;
const THROW: i64 = 8_011_000_000_101;
const CANDLE: i64 = 8_011_000_000_104;

fn name(action: &str) -> String {
    format!("preorders_reports_{action}")
}

fn report(action: &str, args: Value) -> Value {
    Bench::fixture().ok(&name(action), args)
}

fn refused(action: &str, args: Value) -> (u16, Vec<String>) {
    Bench::fixture().refused(&name(action), args)
}

fn o(number: u32) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

fn march() -> Value {
    json!({"from": "2026-03-02", "to": "2026-03-31"})
}

/// The figures every breakdown ends in.
fn figures(begun: Value, counts: [i64; 2], money: [&str; 4]) -> Value {
    let mut row = begun;
    row["orders"] = json!(counts[0]);
    row["units"] = json!(counts[1]);
    for (key, amount) in ["revenue", "deposits", "balances", "outstanding_balance"]
        .iter()
        .zip(money)
    {
        row[key] = json!(amount);
    }
    row
}

#[test]
fn the_list_names_nine_reports_in_order() {
    let list = report("list", json!({}));
    let rows = list["reports"].as_array().unwrap();
    let names: Vec<&Value> = rows.iter().map(|row| &row["name"]).collect();
    assert_eq!(
        names,
        [
            "summary",
            "revenue",
            "by_date",
            "by_product",
            "by_variant",
            "by_offer",
            "by_market",
            "customers",
            "outstanding_balances"
        ]
    );
    assert_eq!(
        rows[1],
        json!({"name": "revenue", "description": "Preorder revenue per day, week or month.",
            "aliases": ["revenue report", "preorder revenue"],
            "url": "/api/v2/external/preorders/reports/revenue"})
    );
    assert_eq!(rows[0]["aliases"], json!([]));
}

#[test]
fn the_summary_of_the_contract_holds() {
    assert_eq!(
        report("summary", json!({})),
        json!({"window": march(), "currency": "USD",
            "totals": {"orders": 6, "units": 7, "customers": 6, "revenue": "691.80", "deposits": "373.20",
                "balances": "318.60", "outstanding_balance": "238.95", "refunded": "89.00",
                "cancelled_orders": 1, "average_order_value": "115.30"}})
    );
}

#[test]
fn the_revenue_series_of_the_contract_holds() {
    let row = |orders: i64, deposits: &str, balances: &str, revenue: &str| json!({"orders": orders, "deposits": deposits, "balances": balances, "revenue": revenue});
    let bucket = |date: &str, orders, deposits, balances, revenue| {
        let mut row = row(orders, deposits, balances, revenue);
        row["date"] = json!(date);
        row
    };
    assert_eq!(
        report("revenue", json!({"granularity": "week"})),
        json!({"window": march(), "currency": "USD", "granularity": "week",
        "totals": row(6, "373.20", "318.60", "691.80"),
        "series": [
            bucket("2026-03-02", 2, "79.65", "238.95", "318.60"),
            bucket("2026-03-09", 3, "204.55", "79.65", "284.20"),
            bucket("2026-03-16", 1, "89.00", "0.00", "89.00"),
            bucket("2026-03-23", 0, "0.00", "0.00", "0.00"),
            bucket("2026-03-30", 0, "0.00", "0.00", "0.00"),
        ]})
    );
    let one = |args: Value| report("revenue", args);
    let deposits =
        one(json!({"granularity": "month", "from": "2026-03-01", "include_balances": false}));
    assert_eq!(deposits["totals"], row(6, "373.20", "0.00", "373.20"));
    assert_eq!(
        deposits["series"],
        json!([bucket("2026-03-01", 6, "373.20", "0.00", "373.20")])
    );
    let balances = one(json!({"include_deposits": false}));
    assert_eq!(balances["totals"], row(6, "0.00", "318.60", "318.60"));
    assert_eq!(balances["series"].as_array().unwrap().len(), 30);
    assert_eq!(
        refused(
            "revenue",
            json!({"include_deposits": false, "include_balances": false})
        ),
        because(422, "include_deposits or include_balances must be true")
    );
}

#[test]
fn by_date_shows_the_chosen_metrics() {
    let all = report("by_date", json!({"granularity": "week"}));
    assert_eq!(
        all["series"][2],
        json!({"date": "2026-03-16", "orders": 1, "units": 1, "revenue": "89.00", "deposits": "89.00",
            "balances": "0.00", "outstanding_balance": "0.00", "refunded": "89.00", "cancelled_orders": 0})
    );
    assert_eq!(
        report(
            "by_date",
            json!({"granularity": "month", "from": "2026-02-01", "metrics": ["cancelled_orders", "units"]})
        ),
        json!({"window": {"from": "2026-02-01", "to": "2026-03-31"}, "currency": "USD", "granularity": "month",
        "series": [
            {"date": "2026-02-01", "units": 3, "cancelled_orders": 0},
            {"date": "2026-03-01", "units": 7, "cancelled_orders": 1},
        ]})
    );
}

#[test]
fn the_product_breakdown_of_the_contract_holds() {
    assert_eq!(
        report("by_product", json!({})),
        json!({"window": march(), "currency": "USD", "products": [
            figures(json!({"shopify_product_id": JACKET, "product_title": "Canvas Field Jacket"}),
                [3, 4], ["424.80", "106.20", "318.60", "238.95"]),
            figures(json!({"shopify_product_id": THROW, "product_title": "Alder Wool Throw"}),
                [3, 3], ["267.00", "267.00", "0.00", "0.00"]),
        ]})
    );
}

#[test]
fn variants_are_broken_down_within_given_offers() {
    let variant = |product: i64, label: usize, titles: [&str; 2]| {
        json!({"shopify_product_id": product, "shopify_variant_id": v(label), "product_title": titles[0],
            "variant_title": titles[1]})
    };
    let medium = figures(
        variant(JACKET, 5, ["Canvas Field Jacket", "Medium / Olive"]),
        [2, 2],
        ["212.40", "53.10", "159.30", "79.65"],
    );
    let large = figures(
        variant(JACKET, 6, ["Canvas Field Jacket", "Large / Olive"]),
        [1, 2],
        ["212.40", "53.10", "159.30", "159.30"],
    );
    assert_eq!(
        report("by_variant", json!({"offer_id": o(1)})),
        json!({"window": march(), "currency": "USD", "variants": [medium, large]}),
        "equal revenue: id up"
    );
    let both = report(
        "by_variant",
        json!({"offer_id": o(1), "offer_ids": [o(2).to_uppercase()]}),
    );
    assert_eq!(both["variants"].as_array().unwrap().len(), 4);
    assert_eq!(
        report("by_variant", json!({"offer_ids": [o(77)]}))["variants"],
        json!([])
    );
    for args in [json!({}), json!({"offer_ids": []})] {
        assert_eq!(
            refused("by_variant", args.clone()),
            because(422, "offer_id is missing")
        );
        assert_eq!(
            refused("by_variant_export", args),
            because(422, "offer_id is missing")
        );
    }
}

#[test]
fn offers_are_broken_down_deleted_ones_too() {
    let offer = |number, name: &str, state: &str| json!({"offer_id": o(number), "name": name, "state": state});
    let mut bench = Bench::fixture();
    bench.sql(&format!(
        "UPDATE offers SET deleted_at = 1, state = 'disabled' WHERE id = '{}'",
        o(2)
    ));
    assert_eq!(
        bench.ok(&name("by_offer"), json!({"from": "2026-02-01"})),
        json!({"window": {"from": "2026-02-01", "to": "2026-03-31"}, "currency": "USD", "offers": [
            figures(offer(1, "Field Jacket preorder", "enabled"), [3, 4],
                ["424.80", "106.20", "318.60", "238.95"]),
            figures(offer(2, "Wool Throw preorder", "deleted"), [3, 3], ["267.00", "267.00", "0.00", "0.00"]),
            figures(offer(4, "Candle Trio restock", "disabled"), [2, 3], ["84.00", "0.00", "84.00", "28.00"]),
        ]})
    );
}

#[test]
fn markets_are_broken_down_none_of_them_last() {
    let mut bench = Bench::fixture();
    bench.sql("UPDATE preorder_orders SET shopify_market_id = NULL WHERE name = '#2008'");
    assert_eq!(
        bench.ok(&name("by_market"), json!({}))["markets"],
        json!([
            figures(
                json!({"market_id": 91_000_000_001_i64}),
                [4, 5],
                ["513.80", "195.20", "318.60", "238.95"]
            ),
            figures(
                json!({"market_id": 91_000_000_002_i64}),
                [1, 1],
                ["89.00", "89.00", "0.00", "0.00"]
            ),
            figures(
                json!({"market_id": null}),
                [1, 1],
                ["89.00", "89.00", "0.00", "0.00"]
            ),
        ])
    );
}

#[test]
fn customers_are_ranked_and_paged() {
    let row = |number: i64,
               who: [&str; 2],
               counts: [i64; 2],
               money: [&str; 2],
               times: [&str; 2]| {
        json!({"customer_id": 7_300_000_000_000 + number, "email": who[0], "name": who[1], "orders": counts[0],
            "units": counts[1], "revenue": money[0], "outstanding_balance": money[1],
            "first_order_at": times[0], "last_order_at": times[1]})
    };
    assert_eq!(
        report("customers", json!({"from": "2026-02-01", "per_page": 2})),
        json!({"window": {"from": "2026-02-01", "to": "2026-03-31"}, "currency": "USD",
            "customers": [
                row(2, ["mateo.ruiz@example.com", "Mateo Ruiz"], [1, 2], ["212.40", "159.30"],
                    ["2026-03-08T12:30:00Z"; 2]),
                row(3, ["priya.nair@example.com", "Priya Nair"], [2, 2], ["134.20", "28.00"],
                    ["2026-02-25T11:00:00Z", "2026-03-10T09:15:00Z"]),
            ],
            "meta": {"total_count": 7, "page": 1, "per_page": 2, "total_pages": 4}})
    );
    let mut bench = Bench::fixture();
    bench.sql(
        "UPDATE preorder_orders SET customer_id = NULL, email = 'guest@example.com', customer_name = 'G. ' || name
         WHERE name IN ('#2004', '#2005')",
    );
    let page = bench.ok(&name("customers"), json!({"per_page": 200}));
    let rows = page["customers"].as_array().unwrap();
    let guest = rows
        .iter()
        .find(|row| row["customer_id"].is_null())
        .unwrap();
    assert_eq!(
        *guest,
        json!({"customer_id": null, "email": "guest@example.com", "name": "G. #2005", "orders": 2, "units": 2,
            "revenue": "178.00", "outstanding_balance": "0.00", "first_order_at": "2026-03-12T18:45:00Z",
            "last_order_at": "2026-03-14T07:20:00Z"})
    );
    let summary = bench.ok(&name("summary"), json!({}));
    assert_eq!(summary["totals"]["customers"], rows.len());
}

#[test]
fn the_outstanding_balances_of_the_contract_hold() {
    let row = |number: i64, email: &str, facts: Value| {
        let mut row = json!({"order_id": 6_130_000_000_000_i64 + number, "name": format!("#20{number:02}"),
            "email": email, "last_failure_code": null});
        object(facts)
            .into_iter()
            .for_each(|(key, value)| row[key] = value);
        row
    };
    let body = json!({"window": {"from": "2026-02-10", "to": "2026-03-31"}, "currency": "USD",
    "total_outstanding": "266.95",
    "orders": [
        row(9, "priya.nair@example.com", json!({"customer_id": 7_300_000_000_003_i64, "state": "placed",
            "total_outstanding": "28.00", "due_at": "2026-03-27T11:00:00Z", "overdue": true,
            "auto_collect": false})),
        row(1, "jane.okafor@example.com", json!({"customer_id": 7_300_000_000_001_i64,
            "state": "awaiting_balance", "total_outstanding": "79.65", "due_at": "2026-04-15T09:00:00Z",
            "overdue": false, "auto_collect": true})),
        row(2, "mateo.ruiz@example.com", json!({"customer_id": 7_300_000_000_002_i64,
            "state": "awaiting_balance", "total_outstanding": "159.30", "due_at": "2026-04-15T09:00:00Z",
            "overdue": false, "auto_collect": true})),
    ]});
    assert_eq!(report("outstanding_balances", json!({})), body);
    let one = |args: Value| {
        let body = report("outstanding_balances", args);
        (
            body["window"]["from"].clone(),
            body["total_outstanding"].clone(),
        )
    };
    assert_eq!(
        one(json!({"offer_id": o(4)})),
        (json!("2026-02-10"), json!("28.00"))
    );
    assert_eq!(
        one(json!({"to": "2026-03-07"})),
        (json!("2026-02-06"), json!("107.65"))
    );
    assert_eq!(
        one(json!({"from": "2026-03-06", "product_id": 1})),
        (json!("2026-03-06"), json!("159.30"))
    );
    let mut bench = Bench::fixture();
    bench.sql("DELETE FROM preorder_orders");
    assert_eq!(
        bench.ok(&name("outstanding_balances"), json!({})),
        json!({"window": march(), "currency": "USD", "total_outstanding": "0.00", "orders": []})
    );
}

#[test]
fn filters_work_per_line_and_currencies_are_not_mixed() {
    let totals = |args: Value| {
        let totals = report("summary", args)["totals"].clone();
        ["orders", "units", "revenue", "cancelled_orders"].map(|key| totals[key].clone())
    };
    assert_eq!(
        totals(json!({"product_id": JACKET})),
        [json!(3), json!(4), json!("424.80"), json!(1)]
    );
    assert_eq!(
        totals(json!({"variant_id": v(5)})),
        [json!(2), json!(2), json!("212.40"), json!(0)]
    );
    assert_eq!(
        totals(json!({"market_id": 91_000_000_002_i64})),
        [json!(1), json!(1), json!("89.00"), json!(0)]
    );
    assert_eq!(
        totals(json!({"offer_id": o(4), "from": "2026-02-01"})),
        [json!(2), json!(3), json!("84.00"), json!(0)]
    );
    let nothing = [json!(0), json!(0), json!("0.00"), json!(0)];
    assert_eq!(totals(json!({"currency": "EUR"})), nothing);
    assert_eq!(totals(json!({"product_id": CANDLE})), nothing);
    let offers = |args: Value| report("by_offer", args)["offers"].as_array().unwrap().len();
    assert_eq!(
        offers(json!({"market_id": 1})),
        2,
        "not a filter of this report"
    );
}

#[test]
fn a_refund_is_spread_over_all_lines_of_its_order() {
    let mut bench = Bench::fixture();
    bench.sql(
        "UPDATE preorder_orders SET refunded_minor = 1001 WHERE name = '#2004';
         INSERT INTO preorder_lines SELECT shop_id, id + 1, shopify_order_id, offer_id, 8011000000104, 44021000000401,
           'Beeswax Candle Trio', 'Cedar', 1, 4450, 4450, 0 FROM preorder_lines WHERE id = 14130000000041",
    );
    let mut refunded = |product: i64| {
        let args = json!({"product_id": product, "to": "2026-03-15"});
        bench.ok(&name("summary"), args)["totals"]["refunded"].clone()
    };
    assert_eq!([THROW, CANDLE].map(&mut refunded), ["6.67", "3.34"]);
}

/// Exports a report and answers its job's row: file name, rows and file.
fn exported(report: &str, args: Value) -> (String, i64, String) {
    let mut bench = Bench::fixture();
    let answer = bench.ok(&name(&format!("{report}_export")), args);
    let id = answer["job_id"].as_str().unwrap();
    assert_eq!(
        answer["status_url"],
        json!(format!("/api/v2/external/preorders/reports/jobs/{id}"))
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
    let window = json!({"from": "2026-03-02", "to": "2026-03-15"});
    let with = |more: Value| {
        let mut args = window.clone();
        object(more)
            .into_iter()
            .for_each(|(key, value)| args[key] = value);
        args
    };
    assert_eq!(
        exported("summary", json!({})),
        (
            "preorders_summary_2026-03-02_2026-03-31.csv".to_owned(),
            1,
            "orders,units,customers,revenue,deposits,balances,outstanding_balance,refunded,cancelled_orders,\
             average_order_value\r\n6,7,6,691.80,373.20,318.60,238.95,89.00,1,115.30\r\n"
                .to_owned()
        )
    );
    let file = |report: &str, args: Value| exported(report, args).2;
    assert_eq!(
        file(
            "revenue",
            with(json!({"granularity": "week", "include_deposits": false}))
        ),
        "date,orders,deposits,balances,revenue\r\n2026-03-02,2,0.00,238.95,238.95\r\n\
         2026-03-09,3,0.00,79.65,79.65\r\n"
    );
    assert_eq!(
        file(
            "by_date",
            with(json!({"granularity": "month", "metrics": ["units", "orders"]}))
        ),
        "date,orders,units\r\n2026-03-01,5,6\r\n"
    );
    let figures = "orders,units,revenue,deposits,balances,outstanding_balance";
    assert_eq!(
        file("by_product", window.clone()),
        format!(
            "shopify_product_id,product_title,{figures}\r\n\
             8011000000103,Canvas Field Jacket,3,4,424.80,106.20,318.60,238.95\r\n\
             8011000000101,Alder Wool Throw,2,2,178.00,178.00,0.00,0.00\r\n"
        )
    );
    assert_eq!(
        file("by_variant", with(json!({"offer_id": o(2)}))),
        format!(
            "shopify_product_id,shopify_variant_id,product_title,variant_title,{figures}\r\n\
             8011000000101,44021000000101,Alder Wool Throw,Moss / Large,1,1,89.00,89.00,0.00,0.00\r\n\
             8011000000101,44021000000102,Alder Wool Throw,Clay / Large,1,1,89.00,89.00,0.00,0.00\r\n"
        )
    );
    assert_eq!(
        file("by_offer", window.clone()),
        format!(
            "offer_id,name,state,{figures}\r\n\
             {},Field Jacket preorder,enabled,3,4,424.80,106.20,318.60,238.95\r\n\
             {},Wool Throw preorder,enabled,2,2,178.00,178.00,0.00,0.00\r\n",
            o(1),
            o(2)
        )
    );
    assert_eq!(
        file("by_market", window.clone()),
        format!(
            "market_id,{figures}\r\n91000000001,4,5,513.80,195.20,318.60,238.95\r\n\
             91000000002,1,1,89.00,89.00,0.00,0.00\r\n"
        )
    );
    let (file_name, rows, customers) =
        exported("customers", with(json!({"page": 9, "per_page": 1})));
    assert_eq!(file_name, "preorders_customers_2026-03-02_2026-03-15.csv");
    assert_eq!(rows, 5);
    assert_eq!(
        customers.lines().take(2).collect::<Vec<_>>(),
        [
            "customer_id,email,name,orders,units,revenue,outstanding_balance,first_order_at,last_order_at",
            "7300000000002,mateo.ruiz@example.com,Mateo Ruiz,1,2,212.40,159.30,2026-03-08T12:30:00Z,\
             2026-03-08T12:30:00Z",
        ]
    );
    assert_eq!(
        exported("outstanding_balances", json!({"offer_id": o(4)})),
        (
            "preorders_outstanding_balances_2026-02-10_2026-03-31.csv".to_owned(),
            1,
            "order_id,name,customer_id,email,state,total_outstanding,due_at,overdue,auto_collect,\
             last_failure_code\r\n\
             6130000000009,#2009,7300000000003,priya.nair@example.com,placed,28.00,2026-03-27T11:00:00Z,true,\
             false,\r\n"
                .to_owned()
        )
    );
}

#[test]
fn a_wrong_export_makes_no_job_and_an_unknown_job_is_missing() {
    let mut bench = Bench::fixture();
    for (action, args) in [
        ("summary_export", json!({"from": "2027-01-01"})),
        (
            "revenue_export",
            json!({"include_deposits": false, "include_balances": false}),
        ),
        (
            "outstanding_balances_export",
            json!({"from": "2023-03-31", "to": "2026-03-31"}),
        ),
        ("jobs_read", json!({"job_id": "exp_0"})),
    ] {
        assert!(bench.call(&name(action), args).is_err(), "{action}");
    }
    assert_eq!(bench.number("SELECT count(*) FROM jobs"), 0);
    assert_eq!(
        refused("jobs_read", json!({"job_id": "exp_0"})),
        because(404, "Job not found or expired")
    );
}
