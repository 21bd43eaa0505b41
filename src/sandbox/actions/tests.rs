//! The registry against the actions of v2: each exists, its examples succeed, its answers keep their
//! form.

use serde_json::{Value, json};

use crate::registry::entry::{Api, Method};
use crate::registry::{Action, transform};
use crate::sandbox::scope::Args;
use crate::sandbox::seed::Kind;
use crate::sandbox::testing::{Bench, registry};

/// The actions of v2.
fn served() -> impl Iterator<Item = &'static Action> {
    let actions = registry().actions().iter();
    actions.filter(|action| action.entry().api == Api::V2)
}

#[test]
fn every_registered_action_exists_and_no_other() {
    let mut bench = Bench::fixture();
    for action in served() {
        let name = action.name().to_owned();
        let mut is_known = false;
        let _ = bench.request(|scope| {
            is_known = super::run(&name, scope, &Args::default()).is_some();
            Ok(Value::Null)
        });
        assert!(is_known, "{name}");
    }
    for name in [
        "back_in_stock_signups_update",
        "back_in_stock_signups",
        "back_in_stock_settings_nope_read",
        "back_in_stock_reports_nope_export",
        "back_in_stock_reports_list_export",
        "preorders_offers_nope",
    ] {
        let mut is_known = true;
        let _ = bench.request(|scope| {
            is_known = super::run(name, scope, &Args::default()).is_some();
            Ok(Value::Null)
        });
        assert!(!is_known, "{name}");
    }
}

#[test]
fn every_example_of_the_registry_succeeds_in_its_promised_form() {
    for action in served() {
        if action.name().ends_with("jobs_read") {
            continue;
        }
        for example in &action.entry().examples {
            let mut bench = Bench::fixture();
            // As the engine would send what a client said.
            let mut said = example.arguments.clone();
            let clear = said.shift_remove("clear").unwrap_or_else(|| json!([]));
            let clear: Vec<String> = serde_json::from_value(clear).unwrap();
            let sent = transform::to_request(action, said, &clear);
            let reply = bench.call(action.name(), Value::Object(sent));
            assert!(
                reply.is_ok(),
                "{}, {}: {reply:?}",
                action.name(),
                example.title
            );
        }
    }
}

#[test]
fn every_read_keeps_its_form_on_every_dataset() {
    for kind in [Kind::Shop, Kind::Empty, Kind::Hostile] {
        let mut bench = Bench::of(kind);
        // One report is not read without offers.
        let mut offers = vec!["0ffe0000-0000-4000-8000-000000000001".to_owned()];
        offers.extend(bench.texts("SELECT id FROM offers"));
        let args = json!({"from": "2025-12-01", "offer_ids": offers});
        for action in served() {
            let is_read =
                action.entry().method == Method::Get && action.placeholders().count() == 0;
            if is_read {
                bench.ok(action.name(), args.clone());
            }
        }
    }
}
