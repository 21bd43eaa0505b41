//! Ledger, confirmations and kill switch: whether they can be written, and whether writes are off.

use std::path::Path;
use std::sync::Arc;

use super::finding::{Area, Report, word};
use crate::config::{Config, StatePlace};
use crate::safety::store::embedded::Embedded;
use crate::safety::store::redis::Shared;
use crate::safety::store::{Space, Store, StoreError};
use crate::safety::switch::writes_off;

/// A key that is never there.
const PROBE: &str = "doctor";

pub(super) async fn look(report: &mut Report, config: &Config, is_sandbox: bool) {
    let place = config.state_place(is_sandbox, |name| std::env::var_os(name));
    match place {
        Ok(StatePlace::Memory) => {
            report.ok(Area::State, "in memory: it is gone when the server ends");
        }
        Ok(StatePlace::Folder(folder)) => in_folder(report, &folder).await,
        Ok(StatePlace::Redis(address)) => match config.redis(&address) {
            Ok(redis) => {
                let place = redis.address().to_owned();
                let store: Arc<dyn Store> = Arc::new(Shared::new(redis));
                probe(report, store.as_ref(), &place, "redis-cli PING").await;
            }
            Err(error) => refused(report, &error.to_string()),
        },
        Err(error) => refused(report, &error.to_string()),
    }
}

fn refused(report: &mut Report, what: &str) {
    report.problem(
        Area::State,
        what,
        "no server starts without a place for it",
        "unset STOQ_MCP_STATE",
    );
}

async fn in_folder(report: &mut Report, folder: &Path) {
    let place = folder.display().to_string();
    let rights = format!("chmod u+rwx,go-w {}", word(&place));
    if Embedded::is_in(folder) {
        match Embedded::open(folder) {
            Ok(store) => probe(report, &store, &place, &rights).await,
            Err(error) => unusable(report, &place, &error, &rights),
        }
        return;
    }
    // Nothing is made here; the first call that needs it makes it.
    let there = folder.ancestors().find(|folder| folder.exists());
    let there = there.unwrap_or(Path::new("/"));
    let is_writable = there.is_dir() && may_write(there);
    if is_writable {
        report.ok(
            Area::State,
            format!("{place} is made by the first call that needs it"),
        );
    } else {
        report.problem(
            Area::State,
            format!(
                "{place} cannot be made: {} is not writable",
                there.display()
            ),
            "every call but reads is refused without it",
            &format!("chmod u+rwx {}", word(&there.display().to_string())),
        );
    }
}

/// Whether this user may make something in a folder.
fn may_write(folder: &Path) -> bool {
    let name = format!(".stoq-mcp-doctor-{}", std::process::id());
    let path = folder.join(name);
    let is_made = std::fs::create_dir(&path).is_ok();
    is_made && std::fs::remove_dir(&path).is_ok()
}

/// Reads the switch, and writes what changes nothing.
async fn probe(report: &mut Report, store: &dyn Store, place: &str, fix: &str) {
    let read = writes_off(store).await;
    // Takes the lock that every write takes, and finds nothing to change.
    let written = store.swap(Space::Switch, PROBE, b"", None, i64::MAX).await;
    if let Err(error) = read.as_ref().map(drop).and(written.as_ref().map(drop)) {
        unusable(report, place, error, fix);
        return;
    }
    report.ok(Area::State, format!("{place} can be read and written"));
    if let Ok(Some(off)) = read {
        let why = off.why.map(|why| format!(" ({why})")).unwrap_or_default();
        report.warning(
            Area::State,
            format!("writes are off since {} by {}{why}", off.since, off.by),
            "somebody turned the kill switch; everything but reads is refused",
            "stoq-mcp writes on",
        );
    } else {
        report.ok(Area::State, "writes are on");
    }
}

fn unusable(report: &mut Report, place: &str, error: &StoreError, fix: &str) {
    let is_locked = error.reason.contains("locked") || error.reason.contains("busy");
    let fix = match is_locked {
        true => format!("fuser -v {}", word(&format!("{place}/state.db"))),
        false => fix.to_owned(),
    };
    let why = match is_locked {
        true => "another program holds its lock for longer than any server does",
        false => "every call but reads is refused while it cannot be used",
    };
    report.problem(Area::State, format!("{place}: {error}"), why, &fix);
}
