//! Two servers over one Redis: what one has begun the other knows, and what Redis loses nobody does
//! twice.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::modern::ask;
use crate::support::redis::RedisServer;
use crate::support::{HttpProcess, PATIENCE, SandboxProcess, finish, program};

pub const NOTIFY: &str = "back_in_stock_signups_notify";
const READ: &str = "back_in_stock_signups_read";
const REFUND: &str = "preorders_orders_payments_refund";
const DELETE: &str = "back_in_stock_signups_delete";
const SETTINGS: &str = "back_in_stock_settings_alerts_update";
const EXPORT: &str = "back_in_stock_reports_signups_export";
pub const SIGNUP: &str = "51900000-0000-4000-8000-000000000001";

const OTHER: &str = "51900000-0000-4000-8000-000000000012";

/// A folder for the trails of this machine, gone when the test ends.
pub struct Home(PathBuf);

impl Home {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stoq-mcp-redis-home-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn settle(&self, command: &mut Command, redis: &RedisServer) {
        command
            .env("STOQ_MCP_STATE", redis.url())
            .env("XDG_STATE_HOME", &self.0);
    }

    /// The output of a subcommand on the state, which must end well.
    pub fn run(&self, redis: &RedisServer, arguments: &[&str]) -> String {
        let mut command = program(arguments);
        self.settle(&mut command, redis);
        let (code, out, err) = finish(command);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        out
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server over Redis.
pub fn replica(
    sandbox: &SandboxProcess,
    redis: &RedisServer,
    home: &Home,
    settings: &[(&str, &str)],
) -> HttpProcess {
    let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
    command
        .args(["--base-url", &sandbox.base_url])
        .args(["--allow", "write,send,money,destroy"])
        .env("STOQ_API_KEY", &sandbox.key)
        .env("STOQ_MCP_POINTS_LIMIT", "0")
        .envs(settings.iter().copied());
    home.settle(&mut command, redis);
    HttpProcess::start(command)
}

/// A tool call; its result.
pub async fn call(server: &HttpProcess, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    let answer = ask(server, "tools/call", Some(tool), params).await;
    answer["result"].clone()
}

/// A change of settings.
fn alert_at(threshold: u32) -> Value {
    json!({"waitlist_alert": {"enabled": true, "threshold": threshold}})
}

/// The status of a call that went well.
async fn status(server: &HttpProcess, tool: &str, arguments: Value) -> String {
    let result = call(server, tool, arguments).await;
    let status = result["structuredContent"]["status"].as_str();
    status
        .unwrap_or_else(|| panic!("{tool}: {result}"))
        .to_owned()
}

/// The text of a call that was refused.
async fn refusal(server: &HttpProcess, tool: &str, arguments: Value) -> String {
    let result = call(server, tool, arguments).await;
    assert_eq!(result["isError"], json!(true), "{tool}: {result}");
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_plan_of_one_is_committed_once_by_another() {
    let (sandbox, redis, home) = (
        SandboxProcess::start("fixture"),
        RedisServer::start(),
        Home::new(),
    );
    let settings = [("STOQ_MCP_CONFIRM", "handle")];
    let one = replica(&sandbox, &redis, &home, &settings);
    let two = replica(&sandbox, &redis, &home, &settings);
    let plan = call(&one, NOTIFY, json!({"id": SIGNUP})).await["structuredContent"].clone();
    assert_eq!(plan["status"], json!("planned"), "{plan}");
    let agreed = json!({"id": SIGNUP, "confirm": plan["plan"]["confirm"]});
    assert_eq!(status(&two, NOTIFY, agreed.clone()).await, "accepted");
    assert_eq!(status(&one, NOTIFY, agreed.clone()).await, "replayed");
    assert_eq!(status(&two, NOTIFY, agreed).await, "replayed");
    assert_eq!(sandbox.effects("send"), 1);
    // A call of each shows in the receipts, whoever asks.
    let plan = call(&two, DELETE, json!({"id": OTHER})).await["structuredContent"].clone();
    let agreed = json!({"id": OTHER, "confirm": plan["plan"]["confirm"]});
    assert_eq!(status(&one, DELETE, agreed).await, "accepted", "{plan}");
    let receipts: Value = serde_json::from_str(&home.run(&redis, &["receipts", "--json"])).unwrap();
    let mut told: Vec<(&str, &str)> = receipts
        .as_array()
        .unwrap()
        .iter()
        .map(|receipt| {
            (
                receipt["action"].as_str().unwrap(),
                receipt["state"].as_str().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(DELETE, "done"), (NOTIFY, "done")]);
    let list = home.run(&redis, &["receipts"]);
    assert_eq!(list.lines().count(), 3, "{list}");
    // The trail is this machine's.
    let trail = home.run(&redis, &["audit", "verify"]);
    assert!(trail.starts_with("The audit trail is whole."), "{trail}");
}

#[tokio::test]
async fn the_same_call_to_both_at_once_has_one_effect() {
    let (sandbox, redis, home) = (
        SandboxProcess::start("fixture"),
        RedisServer::start(),
        Home::new(),
    );
    let one = replica(&sandbox, &redis, &home, &[]);
    let two = replica(&sandbox, &redis, &home, &[]);
    let same = json!({"id": SIGNUP, "idempotency_key": "k1"});
    let all = (0..16).map(|number| {
        let server = if number % 2 == 0 { &one } else { &two };
        status(server, NOTIFY, same.clone())
    });
    let mut told = futures::future::join_all(all).await;
    told.sort_unstable();
    assert_eq!(told[0], "accepted");
    assert!(
        told[1..].iter().all(|status| status == "replayed"),
        "{told:?}"
    );
    assert_eq!(sandbox.effects("send"), 1);
}

#[tokio::test]
async fn the_kill_switch_reaches_all() {
    let (sandbox, redis, home) = (
        SandboxProcess::start("fixture"),
        RedisServer::start(),
        Home::new(),
    );
    let one = replica(&sandbox, &redis, &home, &[]);
    let two = replica(&sandbox, &redis, &home, &[]);
    for server in [&one, &two] {
        assert_eq!(status(server, SETTINGS, alert_at(3)).await, "accepted");
    }
    let told = home.run(&redis, &["writes", "off", "--why", "wrong prices"]);
    let holds = format!(
        "This holds for every server whose state lies in {}.\n",
        redis.url()
    );
    assert!(told.ends_with(&holds), "{told}");
    for server in [&one, &two] {
        for (tool, arguments) in [(SETTINGS, alert_at(4)), (NOTIFY, json!({"id": SIGNUP}))] {
            let told = refusal(server, tool, arguments).await;
            assert!(
                told.contains("the operator has switched writes off")
                    && told.contains("wrong prices"),
                "{told}"
            );
        }
        assert_eq!(status(server, READ, json!({"id": SIGNUP})).await, "ok");
    }
    home.run(&redis, &["writes", "on"]);
    for server in [&one, &two] {
        assert_eq!(status(server, SETTINGS, alert_at(5)).await, "accepted");
    }
}

#[tokio::test]
async fn a_job_of_one_is_listed_and_read_by_another() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    sandbox.control("POST", "/clock", json!({"frozen": true}));
    let (redis, home) = (RedisServer::start(), Home::new());
    let settings = [("STOQ_MCP_SURFACE", "compact")];
    let one = replica(&sandbox, &redis, &home, &settings);
    let two = replica(&sandbox, &redis, &home, &settings);
    let export = json!({"action": EXPORT, "arguments": {"granularity": "week", "wait_seconds": 0}});
    let begun = call(&one, "run_read", export).await["structuredContent"].clone();
    let job_id = begun["job"]["job_id"].clone();
    let jobs = async |server: &HttpProcess| {
        let listed =
            call(server, "job", json!({})).await["structuredContent"]["data"]["jobs"].clone();
        let rows: Vec<(Value, Value, Value)> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|job| {
                (
                    job["job_id"].clone(),
                    job["action"].clone(),
                    job["last_seen"].clone(),
                )
            })
            .collect();
        rows
    };
    let running = [(job_id.clone(), json!(EXPORT), json!("running"))];
    assert_eq!(jobs(&two).await, running);
    sandbox.control("POST", "/clock", json!({"advance_ms": 600_000}));
    assert_eq!(status(&two, "job", json!({"job_id": job_id})).await, "ok");
    let ready = [(job_id.clone(), json!(EXPORT), json!("ready"))];
    assert_eq!(jobs(&two).await, ready);
    assert_eq!(jobs(&one).await, ready);
}

/// What a server without its Redis does.
async fn goes_on_with_reads(server: &HttpProcess) {
    assert_eq!(status(server, READ, json!({"id": SIGNUP})).await, "ok");
    assert_eq!(status(server, SETTINGS, alert_at(6)).await, "accepted");
    for (tool, arguments) in [
        (NOTIFY, json!({"id": SIGNUP})),
        (NOTIFY, json!({"id": SIGNUP, "idempotency_key": "k9"})),
        (DELETE, json!({"id": SIGNUP})),
        (REFUND, json!({"id": 6_130_000_000_003_u64, "amount": 10.5})),
    ] {
        let told = refusal(server, tool, arguments).await;
        let wanted = format!("`{tool}` was not done: the state store failed: Redis ");
        assert!(
            told.starts_with(&wanted) && told.contains("Nothing was sent. Reads go on."),
            "{told}"
        );
        // Where Redis is is the operator's own.
        assert!(!told.contains("127.0.0.1"), "{told}");
    }
}

/// Calls until Redis is there again.
async fn back(server: &HttpProcess, tool: &str, arguments: Value) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let result = call(server, tool, arguments.clone()).await;
        match result["structuredContent"]["status"].as_str() {
            Some(status) => return status.to_owned(),
            None => assert!(Instant::now() < deadline, "{result}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn without_redis_reads_go_on_and_what_was_done_is_not_done_again() {
    let (sandbox, mut redis, home) = (
        SandboxProcess::start("fixture"),
        RedisServer::start(),
        Home::new(),
    );
    let settings = [
        ("STOQ_MCP_REPEAT_WINDOW_SECONDS", "60"),
        ("STOQ_MCP_MONEY_PER_DAY", "1000"),
    ];
    let one = replica(&sandbox, &redis, &home, &settings);
    let two = replica(&sandbox, &redis, &home, &settings);
    let other = json!({"id": OTHER, "idempotency_key": "k1"});
    assert_eq!(status(&one, NOTIFY, other.clone()).await, "accepted");
    redis.kill();
    goes_on_with_reads(&one).await;
    goes_on_with_reads(&two).await;
    redis.restart();
    for server in [&two, &one] {
        assert_eq!(back(server, NOTIFY, other.clone()).await, "replayed");
    }
    redis.freeze();
    goes_on_with_reads(&one).await;
    goes_on_with_reads(&two).await;
    redis.thaw();
    for server in [&two, &one] {
        assert_eq!(back(server, NOTIFY, other.clone()).await, "replayed");
    }
    assert_eq!(sandbox.effects("send"), 1);
    assert_eq!(sandbox.effects("destroy"), 0);
}

/// Makes every record of the ledger so much older: as if the time had passed.
fn age(redis: &RedisServer, millis: i64) {
    let keys = redis.run(&["ZRANGE", "stoq-mcp:index:ledger", "0", "-1"]);
    assert!(!keys.is_empty());
    for key in keys.lines() {
        let key = format!("stoq-mcp:ledger:{key}");
        let stored = redis.run(&["GET", &key]);
        let (until, text) = stored.split_once(' ').unwrap();
        let mut record: Value = serde_json::from_str(text).unwrap();
        record["since"] = json!(record["since"].as_i64().unwrap() - millis);
        redis.run(&["SET", &key, &format!("{until} {record}")]);
    }
}

#[tokio::test]
async fn a_redis_that_dies_in_mid_call_leaves_a_doubt_and_one_effect() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let (mut redis, home) = (RedisServer::start(), Home::new());
    let one = replica(&sandbox, &redis, &home, &[]);
    let two = replica(&sandbox, &redis, &home, &[]);
    sandbox.fault(json!({"match": {"method": "POST", "path": "**/notify"},
        "fault": {"kind": "hang", "ms": 1_500, "phase": "after"}}));
    let same = json!({"id": SIGNUP, "idempotency_key": "k1"});
    let begun = call(&one, NOTIFY, same.clone());
    let broken = async {
        while sandbox.hits() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        redis.kill();
    };
    let (ended, ()) = futures::join!(begun, broken);
    let note = ended["structuredContent"]["note"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(note.contains("Its receipt could not be stored"), "{ended}");
    redis.restart();
    sandbox.mend();
    // At once, and when no process can be at it any more.
    let deadline = Instant::now() + PATIENCE;
    let told = loop {
        let told = refusal(&two, NOTIFY, same.clone()).await;
        if !told.contains("the state store failed") {
            break told;
        }
        assert!(Instant::now() < deadline, "{told}");
    };
    assert!(
        told.contains("the same call has been in progress since "),
        "{told}"
    );
    age(&redis, 100_000);
    for server in [&one, &two] {
        let told = refusal(server, NOTIFY, same.clone()).await;
        assert!(
            told.contains("it is unknown whether it took effect (receipt rcp_"),
            "{told}"
        );
    }
    assert_eq!(sandbox.effects("send"), 1);
}

#[tokio::test]
async fn a_redis_that_lost_its_state_stops_writes_until_the_operator_has_looked() {
    let (sandbox, mut redis, home) = (
        SandboxProcess::start("fixture"),
        RedisServer::start(),
        Home::new(),
    );
    let one = replica(&sandbox, &redis, &home, &[]);
    let two = replica(&sandbox, &redis, &home, &[]);
    let same = json!({"id": SIGNUP, "idempotency_key": "k1"});
    assert_eq!(status(&one, NOTIFY, same.clone()).await, "accepted");
    redis.kill();
    redis.forget();
    redis.restart();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let told = refusal(&one, NOTIFY, same.clone()).await;
        if told.contains("the operator has switched writes off") {
            assert!(
                told.contains("Redis has lost what servers had written to it"),
                "{told}"
            );
            break;
        }
        assert!(Instant::now() < deadline, "{told}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // One that starts now knows nothing of it but for the switch.
    let three = replica(&sandbox, &redis, &home, &[]);
    for server in [&one, &two, &three] {
        let told = refusal(server, SETTINGS, alert_at(8)).await;
        assert!(
            told.contains("the operator has switched writes off"),
            "{told}"
        );
        let told = refusal(server, NOTIFY, same.clone()).await;
        assert!(
            told.contains("the operator has switched writes off"),
            "{told}"
        );
        assert_eq!(status(server, READ, json!({"id": SIGNUP})).await, "ok");
    }
    assert_eq!(sandbox.effects("send"), 1);
    let told = home.run(&redis, &["writes", "on"]);
    assert!(told.starts_with("Writes are on again."), "{told}");
    assert_eq!(status(&three, SETTINGS, alert_at(9)).await, "accepted");
}

#[tokio::test]
async fn a_redis_without_an_append_only_file_is_told_of() {
    let sandbox = SandboxProcess::start("fixture");
    let home = Home::new();
    for (flags, warns) in [(&[][..], true), (&["--appendonly", "yes"][..], false)] {
        let redis = RedisServer::with(flags);
        let server = replica(&sandbox, &redis, &home, &[]);
        for _ in 0..2 {
            status(&server, SETTINGS, alert_at(3)).await;
        }
        let log = server.log();
        let told = log
            .iter()
            .filter(|line| line.contains("set `appendonly yes` there"));
        assert_eq!(told.count(), usize::from(warns), "{log:?}");
    }
}
