//! State outlives a process that is killed, receipts can be read, and writes can be turned off, from outside
//! of the servers that share the state.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use stoq_mcp::registry::entry::Class;
use stoq_mcp::safety::clock::Clock;
use stoq_mcp::safety::ledger::{Begun, Claim, Key, Ledger, Reservation};
use stoq_mcp::safety::store::embedded::Embedded;
use stoq_mcp::safety::store::{Space, Store};
use support::{Process, finish, program, run};

/// Names the folder that a child writes to.
const FOLDER: &str = "STATE_TEST_FOLDER";
/// What a child says before the key of a write that returned.
const KEPT: &str = "kept ";

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-state-cli-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The output of a subcommand on this state, which ends well and says nothing on the side.
    fn run(&self, arguments: &[&str]) -> String {
        let (code, out, err) = run(&[arguments, &["--state", self.text()]].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// The child of the test below: writes until it is killed.
#[test]
#[ignore = "it is run by a_write_that_returned_is_there_after_a_kill, and never ends"]
fn writer() {
    let store = Embedded::open(Path::new(&std::env::var_os(FOLDER).unwrap())).unwrap();
    wait(async {
        for number in 0.. {
            let key = format!("{number:06}");
            let records = [(key.clone(), key.clone().into_bytes())];
            store.put(Space::Ledger, &records, i64::MAX).await.unwrap();
            println!("{KEPT}{key}");
            std::io::stdout().flush().unwrap();
        }
    });
}

#[test]
fn a_write_that_returned_is_there_after_a_kill() {
    let folder = Folder::new();
    for round in 1..=3_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, &folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .map(|child| Process { child })
            .unwrap();
        let out = BufReader::new(child.child.stdout.take().unwrap());
        let mut kept = Vec::new();
        for line in out.lines() {
            let line = line.unwrap();
            if let Some((_, key)) = line.split_once(KEPT) {
                kept.push(key.to_owned());
            }
            if kept.len() == 40 * round {
                // SIGKILL, in the middle of the next write; what it said before is still read.
                child.child.kill().unwrap();
            }
        }
        assert!(kept.len() >= 40 * round, "{}", kept.len());
        let store = Embedded::open(&folder.0).unwrap();
        for key in kept {
            let value = wait(store.get(Space::Ledger, &key));
            assert_eq!(value, Ok(Some(key.into_bytes())));
        }
    }
}

fn claim(key: &str) -> Claim {
    Claim {
        key: Key::caller("juniper.myshopify.com", "ines", key),
        shop: "juniper.myshopify.com".to_owned(),
        principal: "ines".to_owned(),
        action: "back_in_stock_signups_notify".to_owned(),
        class: Class::Send,
        digest: "d1".to_owned(),
        check: "Read the signups with back_in_stock_signups_list and look at `notified_at`."
            .to_owned(),
        count: Some(412),
        amount: None,
        confirmed: "elicit".to_owned(),
    }
}

fn refund(key: &str) -> Claim {
    Claim {
        shop: "cedar.myshopify.com".to_owned(),
        principal: "no\u{1b}or".to_owned(),
        action: "preorders_orders_refund".to_owned(),
        class: Class::Money,
        count: Some(1),
        amount: Some("120.00 USD".to_owned()),
        confirmed: "off".to_owned(),
        ..claim(key)
    }
}

/// A clock that stands at a second of 2096, so that nothing in the state passes before the test is over.
fn clock(second: i64) -> Clock {
    let at = 3_981_258_000_000 + 1_000 * second;
    Clock::new(move || at, |_| Box::pin(std::future::ready(())))
}

fn sent(store: &Arc<dyn Store>, second: i64, claim: Claim) -> Reservation {
    let ledger = Ledger::new(Arc::clone(store), clock(second));
    let Begun::Mine(mut reservation) = wait(ledger.begin(claim)).unwrap() else {
        panic!()
    };
    wait(reservation.sent()).unwrap();
    reservation
}

/// Three receipts: done, unknown and at work.
fn filled(folder: &Folder) -> [String; 3] {
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&folder.0).unwrap());
    let done = sent(&store, 0, claim("a"));
    let done = wait(done.done(json!({"status": "ok\u{9b}", "data": "x".repeat(40_000)})));
    let unknown = wait(sent(&store, 1, refund("b")).unknown());
    let open = sent(&store, 2, claim("c"));
    [done.unwrap().id, unknown.unwrap().id, open.id().to_owned()]
}

#[test]
fn receipts_are_told_as_a_table_and_whole() {
    let folder = Folder::new();
    let [done, unknown, open] = filled(&folder);
    assert_eq!(
        folder.run(&["receipts"]),
        format!(
            " when (UTC)           receipt               action                        state    count      amount  confirmed
 2096-02-28 09:00:02  {open}  back_in_stock_signups_notify  sent       412              elicit
 2096-02-28 09:00:01  {unknown}  preorders_orders_refund       unknown      1  120.00 USD  off
 2096-02-28 09:00:00  {done}  back_in_stock_signups_notify  done       412              elicit
"
        )
    );
    assert_eq!(
        folder.run(&["receipts", &unknown]),
        format!(
            "receipt       {unknown}
when          2096-02-28T09:00:01.000Z
state         unknown: it was sent, and nobody knows what came of it; check before you ask for it again
how to check  Read the signups with back_in_stock_signups_list and look at `notified_at`.
action        preorders_orders_refund (money)
shop          cedar.myshopify.com
principal     noor
confirmed     off
count         1
amount        120.00 USD
digest        d1
"
        )
    );
    assert_eq!(
        folder.run(&["receipts", &done]),
        format!(
            "receipt       {done}
when          2096-02-28T09:00:00.000Z
state         done
action        back_in_stock_signups_notify (send)
shop          juniper.myshopify.com
principal     ines
confirmed     elicit
count         412
digest        d1
left out      data (too long to keep)
result
{{
  \"status\": \"ok\"
}}
"
        )
    );
    let told = folder.run(&["receipts", &open]);
    assert!(
        told.contains("state         sent: at work, it may be done already\nhow to check  Read"),
        "{told}"
    );
}

