//! A sandbox beside the server, and what stands in it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::clients::Stdio;
use crate::support::{HttpProcess, SandboxProcess, program};

pub const NOTIFY: &str = "back_in_stock_signups_bulk_notify";
pub const DELETE: &str = "back_in_stock_signups_delete";
pub const CHARGE: &str = "preorders_orders_payments_charge_balance";
pub const RAISED: &str = "preorders_offers_payment_update";
pub const RELEASE: &str = "preorders_orders_bulk_release";
pub const WRITE: &str = "back_in_stock_settings_tagging_update";
pub const READ: &str = "back_in_stock_reports_list";
pub const TRANSFER: &str = "back_in_stock_signups_transfer";

/// The id of a signup of the fixture.
pub fn signup(number: u64) -> String {
    format!("51900000-0000-4000-8000-{number:012}")
}

/// The id of an order of the fixture.
pub fn order(number: u64) -> u64 {
    6_130_000_000_000 + number
}

/// An offer of the fixture, to be charged for automatically: a write whose argument makes it money.
pub fn automatic(offer: u64) -> Value {
    json!({"id": format!("0ffe0000-0000-4000-8000-{offer:012}"), "remaining_balance": {"auto_collect": true}})
}

/// Alerts for signups of the fixture.
pub fn alerts(numbers: &[u64]) -> Value {
    let ids: Vec<String> = numbers.iter().map(|number| signup(*number)).collect();
    json!({"signup_ids": ids})
}

/// The waiters of a variant moved to another: four rows, for a fifth waits there already.
pub fn transfer() -> Value {
    json!({"from_shopify_variant_id": 44_021_000_000_201_u64, "from_shopify_product_id": 8_011_000_000_102_u64,
        "to_shopify_variant_id": 44_021_000_000_401_u64, "to_shopify_product_id": 8_011_000_000_104_u64})
}

/// The fixture, without a budget and with quick jobs.
pub fn fixture() -> SandboxProcess {
    SandboxProcess::start("fixture").unmetered().hasty()
}

/// A server over a sandbox that allows all classes, with the guards as they are when nobody sets them.
pub fn serve(sandbox: &SandboxProcess, more: &[&str]) -> Command {
    let mut command = program(&["serve", "--allow", "write,send,money,destroy"]);
    command.args(["--base-url", &sandbox.base_url]).args(more);
    guarded(&mut command, &sandbox.key);
    command
}

/// Takes away what keeps other tests from being asked.
pub fn guarded(command: &mut Command, key: &str) {
    for name in ["CONFIRM", "REPEAT_WINDOW_SECONDS", "PERSONAL_DATA"] {
        command.env_remove(format!("STOQ_MCP_{name}"));
    }
    command
        .env("STOQ_API_KEY", key)
        .env("STOQ_MCP_POINTS_LIMIT", "0");
}

pub fn over_http(sandbox: &SandboxProcess, more: &[&str]) -> HttpProcess {
    let mut command = serve(sandbox, more);
    command.args(["--http", "127.0.0.1:0"]);
    HttpProcess::start(command)
}

pub fn on_stdio(sandbox: &SandboxProcess, more: &[&str], capabilities: &Value) -> Stdio {
    Stdio::start(serve(sandbox, more), capabilities)
}

/// The API was only looked at.
pub fn nothing_happened(sandbox: &SandboxProcess) {
    assert_eq!(sandbox.all_effects(), Vec::<Value>::new());
    let journal = sandbox.journal();
    let others = journal
        .iter()
        .filter(|entry| entry["method"] != json!("GET"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&Value>::new());
}

/// The kinds of the effects since the last reset, in order.
pub fn effects(sandbox: &SandboxProcess) -> Vec<String> {
    let effects = sandbox.all_effects();
    let kinds = effects
        .iter()
        .map(|effect| effect["kind"].as_str().unwrap().to_owned());
    kinds.collect()
}

/// A state folder that is gone when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-confirm-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The output of a subcommand on this state, which must end well.
    pub fn run(&self, arguments: &[&str]) -> String {
        let (code, out, err) =
            crate::support::run(&[arguments, &["--state", self.path()]].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        out
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
