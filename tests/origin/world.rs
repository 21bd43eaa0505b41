//! An API that answers as it is told, and a place next door where nobody must ever knock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use stoq_mcp::upstream::{Base, Options, PointsLimit, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the API lies below its host.
pub const PATH: &str = "/api/v2/external";
/// The shop's key, which only the API may see.
pub const KEY: &str = "stoq_api_key_0r1g1n";

/// A request as the API read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    /// The target as it stood on the wire.
    pub target: String,
    /// Whether any header held the key, or one that carries credentials was there.
    pub secret: bool,
}

/// What the API answers to a request for a target: the whole text, head and body.
pub type Script = Arc<dyn Fn(&Seen) -> String + Send + Sync>;

/// The API and the place next door.
pub struct World {
    /// Port of the API on 127.0.0.1.
    pub port: u16,
    /// Port next door, on every loopback address there is.
    pub elsewhere: u16,
    knocks: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl World {
    pub async fn new(script: impl Fn(&Ports) -> Script) -> Self {
        let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = api.local_addr().unwrap().port();
        let next_door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let elsewhere = next_door.local_addr().unwrap().port();
        let knocks = Arc::new(AtomicUsize::new(0));
        count(next_door, Arc::clone(&knocks));
        // A machine without IPv6 has no such door.
        if let Ok(next_door) = TcpListener::bind(("::1", elsewhere)).await {
            count(next_door, Arc::clone(&knocks));
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script = script(&Ports {
            api: port,
            elsewhere,
        });
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = api.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self {
            port,
            elsewhere,
            knocks,
            seen,
        }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// A client of the API, without a budget.
    pub fn upstream(&self) -> Upstream {
        let base = Base::parse(&self.base()).unwrap();
        Upstream::new(Options {
            points: PointsLimit {
                points: 0,
                ..PointsLimit::default()
            },
            ..Options::new(base, KEY.into())
        })
    }

    /// How often somebody came next door.
    pub fn knocks(&self) -> usize {
        self.knocks.load(Ordering::SeqCst)
    }

    /// The requests since the last look.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// The ports that hostile addresses name.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub api: u16,
    pub elsewhere: u16,
}

fn count(listener: TcpListener, knocks: Arc<AtomicUsize>) {
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            knocks.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
}

/// Answers the requests of one connection, one after the other.
async fn serve(mut stream: TcpStream, script: Script, log: Arc<Mutex<Vec<Seen>>>) {
    let mut text = Vec::new();
    let mut bytes = vec![0; 65_536];
    loop {
        let Some((seen, end)) = request(&text) else {
            match stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(read) => text.extend_from_slice(&bytes[..read]),
            }
            continue;
        };
        text.drain(..end);
        let answer = script(&seen);
        log.lock().unwrap().push(seen);
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The first complete request of a text, and where it ends.
fn request(text: &[u8]) -> Option<(Seen, usize)> {
    let head_end = text.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&text[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let end = head_end + length;
    let secret = |name: &str| matches!(name, "x-auth-token" | "authorization" | "cookie");
    (text.len() >= end).then(|| {
        let seen = Seen {
            method: first.next().unwrap().to_owned(),
            target: first.next().unwrap().to_owned(),
            secret: head.contains(KEY) || headers.iter().any(|(name, _)| secret(name)),
        };
        (seen, end)
    })
}

/// An answer of the API.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}
