//! Export files: fetched through their signed link, given back as rows and as a resource.

use std::borrow::Cow;
use std::ops::Range;

use chrono::Utc;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::job::{Followed, job_path, state_data};
use super::request::Prepared;
use super::shape::{OfJob, Polish};
use super::totals::Tally;
use super::window::Window;
use super::{
    CallError, Engine, ErrorKind, JobInfo, Outcome, Resource, Run, Status, error, personal, render,
    shape,
};
use crate::registry::entry::Handler;
use crate::registry::form::Form;
use crate::registry::schema;
use crate::safety::personal::Resolved;
use crate::upstream::{CALL_DEADLINE, Download, Foreign, JobState, JobStatus, UpstreamError};

const SCHEME: &str = "stoq://exports/";

/// An export file, for people: cells that a spreadsheet would run are made inert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Its name.
    pub name: String,
    /// Its CSV text.
    pub text: String,
}

/// Address of an export file as a resource.
pub(super) fn uri(toolset: &str, job_id: &str) -> String {
    format!("{SCHEME}{toolset}/{job_id}.csv")
}

impl Engine {
    /// Templates of the resources that exports leave behind: address and toolset.
    pub fn export_templates(&self) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for action in self.registry.actions() {
            let entry = action.entry();
            if entry.handler == Handler::Export
                && !found.iter().any(|(_, toolset)| *toolset == entry.toolset)
            {
                found.push((uri(&entry.toolset, "{job_id}"), entry.toolset.clone()));
            }
        }
        found
    }

    /// Reads an export file by its address, with a new link each time; nothing is kept here.
    ///
    /// # Errors
    /// When the address is none of ours, or the job is unknown, expired or not ready.
    pub async fn export_file(&self, address: &str) -> Result<ExportFile, CallError> {
        let result = self.read_file(address).await;
        personal::flush(&self.masker, Utc::now().timestamp_millis()).await;
        result.map_err(|error| personal::failed(&self.masker, &Resolved::default(), error))
    }

    async fn read_file(&self, address: &str) -> Result<ExportFile, CallError> {
        let unknown = || {
            CallError::new(
                ErrorKind::Refused,
                "There is no such resource.",
                "Export files have addresses as the export actions give them.",
            )
        };
        let (toolset, job_id) = address
            .strip_prefix(SCHEME)
            .and_then(|rest| rest.strip_suffix(".csv"))
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(unknown)?;
        let reader = self.job_reader(toolset).ok_or_else(unknown)?;
        let path = job_path(reader, job_id).ok_or_else(unknown)?;
        let _slot = self.slot()?;
        let deadline = Instant::now() + CALL_DEADLINE;
        let fail = |failure| error::from_upstream(reader, failure);
        let state = self.upstream.poll(&path, deadline).await.map_err(fail)?;
        let file = self.file(&path, state, deadline).await.map_err(fail)?;
        let text = file.text.unshown();
        let columns = self.columns(toolset, &heads(text).map_err(fail)?);
        Ok(ExportFile {
            name: file.file_name.unwrap_or_else(|| format!("{job_id}.csv")),
            text: render::shown_csv(text, &columns, &self.masker),
        })
    }

    /// The result of an export that is ready.
    pub(super) async fn fetched(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        job: &Followed<'_>,
        state: JobState,
        info: JobInfo,
    ) -> Result<Outcome, CallError> {
        let fail = |failure| error::from_upstream(run.action, failure);
        let mut data = state_data(run.action, job, &state);
        let file = self
            .file(&job.path, state, run.deadline)
            .await
            .map_err(fail)?;
        let toolset = &run.action.entry().toolset;
        let wanted = prepared.window.as_ref().map_or(0..usize::MAX, wanted);
        let mut tally = run
            .action
            .rows()
            .map(|rows| Tally::new(rows, &prepared.choice));
        let text = file.text.unshown();
        let columns = self.columns(toolset, &heads(text).map_err(fail)?);
        let mut rows = parse(text, &columns, &wanted, tally.as_mut()).map_err(fail)?;
        let mut polish = Polish::new(&prepared.masker);
        let form = Form::of(&json!({"properties": columns}));
        for row in &mut rows {
            polish.value(Some(&form), row);
        }
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let name = file
            .file_name
            .unwrap_or_else(|| format!("{}.csv", job.job_id));
        if let Value::Object(map) = &mut data {
            map.insert("file_name".into(), json!(name));
            map.insert("rows".into(), Value::Array(rows));
        }
        let mut outcome = Outcome::new(Status::Ok);
        outcome.job = Some(info);
        outcome.resource = Some(Resource {
            uri: uri(toolset, &job.job_id),
            name,
            rows: count,
        });
        Ok(shape::shape_job(
            run.action,
            prepared,
            Foreign::new(data),
            OfJob {
                job_id: &job.job_id,
                totals: tally.and_then(Tally::finish),
                columns: polish.into_foreign(),
            },
            outcome,
        ))
    }

    /// Fetches the file; a link that has gone stale is asked for once more.
    async fn file(
        &self,
        path: &str,
        state: JobState,
        deadline: Instant,
    ) -> Result<Download, UpstreamError> {
        let first = self.download(&state, deadline).await;
        match first {
            Err(UpstreamError::Download { .. }) if state.status == JobStatus::Ready => {
                let state = self.upstream.poll(path, deadline).await?;
                self.download(&state, deadline).await
            }
            other => other,
        }
    }

    async fn download(
        &self,
        state: &JobState,
        deadline: Instant,
    ) -> Result<Download, UpstreamError> {
        match &state.download_url {
            Some(link) => self.upstream.download(link, deadline).await,
            None => Err(UpstreamError::Download {
                reason: format!("the job is {}, not ready", state.status.as_str()),
            }),
        }
    }

    /// Schemas of the columns of a file with these heads: those of the toolset's export that has just
    /// these, or else of all of them, where what is personal in one is taken for personal.
    fn columns(&self, toolset: &str, heads: &[String]) -> Map<String, Value> {
        let mut columns: Map<String, Value> = Map::new();
        for action in self.registry.actions() {
            let entry = action.entry();
            if entry.toolset != toolset || entry.handler != Handler::Export {
                continue;
            }
            let row = schema::properties(action.response_schema())
                .and_then(|properties| properties.get("rows")?.get("items"))
                .and_then(schema::properties);
            let Some(row) = row else { continue };
            if row.len() == heads.len() && heads.iter().all(|head| row.contains_key(head)) {
                return row.clone();
            }
            for (name, piece) in row {
                let known = columns.get(name);
                if known.is_none_or(|known| known.get("x-pii").is_none()) {
                    columns.insert(name.clone(), piece.clone());
                }
            }
        }
        columns
    }
}

