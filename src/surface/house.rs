//! The house tools: find, describe, run by class, job. Their texts and schemas stand in
//! `house.json`, in the form of the registry, so arguments are checked and explained as an action's
//! are.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::tool::{Does, Tool};
use super::{Kind, Target};
use crate::engine::{self, CallError, Policy};
use crate::registry::entry::Class;
use crate::registry::{Action, Registry};

const TEXT: &str = include_str!("house.json");

/// The tool that runs actions of a class.
pub const fn executor(class: Class) -> &'static str {
    match class {
        Class::Read => "run_read",
        Class::Write => "run_write",
        Class::Send => "run_send",
        Class::Money => "run_money",
        Class::Destroy => "run_destroy",
    }
}

/// Their definitions.
fn house() -> Option<&'static Registry> {
    static HOUSE: OnceLock<Option<Registry>> = OnceLock::new();
    HOUSE
        .get_or_init(|| Registry::parse(TEXT, "house tools").ok())
        .as_ref()
}

fn does(name: &str) -> Does {
    match name {
        "find_actions" => Does::Find,
        "describe_actions" => Does::Describe,
        "job" => Does::Job,
        _ => Does::Run,
    }
}

/// The house tools of a surface. `full` has those alone that run calls which an argument rule raises
/// above the class of their own tool.
pub(super) fn tools(kind: Kind, registry: &Registry, policy: &Policy) -> Vec<Tool> {
    let defined = house().map_or(&[] as &[Action], Registry::actions).iter();
    defined
        .map(|action| (action, does(action.name())))
        .filter(|(action, does)| match does {
            Does::Run => runs_something(kind, action.entry().class, registry, policy),
            Does::Action | Does::Find | Does::Describe | Does::Job => kind.has_house(),
        })
        .map(|(action, does)| Tool {
            open_world: match does {
                Does::Action | Does::Run | Does::Job => true,
                Does::Find | Does::Describe => false,
            },
            ..Tool::plain(action, does)
        })
        .collect()
}

fn runs_something(kind: Kind, class: Class, registry: &Registry, policy: &Policy) -> bool {
    let mut allowed = registry
        .actions()
        .iter()
        .filter(|action| policy.offers(action));
    policy.allows(class)
        && allowed.any(|action| {
            let entry = action.entry();
            let raised = entry.raises.iter().any(|rule| rule.class == class);
            raised || (kind.has_house() && entry.class == class)
        })
}

/// The arguments of a house tool, mended and checked.
pub(super) fn arguments(
    name: &str,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, CallError> {
    match house().and_then(|house| house.get(name)) {
        Some(action) => engine::checked(action, arguments),
        None => Ok(arguments),
    }
}

/// The action that a call of an executor names.
pub(super) fn run(tool: &Tool, given: Map<String, Value>) -> Result<Target, CallError> {
    let mut checked = arguments(&tool.name, given)?;
    let name = match checked.shift_remove("action") {
        Some(Value::String(name)) => name,
        _ => String::new(),
    };
    let arguments = match checked.shift_remove("arguments") {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    Ok(Target::Action {
        name,
        arguments,
        class: tool.class,
    })
}
