//! What an agent on standard input may do, and what of that is bold.

use super::super::connect::Caller;
use super::super::source;
use super::finding::{Area, Report};
use crate::config::{Config, ConfigError, StatePlace};
use crate::registry::entry::Class;
use crate::safety::Confirm;

pub(super) fn look(report: &mut Report, config: &Config, is_sandbox: bool) {
    let classes = match is_sandbox {
        true => Class::ALL.as_slice(),
        false => Caller::Stdio.classes(),
    };
    let policy = config.policy(classes);
    let names: Vec<&str> = policy
        .classes()
        .iter()
        .map(|class| class.as_str())
        .collect();
    report.ok(
        Area::Policy,
        format!(
            "a client that starts the server may {}; consent: {}",
            names.join(", "),
            config.confirm.value.as_str()
        ),
    );
    wrong(report, config, is_sandbox);
    if config.read_only.value
        && config
            .allow
            .value
            .iter()
            .flatten()
            .any(|it| *it != Class::Read)
    {
        report.warning(
            Area::Policy,
            "`read_only` and `allow` are both set",
            "`read_only` wins, so what `allow` names is refused all the same",
            "unset STOQ_MCP_READ_ONLY",
        );
    }
    if !is_sandbox {
        bold(report, config, &|class| policy.allows(class));
    }
}

/// Values that a server does not start with.
fn wrong(report: &mut Report, config: &Config, is_sandbox: bool) {
    let mut refuse = |error: ConfigError| {
        report.problem(
            Area::Policy,
            error.to_string(),
            "no server starts with it",
            "env | grep ^STOQ_MCP_",
        );
    };
    if let Err(error) = config.caps(is_sandbox) {
        refuse(error);
    }
    if let Err(error) = config.shop_domain() {
        refuse(error);
    }
    if let Ok(registry) = source::load(config.registry_file())
        && let Err(error) = config.selection(&[&registry])
    {
        refuse(error);
    }
}

/// What works as it was set, and may come to hurt.
fn bold(report: &mut Report, config: &Config, allows: &dyn Fn(Class) -> bool) {
    let heavy: Vec<&str> = [Class::Send, Class::Money, Class::Destroy]
        .into_iter()
        .filter(|class| allows(*class))
        .map(Class::as_str)
        .collect();
    if heavy.is_empty() {
        return;
    }
    let heavy = heavy.join(", ");
    match config.confirm.value {
        Confirm::Elicit => {}
        Confirm::Handle => report.warning(
            Area::Policy,
            format!("{heavy} with the consent `handle`"),
            "the agent itself can hand the proof on; no person needs to have seen the plan",
            "export STOQ_MCP_CONFIRM=elicit",
        ),
        Confirm::Off => report.warning(
            Area::Policy,
            format!("{heavy} without anybody's consent (`confirm` is off)"),
            "one mistaken call messages shoppers, moves money or deletes, up to the caps",
            "export STOQ_MCP_CONFIRM=elicit",
        ),
    }
    if matches!(config.state.value, Some(StatePlace::Memory)) {
        report.warning(
            Area::Policy,
            format!("{heavy} with the state in memory"),
            "a call that is repeated after a new start is not known as a repeat, and there is no audit trail",
            "unset STOQ_MCP_STATE",
        );
    }
    if allows(Class::Money) && config.money_per_day.value.unwrap_or(0) == 0 {
        report.warning(
            Area::Policy,
            "money is allowed, and `money_per_day` is 0",
            "no amount fits, so every charge and refund is refused",
            "export STOQ_MCP_MONEY_PER_DAY=200",
        );
    }
}
