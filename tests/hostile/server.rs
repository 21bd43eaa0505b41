//! The API of the world over HTTP on the loopback.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::world::{Done, KEYS, Trouble, World, Written};

/// A world that is served.
#[derive(Clone)]
pub struct Served {
    pub world: Arc<Mutex<World>>,
    /// Base address.
    pub base: String,
    /// Told when a process must die.
    pub died: Arc<Notify>,
}

/// How a connection goes on after a request.
enum After {
    Open,
    Closed,
}

impl Served {
    /// Serves a new world on the runtime of the caller.
    pub async fn here() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = Self {
            world: Arc::new(Mutex::new(World::new())),
            base: format!("http://{}/api", listener.local_addr().unwrap()),
            died: Arc::default(),
        };
        let mine = served.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let served = mine.clone();
                tokio::spawn(async move {
                    stream.set_nodelay(true).unwrap();
                    served.connection(stream).await;
                });
            }
        });
        served
    }

    /// Serves a new world on a thread of its own, which outlives every process that asks.
    pub fn apart() -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                sender.send(Self::here().await).unwrap();
                std::future::pending::<()>().await;
            });
        });
        receiver.recv().unwrap()
    }

    async fn connection(&self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        while let Some((head, body)) = request(&mut stream, &mut bytes).await {
            if matches!(
                self.answer(&mut stream, &head, &body).await,
                Ok(After::Open)
            ) {
                continue;
            }
            break;
        }
    }

    async fn answer(
        &self,
        stream: &mut TcpStream,
        head: &str,
        body: &[u8],
    ) -> std::io::Result<After> {
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let path = path.strip_prefix("/api").unwrap();
        let key = header(head, "x-auth-token").unwrap();
        let shop = KEYS.iter().position(|its| *its == key).unwrap();
        if method == "GET" {
            let found = self.world.lock().unwrap().read(shop, path);
            return match found {
                Some(found) => whole(stream, 200, &found.to_string()).await,
                None => whole(stream, 404, r#"{"error": "Not found"}"#).await,
            };
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let written = Written {
            shop,
            method: method.to_owned(),
            path: path.to_owned(),
            body,
        };
        let (trouble, found) = self.world.lock().unwrap().write(written);
        match trouble {
            None if found => whole(stream, 202, "{}").await,
            None => whole(stream, 404, r#"{"error": "Not found"}"#).await,
            Some(Trouble::Status(status, _)) => whole(stream, status, r#"{"error": "No"}"#).await,
            Some(Trouble::Dropped(_)) => Ok(After::Closed),
            Some(Trouble::Cut) => {
                let text = "HTTP/1.1 202 Accepted\r\nContent-Length: 90\r\n\r\n{\"a\":";
                stream.write_all(text.as_bytes()).await?;
                Ok(After::Closed)
            }
            Some(Trouble::Garbage) => whole(stream, 202, "<html>").await,
            Some(Trouble::Silent(_)) => silence(stream).await,
            Some(Trouble::Deadly(Done::Yes | Done::No)) => {
                self.died.notify_one();
                silence(stream).await
            }
        }
    }
}

/// Says nothing until the other side is gone.
async fn silence(stream: &mut TcpStream) -> std::io::Result<After> {
    let _ = stream.read(&mut [0; 16]).await?;
    Ok(After::Closed)
}

async fn whole(stream: &mut TcpStream, status: u16, body: &str) -> std::io::Result<After> {
    let retry = if status == 429 {
        "Retry-After: 0\r\n"
    } else {
        ""
    };
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\n{retry}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await?;
    Ok(After::Open)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (its, value) = line.split_once(':')?;
        its.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The next request of a connection: its head and its body.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length: usize = header(&head, "content-length").map_or(0, |n| n.parse().unwrap());
            let whole = end + 4 + length;
            if bytes.len() >= whole {
                let body = bytes[end + 4..whole].to_vec();
                bytes.drain(..whole);
                return Some((head, body));
            }
        }
        let mut more = [0; 4_096];
        match stream.read(&mut more).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&more[..read]),
            _ => return None,
        }
    }
}
