//! The reports of the generated shop against each other and against its orders, whatever is asked.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::name;
use crate::sandbox::actions::money;
use crate::sandbox::seed::model::{Dataset, Preorder, PreorderLine};
use crate::sandbox::seed::{Kind, dataset, fixture};
use crate::sandbox::testing::Bench;

/// What is asked of every report.
#[derive(Debug, Clone)]
struct Question {
    /// First day, counted back from the last.
    days: u64,
    /// Last day, counted back from today.
    ago: u64,
    currency: Option<&'static str>,
    /// Places in the list of offers; beyond it there is none.
    offers: Option<Vec<usize>>,
    granularity: &'static str,
}

fn question() -> impl Strategy<Value = Question> {
    let currency = prop_oneof![Just("USD"), Just("CAD"), Just("EUR"), Just("GBP")];
    let granularity = prop_oneof![Just("day"), Just("week"), Just("month")];
    (
        0..140_u64,
        0..120_u64,
        option::of(currency),
        option::of(vec(0..13_usize, 1..6)),
        granularity,
    )
        .prop_map(|(days, ago, currency, offers, granularity)| Question {
            days,
            ago,
            currency,
            offers,
            granularity,
        })
}

/// What the orders say: units, deposits, balances, what is open of the lines, orders, cancelled ones.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    orders: i64,
    units: i64,
    customers: usize,
    deposits: i64,
    balances: i64,
    outstanding: i64,
    cancelled: i64,
    owed: i64,
}

impl Question {
    fn args(&self, data: &Dataset) -> Value {
        let to = data.now.date_naive() - chrono::Days::new(self.ago);
        let from = to - chrono::Days::new(self.days);
        let mut args = json!({"from": from.to_string(), "to": to.to_string(), "granularity": self.granularity});
        if let Some(currency) = self.currency {
            args["currency"] = json!(currency);
        }
        if let Some(offers) = self.ids(data) {
            args["offer_ids"] = json!(offers);
        }
        args
    }

    fn ids(&self, data: &Dataset) -> Option<BTreeSet<String>> {
        let id = |place: &usize| match data.offers.get(*place) {
            Some(offer) => offer.id.to_string(),
            None => "0ffe0000-0000-4000-8000-000000000777".to_owned(),
        };
        Some(self.offers.as_ref()?.iter().map(id).collect())
    }

    /// Adds up the orders themselves.
    fn answer(&self, data: &Dataset) -> Sums {
        let offers = self.ids(data);
        let is_asked = |line: &&PreorderLine| {
            offers
                .as_ref()
                .is_none_or(|offers| offers.contains(&line.offer_id.to_string()))
        };
        let age = |row: &Preorder| (data.now.date_naive() - row.created_at.date_naive()).num_days();
        let ago = i64::try_from(self.ago).unwrap();
        let days = ago..=ago + i64::try_from(self.days).unwrap();
        let mut sums = Sums::default();
        let mut buyers = BTreeSet::new();
        for order in &data.preorders {
            let lines: Vec<&PreorderLine> = order.lines.iter().filter(is_asked).collect();
            let counts = order.shop_id == fixture::shop_id(1)
                && days.contains(&age(order))
                && order.currency == self.currency.unwrap_or("USD");
            if !counts || lines.is_empty() {
                continue;
            }
            if order.cancelled_at.is_some() {
                sums.cancelled += 1;
                continue;
            }
            sums.orders += 1;
            sums.owed += order.outstanding_minor;
            buyers.insert(match order.customer_id {
                Some(id) => id.to_string(),
                None => order.email.clone().unwrap(),
            });
            for line in lines {
                sums.units += line.quantity;
                sums.deposits += line.deposit_minor;
                sums.balances += line.balance_minor;
                if order.outstanding_minor > 0 {
                    sums.outstanding += line.balance_minor;
                }
            }
        }
        sums.customers = buyers.len();
        sums
    }
}

/// A money figure, or a count, as a number.
fn number(value: &Value) -> i64 {
    match value {
        Value::String(text) => money::parse(text).unwrap(),
        value => value.as_i64().unwrap(),
    }
}

/// Figures of an object.
fn figures<const N: usize>(row: &Value, keys: [&str; N]) -> [i64; N] {
    keys.map(|key| number(&row[key]))
}

/// Sums over the rows of a report.
fn sums<const N: usize>(rows: &Value, keys: [&str; N]) -> [i64; N] {
    let mut sums = [0; N];
    for row in rows.as_array().unwrap() {
        for (sum, figure) in sums.iter_mut().zip(figures(row, keys)) {
            *sum += figure;
        }
    }
    sums
}

const ADDING: [&str; 5] = [
    "units",
    "revenue",
    "deposits",
    "balances",
    "outstanding_balance",
];

