use std::future::Future;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use super::*;

const SHORT: Duration = Duration::from_millis(60);
/// Longer than any test.
const LONG: Duration = Duration::from_secs(600);
/// What a test waits for comes by then, or never.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than the system buffers of an answer that nobody reads.
const LARGE: usize = 64 << 20;

const UNHURRIED: Bounds = Bounds {
    connections: 16,
    head: LONG,
    body: LONG,
    idle: LONG,
    stall: LONG,
};

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.unwrap()
}

struct Site {
    at: SocketAddr,
    connections: Arc<Connections>,
    /// Told when a call has come that waits; lets it go on.
    came: Arc<Notify>,
    go_on: Arc<Notify>,
}

async fn site(bounds: Bounds) -> Site {
    let (came, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_work, until) = (Arc::clone(&came), Arc::clone(&go_on));
    let waits = async move || {
        at_work.notify_one();
        until.notified().await;
        "ok"
    };
    let app = Router::new()
        .route("/", get(async || "ok"))
        .route("/echo", post(async |body: String| body))
        .route("/large", get(async || vec![b'x'; LARGE]))
        .route("/waits", get(waits));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let connections = Arc::new(Connections::new(bounds));
    let serving = Arc::clone(&connections);
    tokio::spawn(async move { serving.accept(&listener, &app).await });
    Site {
        at,
        connections,
        came,
        go_on,
    }
}

