//! From validated arguments to the API's request, with our own arguments set apart.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::cursor;
use super::seal::Seal;
use super::shape::Choice;
use super::totals::CURRENCY;
use super::window::{Asked, Window, page_of};
use super::{CallError, ErrorKind};
use crate::observe;
use crate::registry::entry::{Handler, Method};
use crate::registry::transform::{self, CHART, DEFAULT_LIMIT, MAX_WAIT_SECONDS, texts};
use crate::registry::{Action, schema};
use crate::safety::personal::Masker;
use crate::upstream::{ApiRequest, Sieve};

/// RFC 3986's unreserved characters stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const MAX_SEGMENT: usize = 255;

/// A request and what is wanted of its answer.
#[derive(Debug)]
pub(super) struct Prepared {
    pub request: ApiRequest,
    /// The arguments as validated, ours taken out: for read-backs.
    pub arguments: Map<String, Value>,
    pub window: Option<Window>,
    pub choice: Choice,
    /// Whether a picture was asked for.
    pub chart: bool,
    /// How long to wait for a job, when the caller says so.
    pub wait: Option<Duration>,
    /// Seals the next cursor.
    pub seal: Seal,
    /// How personal data is shown in the answer; masked unless told otherwise.
    pub masker: Arc<Masker>,
}

impl Prepared {
    /// The same, with personal data shown so.
    pub(super) fn shown_by(self, masker: &Arc<Masker>) -> Self {
        Self {
            masker: Arc::clone(masker),
            ..self
        }
    }
}

/// Makes the request.
pub(super) fn build(
    action: &Action,
    mut arguments: Map<String, Value>,
    seal: &Seal,
) -> Result<Prepared, CallError> {
    // Where nothing is paged here, an argument of the API's may have the name of one of ours.
    let is_theirs = |name: &str| {
        action.rows().is_none()
            && schema::properties(action.request_schema())
                .is_some_and(|properties| properties.contains_key(name))
    };
    let own = |arguments: &mut Map<String, Value>, name: &str| match is_theirs(name) {
        true => None,
        false => arguments.shift_remove(name),
    };
    let limit = own(&mut arguments, "limit").and_then(|value| value.as_u64());
    let cursor = own(&mut arguments, "cursor");
    let page = own(&mut arguments, "page").and_then(|value| value.as_u64());
    let per_page = own(&mut arguments, "per_page").and_then(|value| value.as_u64());
    let detail = own(&mut arguments, "detail");
    let fields = texts(own(&mut arguments, "fields").as_ref());
    let chart = own(&mut arguments, CHART) == Some(Value::Bool(true));
    let clear = texts(own(&mut arguments, "clear").as_ref());
    let wait = own(&mut arguments, "wait_seconds")
        .and_then(|value| value.as_u64())
        .map(|seconds| Duration::from_secs(seconds.min(MAX_WAIT_SECONDS)));
    let choice = choice(action, fields, detail.as_ref(), &arguments);
    let mut parameters = arguments.clone();
    let path = path(action, &mut parameters)?;
    let mut window = None;
    if let Some(rows) = action.rows() {
        let query = match (action.entry().handler, arguments.get("job_id")) {
            // The rows of an export are the job's, whichever action of the toolset shows them.
            (Handler::Job | Handler::Export, _) => action.entry().toolset.clone(),
            (Handler::Request | Handler::Local, _) => cursor::query(action.name(), &arguments),
        };
        let asked = Asked {
            limit: limit.or(per_page),
            page,
            cursor: cursor.as_ref().and_then(Value::as_str),
        };
        let sparse = rows.sparse.iter().any(|name| arguments.contains_key(name));
        let found = asked.window(action, rows, query, sparse, seal)?;
        if rows.paged {
            let (page, per_page) = match found.walk {
                Some(walk) => (walk.page, rows.max),
                None => page_of(found.offset, found.limit.unwrap_or(DEFAULT_LIMIT), rows.max),
            };
            parameters.insert("page".into(), json!(page));
            parameters.insert("per_page".into(), json!(per_page));
        }
        let page_start = match (
            rows.paged,
            parameters.get("page"),
            parameters.get("per_page"),
        ) {
            (true, Some(page), Some(per_page)) => {
                (page.as_u64().unwrap_or(1) - 1) * per_page.as_u64().unwrap_or(DEFAULT_LIMIT)
            }
            _ => 0,
        };
        window = Some(Window {
            page_start,
            ..found
        });
    }
    let parameters = transform::to_request(action, parameters, &clear);
    Ok(Prepared {
        request: ApiRequest {
            api: action.entry().api,
            method: action.entry().method,
            path,
            template: observe::template(&action.entry().path),
            parameters_in: action.entry().parameters_in(),
            parameters,
            sieve: None,
        },
        arguments,
        window,
        choice,
        chart,
        wait,
        seal: seal.clone(),
        masker: Arc::new(Masker::masked()),
    })
}

/// What is wanted of a job that an action submitted before: its first rows, if it has rows.
pub(super) fn of_job(
    action: &Action,
    path: &str,
    wait: Duration,
    seal: &Seal,
) -> Result<Prepared, CallError> {
    let asked = Asked {
        limit: None,
        page: None,
        cursor: None,
    };
    let rows = action.rows();
    let window =
        rows.map(|rows| asked.window(action, rows, action.toolset().to_owned(), false, seal));
    Ok(Prepared {
        request: ApiRequest::v2(Method::Get, path, Map::new()),
        arguments: Map::new(),
        window: window.transpose()?,
        choice: choice(action, Vec::new(), None, &Map::new()),
        chart: false,
        wait: Some(wait),
        seal: seal.clone(),
        masker: Arc::new(Masker::masked()),
    })
}

