//! The house tools: find, describe, run by class, job. Their texts and schemas stand in
//! `house.json`, in the form of the registry, so arguments are checked and explained as an action's
//! are.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};

use super::tool::{Does, Tool, agreement};
use super::{Kind, Target};
use crate::engine::{self, CallError, Policy};
use crate::registry::entry::Class;
use crate::registry::transform::{CONFIRM, IDEMPOTENCY_KEY};
use crate::registry::{Action, Registry, nearest};
use crate::safety::Confirm;

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

fn does(name: &str) -> Option<Does> {
    match name {
        "find_actions" => Some(Does::Find),
        "describe_actions" => Some(Does::Describe),
        "job" => Some(Does::Job),
        _ => Class::ALL
            .into_iter()
            .any(|class| executor(class) == name)
            .then_some(Does::Run),
    }
}

/// The house tools of a surface. `full` has those alone that run calls which an argument rule raises
/// above the class of their own tool.
pub(super) fn tools(
    kind: Kind,
    registry: &Registry,
    policy: &Policy,
    confirm: Confirm,
) -> Vec<Tool> {
    let defined = house().map_or(&[] as &[Action], Registry::actions).iter();
    defined
        .filter_map(|action| Some((action, does(action.name())?)))
        .filter(|(action, does)| match does {
            Does::Run => runs_something(kind, action.entry().class, registry, policy),
            Does::Job => {
                let mut readers = registry
                    .actions()
                    .iter()
                    .filter(|action| action.entry().reads_jobs());
                kind.has_house() && readers.any(|action| policy.offers(action))
            }
            Does::Action | Does::Find | Does::Describe => kind.has_house(),
        })
        .map(|(action, does)| Tool {
            open_world: match does {
                Does::Action | Does::Run | Does::Job => true,
                Does::Find | Does::Describe => false,
            },
            ..Tool::plain(action, does)
        })
        .map(|tool| {
            if kind.has_house() {
                tool
            } else {
                of_raised(tool)
            }
        })
        .map(|mut tool| {
            tool.description.push_str(agreement(tool.class, confirm));
            tool
        })
        .collect()
}

/// On `full` every action is a tool of its own and nothing describes them: what is left to an
/// executor are the calls that such a tool refuses.
fn of_raised(tool: Tool) -> Tool {
    let mut input = tool.input.as_ref().clone();
    let told = input
        .get_mut("properties")
        .and_then(|properties| properties.get_mut("arguments")?.get_mut("description"));
    if let Some(told) = told {
        *told = Value::from("Its arguments, as its own tool takes them.");
    }
    Tool {
        description: format!(
            "Runs calls that their arguments raise to class {}: those that an action's own tool refuses, naming this one. Irreversible.",
            tool.class.as_str()
        ),
        input: Arc::new(input),
        ..tool
    }
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
    let nested = nested(tool, &given);
    let mut checked = arguments(&tool.name, given).map_err(|error| match nested {
        Some(next) => CallError { next, ..error },
        None => error,
    })?;
    let name = match checked.shift_remove("action") {
        Some(Value::String(name)) => name.trim().to_owned(),
        _ => String::new(),
    };
    let arguments = match checked.shift_remove("arguments") {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let mut text = |name: &str| match checked.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(Target::Action {
        name,
        arguments,
        class: tool.class,
        handle: text(CONFIRM),
        key: text(IDEMPOTENCY_KEY),
    })
}

/// What to do about a call that has an action's arguments beside `arguments`: the call as it has to be.
fn nested(tool: &Tool, given: &Map<String, Value>) -> Option<String> {
    let own = [CONFIRM, IDEMPOTENCY_KEY];
    let is_stray = |name: &String| {
        !["action", "arguments"].contains(&name.as_str()) && !own.contains(&name.as_str())
    };
    if !given.keys().any(is_stray) {
        return None;
    }
    let mut stray = given.clone();
    stray.retain(|name, _| !own.contains(&name.as_str()));
    let action = stray.shift_remove("action")?;
    let inner = match stray.shift_remove("arguments") {
        Some(Value::Object(inner)) => inner,
        None | Some(Value::Null) => Map::new(),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            return None;
        }
    };
    // A slip in the name of `arguments` itself is told by the mistake.
    let is_slip = |name: &String| nearest(name, ["action", "arguments"].into_iter()).is_some();
    if !action.is_string() || stray.keys().any(is_slip) {
        return None;
    }
    stray.extend(inner);
    let call = json!({"action": action, "arguments": stray});
    Some(format!(
        "Nothing was sent. Call `{}` with {call}.",
        tool.name
    ))
}
