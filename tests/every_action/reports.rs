//! Reports of preorders: every example, and files with the rows of the report.

use serde_json::{Value, json};

use crate::bench::{Bench, entry, every_example, list, text};
use crate::support::tools::rows;

pub const ACTIONS: &[&str] = &["preorders_reports_"];

#[test]
fn every_example_does_what_it_says() {
    every_example(ACTIONS, |_, name, _| panic!("{name} writes"));
}

/// Each report and its file, asked alike, hold the same rows; a summary is one row.
#[test]
fn the_file_of_a_report_is_the_report() {
    for dataset in ["fixture", "shop"] {
        let mut bench = Bench::new(dataset);
        let offers = bench.rows("preorders_offers_list", json!({}));
        let offers: Vec<&Value> = offers.iter().map(|offer| &offer["id"]).collect();
        let listed = bench.data("preorders_reports_list", json!({}));
        let named: Vec<String> = list(&listed["reports"])
            .iter()
            .map(|report| format!("preorders_reports_{}", text(&report["name"])))
            .collect();
        let exports: Vec<String> = list(&bench.registry["actions"])
            .iter()
            .filter_map(|action| text(&action["name"]).strip_suffix("_export"))
            .filter(|name| name.starts_with("preorders_"))
            .map(str::to_owned)
            .collect();
        assert_eq!(named, exports, "the list names what can be exported");
        for name in exports {
            let arguments = match name.as_str() {
                "preorders_reports_by_variant" => json!({"offer_ids": offers}),
                _ => json!({}),
            };
            let read = bench.call(&name, arguments.clone());
            let shown = match rows(&read) {
                Some(_) => bench.walk(&name, &arguments, 200),
                None => vec![read["data"]["totals"].clone()],
            };
            let export = format!("{name}_export");
            // Done at the first look.
            let mut at_once = arguments.clone();
            at_once["wait_seconds"] = json!(0);
            let file = bench.walk(&export, &at_once, 200);
            assert_eq!(file.len(), shown.len(), "{name} on {dataset}");
            assert!(!file.is_empty(), "{name} on {dataset}");
            let told = bench.call(&export, at_once);
            assert_eq!(
                told.get("totals").is_some(),
                file.len() > 1,
                "{name} on {dataset}"
            );
            if let Some(sums) = read.get("totals") {
                assert_eq!(&told["totals"], sums, "{name} on {dataset}");
            }
            for (line, row) in file.iter().zip(&shown) {
                assert_eq!(line, row, "{name} on {dataset}");
            }
            let action = entry(&bench.registry, &export);
            assert_eq!(action["handler"], json!("export"));
        }
    }
}
