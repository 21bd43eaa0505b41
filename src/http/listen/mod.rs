//! Connections: how many at a time, how long each may keep others waiting, and how they end.
//!
//! It knows bytes and time, and nothing of who calls or what for. Whatever a client does or leaves
//! undone, a connection costs a bounded amount of memory for a bounded time: opened and left, a head or
//! a body that trickles in, an answer that is never read. Calls and event streams last as long as they
//! like.

mod clock;
mod stream;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::observe;
use clock::Clock;
use stream::{Answer, Asked, Stream};

/// Most connections at a time, where the system allows as many files.
const MOST: u64 = 12_000;
/// Files kept for all else: the upstream's connections, the store, the log.
const KEPT: u64 = 256;
/// Bytes of a connection that are buffered each way; a head must fit.
const BUFFER: usize = 64 << 10;
/// After an error that is not the peer's, such as too many open files.
const PAUSE: Duration = Duration::from_millis(500);
/// Once the port is closed, for a request that was sent before to be read.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// How much a client may ask of one connection, and of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// From the opening, or a request's first byte, to the end of its head.
    pub head: Duration,
    /// From the head to the end of the body.
    pub body: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// Without a byte taken of an answer that is ready.
    pub stall: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: usize::try_from(MOST).unwrap_or(usize::MAX),
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(30),
        }
    }
}

impl Bounds {
    /// Asks the system for as many open files as the connections take, and makes do with what it gives.
    #[must_use]
    pub fn within_the_system(self) -> Self {
        let wanted = u64::try_from(self.connections).unwrap_or(MOST);
        let files = match rlimit::increase_nofile_limit(wanted.saturating_add(KEPT)) {
            Ok(files) => files,
            Err(error) => {
                tracing::warn!(%error, "the system does not tell how many files may be open");
                return self;
            }
        };
        self.within(files)
    }

    /// As many connections as so many open files leave room for.
    fn within(self, files: u64) -> Self {
        let connections = self.connections.min(room(files));
        if connections < self.connections {
            tracing::info!(
                connections,
                files,
                "the system's limit of open files bounds the connections"
            );
        }
        Self {
            connections,
            ..self
        }
    }
}

/// Connections that so many open files leave room for; of a small number half are kept.
fn room(files: u64) -> usize {
    let room = files.saturating_sub(KEPT).max(files / 2).max(1);
    usize::try_from(room).unwrap_or(usize::MAX)
}

/// Every connection of the server.
#[derive(Debug)]
pub(super) struct Connections {
    bounds: Bounds,
    places: Arc<Semaphore>,
    open: TaskTracker,
    stop: Stop,
}

/// The two steps of an end.
#[derive(Debug, Clone, Default)]
struct Stop {
    /// A request that is at work, or has come and was not read yet, is the last of its connection.
    closing: CancellationToken,
    /// Nothing more is waited for that has not begun.
    last: CancellationToken,
}

impl Connections {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            places: Arc::new(Semaphore::new(
                bounds.connections.min(Semaphore::MAX_PERMITS),
            )),
            open: TaskTracker::new(),
            stop: Stop::default(),
        }
    }

    /// Takes connections and serves each in a task of its own, for as long as it is polled. After
    /// [`Connections::close`] each is served one request.
    pub(super) async fn accept(&self, listener: &TcpListener, app: &Router) -> Infallible {
        let mut is_full = false;
        loop {
            let place = self.place(&mut is_full).await;
            let (stream, from) = match listener.accept().await {
                Ok(taken) => taken,
                Err(error) => {
                    recover(error, PAUSE).await;
                    continue;
                }
            };
            self.serve(stream, from, place, app);
        }
    }

    /// Closes the port. Whoever was let in by the system and not taken yet is served first: their request
    /// may be on its way, and what closes before an answer looks like a call of unknown outcome.
    pub(super) fn accept_last(&self, listener: TcpListener, app: &Router) {
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
            && let Ok((stream, from)) = listener.accept()
            && let Ok(()) = stream.set_nonblocking(true)
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            self.serve(stream, from, Some(place), app);
        }
    }

    fn serve(
        &self,
        stream: TcpStream,
        from: SocketAddr,
        place: Option<OwnedSemaphorePermit>,
        app: &Router,
    ) {
        // Without it answers wait for the peer's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        observe::figures().http_connected();
        let caller = Caller {
            app: app.clone(),
            from,
            clock: Arc::new(Clock::new(self.bounds)),
        };
        self.open
            .spawn(connection(stream, caller, self.stop.clone(), place));
    }

    async fn place(&self, is_full: &mut bool) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            *is_full = false;
            return Some(place);
        }
        if !std::mem::replace(is_full, true) {
            let most = self.bounds.connections;
            tracing::warn!(
                most,
                "as many connections are open as this server takes; more wait"
            );
        }
        // The places are never closed, so there always is one in the end.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Closes whatever waits for its next request; the others close with their answer.
    pub(super) fn close(&self) {
        self.stop.closing.cancel();
    }

    /// Waits until every connection has closed, those that came after the stop as well.
    pub(super) async fn closed(&self) {
        self.stop.last.cancel();
        self.open.close();
        self.open.wait().await;
    }
}

