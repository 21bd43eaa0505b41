//! Each exit code, met.

use serde_json::{Value, json};

use crate::support::{SandboxProcess, finish, program, run};
use crate::words::call;

const READ: &str = "back_in_stock_signups_read";
const SUMMARY: &str = "back_in_stock_reports_summary";
const DELETE: &str = "back_in_stock_signups_delete";

/// A signup of the fixture that waits.
const WAITING: &str = "id=51900000-0000-4000-8000-000000000014";

/// A call with settings from the environment.
fn call_with(
    sandbox: &SandboxProcess,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> (i32, String, String) {
    let mut command = program(&["call"]);
    command
        .args(arguments)
        .args(["--base-url", &sandbox.base_url])
        .env("STOQ_API_KEY", &sandbox.key)
        .envs(variables.iter().copied());
    finish(command)
}

#[test]
fn the_help_lists_every_code() {
    let (code, out, _) = run(&["--help"]);
    assert_eq!(code, 0);
    let listed = out.split("Exit codes:\n").nth(1).unwrap();
    let codes = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let codes: Vec<&str> = codes.collect();
    assert_eq!(
        codes,
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "130"]
    );
    let table = stoq_mcp::cli::exit::table();
    for line in listed.lines() {
        let (code, meaning) = line.trim_start().split_once("  ").unwrap();
        assert!(
            table.contains(&format!("| {code} | {meaning} |\n")),
            "{line}"
        );
    }
}

#[test]
fn done_failed_and_misused() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    assert_eq!(call(&sandbox, &[SUMMARY]).0, 0);
    assert_eq!(call(&sandbox, &["no_such_thing"]).0, 1);
    assert_eq!(call(&sandbox, &[SUMMARY, "x"]).0, 2);
}

#[test]
fn what_is_not_allowed_says_how_it_would_be() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let (code, out, err) = call_with(&sandbox, &[], &[DELETE, WAITING]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert_eq!(
        err,
        "stoq-mcp: `back_in_stock_signups_delete` deletes or lets go what cannot be brought back (class `destroy`), which is not allowed here. Nothing was sent. Allow it for this command with --allow destroy.\n"
    );
    assert_eq!(sandbox.all_effects(), Vec::<Value>::new());
}

#[test]
fn a_plan_waits_for_somebody() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let asked = [("STOQ_MCP_CONFIRM", "elicit")];
    let arguments = [DELETE, WAITING, "--allow", "destroy", "--json"];
    let (code, out, err) = call_with(&sandbox, &asked, &arguments);
    // The result says it all.
    assert_eq!((code, err.as_str()), (4, ""));
    let planned: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(planned["status"], json!("planned"));
    let more = [
        &arguments[..],
        &["--handle", "cfm_0123456789abcdefghjkmnpqrs"],
    ]
    .concat();
    assert_eq!(call_with(&sandbox, &asked, &more).0, 4);
    assert_eq!(sandbox.all_effects(), Vec::<Value>::new());
}

#[test]
fn what_is_not_there_or_not_valid() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let (code, _, err) = call(&sandbox, &[READ, "id=51900000-0000-4000-8000-00000000ffff"]);
    assert_eq!(code, 5, "{err}");
    assert_eq!(
        call(&sandbox, &["back_in_stock_signups_list", "limit=0"]).0,
        5
    );
}

#[test]
fn too_much_for_now() {
    let sandbox = SandboxProcess::start("fixture");
    sandbox.fault(json!({"times": null, "fault": {"kind": "rate_limit", "retry_after": 120}}));
    let (code, _, err) = call(&sandbox, &[SUMMARY]);
    assert_eq!(code, 6, "{err}");
}

#[test]
fn nobody_there() {
    let mut command = program(&[
        "call",
        SUMMARY,
        "--base-url",
        "http://127.0.0.1:9/api/v2/external",
    ]);
    command.env("STOQ_API_KEY", "stoq_api_key_x");
    let (code, _, err) = finish(command);
    assert_eq!(code, 7, "{err}");
    let told = "could not be reached: tcp connect error: Connection refused";
    assert!(err.contains(told), "{err}");
}

#[test]
fn nobody_knows() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.fault(
        json!({"times": null, "match": {"path": "/api/v2/external/preorders/**"},
        "fault": {"kind": "drop", "phase": "after"}}),
    );
    let (code, out, err) = call(
        &sandbox,
        &[
            "preorders_orders_tags_set_tags",
            "id=6130000000001",
            "tags=vip",
            "--json",
        ],
    );
    let result: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert_eq!(
        (code, &result["status"]),
        (8, &json!("outcome_unknown")),
        "{err}"
    );
}

#[test]
fn a_key_that_is_not_taken() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let other = [("STOQ_API_KEY", "stoq_api_key_of_nobody")];
    let (code, _, err) = call_with(&sandbox, &other, &[SUMMARY]);
    assert_eq!(code, 9, "{err}");
    assert!(
        err.ends_with(
            "Set STOQ_API_KEY to the key from the STOQ app (Settings, API keys) and call again.\n"
        ),
        "{err}"
    );
}
