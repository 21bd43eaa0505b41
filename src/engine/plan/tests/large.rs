//! Calls of hundreds of targets on the generated shop: what planning costs, and what it then knows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::reads::PLAN_POINTS;
use super::{Bench, object};
use crate::registry::entry::Method;
use crate::sandbox::seed::Kind;
use crate::upstream::{ApiRequest, Priority, Repeat};

/// What a read answers.
async fn answer(bench: &Bench, path: &str, parameters: Value) -> Value {
    let request = ApiRequest::v2(Method::Get, path, object(parameters));
    let deadline = Instant::now() + Duration::from_secs(9);
    let upstream = bench.engine.upstream();
    let answer = upstream
        .send(&request, Repeat::Safe, Priority::Normal, deadline)
        .await;
    answer.unwrap().body.into_unshown()
}

/// All rows of a list.
async fn rows(bench: &Bench, path: &str, key: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let body = answer(bench, path, json!({"page": page, "per_page": 200})).await;
        let found = body[key].as_array().unwrap().clone();
        let is_last = found.len() < 200;
        all.extend(found);
        if is_last {
            break;
        }
    }
    all
}

fn ids(rows: &[&Value]) -> Vec<Value> {
    rows.iter().map(|row| row["id"].clone()).collect()
}

#[tokio::test]
async fn hundreds_of_signups_of_a_few_variants_are_all_looked_at() {
    let bench = Bench::of(Kind::Shop).await;
    let all = rows(&bench, "/back_in_stock/signups", "signups").await;
    let mut by_variant: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for row in &all {
        let variant = row["variant"]["shopify_variant_id"].as_u64().unwrap();
        by_variant.entry(variant).or_default().push(row);
    }
    let mut lists: Vec<Vec<&Value>> = by_variant.into_values().collect();
    lists.sort_by_key(|list| std::cmp::Reverse(list.len()));
    let wanted: Vec<&Value> = lists.concat().into_iter().take(412).collect();
    let notify = json!({"signup_ids": ids(&wanted), "allow_resend": false});
    let plan = bench
        .plan("back_in_stock_signups_bulk_notify", notify)
        .await
        .unwrap();
    let waiting = wanted
        .iter()
        .filter(|row| matches!(row["status"].as_str(), Some("pending" | "blocked")));
    assert_eq!(plan.count, u64::try_from(waiting.count()).unwrap());
    let skipped: u64 = plan.skipped.iter().map(|(_, count)| count).sum();
    assert_eq!(plan.count + skipped, 412);
    assert_eq!(plan.targets.as_array().unwrap().len(), 412);
    assert!(
        !plan.sentence.contains("not looked at"),
        "{}",
        plan.sentence
    );
    assert!(plan.read_points < PLAN_POINTS, "{}", plan.read_points);
}

#[tokio::test]
async fn what_is_strewn_over_many_variants_is_looked_at_within_the_budget_and_the_rest_is_told() {
    let bench = Bench::of(Kind::Shop).await;
    let all = rows(&bench, "/back_in_stock/signups", "signups").await;
    let wanted: Vec<&Value> = all.iter().step_by(7).take(400).collect();
    assert_eq!(wanted.len(), 400);
    let notify = json!({"signup_ids": ids(&wanted), "allow_resend": true});
    let plan = bench
        .plan("back_in_stock_signups_bulk_notify", notify)
        .await
        .unwrap();
    assert!(plan.read_points <= PLAN_POINTS, "{}", plan.read_points);
    let targets = plan.targets.as_array().unwrap();
    let unseen = targets
        .iter()
        .filter(|target| target["unseen"] == json!(true))
        .count();
    assert_eq!(targets.len(), 400);
    let skipped: u64 = plan.skipped.iter().map(|(_, count)| count).sum();
    assert_eq!(plan.count + skipped, 400);
    assert!(unseen > 0);
    let told = format!(
        " {unseen} of them were not looked at, as that would cost too many points; whom the API leaves out among them is not known."
    );
    assert!(plan.sentence.ends_with(&told), "{}", plan.sentence);
}

