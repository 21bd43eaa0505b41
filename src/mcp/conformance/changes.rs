//! Changes of the lists, as the fixtures `test_trigger_*_change` pretend them.

use rmcp::service::SubscriptionContext;
use tokio::sync::broadcast;

/// Changes that may wait for a slow subscriber; older ones are dropped.
const QUEUE: usize = 16;

/// Which list is said to have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Tools,
    Prompts,
}

/// Told to every open subscription.
pub(super) struct Changes(broadcast::Sender<Change>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::Sender::new(QUEUE))
    }
}

impl Changes {
    /// Tells who listens; nobody listening is no fault.
    pub(super) fn tell(&self, change: Change) {
        let _ = self.0.send(change);
    }

    /// Passes changes on until the client goes. The sink leaves out what was not asked for.
    pub(super) async fn forward(&self, subscription: &SubscriptionContext) {
        let mut changes = self.0.subscribe();
        loop {
            let change = tokio::select! {
                () = subscription.cancelled() => return,
                change = changes.recv() => match change {
                    Ok(change) => change,
                    Err(broadcast::error::RecvError::Lagged(_)) => continue,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            let sink = subscription.sink();
            let sent = match change {
                Change::Tools => sink.notify_tool_list_changed().await,
                Change::Prompts => sink.notify_prompt_list_changed().await,
            };
            if let Err(error) = sent {
                tracing::debug!(%error, ?change, "a change was not passed on");
            }
        }
    }
}
