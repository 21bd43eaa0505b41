//! The settings of an offer: the defaults of its twelve capabilities, and what differs from them.

use serde_json::Value;

use crate::sandbox::actions::preorders::defaults;

/// The defaults with the values at these pointers replaced.
pub(super) fn with(changes: &[(&str, Value)]) -> Value {
    let mut blocks = defaults();
    for (place, value) in changes {
        if let Some(slot) = blocks.pointer_mut(place) {
            *slot = value.clone();
        }
    }
    blocks
}
