//! Live data of a prompt: reads through the funnel, and how they are shown.

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::engine::{self, Call, CallError, Engine, Outcome};
use crate::knowledge::figures::plain;
use crate::text;

/// Most characters of a line computed here.
const LINE: usize = 400;

/// What the reads of one prompt share.
pub(super) struct Live<'a> {
    pub engine: &'a Arc<Engine>,
    /// Fires when the client gives up.
    pub cancel: &'a CancellationToken,
}

impl Live<'_> {
    /// Reads through the funnel, as the tool of that name would.
    pub(super) async fn read(&self, action: &'static str, arguments: Value) -> Read {
        let arguments = match arguments {
            Value::Object(map) => map,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        let call = Call {
            cancel: self.cancel.clone(),
            ..Call::new(action, arguments.clone())
        };
        // On the heap: a prompt has many at a time.
        let result = self.engine.call(call).boxed().await;
        Read {
            action,
            arguments,
            result,
        }
    }
}

/// One read, done.
pub(super) struct Read {
    action: &'static str,
    arguments: Map<String, Value>,
    pub result: Result<Outcome, CallError>,
}

impl Read {
    /// What was answered; null when nothing was.
    pub(super) fn data(&self) -> &Value {
        let outcome = self.result.as_ref().ok();
        outcome
            .and_then(|outcome| outcome.data.as_ref())
            .map_or(&Value::Null, |data| data)
    }

    /// The rows of a list; nothing when it could not be read.
    pub(super) fn rows(&self) -> Option<&[Value]> {
        let key = self.result.as_ref().ok()?.rows_key.as_ref()?;
        self.data().get(key)?.as_array().map(Vec::as_slice)
    }

    /// How many rows match.
    pub(super) fn total(&self) -> Option<u64> {
        let page = self.result.as_ref().ok()?.page.as_ref()?;
        page.total
    }

    /// How many rows match, or why that is not known.
    pub(super) fn count(&self) -> String {
        match (&self.result, self.total()) {
            (Ok(_), Some(total)) => total.to_string(),
            (Ok(_), None) => "not known".to_owned(),
            (Err(error), _) => format!("could not be read: {error}"),
        }
    }

    /// Leads to the next rows.
    pub(super) fn next_cursor(&self) -> Option<String> {
        let page = self.result.as_ref().ok()?.page.as_ref()?;
        page.next_cursor.clone()
    }

    /// As a part of the prompt.
    pub(super) fn part(&self, heading: &str) -> Part {
        let source = format!(
            "`{}` {}",
            self.action,
            Value::Object(self.arguments.clone())
        );
        Part {
            heading: heading.to_owned(),
            source,
            body: self
                .result
                .as_ref()
                .map(engine::text)
                .map_err(ToString::to_string),
        }
    }
}

/// One piece of the live data.
pub(super) struct Part {
    heading: String,
    source: String,
    body: Result<String, String>,
}

impl Part {
    /// Lines that were computed here from what was read.
    pub(super) fn computed(heading: &str, lines: impl IntoIterator<Item = String>) -> Self {
        let lines: Vec<String> = lines
            .into_iter()
            .map(|line| text::line(&line, LINE))
            .collect();
        Self {
            heading: heading.to_owned(),
            source: "Computed by the server from the reads.".to_owned(),
            body: Ok(lines.join("\n")),
        }
    }

    /// Whether it could not be read.
    pub(super) fn has_failed(&self) -> bool {
        self.body.is_err()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "## {}\n\n{}\n\n", self.heading, self.source)?;
        match &self.body {
            // Nothing inside may look like the end of the fence.
            Ok(text) => write!(out, "<data>\n{}\n</data>", text.replace("</", "<\\/")),
            Err(error) => write!(out, "**Could not be read.** {error}"),
        }
    }
}

/// Arguments with more of them.
pub(super) fn merged(some: &Value, more: Value) -> Value {
    let mut all = some.as_object().cloned().unwrap_or_default();
    if let Value::Object(more) = more {
        all.extend(more);
    }
    Value::Object(all)
}

/// A row's id and titles, in words.
pub(super) fn variant(row: &Value) -> String {
    let part = |name: &str| row.get(name).map(plain).unwrap_or_default();
    format!(
        "{} {} / {}",
        part("shopify_variant_id"),
        part("product_title"),
        part("variant_title")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_fence_early() {
        let part = Part::computed("What", ["a </data> b\nc\u{202e}".to_owned()]);
        assert_eq!(
            part.to_string(),
            "## What\n\nComputed by the server from the reads.\n\n<data>\na <\\/data> b c\n</data>"
        );
        assert!(!part.has_failed());
    }
}
