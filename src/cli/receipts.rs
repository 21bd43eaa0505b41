//! `receipts`: what was done, as the ledger has it.

use comfy_table::{CellAlignment, Table};
use serde_json::json;

use super::settings::GlobalFlags;
use super::state::{Place, StateFlags};
use super::style::{self, Role, paint};
use super::{Outcome, failed, print, runtime};
use crate::safety::clock::Clock;
use crate::safety::ledger::{Filter, Ledger, Receipt, State};
use crate::safety::store::StoreError;
use crate::text::{line, visible};

/// Most characters of one text in the table.
const WIDEST: usize = 60;

/// Flags of `receipts`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// The receipt to show whole
    #[arg(value_name = "ID", conflicts_with_all = ["shop", "principal", "limit"])]
    id: Option<String>,
    /// Only calls for this shop, by its id in the ledger (a hash of its key)
    #[arg(long, value_name = "ID")]
    shop: Option<String>,
    /// Only calls by this principal
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// At most so many, newest first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: StateFlags,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let place = flags.state.place(&global)?;
    match &flags.id {
        Some(id) => print(&one(&place, id, flags.json)?),
        None => {
            let filter = Filter {
                shop: flags.shop,
                principal: flags.principal,
                limit: flags.limit,
            };
            let found = ask(&place, async |ledger| ledger.receipts(&filter).await)?;
            style::print(&list(&place, &found.unwrap_or_default(), flags.json))
        }
    }
}

/// Asks the ledger of some servers; `None` when there is none.
fn ask<T>(
    place: &Place,
    question: impl AsyncFnOnce(Ledger) -> Result<T, StoreError>,
) -> Result<Option<T>, super::Failure> {
    let Some(store) = place.existing()? else {
        return Ok(None);
    };
    let ledger = Ledger::new(store, Clock::system());
    let answer = runtime()?.block_on(question(ledger));
    answer.map(Some).map_err(failed)
}

fn one(place: &Place, id: &str, as_json: bool) -> Result<String, super::Failure> {
    let found = ask(place, async |ledger| ledger.receipt(id).await)?;
    let Some(receipt) = found.flatten() else {
        return Err(failed(anyhow::anyhow!(
            "There is no receipt `{}` in {place}. Receipts are kept for a day, those of money for thirty; `stoq-mcp receipts` lists them",
            line(id, WIDEST)
        )));
    };
    if as_json {
        return Ok(format!("{:#}\n", json!(receipt)));
    }
    Ok(whole(&receipt))
}

fn list(place: &Place, receipts: &[Receipt], as_json: bool) -> String {
    if as_json {
        return format!("{:#}\n", json!(receipts));
    }
    if receipts.is_empty() {
        return format!("No such receipts in {place}.\n");
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header([
        "when (UTC)",
        "receipt",
        "action",
        "state",
        "count",
        "amount",
        "confirmed",
    ]);
    for column in table.column_iter_mut().skip(4).take(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for receipt in receipts {
        table.add_row([
            when(receipt),
            line(&receipt.id, WIDEST),
            line(&receipt.action, WIDEST),
            receipt.state.as_str().to_owned(),
            count(receipt).unwrap_or_default(),
            amount(receipt).unwrap_or_default(),
            line(&receipt.confirmed, WIDEST),
        ]);
    }
    let mut rows = table.lines();
    let mut text = rows.next().map(|head| painted(Role::Head, &head));
    for (receipt, row) in receipts.iter().zip(rows) {
        let state = receipt.state.as_str();
        let looks = paint(role(receipt.state), state);
        // No other cell before it holds that word alone.
        let row = row.replacen(&format!("  {state}  "), &format!("  {looks}  "), 1);
        text.get_or_insert_default()
            .push_str(&format!("{}\n", row.trim_end()));
    }
    text.unwrap_or_default()
}

fn painted(role: Role, line: &str) -> String {
    format!("{}\n", paint(role, line.trim_end()))
}

/// How a state looks.
const fn role(state: State) -> Role {
    match state {
        State::Done => Role::Good,
        State::Reserved | State::Sent => Role::Name,
        State::Failed => Role::Warn,
        State::Unknown => Role::Bad,
    }
}

/// To the second.
fn when(receipt: &Receipt) -> String {
    line(&receipt.at.replace('T', " "), 19)
        .trim_end_matches('…')
        .to_owned()
}

fn count(receipt: &Receipt) -> Option<String> {
    receipt.count.map(|count| count.to_string())
}

fn amount(receipt: &Receipt) -> Option<String> {
    receipt.amount.as_ref().map(|text| line(text, WIDEST))
}

/// All of one receipt.
fn whole(receipt: &Receipt) -> String {
    let of = |text: &str| Some(line(text, usize::MAX));
    let check = match receipt.state {
        State::Sent | State::Unknown => of(&receipt.check),
        State::Reserved | State::Done | State::Failed => None,
    };
    let left_out = (!receipt.left_out.is_empty())
        .then(|| format!("{} (too long to keep)", receipt.left_out.join(", ")));
    let rows = [
        ("receipt", of(&receipt.id)),
        ("when", of(&receipt.at)),
        ("state", Some(meaning(receipt.state).to_owned())),
        ("how to check", check),
        (
            "action",
            of(&format!("{} ({})", receipt.action, receipt.class.as_str())),
        ),
        ("shop", of(&receipt.shop)),
        ("principal", of(&receipt.principal)),
        ("confirmed", of(&receipt.confirmed)),
        ("count", count(receipt)),
        ("amount", amount(receipt)),
        ("digest", of(&receipt.digest)),
        ("left out", left_out.as_deref().and_then(of)),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        if let Some(value) = value {
            text.push_str(&format!("{name:12}  {value}\n"));
        }
    }
    if let Some(result) = &receipt.result {
        text.push_str("result\n");
        for row in format!("{result:#}").lines() {
            text.extend(visible(row));
            text.push('\n');
        }
    }
    text
}

/// What a state means to people.
const fn meaning(state: State) -> &'static str {
    match state {
        State::Reserved => "reserved: at work, nothing was sent yet",
        State::Sent => "sent: at work, it may be done already",
        State::Done => "done",
        State::Failed => "failed: nothing was done",
        State::Unknown => {
            "unknown: it was sent, and nobody knows what came of it; check before you ask for it again"
        }
    }
}
