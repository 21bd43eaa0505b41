//! The waitlist: how many wait for what, and what has changed since the last look.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::anyhow;
use chrono::{Days, SecondsFormat};
use comfy_table::{CellAlignment, Table};
use serde_json::{Map, Value, json};

use super::super::connect::{Caller, ConnectFlags, Connection, connect_by};
use super::super::exit::Exit;
use super::super::settings::{self, GlobalFlags};
use super::super::signal::stop_on_signal;
use super::super::style::{Role, headed, paint, print, tell};
use super::super::{Failure, Outcome, misused, words};
use super::{is_stopped, span, too_often};
use crate::engine::{Call, CallError, ErrorKind, Outcome as Shown};

/// The report that counts who waits, by variant.
const DEMAND: &str = "back_in_stock_reports_products_in_demand";
/// Days that the report looks back at most, today among them (vendor docs: Reports).
const DAYS: u64 = 1_096;
/// Shortest pause between two looks at a shop; one on this machine may be looked at each second.
const LEAST: Duration = Duration::from_secs(10);

/// Flags of `watch waitlist`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Only these variants, by their Shopify ids; each costs a point a look
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    variant: Vec<u64>,
    /// Pause between two looks
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    every: Duration,
    /// Without --variant: so many variants, the most wanted first
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=200))]
    limit: u64,
    /// End after so many looks instead of going on until ctrl-c
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    looks: Option<u64>,
    /// Print one JSON line a change
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectFlags,
}

/// Who waits for one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Demand {
    title: String,
    waiting: u64,
}

/// Those who wait, by variant.
type Looked = BTreeMap<u64, Demand>;

/// What has changed for one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    variant: u64,
    title: String,
    /// `None`: it was not on the list.
    before: Option<u64>,
    /// `None`: it is on the list no more.
    now: Option<u64>,
}

pub(super) async fn watch(global: &GlobalFlags, flags: Flags) -> Outcome {
    let config = settings::resolve(global, flags.connect.layer())?;
    let is_here = flags.connect.target.sandbox || config.base().map_err(misused)?.is_loopback();
    if flags.every < LEAST && !is_here {
        return Err(too_often(LEAST));
    }
    let connection = connect_by(config, &flags.connect, Caller::Shell).await?;
    let stop = stop_on_signal()?;
    let call = Call {
        cancel: stop.clone(),
        ..Call::default()
    };
    let mut seen: Option<Looked> = None;
    let mut looks = 0;
    loop {
        match look(&connection, &flags, &call).await {
            Ok(now) => {
                show(&flags, seen.as_ref(), &now)?;
                seen = Some(now);
            }
            Err(error) if error.kind == ErrorKind::Cancelled => return Ok(()),
            // It comes back; what was seen stays known.
            Err(error) if seen.is_some() && passes(error.kind) => {
                let told = format!("{} {}\n", at(), words::told(&error));
                tell(&paint(Role::Warn, told));
            }
            Err(error) => {
                let exit = Exit::of_error(error.kind);
                return Err(Failure::new(exit, anyhow!(words::told(&error))));
            }
        }
        looks += 1;
        // To be stopped is how watching ends.
        if flags.looks.is_some_and(|most| looks >= most) || is_stopped(&stop, flags.every).await {
            return Ok(());
        }
    }
}

/// Whether the next look may go better.
const fn passes(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Budget | ErrorKind::Unavailable | ErrorKind::Busy => true,
        ErrorKind::UnknownAction
        | ErrorKind::Arguments
        | ErrorKind::Forbidden
        | ErrorKind::OtherClass(_)
        | ErrorKind::Unagreed
        | ErrorKind::Repeated
        | ErrorKind::State
        | ErrorKind::Refused
        | ErrorKind::Gone
        | ErrorKind::JobFailed
        | ErrorKind::Key
        | ErrorKind::Cancelled
        | ErrorKind::Internal => false,
    }
}

async fn look(connection: &Connection, flags: &Flags, like: &Call) -> Result<Looked, CallError> {
    let engine = &connection.engine;
    let today = engine.upstream().clock().date_naive();
    let from = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
    let one = |more: Value| -> Map<String, Value> {
        let mut arguments = more.as_object().cloned().unwrap_or_default();
        arguments.insert("from".into(), json!(from.to_string()));
        arguments.insert("to".into(), json!(today.to_string()));
        arguments
    };
    let asked = match flags.variant.as_slice() {
        [] => vec![one(json!({"limit": flags.limit}))],
        variants => variants
            .iter()
            .map(|variant| one(json!({"variant_id": variant, "limit": 1})))
            .collect(),
    };
    let mut found = Looked::new();
    for arguments in asked {
        let call = Call {
            action: DEMAND.to_owned(),
            arguments,
            ..like.clone()
        };
        read(&engine.call(call).await?, &mut found);
    }
    for variant in &flags.variant {
        // Nobody waits for what the report does not list.
        found.entry(*variant).or_insert_with(|| Demand {
            title: format!("variant {variant}"),
            waiting: 0,
        });
    }
    Ok(found)
}