/// The rows that one answer can show at most.
fn wanted(window: &Window) -> Range<usize> {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let from = count(window.offset);
    let most = window.limit.map_or(shape::MOST_ROWS, count);
    from..from.saturating_add(most)
}

/// The heads of a CSV text.
fn heads(text: &str) -> Result<Vec<String>, UpstreamError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|error| broken(&error))?;
    Ok(heads.iter().map(str::to_owned).collect())
}

fn broken(error: &csv::Error) -> UpstreamError {
    // What the reader says may hold a piece of the file.
    let reason = match error.position() {
        Some(position) => format!("it is cut or not CSV in line {}", position.line()),
        None => "it is cut or not CSV".to_owned(),
    };
    UpstreamError::Download { reason }
}

/// The rows of a CSV text, each cell typed as its column is; an empty cell is null. Rows that are
/// not wanted are only counted, as nulls, and added up: a file may be large, and one answer shows
/// little of it.
fn parse(
    text: &str,
    columns: &Map<String, Value>,
    wanted: &Range<usize>,
    mut tally: Option<&mut Tally<'_>>,
) -> Result<Vec<Value>, UpstreamError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| broken(&error))?.clone();
    reader
        .records()
        .enumerate()
        .map(|(index, record)| {
            let record = record.map_err(|error| broken(&error))?;
            if let Some(tally) = &mut tally {
                tally.add(|name| {
                    let column = headers.iter().position(|header| header == name)?;
                    let cell = record.get(column).filter(|cell| !cell.is_empty())?;
                    Some(Cow::Owned(cell.to_owned()))
                });
            }
            if !wanted.contains(&index) {
                return Ok(Value::Null);
            }
            let cells = headers
                .iter()
                .zip(record.iter())
                .map(|(name, cell)| (name.to_owned(), typed(cell, columns.get(name))));
            Ok(Value::Object(cells.collect()))
        })
        .collect()
}

fn typed(cell: &str, piece: Option<&Value>) -> Value {
    if cell.is_empty() {
        return Value::Null;
    }
    let parsed = match piece.and_then(schema::scalar_type) {
        Some("integer") => cell.parse::<i64>().ok().map(Value::from),
        Some("number") => cell.parse::<f64>().ok().map(Value::from),
        Some("boolean") => cell.parse::<bool>().ok().map(Value::from),
        Some(_) | None => None,
    };
    parsed.unwrap_or_else(|| Value::String(cell.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::shape::Choice;
    use crate::registry::transform::{Additive, Rows};

    #[test]
    fn cells_are_typed_by_their_column() {
        let columns = json!({"date": {"type": "string"}, "signups": {"type": "integer"},
            "rate": {"type": "number"}, "revenue": {"type": "string"}});
        let rows = parse(
            "date,signups,rate,revenue,new\r\n2026-03-02,6,0.4,236.00,\r\n\"a,b\",,x,1,7\r\n",
            columns.as_object().unwrap(),
            &(0..2),
            None,
        );
        assert_eq!(
            rows.unwrap(),
            [
                json!({"date": "2026-03-02", "signups": 6, "rate": 0.4, "revenue": "236.00", "new": null}),
                json!({"date": "a,b", "signups": null, "rate": "x", "revenue": "1", "new": "7"}),
            ]
        );
    }

    #[test]
    fn a_cut_file_is_an_error() {
        assert!(parse("a,b\r\n1,2\r\n3", &Map::new(), &(0..1), None).is_err());
    }

    #[test]
    fn rows_that_are_not_wanted_are_counted_and_added_up() {
        let list = Rows {
            key: "rows".into(),
            paged: false,
            max: 500,
            sparse: Vec::new(),
            sums: vec![Additive {
                path: "a".into(),
                is_text: false,
            }],
            has_currency: true,
        };
        let mut tally = Tally::new(&list, &Choice::All);
        let text = "a,currency\r\n1,USD\r\n2,USD\r\n,USD\r\n";
        let rows = parse(text, &Map::new(), &(1..2), Some(&mut tally));
        let shown = json!({"a": "2", "currency": "USD"});
        assert_eq!(rows.unwrap(), [Value::Null, shown, Value::Null]);
        assert_eq!(tally.finish().unwrap().to_line(), "3 rows; USD a 3");
    }
}
