//! Progress notifications, only for a client that asked with a token.

use std::sync::Arc;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use tokio::sync::mpsc;

use crate::engine::{OnProgress, Progress};

/// States that wait to be sent; a slow client gets fewer, never a slower job.
const QUEUE: usize = 8;

/// A sink that passes progress on to the client.
pub(super) fn sink(peer: Peer<RoleServer>, token: ProgressToken) -> OnProgress {
    let (sender, mut states) = mpsc::channel::<Progress>(QUEUE);
    tokio::spawn(async move {
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
    Arc::new(move |state| {
        // Full or closed: this state is left out.
        let _ = sender.try_send(state);
    })
}

/// Counts stay far below 2^53.
fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
