//! Which actions the operator offers at all: by toolset, by name, and which not.

use super::{CallError, ErrorKind};
use crate::registry::{Action, Registry, nearest};

/// The operator's choice of actions; everything when nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    toolsets: Vec<String>,
    tools: Vec<String>,
    excluded: Vec<String>,
}

/// A name in the choice that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{name}`{}; {valid}", .near.as_ref().map(|near| format!(", did you mean `{near}`?")).unwrap_or_default())]
pub struct NoSuchName {
    /// Name of the setting.
    pub setting: &'static str,
    what: &'static str,
    name: String,
    near: Option<String>,
    valid: String,
}

impl Selection {
    /// Actions of the toolsets (`preorders` stands for all of `preorders.…`) and those named in
    /// `tools`; without either all; never those in `excluded`.
    pub fn new(toolsets: Vec<String>, tools: Vec<String>, excluded: Vec<String>) -> Self {
        Self {
            toolsets,
            tools,
            excluded,
        }
    }

    /// The actions chosen by name.
    pub fn tools(&self) -> &[String] {
        &self.tools
    }

    /// Whether an action is chosen.
    pub fn takes(&self, action: &Action) -> bool {
        let named = |names: &[String]| names.iter().any(|name| action.is_called(name));
        let chosen = (self.toolsets.is_empty() && self.tools.is_empty())
            || named(&self.tools)
            || self.toolsets.iter().any(|scope| action.lies_in(scope));
        chosen && !named(&self.excluded)
    }

    /// Refuses names that none of the registries knows.
    ///
    /// # Errors
    /// With the setting, the name, and the nearest valid one.
    pub fn check(&self, registries: &[&Registry]) -> Result<(), NoSuchName> {
        let actions = || registries.iter().flat_map(|registry| registry.actions());
        for scope in &self.toolsets {
            if !actions().any(|action| action.lies_in(scope)) {
                let valid = registries.iter().flat_map(|registry| registry.toolsets());
                let mut valid: Vec<&str> = valid.collect();
                valid.sort_unstable();
                valid.dedup();
                let heads = valid
                    .iter()
                    .filter_map(|name| Some(name.split_once('.')?.0));
                let near = nearest(scope, heads.chain(valid.iter().copied()));
                return Err(NoSuchName {
                    setting: "toolsets",
                    what: "toolset",
                    name: scope.clone(),
                    near: near.map(str::to_owned),
                    valid: format!("there are {}, and the parts before a dot", valid.join(", ")),
                });
            }
        }
        let by_name = [("tools", &self.tools), ("exclude_tools", &self.excluded)];
        for (setting, names) in by_name {
            let unknown = names
                .iter()
                .find(|name| !actions().any(|action| action.is_called(name)));
            if let Some(name) = unknown {
                let near = nearest(name, actions().map(Action::name));
                return Err(NoSuchName {
                    setting,
                    what: "action",
                    name: name.clone(),
                    near: near.map(str::to_owned),
                    valid: "`stoq-mcp actions` lists them all".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The error of an action that is not chosen.
    pub(super) fn refusal(&self, action: &Action) -> Option<CallError> {
        if self.takes(action) {
            return None;
        }
        let excluded = self.excluded.iter().any(|name| action.is_called(name));
        let next = if excluded {
            "The operator can take it out of `exclude_tools` (--exclude-tools)".to_owned()
        } else {
            format!(
                "The operator can add `{}` to `toolsets` (--toolsets) or the action to `tools` (--tools)",
                action.toolset()
            )
        };
        Some(CallError::new(
            ErrorKind::Forbidden,
            format!("`{}` is not offered by this server.", action.name()),
            format!("Nothing was sent. {next} and restart the server."),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    fn taken(toolsets: &[&str], tools: &[&str], excluded: &[&str]) -> Vec<String> {
        let registry = Registry::bundled().unwrap();
        let selection = Selection::new(names(toolsets), names(tools), names(excluded));
        selection.check(&[&registry]).unwrap();
        let taken = registry
            .actions()
            .iter()
            .filter(|action| selection.takes(action));
        taken.map(|action| action.name().to_owned()).collect()
    }

    #[test]
    fn nothing_named_takes_everything() {
        let registry = Registry::bundled().unwrap();
        assert_eq!(taken(&[], &[], &[]).len(), registry.actions().len());
    }

    #[test]
    fn toolsets_and_names_add_up_and_the_excluded_are_out() {
        assert_eq!(
            taken(
                &["back_in_stock.notifications"],
                &["preorders_offers_list"],
                &["back_in_stock_notifications_read"],
            ),
            ["back_in_stock_notifications_list", "preorders_offers_list"]
        );
        let preorders = taken(&["preorders"], &[], &[]);
        assert!(!preorders.is_empty());
        assert!(preorders.iter().all(|name| name.starts_with("preorders_")));
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let registry = Registry::bundled().unwrap();
        let refused = |toolsets: &[&str], tools: &[&str], excluded: &[&str]| {
            let selection = Selection::new(names(toolsets), names(tools), names(excluded));
            selection.check(&[&registry]).unwrap_err().to_string()
        };
        let text = refused(&["preorder.orders"], &[], &[]);
        assert!(
            text.starts_with(
                "there is no toolset `preorder.orders`, did you mean `preorders.orders`?; there are"
            ),
            "{text}"
        );
        assert_eq!(
            refused(&[], &["preorders_offers_lst"], &[]),
            "there is no action `preorders_offers_lst`, did you mean `preorders_offers_list`?; `stoq-mcp actions` lists them all"
        );
        assert_eq!(
            refused(&[], &[], &["run_money"]),
            "there is no action `run_money`; `stoq-mcp actions` lists them all"
        );
    }
}
