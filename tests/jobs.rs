//! Exports and bulk jobs: waited for, handed back, resumed, fetched, and every way they can break.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::tools::{Tools, cells, csv_rows};
use support::{HttpProcess, PATIENCE, SandboxProcess, StdioProcess};

const EXPORT: &str = "back_in_stock_reports_signups_export";
const DEMAND: &str = "back_in_stock_reports_products_in_demand_export";
const JOB: &str = "back_in_stock_reports_jobs_read";

fn bench(dataset: &str) -> (SandboxProcess, StdioProcess) {
    let sandbox = SandboxProcess::start(dataset).unmetered();
    let server = StdioProcess::unmetered(&sandbox);
    (sandbox, server)
}

/// A job that does not move until the clock does.
fn frozen(sandbox: &SandboxProcess) {
    sandbox.control("POST", "/clock", json!({"frozen": true}));
}

fn job_fault(sandbox: &SandboxProcess, fault: Value) {
    let mut fault = fault;
    fault["kind"] = json!("job");
    sandbox.fault(json!({"fault": fault}));
}

/// How often a job was polled.
fn polls(sandbox: &SandboxProcess, job_id: &Value) -> usize {
    let path = format!("/back_in_stock/reports/jobs/{}", job_id.as_str().unwrap());
    sandbox.requests("GET", &path)
}

/// An export that is handed back at once, with its job's id.
fn started(server: &mut StdioProcess) -> (Value, Value) {
    let running = server.structured(EXPORT, json!({"granularity": "week", "wait_seconds": 0}));
    assert_eq!(running["status"], json!("running"));
    let job_id = running["job"]["job_id"].clone();
    (running, job_id)
}

fn rows(structured: &Value) -> &Vec<Value> {
    structured["data"]["rows"].as_array().unwrap()
}

/// The progress told of a call, and its result.
fn told(server: &StdioProcess, call: u64, token: &Value) -> (Vec<(f64, f64)>, Value) {
    let mut told = Vec::new();
    loop {
        let message = server.receive();
        if message.get("id") == Some(&json!(call)) {
            return (told, message["result"].clone());
        }
        assert_eq!(message["method"], json!("notifications/progress"));
        let params = &message["params"];
        assert_eq!(params["progressToken"], *token);
        told.push((
            params["progress"].as_f64().unwrap(),
            params["total"].as_f64().unwrap(),
        ));
    }
}

#[test]
fn an_export_is_waited_for_with_progress() {
    let (sandbox, mut server) = bench("fixture");
    sandbox.control("PATCH", "/config", json!({"export_ms": 3_000}));
    let call = server.post(
        "tools/call",
        json!({"name": EXPORT, "arguments": {"granularity": "week"}, "_meta": {"progressToken": "p1"}}),
    );
    let (told, result) = told(&server, call, &json!("p1"));
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.is_sorted_by(|a, b| a.0 < b.0), "it rises: {told:?}");
    let (done, total) = told.last().unwrap();
    assert_eq!((done, *total), (total, 5.0), "the last one is the end");
    let structured = &result["structuredContent"];
    let read = server.structured(
        "back_in_stock_reports_signups",
        json!({"granularity": "week"}),
    );
    assert_eq!(rows(structured), read["data"]["series"].as_array().unwrap());
    assert_eq!(structured["job"]["status"], json!("ready"));
    assert_eq!(
        structured["page"],
        json!({"shown": 5, "total": 5, "next_cursor": null})
    );
}

#[test]
fn without_a_token_there_is_no_progress() {
    let (_sandbox, mut server) = bench("fixture");
    let call = server.post("tools/call", json!({"name": EXPORT, "arguments": {}}));
    assert_eq!(server.receive().get("id"), Some(&json!(call)));
}

