//! The control plane, the journal, kept files and ports.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stoq_mcp::sandbox::seed::Kind;
use stoq_mcp::sandbox::{Options, Sandbox, SandboxError};

use crate::support::{BASE, KEY_A, S1, SHOP_A, SIGNUPS, Site, error, options};

const COMPLIANCE: &str = "/back_in_stock/settings/compliance";

#[tokio::test]
async fn the_journal_tells_what_happened() {
    let site = Site::fixture().await;
    site.get(COMPLIANCE).await;
    site.call("PATCH", COMPLIANCE, json!({"optin_required": true}))
        .await;
    site.call("PATCH", COMPLIANCE, json!({"optin_required": "maybe"}))
        .await;
    site.get_as("nobody", SIGNUPS).await;
    let path = format!("{BASE}{COMPLIANCE}");
    let at = "2026-03-31T12:00:00Z";
    let entry = |seq: u8, method: &str, status: u16, points: u8| {
        json!({"seq": seq, "at": at, "shop": SHOP_A, "method": method, "path": path,
            "status": status, "points": points, "fault": null, "effects": []})
    };
    let mut entries = site.journal();
    let effects = entries[1]["effects"].take();
    assert_eq!(effects.as_array().unwrap().len(), 1);
    assert_eq!(effects[0]["kind"], "settings_written");
    let mut write = entry(2, "PATCH", 202, 2);
    write["effects"] = Value::Null;
    let stranger = json!({"seq": 4, "at": at, "shop": null, "method": "GET",
        "path": format!("{BASE}{SIGNUPS}"), "status": 401, "points": 0, "fault": null,
        "effects": []});
    assert_eq!(
        entries,
        [
            entry(1, "GET", 200, 1),
            write,
            entry(3, "PATCH", 422, 2),
            stranger
        ]
    );
    let listed = site.control("GET", "/journal?after=1&kind=settings_written", Value::Null);
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1);
    assert_eq!(listed["entries"][0]["seq"], 2);
}

#[tokio::test]
async fn what_shoppers_do_is_background_work() {
    let site = Site::fixture().await;
    let path = format!("/shops/{SHOP_A}/inventory");
    let answer = site.control(
        "POST",
        &path,
        json!({"shopify_variant_id": 44_021_000_000_201_u64,
            "shopify_location_id": 71_000_000_001_u64, "available": 30}),
    );
    assert_eq!(answer, json!({"countable": 30, "alerts_started": 5}));
    let entries = site.journal();
    assert!(
        entries
            .iter()
            .any(|entry| entry["effects"][0]["kind"] == "send")
    );
    for entry in &entries {
        assert_eq!(entry["effects"].as_array().unwrap().len(), 1);
        for name in ["shop", "method", "path", "status", "points", "fault"] {
            assert_eq!(entry[name], Value::Null, "{entry}");
        }
    }
    let gone = format!("/shops/{SHOP_A}/signups/{S1}/unsubscribe");
    assert_eq!(site.control("POST", &gone, json!({})), json!({}));
    assert_eq!(
        site.get(&format!("{SIGNUPS}/{S1}")).await.json()["status"],
        "unsubscribed"
    );
    let (status, body) = site
        .sandbox
        .control("POST", "/shops/nobody.example/orders", &json!({}));
    assert_eq!((status, body), (404, error("Shop not found")));
}

#[tokio::test]
async fn the_state_of_a_shop() {
    let site = Site::fixture().await;
    let path = format!("/shops/{SHOP_A}");
    let mut state = site.control("GET", &path, Value::Null);
    assert_eq!(
        state,
        json!({"plan_monthly_limit": 500, "plan_used": 6, "sms_verification": "none",
            "points_used": 0, "points_reset": 0, "keys": [KEY_A]})
    );
    let changes = json!({"plan_monthly_limit": null, "plan_used": 9, "sms_verification": "verified",
        "points_used": 4, "points_reset": 1_774_958_460, "keys": ["other"]});
    state
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    assert_eq!(site.control("PATCH", &path, changes), state);
    assert_eq!(site.get(SIGNUPS).await.status, 401);
    assert_eq!(
        site.get_as("other", SIGNUPS)
            .await
            .header("x-ratelimit-remaining"),
        Some("355")
    );
    // The plan counter turns with the month.
    site.control("POST", "/clock", json!({"now": "2026-04-01T00:00:00Z"}));
    assert_eq!(site.control("GET", &path, Value::Null)["plan_used"], 0);
    let refused = |body: Value| site.sandbox.control("PATCH", &path, &body);
    assert_eq!(
        refused(json!({"sms_verification": "maybe", "plan_used": -1})),
        (
            422,
            json!({"errors": ["plan_used must be greater than or equal to 0",
                "sms_verification must be one of: none, pending, verified, rejected"]})
        )
    );
    assert_eq!(
        refused(json!({"keys": ["stoq_api_key_5a0db0c5000000000000000000000002"]})),
        (422, error("keys.0 belongs to another shop"))
    );
    assert_eq!(
        refused(json!({"plan": 1})),
        (422, error("plan is not a field here"))
    );
    assert_eq!(site.get_as("other", SIGNUPS).await.status, 200);
}

