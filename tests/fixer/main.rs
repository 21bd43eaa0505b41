//! Errors that teach: whoever reads nothing but the text of an error can mend the call.
//!
//! Mistakes of one field are made over every action of the bundled registry, and a fixer that knows
//! no schema follows what the errors say. The table is printed by
//! `cargo test --test fixer -- --nocapture`; the golden file of the words is refreshed by
//! `INSTA_UPDATE=always cargo test --test fixer`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[cfg(test)]
mod calls;
#[cfg(test)]
mod place;
#[cfg(test)]
mod repair;
#[cfg(test)]
mod slips;
#[cfg(test)]
mod spell;
#[cfg(test)]
mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};
use slips::Slip;
use stoq_mcp::engine::{Engine, Policy};
use stoq_mcp::registry::Registry;
use stoq_mcp::registry::entry::Class;
use stoq_mcp::safety::Guards;
use stoq_mcp::upstream::{Base, Options, Upstream};

/// Errors that are followed for one mistake.
const ROUNDS: usize = 2;
/// Longest error, in bytes.
const LONGEST: usize = 2_000;
/// What is shown of each kind that was left broken.
const LEFT: usize = 2;
/// Mistakes that must be made at least.
const FEWEST: usize = 3_000;

/// An engine that may do everything, over an API that is never asked.
fn engine() -> Engine {
    let base = Base::parse("http://127.0.0.1:9/api/v2/external").unwrap();
    let options = Options::new(base, SecretString::from("x"));
    Engine::new(
        Arc::new(Registry::bundled().unwrap()),
        Arc::new(Upstream::new(options)),
        Policy::everything(),
        Guards::in_memory("test").unwrap(),
    )
}

/// How the mistakes of one kind ended.
#[derive(Default)]
struct Tally {
    made: usize,
    at_once: usize,
    repaired: usize,
    /// What was left broken, for whoever improves the errors.
    left: Vec<String>,
}

impl Tally {
    fn percent(&self) -> f64 {
        100.0 * self.repaired as f64 / self.made.max(1) as f64
    }
}

/// Follows the errors of one mistake; the round that mended it, or the last error.
fn follow(engine: &Engine, slip: &Slip) -> Result<usize, String> {
    let (mut action, mut arguments) = (slip.action.clone(), slip.arguments.clone());
    let mut last = String::new();
    for round in 0..=ROUNDS {
        match engine.check(&action, arguments.clone(), None) {
            Ok(_) if round == 0 => return Err("the mistake was not seen".to_owned()),
            Ok(_) if slip.is_meant(&action, &arguments) => return Ok(round),
            Ok(_) => {
                let now = Value::Object(arguments);
                return Err(format!("{last}\n      turned into {action} {now}"));
            }
            Err(error) => {
                last = error.to_string();
                assert!(last.len() < LONGEST, "{} bytes: {last}", last.len());
                assert!(!last.contains('\n'), "{last}");
                (action, arguments) = repair::repair(&last, &action, &arguments);
            }
        }
    }
    Err(last)
}

/// The same for all of them, in order, on as many threads as there are cores.
fn follow_all(engine: &Engine, slips: &[Slip]) -> Vec<Result<usize, String>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts: Vec<_> = slips
            .chunks(slips.len().div_ceil(cores))
            .map(|part| scope.spawn(|| part.iter().map(|slip| follow(engine, slip)).collect()))
            .collect();
        let ends = parts.into_iter().map(|part| part.join().unwrap());
        ends.flat_map(|ends: Vec<_>| ends).collect()
    })
}

fn table(tallies: &BTreeMap<&str, Tally>) -> String {
    let mut out = format!(
        "{:<24}{:>8}{:>10}{:>10}{:>8}\n",
        "kind", "made", "at once", "repaired", "%"
    );
    let mut all = Tally::default();
    let mut line = |kind: &str, tally: &Tally| {
        writeln!(
            out,
            "{kind:<24}{:>8}{:>10}{:>10}{:>8.1}",
            tally.made,
            tally.at_once,
            tally.repaired,
            tally.percent()
        )
        .unwrap();
    };
    for (kind, tally) in tallies {
        line(kind, tally);
        all.made += tally.made;
        all.at_once += tally.at_once;
        all.repaired += tally.repaired;
    }
    line("all", &all);
    out
}

#[test]
fn whoever_reads_only_the_error_can_mend_the_call() {
    let engine = engine();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let slips = slips::all(&engine);
    let ends = follow_all(&engine, &slips);
    for (slip, end) in slips.into_iter().zip(ends) {
        let tally = tallies.entry(slip.kind).or_default();
        tally.made += 1;
        match end {
            Ok(round) => {
                tally.repaired += 1;
                tally.at_once += usize::from(round == 1);
            }
            Err(last) => {
                let sent = Value::Object(slip.arguments);
                let told = format!("{}: {} {sent}\n      {last}", slip.kind, slip.action);
                tally.left.push(told);
            }
        }
    }
    let table = table(&tallies);
    println!("{table}");
    let left = tallies
        .values()
        .flat_map(|tally| tally.left.iter().take(LEFT));
    let left: Vec<&str> = left.map(String::as_str).collect();
    let left = left.join("\n");
    println!("left broken, the first of each kind:\n{left}");
    let made: usize = tallies.values().map(|tally| tally.made).sum();
    let repaired: usize = tallies.values().map(|tally| tally.repaired).sum();
    assert!(made > FEWEST, "{made} mistakes");
    assert!(repaired * 100 >= made * 95, "{table}");
    for (kind, tally) in &tallies {
        assert!(tally.percent() >= 80.0, "{kind}\n{table}");
    }
}

/// The words of each kind of mistake, by the first that was made of it.
#[test]
fn each_kind_of_mistake_has_its_words() {
    let engine = engine();
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for slip in slips::all(&engine) {
        texts.entry(slip.kind).or_insert_with(|| {
            let checked = engine.check(&slip.action, slip.arguments, None);
            checked.unwrap_err().to_string()
        });
    }
    let golden: String = texts
        .iter()
        .map(|(kind, text)| format!("{kind}\n    {text}\n"))
        .collect();
    insta::assert_snapshot!("every_kind", golden);
}

#[test]
fn a_check_says_of_what_class_the_call_would_be() {
    let engine = engine();
    let class = |action: &str, arguments: Value| {
        let checked = engine.check(action, arguments.as_object().unwrap().clone(), None);
        checked.map_err(|error| error.to_string())
    };
    let update = |collect: bool| {
        let balance = json!({"auto_collect": collect});
        let arguments =
            json!({"id": "0ffe0000-0000-4000-8000-000000000001", "remaining_balance": balance});
        class("preorders_offers_payment_update", arguments)
    };
    assert_eq!(
        class("back_in_stock_signups_list", json!({})),
        Ok(Class::Read)
    );
    assert_eq!(update(false), Ok(Class::Write));
    assert_eq!(update(true), Ok(Class::Money));
    assert_eq!(
        class("back_in_stock_signups_read", json!({"id": ".."})),
        Err("`back_in_stock_signups_read` was not called: `id` is not an id. Pass the id exactly as a list action printed it.".to_owned())
    );
}
