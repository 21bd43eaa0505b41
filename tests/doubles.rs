//! Servers that are killed in mid-call, started anew over the same state, and asked again: the sandbox's
//! journal shows one effect at most, and what is open is told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{EVERYTHING, PATIENCE, SandboxProcess, StdioProcess};

const NOTIFY: &str = "back_in_stock_signups_notify";
const REFUND: &str = "preorders_orders_payments_refund";
/// Longer than a call may be open, in milliseconds.
const LEASE: i64 = 100_000;

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-doubles-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// Makes every record of the ledger so much older: as if the time had passed.
    fn age(&self, millis: i64) {
        let database = rusqlite::Connection::open(self.0.join("state.db")).unwrap();
        let mut statement = database
            .prepare("SELECT key, value FROM records WHERE space = 'ledger'")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let rows: Vec<(String, Vec<u8>)> = rows.unwrap().map(Result::unwrap).collect();
        assert!(!rows.is_empty());
        for (key, value) in rows {
            let mut record: Value = serde_json::from_slice(&value).unwrap();
            record["since"] = json!(record["since"].as_i64().unwrap() - millis);
            database
                .execute(
                    "UPDATE records SET value = ? WHERE space = 'ledger' AND key = ?",
                    (record.to_string().into_bytes(), key),
                )
                .unwrap();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn server(sandbox: &SandboxProcess, state: &Path, confirm: &str) -> StdioProcess {
    let flags = [&EVERYTHING[..], &["--state", state.to_str().unwrap()]].concat();
    let settings = [
        ("STOQ_MCP_CONFIRM", confirm),
        ("STOQ_MCP_REPEAT_WINDOW_SECONDS", "60"),
        ("STOQ_MCP_POINTS_LIMIT", "0"),
        ("STOQ_MCP_MONEY_PER_DAY", "1000"),
    ];
    StdioProcess::beside_with(sandbox, &flags, &settings)
}

/// Makes a call and kills the server while the API keeps its answer back.
fn killed(sandbox: &SandboxProcess, mut server: StdioProcess, tool: &str, arguments: &Value) {
    server.post("tools/call", json!({"name": tool, "arguments": arguments}));
    let deadline = Instant::now() + PATIENCE;
    while sandbox.hits() == 0 {
        assert!(Instant::now() < deadline, "the request never came");
        std::thread::sleep(Duration::from_millis(2));
    }
    // A killed process runs no code of its own any more.
    server.process.child.kill().unwrap();
    server.process.child.wait().unwrap();
}

fn hang(sandbox: &SandboxProcess, path: &str, phase: &str) {
    sandbox.fault(json!({"match": {"method": "POST", "path": path},
        "fault": {"kind": "hang", "ms": 60_000, "phase": phase}}));
}

#[test]
fn a_message_is_sent_once_though_its_server_was_killed() {
    let sandbox = SandboxProcess::start("fixture").hasty().unmetered();
    for (phase, sent) in [("before", 0), ("after", 1)] {
        sandbox.reset("fixture");
        sandbox.mend();
        let folder = Folder::new();
        let call = json!({"id": "51900000-0000-4000-8000-000000000001", "idempotency_key": "k1"});
        hang(&sandbox, "**/notify", phase);
        killed(&sandbox, server(&sandbox, &folder.0, "off"), NOTIFY, &call);
        assert_eq!(sandbox.effects("send"), sent);
        // The client asks again, at once and when no process can be at it any more.
        let mut second = server(&sandbox, &folder.0, "off");
        let told = second.refusal(NOTIFY, call.clone());
        assert!(
            told.contains("the same call has been in progress since "),
            "{told}"
        );
        drop(second);
        folder.age(LEASE);
        for _ in 0..2 {
            let told = server(&sandbox, &folder.0, "off").refusal(NOTIFY, call.clone());
            assert!(
                told.contains("it is unknown whether it took effect (receipt rcp_"),
                "{told}"
            );
            assert!(
                told.contains("Check with `back_in_stock_signups_read` {\"id\":\"51900000-0000-4000-8000-000000000001\"}."),
                "{told}"
            );
        }
        assert_eq!(sandbox.effects("send"), sent);
        assert_eq!(sandbox.hits(), 1);
    }
}

#[test]
fn a_refund_is_made_once_though_its_server_was_killed() {
    let sandbox = SandboxProcess::start("fixture").hasty().unmetered();
    for (phase, made) in [("before", 0), ("after", 1)] {
        sandbox.reset("fixture");
        sandbox.mend();
        let folder = Folder::new();
        let call = json!({"id": 6_130_000_000_003_u64, "amount": 10.5});
        let mut first = server(&sandbox, &folder.0, "handle");
        let plan = first.structured(REFUND, call.clone());
        assert_eq!(plan["status"], json!("planned"), "{plan}");
        let mut agreed = call.clone();
        agreed["confirm"] = plan["plan"]["confirm"].clone();
        hang(&sandbox, "**/payments/refund", phase);
        killed(&sandbox, first, REFUND, &agreed);
        let effects = sandbox.all_effects().len();
        assert_eq!(effects > 0, made == 1, "{:?}", sandbox.all_effects());
        let told = server(&sandbox, &folder.0, "handle").refusal(REFUND, agreed.clone());
        assert!(
            told.contains("the same call has been in progress since "),
            "{told}"
        );
        folder.age(LEASE);
        let told = server(&sandbox, &folder.0, "handle").refusal(REFUND, agreed.clone());
        assert!(
            told.contains("it is unknown whether it took effect (receipt rcp_"),
            "{told}"
        );
        // A new plan says so before anybody agrees to it.
        let anew = server(&sandbox, &folder.0, "handle").structured(REFUND, call);
        assert_eq!(anew["status"], json!("planned"), "{anew}");
        let note = anew["note"].as_str().unwrap();
        assert!(
            note.contains("it is unknown whether it took effect (receipt rcp_")
                && note.contains("going ahead may do it twice"),
            "{note}"
        );
        assert_eq!(sandbox.all_effects().len(), effects);
    }
}