#[test]
fn a_job_that_is_handed_back_is_resumed_as_it_says() {
    let (sandbox, mut server) = bench("fixture");
    frozen(&sandbox);
    let (running, job_id) = started(&mut server);
    let job = &running["job"];
    assert_eq!(job["resume_action"], json!(JOB));
    assert_eq!(job["resume_arguments"], json!({"job_id": job_id}));
    assert_eq!(
        running["note"],
        json!(format!(
            "The job is still at work; `{JOB}` {} waits on.",
            json!({"job_id": job_id})
        ))
    );
    assert_eq!(running.get("data"), None);
    assert_eq!(polls(&sandbox, &job_id), 1, "one look");
    // Still running: the same hand-back, at the price of one look.
    let again = server.structured(JOB, json!({"job_id": job_id, "wait_seconds": 0}));
    assert_eq!(again["status"], json!("running"));
    assert_eq!(polls(&sandbox, &job_id), 2, "one more look");
    sandbox.control("POST", "/clock", json!({"advance_ms": 1_000}));
    let name = job["resume_action"].as_str().unwrap();
    let tools = Tools::of(&mut server);
    let done = tools.call(&mut server, name, job["resume_arguments"].clone());
    assert_eq!(done["data"]["status"], json!("ready"));
    let read = server.structured(
        "back_in_stock_reports_signups",
        json!({"granularity": "week"}),
    );
    assert_eq!(rows(&done), read["data"]["series"].as_array().unwrap());
}

#[test]
fn a_slow_job_is_handed_back_when_the_wait_is_over() {
    let (sandbox, mut server) = bench("fixture");
    job_fault(&sandbox, json!({"outcome": "slow", "factor": 20.0}));
    let began = Instant::now();
    let running = server.structured(EXPORT, json!({"wait_seconds": 2}));
    assert_eq!(running["status"], json!("running"));
    assert!(began.elapsed() >= Duration::from_secs(2) && began.elapsed() < Duration::from_secs(8));
    sandbox.control("POST", "/clock", json!({"advance_ms": 20_000}));
    let done = server.structured(JOB, running["job"]["resume_arguments"].clone());
    assert_eq!(done["data"]["status"], json!("ready"));
}

#[test]
fn broken_jobs_are_told_to_who_waits_and_to_who_reads() {
    let (sandbox, mut server) = bench("fixture");
    let tools = Tools::of(&mut server);
    for (outcome, why) in [("failed", ": Disk full\u{fffd}"), ("cancelled", "")] {
        sandbox.reset("fixture");
        job_fault(
            &sandbox,
            json!({"outcome": outcome, "at_percent": 50, "error": "Disk full\u{fffd}\n"}),
        );
        let text = server.refusal(EXPORT, json!({"granularity": "week"}));
        let job_id = text.split('`').nth(3).unwrap().to_owned();
        assert_eq!(
            text,
            format!(
                "`{EXPORT}`: the job `{job_id}` ended as {outcome}{why}. What it had done stays done. Call again to start a new job."
            )
        );
        let read = tools.call(&mut server, JOB, json!({"job_id": job_id}));
        assert_eq!(read["data"]["status"], json!(outcome));
        assert_eq!(read["job"].get("resume_action"), None);
        assert_eq!(read["data"].get("error").is_some(), outcome == "failed");
        let resource = format!("stoq://exports/back_in_stock.reports/{job_id}.csv");
        let answer = server.ask("resources/read", json!({"uri": resource}));
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("the job is {outcome}, not ready")),
            "{message}"
        );
    }
}

#[test]
fn a_stuck_job_is_handed_back_and_an_expired_one_is_unknown() {
    let (sandbox, mut server) = bench("fixture");
    job_fault(&sandbox, json!({"outcome": "stuck", "at_percent": 40}));
    let stuck = server.structured(EXPORT, json!({"granularity": "week", "wait_seconds": 2}));
    assert_eq!(stuck["status"], json!("running"));
    assert_eq!(stuck["job"]["progress"], json!(40));
    job_fault(&sandbox, json!({"outcome": "expired"}));
    let text = server.refusal(EXPORT, json!({}));
    let job_id = text.split('`').nth(1).unwrap().to_owned();
    let unknown = format!(
        "The job `{job_id}` is unknown or expired. Jobs are kept for 24 h. Export again, but read the records of a bulk action back before you repeat it: it may have done its work."
    );
    assert_eq!(text, unknown);
    assert_eq!(server.refusal(JOB, json!({"job_id": job_id})), unknown);
    // Retention: a day later it is gone.
    let done = server.structured(EXPORT, json!({}));
    let arguments = json!({"job_id": done["data"]["job_id"]});
    assert_eq!(
        server.structured(JOB, arguments.clone())["status"],
        json!("ok")
    );
    sandbox.control("POST", "/clock", json!({"advance_ms": 86_401_000_u64}));
    let text = server.refusal(JOB, arguments);
    assert!(text.contains("is unknown or expired"), "{text}");
}

