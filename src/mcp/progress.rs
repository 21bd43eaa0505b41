//! Progress notifications, only for a client that asked with a token, and never after its result.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::engine::{OnProgress, Progress};

/// States that wait to be sent; a slow client gets fewer, never a slower job.
const QUEUE: usize = 8;

/// How long a result may wait for the progress before it.
const FLUSH: Duration = Duration::from_secs(1);

/// The states on their way to the client.
pub(super) struct Sending(JoinHandle<()>);

impl Sending {
    /// Waits until the states told so far are sent; what a slow client has not taken by then is
    /// dropped, for nothing may follow the result. The sink must be gone before.
    pub(super) async fn flush(mut self) {
        if tokio::time::timeout(FLUSH, &mut self.0).await.is_err() {
            self.0.abort();
        }
    }
}

/// A sink that passes progress on to the client.
pub(super) fn sink(peer: Peer<RoleServer>, token: ProgressToken) -> (OnProgress, Sending) {
    let (sender, mut states) = mpsc::channel::<Progress>(QUEUE);
    let sending = tokio::spawn(async move {
        let mut last = None;
        while let Some(state) = states.recv().await {
            // The protocol wants it to rise.
            if last.is_some_and(|last| state.done <= last) {
                continue;
            }
            last = Some(state.done);
            let param = ProgressNotificationParam::new(token.clone(), float(state.done))
                .with_total(float(state.total))
                .with_message(state.message);
            if peer.notify_progress(param).await.is_err() {
                return;
            }
        }
    });
    let sink: OnProgress = Arc::new(move |state| {
        // Full or closed: this state is left out.
        let _ = sender.try_send(state);
    });
    (sink, Sending(sending))
}

/// Counts stay far below 2^53.
fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
