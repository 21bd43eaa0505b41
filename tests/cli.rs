//! Bad input at the command line: one clear message, the right exit code, nothing secret.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "cli/codes.rs"]
mod codes;
#[path = "cli/forms.rs"]
mod forms;
#[cfg(unix)]
#[path = "cli/signals.rs"]
mod signals;
mod support;
#[cfg(target_os = "linux")]
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/watch.rs"]
mod watch;
#[path = "cli/words.rs"]
mod words;

use support::{Scratch, finish, program, run};

#[test]
fn a_missing_key_says_where_to_find_it() {
    for arguments in [&["serve"][..], &["call", "back_in_stock_reports_list"]] {
        let (code, out, err) = run(arguments);
        assert_eq!(code, 2);
        assert_eq!(out, "");
        assert_eq!(
            err,
            "stoq-mcp: the shop's key is missing: set the environment variable STOQ_API_KEY to the API key that the STOQ app shows under Settings (API keys). To try without a key add --sandbox\n"
        );
    }
}

#[test]
fn a_base_address_in_the_open_is_refused() {
    let (code, _, err) = run(&[
        "serve",
        "--base-url",
        "http://app.stoqapp.com/api/v2/external",
    ]);
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "stoq-mcp: `base_url` (from the command line): `http://app.stoqapp.com/api/v2/external` is not https, so the shop's key would travel in the open; use https, or http with a loopback address for the sandbox\n"
    );
}

#[test]
fn an_address_others_can_reach_is_refused() {
    let (code, _, err) = run(&["serve", "--sandbox", "--http", "0.0.0.0:0"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("reachable from other machines") && err.contains("listen on 127.0.0.1"),
        "{err}"
    );
    let (code, _, err) = run(&["sandbox", "--listen", "0.0.0.0:0"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn a_cap_above_its_ceiling_is_refused_at_the_start() {
    let mut command = program(&["serve", "--allow", "send", "--max-recipients", "501"]);
    command.env("STOQ_API_KEY", "stoq_api_key_canary");
    let (code, _, err) = finish(command);
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "stoq-mcp: `max_recipients` (from the command line): 501 is above the ceiling of 500, which no setting lifts\n"
    );
}

#[test]
fn a_registry_file_with_a_mistake_is_told_by_line_and_reason() {
    let bundled = include_str!("../tools.registry.json");
    let broken = bundled.replacen("\"class\": \"read\"", "\"class\": \"raed\"", 1);
    assert_ne!(bundled, broken);
    let line = 1 + broken[..broken.find("raed").unwrap()].matches('\n').count();
    let file = Scratch::new("class.json", &broken);
    for arguments in [
        &["registry", "lint", file.path()][..],
        &["serve", "--sandbox", "--registry", file.path()],
        &["actions", "--registry", file.path()],
    ] {
        let (code, _, err) = run(arguments);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(&format!("line {line}")), "line {line}: {err}");
        assert!(
            err.contains("unknown variant `raed`, expected one of"),
            "{err}"
        );
    }
    let cut = Scratch::new("cut.json", &bundled[..bundled.len() / 2]);
    let (code, _, err) = run(&["registry", "lint", cut.path()]);
    assert_eq!(code, 2);
    assert!(err.contains("EOF while parsing"), "{err}");
}

#[test]
fn the_bundled_registry_has_no_mistakes() {
    let (code, out, err) = run(&["registry", "lint"]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "bundled registry: no mistakes\n", "")
    );
}

#[test]
fn a_file_with_an_unknown_key_is_refused_without_its_text() {
    let file = Scratch::new(
        "config.toml",
        "log = \"warn\"\napi_key = \"stoq_api_key_canary\"\n",
    );
    let (code, _, err) = run(&["--config", file.path(), "serve", "--sandbox"]);
    assert_eq!(code, 2);
    assert!(err.contains("line 2: unknown field `api_key`"), "{err}");
    assert!(!err.contains("canary"), "{err}");
    let (code, _, err) = run(&["--config", "/nonexistent.toml", "serve"]);
    assert_eq!(code, 2);
    assert!(err.contains("/nonexistent.toml: cannot be read"), "{err}");
}

#[test]
fn arguments_that_are_no_object_are_told_so() {
    for (json, want) in [
        ("{", "--json is not JSON"),
        ("[1]", "--json must be an object"),
    ] {
        let (code, _, err) = run(&["call", "x", "--sandbox", "--json", json]);
        assert_eq!(code, 2);
        assert!(err.contains(want), "{err}");
    }
}

#[test]
fn a_call_fails_with_code_1_and_the_next_step() {
    let (code, out, err) = run(&[
        "call",
        "back_in_stock_signup_list",
        "--sandbox",
        "--dataset",
        "fixture",
    ]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "stoq-mcp: There is no action `back_in_stock_signup_list`. Did you mean `back_in_stock_signups_list`? `stoq-mcp actions` lists them all.\n"
    );
}

#[test]
fn a_call_prints_text_or_the_whole_result() {
    let base = [
        "call",
        "back_in_stock_reports_summary",
        "--sandbox",
        "--dataset",
        "fixture",
    ];
    let window = ["--json", r#"{"from": "2026-03-02", "to": "2026-03-31"}"#];
    let arguments: Vec<&str> = base.iter().chain(&window).copied().collect();
    let (code, text, err) = run(&arguments);
    assert_eq!((code, err.as_str()), (0, ""));
    let arguments: Vec<&str> = arguments.into_iter().chain(["--structured"]).collect();
    let (_, whole, _) = run(&arguments);
    let data = serde_json::json!({"window": {"from": "2026-03-02", "to": "2026-03-31"}, "currency": "USD",
        "totals": {"signups": 21, "pending": 15, "notified": 6, "conversions": 3,
            "conversion_rate": 0.5, "recovered_revenue": "621.00"}});
    assert_eq!(text, format!("{data}\n"));
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole, serde_json::json!({"status": "ok", "data": data}));
}

#[test]
fn the_manifest_narrows_to_a_prefix() {
    let (code, out, _) = run(&[
        "actions",
        "--json",
        "--prefix",
        "/back_in_stock/settings/channels",
    ]);
    assert_eq!(code, 0);
    let manifest: serde_json::Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> = manifest["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["tool"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "back_in_stock_settings_channels_read",
            "back_in_stock_settings_channels_update"
        ]
    );
    let (_, list, _) = run(&["actions"]);
    let registry: serde_json::Value =
        serde_json::from_str(include_str!("../tools.registry.json")).unwrap();
    let all = registry["actions"].as_array().unwrap().len();
    assert_eq!(list.lines().count(), all);
}

