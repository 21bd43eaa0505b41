//! Who calls: clients over HTTP at a steady pace, sessions that come and go, and one client on pipes.

use std::fmt;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::MissedTickBehavior;

use super::kit::{self, load, session};
use super::settings;
use super::support::StdioProcess;

/// Clients that keep a connection each.
const CLIENTS: u32 = 10;
/// Time from one call of a client to its next.
const EACH: Duration = Duration::from_millis(100);
/// Calls of the first client from one settings write to the next.
const WRITE_EVERY: u64 = 50;
/// Of every ten calls, those that list.
const LISTS: u64 = 3;
/// Time from one session to the next.
const SESSION_EVERY: Duration = Duration::from_secs(2);
/// Of so many sessions one is left without a word.
const FORGOTTEN: u64 = 10;
const READ: &str = "back_in_stock_signups_read";
const LIST: &str = "back_in_stock_signups_list";

/// What the clients over HTTP have done.
pub struct Done {
    calls: usize,
    sessions: u64,
    took: Duration,
    p50: Duration,
    p99: Duration,
}

impl fmt::Display for Done {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = f64::from(u32::try_from(self.calls).unwrap());
        write!(
            out,
            "{} calls over HTTP ({:.0} a second, p50 {:.2} ms, p99 {:.2} ms), {} sessions",
            self.calls,
            calls / self.took.as_secs_f64(),
            self.p50.as_secs_f64() * 1e3,
            self.p99.as_secs_f64() * 1e3,
            self.sessions,
        )
    }
}

/// Calls from a thread of its own until then.
pub fn over_http(host: String, id: String, until: Instant) -> JoinHandle<Done> {
    std::thread::spawn(move || {
        let runtime = kit::runtime();
        runtime.block_on(async {
            let began = Instant::now();
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| tokio::spawn(client(host.clone(), id.clone(), number, until)))
                .collect();
            let sessions = tokio::spawn(come_and_go(host, id, until));
            let mut times = Vec::new();
            for client in clients {
                times.extend(client.await.unwrap());
            }
            let took = began.elapsed();
            Done {
                calls: times.len(),
                sessions: sessions.await.unwrap(),
                took,
                p50: kit::median(&mut times),
                p99: kit::percentile(&mut times, 99),
            }
        })
    })
}

async fn client(host: String, id: String, number: u32, until: Instant) -> Vec<Duration> {
    // Not all at the same moment.
    tokio::time::sleep(EACH / CLIENTS * number).await;
    let mut connection = load::Connection::to(&host).await;
    let read = load::call(&host, READ, &json!({"id": id}));
    let list = load::call(&host, LIST, &json!({"limit": 50}));
    let mut pace = tokio::time::interval(EACH);
    pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut times = Vec::new();
    for turn in 0_u64.. {
        pace.tick().await;
        if Instant::now() >= until {
            break;
        }
        let write = (number == 0 && turn % WRITE_EVERY == 1).then(|| {
            let (tool, arguments) = settings(turn / WRITE_EVERY);
            load::call(&host, tool, &arguments)
        });
        let call = match (&write, turn % 10 < LISTS) {
            (Some(write), _) => write,
            (None, true) => &list,
            (None, false) => &read,
        };
        let sent = Instant::now();
        let answer = connection.exchange(call).await;
        times.push(sent.elapsed());
        let failed = answer
            .windows(14)
            .any(|part| part == b"\"isError\":true" || part == b"\"error\":{\"code");
        assert!(!failed, "{}", String::from_utf8_lossy(answer));
    }
    times
}

/// Sessions, each on a connection of its own, that make two calls and end; some are only left.
async fn come_and_go(host: String, id: String, until: Instant) -> u64 {
    let mut pace = tokio::time::interval(SESSION_EVERY);
    for count in 0_u64.. {
        pace.tick().await;
        if Instant::now() >= until {
            return count;
        }
        let mut line = session::Line::to(&host).await;
        let session = line.begin().await;
        line.call(&session, READ, &json!({"id": id})).await;
        line.call(&session, LIST, &json!({"limit": 50})).await;
        if count % FORGOTTEN != 0 {
            line.end(&session).await;
        }
    }
    unreachable!("the loop has no end of its own")
}

/// Greets, then calls from a thread of its own until then, ten times a second at most; how often.
pub fn on_pipes(mut server: StdioProcess, id: &str, until: Instant) -> JoinHandle<u64> {
    let id = id.to_owned();
    server.greet();
    std::thread::spawn(move || {
        let mut calls = 0;
        while Instant::now() < until {
            match calls % 10 {
                0..LISTS => server.structured(LIST, json!({"limit": 50})),
                _ => server.structured(READ, json!({"id": id})),
            };
            calls += 1;
            std::thread::sleep(EACH);
        }
        calls
    })
}
