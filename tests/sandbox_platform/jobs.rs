//! Export jobs: progress by the clock, signed links, retention.

use serde_json::{Value, json};

use crate::support::{BASE, KEY_B, Site, error};

const EXPORT: &str = "/back_in_stock/reports/signups/export";
const WINDOW: &str = "2026-03-02";

async fn submit(site: &Site) -> (String, String) {
    let got = site
        .call(
            "POST",
            EXPORT,
            json!({"from": WINDOW, "to": "2026-03-15", "granularity": "week"}),
        )
        .await;
    assert_eq!(got.status, 202);
    let handle = got.json();
    let job_id = handle["job_id"].as_str().unwrap().to_owned();
    let path = format!("/back_in_stock/reports/jobs/{job_id}");
    assert_eq!(
        handle,
        json!({"job_id": job_id, "status_url": format!("{BASE}{path}")})
    );
    assert_eq!(job_id.len(), "exp_".len() + 16);
    (job_id, path)
}

/// Path and query of the link of a ready job.
async fn link(site: &Site, path: &str) -> String {
    let body = site.get(path).await.json();
    let url = body["download_url"].as_str().unwrap();
    url.strip_prefix(site.sandbox.origin()).unwrap().to_owned()
}

async fn fetch(site: &Site, link: &str) -> (u16, String) {
    let got = site.send("GET", link, &[], None).await.unwrap();
    (got.status, String::from_utf8(got.body).unwrap())
}

const DENIED: &str = "<Error><Code>AccessDenied</Code></Error>";

#[tokio::test]
async fn an_export_from_submission_to_its_end() {
    let site = Site::fixture().await;
    let (job_id, path) = submit(&site).await;
    let state = |status: &str, progress: u8, processed: u8| {
        json!({"job_id": job_id, "status": status, "progress": progress, "total": 2,
            "processed": processed})
    };
    assert_eq!(site.get(&path).await.told(), (200, state("running", 0, 0)));
    site.advance(250);
    assert_eq!(site.get(&path).await.json(), state("running", 50, 1));
    site.advance(250);
    let mut ready = site.get(&path).await.json();
    let url = ready["download_url"].take();
    let mut expected = state("ready", 100, 2);
    expected["download_url"] = Value::Null;
    expected["expires_at"] = json!("2026-03-31T13:00:00Z");
    assert_eq!(ready, expected);
    let link = url
        .as_str()
        .unwrap()
        .strip_prefix(site.sandbox.origin())
        .unwrap();
    assert!(link.starts_with(&format!(
        "/sandbox/exports/{job_id}.csv?expires=1774962000&signature="
    )));

    // The file needs no key and costs nothing.
    let used = site.points_used();
    let file = site.send("GET", link, &[], None).await.unwrap();
    assert_eq!(site.points_used(), used);
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"back_in_stock_signups_2026-03-02_2026-03-15.csv\"")
    );
    assert_eq!(
        String::from_utf8(file.body).unwrap(),
        "date,signups,pending,notified\r\n2026-03-02,6,3,3\r\n2026-03-09,7,4,3\r\n"
    );

    // The file is kept a day after the final state.
    site.advance(86_399_000);
    assert_eq!(site.get(&path).await.status, 200);
    site.advance(1_000);
    assert_eq!(
        site.get(&path).await.told(),
        (404, error("Job not found or expired"))
    );
}

