//! What happened to a write whose answer was lost: read-backs and natural keys.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::request::{self, Prepared};
use super::{Engine, Outcome, Run, Status, shape};
use crate::registry::entry::{Method, Proof, ReadBack};
use crate::registry::transform::Rows;
use crate::registry::{Action, template};
use crate::safety::personal::Masker;
use crate::text::line;
use crate::upstream::{Foreign, Priority, Repeat, UpstreamError};

/// Pause between the two looks for a record by its natural key.
const SECOND_LOOK: Duration = Duration::from_secs(2);
/// The API prints whole seconds, and its clock may run a little behind.
const CLOCK_SLACK: chrono::Duration = chrono::Duration::seconds(2);

/// Most characters of the arguments that a note repeats.
const ARGUMENTS_CHARS: usize = 400;

/// What a read-back shows.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It took effect; with the record, when that has the form of the write's answer.
    Happened(Option<Foreign<Value>>),
    /// It did not.
    NotHappened,
    /// It cannot be told.
    Unknown,
}

/// A moment as the API writes it.
fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A sentence that says how to see whether a write happened.
pub(super) fn how_to_check(
    action: &Action,
    arguments: &Map<String, Value>,
    call_time: Option<&str>,
    masker: &Masker,
) -> String {
    match &action.entry().read_back {
        Some(read_back) => {
            let filled = template::fill(&read_back.arguments, arguments, call_time);
            // Before it is cut: half an address would not be known for one.
            let filled = Value::Object(filled).to_string();
            let filled = line(&masker.text(&filled), ARGUMENTS_CHARS);
            format!("Check with `{}` {filled}.", read_back.action)
        }
        None => "Check with the matching read action.".to_owned(),
    }
}

/// The result of a write that a read-back has shown.
pub(super) fn happened(
    action: &Action,
    prepared: &Prepared,
    body: Option<Foreign<Value>>,
) -> Outcome {
    let outcome = Outcome::new(Status::Accepted);
    let mut outcome = match body {
        Some(body) => shape::shape(action, prepared, body, outcome),
        None => outcome,
    };
    outcome.add_note("The API's answer was lost, but reading back shows that it took effect.");
    outcome
}

impl Engine {
    /// A moment before which a call cannot have taken effect, by the API's clock. Unknown before the
    /// API has told the time: a check that starts too late would show that nothing happened.
    pub(super) fn call_time(&self, started: Instant) -> Option<String> {
        self.upstream
            .knows_clock()
            .then(|| timestamp(self.upstream.clock_at(started) - CLOCK_SLACK))
    }

    /// Reads back what a repeatable write should have left.
    pub(super) async fn read_back(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        started: Instant,
    ) -> Verdict {
        let Some(read_back) = &run.action.entry().read_back else {
            return Verdict::Unknown;
        };
        if !tells_apart(read_back, &prepared.arguments) {
            return Verdict::Unknown;
        }
        let reader = self.registry.get(&read_back.action);
        let rows = reader.and_then(Action::rows);
        let found = self.look(run, read_back, prepared, started).await;
        match (read_back.proof, found) {
            (Proof::Gone, Err(UpstreamError::NotFound { .. })) => Verdict::Happened(None),
            (Proof::Gone, Ok(_)) => Verdict::NotHappened,
            (Proof::Patched, Ok(body)) => {
                let wanted = match expected(read_back, prepared) {
                    Some(wanted) => wanted,
                    None => Value::Object(prepared.request.parameters.clone()),
                };
                // A list that is narrowed to one record proves it by its row.
                let read = body.unshown();
                let row = rows.and_then(|rows| only_row(rows, read));
                if holds(&wanted, row.unwrap_or(read)) {
                    Verdict::Happened(rows.is_none().then_some(body))
                } else {
                    Verdict::NotHappened
                }
            }
            (Proof::Created, Ok(body)) => {
                match self.newest(read_back, prepared, body.unshown(), started) {
                    // A row of the other API has another form than the write's answer.
                    Some(row) => {
                        let same = reader
                            .is_some_and(|reader| reader.entry().api == run.action.entry().api);
                        Verdict::Happened(same.then_some(row))
                    }
                    None => Verdict::NotHappened,
                }
            }
            (Proof::Inspect, _) | (_, Err(_)) => Verdict::Unknown,
        }
    }

