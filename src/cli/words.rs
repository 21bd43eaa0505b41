//! What a failed call says to somebody at a shell.
//!
//! The funnel's sentences are written for agents of a server that an operator runs. At a shell the
//! reader is the operator, and there is no server to restart.

use crate::engine::CallError;
use crate::registry::entry::Class;

/// How a sentence for a server's client reads at a shell.
const AT_A_SHELL: [(&str, &str); 13] = [
    (
        ", which this server does not allow",
        ", which is not allowed here",
    ),
    ("is not offered by this server", "is switched off here"),
    (" and restart the server", " and call again"),
    (" and restarts the server", " and calls again"),
    ("Have the operator set", "Set"),
    ("have the operator set", "set"),
    ("The operator can add", "You can add"),
    ("The operator can take", "You can take"),
    ("met a fault of this server", "met a fault of this program"),
    // What the HTTP library says before the reason.
    ("error sending request: client error (Connect): ", ""),
    ("the person asked said no", "nobody agreed to it"),
    (" Do not call it again unless they ask for it.", ""),
    (
        "Call again to see the plan and be asked anew; do not answer in a person's place.",
        "Call again to see the plan and be asked anew.",
    ),
];

/// How the policy is told in which no class may be added, as the configuration tells it.
const START_WITH_ALLOW: &str =
    "The operator can allow it: start the server with --allow and the class's name.";

/// The whole message.
pub(super) fn told(error: &CallError) -> String {
    let mut text = error.to_string();
    for class in Class::ALL {
        let name = class.as_str();
        let of = format!("is of class `{name}`");
        if text.contains(&of) {
            text = text.replace(&of, &format!("{} (class `{name}`)", does(class)));
            let allow = format!("Allow it for this command with --allow {name}.");
            text = text.replace(START_WITH_ALLOW, &allow);
        }
    }
    AT_A_SHELL
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

/// What calls of a class do.
pub(super) const fn does(class: Class) -> &'static str {
    match class {
        Class::Read => "only reads",
        Class::Write => "changes settings or records",
        Class::Send => "messages shoppers",
        Class::Money => "moves money",
        Class::Destroy => "deletes or lets go what cannot be brought back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::engine::{Policy, Selection, V1Use};
    use crate::registry::Registry;

    fn refusal(policy: &Policy, name: &str) -> String {
        let registry = Registry::bundled().unwrap();
        let action = registry.get(name).unwrap();
        told(&policy.switched_off(action).unwrap())
    }

    #[test]
    fn the_policys_hint_is_the_one_that_is_replaced() {
        let policy = Config::resolve(&[]).policy(&[]);
        assert_eq!(policy.hint(), START_WITH_ALLOW);
    }

    #[test]
    fn nobody_is_told_to_restart_a_server() {
        let policy = Policy::everything().with_v1(V1Use::Off);
        assert_eq!(
            refusal(&policy, "v1_intents_create"),
            "`v1_intents_create` belongs to v1 and is switched off. Nothing was sent. Set `v1` to `needed` (--v1 needed, STOQ_MCP_V1=needed) and call again."
        );
        let only = Selection::new(vec!["preorders".to_owned()], Vec::new(), Vec::new());
        let policy = Policy::everything().with_selection(only);
        assert_eq!(
            refusal(&policy, "back_in_stock_signups_list"),
            "`back_in_stock_signups_list` is switched off here. Nothing was sent. You can add `back_in_stock.signups` to `toolsets` (--toolsets) or the action to `tools` (--tools) and call again."
        );
    }
}
