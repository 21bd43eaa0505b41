//! The connection: bounded when Redis is gone or hangs, back by itself, and silent about passwords.

use std::time::{Duration, Instant};

use stoq_mcp::redis::{Address, Redis, RedisError, Waits};
use stoq_mcp::safety::store::{Space, Store};

use crate::records::{redis_at, shared};
use crate::support::redis::RedisServer;
use crate::support::{PATIENCE, finish, program};

/// Asks until it answers again.
async fn until_it_answers(redis: &Redis) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = redis.ping().await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_redis_that_is_gone_fails_fast_and_comes_back_by_itself() {
    let mut server = RedisServer::start();
    let redis = redis_at(&server.url());
    redis.ping().await.unwrap();
    server.kill();
    let first = redis.ping().await.unwrap_err();
    assert!(
        matches!(
            first,
            RedisError::NoAnswer { .. } | RedisError::Unreachable { .. }
        ),
        "{first}"
    );
    let begun = Instant::now();
    for _ in 0..1_000 {
        redis.ping().await.unwrap_err();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    server.restart();
    until_it_answers(&redis).await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_once_and_then_fails_fast() {
    let server = RedisServer::start();
    let address = Address::new(server.url());
    let waits = Waits {
        connect: Duration::from_millis(200),
        answer: Duration::from_millis(200),
        pause: Duration::from_secs(600),
        longest_pause: Duration::from_secs(600),
    };
    let redis = Redis::with_waits(&address, waits).unwrap();
    redis.ping().await.unwrap();
    server.freeze();
    let told = redis.ping().await.unwrap_err().to_string();
    assert_eq!(
        told,
        format!(
            "Redis at {} gave no answer (not within 200 ms), and may have done what it was asked all the same. See that it runs and is not overloaded; it is tried again by itself",
            server.url()
        )
    );
    // It takes the connection, and says nothing.
    let told = redis.ping().await.unwrap_err().to_string();
    let down = format!(
        "Redis at {} cannot be reached (no connection within 200 ms). See that it runs and that address, name and password are right; it is tried again by itself",
        server.url()
    );
    assert_eq!(told, down);
    // From now on nobody waits: the next attempt is ten minutes away.
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(redis.ping().await.unwrap_err().to_string(), down);
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    server.thaw();
}

#[tokio::test]
async fn a_password_opens_it_and_is_told_to_nobody() {
    let server = RedisServer::with(&["--requirepass", "canary-word"]);
    let place = server.url().replace("redis://", "");
    let open = redis_at(&format!("redis://:canary-word@{place}"));
    open.ping().await.unwrap();
    for url in [format!("redis://:canary-wrong@{place}"), server.url()] {
        let error = redis_at(&url).ping().await.unwrap_err();
        assert!(matches!(error, RedisError::Unreachable { .. }), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
    assert!(!format!("{open:?} {}", open.address()).contains("canary"));
}

#[test]
fn the_program_tells_no_password() {
    for (url, wanted) in [
        (
            "redis://ines:canary@127.0.0.1:1/0",
            "the state store failed: Redis cannot be reached (Connection refused",
        ),
        (
            "reddis://ines:canary@127.0.0.1:1",
            "`state` (from the environment): this is no address of a Redis.",
        ),
    ] {
        for arguments in [&["writes", "off"][..], &["writes", "status"], &["receipts"]] {
            let mut command = program(arguments);
            command.env("STOQ_MCP_STATE", url);
            let (code, out, err) = finish(command);
            assert_ne!(code, 0, "{out}");
            assert!(err.contains(wanted), "{err}");
            assert!(!format!("{out}{err}").contains("canary"), "{out}{err}");
        }
    }
    let help = finish({
        let mut command = program(&["serve", "--help"]);
        command.env("STOQ_MCP_STATE", "redis://ines:canary@h");
        command
    });
    assert!(!help.1.contains("canary"));
}

#[tokio::test]
async fn a_redis_that_may_evict_is_refused() {
    let server = RedisServer::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    let told = shared(&server)
        .get(Space::Switch, "writes")
        .await
        .unwrap_err();
    assert_eq!(
        told.reason,
        "Redis may throw away what was done when its memory is full (maxmemory-policy allkeys-lru); set `maxmemory-policy noeviction` there"
    );
    let bounded = RedisServer::with(&["--maxmemory", "100mb"]);
    let got = shared(&bounded).get(Space::Switch, "writes").await;
    assert_eq!(got, Ok(None));
}