/// Which fields of the rows are shown: the named ones; else what matters most, unless all were asked
/// for or an argument of the API's has chosen them already.
fn choice(
    action: &Action,
    fields: Vec<String>,
    detail: Option<&Value>,
    arguments: &Map<String, Value>,
) -> Choice {
    let concise = &action.entry().concise;
    let is_chosen = arguments.keys().any(|name| {
        let piece = schema::at(action.request_schema(), name);
        piece.and_then(|piece| piece.get("x-shapes")) == Some(&json!("fields"))
    });
    if !fields.is_empty() {
        Choice::Fields(fields)
    } else if concise.is_empty() || is_chosen || detail == Some(&json!("full")) {
        Choice::All
    } else {
        Choice::Concise(concise.clone())
    }
}

/// Which fields of the rows a read of a list needs: those that are shown, and those that are added up.
pub(super) fn sieve(action: &Action, choice: &Choice) -> Option<Sieve> {
    let rows = action.rows()?;
    match (action.entry().method, action.entry().handler) {
        (Method::Get, Handler::Request) => {}
        (
            Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete,
            Handler::Request | Handler::Job | Handler::Export | Handler::Local,
        ) => return None,
    }
    let shown = match choice {
        Choice::All => return None,
        Choice::Concise(fields) | Choice::Fields(fields) => fields,
    };
    let added = rows.sums.iter().map(|sum| sum.path.as_str());
    let currency = rows.has_currency.then_some(CURRENCY);
    let paths = shown.iter().map(String::as_str).chain(added);
    let mut fields: Vec<String> = Vec::new();
    for path in paths.chain(currency) {
        let field = path.split('.').next().unwrap_or(path);
        if !fields.iter().any(|known| known == field) {
            fields.push(field.to_owned());
        }
    }
    Some(Sieve {
        rows: rows.key.clone(),
        fields,
    })
}

/// Fills the placeholders, taking them out of the arguments.
fn path(action: &Action, arguments: &mut Map<String, Value>) -> Result<String, CallError> {
    let mut out = String::new();
    for segment in action.entry().path.split('/').skip(1) {
        out.push('/');
        match segment.strip_prefix(':') {
            None => out.push_str(segment),
            Some(name) => {
                let value = arguments.shift_remove(name).unwrap_or_default();
                let text = match &value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        String::new()
                    }
                };
                if let Some(reason) = unusable(&text) {
                    return Err(CallError::new(
                        ErrorKind::Arguments,
                        format!("`{}` was not called: `{name}` {reason}.", action.name()),
                        "Pass the id exactly as a list action printed it.",
                    ));
                }
                out.extend(utf8_percent_encode(&text, SEGMENT));
            }
        }
    }
    Ok(out)
}

/// Why a text cannot be one path segment; `.` and `..` would climb out of the path.
fn unusable(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    if text.len() > MAX_SEGMENT {
        return Some(format!("is longer than {MAX_SEGMENT} bytes"));
    }
    if text.chars().any(char::is_control) {
        return Some("holds a control character".to_owned());
    }
    if matches!(text, "." | "..") {
        return Some("is not an id".to_owned());
    }
    None
}

#[cfg(test)]
impl Prepared {
    /// A request of no action, to shape rows with.
    pub(super) fn of_choice(choice: Choice, seal: Seal) -> Self {
        use crate::registry::entry::{Api, Method, ParametersIn};
        Self {
            request: ApiRequest {
                api: Api::V2,
                method: Method::Get,
                path: "/rows".to_owned(),
                template: None,
                parameters_in: ParametersIn::Query,
                parameters: Map::new(),
                sieve: None,
            },
            arguments: Map::new(),
            window: None,
            choice,
            chart: false,
            wait: Some(Duration::ZERO),
            seal,
            masker: Arc::new(Masker::masked()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::seal::tests::some;
    use crate::registry::Registry;

    #[test]
    fn named_fields_beat_detail_and_both_beat_what_the_registry_chose() {
        let registry = Registry::bundled().unwrap();
        let chosen = |action: &str, arguments: Value| {
            let Value::Object(arguments) = arguments else {
                panic!("an object");
            };
            let action = registry.get(action).unwrap();
            build(action, arguments, &some()).unwrap().choice
        };
        let offers = "preorders_offers_list";
        let concise = Choice::Concise(vec!["id".into(), "name".into(), "state".into()]);
        let named = Choice::Fields(vec!["name".into()]);
        assert_eq!(chosen(offers, json!({})), concise);
        assert_eq!(chosen(offers, json!({"fields": []})), concise);
        assert_eq!(chosen(offers, json!({"detail": "concise"})), concise);
        assert_eq!(chosen(offers, json!({"detail": "full"})), Choice::All);
        for detail in ["concise", "full"] {
            let both = json!({"fields": ["name"], "detail": detail});
            assert_eq!(chosen(offers, both), named);
        }
        // Rows that are short, and rows whose figures were asked for one by one, are whole.
        assert_eq!(
            chosen("back_in_stock_reports_signups", json!({})),
            Choice::All
        );
        let figures = json!({"metrics": ["deposits"]});
        assert_eq!(chosen("preorders_reports_by_date", figures), Choice::All);
    }

    #[test]
    fn no_text_climbs_out_of_its_segment() {
        for bad in ["", " ", ".", "..", "a\0b", "a\nb", &"x".repeat(256)] {
            assert!(unusable(bad).is_some(), "{bad:?}");
        }
        let encode = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
        assert_eq!(encode("a/b"), "a%2Fb");
        assert_eq!(encode("../x"), "..%2Fx");
        assert_eq!(encode("%2f"), "%252f");
        assert_eq!(encode("ä?#"), "%C3%A4%3F%23");
        assert_eq!(encode("6f9d1c0e-7c1b"), "6f9d1c0e-7c1b");
    }
}
