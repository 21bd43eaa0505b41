//! A change is shown, and a person is asked before it is made.

use std::io::{IsTerminal, Write};

use similar::{ChangeTag, TextDiff};

use super::super::{Failure, failed, misused};
use crate::clients::{Change, masked};

/// Lines around a change.
const CONTEXT: usize = 3;

/// The change as lines that come and go, without what may be a secret in those of others.
pub(super) fn diff(change: &Change) -> String {
    let path = change.path.display();
    let before = change.before.as_deref().unwrap_or_default();
    let after = change.after.as_deref().unwrap_or_default();
    let name = |text: &Option<String>| match text {
        Some(_) => path.to_string(),
        None => "(no file)".to_owned(),
    };
    let mut out = format!(
        "--- {}\n+++ {}\n",
        name(&change.before),
        name(&change.after)
    );
    let diff = TextDiff::from_lines(before, after);
    for group in diff.grouped_ops(CONTEXT) {
        out.push_str("@@\n");
        for line in group.iter().flat_map(|part| diff.iter_changes(part)) {
            let sign = match line.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let text: String = line
                .value()
                .chars()
                .filter(|symbol| *symbol == '\t' || !symbol.is_control())
                .collect();
            out.push_str(&format!("{sign}{}\n", masked(&text)));
        }
    }
    out
}

/// Whether the change is to be made.
pub(super) fn may_write(is_dry: bool, is_agreed: bool) -> Result<bool, Failure> {
    if is_dry {
        println!("\nNothing was written (--dry-run).");
        return Ok(false);
    }
    if is_agreed {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(misused(anyhow::anyhow!(
            "nothing was written, as there is nobody at a terminal to ask; add --yes to write it, or --dry-run to look alone"
        )));
    }
    eprint!("\nWrite this? [y/N] ");
    std::io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(failed)?;
    let is_yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !is_yes {
        println!("Nothing was written.");
    }
    Ok(is_yes)
}