#[tokio::test]
async fn links_end_and_cannot_be_altered() {
    let site = Site::fixture().await;
    let (job_id, path) = submit(&site).await;
    site.advance(500);
    let first = link(&site, &path).await;
    for altered in [
        first.replace("expires=1774962000", "expires=1774962001"),
        first.replace("signature=", "signature=00"),
        first.replace(&job_id, "exp_0000000000000000"),
        format!("/sandbox/exports/{job_id}.csv"),
    ] {
        assert_eq!(
            fetch(&site, &altered).await,
            (403, DENIED.to_owned()),
            "{altered}"
        );
    }
    site.advance(3_599_000);
    assert_eq!(fetch(&site, &first).await.0, 200);
    site.advance(1_000);
    assert_eq!(fetch(&site, &first).await, (403, DENIED.to_owned()));
    // Each poll signs a new link.
    let second = link(&site, &path).await;
    assert_eq!(fetch(&site, &second).await.0, 200);
    // A link may outlive its file, which is gone a day after the final state.
    site.control("PATCH", "/config", json!({"job_retention_s": 3_600}));
    assert_eq!(fetch(&site, &second).await, (403, DENIED.to_owned()));
}

#[tokio::test]
async fn a_job_belongs_to_its_shop() {
    let site = Site::fixture().await;
    let (_, path) = submit(&site).await;
    assert_eq!(
        site.get_as(KEY_B, &path).await.told(),
        (404, error("Job not found or expired"))
    );
}

#[tokio::test]
async fn without_waiting_a_job_is_final_at_its_first_poll() {
    let site = Site::fixture().await;
    site.control("PATCH", "/config", json!({"export_ms": 0, "link_ttl_s": 5}));
    let (_, path) = submit(&site).await;
    let body = site.get(&path).await.json();
    assert_eq!(
        (&body["status"], &body["expires_at"]),
        (&json!("ready"), &json!("2026-03-31T12:00:05Z"))
    );
}

#[tokio::test]
async fn job_faults() {
    let site = Site::fixture().await;
    let lay = |fault: Value| site.fault(json!({"fault": fault}));
    lay(json!({"kind": "job", "outcome": "failed", "at_percent": 50, "error": "disk full"}));
    // Only a submission is hit, not the reads before it.
    site.get("/back_in_stock/settings").await;
    let (job_id, path) = submit(&site).await;
    site.advance(250);
    assert_eq!(
        site.get(&path).await.json(),
        json!({"job_id": job_id, "status": "failed", "progress": 50, "total": 2, "processed": 1,
            "error": "disk full"})
    );
    lay(json!({"kind": "job", "outcome": "stuck", "at_percent": 50}));
    let (_, path) = submit(&site).await;
    site.advance(10_000_000);
    assert_eq!(site.get(&path).await.json()["status"], "running");
    lay(json!({"kind": "job", "outcome": "expired"}));
    let (_, path) = submit(&site).await;
    assert_eq!(site.get(&path).await.status, 404);
    lay(json!({"kind": "job", "outcome": "slow", "factor": 3}));
    let (_, path) = submit(&site).await;
    site.advance(1_499);
    assert_eq!(site.get(&path).await.json()["status"], "running");
    site.advance(1);
    assert_eq!(site.get(&path).await.json()["status"], "ready");
    let (_, path) = submit(&site).await;
    site.advance(500);
    assert_eq!(site.get(&path).await.json()["status"], "ready");
}

#[tokio::test]
async fn download_faults() {
    let site = Site::fixture().await;
    let (_, path) = submit(&site).await;
    site.advance(500);
    let link = link(&site, &path).await;
    let lay = |outcome: &str| {
        site.fault(json!({"match": {"path": "/sandbox/exports/*"},
            "fault": {"kind": "download", "outcome": outcome}}));
    };
    let whole = fetch(&site, &link).await;
    lay("403");
    assert_eq!(fetch(&site, &link).await, (403, DENIED.to_owned()));
    lay("404");
    assert_eq!(fetch(&site, &link).await.0, 404);
    lay("html");
    let page = fetch(&site, &link).await;
    assert_eq!(page.0, 200);
    assert!(page.1.starts_with("<!doctype html>"));
    lay("truncated");
    assert!(site.send("GET", &link, &[], None).await.is_err());
    lay("slow");
    let before = std::time::Instant::now();
    assert_eq!(fetch(&site, &link).await, whole);
    assert!(before.elapsed().as_millis() >= 150);
    assert_eq!(site.last()["fault"], "download");
}
