//! The drawing of an answer, for callers that show pictures.

use super::Outcome;
use crate::chart::{Drawing, draw};
use crate::registry::Action;

/// An answer, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What is drawn.
    pub drawing: Drawing,
    /// Whether the arguments asked for it; else the caller draws every answer that can be drawn.
    pub asked: bool,
}

/// Draws an outcome when it is asked for or the caller draws by itself. Who asked is told why there is
/// none.
pub(super) fn add(action: &Action, asked: bool, draws: bool, outcome: &mut Outcome) {
    let wanted = asked || (draws && action.entry().chart.is_some());
    if !wanted {
        return;
    }
    let Some(data) = &outcome.data else {
        return;
    };
    let total = outcome.page.as_ref().and_then(|page| page.total);
    match draw(action, data, total) {
        Ok(drawing) => outcome.picture = Some(Box::new(Picture { drawing, asked })),
        Err(reason) if asked => outcome.add_note(&reason.to_string()),
        Err(_) => {}
    }
}