fn read(outcome: &Shown, found: &mut Looked) {
    let rows = outcome
        .data
        .as_ref()
        .zip(outcome.rows_key.as_ref())
        .and_then(|(data, key)| data.get(key)?.as_array());
    for row in rows.into_iter().flatten() {
        let Some(variant) = row.get("shopify_variant_id").and_then(Value::as_u64) else {
            continue;
        };
        let name = |field: &str| row.get(field).and_then(Value::as_str);
        let names: Vec<&str> = [name("product_title"), name("variant_title")]
            .into_iter()
            .flatten()
            .collect();
        let waiting = row.get("pending").and_then(Value::as_u64);
        let demand = Demand {
            title: names.join(" / "),
            waiting: waiting.unwrap_or_default(),
        };
        found.insert(variant, demand);
    }
}

fn show(flags: &Flags, before: Option<&Looked>, now: &Looked) -> Outcome {
    let at = at();
    let changes = changes(before.unwrap_or(&Looked::new()), now);
    if flags.json {
        let lines = changes.iter().map(|change| {
            let line = json!({"at": at, "variant_id": change.variant, "title": change.title,
                "before": change.before, "waiting": change.now});
            format!("{line}\n")
        });
        return print(&lines.collect::<String>());
    }
    match before {
        None => print(&first(flags, now, &at)),
        Some(_) => print(
            &changes
                .iter()
                .map(|change| told(change, &at))
                .collect::<String>(),
        ),
    }
}

fn changes(before: &Looked, now: &Looked) -> Vec<Change> {
    let gone = before
        .iter()
        .filter(|(variant, _)| !now.contains_key(variant))
        .map(|(variant, demand)| Change {
            variant: *variant,
            title: demand.title.clone(),
            before: Some(demand.waiting),
            now: None,
        });
    let here = now.iter().filter_map(|(variant, demand)| {
        let was = before.get(variant).map(|demand| demand.waiting);
        (was != Some(demand.waiting)).then(|| Change {
            variant: *variant,
            title: demand.title.clone(),
            before: was,
            now: Some(demand.waiting),
        })
    });
    let mut all: Vec<Change> = here.chain(gone).collect();
    // What moves most stands first.
    all.sort_by_key(|change| {
        let moved = change.before.unwrap_or(0).abs_diff(change.now.unwrap_or(0));
        (std::cmp::Reverse(moved), change.variant)
    });
    all
}

fn first(flags: &Flags, now: &Looked, at: &str) -> String {
    let mut rows: Vec<(&u64, &Demand)> = now.iter().collect();
    rows.sort_by_key(|(variant, demand)| (std::cmp::Reverse(demand.waiting), **variant));
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["waiting", "for", "variant"]);
    for column in table.column_iter_mut().take(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for (variant, demand) in rows {
        table.add_row([
            demand.waiting.to_string(),
            demand.title.clone(),
            variant.to_string(),
        ]);
    }
    let text = table.lines().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    });
    let waiting: u64 = now.values().map(|demand| demand.waiting).sum();
    let variants = match now.len() {
        1 => "1 variant".to_owned(),
        many => format!("{many} variants"),
    };
    let told = format!(
        "{at}  {waiting} waiting for {variants}; a look every {} s, ctrl-c ends it",
        flags.every.as_secs()
    );
    format!("{}{}\n", headed(&text), paint(Role::Dim, told))
}

fn told(change: &Change, at: &str) -> String {
    let (role, what) = match (change.before, change.now) {
        (Some(before), Some(now)) if now >= before => (
            Role::Warn,
            format!("+{} ({before} → {now} waiting)", now - before),
        ),
        (Some(before), Some(now)) => (
            Role::Good,
            format!("-{} ({before} → {now} waiting)", before - now),
        ),
        (None, now) => (
            Role::Warn,
            format!("new on the list ({} waiting)", now.unwrap_or_default()),
        ),
        (Some(before), None) => (
            Role::Good,
            format!("no longer on the list ({before} were waiting)"),
        ),
    };
    format!("{at}  {}  {}\n", change.title, paint(role, what))
}

/// Now, by this machine's clock.
fn at() -> String {
    chrono::Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(rows: &[(u64, u64)]) -> Looked {
        let demand = |(variant, waiting): &(u64, u64)| {
            let title = format!("Mug / {variant}");
            let waiting = *waiting;
            (*variant, Demand { title, waiting })
        };
        rows.iter().map(demand).collect()
    }

    #[test]
    fn only_what_changed_is_told_and_the_largest_first() {
        let before = looked(&[(1, 5), (2, 7), (3, 9), (4, 1)]);
        let now = looked(&[(1, 6), (2, 7), (3, 2), (5, 4)]);
        let changes = changes(&before, &now);
        let lines: Vec<String> = changes.iter().map(|change| told(change, "now")).collect();
        let plain: Vec<_> = lines
            .iter()
            .map(|line| console::strip_ansi_codes(line))
            .collect();
        assert_eq!(
            plain,
            [
                "now  Mug / 3  -7 (9 → 2 waiting)\n",
                "now  Mug / 5  new on the list (4 waiting)\n",
                "now  Mug / 1  +1 (5 → 6 waiting)\n",
                "now  Mug / 4  no longer on the list (1 were waiting)\n",
            ]
        );
        assert_eq!(super::changes(&now, &now), []);
    }
}