/// After an error of accepting. What fails because of a peer costs the others no time; what fails here,
/// such as too many open files, must not keep the server spinning.
async fn recover(error: io::Error, pause: Duration) {
    if is_the_peers(error.kind()) {
        return;
    }
    tracing::error!(%error, "a connection could not be taken; it is tried again");
    tokio::time::sleep(pause).await;
}

fn is_the_peers(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// One connection from its opening to its end.
async fn connection(
    stream: TcpStream,
    caller: Caller,
    stop: Stop,
    _place: Option<OwnedSemaphorePermit>,
) {
    let clock = Arc::clone(&caller.clock);
    let stream = TokioIo::new(Stream::new(stream, Arc::clone(&clock)));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        // The library's own bound would end idle connections too; the clock tells them apart.
        .header_read_timeout(None::<Duration>)
        .max_buf_size(BUFFER)
        .serve_connection(stream, caller);
    let mut serving = pin!(serving);
    let mut closing = pin!(stop.closing.cancelled_owned());
    let mut last = pin!(stop.last.cancelled_owned());
    let mut alarm = pin!(clock.alarm());
    let (mut is_closing, mut is_last) = (false, false);
    poll_fn(|context| {
        loop {
            match serving.as_mut().poll(context) {
                Poll::Ready(Ok(())) => return Poll::Ready(()),
                Poll::Ready(Err(error)) => {
                    tracing::debug!(%error, "a connection broke");
                    return Poll::Ready(());
                }
                Poll::Pending => {}
            }
            // The library would close one at once whose first request was not read yet, and that may be there.
            if !is_closing && closing.as_mut().poll(context).is_ready() && !clock.is_silent() {
                is_closing = true;
                serving.as_mut().graceful_shutdown();
                continue;
            }
            if !is_last && last.as_mut().poll(context).is_ready() {
                is_last = true;
                clock.last_words(LAST_WORDS);
            }
            return alarm.as_mut().poll_due(&clock, context).map(|()| {
                tracing::debug!("a connection was closed that kept the server waiting");
            });
        }
    })
    .await;
}

/// What answers the requests of one connection.
struct Caller {
    app: Router,
    from: SocketAddr,
    clock: Arc<Clock>,
}

impl hyper::service::Service<Request<Incoming>> for Caller {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.clock.begins();
        let mut request = request.map(|body| Asked::body(body, &self.clock));
        request.extensions_mut().insert(ConnectInfo(self.from));
        Answering {
            answer: self.app.clone().call(request),
            clock: Arc::clone(&self.clock),
        }
    }
}

/// A request at work.
struct Answering {
    answer: <Router as Service<Request<Body>>>::Future,
    clock: Arc<Clock>,
}

impl Future for Answering {
    type Output = Result<Response<Answer>, Infallible>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> Poll<Self::Output> {
        let answer = std::task::ready!(std::pin::Pin::new(&mut self.answer).poll(context));
        let clock = &self.clock;
        Poll::Ready(answer.map(|answer| answer.map(|body| Answer::new(body, Arc::clone(clock)))))
    }
}
