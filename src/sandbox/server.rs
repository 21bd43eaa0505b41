//! HTTP/1.1 on loopback: reads whole requests, hands them to the core one after the other, and
//! delivers answers the way faults want them.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::core::Core;
use super::reply::Refusal;
use super::wire::{Answer, Ask, Delivery, Ending};

/// Bodies beyond this are not even read to their end: 64 MiB.
const READ_LIMIT: usize = 64 << 20;
/// Time for the first half of a body to leave before the connection closes.
const HALF_WAY: Duration = Duration::from_millis(20);

/// The state, shared with whoever controls the sandbox from the same process.
pub(super) type Shared = Arc<Mutex<Core>>;

/// The state, also after a request broke off in the middle.
pub(super) fn lock(core: &Mutex<Core>) -> MutexGuard<'_, Core> {
    core.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until the token is cancelled; then every connection is closed.
pub(super) async fn serve(tcp: TcpListener, core: Shared, stop: CancellationToken) {
    let service = Router::new()
        .fallback(answer)
        .with_state(core)
        .into_make_service_with_connect_info::<Line>();
    let door = Door {
        tcp,
        stop: stop.clone(),
    };
    let served = axum::serve(door, service)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the sandbox stopped serving");
    }
}

async fn answer(
    State(core): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, READ_LIMIT).await else {
        let refusal = Refusal::TooLarge(READ_LIMIT);
        return response(Answer::json(refusal.status(), &refusal.body()), Body::from);
    };
    let ask = Ask {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    // SQLite works on this thread's behalf elsewhere, so that waiting connections stay served.
    let handled = tokio::task::spawn_blocking(move || lock(&core).handle(&ask)).await;
    match handled {
        Ok(delivery) => deliver(delivery, &line).await,
        Err(error) => {
            tracing::error!(%error, "a request broke off");
            let refusal = Refusal::Broken(error.to_string());
            response(Answer::json(refusal.status(), &refusal.body()), Body::from)
        }
    }
}

async fn deliver(delivery: Delivery, line: &Line) -> Response {
    if !delivery.delay.is_zero() {
        tokio::time::sleep(delivery.delay).await;
    }
    let answer = delivery.answer;
    match delivery.ending {
        Ending::Whole => response(answer, Body::from),
        Ending::Close => {
            line.0.cancel();
            Response::new(Body::empty())
        }
        Ending::MidBody => {
            let line = line.clone();
            response(answer, |body| half(&body, line))
        }
        Ending::Slow { chunk_bytes, pause } => {
            response(answer, |body| trickle(body, chunk_bytes, pause))
        }
    }
}

fn response(answer: Answer, body: impl FnOnce(Bytes) -> Body) -> Response {
    let bytes = Bytes::from(answer.body);
    let length = bytes.len();
    let mut response = Response::new(body(bytes));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(content_type) = answer.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Half of a body, then the end of the connection.
fn half(body: &Bytes, line: Line) -> Body {
    let first = body.slice(..body.len() / 2);
    Body::from_stream(stream::unfold(
        (Some(first), line),
        |(first, line)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (None, line)));
            }
            tokio::time::sleep(HALF_WAY).await;
            line.0.cancel();
            let error = io::Error::from(io::ErrorKind::ConnectionAborted);
            Some((Err(error), (None, line)))
        },
    ))
}

/// A body in pieces with a pause before each but the first.
fn trickle(body: Bytes, chunk_bytes: usize, pause: Duration) -> Body {
    Body::from_stream(stream::unfold(
        (body, false),
        move |(mut rest, begun)| async move {
            if rest.is_empty() {
                return None;
            }
            if begun {
                tokio::time::sleep(pause).await;
            }
            let piece = rest.split_to(chunk_bytes.max(1).min(rest.len()));
            Some((Ok::<_, io::Error>(piece), (rest, true)))
        },
    ))
}

/// The listener: sets up each connection so that it can be closed from within a request.
struct Door {
    tcp: TcpListener,
    stop: CancellationToken,
}

impl Listener for Door {
    type Io = Pipe;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Pipe, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok((stream, address)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY was refused");
                    }
                    return (Pipe::new(stream, self.stop.child_token()), address);
                }
                // No more descriptors, or a client that left at once: go on a moment later.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Handle on a connection, for the request that wants it closed.
#[derive(Debug, Clone)]
struct Line(CancellationToken);

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(stream.io().line.clone())
    }
}

/// A connection that fails in both directions once its line is cut: not a byte leaves any more.
struct Pipe {
    stream: TcpStream,
    line: CancellationToken,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Pipe {
    fn new(stream: TcpStream, line: CancellationToken) -> Self {
        let cut = Box::pin(line.clone().cancelled_owned());
        Self { stream, line, cut }
    }

    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        self.line.is_cancelled() || self.cut.as_mut().poll(context).is_ready()
    }
}

fn cut<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionAborted)))
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut(context) {
            return cut();
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut(context) {
            return cut();
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut(context) {
            return cut();
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_cut(context) {
            return cut();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
