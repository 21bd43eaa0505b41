//! Shapes an answer for its reader: chosen fields, whole rows within the token budget, and only what
//! conforms to the form that was promised.

mod budget;
mod empty;
mod page;
mod polish;
mod select;
mod shown;

use serde_json::Value;

use super::conform::{WHOLE, conform};
use super::request::Prepared;
use super::{Outcome, Totals};
use crate::registry::entry::Method;
use crate::registry::{Action, schema};
use crate::upstream::Foreign;

pub(super) use budget::MOST_ROWS;
use budget::fitting;
pub(super) use polish::Polish;
pub(super) use select::{Choice, chosen, fitted, put};
pub(super) use shown::Marks;
pub use shown::Shown;

/// Paths named when something was left out.
const NAMED: usize = 3;

/// Puts an answer into an outcome.
pub(super) fn shape(
    action: &Action,
    prepared: &Prepared,
    body: Foreign<Value>,
    outcome: Outcome,
) -> Outcome {
    finish(action, prepared, body.into_unshown(), None, outcome)
}

/// The same for rows that were gathered from several pages and cut already.
pub(super) fn shape_walked(
    action: &Action,
    prepared: &Prepared,
    body: Foreign<Value>,
    columns: Vec<String>,
    mut outcome: Outcome,
) -> Outcome {
    outcome.rows_key = action.rows().map(|rows| rows.key.clone());
    empty::explain(action, prepared, &mut outcome);
    keep(
        action,
        prepared,
        body.into_unshown(),
        Some(columns),
        outcome,
    )
}

/// Rows that are fit to be shown, and the columns of them that hold text of others.
pub(super) fn polished(
    action: &Action,
    prepared: &Prepared,
    mut rows: Vec<Value>,
) -> (Vec<Value>, Vec<String>) {
    let form = action.row_form();
    let mut polish = Polish::new(&prepared.masker);
    for row in &mut rows {
        polish.value(form, row);
    }
    (rows, polish.into_foreign())
}

/// What is known of a job, with the keys of an action's answer.
pub(super) fn shape_state(action: &Action, prepared: &Prepared, mut state: Value) -> Shown {
    Polish::new(&prepared.masker).value(Some(action.form()), &mut state);
    Shown::shaped(state)
}

/// An export job, and the sums over its file.
pub(super) struct OfJob<'a> {
    pub job_id: &'a str,
    pub totals: Option<Totals>,
    /// The columns of its rows, which are polished, that hold text of others.
    pub columns: Vec<String>,
}

/// The same for the rows of an export, whose cursor leads back to its job.
pub(super) fn shape_job(
    action: &Action,
    prepared: &Prepared,
    body: Foreign<Value>,
    job: OfJob<'_>,
    outcome: Outcome,
) -> Outcome {
    finish(action, prepared, body.into_unshown(), Some(job), outcome)
}

fn finish(
    action: &Action,
    prepared: &Prepared,
    mut body: Value,
    job: Option<OfJob<'_>>,
    mut outcome: Outcome,
) -> Outcome {
    let mut columns = None;
    if let (Some(rows), Some(window)) = (action.rows(), &prepared.window) {
        page::list_of_one(action, rows, &mut body);
        let fit = |rows: Vec<Value>| polished(action, prepared, rows);
        if let Some(cut) = page::cut(rows, window, prepared, job, fit, &mut body) {
            outcome.page = Some(cut.page);
            outcome.totals = cut.totals;
            outcome.rows_key = Some(rows.key.clone());
            columns = Some(cut.columns);
        }
        empty::explain(action, prepared, &mut outcome);
    }
    keep(action, prepared, body, columns, outcome)
}