#[test]
fn a_link_that_went_stale_is_fetched_anew() {
    for outcome in ["403", "404", "truncated", "html"] {
        let (sandbox, mut server) = bench("fixture");
        sandbox.fault(json!({"fault": {"kind": "download", "outcome": outcome}}));
        let done = server.structured(EXPORT, json!({"granularity": "week"}));
        assert_eq!(rows(&done).len(), 5, "{outcome}");
        assert_eq!(sandbox.hits(), 1, "{outcome}");
        let job_id = &done["data"]["job_id"];
        let ready = polls(&sandbox, job_id);
        assert!((2..=3).contains(&ready), "{outcome}: {ready} polls");
    }
}

#[test]
fn a_file_that_cannot_be_fetched_is_told_without_its_link() {
    for (outcome, why) in [
        ("403", "its host answered 403"),
        ("404", "its host answered 404"),
        ("truncated", "the connection broke: "),
        ("html", "it is not a CSV file"),
    ] {
        let (sandbox, mut server) = bench("fixture");
        sandbox.fault(json!({"times": null, "fault": {"kind": "download", "outcome": outcome}}));
        let text = server.refusal(EXPORT, json!({}));
        assert!(
            text.starts_with(&format!(
                "`{EXPORT}` failed: the export file could not be fetched: {why}"
            )) && text
                .ends_with("The export itself is done. Call again to fetch it with a new link."),
            "{text}"
        );
        assert!(
            !text.contains("signature") && !text.contains("http") && text.len() < 2_000,
            "{text}"
        );
        assert_eq!(sandbox.hits(), 2, "{outcome}: fetched twice, no more");
        // The job is still there, so reading it is enough once the host is well.
        let jobs = sandbox.journal();
        let path = jobs.iter().rev().find_map(|entry| {
            let path = entry["path"].as_str()?;
            path.strip_prefix("/api/v2/external/back_in_stock/reports/jobs/")
                .map(str::to_owned)
        });
        sandbox.mend();
        let done = server.structured(JOB, json!({"job_id": path.unwrap()}));
        assert_eq!(done["data"]["status"], json!("ready"));
    }
}

#[test]
fn a_file_over_the_cap_is_refused_with_the_setting_that_raises_it() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let mut server =
        StdioProcess::beside_with(&sandbox, &[], &[("STOQ_MCP_MAX_DOWNLOAD_BYTES", "40")]);
    let text = server.refusal(EXPORT, json!({}));
    assert_eq!(
        text,
        format!(
            "`{EXPORT}` failed: the export file is larger than the cap of 40 bytes. Narrow the export with its filters, or have the operator raise `max_download_bytes`."
        )
    );
    let fetched = sandbox
        .journal()
        .iter()
        .filter(|entry| {
            entry["path"]
                .as_str()
                .is_some_and(|path| path.starts_with("/sandbox/exports/"))
        })
        .count();
    assert!(
        fetched <= 1,
        "a larger file does not get smaller: {fetched}"
    );
}