/// Money in hundredths.
fn cents(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn hundreds_of_orders_are_all_looked_at_and_added_up() {
    let bench = Bench::of(Kind::Shop).await;
    let all = rows(&bench, "/preorders/orders", "orders").await;
    let wanted: Vec<&Value> = all.iter().take(500).collect();
    let open = wanted.iter().filter(|order| {
        let state = order["state"].as_str().unwrap();
        !["fulfilled", "cancelled", "refunded"].contains(&state)
    });
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    let mut count = 0;
    for order in open {
        let payments = &order["payments"];
        let sum = held
            .entry(order["currency"].as_str().unwrap().to_owned())
            .or_default();
        *sum += cents(&payments["collected"]) - cents(&payments["refunded"]);
        count += 1;
    }
    let cancel = json!({"order_ids": ids(&wanted)});
    let plan = bench
        .plan("preorders_orders_bulk_cancel", cancel)
        .await
        .unwrap();
    let amounts = plan.amounts.iter();
    let told: BTreeMap<String, i64> = amounts
        .map(|(currency, amount)| (currency.clone(), cents(&json!(amount))))
        .collect();
    assert_eq!((plan.count, told), (count, held));
    let skipped: u64 = plan.skipped.iter().map(|(_, count)| count).sum();
    assert_eq!((skipped, plan.amount_unknown), (500 - count, false));
    assert!(plan.read_points <= 6, "{}", plan.read_points);
}

#[tokio::test]
async fn an_offer_of_many_orders_is_added_up() {
    let bench = Bench::of(Kind::Shop).await;
    let offers = rows(&bench, "/preorders/offers", "offers").await;
    let mut most = 0;
    for offer in &offers {
        let id = &offer["id"];
        let update = json!({"id": id, "remaining_balance": {"auto_collect": true}});
        let plan = bench
            .plan("preorders_offers_payment_update", update)
            .await
            .unwrap();
        assert!(
            !plan.amount_unknown && plan.read_points <= 6,
            "{}",
            plan.sentence
        );
        // The report adds up those of one currency, by itself.
        let report = json!({"offer_id": id, "currency": "USD"});
        let path = "/preorders/reports/outstanding_balances";
        let owed = answer(&bench, path, report).await["total_outstanding"].clone();
        let told = plan.amounts.iter().find(|(currency, _)| currency == "USD");
        assert_eq!(
            told.map_or("0.00", |(_, amount)| amount),
            owed,
            "{}",
            plan.sentence
        );
        most = most.max(plan.count);
    }
    assert!(most > 25, "{most}");
}

#[tokio::test]
async fn many_variants_are_read_by_the_hundred() {
    let bench = Bench::of(Kind::Shop).await;
    let held = rows(&bench, "/preorders/product_variants", "product_variants").await;
    let ids: Vec<u64> = held
        .iter()
        .filter_map(|row| row["shopify_variant_id"].as_u64())
        .chain(1..=200)
        .collect();
    let sold: u64 = held
        .iter()
        .filter_map(|row| row["preorder_count"].as_u64())
        .sum();
    let action = "preorders_product_variants_bulk_reset_metafields";
    let plan = bench
        .plan(action, json!({"variant_ids": ids}))
        .await
        .unwrap();
    assert_eq!(plan.count, u64::try_from(held.len()).unwrap());
    assert_eq!(plan.skipped, [("in no offer".to_owned(), 200)]);
    assert_eq!(
        u64::from(plan.read_points),
        u64::try_from(ids.len()).unwrap().div_ceil(200)
    );
    let told = format!("; 200 skipped: in no offer. {sold} units sold are forgotten.");
    assert!(plan.sentence.contains(&told), "{}", plan.sentence);
}
