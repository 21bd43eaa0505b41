//! Tickets: a job as a text that any server of the shop can follow, after a restart too.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::time::Instant;

use super::seal::Kind;
use super::{CallError, Engine, JobInfo, Outcome, Run, personal, record, request};
use crate::registry::entry::Class;
use crate::safety::personal::Resolved;

/// A job and the action it came from, which decides the form of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Name of the action.
    pub action: String,
    /// Id of the job.
    pub job_id: String,
    /// When the ticket was written, by the API's clock, to the second.
    pub since: DateTime<Utc>,
}

impl Engine {
    /// Writes a ticket for a job.
    pub fn ticket(&self, job: &JobInfo) -> (Ticket, String) {
        let now = self.upstream.clock().timestamp();
        let ticket = Ticket {
            action: job.action.clone(),
            job_id: job.job_id.clone(),
            since: DateTime::from_timestamp(now, 0).unwrap_or_default(),
        };
        let bytes = json!([ticket.action, ticket.job_id, now]).to_string();
        let text = self.seal.seal(Kind::Ticket, "", bytes.as_bytes());
        (ticket, text)
    }

    /// Reads a ticket that a server of this shop wrote.
    pub fn read_ticket(&self, text: &str) -> Option<Ticket> {
        let bytes = self.seal.open(Kind::Ticket, "", text)?;
        let (action, job_id, since) = serde_json::from_slice(&bytes).ok()?;
        Some(Ticket {
            action,
            job_id,
            since: DateTime::from_timestamp(since, 0)?,
        })
    }

    /// Reads the job of a ticket, waits for it as long as told, and gives what its action would have
    /// given.
    ///
    /// # Errors
    /// With what went wrong, why, and what to do next.
    pub async fn follow(
        self: &Arc<Self>,
        ticket: &Ticket,
        wait: Duration,
    ) -> Result<Outcome, CallError> {
        let started = Instant::now();
        let resolved = Resolved::default();
        let result = self.followed(ticket, wait).await;
        let result = personal::told(&self.masker, &resolved, result);
        personal::flush(&self.masker, self.now()).await;
        let reader = self.registry.get(&ticket.action);
        let reader = reader.and_then(|action| self.job_reader(action.toolset()));
        record::record(reader, &ticket.action, started, &result);
        result
    }

    async fn followed(&self, ticket: &Ticket, wait: Duration) -> Result<Outcome, CallError> {
        let action = self.chosen(&ticket.action)?;
        let _slot = self.slot()?;
        // Whatever started the job, looking at it changes nothing.
        let run = Run::new(action, Class::Read, None);
        let job = self.job_of(&run, ticket.job_id.clone())?;
        if let Some(reader) = job.reader {
            self.offered(reader.name())?;
        }
        let prepared = request::of_job(action, &job.path, wait, &self.seal)?.shown_by(&self.masker);
        self.wait(&run, &prepared, job, false).await
    }
}