#[test]
fn the_resource_of_an_export_is_its_rows() {
    for dataset in ["fixture", "hostile"] {
        let (_sandbox, mut server) = bench(dataset);
        for export in [EXPORT, DEMAND, "back_in_stock_reports_summary_export"] {
            let result = server.call(export, json!({"detail": "full"}));
            let link = &result["content"][1];
            assert_eq!(
                (&link["type"], &link["mimeType"]),
                (&json!("resource_link"), &json!("text/csv"))
            );
            assert_eq!(
                link["name"],
                result["structuredContent"]["data"]["file_name"]
            );
            let read = server.ask("resources/read", json!({"uri": link["uri"]}));
            let contents = &read["result"]["contents"][0];
            assert_eq!(
                (&contents["uri"], &contents["mimeType"]),
                (&link["uri"], &json!("text/csv"))
            );
            let file = csv_rows(contents["text"].as_str().unwrap());
            let rows = rows(&result["structuredContent"]);
            assert_eq!(file.len(), rows.len());
            for (line, row) in file.iter().zip(rows) {
                let wanted = cells(row).into_iter().collect();
                assert_eq!(*line, wanted, "{export} on {dataset}");
            }
        }
    }
}

#[test]
fn a_resource_that_is_none_of_ours_is_not_found() {
    let (_sandbox, mut server) = bench("fixture");
    for uri in [
        "stoq://exports/back_in_stock.reports/../x.csv",
        "stoq://exports/back_in_stock.reports/exp_0000000000000000.csv",
        "stoq://exports/nowhere/exp_0000000000000000.csv",
        "stoq://exports/x.csv",
        "file:///etc/passwd",
        "",
    ] {
        let answer = server.ask("resources/read", json!({"uri": uri}));
        assert_eq!(answer["error"]["code"], json!(-32002), "{uri}: {answer}");
        assert_eq!(answer["error"]["data"], json!({"uri": uri}));
    }
}

#[test]
fn a_long_export_is_paged_through_by_its_cursor() {
    let (sandbox, mut server) = bench("shop");
    let tools = Tools::of(&mut server);
    let whole = json!({"limit": 7, "detail": "full"});
    let mut page = tools.call(&mut server, DEMAND, whole);
    let total = page["page"]["total"].as_u64().unwrap();
    assert!(total > 30, "{total}");
    let job_id = page["data"]["job_id"].clone();
    let uri = format!(
        "stoq://exports/back_in_stock.reports/{}.csv",
        job_id.as_str().unwrap()
    );
    let mut all = rows(&page).clone();
    // Half of the way with the export's own cursor, the rest through the action that reads jobs.
    while let Some(cursor) = page["page"]["next_cursor"].as_str() {
        let (tool, arguments) = if u64::try_from(all.len()).unwrap() < total / 2 {
            (
                DEMAND,
                json!({"limit": 7, "cursor": cursor, "detail": "full"}),
            )
        } else {
            (
                JOB,
                json!({"job_id": job_id, "limit": 7, "cursor": cursor, "detail": "full"}),
            )
        };
        page = tools.call(&mut server, tool, arguments);
        assert_eq!(page["data"]["job_id"], job_id);
        assert_eq!(page["page"]["total"], json!(total));
        all.extend(rows(&page).iter().cloned());
    }
    assert_eq!(u64::try_from(all.len()).unwrap(), total);
    let submitted = sandbox.requests("POST", "/back_in_stock/reports/products_in_demand/export");
    assert_eq!(submitted, 1, "a cursor never exports anew");
    let read = server.ask("resources/read", json!({"uri": uri}));
    let file = csv_rows(read["result"]["contents"][0]["text"].as_str().unwrap());
    assert_eq!(u64::try_from(file.len()).unwrap(), total);
    for (line, row) in file.iter().zip(&all) {
        assert_eq!(*line, cells(row).into_iter().collect());
    }
}

