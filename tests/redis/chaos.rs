//! Redis dies and hangs again and again while clients call both servers and ask again until they are
//! told something: no call is done twice, and what was told is so.
//!
//! `STOQ_MCP_CHAOS` is the seed, `STOQ_MCP_CHAOS_ROUNDS` how often it goes wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde_json::json;

use crate::replicas::{Home, NOTIFY, call, replica};
use crate::support::redis::RedisServer;
use crate::support::{HttpProcess, SandboxProcess};

/// Signups that may be told.
const SIGNUPS: [u32; 9] = [1, 4, 7, 12, 13, 14, 15, 16, 17];
const CLIENTS: usize = 3;

/// What a client was told at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Done, now or before.
    Done,
    /// At work, or nobody knows.
    Doubt,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn id(signup: u32) -> String {
    format!("51900000-0000-4000-8000-{signup:012}")
}

fn is_doubt(text: &str) -> bool {
    text.contains("it is unknown whether") || text.contains("has been in progress since")
}

/// Asks until it is told something; `None` when it never was.
async fn insists(
    servers: [&HttpProcess; 2],
    signup: u32,
    key: &str,
    random: &mut Pcg64,
) -> Option<Told> {
    for _ in 0..600 {
        let server = servers[random.random_range(0..2)];
        let arguments = json!({"id": id(signup), "allow_resend": true, "idempotency_key": key});
        let result = call(server, NOTIFY, arguments).await;
        if let Some(status) = result["structuredContent"]["status"].as_str() {
            match status {
                "accepted" | "ok" | "replayed" => return Some(Told::Done),
                other => panic!("{other}: {result}"),
            }
        }
        let text = result["content"][0]["text"].as_str().unwrap();
        if is_doubt(text) {
            return Some(Told::Doubt);
        }
        assert!(text.contains("the state store failed"), "{text}");
        tokio::time::sleep(Duration::from_millis(random.random_range(5..60))).await;
    }
    None
}

/// Breaks Redis again and again, and mends it.
async fn breaks(redis: &mut RedisServer, rounds: u64, random: &mut Pcg64) {
    let pause = async |from: u64, to: u64, random: &mut Pcg64| {
        tokio::time::sleep(Duration::from_millis(random.random_range(from..to))).await;
    };
    for _ in 0..rounds {
        pause(20, 400, random).await;
        match random.random_bool(0.6) {
            true => {
                redis.kill();
                pause(0, 300, random).await;
                redis.restart();
            }
            false => {
                redis.freeze();
                pause(100, 1_300, random).await;
                redis.thaw();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_redis_no_call_is_done_twice() {
    let seed = number("STOQ_MCP_CHAOS", 6);
    let rounds = number("STOQ_MCP_CHAOS_ROUNDS", 12);
    let sandbox = SandboxProcess::start("fixture").hasty().unmetered();
    let (mut redis, home) = (RedisServer::start(), Home::new());
    let servers = [
        &replica(&sandbox, &redis, &home, &[]),
        &replica(&sandbox, &redis, &home, &[]),
    ];
    let is_over = AtomicBool::new(false);
    let turn = AtomicUsize::new(0);
    let client = async |name: usize| {
        let mut random = Pcg64::seed_from_u64(seed * 100 + name as u64);
        let mut told = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            let number = turn.fetch_add(1, Ordering::SeqCst);
            let signup = SIGNUPS[number % SIGNUPS.len()];
            let key = format!("call-{number}");
            let end = insists(servers, signup, &key, &mut random).await;
            let end = end.unwrap_or_else(|| panic!("{key} was told nothing"));
            told.push((signup, key, end));
        }
        told
    };
    let storm = async {
        let mut random = Pcg64::seed_from_u64(seed);
        breaks(&mut redis, rounds, &mut random).await;
        is_over.store(true, Ordering::SeqCst);
    };
    let (told, ()) = futures::join!(futures::future::join_all((0..CLIENTS).map(client)), storm);
    let told: Vec<(u32, String, Told)> = told.into_iter().flatten().collect();
    // Asked for once more, nothing is done anew.
    for (signup, key, end) in &told {
        let arguments = json!({"id": id(*signup), "allow_resend": true, "idempotency_key": key});
        let again = call(servers[0], NOTIFY, arguments).await;
        let text = again["content"][0]["text"].as_str().unwrap();
        let is_replayed = again["structuredContent"]["status"] == json!("replayed");
        let is_doubt = is_doubt(text);
        assert!(is_replayed || is_doubt, "{key}, {end:?}: {again}");
    }
    // By signup: every call that was told to be done was sent, and none that was not asked for.
    let mut bounds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (signup, _, end) in &told {
        let (least, most) = bounds.entry(id(*signup)).or_default();
        *most += 1;
        *least += usize::from(*end == Told::Done);
    }
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for entry in sandbox.journal() {
        if entry["method"] == json!("POST") {
            let path = entry["path"].as_str().unwrap();
            let id = path.rsplit('/').nth(1).unwrap();
            *sent.entry(id.to_owned()).or_default() += 1;
        }
    }
    let doubts = told
        .iter()
        .filter(|(_, _, end)| *end == Told::Doubt)
        .count();
    println!(
        "seed {seed}: {rounds} times Redis broke, {} calls, {doubts} in doubt, {} sent",
        told.len(),
        sent.values().sum::<usize>()
    );
    for (id, (least, most)) in &bounds {
        let sent = sent.get(id).copied().unwrap_or_default();
        assert!(
            (*least..=*most).contains(&sent),
            "{id}: {sent} of {least} to {most}, seed {seed}"
        );
    }
    assert!(told.len() >= CLIENTS, "nothing was asked");
}
