//! What is at work in the task that asks: the action, and the trace it belongs to.
//!
//! It travels with the future and not with the arguments, so that a floor between a call and its requests
//! needs to know nothing of it. A task that is spawned takes it along by [`carried`].

use std::future::Future;

use tokio::task::futures::TaskLocalFuture;

use super::labels::Acting;
use super::span::Trace;

tokio::task_local! {
    static HERE: Scope;
}

/// What is at work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The action that is called.
    pub acting: Option<Acting>,
    /// The trace it belongs to.
    pub trace: Option<Trace>,
}

impl Scope {
    /// The action, or none that is known.
    pub(crate) fn acting(self) -> Acting {
        self.acting.unwrap_or_else(Acting::other)
    }
}

/// What is at work in this task.
pub(crate) fn here() -> Scope {
    HERE.try_with(Clone::clone).unwrap_or_default()
}

/// A future in which this is at work.
pub(crate) fn within<F: Future>(scope: Scope, work: F) -> TaskLocalFuture<Scope, F> {
    HERE.scope(scope, work)
}

/// A future for a task of its own, in which the same is at work as in this one.
pub(crate) fn carried<F: Future>(work: F) -> TaskLocalFuture<Scope, F> {
    within(here(), work)
}
