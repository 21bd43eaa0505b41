//! Bulk jobs: handles, items at their own moments, guards that nobody hears of, faults.

use chrono::Duration;
use serde_json::{Value, json};

use crate::sandbox::faults::JobFault;
use crate::sandbox::testing::{Bench, because, v};

/// Shopify id of the order P`n`.
fn p(number: i64) -> i64 {
    6_130_000_000_000 + number
}

/// Lets milliseconds pass and settles; the job's items that had their turn: record and status.
fn wait(bench: &mut Bench, ms: i64) -> Vec<(Value, Value)> {
    bench.now += Duration::milliseconds(ms);
    bench.request(|_| Ok(Value::Null)).unwrap();
    bench
        .effects
        .iter()
        .filter(|effect| effect["kind"] == "job_item")
        .map(|effect| (effect["item"].clone(), effect["status"].clone()))
        .collect()
}

fn items(pairs: &[(i64, u16)]) -> Vec<(Value, Value)> {
    pairs
        .iter()
        .map(|(item, status)| (json!(item), json!(status)))
        .collect()
}

/// The poll's answer without the id.
fn poll(bench: &mut Bench, resource: &str, job: &Value) -> Value {
    let mut answer = bench.ok(
        &format!("preorders_{resource}_jobs_read"),
        json!({"job_id": job["job_id"]}),
    );
    assert_eq!(
        answer.as_object_mut().unwrap().remove("job_id"),
        Some(job["job_id"].clone())
    );
    answer
}

fn state(status: &str, progress: i64, total: i64, processed: i64) -> Value {
    json!({"status": status, "progress": progress, "total": total, "processed": processed})
}

fn order(bench: &mut Bench, number: i64) -> Value {
    bench.ok(
        "preorders_orders_read",
        json!({"id": p(number).to_string()}),
    )
}