fn check(bench: &mut Bench, data: &Dataset, question: &Question) {
    let args = question.args(data);
    let expected = question.answer(data);
    let mut read = |report: &str, args: &Value| bench.ok(&name(report), args.clone());

    let totals = read("summary", &args)["totals"].clone();
    let [orders, units, deposits, balances] =
        figures(&totals, ["orders", "units", "deposits", "balances"]);
    let [outstanding, cancelled] = figures(&totals, ["outstanding_balance", "cancelled_orders"]);
    let owing = read("outstanding_balances", &args);
    let told = Sums {
        orders,
        units,
        customers: usize::try_from(number(&totals["customers"])).unwrap(),
        deposits,
        balances,
        outstanding,
        cancelled,
        owed: number(&owing["total_outstanding"]),
    };
    assert_eq!(told, expected, "{args}");
    assert_eq!(
        sums(&owing["orders"], ["total_outstanding"]),
        [expected.owed]
    );
    assert_eq!(number(&totals["revenue"]), deposits + balances);

    let adding = figures(&totals, ADDING);
    for (report, key) in [
        ("by_product", "products"),
        ("by_offer", "offers"),
        ("by_market", "markets"),
    ] {
        assert_eq!(
            sums(&read(report, &args)[key], ADDING),
            adding,
            "{report}: {args}"
        );
    }
    let mut all = args.clone();
    if question.offers.is_none() {
        all["offer_ids"] = data
            .offers
            .iter()
            .map(|offer| json!(offer.id.to_string()))
            .collect();
    }
    assert_eq!(sums(&read("by_variant", &all)["variants"], ADDING), adding);
    assert_eq!(
        sums(&read("by_market", &args)["markets"], ["orders"]),
        [orders]
    );

    let mut page = 1;
    let mut told = [0; 4];
    loop {
        let mut args = args.clone();
        args["page"] = json!(page);
        args["per_page"] = json!(200);
        let body = read("customers", &args);
        assert_eq!(body["meta"]["total_count"], totals["customers"]);
        let keys = ["orders", "units", "revenue", "outstanding_balance"];
        for (sum, figure) in told.iter_mut().zip(sums(&body["customers"], keys)) {
            *sum += figure;
        }
        if number(&body["meta"]["total_pages"]) <= page {
            break;
        }
        page += 1;
    }
    assert_eq!(told, [orders, units, deposits + balances, outstanding]);

    let revenue = read("revenue", &args);
    let keys = ["orders", "deposits", "balances", "revenue"];
    assert_eq!(sums(&revenue["series"], keys), figures(&totals, keys));
    assert_eq!(figures(&revenue["totals"], keys), figures(&totals, keys));
    let by_date = read("by_date", &args);
    let keys = [
        "orders",
        "units",
        "revenue",
        "deposits",
        "balances",
        "outstanding_balance",
        "refunded",
        "cancelled_orders",
    ];
    assert_eq!(
        sums(&by_date["series"], keys),
        figures(&totals, keys),
        "{args}"
    );
}

#[test]
fn reports_add_up_with_the_orders_and_with_each_other() {
    let bench = RefCell::new(Bench::of(Kind::Shop));
    let data = dataset(Kind::Shop, 1, fixture::fixture().now);
    let mut runner = TestRunner::new(Config::with_cases(24));
    let checked = runner.run(&question(), |question| {
        check(&mut bench.borrow_mut(), &data, &question);
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn what_is_split_by_a_filter_makes_the_whole() {
    let mut bench = Bench::of(Kind::Shop);
    let data = dataset(Kind::Shop, 1, fixture::fixture().now);
    let keys = [
        "units",
        "revenue",
        "deposits",
        "balances",
        "outstanding_balance",
        "refunded",
    ];
    let mut split = |parts: Vec<Value>| {
        let mut sums = [0; 6];
        for mut part in parts {
            part["from"] = json!("2025-12-01");
            let totals = bench.ok(&name("summary"), part)["totals"].clone();
            for (sum, figure) in sums.iter_mut().zip(figures(&totals, keys)) {
                *sum += figure;
            }
        }
        sums
    };
    let whole = split(vec![json!({})]);
    let own = data
        .products
        .iter()
        .filter(|row| row.shop_id == fixture::shop_id(1));
    let products = own.map(|row| json!({"product_id": row.shopify_product_id}));
    assert_eq!(split(products.collect()), whole);
    let offers = data
        .offers
        .iter()
        .map(|row| json!({"offer_id": row.id.to_string()}));
    assert_eq!(split(offers.collect()), whole);
    let refunds = data
        .preorders
        .iter()
        .filter(|row| row.shop_id == fixture::shop_id(1))
        .filter(|row| row.currency == "USD" && row.cancelled_at.is_none());
    assert_eq!(whole[5], refunds.map(|row| row.refunded_minor).sum::<i64>());
}
