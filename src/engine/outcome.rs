//! How a call that did not fail has ended.

use serde_json::{Map, Value, json};

use super::shape::{Marks, Shown};
use super::{Picture, Planned, Totals};

/// The ways a call can end, but for errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A read's answer is complete, or v1 has done a write within the call.
    Ok,
    /// The API took a write; only a read-back proves its effect.
    Accepted,
    /// Nothing was sent: this is what the call would do.
    Planned,
    /// A job is still at work.
    Running,
    /// It was done before: this is the receipt, and nothing was sent now.
    Replayed,
    /// The answer was lost and no read-back could tell what happened.
    OutcomeUnknown,
}

impl Status {
    /// The name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Accepted => "accepted",
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Replayed => "replayed",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }
}

/// Where a list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows in this answer.
    pub shown: usize,
    /// Rows that match; `None` while it is not known.
    pub total: Option<u64>,
    /// Leads to the next rows.
    pub next_cursor: Option<String>,
    /// Whether the rows lack fields that nobody asked to leave out.
    pub concise: bool,
}

impl Page {
    /// As the envelope carries it.
    fn to_json(&self) -> Value {
        let mut out =
            json!({"shown": self.shown, "total": self.total, "next_cursor": self.next_cursor});
        if let (true, Value::Object(map)) = (self.concise, &mut out) {
            map.insert("detail".into(), json!("concise"));
        }
        out
    }
}

/// A job on the API's side.
#[derive(Debug, Clone, PartialEq)]
pub struct JobInfo {
    /// Name of the action that met it.
    pub action: String,
    /// Id.
    pub job_id: String,
    /// State, as the API names it.
    pub status: &'static str,
    /// Percent done.
    pub progress: u64,
    /// Items in all.
    pub total: u64,
    /// Items done.
    pub processed: u64,
    /// The action that goes on waiting, with its arguments.
    pub resume: Option<(String, Map<String, Value>)>,
}

/// A file that can be read as a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its address.
    pub uri: String,
    /// Its file name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// A call's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The action's answer, shaped.
    pub data: Option<Shown>,
    /// Where the rows stand in `data`, when it is a list.
    pub rows_key: Option<String>,
    /// Where a list stands.
    pub page: Option<Page>,
    /// What all rows of a list add up to, also those not shown.
    pub totals: Option<Totals>,
    /// What the call would do, when it was only planned.
    pub plan: Option<Planned>,
    /// The job behind it.
    pub job: Option<JobInfo>,
    /// Id of the receipt of an effect.
    pub receipt: Option<String>,
    /// What to know or do next.
    pub note: Option<String>,
    /// The file behind it.
    pub resource: Option<Resource>,
    /// The answer, drawn.
    pub picture: Option<Box<Picture>>,
    /// Whether a part of the answer is not shown that another read may show.
    pub(super) lacks_rest: bool,
    /// Where the answer holds text of others.
    pub(super) marks: Marks,
}

impl Outcome {
    /// A result that holds nothing but how it ended.
    pub const fn new(status: Status) -> Self {
        Self {
            status,
            data: None,
            rows_key: None,
            page: None,
            totals: None,
            plan: None,
            job: None,
            receipt: None,
            note: None,
            resource: None,
            picture: None,
            lacks_rest: false,
            marks: Marks::none(),
        }
    }

    /// Adds a sentence to the note.
    pub fn add_note(&mut self, sentence: &str) {
        match &mut self.note {
            Some(note) => {
                note.push(' ');
                note.push_str(sentence);
            }
            None => self.note = Some(sentence.to_owned()),
        }
    }

    /// Adds the rows of the next page, and stands where that one stands.
    pub fn append(&mut self, next: Self) {
        let key = next.rows_key.unwrap_or_default();
        let mut theirs = next.data.map(Shown::into_value);
        let rows = theirs.as_mut().and_then(|body| body.get_mut(&key));
        if let Some(Value::Array(rows)) = rows
            && let Some(shown) = self.data.take()
        {
            let mut body = shown.into_value();
            if let Some(Value::Array(ours)) = body.get_mut(&key) {
                ours.append(rows);
            }
            // Both were shaped when they came.
            self.data = Some(Shown::kept(body));
        }
        self.page = match (self.page.take(), next.page) {
            (Some(before), Some(page)) => Some(Page {
                shown: before.shown + page.shown,
                concise: before.concise || page.concise,
                ..page
            }),
            (before, page) => page.or(before),
        };
        self.totals = self.totals.take().or(next.totals);
        self.marks.columns.extend(next.marks.columns);
        self.marks.beside |= next.marks.beside;
        self.note = next.note;
    }

    /// The envelope, as `structuredContent` carries it. Takes the data out of the outcome.
    pub fn into_structured(self) -> Map<String, Value> {
        let mut out = Map::new();
        out.insert("status".into(), json!(self.status.as_str()));
        if let Some(data) = self.data {
            out.insert("data".into(), data.into_value());
        }
        if let Some(page) = self.page {
            out.insert("page".into(), page.to_json());
        }
        if let Some(totals) = self.totals {
            out.insert("totals".into(), totals.to_json());
        }
        if let Some(plan) = self.plan {
            out.insert("plan".into(), Value::Object(plan.facts));
        }
        if let Some(job) = self.job {
            out.insert("job".into(), job.to_json());
        }
        if let Some(receipt) = self.receipt {
            out.insert("receipt".into(), json!(receipt));
        }
        if let Some(note) = self.note {
            out.insert("note".into(), json!(note));
        }
        out
    }
}

impl JobInfo {
    /// As the envelope carries it.
    pub fn to_json(&self) -> Value {
        let mut out = json!({"job_id": self.job_id, "status": self.status,
            "progress": self.progress, "total": self.total, "processed": self.processed});
        if let (Some((action, arguments)), Value::Object(map)) = (&self.resume, &mut out) {
            map.insert("resume_action".into(), json!(action));
            map.insert("resume_arguments".into(), Value::Object(arguments.clone()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: Value, shown: usize, next: Option<&str>) -> Outcome {
        let mut outcome = Outcome::new(Status::Ok);
        outcome.data = Some(Shown::ours(json!({"currency": "USD", "rows": rows})));
        outcome.rows_key = Some("rows".to_owned());
        outcome.page = Some(Page {
            shown,
            total: Some(3),
            next_cursor: next.map(str::to_owned),
            concise: false,
        });
        outcome
    }

    #[test]
    fn pages_add_up_to_the_whole_list() {
        let mut whole = page(json!([1, 2]), 2, Some("c"));
        whole.append(page(json!([3]), 1, None));
        let shown = Value::Object(whole.into_structured());
        let wanted = json!({"status": "ok", "data": {"currency": "USD", "rows": [1, 2, 3]},
            "page": {"shown": 3, "total": 3, "next_cursor": null}});
        assert_eq!(shown, wanted);
    }
}
