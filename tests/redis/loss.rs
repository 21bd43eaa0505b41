//! A Redis that comes back with less than it had: writes go off for all, once.

use stoq_mcp::safety::store::redis::Shared;
use stoq_mcp::safety::store::{Space, Store};
use stoq_mcp::safety::switch::{Off, Turn, Turned, turn, writes_off};

use crate::records::shared;
use crate::support::redis::RedisServer;

const WHY: &str =
    "Redis has lost what servers had written to it, so nobody knows what was done already";

async fn write(store: &Shared, key: &str) {
    let records = [(key.to_owned(), b"v".to_vec())];
    store.put(Space::Plans, &records, i64::MAX).await.unwrap();
}

/// The first answer after the connection was lost.
async fn off(store: &Shared) -> Result<Option<Off>, String> {
    for _ in 0..2_000 {
        match writes_off(store).await {
            Err(error) if error.reason.contains("gave no answer") => {}
            Err(error) if error.reason.contains("cannot be reached") => {}
            Err(error) => return Err(error.reason),
            Ok(off) => return Ok(off),
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Err("it never came back".to_owned())
}

fn is_the_loss(off: Option<Off>) -> bool {
    off.is_some_and(|off| off.why.as_deref() == Some(WHY) && off.by == "stoq-mcp")
}

/// The first to look turns writes off, the others find them off; who turns them on is not overruled by
/// one that learns of it later.
async fn loss_is_met_once(stores: [&Shared; 3]) {
    let [first, second, idle] = stores;
    let told = off(first).await.unwrap_err();
    assert_eq!(
        told,
        format!(
            "{WHY}. Writes are off for all servers now. Look in the Shopify admin and the audit trail at what was done lately, then run `stoq-mcp writes on`"
        )
    );
    assert!(is_the_loss(off(first).await.unwrap()));
    assert!(is_the_loss(off(second).await.unwrap()));
    // A call that asked the switch before the loss may not begin now.
    for store in [first, second] {
        let begun = store.put_new(Space::Ledger, "key/a", b"v", i64::MAX).await;
        assert_eq!(
            begun.unwrap_err().reason,
            "Redis had lost its state less than a minute ago; try again in a minute"
        );
    }
    assert_eq!(turn(second, Turn::On, 0).await, Ok(Turned::On));
    assert_eq!(off(idle).await, Ok(None));
    assert_eq!(off(first).await, Ok(None));
    write(idle, "b").await;
}

#[tokio::test]
async fn files_that_are_gone_are_a_loss() {
    let mut server = RedisServer::start();
    let stores = [shared(&server), shared(&server), shared(&server)];
    for (store, key) in stores.iter().zip(["a", "b", "c"]) {
        write(store, key).await;
    }
    server.kill();
    server.forget();
    server.restart();
    let [first, second, idle] = &stores;
    loss_is_met_once([first, second, idle]).await;
}

#[tokio::test]
async fn an_emptied_redis_that_others_use_already_is_a_loss() {
    let server = RedisServer::start();
    let stores = [shared(&server), shared(&server), shared(&server)];
    for (store, key) in stores.iter().zip(["a", "b", "c"]) {
        write(store, key).await;
    }
    server.run(&["FLUSHALL"]);
    // One that has just started knows nothing of what was.
    let fresh = shared(&server);
    for number in 0..20 {
        write(&fresh, &number.to_string()).await;
    }
    let [first, second, idle] = &stores;
    loss_is_met_once([first, second, idle]).await;
    assert_eq!(off(&fresh).await, Ok(None));
}

#[tokio::test]
async fn an_older_copy_is_a_loss() {
    let mut server = RedisServer::with(&["--dbfilename", "dump.rdb"]);
    let stores = [shared(&server), shared(&server), shared(&server)];
    for (store, key) in stores.iter().zip(["a", "b", "c"]) {
        write(store, key).await;
    }
    assert_eq!(server.run(&["SAVE"]), "+OK");
    for (store, key) in stores.iter().zip(["d", "e", "f"]) {
        write(store, key).await;
    }
    server.kill();
    server.restart();
    assert_eq!(server.run(&["GET", "stoq-mcp:plans:a"]), "never v");
    assert_eq!(server.run(&["GET", "stoq-mcp:plans:d"]), "");
    let [first, second, idle] = &stores;
    loss_is_met_once([first, second, idle]).await;
}

/// The count alone: the run of Redis stays the same, and it appends.
#[tokio::test]
async fn fewer_writes_than_were_seen_are_a_loss() {
    let server = RedisServer::start();
    let stores = [shared(&server), shared(&server), shared(&server)];
    for (store, key) in stores.iter().zip(["a", "b", "c"]) {
        write(store, key).await;
    }
    assert_eq!(server.run(&["HGET", "stoq-mcp:tide:state", "count"]), "3");
    server.run(&["HSET", "stoq-mcp:tide:state", "count", "2"]);
    let [first, second, idle] = &stores;
    // Those that saw no more than two know of no loss yet.
    assert_eq!(off(first).await, Ok(None));
    assert_eq!(off(second).await, Ok(None));
    assert!(off(idle).await.unwrap_err().starts_with(WHY));
    assert!(is_the_loss(off(first).await.unwrap()));
}

/// The run alone: others have written more since than were lost.
#[tokio::test]
async fn a_restart_without_an_append_only_file_is_a_loss() {
    let mut server = RedisServer::with(&[]);
    let stores = [shared(&server), shared(&server), shared(&server)];
    for (store, key) in stores.iter().zip(["a", "b", "c"]) {
        write(store, key).await;
    }
    assert_eq!(server.run(&["SAVE"]), "+OK");
    server.kill();
    server.restart();
    server.run(&["HSET", "stoq-mcp:tide:state", "count", "99"]);
    let [first, second, idle] = &stores;
    loss_is_met_once([first, second, idle]).await;
}

#[tokio::test]
async fn a_restart_with_an_append_only_file_is_none() {
    let mut server = RedisServer::start();
    let stores = [shared(&server), shared(&server), shared(&server)];
    for (store, key) in stores.iter().zip(["a", "b", "c"]) {
        write(store, key).await;
    }
    server.kill();
    server.restart();
    for store in &stores {
        assert_eq!(off(store).await, Ok(None));
    }
    assert_eq!(
        stores[0].get(Space::Plans, "c").await,
        Ok(Some(b"v".to_vec()))
    );
}