#[test]
fn many_waiters_of_one_job_share_one_poller() {
    let (sandbox, mut server) = bench("fixture");
    frozen(&sandbox);
    let (_, job_id) = started(&mut server);
    let before = polls(&sandbox, &job_id);
    let wait = json!({"name": JOB, "arguments": {"job_id": job_id, "wait_seconds": 4}});
    let waiters: Vec<u64> = (0..8)
        .map(|_| server.post("tools/call", wait.clone()))
        .collect();
    let mut left = waiters.len();
    while left > 0 {
        let answer = server.receive();
        if answer
            .get("id")
            .is_some_and(|id| waiters.iter().any(|waiter| *id == json!(waiter)))
        {
            assert_eq!(
                answer["result"]["structuredContent"]["status"],
                json!("running")
            );
            left -= 1;
        }
    }
    // Looks at 0, 1 and 3 s, for all of them together.
    let looks = polls(&sandbox, &job_id) - before;
    assert!((2..=4).contains(&looks), "{looks} polls for 8 waiters");
}

#[test]
fn a_wait_that_is_cancelled_stops_polling() {
    let (sandbox, mut server) = bench("fixture");
    frozen(&sandbox);
    let (_, job_id) = started(&mut server);
    let waiting = server.post(
        "tools/call",
        json!({"name": JOB, "arguments": {"job_id": job_id, "wait_seconds": 40}}),
    );
    std::thread::sleep(Duration::from_millis(1_300));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": waiting}}));
    let began = Instant::now();
    assert_eq!(
        server.structured("back_in_stock_reports_list", json!({}))["status"],
        json!("ok")
    );
    assert!(began.elapsed() < Duration::from_secs(5));
    std::thread::sleep(Duration::from_millis(500));
    let then = polls(&sandbox, &job_id);
    std::thread::sleep(Duration::from_millis(4_500));
    assert_eq!(polls(&sandbox, &job_id), then, "nobody waits, nobody polls");
    // The job itself goes on and can be read.
    sandbox.control("POST", "/clock", json!({"advance_ms": 1_000}));
    assert_eq!(
        server.structured(JOB, json!({"job_id": job_id}))["data"]["status"],
        json!("ready")
    );
}

/// A tool call of the stateless protocol over HTTP.
fn over_http(server: &HttpProcess, tool: &str, arguments: &Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "black-box", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}}});
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let text = runtime.block_on(async {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let request = http
            .post(&server.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .body(body.to_string());
        request.send().await.unwrap().text().await.unwrap()
    });
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    answer["result"]["structuredContent"].clone()
}

#[test]
fn a_job_begun_on_one_transport_ends_on_the_other() {
    let (sandbox, mut server) = bench("fixture");
    let http = HttpProcess::beside(&sandbox, &[]);
    frozen(&sandbox);
    let (running, _) = started(&mut server);
    let begun = over_http(
        &http,
        EXPORT,
        &json!({"granularity": "week", "wait_seconds": 0}),
    );
    assert_eq!(begun["status"], json!("running"));
    sandbox.control("POST", "/clock", json!({"advance_ms": 1_000}));
    let from_http = over_http(&http, JOB, &running["job"]["resume_arguments"]);
    let from_stdio = server.structured(JOB, begun["job"]["resume_arguments"].clone());
    assert_eq!(rows(&from_http).len(), 5);
    assert_eq!(rows(&from_http), rows(&from_stdio));
    let whole = over_http(
        &http,
        EXPORT,
        &json!({"granularity": "week", "wait_seconds": 0}),
    );
    assert_eq!(whole["status"], json!("running"), "the clock stands still");
}

const SYNC: &str = "preorders_product_variants_bulk_sync_metafields";
const TAGS: &str = "preorders_orders_bulk_set_tags";
const RELEASE: &str = "preorders_orders_bulk_release";
const ORDER_JOB: &str = "preorders_orders_jobs_read";

/// The ids of orders of the fixture.
fn orders(numbers: &[u64]) -> Vec<u64> {
    numbers
        .iter()
        .map(|number| 6_130_000_000_000 + number)
        .collect()
}

/// How many of some orders carry a tag.
fn tagged(server: &mut StdioProcess, ids: &[u64], tag: &str) -> usize {
    let carries = |id: &&u64| {
        let read = server.structured("preorders_orders_read", json!({"id": id}));
        let tags = read["data"]["tags"].as_array().unwrap();
        tags.contains(&json!(tag))
    };
    ids.iter().filter(carries).count()
}

