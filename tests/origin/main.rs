//! The shop's key and the program's requests go to one origin: whatever the API answers, nothing
//! goes next door, and nothing outside the API's base.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod hostile;
#[path = "../support/mod.rs"]
mod support;
mod world;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64;
use serde_json::{Map, Value, json};
use stoq_mcp::registry::entry::Method;
use stoq_mcp::upstream::{ApiRequest, JobHandle, Priority, Repeat, Upstream};
use tokio::time::Instant;

use hostile::{address, is_below};
use world::{KEY, PATH, Ports, Script, Seen, World, answer};

const JOB: &str = "exp_1";
const REDIRECTS: [&str; 5] = ["301 M", "302 F", "303 S", "307 T", "308 P"];
/// Inputs of one client at the same time.
const AT_ONCE: usize = 8;

fn addresses(count: usize, seed: u64, ports: &Ports) -> Vec<String> {
    let mut rng = Pcg64::seed_from_u64(seed);
    (0..count).map(|_| address(&mut rng, *ports, JOB)).collect()
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// The number that a target ends with.
fn number(seen: &Seen) -> Option<usize> {
    seen.target.rsplit('/').next()?.parse().ok()
}

/// Header `Location` with an address, as far as a header can hold it.
fn location(address: &str) -> String {
    let held: String = address
        .chars()
        .filter(|symbol| !symbol.is_control())
        .collect();
    format!("Location: {held}\r\n")
}

async fn request(upstream: &Upstream, method: Method, path: String) -> Option<Value> {
    let request = ApiRequest::v2(method, path, Map::new());
    let sent = upstream.send(&request, Repeat::Never, Priority::Commit, deadline());
    sent.await.ok().map(|answer| answer.body.into_unshown())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_status_url_leads_out_of_the_base() {
    const COUNT: usize = 5_000;
    let world = World::new(|ports| {
        let all = addresses(COUNT, 1, ports);
        Arc::new(move |seen: &Seen| match (&*seen.method, number(seen)) {
            ("POST", Some(number)) => {
                let body = json!({"job_id": JOB, "status_url": all[number]}).to_string();
                answer("202 Accepted", "", &body)
            }
            _ => answer("200 OK", "", r#"{"status":"completed"}"#),
        }) as Script
    })
    .await;
    let upstream = world.upstream();
    let followed = futures::stream::iter(0..COUNT)
        .map(|number| {
            let upstream = &upstream;
            async move {
                let body = request(upstream, Method::Post, format!("/submit/{number}")).await;
                let body = body.unwrap();
                let handle = JobHandle::from_answer(&body, upstream.base()).ok()?;
                upstream.poll(&handle.path, deadline()).await.unwrap();
                Some(body["status_url"].as_str()?.to_owned())
            }
        })
        .buffered(AT_ONCE)
        .collect::<Vec<Option<String>>>()
        .await;
    let mut followed: Vec<String> = followed.into_iter().flatten().collect();
    let mut asked: Vec<String> = world
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "GET")
        .map(|seen| seen.target)
        .collect();
    assert_eq!(world.knocks(), 0);
    assert_eq!(asked.iter().find(|target| !is_below(target)), None);
    // What was followed was followed to the letter, and nothing else was asked.
    followed.sort_unstable();
    asked.sort_unstable();
    assert_eq!(asked, followed);
    assert!(followed.iter().all(|path| path.ends_with("/exp_1")));
    assert!(
        (50..1_500).contains(&followed.len()),
        "{} honest ones",
        followed.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_redirect_is_followed() {
    const COUNT: usize = 2_500;
    let world = World::new(|ports| {
        let all = addresses(COUNT, 2, ports);
        Arc::new(move |seen: &Seen| {
            let number = number(seen).unwrap_or_default();
            let status = REDIRECTS[number % REDIRECTS.len()];
            answer(status, &location(&all[number]), "{}")
        }) as Script
    })
    .await;
    let upstream = world.upstream();
    let wanted: Vec<(Method, String)> = (0..COUNT)
        .map(|number| match number % 3 {
            0 => (Method::Post, format!("/redirect/{number}")),
            1 => (Method::Delete, format!("/redirect/{number}")),
            _ => (Method::Get, format!("/redirect/{number}")),
        })
        .collect();
    let answers = futures::stream::iter(wanted.clone())
        .map(|(method, path)| request(&upstream, method, path))
        .buffered(AT_ONCE)
        .collect::<Vec<Option<Value>>>()
        .await;
    assert_eq!(answers.into_iter().flatten().next(), None);
    assert_eq!(world.knocks(), 0);
    let mut asked: Vec<String> = world.seen().into_iter().map(|seen| seen.target).collect();
    let mut wanted: Vec<String> = wanted
        .into_iter()
        .map(|(_, path)| format!("{PATH}{path}"))
        .collect();
    asked.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(asked, wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_download_link_leads_elsewhere_and_none_carries_the_key() {
    const COUNT: usize = 2_500;
    let world = World::new(|ports| {
        let all = addresses(COUNT, 3, ports);
        let mut rng = Pcg64::seed_from_u64(4);
        let statuses: Vec<&str> = all
            .iter()
            .map(|_| *REDIRECTS.choose(&mut rng).unwrap())
            .collect();
        Arc::new(move |seen: &Seen| match number(seen) {
            // The API names the link.
            Some(number) if seen.target.starts_with(PATH) => {
                let link = Value::String(all[number].clone());
                answer(
                    "200 OK",
                    "",
                    &json!({"status": "ready", "download_url": link}).to_string(),
                )
            }
            // Its own host sends the file on.
            Some(number) if seen.target.starts_with("/sandbox/exports/") && number < all.len() => {
                answer(statuses[number], &location(&all[number]), "")
            }
            _ => answer("200 OK", "Content-Type: text/csv\r\n", "a\r\n1\r\n"),
        }) as Script
    })
    .await;
    let upstream = world.upstream();
    let origin = format!("http://127.0.0.1:{}", world.port);
    let fetched = futures::stream::iter(0..COUNT)
        .map(|number| {
            let (upstream, origin) = (&upstream, &origin);
            async move {
                let state = upstream
                    .poll(&format!("/jobs/{number}"), deadline())
                    .await
                    .unwrap();
                let link = state.download_url.unwrap();
                let direct = upstream.download(&link, deadline()).await.is_ok();
                let sent_on = format!("{origin}/sandbox/exports/{number}").into();
                let sent_on = upstream.download(&sent_on, deadline()).await.is_ok();
                (direct, sent_on)
            }
        })
        .buffered(AT_ONCE)
        .collect::<Vec<(bool, bool)>>()
        .await;
    assert_eq!(world.knocks(), 0);
    assert!(fetched.iter().all(|(_, sent_on)| !sent_on));
    let direct = fetched.iter().filter(|(direct, _)| *direct).count();
    assert!(
        (10..700).contains(&direct),
        "{direct} links of the API's own origin"
    );
    let seen = world.seen();
    let (polls, files): (Vec<Seen>, Vec<Seen>) = seen.into_iter().partition(|seen| seen.secret);
    // The key went with the polls, and nothing else went with it.
    assert_eq!(polls.len(), COUNT);
    assert_eq!(polls.iter().find(|seen| !is_below(&seen.target)), None);
    // A file for each direct link, and one that is sent on for each number; none asked for twice.
    assert_eq!(files.len(), COUNT + direct);
    assert_eq!(files.iter().find(|seen| seen.method != "GET"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_hosts_are_refused_before_they_are_looked_up() {
    let world = World::new(|_| Arc::new(|_: &Seen| answer("200 OK", "", "{}")) as Script).await;
    let upstream = world.upstream();
    let port = world.elsewhere;
    for link in [
        format!("https://127.0.0.1.amazonaws.com@127.0.0.1:{port}/a.csv"),
        format!("https://localhost:{port}/a.csv"),
        format!("https://[::1]:{port}/a.csv"),
        format!("https://[::ffff:127.0.0.1]:{port}/a.csv"),
        format!("http://127.0.0.1:{port}/a.csv"),
        format!("http://2130706433:{port}/a.csv"),
        "https://amazonaws.com/a.csv".to_owned(),
        "https://amazonaws.com.evil.invalid/a.csv".to_owned(),
        "https://evil-amazonaws.com/a.csv".to_owned(),
        "http://bucket.s3.amazonaws.com/a.csv".to_owned(),
        "file:///etc/hostname".to_owned(),
        "data:text/csv,a".to_owned(),
    ] {
        let error = upstream.download(&link.clone().into(), deadline()).await;
        let told = error.unwrap_err().to_string();
        let refused = [
            "its link carries a user name",
            "its link leads to a host that is not allowed; add it to `download_hosts` if you trust it",
            "its link is not https",
        ];
        let reason = told.strip_prefix("the export file could not be fetched: ");
        assert!(refused.contains(&reason.unwrap()), "{link}: {told}");
    }
    assert_eq!((world.knocks(), world.seen()), (0, Vec::new()));
}

/// The program against an API that answers so; what it printed, and what the API saw.
async fn program(
    script: impl Fn(&Ports) -> Script,
    arguments: &'static [&'static str],
) -> (String, World) {
    let world = World::new(script).await;
    let base = world.base();
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = support::program(&["call"]);
        command
            .args(arguments)
            .args(["--base-url", &base, "--registry", "bundled"])
            .env("STOQ_API_KEY", KEY);
        support::finish(command)
    });
    let (_, output, errors) = ran.await.unwrap();
    (format!("{output}{errors}"), world)
}

const EXPORT: &[&str] = &[
    "back_in_stock_reports_signups_export",
    "--json",
    r#"{"wait_seconds": 5}"#,
];

fn paths(world: &World) -> Vec<String> {
    world
        .seen()
        .into_iter()
        .map(|seen| format!("{} {}", seen.method, seen.target))
        .collect()
}

fn submitted(status_url: &str) -> String {
    answer(
        "202 Accepted",
        "",
        &json!({"job_id": JOB, "status_url": status_url}).to_string(),
    )
}

const SUBMIT: &str = "POST /api/v2/external/back_in_stock/reports/signups/export";
const POLL: &str = "GET /api/v2/external/back_in_stock/reports/jobs/exp_1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_stays_where_it_is() {
    // A read that is sent on.
    let script = |ports: &Ports| {
        let away = format!("http://127.0.0.1:{}{PATH}/x", ports.elsewhere);
        Arc::new(move |_: &Seen| answer("307 T", &location(&away), "{}")) as Script
    };
    let (told, world) = program(script, &["back_in_stock_settings_read"]).await;
    assert!(
        told.contains("answered 307, which its contract does not know"),
        "{told}"
    );
    assert_eq!(
        (world.knocks(), paths(&world)),
        (
            0,
            vec!["GET /api/v2/external/back_in_stock/settings".to_owned()]
        )
    );
    // A job elsewhere.
    let script = |ports: &Ports| {
        let away = format!("http://127.0.0.1:{}{PATH}/jobs/{JOB}", ports.elsewhere);
        Arc::new(move |_: &Seen| submitted(&away)) as Script
    };
    let (told, world) = program(script, EXPORT).await;
    assert!(
        told.contains("`status_url` is not a path below the API's base"),
        "{told}"
    );
    assert_eq!(
        (world.knocks(), paths(&world)),
        (0, vec![SUBMIT.to_owned()])
    );
    // A file elsewhere, and a file that is sent on: each link is asked for once more, as stale ones are.
    for sent_on in [false, true] {
        let script = |ports: &Ports| {
            let (api, elsewhere) = (ports.api, ports.elsewhere);
            let away = format!("http://127.0.0.1:{elsewhere}/a.csv");
            let link = if sent_on {
                format!("http://127.0.0.1:{api}/files/a.csv")
            } else {
                away.clone()
            };
            Arc::new(move |seen: &Seen| match &*seen.target {
                "/files/a.csv" => answer("302 F", &location(&away), ""),
                _ if seen.method == "POST" => {
                    submitted("/api/v2/external/back_in_stock/reports/jobs/exp_1")
                }
                _ => answer(
                    "200 OK",
                    "",
                    &json!({"status": "ready", "download_url": link}).to_string(),
                ),
            }) as Script
        };
        let (told, world) = program(script, EXPORT).await;
        let (why, wanted) = match sent_on {
            true => (
                "its host answered 302",
                vec![SUBMIT, POLL, "GET /files/a.csv", POLL, "GET /files/a.csv"],
            ),
            false => (
                "its link leads to a host that is not allowed",
                vec![SUBMIT, POLL, POLL],
            ),
        };
        assert!(told.contains(why), "{told}");
        assert_eq!(
            (world.knocks(), paths(&world)),
            (0, wanted.into_iter().map(str::to_owned).collect())
        );
    }
}
