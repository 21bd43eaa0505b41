//! How a result is printed: for people, for scripts, for spreadsheets.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::anyhow;
use clap::Args;
use serde_json::{Map, Value};

use super::super::style::{Role, paint, width};
use super::super::{Failure, misused, picture};
use super::sheet::Sheet;
use crate::engine::{JobInfo, Outcome, Planned, Status, text};
use crate::registry::transform::CONFIRM;

/// Begins what a plan's note says to agents, who show it to somebody.
const FOR_AGENTS: &str = " Show the plan to the merchant.";

/// The forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As agents see it: facts, then CSV or compact JSON.
    Text,
    /// Tables that fit the terminal.
    Table,
    /// The whole result.
    Json,
    /// Rows alone.
    Csv,
    /// The drawing of a report.
    Chart,
}

/// Flags that choose a form; `--json` without arguments is one too.
#[derive(Debug, Args)]
#[group(id = "form", multiple = false)]
pub(super) struct FormFlags {
    /// Print a table that fits the terminal [default at a terminal]
    #[arg(long)]
    table: bool,
    /// Print the rows as CSV, and what else there is to know on standard error
    #[arg(long)]
    csv: bool,
    /// Draw the result of a report
    #[arg(long)]
    chart: bool,
    /// The same as --json without arguments
    #[arg(long)]
    structured: bool,
}

impl FormFlags {
    /// The form that is asked for, or that fits where the result goes.
    pub(super) fn form(&self, is_json: bool, out: Option<&Path>) -> Result<Form, Failure> {
        let json = is_json || self.structured;
        match (json, self.table, self.csv, self.chart) {
            (true, false, false, false) => Ok(Form::Json),
            (false, true, false, false) => Ok(Form::Table),
            (false, false, true, false) => Ok(Form::Csv),
            (false, false, false, true) => Ok(Form::Chart),
            (false, false, false, false) => Ok(fitting(out)),
            _ => Err(misused(anyhow!(
                "--json, --table, --csv and --chart are forms of one result; choose one. Arguments as JSON go right behind --json, such as --json '{{\"limit\": 5}}'"
            ))),
        }
    }
}

/// The form that a file's name asks for, or that a terminal or a pipe wants.
fn fitting(out: Option<&Path>) -> Form {
    let ending = out.and_then(|path| path.extension()?.to_str());
    match (out, ending.map(str::to_ascii_lowercase).as_deref()) {
        (_, Some("csv")) => Form::Csv,
        (_, Some("json")) => Form::Json,
        (Some(_), _) => Form::Text,
        (None, _) if std::io::stdout().is_terminal() => Form::Table,
        (None, _) => Form::Text,
    }
}

/// A result as it is printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Printed {
    /// What was asked for.
    pub out: String,
    /// What else there is to know.
    pub beside: String,
}

/// Prints a result. `file` is the whole file of an export, when there is one.
pub(super) fn printed(outcome: Outcome, form: Form, file: Option<String>) -> Printed {
    match form {
        Form::Text => Printed {
            out: format!("{}\n", text(&outcome)),
            ..Printed::default()
        },
        Form::Json => Printed {
            out: format!("{}\n", Value::Object(outcome.into_structured())),
            ..Printed::default()
        },
        Form::Table => Printed {
            out: table(&outcome, width()),
            ..Printed::default()
        },
        Form::Chart => Printed {
            out: drawn(&outcome),
            ..Printed::default()
        },
        Form::Csv => Printed {
            out: file.unwrap_or_else(|| csv(&outcome)),
            beside: facts(&outcome),
        },
    }
}

/// The drawing, or the text of a result that has none and says why.
fn drawn(outcome: &Outcome) -> String {
    let drawn = outcome.picture.as_ref();
    let shown = drawn.map_or_else(
        || text(outcome),
        |drawn| picture::text(&drawn.drawing, picture::ROWS),
    );
    format!("{}\n", shown.trim_end())
}

fn csv(outcome: &Outcome) -> String {
    match (&outcome.data, rows(outcome)) {
        (_, Some(rows)) => Sheet::of(rows).csv(),
        (Some(record), None) => Sheet::of(std::slice::from_ref(record)).csv(),
        (None, None) => String::new(),
    }
}

fn table(outcome: &Outcome, width: Option<u16>) -> String {
    let mut text = String::new();
    match (&outcome.data, rows(outcome)) {
        (Some(data), Some(rows)) => {
            if let Some(beside) = beside(data, outcome.rows_key.as_deref()) {
                text.push_str(&Sheet::of(&[beside]).record(width));
                text.push('\n');
            }
            match rows.is_empty() {
                true => text.push_str("No rows.\n"),
                false => text.push_str(&Sheet::of(rows).shown(width)),
            }
        }
        (Some(record), None) => {
            text.push_str(&Sheet::of(std::slice::from_ref(record)).record(width));
        }
        (None, _) => {}
    }
    text.push_str(&facts(outcome));
    text
}

/// The rows of a list.
fn rows(outcome: &Outcome) -> Option<&Vec<Value>> {
    let data = outcome.data.as_ref()?;
    data.get(outcome.rows_key.as_ref()?)?.as_array()
}