#[tokio::test]
async fn clock_and_reset() {
    let site = Site::of(options(Kind::Fixture)).await;
    assert_eq!(
        site.control(
            "POST",
            "/clock",
            json!({"now": "2026-04-02T08:00:00Z", "frozen": true})
        ),
        json!({"now": "2026-04-02T08:00:00Z", "frozen": true})
    );
    let refused = |body: Value| site.sandbox.control("POST", "/clock", &body);
    assert_eq!(
        refused(json!({"now": "2026-04-02T07:59:59Z"})),
        (
            422,
            error("now must not be before 2026-04-02T08:00:00Z; only a reset goes backward")
        )
    );
    assert_eq!(
        refused(json!({"advance_ms": -1})),
        (422, error("advance_ms must be greater than or equal to 0"))
    );
    assert_eq!(refused(json!({})), (422, error("body must be filled")));
    site.fault(json!({"times": null, "fault": {"kind": "status", "status": 500}}));
    assert_eq!(site.get(SIGNUPS).await.status, 500);
    let health = site.control("POST", "/reset", Value::Null);
    assert!(
        health["now"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-31T12:00:0")
    );
    assert_eq!(site.journal(), [] as [Value; 0]);
    assert_eq!(site.control("GET", "/clock", Value::Null)["frozen"], false);
    let first = site.get(SIGNUPS).await;
    assert_eq!(first.status, 200);
    site.control("POST", "/reset", json!({"dataset": "empty"}));
    let listed = site.get(SIGNUPS).await.json();
    assert_eq!(listed["meta"]["total_count"], 0);
    site.control("POST", "/reset", json!({"dataset": "fixture"}));
    assert_eq!(site.get(SIGNUPS).await.body, first.body);
}

#[tokio::test]
async fn the_same_calls_give_the_same_ids() {
    let site = Site::fixture().await;
    let job = async || {
        let path = "/back_in_stock/reports/summary/export";
        site.call("POST", path, json!({})).await.json()["job_id"].clone()
    };
    let first = [job().await, job().await];
    assert_ne!(first[0], first[1]);
    site.control("POST", "/reset", Value::Null);
    assert_eq!([job().await, job().await], first);
    site.control("POST", "/reset", json!({"rng": 2}));
    assert_ne!(job().await, first[0]);
}

#[tokio::test]
async fn the_control_plane_over_http() {
    let site = Site::fixture().await;
    let send = async |method: &str, path: &str, body: &str| {
        let body = Some(body.as_bytes().to_vec());
        let path = format!("/sandbox{path}");
        site.send(method, &path, &[], body).await.unwrap().told()
    };
    assert_eq!(
        send("GET", "/nope", "").await,
        (404, error("No sandbox control at GET /sandbox/nope"))
    );
    assert_eq!(
        send("POST", "/clock", "{").await,
        (422, error("Request body is not valid JSON"))
    );
    assert_eq!(
        send("POST", "/clock", "[]").await,
        (422, error("Request body must be a JSON object"))
    );
    let fault = r#"{"fault":{"kind":"hang","ms":1}}"#;
    assert_eq!(
        send("POST", "/faults", fault).await,
        (201, json!({"id": "flt_1"}))
    );
    assert_eq!(send("DELETE", "/faults", "").await, (200, json!({})));
    assert_eq!(
        send("PATCH", "/config", r#"{"export_ms": 7}"#).await,
        (
            200,
            json!({"job_start_ms": 250, "job_items_per_s": 25, "export_ms": 7,
                "job_retention_s": 86_400, "link_ttl_s": 3_600, "rate_limit": 360,
                "rate_window_s": 60, "rate_model": "fixed", "max_body_bytes": 1_048_576})
        )
    );
}

/// A file of its own below the test directory, gone when the test ends.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.sqlite"));
        let kept = Self(file);
        kept.clean();
        kept
    }

    fn clean(&self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }

    fn options(&self, kind: Kind) -> Options {
        Options {
            db: Some(self.0.clone()),
            ..options(kind)
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.clean();
    }
}

#[tokio::test]
async fn a_kept_file_goes_on_as_it_was() {
    let file = Kept::new("goes_on");
    let export = "/back_in_stock/reports/summary/export";
    let site = Site::of(file.options(Kind::Fixture)).await;
    site.control("PATCH", "/config", json!({"export_ms": 0}));
    site.control(
        "POST",
        "/clock",
        json!({"now": "2026-05-01T00:00:00Z", "frozen": true}),
    );
    site.call("PATCH", COMPLIANCE, json!({"optin_required": true}))
        .await;
    let job = site.call("POST", export, json!({})).await.json()["job_id"].clone();
    let journal = site.journal();
    site.sandbox.stop().await;

    let site = Site::of(file.options(Kind::Empty)).await;
    assert_eq!(
        site.control("GET", "/clock", Value::Null),
        json!({"now": "2026-05-01T00:00:00Z", "frozen": true})
    );
    assert_eq!(site.journal(), journal);
    assert_eq!(
        site.get(COMPLIANCE).await.json(),
        json!({"optin_required": true})
    );
    let path = format!("/back_in_stock/reports/jobs/{}", job.as_str().unwrap());
    assert_eq!(site.get(&path).await.json()["status"], "ready");
    // Ids go on too: none comes twice.
    assert_ne!(
        site.call("POST", export, json!({})).await.json()["job_id"],
        job
    );
    site.sandbox.stop().await;
}

#[tokio::test]
async fn files_that_cannot_be_used() {
    let file = Kept::new("strange");
    std::fs::write(
        &file.0,
        "no database at all, but long enough to be looked at",
    )
    .unwrap();
    let refused = Sandbox::start(file.options(Kind::Fixture))
        .await
        .unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("it is no SQLite file; name another one"),
        "{text}"
    );

    file.clean();
    let db = rusqlite::Connection::open(&file.0).unwrap();
    db.execute_batch("CREATE TABLE theirs (a); PRAGMA user_version = 99")
        .unwrap();
    drop(db);
    let refused = Sandbox::start(file.options(Kind::Fixture))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, SandboxError::OtherVersion { found: 99, .. }),
        "{refused}"
    );
    assert!(
        refused
            .to_string()
            .contains("delete it to start anew, or name another file")
    );

    file.clean();
    let first = Sandbox::start(file.options(Kind::Fixture)).await.unwrap();
    let refused = Sandbox::start(file.options(Kind::Fixture))
        .await
        .unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("another process has it open"), "{text}");
    first.stop().await;
}

#[tokio::test]
async fn addresses_that_cannot_be_used() {
    let first = Sandbox::start(options(Kind::Empty)).await.unwrap();
    let address = first
        .origin()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(first.base_url(), format!("http://{address}{BASE}"));
    let again = Options {
        listen: address,
        ..options(Kind::Empty)
    };
    let refused = Sandbox::start(again.clone()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "{address} is already in use; stop what listens there or take another port (0 = any free one)"
        )
    );
    // Stopping frees the port and closes what was open.
    first.stop().await;
    let second = Sandbox::start(again).await.unwrap();
    second.stop().await;

    let open = Options {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..options(Kind::Empty)
    };
    let refused = Sandbox::start(open).await.unwrap_err();
    assert!(matches!(refused, SandboxError::NotLoopback(_)), "{refused}");
}

#[tokio::test]
async fn a_dropped_sandbox_serves_no_more() {
    let site = Site::fixture().await;
    let origin = site.sandbox.origin().to_owned();
    let address: std::net::SocketAddr = origin.strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(site.get(SIGNUPS).await.status, 200);
    drop(site);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
