//! The forms of a result: tables that fit, CSV that parses back, files, colours.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::tools::{cells, csv_rows, shown_cells};
use crate::support::{SandboxProcess, Scratch, finish, program, run};
use crate::words::call;

const LIST: &str = "back_in_stock_signups_list";
const DEMAND: &str = "back_in_stock_reports_products_in_demand";
const EXPORT: &str = "back_in_stock_reports_signups_export";
const ORDERS: &str = "preorders_orders_list";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

/// The rows of a structured result.
fn rows(result: &Value) -> Vec<Value> {
    let data = result["data"].as_object().unwrap();
    let list = data.values().find_map(Value::as_array);
    list.unwrap().clone()
}

#[test]
fn csv_parses_back_to_the_rows() {
    for dataset in ["fixture", "hostile"] {
        let sandbox = SandboxProcess::start(dataset).unmetered();
        for action in [LIST, DEMAND, ORDERS, "preorders_offers_list"] {
            let asked = [action, "detail=full", "limit=9"];
            let (code, out, beside) = call(&sandbox, &[&asked[..], &["--csv"]].concat());
            assert_eq!(code, 0, "{beside}");
            let (_, json, err) = call(&sandbox, &[&asked[..], &["--json"]].concat());
            assert_eq!(err, "");
            let rows = rows(&parsed(&json));
            let file = csv_rows(&out);
            assert!(
                !rows.is_empty() && file.len() == rows.len(),
                "{action}: {out}"
            );
            for (line, row) in file.iter().zip(&rows) {
                // A column that a row lacks is an empty cell.
                let mut wanted: BTreeMap<String, String> = shown_cells(row).into_iter().collect();
                for name in line.keys() {
                    wanted.entry(name.clone()).or_default();
                }
                assert_eq!(*line, wanted, "{action}");
            }
            assert!(beside.contains(&format!("{} of ", rows.len())), "{beside}");
        }
    }
}

#[test]
fn a_table_fits_the_terminal() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    for action in [LIST, DEMAND, ORDERS, "back_in_stock_reports_summary"] {
        for columns in [40, 80, 200] {
            let mut command = program(&["call", action, "detail=full", "limit=4", "--table"]);
            if action.ends_with("summary") {
                command = program(&["call", action, "--table"]);
            }
            command
                .args(["--base-url", &sandbox.base_url])
                .env("STOQ_API_KEY", &sandbox.key)
                .env("COLUMNS", columns.to_string());
            let (code, out, err) = finish(command);
            assert_eq!((code, err.as_str()), (0, ""));
            for line in out.lines().filter(|line| !line.contains(" rows")) {
                let width = line.chars().count();
                assert!(
                    width <= columns,
                    "{action} at {columns}: {width} in {line:?}"
                );
            }
            // The whole of every cell is there, however it is broken.
            let letters =
                |text: &str| -> String { text.chars().filter(|it| it.is_alphanumeric()).collect() };
            if action == DEMAND {
                let (_, json, _) = call(&sandbox, &[action, "detail=full", "limit=4", "--json"]);
                for row in rows(&parsed(&json)) {
                    let id = row["shopify_variant_id"].to_string();
                    assert!(letters(&out).contains(&id), "{id} at {columns}: {out}");
                }
            }
        }
    }
    let columns = |columns: &str| {
        let mut command = program(&["call", DEMAND, "limit=1", "--sandbox", "--table"]);
        command
            .args(["--dataset", "fixture"])
            .env("COLUMNS", columns);
        finish(command).1
    };
    assert!(columns("200").contains("shopify_variant_id   shopify_product_id"));
    assert!(!columns("40").contains("shopify_variant_id   shopify_product_id"));
}

#[test]
fn every_page_is_read_and_each_row_once() {
    let sandbox = SandboxProcess::start("shop").unmetered();
    let (code, out, told) = call(&sandbox, &[LIST, "--all", "--json", "status=pending"]);
    assert_eq!(code, 0, "{told}");
    let whole = parsed(&out);
    let rows = rows(&whole);
    let total = whole["page"]["total"].as_u64().unwrap();
    assert!(total > 500, "{total}");
    assert_eq!(u64::try_from(rows.len()).unwrap(), total);
    assert_eq!(whole["page"]["shown"].as_u64(), Some(total));
    assert_eq!(whole["page"]["next_cursor"], Value::Null);
    let mut ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len());
    // Each page is asked for once, but for what a longer row cuts off.
    let pages = sandbox.requests("GET", "/back_in_stock/signups");
    assert!(
        pages * 110 < rows.len() + 220,
        "{pages} pages, {}",
        rows.len()
    );
    let last = told.lines().last().unwrap();
    assert_eq!(last, format!("… {total} of {total} (rows)"));
    let (code, _, err) = call(&sandbox, &["back_in_stock_reports_summary", "--all"]);
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "stoq-mcp: --all reads every page of a list, and `back_in_stock_reports_summary` is none; leave it out\n"
        )
    );
}