#[test]
fn sandbox_flags_without_a_sandbox_are_refused() {
    let (code, _, err) = run(&["serve", "--dataset", "fixture"]);
    assert_eq!(code, 2);
    assert!(err.contains("add --sandbox"), "{err}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let (code, _, err) = run(&[
        "sandbox",
        "--listen",
        "127.0.0.1:0",
        "--db",
        "/proc/nowhere/shop.sqlite",
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("/proc/nowhere/shop.sqlite"), "{err}");
    let (code, _, err) = run(&["docs", "--root", "/proc"]);
    assert_eq!(code, 2);
    assert!(err.contains("/proc/README.md cannot be read"), "{err}");
}

/// The call of v1, the calls of v2 and the mark of each row of a printed table.
fn rows(text: &str) -> Vec<(String, Vec<String>, String)> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_start_matches("| ").trim_end_matches(" |");
        inner.split(" | ").map(str::to_owned).collect()
    };
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells = cells(line);
            let calls = cells[1].split('(').skip(1);
            let calls = calls.map(|call| call.split(')').next().unwrap().to_owned());
            (
                cells[0].clone(),
                calls.collect(),
                cells.last().unwrap().clone(),
            )
        })
        .collect()
}

#[test]
fn every_call_of_v1_stands_beside_its_successors() {
    let (code, out, err) = run(&["parity"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let row = |v1: &str, v2: &[&str], mark: &str| {
        let v2 = v2.iter().map(|call| (*call).to_owned()).collect();
        (v1.to_owned(), v2, mark.to_owned())
    };
    let signups = |v1: &str, v2: &str| row(v1, &[v2], "documented");
    let intents = vec![
        row("`POST /api/v1/intents.json`", &[], "documented"),
        signups(
            "`POST /api/v1/external/intents`",
            "POST /back_in_stock/signups",
        ),
        signups(
            "`GET /api/v1/external/intents`",
            "GET /back_in_stock/signups",
        ),
        signups(
            "`GET /api/v1/external/intents/:id`",
            "GET /back_in_stock/signups/:id",
        ),
        signups(
            "`POST /api/v1/external/intents/notify_intent`",
            "POST /back_in_stock/signups/:id/notify",
        ),
        signups(
            "`POST /api/v1/external/intents/bulk_notify_intent`",
            "POST /back_in_stock/signups/bulk_notify",
        ),
        signups(
            "`DELETE /api/v1/external/intents/bulk_destroy`",
            "POST /back_in_stock/signups/bulk_delete",
        ),
        signups(
            "`POST /api/v1/external/intents/transfer_signups`",
            "POST /back_in_stock/signups/transfer",
        ),
        signups(
            "`GET /api/v1/external/intents/products_in_demand`",
            "GET /back_in_stock/reports/products_in_demand",
        ),
    ];
    let plan = "/api/v1/external/preorders/:id";
    let offer = "/preorders/offers/:id";
    let capabilities = [
        "",
        "/widget",
        "/products",
        "/pricing",
        "/payment",
        "/delivery",
        "/fulfillment",
        "/inventory",
        "/limits",
        "/markets",
        "/translations",
        "/tagging",
        "/checkout",
    ]
    .map(|capability| format!("PATCH {offer}{capability}"));
    let capabilities: Vec<&str> = capabilities.iter().map(String::as_str).collect();
    let preorders = |v1: &str, v2: &[&str]| row(v1, v2, "inferred");
    let plans = vec![
        preorders(
            "`GET /api/v1/external/preorders`",
            &["GET /preorders/offers"],
        ),
        preorders(&format!("`GET {plan}`"), &["GET /preorders/offers/:id"]),
        preorders(
            "`POST /api/v1/external/preorders`",
            &["POST /preorders/offers"],
        ),
        preorders(&format!("`PUT {plan}`"), &capabilities),
        preorders(
            &format!("`PUT {plan}` with `enabled`"),
            &[
                "POST /preorders/offers/:id/enable",
                "POST /preorders/offers/:id/disable",
            ],
        ),
        preorders(
            &format!("`PUT {plan}` with `delivery_at`"),
            &["POST /preorders/offers/:id/delivery/set_delivery_date"],
        ),
        preorders(
            &format!("`PUT {plan}` with `preorder_button_text`"),
            &["POST /preorders/offers/:id/widget/set_button_text"],
        ),
        preorders(
            &format!("`DELETE {plan}`"),
            &["DELETE /preorders/offers/:id"],
        ),
        preorders(
            &format!("`POST {plan}/add_variant`"),
            &["POST /preorders/offers/:id/products/add_variants"],
        ),
        preorders(
            &format!("`DELETE {plan}/remove_variant`"),
            &["POST /preorders/offers/:id/products/remove_variants"],
        ),
        preorders(
            &format!("`PATCH {plan}/update_variant_settings`"),
            &["PATCH /preorders/offers/:id/products/variants/:variant_id"],
        ),
        preorders(
            &format!("`GET {plan}/product_variants`"),
            &[
                "GET /preorders/offers/:id/products/variants",
                "GET /preorders/offers/:id/products/variants/:variant_id",
                "GET /preorders/product_variants",
            ],
        ),
        preorders(&format!("`POST {plan}/bulk_toggle_inventory_policy`"), &[]),
        preorders(
            "`POST /api/v1/external/preorders/send_shipping_update`",
            &[],
        ),
    ];
    assert_eq!(rows(&out), [intents, plans].concat());
    let (code, json, _) = run(&["parity", "--json"]);
    assert_eq!(code, 0);
    let groups: serde_json::Value = serde_json::from_str(&json).unwrap();
    let pairs = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["pairs"].as_array().unwrap().len());
    assert_eq!(pairs.collect::<Vec<_>>(), [9, 14]);
}

#[test]
fn a_live_shop_is_offered_what_cannot_be_taken_back_only_when_it_is_allowed() {
    let listed = |flags: &[&str]| {
        let arguments = [&["tools", "--surface", "compact"][..], flags].concat();
        let (code, out, err) = run(&arguments);
        assert_eq!((code, err.as_str()), (0, ""));
        let names = out.lines().filter_map(|line| line.split(' ').next());
        let run = names.filter_map(|name| name.strip_prefix("run_").map(str::to_owned));
        run.collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), ["read", "write"]);
    assert_eq!(listed(&["--allow", "send"]), ["read", "write", "send"]);
    assert_eq!(
        listed(&["--allow", "send,money,destroy"]),
        ["read", "write", "send", "money", "destroy"]
    );
    assert_eq!(listed(&["--allow", "send", "--read-only"]), ["read"]);
}

#[test]
fn every_cap_has_its_ceiling() {
    for (flag, key, ceiling) in [
        ("--max-recipients", "max_recipients", 500),
        ("--max-destroyed", "max_destroyed", 100),
        ("--max-released", "max_released", 100),
        ("--max-money-orders", "max_money_orders", 25),
    ] {
        let above = (ceiling + 1).to_string();
        let (code, _, err) = run(&["serve", "--sandbox", "--dataset", "empty", flag, &above]);
        assert_eq!(code, 2, "{err}");
        assert_eq!(
            err,
            format!(
                "stoq-mcp: `{key}` (from the command line): {above} is above the ceiling of {ceiling}, which no setting lifts\n"
            )
        );
    }
}
