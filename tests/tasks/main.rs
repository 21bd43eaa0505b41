//! Merchants' requests played on each surface by a scripted agent that sees only what the server
//! gives: every task is solved, in few calls, and leaves the shop as it should be.
//!
//! The tasks stand in `back_in_stock.json` and `preorders.json`; `examples/evaluate_model.py` plays the
//! same ones against a real model. `cargo test --test tasks -- --nocapture` prints what they cost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;

mod agent;
mod report;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use stoq_mcp::registry::Registry;
use stoq_mcp::surface::Kind;

use agent::{Agent, Played};
use report::Report;
use support::SandboxProcess;
use world::World;

/// What a merchant asks for, what solves it, and how to tell that it was solved.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub name: String,
    /// In the merchant's words.
    pub request: String,
    /// What the conversation knows besides: ids from the merchant's screen.
    #[serde(default)]
    pub known: String,
    pub steps: Vec<Step>,
    /// Places in the last answer and what stands there.
    #[serde(default)]
    pub expect: BTreeMap<String, Value>,
    /// What became of the shop; nothing when the task only asks.
    pub after: Option<Value>,
}

/// One action of a solution.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub action: String,
    pub arguments: Value,
    /// Places in the arguments, and where in the earlier answers their values are.
    #[serde(default)]
    pub take: BTreeMap<String, String>,
    /// Words to find the action with, when they are not the request's.
    pub say: Option<String>,
    /// Part of the refusal that this step is to meet.
    pub refused: Option<String>,
}

/// The tasks of both rooms.
fn tasks() -> Vec<Task> {
    let rooms = [
        include_str!("back_in_stock.json"),
        include_str!("preorders.json"),
    ];
    let of = |room: &str| serde_json::from_str::<Vec<Task>>(room).unwrap();
    rooms.into_iter().flat_map(of).collect()
}

/// A sandbox whose jobs are done at once.
fn sandbox() -> SandboxProcess {
    SandboxProcess::start("fixture").hasty().unmetered()
}

/// Plays a task on a fresh shop; what is wrong with the end of it.
fn judge(task: &Task, agent: &mut Agent, world: &World) -> (Played, Result<(), String>) {
    world.reset();
    let played = agent.play(task);
    let judged = judged(task, &played, world);
    (played, judged)
}

fn judged(task: &Task, played: &Played, world: &World) -> Result<(), String> {
    let name = &task.name;
    if let Some(wrong) = &played.wrong {
        return Err(format!("{name}: {wrong}"));
    }
    let last = played.answers.last().unwrap();
    for (place, wanted) in &task.expect {
        let got = last.pointer(place);
        if got != Some(wanted) {
            return Err(format!("{name}: {place} should be {wanted} and is {got:?}"));
        }
    }
    let after = world.after();
    if after != task.after {
        let shown = |after: &Option<Value>| after.as_ref().unwrap_or(&Value::Null).to_string();
        let (wanted, got) = (shown(&task.after), shown(&after));
        return Err(format!(
            "{name}: the shop should differ by\n{wanted}\nand differs by\n{got}"
        ));
    }
    Ok(())
}

#[test]
fn every_task_is_solved_on_every_surface_in_few_calls() {
    let tasks = tasks();
    let sandbox = sandbox();
    let world = World::new(&sandbox);
    let mut failed = Vec::new();
    let mut reports = Vec::new();
    for kind in Kind::ALL {
        let mut agent = Agent::new(&sandbox, kind);
        let mut report = Report::new(kind, &agent);
        for task in &tasks {
            let (played, judged) = judge(task, &mut agent, &world);
            report.add(&played, judged.is_ok());
            if let Err(why) = judged {
                failed.push(format!("{}: {why}", kind.as_str()));
            }
        }
        reports.push(report);
    }
    println!("{}", report::table(&reports));
    assert_eq!(failed, Vec::<String>::new());
    for report in &reports {
        let most = match report.kind {
            Kind::Core => 2,
            Kind::Compact => 3,
            Kind::Full => 1,
        };
        assert!(report.median_calls() <= most, "{}", report.row());
        // The search is judged by its own tests; here it has to carry the agent.
        assert!(report.hits * 10 >= report.finds * 9, "{}", report.row());
    }
}