#[test]
fn a_page_that_breaks_says_where_the_rest_begins() {
    let sandbox = SandboxProcess::start("shop").unmetered();
    let fault = serde_json::json!({"skip": 2, "times": null, "match": {"path": "/api/v2/external/back_in_stock/signups"},
        "fault": {"kind": "status", "status": 422}});
    sandbox.fault(fault);
    let (code, out, err) = call(&sandbox, &[LIST, "--all", "--csv"]);
    assert_eq!((code, out.as_str()), (5, ""), "{err}");
    let cursor = err
        .trim_end()
        .rsplit("rows were read before; the rest begins with cursor=");
    let cursor = cursor.clone().next().unwrap().to_owned();
    sandbox.mend();
    let word = format!("cursor={cursor}");
    let (code, _, err) = call(&sandbox, &[LIST, &word, "limit=1"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_file_takes_the_result_in_the_form_of_its_name() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let file = Scratch::new(
        "signups.csv",
        "what was there, and is longer than what comes\n",
    );
    let (code, out, told) = call(
        &sandbox,
        &[EXPORT, "granularity=week", "--out", file.path()],
    );
    assert_eq!((code, out.as_str()), (0, ""), "{told}");
    assert!(
        told.ends_with(&format!("wrote {}\n", file.path())),
        "{told}"
    );
    let written = csv_rows(&std::fs::read_to_string(file.path()).unwrap());
    let (_, json, _) = call(&sandbox, &[EXPORT, "granularity=week", "--json"]);
    let wanted: Vec<BTreeMap<String, String>> = rows(&parsed(&json))
        .iter()
        .map(|row| cells(row).into_iter().collect())
        .collect();
    assert_eq!(written, wanted);
    // A call that fails leaves the file as it was, and makes none.
    let (code, ..) = call(&sandbox, &[LIST, "limit=0", "--out", file.path()]);
    assert_eq!(code, 5);
    let still = csv_rows(&std::fs::read_to_string(file.path()).unwrap());
    assert_eq!(still, written);
    let none = format!("{}.none", file.path());
    let (code, ..) = call(&sandbox, &[LIST, "limit=0", "--out", &none]);
    assert_eq!((code, std::path::Path::new(&none).exists()), (5, false));
    let before = sandbox.all_effects().len();
    let (code, _, err) = call(
        &sandbox,
        &[
            "back_in_stock_settings_tagging_update",
            "order_tag.enabled=true",
            "--out",
            "/proc/nowhere/x",
        ],
    );
    assert_eq!((code, sandbox.all_effects().len()), (2, before), "{err}");
    assert!(err.ends_with("Nothing was done\n"), "{err}");
}

#[test]
fn two_forms_are_one_too_many() {
    for forms in [&["--table", "--csv"][..], &["--json", "--csv"]] {
        let (code, out, _) = run(&[&["call", LIST, "--sandbox"], forms].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{forms:?}");
    }
}

#[test]
fn colours_are_for_who_wants_them() {
    let painted = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = program(arguments);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        let (_, out, err) = finish(command);
        out.contains('\u{1b}') || err.contains('\u{1b}')
    };
    for arguments in [
        &["actions"][..],
        &["find", "who is waiting for the mug"],
        &["call", "no_such_thing", "--sandbox", "--dataset", "empty"],
        &[
            "call",
            DEMAND,
            "limit=1",
            "--sandbox",
            "--table",
            "--dataset",
            "fixture",
        ],
    ] {
        assert!(!painted(&[], arguments), "{arguments:?}");
        assert!(
            painted(&[("CLICOLOR_FORCE", "1")], arguments),
            "{arguments:?}"
        );
        let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
        assert!(!painted(&both, arguments), "{arguments:?}");
    }
    // What programs read has none, whoever wants some.
    for form in ["--json", "--csv"] {
        let mut command = program(&["call", DEMAND, "limit=1", "--sandbox", form]);
        command.env("CLICOLOR_FORCE", "1");
        assert!(!finish(command).1.contains('\u{1b}'), "{form}");
    }
}