    /// Looks a created record up by its natural key, twice; one that is not found may still come.
    pub(super) async fn look_up(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        started: Instant,
    ) -> Verdict {
        for look in 0..2 {
            if look > 0 {
                if Instant::now() + SECOND_LOOK >= run.deadline {
                    break;
                }
                tokio::time::sleep(SECOND_LOOK).await;
            }
            if let Verdict::Happened(row) = self.read_back(run, prepared, started).await {
                return Verdict::Happened(row);
            }
        }
        Verdict::Unknown
    }

    async fn look(
        &self,
        run: &Run<'_>,
        read_back: &ReadBack,
        prepared: &Prepared,
        started: Instant,
    ) -> Result<Foreign<Value>, UpstreamError> {
        let unusable = || UpstreamError::Setup {
            reason: "the registry's read-back cannot be made".to_owned(),
        };
        let action = self
            .registry
            .get(&read_back.action)
            .filter(|action| action.entry().method == Method::Get)
            .ok_or_else(unusable)?;
        let call_time = self.call_time(started);
        let arguments = template::fill(
            &read_back.arguments,
            &prepared.arguments,
            call_time.as_deref(),
        );
        let request = request::build(action, arguments, &self.seal).map_err(|_| unusable())?;
        let answer = self
            .upstream
            .send(
                &request.request,
                Repeat::Safe,
                Priority::Commit,
                run.deadline,
            )
            .await?;
        Ok(answer.body)
    }

    /// The newest row that was created after the write was sent, by the API's clock, and holds what
    /// it should.
    fn newest(
        &self,
        read_back: &ReadBack,
        prepared: &Prepared,
        body: &Value,
        started: Instant,
    ) -> Option<Foreign<Value>> {
        let wanted = expected(read_back, prepared).unwrap_or_else(|| Value::Object(Map::new()));
        let rows = self.registry.get(&read_back.action)?.rows()?;
        let since = self.upstream.clock_at(started) - CLOCK_SLACK;
        let created = |row: &Value| {
            let text = row.get("created_at")?.as_str()?;
            let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
            (at >= since).then_some(at)
        };
        body.get(&rows.key)?
            .as_array()?
            .iter()
            .filter(|row| holds(&wanted, row))
            .filter_map(|row| Some((created(row)?, row)))
            .max_by_key(|(at, _)| *at)
            .map(|(_, row)| Foreign::new(row.clone()))
    }
}

/// The row of a list that holds one alone.
fn only_row<'a>(rows: &Rows, body: &'a Value) -> Option<&'a Value> {
    match body.get(&rows.key)?.as_array()?.as_slice() {
        [row] => Some(row),
        _ => None,
    }
}

/// Whether the write gave what its read needs to tell its record from others'.
fn tells_apart(read_back: &ReadBack, arguments: &Map<String, Value>) -> bool {
    let given =
        |name: &String| template::lookup(arguments, name).is_some_and(|value| !value.is_null());
    read_back.key.is_empty() || read_back.key.iter().any(given)
}

/// What the answer of a read-back must hold, when its entry says so.
fn expected(read_back: &ReadBack, prepared: &Prepared) -> Option<Value> {
    if read_back.holds.is_empty() {
        return None;
    }
    let mut known = prepared.arguments.clone();
    known.extend(prepared.request.parameters.clone());
    Some(template::fill_nested(&read_back.holds, &known))
}