#[test]
fn a_bulk_job_is_waited_for_with_progress() {
    let (sandbox, mut server) = bench("shop");
    sandbox.control("PATCH", "/config", json!({"job_items_per_s": 20}));
    let rows = server.structured(
        "preorders_product_variants_list",
        json!({"limit": 60, "fields": ["shopify_variant_id"]}),
    );
    let rows = rows["data"]["product_variants"].as_array().unwrap().clone();
    let ids: Vec<&Value> = rows.iter().map(|row| &row["shopify_variant_id"]).collect();
    assert_eq!(ids.len(), 60);
    let call = server.post(
        "tools/call",
        json!({"name": SYNC, "arguments": {"variant_ids": ids}, "_meta": {"progressToken": 9}}),
    );
    let (told, result) = told(&server, call, &json!(9));
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.is_sorted_by(|a, b| a.0 < b.0), "it rises: {told:?}");
    assert_eq!(told.last(), Some(&(60.0, 60.0)), "the last one is the end");
    let structured = &result["structuredContent"];
    assert_eq!(structured["status"], json!("ok"));
    let job_id = &structured["job"]["job_id"];
    let state = json!({"job_id": job_id, "status": "completed", "progress": 100, "total": 60, "processed": 60});
    assert_eq!((&structured["job"], &structured["data"]), (&state, &state));
    assert_eq!(
        sandbox.requests("POST", "/preorders/product_variants/bulk_sync_metafields"),
        1
    );
}

#[test]
fn a_bulk_job_that_is_handed_back_goes_on_and_is_resumed() {
    let (sandbox, mut server) = bench("fixture");
    frozen(&sandbox);
    let ids = orders(&[1, 2, 3, 4]);
    let running = server.structured(
        TAGS,
        json!({"order_ids": ids, "tags": ["wave-2"], "wait_seconds": 0}),
    );
    assert_eq!(running["status"], json!("running"));
    let job = &running["job"];
    let resume = json!({"job_id": job["job_id"]});
    assert_eq!(
        (&job["resume_action"], &job["resume_arguments"]),
        (&json!(ORDER_JOB), &resume)
    );
    assert_eq!(
        running["note"],
        json!(format!(
            "The job is still at work; `{ORDER_JOB}` {resume} waits on."
        ))
    );
    assert_eq!(tagged(&mut server, &ids, "wave-2"), 0);
    // Half of the items, each at its moment.
    sandbox.control("POST", "/clock", json!({"advance_ms": 330}));
    let half = server.structured(
        ORDER_JOB,
        json!({"job_id": job["job_id"], "wait_seconds": 0}),
    );
    let state = |status: &str, progress: u64, processed: u64| json!({"job_id": job["job_id"], "status": status, "progress": progress, "total": 4, "processed": processed});
    assert_eq!(half["status"], json!("running"));
    let mut shown = half["job"].clone();
    let members = shown.as_object_mut().unwrap();
    members.retain(|name, _| !name.starts_with("resume_"));
    assert_eq!(shown, state("running", 50, 2));
    assert_eq!(tagged(&mut server, &ids, "wave-2"), 2);
    sandbox.control("POST", "/clock", json!({"advance_ms": 1_000}));
    let tools = Tools::of(&mut server);
    let done = tools.call(&mut server, ORDER_JOB, resume);
    assert_eq!(done["data"], state("completed", 100, 4));
    assert_eq!(tagged(&mut server, &ids, "wave-2"), 4);
    assert_eq!(
        sandbox.requests("POST", "/preorders/orders/bulk_set_tags"),
        1,
        "resumed, not repeated"
    );
}

