//! The script in a real Redis keeps the same book as `memory.rs`.

use std::process::{Child, Command, Stdio};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::redis::Address;

/// A redis-server on a socket of its own, without anything kept on disk; killed when dropped.
struct Server {
    child: Child,
    folder: std::path::PathBuf,
}

impl Server {
    async fn start(name: &str) -> (Self, Redis) {
        let file = format!("stoq-mcp-points-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(file);
        std::fs::create_dir_all(&folder).unwrap();
        let server = Self {
            child: Self::spawn(&folder),
            folder,
        };
        let redis = server.redis();
        server.wait_for(&redis).await;
        (server, redis)
    }

    fn redis(&self) -> Redis {
        let address = format!("unix://{}", self.folder.join("socket").display());
        Redis::parse(&Address::new(address)).unwrap()
    }

    fn spawn(folder: &std::path::Path) -> Child {
        Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--unixsocket", "socket", "--dir"])
            .arg(folder)
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is missing; install the package redis-server (Debian, Ubuntu)")
    }

    async fn wait_for(&self, redis: &Redis) {
        let until = Instant::now() + Duration::from_secs(10);
        while redis.ping().await.is_err() {
            assert!(Instant::now() < until, "redis-server did not come up");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A deadline that lies as far ahead as that of a call.
const AHEAD: u64 = 45_000;
const PATIENCE: u64 = 0;

/// One step of the script, at a moment of its own.
async fn take(
    shared: &Shared,
    id: u64,
    cost: u32,
    priority: Priority,
    now: u64,
) -> Result<Sent, u64> {
    let hold = AHEAD + WINDOW + WINDOW / 2;
    let rest = [
        format!("t-{id}"),
        cost.to_string(),
        priority.index().to_string(),
        hold.to_string(),
        PATIENCE.to_string(),
    ];
    let reply = shared.ask("take", Some(now), &rest).await.unwrap();
    match reply.is_done {
        true => Ok(Sent {
            at: reply.number,
            released: reply.released,
        }),
        false => Err(reply.number),
    }
}

#[tokio::test]
async fn the_script_keeps_the_same_book() {
    let (_server, redis) = Server::start("same").await;
    let mut granted = 0;
    for seed in 0..60 {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let shared = Shared::new(LIMIT, redis.clone(), &format!("shop-{seed}"));
        let mut book = Book::new(LIMIT);
        let mut open: Vec<(u64, u32, Sent)> = Vec::new();
        let mut now = 1_700_000_000_000;
        for id in 0..150 {
            now += random.random_range(0..3_000);
            let cost = random.random_range(1..=2);
            if random.random_range(0..10) < 6 {
                let priority = match random.random_range(0..3) {
                    0 => Priority::Commit,
                    1 => Priority::Normal,
                    _ => Priority::Poll,
                };
                let expected = book.take(cost, priority, now);
                let told = take(&shared, id, cost, priority, now).await;
                assert_eq!(told, expected, "seed {seed}, step {id}");
                if let Ok(sent) = told {
                    open.push((id, cost, sent));
                    granted += 1;
                }
            } else if !open.is_empty() {
                let (id, cost, sent) = open.swap_remove(random.random_range(0..open.len()));
                let end = match random.random_range(0..8) {
                    0 => End::Lost,
                    1 => End::Unused,
                    2 => SILENT,
                    _ => End::Answered(RateHeaders {
                        limit: [None, Some(40), Some(30)][random.random_range(0..3)],
                        remaining: Some(random.random_range(0..=40)),
                        reset_in: Some(Duration::from_secs(random.random_range(0..70))),
                    }),
                };
                book.end(cost, sent, end, now);
                let mut rest = shared.ended(id, cost, sent, end, book.hold(end));
                rest[0] = format!("t-{id}");
                shared.ask("end", Some(now), &rest).await.unwrap();
            }
            // Nobody waits longer than the deadline: what is open so long has been settled.
            let sweep = open.iter().position(|(_, _, sent)| sent.at + AHEAD <= now);
            if let Some(place) = sweep {
                let (id, cost, sent) = open.swap_remove(place);
                book.end(cost, sent, End::Lost, now);
                let mut rest = shared.ended(id, cost, sent, End::Lost, book.hold(End::Lost));
                rest[0] = format!("t-{id}");
                shared.ask("end", Some(now), &rest).await.unwrap();
            }
        }
    }
    assert!(granted > 1_000, "{granted}");
}

#[tokio::test]
async fn a_commit_that_waits_elsewhere_goes_first() {
    let (_server, redis) = Server::start("first").await;
    let shared = Shared::new(LIMIT, redis, "shop");
    for id in 0..40 {
        take(&shared, id, 1, Priority::Commit, 1_000).await.unwrap();
    }
    let commit = [
        "c-1".to_owned(),
        "2".to_owned(),
        "0".to_owned(),
        "1000".to_owned(),
        WINDOW.to_string(),
    ];
    let reply = shared.ask("take", Some(1_000), &commit).await.unwrap();
    assert_eq!((reply.is_done, reply.number), (false, WINDOW));
    // Long after, when all is free: the commit may be about to ask.
    let later = 1_000 + WINDOW;
    let ask = async |now| take(&shared, 50, 1, Priority::Normal, now).await;
    for id in 0..40 {
        let rest = shared.ended(id, 1, Sent::default(), End::Unused, None);
        let rest = [vec![format!("t-{id}")], rest[1..].to_vec()].concat();
        shared.ask("end", Some(1_000), &rest).await.unwrap();
    }
    assert_eq!(ask(later).await, Err(STEP));
    let reply = shared.ask("take", Some(later), &commit).await.unwrap();
    assert!(reply.is_done);
    assert!(ask(later).await.is_ok());
}

#[tokio::test]
async fn a_server_that_dies_holds_its_points_until_they_are_surely_gone() {
    let (_server, redis) = Server::start("dies").await;
    let shared = Shared::new(LIMIT, redis, "shop");
    for id in 0..40 {
        take(&shared, id, 1, Priority::Commit, 0).await.unwrap();
    }
    let gone = AHEAD + WINDOW + WINDOW / 2;
    let early = take(&shared, 50, 1, Priority::Commit, gone - 1).await;
    assert_eq!(early, Err(STEP));
    assert!(take(&shared, 50, 1, Priority::Commit, gone).await.is_ok());
}

/// Points of all servers, as Redis counts them.
async fn count(redis: &Redis) -> u32 {
    let key = Redis::key("points", "shop");
    redis
        .run(crate::redis::cmd("ZCARD").arg(key))
        .await
        .unwrap()
}

#[tokio::test]
async fn two_servers_share_one_budget_also_after_redis_lost_all() {
    let (mut server, redis) = Server::start("lost").await;
    let one = Arc::new(Points::shared(LIMIT, redis.clone(), "shop"));
    // A connection of its own, as another process has.
    let two = Arc::new(Points::shared(LIMIT, server.redis(), "shop"));
    let deadline = Instant::now() + Duration::from_secs(45);
    let mut grants = Vec::new();
    for points in [&one, &two] {
        for _ in 0..10 {
            grants.push(points.acquire(1, Priority::Normal, deadline).await.unwrap());
        }
    }
    assert_eq!((one.held(), two.held(), count(&redis).await), (10, 10, 20));
    server.kill();
    // Without Redis each goes on by its own count.
    for _ in 0..20 {
        grants.push(one.acquire(1, Priority::Normal, deadline).await.unwrap());
    }
    let refused = one.acquire(1, Priority::Normal, deadline).await;
    assert!(matches!(refused, Err(UpstreamError::OutOfPoints { .. })));
    server.child = Server::spawn(&server.folder);
    server.wait_for(&redis).await;
    let patience = Instant::now() + Duration::from_secs(10);
    // What it lost is told to it by whoever held it.
    while count(&redis).await < 40 {
        assert!(Instant::now() < patience, "{}", count(&redis).await);
        let _ = one.take(1, Priority::Poll, deadline, deadline).await;
        if let Ok(grant) = two.take(1, Priority::Poll, deadline, deadline).await {
            grants.push(grant);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let late = two.acquire(1, Priority::Normal, deadline).await;
    assert!(matches!(late, Err(UpstreamError::OutOfPoints { .. })));
}

/// Run by hand: `cargo test --release --features redis-tests --lib -- points::tests::script::cost --nocapture`.
#[tokio::test]
async fn cost_of_a_round_trip_is_told() {
    let (_server, redis) = Server::start("cost").await;
    let limit = PointsLimit {
        points: 100_000,
        ..LIMIT
    };
    let points = Arc::new(Points::shared(limit, redis, "shop"));
    let deadline = Instant::now() + Duration::from_secs(45);
    let mut times = Vec::new();
    for _ in 0..2_000 {
        let start = std::time::Instant::now();
        let grant = points.acquire(1, Priority::Normal, deadline).await.unwrap();
        times.push(start.elapsed());
        grant.answered(&rate(39, 60_000));
    }
    times.sort_unstable();
    println!("take: median {:?}, p99 {:?}", times[1_000], times[1_980]);
    assert_eq!(points.held(), 2_000);
}