#[test]
fn receipts_are_told_by_shop_and_principal_and_as_json() {
    let folder = Folder::new();
    let [done, unknown, open] = filled(&folder);
    let ids = |arguments: &[&str]| -> Vec<String> {
        let text = folder.run(&[&["receipts", "--json"], arguments].concat());
        let all: Vec<Value> = serde_json::from_str(&text).unwrap();
        let id = |receipt: &Value| receipt["id"].as_str().unwrap().to_owned();
        all.iter().map(id).collect()
    };
    assert_eq!(ids(&[]), [&*open, &*unknown, &*done]);
    assert_eq!(ids(&["--limit", "1"]), [&*open]);
    assert_eq!(ids(&["--shop", "cedar.myshopify.com"]), [&*unknown]);
    assert_eq!(ids(&["--principal", "ines"]), [&*open, &*done]);
    let one: Value = serde_json::from_str(&folder.run(&["receipts", "--json", &unknown])).unwrap();
    assert_eq!(
        one,
        json!({
            "id": unknown, "at": "2096-02-28T09:00:01.000Z", "shop": "cedar.myshopify.com",
            "principal": "no\u{1b}or", "action": "preorders_orders_refund", "class": "money",
            "digest": "d1", "count": 1, "amount": "120.00 USD", "confirmed": "off",
            "state": "unknown",
            "check": "Read the signups with back_in_stock_signups_list and look at `notified_at`.",
        })
    );
    assert_eq!(
        folder.run(&["receipts", "--shop", "none"]),
        format!("No such receipts in {}.\n", folder.text())
    );
    let (code, out, err) = run(&["receipts", "rcp_none", "--state", folder.text()]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        format!(
            "stoq-mcp: There is no receipt `rcp_none` in {}. Receipts are kept for a day, those of money for thirty; `stoq-mcp receipts` lists them\n",
            folder.text()
        )
    );
}

#[test]
fn to_look_makes_nothing() {
    let folder = Folder::new();
    let holds = format!(
        "\nThis holds for every server whose state lies in {}.\n",
        folder.text()
    );
    for (arguments, wanted) in [
        (
            &["receipts"][..],
            format!("No such receipts in {}.\n", folder.text()),
        ),
        (&["receipts", "--json"], "[]\n".to_owned()),
        (&["writes", "status"], format!("Writes are on.{holds}")),
        (&["writes", "on"], format!("Writes were on already.{holds}")),
    ] {
        assert_eq!(folder.run(arguments), wanted);
    }
    assert!(!folder.0.exists());
}

#[test]
fn writes_go_off_and_on_in_the_folder_that_is_set() {
    let folder = Folder::new();
    let state = folder.0.join("stoq-mcp");
    let told = |arguments: &[&str], name: &str| {
        let mut command = program(arguments);
        command
            .env_remove("STOQ_MCP_STATE")
            .env("XDG_STATE_HOME", &folder.0)
            .env("USER", name);
        let (code, out, err) = finish(command);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let end = format!(
            "\nThis holds for every server whose state lies in {}.\n",
            state.display()
        );
        out.strip_suffix(&end).unwrap().to_owned()
    };
    // The moment is the one thing that differs from run to run.
    let without_moment = |text: String| {
        let (before, rest) = text.split_once("since ").unwrap();
        let (moment, after) = rest.split_once(' ').unwrap();
        assert_eq!((moment.len(), &moment[23..]), (24, "Z"), "{moment}");
        format!("{before}since {after}")
    };
    assert_eq!(told(&["writes", "on"], "ines"), "Writes were on already.");
    assert_eq!(
        without_moment(told(&["writes", "off", "--why", "wrong\nprices"], "ines")),
        "Everything but reads is refused now, since by ines (wrong prices). `stoq-mcp writes on` ends it."
    );
    assert_eq!(
        without_moment(told(&["writes", "off"], "noor")),
        "Writes were off already, since by ines (wrong prices)."
    );
    assert_eq!(
        without_moment(told(&["writes", "status"], "noor")),
        "Writes are off, since by ines (wrong prices)."
    );
    assert_eq!(told(&["writes", "on"], "noor"), "Writes are on again.");
    assert_eq!(told(&["writes", "status"], "noor"), "Writes are on.");
    assert_eq!(
        without_moment(told(&["writes", "off"], "")),
        "Everything but reads is refused now, since by somebody at a terminal. `stoq-mcp writes on` ends it."
    );
}

#[test]
fn state_in_memory_cannot_be_reached_from_outside() {
    for arguments in [&["receipts"][..], &["writes", "off"]] {
        let (code, out, err) = run(&[arguments, &["--state", "memory"]].concat());
        assert_eq!((code, out.as_str()), (2, ""));
        assert_eq!(
            err,
            "stoq-mcp: `state` (from the command line): the state of such servers is in their memory alone, where no other process can reach it. Name the folder of the servers you mean with --state\n"
        );
    }
}
