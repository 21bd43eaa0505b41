//! Calls of hundreds of targets on the generated shop: what planning costs, and what it then knows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::reads::BUDGET;
use super::{Bench, object};
use crate::registry::entry::Method;
use crate::sandbox::seed::Kind;
use crate::upstream::{ApiRequest, Priority, Repeat};

/// All rows of a list.
async fn rows(bench: &Bench, path: &str, key: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let parameters = object(json!({"page": page, "per_page": 200}));
        let request = ApiRequest::v2(Method::Get, path, parameters);
        let deadline = Instant::now() + Duration::from_secs(9);
        let upstream = bench.engine.upstream();
        let answer = upstream
            .send(&request, Repeat::Safe, Priority::Normal, deadline)
            .await
            .unwrap();
        let found = answer.body[key].as_array().unwrap().clone();
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
    assert_eq!((plan.sentence.as_str(), plan.read_points), ("", 0));
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
    assert!(plan.read_points <= BUDGET, "{}", plan.read_points);
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
    assert_eq!((plan.sentence.as_str(), plan.read_points), ("", 0));
}

#[tokio::test]
async fn hundreds_of_orders_are_added_up_or_said_to_be_unknown() {
    let bench = Bench::of(Kind::Shop).await;
    let all = rows(&bench, "/preorders/orders", "orders").await;
    let wanted: Vec<&Value> = all.iter().take(500).collect();
    let cancel = json!({"order_ids": ids(&wanted)});
    let plan = bench
        .plan("preorders_orders_bulk_cancel", cancel)
        .await
        .unwrap();
    assert!(plan.read_points <= BUDGET, "{}", plan.read_points);
    let skipped: u64 = plan.skipped.iter().map(|(_, count)| count).sum();
    assert_eq!(plan.count + skipped, 500);
    let unseen = plan
        .targets
        .as_array()
        .unwrap()
        .iter()
        .any(|target| target["unseen"] == json!(true));
    assert_eq!(plan.amount_unknown, unseen);
    assert_eq!((plan.sentence.as_str(), plan.read_points), ("", 0));
}

#[tokio::test]
async fn an_offer_of_many_orders_is_added_up() {
    let bench = Bench::of(Kind::Shop).await;
    let offers = rows(&bench, "/preorders/offers", "offers").await;
    let mut told = Vec::new();
    for offer in &offers {
        let update = json!({"id": offer["id"], "remaining_balance": {"auto_collect": true}});
        let plan = bench
            .plan("preorders_offers_payment_update", update)
            .await
            .unwrap();
        assert!(plan.read_points <= BUDGET);
        assert!(!plan.amount_unknown, "{}", plan.sentence);
        told.push((plan.count, plan.sentence, plan.read_points));
    }
    told.sort();
    let (_, sentence, points) = told.last().unwrap();
    assert_eq!((sentence.as_str(), *points), ("", 0));
}
