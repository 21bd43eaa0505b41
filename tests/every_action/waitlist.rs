//! Back in stock: what each write leaves, seen with a read.

use serde_json::{Map, Value, json};

use crate::bench::{Bench, every_example, list, number};

pub const ACTIONS: &[&str] = &["back_in_stock_"];

pub const SIGNUPS: &str = "back_in_stock_signups_list";
pub const SIGNUP: &str = "back_in_stock_signups_read";
pub const NOTIFICATION: &str = "back_in_stock_notifications_read";

#[test]
fn every_example_does_what_it_says() {
    every_example(ACTIONS, verify);
}

#[test]
fn an_export_without_rows_says_so() {
    let mut bench = Bench::new("empty");
    let none = bench.call("back_in_stock_reports_products_in_demand_export", json!({}));
    assert_eq!(
        none["note"],
        json!("No row matches in the default window of 30 days; widen it with `from`.")
    );
    let job = none["data"]["job_id"].clone();
    let again = bench.call("back_in_stock_reports_jobs_read", json!({"job_id": job}));
    assert_eq!(again["note"], json!("There are no rows."));
}

fn verify(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let all = Value::Object(arguments.clone());
    match name.strip_prefix("back_in_stock_").unwrap() {
        "signups_create" => {
            let data = bench.write(name, all);
            let found = bench.rows(SIGNUPS, json!({"email": arguments["email"]}));
            assert_eq!(found, [data]);
        }
        "signups_delete" => {
            let data = bench.write(name, all);
            assert_eq!(data, json!({"id": arguments["id"], "deleted": true}));
            is_gone(bench, &arguments["id"]);
        }
        "signups_notify" => {
            let id = json!({"id": arguments["id"]});
            let before = bench.data(SIGNUP, id.clone());
            let data = bench.write(name, all);
            let read = bench.data(SIGNUP, id);
            assert_eq!(read, data["signup"]);
            assert_eq!(read["status"], json!("notified"));
            assert_eq!(data["notification"]["status"], json!("sent"));
            let sent = number(&before["notifications_sent"]);
            assert_eq!(read["notifications_sent"], json!(sent + 1));
        }
        "signups_bulk_notify" => bulk_notify(bench, name, arguments),
        "signups_bulk_delete" => {
            let data = bench.write(name, all);
            let ids = list(&arguments["signup_ids"]);
            assert_eq!(data, json!({"deleted_count": ids.len()}));
            for id in ids {
                is_gone(bench, id);
            }
        }
        "signups_transfer" => {
            let filter = json!({"variant_id": arguments["to_shopify_variant_id"]});
            let count = |page: Value| number(&page["page"]["total"]);
            let before = count(bench.call(SIGNUPS, filter.clone()));
            let all = Value::Object(bench.counted(name, arguments));
            let moved = number(&bench.write(name, all)["transferred_count"]);
            assert!(moved > 0);
            assert_eq!(count(bench.call(SIGNUPS, filter)), before + moved);
        }
        _ => bench.patched(name, arguments, &[]),
    }
}

fn bulk_notify(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    let data = bench.write(name, Value::Object(arguments.clone()));
    for id in list(&data["success"]) {
        let read = bench.data(SIGNUP, json!({"id": id}));
        assert_eq!(read["status"], json!("notified"));
    }
    for blocked in list(&data["blocked"]) {
        let id = &blocked["notification_id"];
        let read = bench.data(NOTIFICATION, json!({"id": id}));
        assert_eq!(read["blocked_reason"], blocked["blocked_reason"]);
    }
    let named = ["success", "blocked", "failed"].map(|key| list(&data[key]).len());
    let asked = list(&arguments["signup_ids"]).len();
    assert_eq!(named.iter().sum::<usize>(), asked);
    assert_eq!(data["failed"], json!([]));
}

fn is_gone(bench: &mut Bench, id: &Value) {
    let text = bench.refusal(SIGNUP, json!({"id": id}));
    assert!(text.contains("Signup not found"), "{text}");
}