/// Whether everything that was sent stands in what was read; what was cleared may be gone.
fn holds(sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Object(sent), Value::Object(read)) => {
            sent.iter().all(|(name, value)| match read.get(name) {
                Some(found) => holds(value, found),
                None => value.is_null(),
            })
        }
        (Value::String(sent), Value::String(read)) => {
            sent == read || sent.trim() == read || same_moment(sent, read)
        }
        (Value::Number(sent), Value::Number(read)) => sent.as_f64() == read.as_f64(),
        // Money is sent as a number and read as a decimal text.
        (Value::Number(sent), Value::String(read)) => sent.as_f64() == read.parse().ok(),
        (Value::String(sent), Value::Number(read)) => sent.trim().parse().ok() == read.as_f64(),
        _ => sent == read,
    }
}

/// Whether two texts are the same moment; a bare date is the beginning of its day.
fn same_moment(sent: &str, read: &str) -> bool {
    let moment = |text: &str| {
        let whole = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
        whole.ok().or_else(|| {
            let day: NaiveDate = text.parse().ok()?;
            Some(day.and_time(NaiveTime::MIN).and_utc())
        })
    };
    moment(sent.trim()).is_some_and(|sent| Some(sent) == moment(read))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_half_of_an_address_is_left_where_the_way_to_check_is_cut() {
        let registry = crate::registry::Registry::bundled().unwrap();
        let action = registry.get("back_in_stock_signups_create").unwrap();
        for length in 0..ARGUMENTS_CHARS {
            let local = format!("{}.lind", "r".repeat(length));
            let arguments = json!({"variant_id": 7, "email": format!("{local}@example.com")});
            let arguments = arguments.as_object().unwrap();
            let told = how_to_check(action, arguments, None, &Masker::masked());
            assert!(
                told.contains("\"r***@example.com\"") || length == 0,
                "{told}"
            );
            assert!(!told.contains("lind"), "{told}");
        }
    }

    #[test]
    fn a_patch_holds_when_every_field_sent_reads_back() {
        let read = json!({"batching": {"enabled": true, "size": 50}, "location_ids": [1, 2], "mail": null});
        assert!(holds(&json!({"batching": {"enabled": true}}), &read));
        assert!(holds(&json!({"mail": null, "location_ids": [1, 2]}), &read));
        assert!(!holds(&json!({"batching": {"enabled": false}}), &read));
        assert!(!holds(&json!({"location_ids": [2, 1]}), &read));
        assert!(!holds(&json!({"absent": 1}), &read));
        assert!(holds(&json!({"absent": null}), &read));
    }

    #[test]
    fn what_is_sent_and_read_in_different_forms_is_still_the_same() {
        let read = json!({"amount": "20.00", "suffix": " left", "title": "A",
            "date": "2026-05-10T00:00:00Z", "due": "2026-04-15T09:00:00Z"});
        for same in [
            json!({"amount": 20}),
            json!({"amount": 20.0}),
            json!({"suffix": " left"}),
            json!({"title": " A "}),
            json!({"date": "2026-05-10"}),
            json!({"due": "2026-04-15T11:00:00+02:00"}),
        ] {
            assert!(holds(&same, &read), "{same}");
        }
        for other in [
            json!({"amount": 20.5}),
            json!({"suffix": "left"}),
            json!({"date": "2026-05-11"}),
            json!({"due": "2026-04-15T09:00:01Z"}),
            json!({"title": 1}),
        ] {
            assert!(!holds(&other, &read), "{other}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_told_apart_proves_nothing() {
        let read_back: ReadBack = serde_json::from_value(json!({"action": "list",
            "arguments": {"email": "{email}"}, "key": ["email", "phone"], "proof": "created"}))
        .unwrap();
        let tells = |arguments: Value| tells_apart(&read_back, arguments.as_object().unwrap());
        assert!(tells(json!({"phone": "15035550101"})));
        assert!(!tells(json!({"push": "token", "email": null})));
    }
}
