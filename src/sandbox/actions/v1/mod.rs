//! The actions of v1, over the records of v2: what one API writes the other shows at once.
//!
//! v1 has answers of its own: any status with any body, one text for what is wrong, and a success
//! code for what it refuses. [`V1Reply`] holds them; what of the work stays is a matter of `Ok` and
//! `Err`, not of the status.

mod intents;
mod reply;
#[cfg(test)]
mod tests;

pub(in crate::sandbox) use reply::{V1Refusal, V1Reply};

use crate::sandbox::scope::{Args, Scope};

/// Runs an action by its tool name; `None` when there is no such action.
pub(in crate::sandbox) fn run(name: &str, scope: &mut Scope<'_>, args: &Args) -> Option<V1Reply> {
    intents::run(name.strip_prefix("v1_intents_")?, scope, args)
}

/// What an action answers to parameters that break its contract; the texts are those of v2, in the
/// order the schema declares its fields, at least one.
pub(in crate::sandbox) fn broken(_name: &str, texts: Vec<String>) -> V1Refusal {
    V1Refusal::first(400, texts)
}
