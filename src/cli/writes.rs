//! `writes`: the kill switch of every server that shares the state.

use chrono::DateTime;
use clap::Subcommand;

use super::connect::TRAIL;
use super::settings::GlobalFlags;
use super::state::{Place, StateFlags};
use super::{Failure, Outcome, failed, print, runtime, style};
use crate::safety::audit::types::{Name, Writes};
use crate::safety::audit::{Audit, Event, Key};
use crate::safety::clock::Clock;
use crate::safety::store::Store;
use crate::safety::switch::{Off, Turn, Turned, turn, writes_off};

/// Flags of `writes`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    state: StateFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Refuse everything but reads from now on, until it is turned on again
    Off {
        /// Why, for whoever meets the refusal
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
    /// Let writes go on
    On,
    /// Tell whether writes are off
    Status,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let place = flags.state.place(&global)?;
    let told = match flags.command {
        Command::Off { why } => {
            let store = place.open()?;
            turned(store.as_ref(), &place, Turn::Off { why, by: user() })?
        }
        Command::On => match place.existing()? {
            Some(store) => turned(store.as_ref(), &place, Turn::On)?,
            None => told(&Turned::WasOn),
        },
        Command::Status => status(&place)?,
    };
    print(&format!(
        "{told}\nThis holds for every server whose state lies in {place}.\n"
    ))
}

fn turned(store: &dyn Store, place: &Place, to: Turn) -> Result<String, Failure> {
    let clock = Clock::system();
    runtime()?.block_on(async {
        let turned = turn(store, to, clock.now()).await.map_err(failed)?;
        let writes = match turned {
            Turned::Off(_) => Some(Writes::Off),
            Turned::On => Some(Writes::On),
            Turned::WasOff(_) | Turned::WasOn => None,
        };
        // The switch counts, whatever becomes of its record.
        if let Some(writes) = writes
            && let Err(failure) = recorded(place, clock.now(), writes).await
        {
            style::complain(&format!(
                "the audit trail has no line about it: {failure:#}"
            ));
        }
        Ok(told(&turned))
    })
}

/// Says in the audit trail who turned the switch.
async fn recorded(place: &Place, now: i64, writes: Writes) -> anyhow::Result<()> {
    let key = Key::of_environment(|name| std::env::var(name).ok())?;
    let rotate = place.config.audit_rotate_bytes.value;
    let trail = Audit::lazy(&place.trail.join(TRAIL), rotate, key);
    let now = DateTime::from_timestamp_millis(now).unwrap_or_default();
    let line = Event::switch(now, Name::new(&user()), writes);
    trail.write(line).await?;
    Ok(())
}

fn told(turned: &Turned) -> String {
    match turned {
        Turned::Off(off) => format!(
            "Everything but reads is refused now, {}. `stoq-mcp writes on` ends it.",
            since(off)
        ),
        Turned::WasOff(off) => format!("Writes were off already, {}.", since(off)),
        Turned::On => "Writes are on again.".to_owned(),
        Turned::WasOn => "Writes were on already.".to_owned(),
    }
}

fn status(place: &Place) -> Result<String, Failure> {
    let off = match place.existing()? {
        Some(store) => runtime()?
            .block_on(writes_off(store.as_ref()))
            .map_err(failed)?,
        None => None,
    };
    Ok(match off {
        Some(off) => format!("Writes are off, {}.", since(&off)),
        None => "Writes are on.".to_owned(),
    })
}

fn since(off: &Off) -> String {
    let why = off.why.as_ref().map(|why| format!(" ({why})"));
    format!(
        "since {} by {}{}",
        off.since,
        off.by,
        why.unwrap_or_default()
    )
}

/// Who sits at the terminal.
fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| "somebody at a terminal".to_owned())
}
