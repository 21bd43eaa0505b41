//! How the program ends: one table of exit codes, for scripts that decide by them.
//!
//! A code says what a script should do next (mend the command, wait, ask somebody, check), not which
//! part of the program noticed it.

use crate::engine::{ErrorKind, JobInfo, Outcome, Status};

/// The ways the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// It failed, or something broke while running.
    Failed,
    /// What was asked cannot be done as asked: flags, configuration, no key.
    Misused,
    /// The policy forbids it.
    Forbidden,
    /// Nobody has agreed to the plan.
    Unagreed,
    /// The API does not know it or refuses it, or the arguments break its rules.
    Invalid,
    /// Too many calls for now.
    Later,
    /// The API was not reached, or failed.
    Unreachable,
    /// It is not known whether it took effect.
    Unknown,
    /// The API refused the key.
    Key,
    /// Somebody stopped it.
    Interrupted,
}

impl Exit {
    /// Every way, in the order of the codes.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Failed,
        Self::Misused,
        Self::Forbidden,
        Self::Unagreed,
        Self::Invalid,
        Self::Later,
        Self::Unreachable,
        Self::Unknown,
        Self::Key,
        Self::Interrupted,
    ];

    /// The code that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Misused => 2,
            Self::Forbidden => 3,
            Self::Unagreed => 4,
            Self::Invalid => 5,
            Self::Later => 6,
            Self::Unreachable => 7,
            Self::Unknown => 8,
            Self::Key => 9,
            // As shells tell of a program that was stopped with ctrl-c.
            Self::Interrupted => 130,
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or the job is at work",
            Self::Failed => "failed: a check found something, a job broke, there is no such action",
            Self::Misused => {
                "the command line or the configuration is wrong, or the key is missing"
            }
            Self::Forbidden => "not allowed here: a class, a cap, a switch; nothing was sent",
            Self::Unagreed => "somebody has to agree to the plan first; nothing was sent",
            Self::Invalid => {
                "no such record, or the arguments break a rule; the API has changed nothing"
            }
            Self::Later => "too many calls for now; nothing was done, try again later",
            Self::Unreachable => "STOQ was not reached or failed; try again",
            Self::Unknown => {
                "it is unknown whether it took effect, or the same call or key came before; check before you repeat it"
            }
            Self::Key => "STOQ refused the key",
            Self::Interrupted => "stopped by ctrl-c or a signal",
        }
    }

    /// The end of a call that failed.
    pub const fn of_error(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::UnknownAction | ErrorKind::JobFailed | ErrorKind::Internal => Self::Failed,
            ErrorKind::Arguments | ErrorKind::Refused | ErrorKind::Gone => Self::Invalid,
            ErrorKind::Forbidden | ErrorKind::OtherClass(_) | ErrorKind::State => Self::Forbidden,
            ErrorKind::Unagreed => Self::Unagreed,
            // The same call is at work or its end is not known, or its key was used before.
            ErrorKind::Repeated => Self::Unknown,
            ErrorKind::Key => Self::Key,
            ErrorKind::Budget | ErrorKind::Busy => Self::Later,
            ErrorKind::Unavailable => Self::Unreachable,
            ErrorKind::Cancelled => Self::Interrupted,
        }
    }

    /// The end of a call that came back with a result.
    pub fn of_outcome(outcome: &Outcome) -> Self {
        match outcome.status {
            Status::OutcomeUnknown => Self::Unknown,
            Status::Planned if waits(outcome) => Self::Unagreed,
            Status::Ok
            | Status::Accepted
            | Status::Planned
            | Status::Running
            | Status::Replayed => match outcome.job.as_ref().is_some_and(is_broken) {
                true => Self::Failed,
                false => Self::Done,
            },
        }
    }
}

/// Whether a plan waits for somebody to agree: one with nothing to do does not.
fn waits(outcome: &Outcome) -> bool {
    let handle = crate::registry::transform::CONFIRM;
    let plan = outcome.plan.as_ref();
    plan.is_some_and(|plan| plan.challenge.is_some() || plan.facts.contains_key(handle))
}

/// Whether a job ended without having done its work.
pub(super) fn is_broken(job: &JobInfo) -> bool {
    matches!(job.status, "failed" | "cancelled")
}

/// The codes for `--help`.
pub(super) fn help() -> String {
    let lines = Exit::ALL.map(|exit| format!("  {:3}  {}\n", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", lines.concat())
}

/// The codes as a Markdown table.
pub fn table() -> String {
    let lines = Exit::ALL.map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()));
    format!("| code | meaning |\n|---|---|\n{}", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_has_a_code_and_a_text_of_its_own() {
        let codes = Exit::ALL.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
        let mut texts = Exit::ALL.map(Exit::meaning).to_vec();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Exit::ALL.len());
    }

    #[test]
    fn a_plan_without_anything_to_do_is_done() {
        let outcome = Outcome::new(Status::Planned);
        assert_eq!(Exit::of_outcome(&outcome), Exit::Done);
        let outcome = Outcome::new(Status::OutcomeUnknown);
        assert_eq!(Exit::of_outcome(&outcome), Exit::Unknown);
    }
}