/// Makes the rest fit to be shown, keeps what conforms, and says what does not. Rows of which the
/// columns are given are fit already.
fn keep(
    action: &Action,
    prepared: &Prepared,
    mut body: Value,
    columns: Option<Vec<String>>,
    mut outcome: Outcome,
) -> Outcome {
    let mut polish = Polish::new(&prepared.masker);
    let done = columns.as_ref().and(outcome.rows_key.as_deref());
    polish.beside(action.form(), &mut body, done);
    outcome.marks = Marks {
        columns: columns.unwrap_or_default(),
        beside: !polish.into_foreign().is_empty(),
    };
    let mut left_out = conform(action, &mut body);
    if body.is_null() && left_out.is_empty() && action.entry().method == Method::Get {
        left_out.push(WHOLE.to_owned());
    }
    if schema::properties(action.response_schema()).is_none() && !budget::fits(&body) {
        outcome.add_note(
            "The answer is too large to show, and as its form is not known, no part of it can be chosen; narrow it with the action's own arguments.",
        );
        body = Value::Null;
    }
    if let (Some(rows), Some(_)) = (action.rows(), &prepared.window) {
        match (
            &mut outcome.page,
            body.get(&rows.key).and_then(Value::as_array),
        ) {
            // Rows that did not conform are gone; the cursor still stands where the API's page ends.
            (Some(page), Some(kept)) => page.shown = kept.len(),
            (Some(_), None) => {
                outcome.page = None;
                outcome.totals = None;
            }
            // A list without its rows must not look like an empty one.
            (None, _) if !body.is_null() && !left_out.contains(&rows.key) => {
                left_out.push(rows.key.clone());
            }
            (None, _) => {}
        }
    }
    if !left_out.is_empty() {
        let named: Vec<&str> = left_out.iter().take(NAMED).map(String::as_str).collect();
        let more = left_out.len().saturating_sub(named.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        outcome.add_note(&format!(
            "Left out, as the API's answer does not have the registry's form there: {}{more}.",
            named.join(", ")
        ));
    }
    let rows = outcome.page.as_ref().and(outcome.rows_key.as_deref());
    let cuts = budget::cut(&mut body, rows);
    if !cuts.is_empty() {
        tell_cuts(prepared, &cuts, &mut outcome);
    }
    outcome.data = (!body.is_null()).then_some(body).map(Shown::shaped);
    outcome
}

/// Says which lists of an answer are not whole, and how to see the rest.
fn tell_cuts(prepared: &Prepared, cuts: &[budget::Cut], outcome: &mut Outcome) {
    let told: Vec<String> = cuts.iter().map(ToString::to_string).collect();
    outcome.add_note(&format!("Too large to show whole: {}.", told.join(", ")));
    let lists = prepared.arguments.iter().filter_map(|(name, value)| {
        let length = value
            .as_array()
            .map(Vec::len)
            .filter(|length| *length > 1)?;
        Some((length, name))
    });
    match lists.max() {
        Some((_, name)) => outcome.add_note(&format!(
            "What is not shown counts all the same; pass fewer `{name}` in a call to see every entry."
        )),
        None => outcome.lacks_rest = true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::engine::seal::tests::some;
    use crate::engine::{Status, request};
    use crate::registry::Registry;

    fn shaped(action: &Action, arguments: Value, body: Value) -> Outcome {
        let Value::Object(arguments) = arguments else {
            panic!("an object");
        };
        let prepared = request::build(action, arguments, &some()).unwrap();
        shape(
            action,
            &prepared,
            Foreign::new(body),
            Outcome::new(Status::Accepted),
        )
    }

    #[test]
    fn an_answer_of_unknown_form_is_shown_whole_or_not_at_all() {
        let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [{
            "name": "a_go", "action": "go", "title": "A", "description": "A.",
            "phrases": [], "toolset": "a", "api": "v2", "method": "POST", "path": "/a",
            "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
            "class": "send", "handler": "request", "idempotent": false, "retry": "once",
            "provenance": "live", "examples": []}]});
        let registry = Registry::parse(&text.to_string(), "test").unwrap();
        let action = registry.get("a_go").unwrap();
        let small = json!({"any": [1, {"thing": null}]});
        let shown = shaped(action, json!(Map::new()), small.clone());
        assert_eq!((shown.data, shown.note), (Some(Shown::ours(small)), None));
        let large = json!({"any": "x1".repeat(MOST_ROWS)});
        let large = shaped(action, json!(Map::new()), large);
        assert_eq!(
            (large.data, large.note.as_deref()),
            (
                None,
                Some(
                    "The answer is too large to show, and as its form is not known, no part of it can be chosen; narrow it with the action's own arguments."
                )
            )
        );
    }

    #[test]
    fn a_bulk_answer_is_cut_where_it_shows() {
        let registry = Registry::bundled().unwrap();
        let action = registry.get("back_in_stock_signups_bulk_notify").unwrap();
        let ids: Vec<Value> = (0..500)
            .map(|n| json!(format!("519f1b00-7c4e-4000-8a00-{n:012}")))
            .collect();
        let body = json!({"success": ids, "blocked": [], "failed": []});
        let told = shaped(action, json!({"signup_ids": ids}), body);
        let data = told.data.unwrap();
        assert!(action.data_validator().unwrap().is_valid(&data));
        let shown = data["success"].as_array().unwrap().len();
        assert!((100..500).contains(&shown), "{shown}");
        assert_eq!(
            told.note.unwrap(),
            format!(
                "Too large to show whole: `success` has {shown} of 500 entries. What is not shown counts all the same; pass fewer `signup_ids` in a call to see every entry."
            )
        );
        assert!(!told.lacks_rest);
    }
}