#[test]
fn a_bulk_job_that_breaks_tells_that_part_of_it_is_done() {
    let (sandbox, mut server) = bench("fixture");
    let tools = Tools::of(&mut server);
    let ids = orders(&[3, 4, 1, 2]);
    for (outcome, why) in [("failed", ": Worker lost"), ("cancelled", "")] {
        sandbox.reset("fixture");
        job_fault(
            &sandbox,
            json!({"outcome": outcome, "at_percent": 50, "error": "Worker lost"}),
        );
        let arguments = json!({"order_ids": ids, "force": true});
        let text = server.refusal(RELEASE, arguments);
        let job_id = text.split('`').nth(3).unwrap().to_owned();
        assert_eq!(
            text,
            format!(
                "`{RELEASE}`: the job `{job_id}` ended as {outcome}{why}. What it had done stays done. Call again to start a new job."
            )
        );
        assert_eq!(sandbox.effects("order_released"), 2, "{outcome}");
        let read = tools.call(&mut server, ORDER_JOB, json!({"job_id": job_id}));
        let mut state = json!({"job_id": job_id, "status": outcome, "progress": 50, "total": 4, "processed": 2});
        if outcome == "failed" {
            state["error"] = json!("Worker lost");
        }
        assert_eq!(read["data"], state);
        assert_eq!(
            sandbox.requests("POST", "/preorders/orders/bulk_release"),
            1,
            "{outcome}"
        );
    }
}

#[test]
fn a_bulk_job_that_is_stuck_or_expired_is_told_so() {
    let (sandbox, mut server) = bench("fixture");
    let ids = orders(&[1, 2, 3, 4]);
    let arguments = json!({"order_ids": ids, "tags": ["wave-2"], "wait_seconds": 2});
    job_fault(&sandbox, json!({"outcome": "stuck", "at_percent": 50}));
    let stuck = server.structured(TAGS, arguments.clone());
    assert_eq!(
        (&stuck["status"], &stuck["job"]["progress"]),
        (&json!("running"), &json!(50))
    );
    job_fault(&sandbox, json!({"outcome": "expired"}));
    let lost = server.structured(TAGS, arguments);
    assert_eq!(lost["status"], json!("outcome_unknown"));
    let note = lost["note"].as_str().unwrap();
    let job_id = note.split('`').nth(1).unwrap();
    let wanted = format!(
        "It is unknown whether it took effect: The job `{job_id}` is unknown or expired. Do not repeat it before you know. Check with `preorders_orders_read` {{\"id\":{}}}.",
        ids[0]
    );
    assert_eq!(note, wanted);
    // A job is read by the action of its own kind alone.
    let stuck_id = stuck["job"]["job_id"].clone();
    for reader in [
        "preorders_product_variants_jobs_read",
        "preorders_reports_jobs_read",
        JOB,
    ] {
        let text = server.refusal(reader, json!({"job_id": stuck_id}));
        assert!(text.contains("is unknown or expired"), "{text}");
    }
    let read = server.structured(ORDER_JOB, json!({"job_id": stuck_id, "wait_seconds": 0}));
    assert_eq!(read["job"]["progress"], json!(50));
}

/// The answer of a submission that is lost leaves the outcome unknown; the items are never run twice.
#[test]
fn a_bulk_job_whose_handle_is_lost_is_not_submitted_again() {
    let (sandbox, mut server) = bench("fixture");
    sandbox.fault(json!({"match": {"method": "POST", "path": "/api/v2/external/preorders/orders/bulk_release"},
        "fault": {"kind": "drop", "phase": "after"}}));
    let lost = server.structured(RELEASE, json!({"order_ids": orders(&[3, 4])}));
    assert_eq!(lost["status"], json!("outcome_unknown"));
    let note = lost["note"].as_str().unwrap();
    let check = "Check with `preorders_orders_read` {\"id\":6130000000003}.";
    assert!(note.ends_with(check), "{note}");
    sandbox.control("POST", "/clock", json!({"advance_ms": 5_000}));
    let read = server.structured("preorders_orders_read", json!({"id": orders(&[3])[0]}));
    assert_eq!(read["data"]["state"], json!("released"));
    assert_eq!(
        sandbox.requests("POST", "/preorders/orders/bulk_release"),
        1
    );
    assert_eq!(sandbox.effects("order_released"), 2);
}
