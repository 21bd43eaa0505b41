//! An upstream that costs next to nothing: it knows two answers by heart and reads no more of a request
//! than its first line.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the API's paths begin.
const BASE: &str = "/api/v2/external";

/// What it answers.
pub struct Answers {
    /// One record, to `…/signups/ID`.
    pub one: Vec<u8>,
    /// A page of them, to `…/signups?…`.
    pub list: Vec<u8>,
}

/// A whole answer of the API around a body.
pub fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\
         x-ratelimit-limit: 1000000000\r\nx-ratelimit-remaining: 999999999\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Serves on a thread of its own as long as the benchmark runs; the address of the API.
pub fn start(answers: Answers) -> String {
    let (sender, address) = std::sync::mpsc::channel::<SocketAddr>();
    std::thread::spawn(move || {
        let runtime = super::runtime();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let answers = Arc::new(answers);
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let _ = stream.set_nodelay(true);
                tokio::spawn(serve(stream, Arc::clone(&answers)));
            }
        });
    });
    format!("http://{}{BASE}", address.recv().unwrap())
}

async fn serve(mut stream: TcpStream, answers: Arc<Answers>) {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        let line = bytes
            .split(|byte| *byte == b'\r')
            .next()
            .unwrap_or_default();
        let answer = match line.windows(9).any(|part| part == b"/signups/") {
            true => &answers.one,
            false => &answers.list,
        };
        if stream.write_all(answer).await.is_err() {
            return;
        }
        bytes.drain(..end);
    }
}