/// What stands beside the rows.
fn beside(data: &Value, key: Option<&str>) -> Option<Value> {
    let fields = data.as_object()?.iter();
    let fields = fields.filter(|(name, _)| Some(name.as_str()) != key);
    let fields: Map<String, Value> = fields
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// Everything but the data, a line each.
fn facts(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    match outcome.status {
        Status::Ok => {}
        Status::Accepted | Status::Replayed | Status::Running | Status::Planned => {
            lines.push(status(outcome.status, Role::Good));
        }
        Status::OutcomeUnknown => lines.push(status(outcome.status, Role::Bad)),
    }
    if let Some(page) = &outcome.page {
        let of = match page.total {
            Some(total) => format!("{} of {total} rows", page.shown),
            None => format!("{} rows, and it is not known how many follow", page.shown),
        };
        let concise = match page.concise {
            true => "; detail=full shows every field",
            false => "",
        };
        let more = match &page.next_cursor {
            Some(_) => "; --all gets the rest",
            None => "",
        };
        lines.push(paint(Role::Dim, format!("{of}{concise}{more}")));
    }
    if let Some(totals) = &outcome.totals {
        lines.push(crate::text::shown(&format!("totals: {}", totals.to_line())).into_owned());
    }
    lines.extend(outcome.job.as_ref().map(job));
    lines.extend(outcome.plan.as_ref().map(plan));
    if let Some(receipt) = &outcome.receipt {
        lines.push(format!("receipt: {receipt}"));
    }
    if let Some(note) = &outcome.note {
        // How to go ahead is told with the plan.
        let note = note.split(FOR_AGENTS).next().unwrap_or_default();
        lines.push(paint(Role::Dim, note));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn status(status: Status, role: Role) -> String {
    format!("status: {}", paint(role, status.as_str()))
}

fn job(job: &JobInfo) -> String {
    format!(
        "job {}: {}, {} of {}",
        job.job_id, job.status, job.processed, job.total
    )
}

/// A plan in sentences.
fn plan(plan: &Planned) -> String {
    let text = |name: &str| plan.facts.get(name).and_then(Value::as_str);
    let targets = plan.facts.get("first").and_then(Value::as_array);
    let targets = targets.into_iter().flatten().filter_map(Value::as_str);
    let mut lines = vec![paint(Role::Head, text("sentence").unwrap_or_default())];
    let before = lines.len();
    lines.extend(targets.map(|target| format!("- {target}")));
    let listed = u64::try_from(lines.len() - before).unwrap_or(u64::MAX);
    let count = plan.facts.get("count").and_then(Value::as_u64);
    if let Some(more) = count.and_then(|count| count.checked_sub(listed))
        && more > 0
        && listed > 0
    {
        lines.push(format!("- and {more} more"));
    }
    lines.extend(text("undo").map(str::to_owned));
    lines.extend(text(CONFIRM).map(|handle| {
        format!(
            "To go ahead: the same command with {}",
            paint(Role::Name, format!("--handle {handle}"))
        )
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::{Page, Shown};

    fn list() -> Outcome {
        let mut outcome = Outcome::new(Status::Ok);
        outcome.data = Some(Shown::ours(json!({"currency": "USD", "rows": [
            {"id": 51_900_000, "customer": {"email": "rosa@example.com"}, "note": "a, \"b\""},
            {"id": 2, "customer": {"email": null}, "note": "=1+1"}]})));
        outcome.rows_key = Some("rows".into());
        outcome.page = Some(Page {
            shown: 2,
            total: Some(9),
            next_cursor: Some("abc".into()),
            concise: false,
        });
        outcome
    }

    fn plain(text: &str) -> String {
        console::strip_ansi_codes(text).into_owned()
    }

    #[test]
    fn a_wide_terminal_gets_a_table() {
        assert_eq!(
            plain(&table(&list(), Some(80))),
            concat!(
                " currency  USD\n\n",
                "       id   customer.email     note\n",
                "──────────────────────────────────────\n",
                " 51900000   rosa@example.com   a, \"b\"\n",
                "        2                      '=1+1\n",
                "2 of 9 rows; --all gets the rest\n"
            )
        );
    }

    #[test]
    fn a_narrow_one_gets_a_block_a_row() {
        assert_eq!(
            plain(&table(&list(), Some(30))),
            concat!(
                " currency  USD\n\n",
                " id              51900000\n",
                " customer.email  rosa@example\n",
                "                 .com\n",
                " note            a, \"b\"\n\n",
                " id    2\n",
                " note  '=1+1\n",
                "2 of 9 rows; --all gets the rest\n"
            )
        );
    }

    #[test]
    fn csv_is_the_rows_alone() {
        let printed = printed(list(), Form::Csv, None);
        assert_eq!(
            printed.out,
            "id,customer.email,note\n51900000,rosa@example.com,\"a, \"\"b\"\"\"\n2,,'=1+1\n"
        );
        assert_eq!(plain(&printed.beside), "2 of 9 rows; --all gets the rest\n");
    }

    #[test]
    fn a_plan_reads_as_sentences() {
        let facts = json!({"sentence": "3 shoppers get an alert.", "count": 3, "first": ["Rosa"],
            "undo": "A message cannot be called back.", "confirm": "cfm_x"});
        let planned = Planned {
            facts: facts.as_object().cloned().unwrap(),
            challenge: None,
        };
        assert_eq!(
            plain(&plan(&planned)),
            "3 shoppers get an alert.\n- Rosa\n- and 2 more\nA message cannot be called back.\nTo go ahead: the same command with --handle cfm_x"
        );
    }

    #[test]
    fn a_files_name_chooses_its_form() {
        let form = |name: &str| fitting(Some(Path::new(name)));
        assert_eq!(form("a.CSV"), Form::Csv);
        assert_eq!(form("a.json"), Form::Json);
        assert_eq!(form("a"), Form::Text);
    }
}
