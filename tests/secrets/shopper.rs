//! A shopper's data and the proofs of plans: what is kept on disk and logged holds neither.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{SandboxProcess, finish};
use super::{CANARY, KEY, Written, call, loud, sandbox, session_seen};

const EMAIL: &str = "quilla.zornhagen@planted.example";
const NAME: &str = "Quilla Zornhagen";
const PHONE: &str = "+15035550177";
/// What no mask leaves of them; a mask leaves the domain.
const PLANTED: [&str; 3] = ["quilla", "zornhagen", "5550177"];
const VARIANT: u64 = 44_021_000_000_201;

/// A folder of state that is gone when the test ends.
struct State(PathBuf);

impl State {
    fn new(mode: &str) -> Self {
        let folder = format!("stoq-mcp-shopper-{}-{mode}", std::process::id());
        Self(std::env::temp_dir().join(folder))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The names of the files in it, none of which holds any of these.
    fn names(&self, secrets: &[&str], about: &str) -> Vec<String> {
        let mut names = Vec::new();
        for file in files(&self.0) {
            let name = file.strip_prefix(&self.0).unwrap().to_str().unwrap();
            holds_none(
                &std::fs::read(&file).unwrap(),
                secrets,
                &format!("{about}: {name}"),
            );
            names.push(name.to_owned());
        }
        names.sort_unstable();
        names
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

/// None of these stands in some bytes, in whatever case.
fn holds_none(bytes: &[u8], secrets: &[&str], about: &str) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for secret in secrets {
        assert!(!text.contains(&secret.to_lowercase()), "{about}: {secret}");
    }
}

/// What the operator is shown of a state.
fn operators_look(state: &str, mode: &str) {
    let (code, list, err) = finish(loud(&["receipts", "--json", "--state", state], "text"));
    assert_eq!(code, 0, "{err}");
    let receipts: Vec<Value> = serde_json::from_str(&list).unwrap();
    let told: Vec<(&Value, &Value)> = receipts
        .iter()
        .map(|receipt| (&receipt["action"], &receipt["state"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("back_in_stock_signups_bulk_notify"), &json!("done")),
            (&json!("back_in_stock_signups_create"), &json!("done"))
        ]
    );
    let created = receipts[1]["id"].as_str().unwrap();
    for arguments in [
        &["receipts", "--json", "--state", state][..],
        &["receipts", "--state", state],
        &["receipts", created, "--state", state],
        &["receipts", created, "--json", "--state", state],
        &["audit", "export", "--json", "--state", state],
        &["audit", "export", "--csv", "--state", state],
    ] {
        let about = format!("{mode}: {}", arguments.join(" "));
        let (code, out, err) = finish(loud(arguments, "text"));
        assert_eq!(code, 0, "{about}: {err}");
        assert!(!out.is_empty(), "{about}");
        holds_none(out.as_bytes(), &PLANTED, &about);
        holds_none(err.as_bytes(), &PLANTED, &about);
    }
}

/// A server that keeps its state in a folder and logs all it can.
fn server(sandbox: &SandboxProcess, state: &State, mode: &str, confirm: &str) -> super::Command {
    let base = ["serve", "--base-url", &sandbox.base_url];
    let mut command = loud(&base, "json");
    command.args(["--state", state.path(), "--personal-data", mode]);
    command.args(["--allow", "send,money,destroy", "--confirm", confirm]);
    command
}

/// A signup is made, listed, planned for and notified; gives what was written and the plan's handle.
fn life_of_a_signup(sandbox: &SandboxProcess, state: &State, mode: &str) -> (Vec<Written>, String) {
    let create = json!({"channel": "email", "shopify_variant_id": VARIANT, "email": EMAIL,
        "name": NAME, "phone": PHONE, "idempotency_key": KEY});
    let list = json!({"variant_id": VARIANT, "detail": "full"});
    let requests = [
        call("back_in_stock_signups_create", create.clone()),
        call("back_in_stock_signups_create", create),
        call("back_in_stock_signups_list", list),
    ];
    let (made, answers) = session_seen(server(sandbox, state, mode, "off"), &requests, || {
        // While it runs, what was written last stands beside the database.
        let names = state.names(&[&PLANTED[..], &[CANARY]].concat(), mode);
        assert!(names.contains(&"state.db-wal".to_owned()), "{names:?}");
    });
    let shown = |answer: &Value| answer["result"]["structuredContent"].clone();
    assert_eq!(shown(&answers[1])["status"], "accepted", "{}", answers[1]);
    assert_eq!(shown(&answers[2])["status"], "replayed", "{}", answers[2]);
    let id = shown(&answers[1])["data"]["id"].clone();
    let notify = json!({"signup_ids": [id]});
    let requests = [call("back_in_stock_signups_bulk_notify", notify.clone())];
    let (planned, answers) = session_seen(server(sandbox, state, mode, "handle"), &requests, || {});
    let handle = shown(&answers[1])["plan"]["confirm"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut agreed = notify;
    agreed["confirm"] = json!(handle);
    let requests = [call("back_in_stock_signups_bulk_notify", agreed)];
    let (done, answers) = session_seen(server(sandbox, state, mode, "handle"), &requests, || {
        state.names(&[&PLANTED[..], &[CANARY, &handle]].concat(), mode);
    });
    assert_eq!(shown(&answers[1])["status"], "accepted", "{}", answers[1]);
    (vec![made, planned, done], handle)
}

#[test]
fn what_is_kept_and_logged_holds_no_shopper_and_no_proof_in_any_mode() {
    for mode in ["masked", "handles", "full"] {
        let (sandbox, state) = (sandbox(), State::new(mode));
        let (written, handle) = life_of_a_signup(&sandbox, &state, mode);
        let secrets = [&PLANTED[..], &[CANARY, &handle]].concat();
        for written in &written {
            holds_none(&written.err, &secrets, &format!("{mode}: log"));
            assert!(!written.err.is_empty(), "{mode}: nothing was logged");
        }
        let shown = String::from_utf8_lossy(&written[0].out);
        match mode {
            // What is looked for is there to be found.
            "full" => assert!(shown.contains(EMAIL) && shown.contains(PHONE), "{shown}"),
            _ => holds_none(&written[0].out, &PLANTED, mode),
        }
        let names = state.names(&secrets, mode);
        assert!(names.contains(&"state.db".to_owned()), "{names:?}");
        assert!(
            names
                .iter()
                .any(|name| name.ends_with("audit-000001.jsonl")),
            "{names:?}"
        );
        operators_look(state.path(), mode);
    }
}