impl Site {
    async fn open(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

async fn ask(stream: &mut TcpStream, path: &str) {
    send(stream, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
}

/// Reads an answer whose body is `ok`.
async fn answered(stream: &mut TcpStream) {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\nok") {
        assert_ne!(within(stream.read_buf(&mut text)).await.unwrap(), 0);
    }
    assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

/// Waits for the end, before which nothing comes.
async fn closed(stream: &mut TcpStream) {
    let mut rest = [0; 1];
    // What was sent and not read ends a connection by a reset.
    assert_eq!(within(stream.read(&mut rest)).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let site = site(Bounds {
        head: SHORT,
        ..UNHURRIED
    })
    .await;
    let mut silent = site.open().await;
    let mut slow = site.open().await;
    send(&mut slow, "GET / HTTP/1.1\r\nx-a: ").await;
    closed(&mut silent).await;
    closed(&mut slow).await;
    // The same after an answer, counted from the first byte.
    let mut later = site.open().await;
    ask(&mut later, "/").await;
    answered(&mut later).await;
    send(&mut later, "G").await;
    closed(&mut later).await;
}

#[tokio::test]
async fn a_body_that_trickles_in_ends_the_connection() {
    let site = site(Bounds {
        body: SHORT,
        ..UNHURRIED
    })
    .await;
    let mut slow = site.open().await;
    send(
        &mut slow,
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n\r\n",
    )
    .await;
    let trickling = async {
        while slow.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(trickling).await;
    // One that is whole in time has no bound left over.
    let mut quick = site.open().await;
    send(
        &mut quick,
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok",
    )
    .await;
    answered(&mut quick).await;
    tokio::time::sleep(SHORT * 2).await;
    ask(&mut quick, "/").await;
    answered(&mut quick).await;
}

#[tokio::test]
async fn a_connection_may_idle_for_its_own_time() {
    let site_of_heads = site(Bounds {
        head: SHORT,
        ..UNHURRIED
    })
    .await;
    let mut idle = site_of_heads.open().await;
    ask(&mut idle, "/").await;
    answered(&mut idle).await;
    tokio::time::sleep(SHORT * 3).await;
    ask(&mut idle, "/").await;
    answered(&mut idle).await;
    let site = site(Bounds {
        idle: SHORT,
        ..UNHURRIED
    })
    .await;
    let mut idle = site.open().await;
    ask(&mut idle, "/").await;
    answered(&mut idle).await;
    closed(&mut idle).await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_ends_the_connection() {
    let site = site(Bounds {
        connections: 1,
        stall: SHORT,
        ..UNHURRIED
    })
    .await;
    let mut deaf = site.open().await;
    ask(&mut deaf, "/large").await;
    // The only place is free again once the deaf one is closed.
    let mut next = site.open().await;
    ask(&mut next, "/").await;
    answered(&mut next).await;
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_goes_out_whole() {
    let site = site(Bounds {
        stall: SHORT * 10,
        ..UNHURRIED
    })
    .await;
    let mut slow = site.open().await;
    ask(&mut slow, "/large").await;
    let (mut part, mut taken) = (vec![0; 4 << 20], 0);
    while taken < LARGE {
        let read = within(slow.read(&mut part)).await.unwrap();
        assert_ne!(read, 0, "after {taken} bytes");
        taken += read;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_call_takes_the_time_it_takes() {
    let site = site(Bounds {
        connections: 16,
        head: SHORT,
        body: SHORT,
        idle: SHORT,
        stall: SHORT,
    })
    .await;
    let mut caller = site.open().await;
    ask(&mut caller, "/waits").await;
    within(site.came.notified()).await;
    tokio::time::sleep(SHORT * 4).await;
    site.go_on.notify_one();
    answered(&mut caller).await;
}

#[tokio::test]
async fn more_connections_than_places_wait() {
    let site = site(Bounds {
        connections: 2,
        ..UNHURRIED
    })
    .await;
    let (mut first, mut second) = (site.open().await, site.open().await);
    for stream in [&mut first, &mut second] {
        ask(stream, "/").await;
        answered(stream).await;
    }
    let mut third = site.open().await;
    ask(&mut third, "/").await;
    for _ in 0..50 {
        ask(&mut first, "/").await;
        answered(&mut first).await;
    }
    let early = third.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::WouldBlock);
    drop(second);
    answered(&mut third).await;
}

#[tokio::test]
async fn a_stop_closes_the_idle_at_once_and_the_others_with_their_answer() {
    let site = site(UNHURRIED).await;
    let (mut silent, mut idle, mut slow, mut busy) = (
        site.open().await,
        site.open().await,
        site.open().await,
        site.open().await,
    );
    ask(&mut idle, "/").await;
    answered(&mut idle).await;
    send(&mut slow, "GET / HT").await;
    ask(&mut busy, "/waits").await;
    within(site.came.notified()).await;
    site.connections.close();
    closed(&mut idle).await;
    // The first request of one that had not asked yet may be on its way: it is served, and no second one.
    ask(&mut silent, "/").await;
    answered(&mut silent).await;
    closed(&mut silent).await;
    // A request that has begun to come is heard.
    send(&mut slow, "TP/1.1\r\nhost: x\r\n\r\n").await;
    answered(&mut slow).await;
    closed(&mut slow).await;
    // One that comes now is served a single request.
    let mut late = site.open().await;
    ask(&mut late, "/").await;
    answered(&mut late).await;
    closed(&mut late).await;
    // And one that asks for nothing is not waited for in the end.
    let mut last = site.open().await;
    site.go_on.notify_one();
    answered(&mut busy).await;
    closed(&mut busy).await;
    within(site.connections.closed()).await;
    closed(&mut last).await;
}

#[tokio::test]
async fn who_was_let_in_before_the_port_closed_is_served() {
    const THESE: usize = 12;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let connections = Connections::new(UNHURRIED);
    // The system lets them in; the server takes none of them.
    let mut these = Vec::new();
    for _ in 0..THESE {
        let mut stream = TcpStream::connect(at).await.unwrap();
        ask(&mut stream, "/").await;
        these.push(stream);
    }
    let mut silent = TcpStream::connect(at).await.unwrap();
    connections.close();
    connections.accept_last(listener, &Router::new().route("/", get(async || "ok")));
    assert!(TcpStream::connect(at).await.is_err());
    let ended = async {
        for mut stream in these {
            answered(&mut stream).await;
            closed(&mut stream).await;
        }
    };
    tokio::join!(ended, within(connections.closed()));
    closed(&mut silent).await;
}

#[tokio::test]
async fn errors_of_accepting_are_survived_and_do_not_spin() {
    let pause = Duration::from_millis(10);
    let began = std::time::Instant::now();
    // Too many open files.
    within(recover(io::Error::from_raw_os_error(24), pause)).await;
    assert!(began.elapsed() >= pause);
    for peers in [
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionRefused,
    ] {
        within(recover(io::Error::from(peers), LONG)).await;
    }
}

#[test]
fn open_files_bound_the_connections() {
    for (files, connections) in [(0, 1), (64, 32), (512, 256), (1_024, 768), (20_000, 19_744)] {
        assert_eq!(room(files), connections, "{files}");
    }
    let few = Bounds {
        connections: 3,
        ..UNHURRIED
    };
    assert_eq!(few.within_the_system(), few);
}

#[test]
fn few_files_bound_the_connections_and_nothing_else() {
    let bounds = Bounds::default();
    let (scarce, plenty) = (1_024, 1 << 20);
    let connections = room(scarce);
    assert_eq!(
        bounds.within(scarce),
        Bounds {
            connections,
            ..bounds
        }
    );
    assert_eq!(bounds.within(plenty), bounds);
}