#[test]
fn handles() {
    let orders = json!({"order_ids": [p(1), p(2), p(1)], "tags": []});
    let variants = json!({"variant_ids": [v(1), v(1)]});
    for (tool, args, prefix, path, count) in [
        (
            "orders_bulk_release",
            &orders,
            "bulk_orders_release_",
            "orders",
            json!({"order_count": 2}),
        ),
        (
            "orders_bulk_cancel",
            &orders,
            "bulk_orders_cancel_",
            "orders",
            json!({"order_count": 2}),
        ),
        (
            "orders_bulk_set_tags",
            &orders,
            "bulk_orders_set_tags_",
            "orders",
            json!({"order_count": 2}),
        ),
        (
            "orders_bulk_send_payment_links",
            &orders,
            "bulk_orders_send_payment_collection_url_",
            "orders",
            json!({"order_count": 2}),
        ),
        (
            "product_variants_bulk_recalc_counts",
            &variants,
            "bulk_recalculate_preorder_counts_",
            "product_variants",
            json!({"variant_count": 1}),
        ),
        (
            "product_variants_bulk_reset_metafields",
            &variants,
            "bulk_reset_metafields_",
            "product_variants",
            json!({"variant_count": 1}),
        ),
        (
            "product_variants_bulk_sync_metafields",
            &variants,
            "bulk_sync_metafields_",
            "product_variants",
            json!({"variant_count": 1}),
        ),
    ] {
        let mut bench = Bench::fixture();
        let job = bench.ok(&format!("preorders_{tool}"), args.clone());
        let id = job["job_id"].as_str().unwrap().to_owned();
        let hex = id.strip_prefix(prefix).unwrap();
        assert!(
            hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
        let mut expected = json!({
            "job_id": id, "status_url": format!("/api/v2/external/preorders/{path}/jobs/{id}"),
        });
        expected
            .as_object_mut()
            .unwrap()
            .extend(count.as_object().unwrap().clone());
        assert_eq!(job, expected);
        assert_eq!(
            bench.effects,
            [json!({"kind": "job_started", "job_id": id})]
        );
        let total = count
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_i64()
            .unwrap();
        assert_eq!(poll(&mut bench, path, &job), state("running", 0, total, 0));
        bench.advance(1);
        assert_eq!(
            poll(&mut bench, path, &job),
            state("completed", 100, total, total)
        );
        let other = if path == "orders" {
            "product_variants"
        } else {
            "orders"
        };
        assert_eq!(
            bench.refused(
                &format!("preorders_{other}_jobs_read"),
                json!({"job_id": id})
            ),
            because(404, "Job not found or expired"),
            "an id of another class's path"
        );
        bench.shop(2);
        assert_eq!(
            bench.refused(
                &format!("preorders_{path}_jobs_read"),
                json!({"job_id": id})
            ),
            because(404, "Job not found or expired"),
            "another shop's id"
        );
        bench.shop(1).advance(24 * 60);
        assert_eq!(
            bench.refused(
                &format!("preorders_{path}_jobs_read"),
                json!({"job_id": id})
            ),
            because(404, "Job not found or expired"),
            "kept for a day"
        );
    }
}

#[test]
fn items_take_effect_one_by_one_in_submitted_order() {
    let mut bench = Bench::fixture();
    let job = bench.ok(
        "preorders_orders_bulk_release",
        json!({"order_ids": [p(3), 1, p(1), p(4)]}),
    );
    assert_eq!(wait(&mut bench, 289), items(&[]));
    assert_eq!(poll(&mut bench, "orders", &job), state("running", 0, 4, 0));
    assert_eq!(wait(&mut bench, 1), items(&[(p(3), 202)]));
    assert_eq!(poll(&mut bench, "orders", &job), state("running", 25, 4, 1));
    assert_eq!(order(&mut bench, 3)["state"], "released");
    assert_eq!(order(&mut bench, 4)["state"], "balance_collected");
    assert_eq!(wait(&mut bench, 0), items(&[]), "a frozen clock");
    assert_eq!(wait(&mut bench, 40), items(&[(1, 404)]));
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "job_item", "job_id": job["job_id"], "item": 1, "status": 404,
            "errors": ["Order not found"]})
        ]
    );
    assert_eq!(wait(&mut bench, 10_000), items(&[(p(1), 409), (p(4), 202)]));
    assert_eq!(
        poll(&mut bench, "orders", &job),
        state("completed", 100, 4, 4)
    );
    assert_eq!(
        order(&mut bench, 1)["state"],
        "awaiting_balance",
        "nothing was changed"
    );
    assert_eq!(
        order(&mut bench, 4)["fulfillment"]["released_at"],
        "2026-03-31T12:00:00Z",
        "at the item's own moment"
    );
}

#[test]
fn items_get_the_arguments_of_the_job() {
    let mut bench = Bench::fixture();
    let ids = json!([p(1), p(9)]);
    bench.ok(
        "preorders_orders_bulk_set_tags",
        json!({"order_ids": ids, "tags": ["a"]}),
    );
    wait(&mut bench, 5_000);
    assert_eq!(order(&mut bench, 9)["tags"], json!(["a"]));
    bench.ok(
        "preorders_orders_bulk_send_payment_links",
        json!({"order_ids": ids}),
    );
    wait(&mut bench, 5_000);
    assert_eq!(
        order(&mut bench, 9)["payments"]["collection_url_sent_at"],
        "2026-03-31T12:00:05Z"
    );
    bench.ok(
        "preorders_orders_bulk_release",
        json!({"order_ids": ids, "force": true}),
    );
    wait(&mut bench, 5_000);
    assert_eq!(order(&mut bench, 1)["state"], "released");
    bench.ok(
        "preorders_orders_bulk_cancel",
        json!({"order_ids": ids, "reason": "staff", "refund": false}),
    );
    wait(&mut bench, 5_000);
    let cancelled = order(&mut bench, 1);
    assert_eq!(cancelled["cancel_reason"], "staff");
    assert_eq!(cancelled["payments"]["refunded"], "0.00");
}

