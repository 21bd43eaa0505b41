//! Sends one request by its class: reads repeat, writes read back.

use futures::FutureExt;
use tokio::time::Instant;

use super::request::Prepared;
use super::{CallError, Engine, Outcome, Run, Status, error, request, shape, verify};
use crate::registry::entry::{Class, Method, Retry};
use crate::upstream::{ApiResponse, Priority, Repeat, UpstreamError};
use verify::Verdict;

/// Sends of one write at most: the first, and one more when a read-back shows that nothing happened.
const WRITES: u32 = 2;

impl Engine {
    /// A read: repeated on every fault that a repeat can mend.
    pub(super) async fn read(
        &self,
        run: &Run<'_>,
        mut prepared: Prepared,
    ) -> Result<Outcome, CallError> {
        prepared.request.sieve = request::sieve(run.action, &prepared.choice);
        if let (Some(rows), Some(window)) = (run.action.rows(), prepared.window.clone())
            && let Some(walk) = window.walk
        {
            return self.walk(run, prepared, rows, &window, walk).boxed().await;
        }
        let answer = self
            .upstream
            .send(
                &prepared.request,
                Repeat::Safe,
                Priority::Normal,
                run.deadline,
            )
            .await
            .map_err(|failure| error::from_upstream(run.action, failure))?;
        let outcome = Outcome::new(Status::Ok);
        let mut outcome = shape::shape(run.action, &prepared, answer.body, outcome);
        if let Some(page) = &mut outcome.page {
            page.concise |= page.shown > 0 && prepared.choice.lacks(answer.is_narrowed);
        }
        Ok(outcome)
    }

    /// A write: accepted, refused, or of unknown outcome, which is told and never guessed.
    pub(super) async fn write(
        &self,
        run: &Run<'_>,
        prepared: Prepared,
    ) -> Result<Outcome, CallError> {
        let retry = run.action.entry().retry;
        for sent in 1..=WRITES {
            let started = Instant::now();
            let failure = match self
                .upstream
                .send(
                    &prepared.request,
                    repeat(retry),
                    priority(run),
                    run.deadline,
                )
                .await
            {
                Ok(answer) => {
                    run.trace.taken(answer.status);
                    return Ok(self.accepted(run, &prepared, started, answer));
                }
                Err(failure) => failure,
            };
            run.trace.failed(&failure);
            match failure {
                UpstreamError::Ambiguous(_) => {}
                UpstreamError::NotFound { .. }
                    if sent > 1 && run.action.entry().method == Method::Delete =>
                {
                    // The first one took effect after all, later than the read-back.
                    return Ok(verify::happened(run.action, &prepared, None));
                }
                // The first one is still of unknown outcome, whatever stopped the second.
                other if sent > 1 => return Ok(self.unknown(run, &prepared, started, &other)),
                other => return Err(error::from_upstream(run.action, other)),
            }
            let verdict = match retry {
                Retry::Safe | Retry::Once => Verdict::Unknown,
                Retry::ReadBack => self.read_back(run, &prepared, started).await,
                Retry::NaturalKey => self.look_up(run, &prepared, started).await,
            };
            match verdict {
                Verdict::Happened(body) => {
                    return Ok(verify::happened(run.action, &prepared, body));
                }
                Verdict::NotHappened if sent < WRITES => {}
                Verdict::NotHappened | Verdict::Unknown => {
                    return Ok(self.unknown(run, &prepared, started, &failure));
                }
            }
        }
        Err(error::panicked(run.action))
    }

    fn accepted(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        started: Instant,
        answer: ApiResponse,
    ) -> Outcome {
        let status = if run.action.entry().api.is_v1() {
            Status::Ok
        } else {
            Status::Accepted
        };
        let failed = partly(&answer);
        let mut outcome = shape::shape(run.action, prepared, answer.body, Outcome::new(status));
        if let Some(failed) = failed {
            outcome.add_note(&failed);
        }
        if run.action.entry().read_back.is_some() {
            let call_time = self.call_time(started);
            let check = verify::how_to_check(
                run.action,
                &prepared.arguments,
                call_time.as_deref(),
                &prepared.masker,
            );
            let taken = match status {
                Status::Accepted => "The API accepted it. ",
                Status::Ok
                | Status::Planned
                | Status::Running
                | Status::Replayed
                | Status::OutcomeUnknown => "",
            };
            outcome.add_note(&format!("{taken}{check}"));
        }
        outcome
    }

    pub(super) fn unknown(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        started: Instant,
        failure: &UpstreamError,
    ) -> Outcome {
        let mut outcome = Outcome::new(Status::OutcomeUnknown);
        let call_time = self.call_time(started);
        let check = verify::how_to_check(
            run.action,
            &prepared.arguments,
            call_time.as_deref(),
            &prepared.masker,
        );
        outcome.add_note(&format!(
            "It is unknown whether it took effect: {failure}. Do not repeat it before you know. {check}"
        ));
        outcome
    }
}

/// What a success says that is not whole (207, vendor docs: v1 Back in Stock API).
fn partly(answer: &ApiResponse) -> Option<String> {
    let body = answer.body.unshown();
    let count = |name: &str| body.get(name)?.as_array().map(Vec::len);
    let failed = count("failed").filter(|_| answer.status == 207)?;
    let all = failed + count("success").unwrap_or_default();
    Some(format!("{failed} of {all} failed; `failed` says why."))
}

/// What may be repeated after an ambiguous fault without looking first.
pub(super) fn repeat(retry: Retry) -> Repeat {
    match retry {
        Retry::Safe => Repeat::Safe,
        Retry::ReadBack | Retry::NaturalKey | Retry::Once => Repeat::Never,
    }
}

pub(super) fn priority(run: &Run<'_>) -> Priority {
    match run.class {
        Class::Read | Class::Write => Priority::Normal,
        Class::Send | Class::Money | Class::Destroy => Priority::Commit,
    }
}
