//! `watch`: jobs that end well and badly, a waitlist that changes, and how both are stopped.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Process, SandboxProcess, finish, program};
use crate::words::call;

const EXPORT: &str = "back_in_stock_reports_signups_export";

fn watch(sandbox: &SandboxProcess, arguments: &[&str]) -> Command {
    let mut command = program(&["watch"]);
    command
        .args(arguments)
        .args(["--base-url", &sandbox.base_url])
        .env("STOQ_API_KEY", &sandbox.key);
    command
}

/// An export that is at work.
fn begun(sandbox: &SandboxProcess) -> String {
    let (code, out, err) = call(sandbox, &[EXPORT, "wait_seconds=0", "--json"]);
    assert_eq!(code, 0, "{err}");
    let running: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(running["status"], json!("running"));
    running["job"]["job_id"].as_str().unwrap().to_owned()
}

fn lines(out: &str) -> Vec<Value> {
    let lines = out.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[test]
fn a_job_is_followed_to_its_end() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.control("PATCH", "/config", json!({"export_ms": 2_500}));
    let id = begun(&sandbox);
    let (code, out, err) = finish(watch(&sandbox, &["job", &id, "--json"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let told = lines(&out);
    let last = told.last().unwrap();
    assert_eq!(
        (&last["job_id"], &last["status"]),
        (&json!(id), &json!("ready"))
    );
    assert_eq!(last["processed"], last["total"]);
    let done: Vec<u64> = told
        .iter()
        .map(|line| line["processed"].as_u64().unwrap())
        .collect();
    assert!(done.is_sorted(), "{done:?}");
    for pair in told.windows(2) {
        assert_ne!(pair[0], pair[1], "one line a change");
    }
    let (code, out, _) = finish(watch(&sandbox, &["job", &id]));
    assert_eq!(code, 0);
    let file = format!(
        "Its file: stoq-mcp call back_in_stock_reports_jobs_read job_id={id} --csv --out FILE.csv\n"
    );
    assert!(
        out.starts_with(&format!("job {id}: ready, ")) && out.ends_with(&file),
        "{out}"
    );
    let word = format!("job_id={id}");
    let (code, out, _) = call(
        &sandbox,
        &["back_in_stock_reports_jobs_read", &word, "--csv"],
    );
    assert!(code == 0 && out.starts_with("date,signups,"), "{out}");
}

#[test]
fn a_job_that_breaks_says_why() {
    for outcome in ["failed", "cancelled"] {
        let sandbox = SandboxProcess::start("fixture").unmetered();
        let fault = json!({"kind": "job", "outcome": outcome, "error": "The disk is full."});
        sandbox.fault(json!({"fault": fault}));
        let id = begun(&sandbox);
        let (code, out, err) = finish(watch(&sandbox, &["job", &id, "--json"]));
        assert_eq!(code, 1, "{err}");
        assert_eq!(lines(&out).last().unwrap()["status"], json!(outcome));
        assert!(
            err.starts_with(&format!("stoq-mcp: The job `{id}` ended as {outcome}")),
            "{err}"
        );
    }
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let (code, _, err) = finish(watch(&sandbox, &["job", "exp_0000000000000000"]));
    assert_eq!(code, 5, "{err}");
}

/// A child with its first lines read.
fn started(mut command: Command, first: usize) -> (Process, Vec<String>, BufReader<ChildStdout>) {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut lines = Vec::new();
    for _ in 0..first {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        lines.push(line);
    }
    (Process { child }, lines, out)
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_watch() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.control("POST", "/clock", json!({"frozen": true}));
    let id = begun(&sandbox);
    let (mut process, first, _out) = started(watch(&sandbox, &["job", &id, "--json"]), 1);
    let line: Value = serde_json::from_str(&first[0]).unwrap();
    assert_eq!(line["status"], json!("running"));
    process.signal("INT");
    assert_eq!(process.ended(), 130);
    // The waitlist has no end of its own.
    let command = watch(&sandbox, &["waitlist", "--every", "1h"]);
    let (mut process, ..) = started(command, 2);
    process.signal("INT");
    assert_eq!(process.ended(), 0);
}

#[test]
fn the_waitlist_is_told_as_it_changes() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let command = watch(&sandbox, &["waitlist", "--every", "1s", "--json"]);
    let (_, known, _) = call(
        &sandbox,
        &[
            "back_in_stock_reports_products_in_demand",
            "--json",
            "from=2024-01-01",
        ],
    );
    let known: Value = serde_json::from_str(&known).unwrap();
    let listed = known["data"]["product_variants"].as_array().unwrap();
    let (_process, first, mut out) = started(command, listed.len());
    let first = lines(&first.concat());
    let mut waiting: Vec<(u64, u64)> = first
        .iter()
        .map(|line| {
            (
                line["variant_id"].as_u64().unwrap(),
                line["waiting"].as_u64().unwrap(),
            )
        })
        .collect();
    let mut wanted: Vec<(u64, u64)> = listed
        .iter()
        .map(|row| {
            (
                row["shopify_variant_id"].as_u64().unwrap(),
                row["pending"].as_u64().unwrap(),
            )
        })
        .collect();
    waiting.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(waiting, wanted);
    assert!(first.iter().all(|line| line["before"] == Value::Null));
    let (code, _, err) = call(
        &sandbox,
        &[
            "back_in_stock_signups_delete",
            "id=51900000-0000-4000-8000-000000000014",
        ],
    );
    assert_eq!(code, 0, "{err}");
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let change: Value = serde_json::from_str(&line).unwrap();
    let before = change["before"].as_u64().unwrap();
    let now = change["waiting"].as_u64().unwrap_or_default();
    assert_eq!(now + 1, before, "{line}");
}

#[test]
fn a_look_that_fails_is_told_and_the_next_goes_on() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let mut arguments = vec!["waitlist", "--variant", "7", "--every", "1s", "--json"];
    let path = "/back_in_stock/reports/products_in_demand";
    let fails = || sandbox.fault(json!({"times": 3, "fault": {"kind": "status", "status": 503}}));
    // The first look has nothing to fall back on.
    fails();
    let (code, out, err) = finish(watch(&sandbox, &arguments));
    assert_eq!((code, out.as_str()), (7, ""), "{err}");
    assert!(err.contains("503"), "{err}");
    arguments.extend(["--looks", "3"]);
    let (mut process, first, _out) = started(watch(&sandbox, &arguments), 1);
    assert_eq!(lines(&first.concat())[0]["waiting"], json!(0));
    fails();
    assert_eq!(process.ended(), 0);
    let mut told = String::new();
    let mut err = process.child.stderr.take().unwrap();
    err.read_to_string(&mut told).unwrap();
    assert!(told.contains("503"), "{told}");
    // Three for the look that ended the first run, one, three for the one that failed, one.
    assert_eq!(sandbox.requests("GET", path), 8);
}

#[test]
fn chosen_variants_are_looked_at_alone() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let arguments = [
        "waitlist",
        "--variant",
        "44021000000301,7",
        "--looks",
        "1",
        "--json",
    ];
    let (code, out, err) = finish(watch(&sandbox, &arguments));
    assert_eq!((code, err.as_str()), (0, ""));
    let told = lines(&out);
    let ids: Vec<u64> = told
        .iter()
        .map(|line| line["variant_id"].as_u64().unwrap())
        .collect();
    assert!(
        ids.contains(&44_021_000_000_301) && ids.contains(&7),
        "{out}"
    );
    let nobody = told
        .iter()
        .find(|line| line["variant_id"] == json!(7))
        .unwrap();
    assert_eq!(nobody["waiting"], json!(0));
    assert_eq!(
        sandbox.requests("GET", "/back_in_stock/reports/products_in_demand"),
        2
    );
    // A shop's budget is not spent on looks; this asks nobody.
    let mut command = program(&["watch", "waitlist", "--every", "9s"]);
    command.env("STOQ_API_KEY", "stoq_api_key_x");
    let (code, _, err) = finish(command);
    assert_eq!(code, 2);
    assert!(err.contains("--every is at least 10 s for a shop"), "{err}");
    let (code, _, err) = finish(watch(&sandbox, &["waitlist", "--every", "often"]));
    assert_eq!(code, 2);
    assert!(
        err.contains("`often` is no time span; write 30s, 5m or 1h"),
        "{err}"
    );
}
