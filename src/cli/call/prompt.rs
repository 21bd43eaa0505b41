//! The question at a terminal: the plan, and what to type to go ahead. Nothing is a yes by default.

use std::sync::Arc;

use anyhow::anyhow;

use super::super::exit::Exit;
use super::super::style::{Role, paint, tell};
use super::super::{Failure, failed, words};
use crate::engine::{Call, Challenge, Engine, Outcome, Proof, Status};

/// Makes a call, and asks at the terminal as often as it has a plan to agree to.
pub(super) async fn agreed(engine: &Arc<Engine>, mut call: Call) -> Result<Outcome, Failure> {
    loop {
        let outcome = engine.call(call.clone()).await;
        let outcome = outcome.map_err(|error| of(&error))?;
        let challenge = match &outcome.plan {
            Some(plan) if outcome.status == Status::Planned => plan.challenge.clone(),
            Some(_) | None => None,
        };
        let Some(challenge) = challenge else {
            return Ok(outcome);
        };
        tell(&question(&challenge));
        let typed = tokio::select! {
            typed = line() => typed?,
            () = call.cancel.cancelled() => {
                tell("\n");
                return Err(Failure::new(
                    Exit::Interrupted,
                    anyhow!("Stopped at the question. Nothing was sent."),
                ));
            }
        };
        call.proof = Some(match typed.trim() {
            "" => Proof::Declined,
            text => Proof::Typed {
                state: challenge.state,
                text: text.to_owned(),
            },
        });
    }
}

/// The end of a call that failed.
pub(super) fn of(error: &crate::engine::CallError) -> Failure {
    Failure::new(Exit::of_error(error.kind), anyhow!(words::told(error)))
}

/// The plan as it is read before something is typed.
fn question(challenge: &Challenge) -> String {
    let mut lines: Vec<String> = challenge.message.lines().map(str::to_owned).collect();
    if let Some(ask) = lines.last_mut() {
        *ask = format!(
            "{} Anything else leaves it undone.",
            paint(Role::Warn, &ask)
        );
    }
    if let Some(first) = lines.first_mut() {
        *first = paint(Role::Head, &first);
    }
    format!("{}\n> ", lines.join("\n"))
}

/// The next line that is typed.
async fn line() -> Result<String, Failure> {
    let typed = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    typed.await.map_err(failed)?.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_the_plan_and_what_to_type() {
        let challenge = Challenge {
            message: "One signup is deleted.\n- a\nType delete to go ahead.".to_owned(),
            typed: "delete".to_owned(),
            state: String::new(),
        };
        assert_eq!(
            console::strip_ansi_codes(&question(&challenge)),
            "One signup is deleted.\n- a\nType delete to go ahead. Anything else leaves it undone.\n> "
        );
    }
}
