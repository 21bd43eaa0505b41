//! The older API beside v2: which of its actions are offered, and what succeeds them.

use serde::Deserialize;

use super::{CallError, ErrorKind};
use crate::registry::Action;

/// Names told of a longer list of successors.
const NAMED: usize = 3;

/// Which v1 actions are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum V1Use {
    /// What v2 has no home for.
    Needed,
    /// All.
    All,
    /// None.
    Off,
}

impl V1Use {
    /// Whether an action is offered; those of v2 always are.
    pub(super) fn offers(self, action: &Action) -> bool {
        let entry = action.entry();
        match self {
            Self::All => true,
            Self::Needed => !entry.api.is_v1() || entry.successor_names().next().is_none(),
            Self::Off => !entry.api.is_v1(),
        }
    }

    /// The error of an action that is not offered, with the way to have it.
    pub(super) fn refusal(self, action: &Action) -> Option<CallError> {
        if self.offers(action) {
            return None;
        }
        let (begin, setting) = match named(action) {
            Some(named) => (format!("Use {named}, or have"), "all"),
            None => ("Have".to_owned(), "needed"),
        };
        Some(CallError::new(
            ErrorKind::Forbidden,
            format!("`{}` belongs to v1 and is switched off.", action.name()),
            format!(
                "Nothing was sent. {begin} the operator set `v1` to `{setting}` (--v1 {setting}, STOQ_MCP_V1={setting}) and restart the server."
            ),
        ))
    }
}

/// A sentence that names what v2 has instead of a v1 action; none when it has nothing.
pub(super) fn successor_note(action: &Action) -> Option<String> {
    Some(format!("v2 does this with {}.", named(action)?))
}

/// The v2 successors of an action, the first ones by name.
fn named(action: &Action) -> Option<String> {
    let names: Vec<String> = action
        .entry()
        .successor_names()
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = names.get(..NAMED.min(names.len()))?;
    let more = match names.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn offered(registry: &Registry, v1: V1Use) -> Vec<&str> {
        let actions = registry.actions().iter();
        actions
            .filter(|action| action.entry().api.is_v1() && v1.offers(action))
            .map(Action::name)
            .collect()
    }

    #[test]
    fn what_v2_has_no_home_for_is_offered_unless_v1_is_off() {
        let registry = Registry::bundled().unwrap();
        assert_eq!(
            offered(&registry, V1Use::Needed),
            [
                "v1_intents_create",
                "v1_preorders_bulk_toggle_inventory_policy",
                "v1_preorders_send_shipping_update"
            ]
        );
        assert_eq!(offered(&registry, V1Use::All).len(), 19);
        assert_eq!(offered(&registry, V1Use::Off), Vec::<&str>::new());
        let is_v2 = |action: &&Action| !action.entry().api.is_v1();
        let kept = registry.actions().iter().filter(is_v2);
        assert!(kept.clone().count() > 0 && kept.clone().all(|action| V1Use::Off.offers(action)));
    }

    #[test]
    fn a_switched_off_action_says_how_to_have_it() {
        let registry = Registry::bundled().unwrap();
        let told = |v1: V1Use, name: &str| {
            let error = v1.refusal(registry.get(name).unwrap());
            error.map(|error| error.to_string())
        };
        assert_eq!(
            told(V1Use::Needed, "v1_intents_list").unwrap(),
            "`v1_intents_list` belongs to v1 and is switched off. Nothing was sent. Use `back_in_stock_signups_list`, or have the operator set `v1` to `all` (--v1 all, STOQ_MCP_V1=all) and restart the server."
        );
        assert_eq!(
            told(V1Use::Off, "v1_intents_create").unwrap(),
            "`v1_intents_create` belongs to v1 and is switched off. Nothing was sent. Have the operator set `v1` to `needed` (--v1 needed, STOQ_MCP_V1=needed) and restart the server."
        );
        assert_eq!(told(V1Use::Needed, "v1_intents_create"), None);
        assert_eq!(told(V1Use::Off, "back_in_stock_signups_list"), None);
    }

    #[test]
    fn many_successors_are_named_in_short() {
        let registry = Registry::bundled().unwrap();
        let note = |name: &str| successor_note(registry.get(name).unwrap());
        assert_eq!(
            note("v1_preorders_update").unwrap(),
            "v2 does this with `preorders_offers_update`, `preorders_offers_widget_update`, `preorders_offers_products_update` and 14 more."
        );
        assert_eq!(note("v1_preorders_send_shipping_update"), None);
    }
}