#[test]
fn a_wrong_action_or_argument_is_noticed() {
    let tasks = tasks();
    let sandbox = sandbox();
    let world = World::new(&sandbox);
    let mut agent = Agent::new(&sandbox, Kind::Full);
    let offer = "0ffe0000-0000-4000-8000-000000000002";
    for (name, action, arguments) in [
        ("pause", "preorders_offers_disable", json!({"id": offer})),
        (
            "candles-live",
            "preorders_offers_read",
            json!({"id": "0ffe0000-0000-4000-8000-000000000004"}),
        ),
        (
            "part-back",
            "preorders_orders_payments_refund",
            json!({"id": 6_130_000_000_003_u64, "amount": 10}),
        ),
        (
            "let-go",
            "preorders_orders_cancel",
            json!({"id": 6_130_000_000_003_u64}),
        ),
        (
            "opted-out",
            "back_in_stock_signups_list",
            json!({"status": "pending"}),
        ),
        (
            "forget-one",
            "back_in_stock_signups_delete",
            json!({"id": "51900000-0000-4000-8000-000000000020"}),
        ),
        (
            "alert-three",
            "back_in_stock_signups_notify",
            json!({"id": "51900000-0000-4000-8000-000000000013"}),
        ),
        // A question whose answer is right, asked with a write beside it.
        (
            "texts-on",
            "back_in_stock_settings_channels_update",
            json!({"push": {"enabled": false}}),
        ),
        // A payment link where the balance was to be charged.
        (
            "charge",
            "preorders_orders_payments_send_payment_link",
            json!({"id": 6_130_000_000_001_u64}),
        ),
    ] {
        let mut task = tasks.iter().find(|task| task.name == name).unwrap().clone();
        task.steps[0].action = action.to_owned();
        task.steps[0].arguments = arguments;
        let (played, judged) = judge(&task, &mut agent, &world);
        assert_eq!(played.wrong, None, "{name}");
        assert!(judged.is_err(), "{name} passes with {action}");
    }
}

#[test]
fn the_tasks_are_many_of_every_class_and_can_be_judged() {
    let registry = Registry::bundled().unwrap();
    let tasks = tasks();
    assert!(tasks.len() >= 64, "{}", tasks.len());
    let names: BTreeSet<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names.len(), tasks.len());
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for task in &tasks {
        assert!(
            task.after.is_some() || !task.expect.is_empty(),
            "{}: nothing tells whether it was solved",
            task.name
        );
        for step in &task.steps {
            let entry = registry.get(&step.action).unwrap().entry();
            let room = entry.name.split('_').next().unwrap();
            *kinds.entry((room, entry.class.as_str())).or_default() += 1;
        }
    }
    for room in ["back", "preorders"] {
        for class in ["read", "write", "send", "destroy"] {
            assert!(kinds.get(&(room, class)) >= Some(&2), "{room}, {class}");
        }
    }
    assert!(kinds.get(&("preorders", "money")) >= Some(&4));
}

/// No id comes from nowhere: it is asked for, on the merchant's screen, or in an earlier answer.
#[test]
fn a_task_tells_every_id_that_it_needs() {
    for task in tasks() {
        let told = format!("{} {}", task.request, task.known);
        for step in &task.steps {
            for id in ids(&step.arguments) {
                assert!(told.contains(&id), "{}: {id}", task.name);
            }
        }
    }
}

/// The ids in arguments: UUIDs and numbers of Shopify's length.
fn ids(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.values().flat_map(ids).collect(),
        Value::Array(list) => list.iter().flat_map(ids).collect(),
        Value::String(text) if world::is_uuid(text) => vec![text.clone()],
        Value::Number(number) if number.to_string().len() >= 10 => vec![number.to_string()],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Arguments with what earlier answers told.
pub fn filled(step: &Step, answers: &[Value]) -> Map<String, Value> {
    let answers = Value::Array(answers.to_vec());
    let mut arguments = step.arguments.clone();
    for (place, source) in &step.take {
        let value = answers
            .pointer(source)
            .unwrap_or_else(|| panic!("nothing at {source} of {answers}"));
        *arguments.pointer_mut(place).unwrap() = value.clone();
    }
    arguments.as_object().unwrap().clone()
}