#[test]
fn variants_are_kept_up_in_bulk() {
    let mut bench = Bench::fixture();
    let ids = json!({"variant_ids": [v(4), v(5)]});
    let counts = |bench: &Bench| {
        bench.number(&format!(
            "SELECT preorder_count FROM variants WHERE shopify_variant_id = {}",
            v(5)
        ))
    };
    bench.ok(
        "preorders_product_variants_bulk_reset_metafields",
        ids.clone(),
    );
    assert_eq!(
        wait(&mut bench, 5_000),
        items(&[(v(4), 404), (v(5), 202)]),
        "a variant in no offer is skipped"
    );
    assert_eq!(counts(&bench), 0);
    bench.ok("preorders_product_variants_bulk_recalc_counts", ids.clone());
    wait(&mut bench, 5_000);
    assert_eq!(counts(&bench), 2);
    bench.sql("UPDATE variant_metafields SET value = '9' WHERE key = 'preorder_count'");
    bench.ok("preorders_product_variants_bulk_sync_metafields", ids);
    wait(&mut bench, 5_000);
    let variant = bench.ok(
        "preorders_product_variants_read",
        json!({"variant_id": v(5).to_string()}),
    );
    assert_eq!(
        variant["metafield_drift"],
        json!({"detected": false, "keys": []})
    );
}

#[test]
fn jobs_take_turns_by_time_and_fall_behind_other_due_work() {
    let mut bench = Bench::fixture();
    bench.now = "2026-04-15T08:59:59.710Z".parse().unwrap();
    let ids = json!([p(1), p(3), p(4)]);
    bench.ok("preorders_orders_bulk_release", json!({"order_ids": ids}));
    bench.ok(
        "preorders_orders_bulk_set_tags",
        json!({"order_ids": ids, "tags": ["x"]}),
    );
    // Each job's first item falls on the second at which P1's balance is collected.
    wait(&mut bench, 5_000);
    let told: Vec<(String, i64)> = bench
        .effects
        .iter()
        .filter(|effect| effect["kind"] == "charge_succeeded" || effect["kind"] == "job_item")
        .map(|effect| {
            let job = effect["job_id"].as_str().unwrap_or("charge");
            let record = [&effect["item"], &effect["shopify_order_id"]];
            let order = record.iter().find_map(|id| id.as_i64()).unwrap();
            (job.chars().take(16).collect(), order - p(0))
        })
        .collect();
    let expected = [
        ("charge", 1),
        ("bulk_orders_rele", 1),
        ("bulk_orders_set_", 1),
        ("bulk_orders_rele", 3),
        ("bulk_orders_set_", 3),
        ("bulk_orders_rele", 4),
        ("bulk_orders_set_", 4),
    ]
    .map(|(job, order)| (job.to_owned(), order));
    assert_eq!(told, expected);
    assert_eq!(
        order(&mut bench, 1)["state"],
        "released",
        "it was paid in time"
    );
}

#[test]
fn a_job_fault_stops_the_items_behind_it() {
    let faulty = |outcome: &str| {
        let mut bench = Bench::fixture();
        let fault = json!({"outcome": outcome, "at_percent": 50, "error": "no disk"});
        let fault: JobFault = serde_json::from_value(fault).unwrap();
        bench.fault_jobs(fault);
        let ids = json!({"order_ids": [p(3), p(4)]});
        let job = bench.ok("preorders_orders_bulk_release", ids);
        assert_eq!(wait(&mut bench, 60_000), items(&[(p(3), 202)]), "{outcome}");
        assert_eq!(order(&mut bench, 3)["state"], "released");
        assert_eq!(order(&mut bench, 4)["state"], "balance_collected");
        poll(&mut bench, "orders", &job)
    };
    let mut failed = state("failed", 50, 2, 1);
    failed["error"] = json!("no disk");
    assert_eq!(faulty("failed"), failed);
    assert_eq!(faulty("cancelled"), state("cancelled", 50, 2, 1));
    assert_eq!(faulty("stuck"), state("running", 50, 2, 1));
}
