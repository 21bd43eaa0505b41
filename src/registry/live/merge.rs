//! A published manifest over the bundled registry.
//!
//! Matched by verb and path. What both know keeps the registry's entry and takes the published
//! request form where that really differs; what only the manifest knows is offered with care; what
//! it lacks is withdrawn. The v1 APIs have no manifest: their actions stay.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::form::{self, Known};
use super::published::shape;
use super::{Listed, Published, Report, mend, offer};
use crate::registry::entry::{Api, Entry, Method, RegistryFile};
use crate::registry::lint::client_findings;
use crate::registry::manifest::wire_form;
use crate::registry::transform::OURS;
use crate::registry::{Action, Registry, RegistryError, placeholders, schema, vendor_name};

const ORIGIN: &str = "live registry";

/// The registry to work from, and how it came about.
#[derive(Debug)]
pub struct Merged {
    /// The registry.
    pub registry: Registry,
    /// What of the manifest could not be used, or changed more than the form of a request.
    pub report: Report,
    /// Actions that only the manifest knows.
    pub added: usize,
    /// Actions that the manifest lacks.
    pub withdrawn: usize,
    /// Actions whose request takes the published form.
    pub changed: usize,
}

/// Merges.
///
/// # Errors
/// When the result contradicts itself, which the rules above rule out.
pub fn merge(bundled: &Registry, published: &Published) -> Result<Merged, RegistryError> {
    let mut work = Work {
        listed: published
            .actions
            .iter()
            .map(|listed| (listed.shape(), listed))
            .collect(),
        taken: bundled
            .actions()
            .iter()
            .flat_map(|action| action.entry().names().cloned())
            .collect(),
        defs: bundled
            .actions()
            .first()
            .map_or_else(Arc::default, |action| Arc::clone(&action.defs)),
        report: published.report.clone(),
        entries: Vec::new(),
        changed: 0,
    };
    let mut withdrawn = 0;
    for action in bundled.actions() {
        match action.entry().api {
            Api::V1 | Api::V1Public | Api::Local => work.entries.push(action.entry().clone()),
            Api::V2 => {
                let call = (action.entry().method, shape(&action.entry().path));
                match work.listed.remove(&call) {
                    Some(listed) => work.known(action, listed),
                    None => withdrawn += 1,
                }
            }
        }
    }
    let known = work.entries.len();
    for listed in &published.actions {
        if work.listed.contains_key(&listed.shape()) {
            work.offer(listed);
        }
    }
    let added = work.entries.len() - known;
    mend::mend(&mut work.entries, &work.defs, &mut work.report);
    let file = RegistryFile {
        schema: None,
        version: bundled.version.clone(),
        base_path: bundled.base_path.clone(),
        defs: Arc::unwrap_or_clone(work.defs),
        actions: work.entries,
    };
    Ok(Merged {
        registry: Registry::build(file, "", ORIGIN)?,
        report: work.report,
        added,
        withdrawn,
        changed: work.changed,
    })
}

struct Work<'a> {
    /// What no action of the registry was found for yet.
    listed: HashMap<(Method, String), &'a Listed>,
    /// Names of the registry, also those withdrawn: a client may trust them.
    taken: HashSet<String>,
    defs: Arc<Map<String, Value>>,
    report: Report,
    entries: Vec<Entry>,
    changed: usize,
}

impl Work<'_> {
    /// An action that both know.
    fn known(&mut self, action: &Action, listed: &Listed) {
        let mut entry = action.entry().clone();
        if entry.action != listed.action {
            entry.action.clone_from(&listed.action);
            let hosted = vendor_name(&entry.path, &listed.action);
            if hosted.len() <= offer::MAX_LONG_NAME && self.taken.insert(hosted.clone()) {
                entry.also_known_as.push(hosted);
            }
        }
        match self.request(action, listed) {
            Ok(Some(request)) => {
                entry.request_schema = request.into();
                entry.wire_schema = None;
                if self.take(entry) {
                    self.changed += 1;
                } else {
                    self.entries.push(action.entry().clone());
                }
            }
            Ok(None) => self.entries.push(entry),
            Err(why) => {
                let what = format!("the built-in request form stays: {why}");
                self.report.add(&listed.call(), &what);
                self.entries.push(entry);
            }
        }
    }

    /// The published request form; `None` when it is the registry's.
    fn request(&mut self, action: &Action, listed: &Listed) -> Result<Option<Value>, String> {
        let Some(request) = &listed.request else {
            return Ok(None);
        };
        let printed = wire_form(&action.wire_schema());
        let Value::Object(printed_map) = &printed else {
            return Ok(None);
        };
        if printed_map == request {
            return Ok(None);
        }
        let reserved: Vec<&str> = action.placeholders().chain(OURS).collect();
        let known = Known {
            form: action.request_schema(),
            printed: &printed,
        };
        let call = listed.call();
        let report = &mut self.report;
        let form = form::request(request, Some(known), &reserved, &mut |what| {
            report.add(&call, &what);
        })?;
        Ok((!same(&form, action.request_schema())).then_some(form))
    }

    /// An action that only the manifest knows.
    fn offer(&mut self, listed: &Listed) {
        let call = listed.call();
        match self.offered(listed) {
            Ok(entry) => {
                self.taken.extend(entry.names().cloned());
                self.take(entry);
            }
            Err(why) => self.report.add(&call, &format!("left out: {why}")),
        }
    }

    fn offered(&mut self, listed: &Listed) -> Result<Entry, String> {
        // Why it is not usable stands in the report.
        let request = listed
            .request
            .as_ref()
            .ok_or("without a request form it cannot be called")?;
        // With an answer of unknown form nothing is paged here, so the other names are the API's.
        let reserved: Vec<&str> = placeholders(&listed.path).chain(["clear"]).collect();
        let name = offer::name(listed, &self.taken)?;
        let call = listed.call();
        let report = &mut self.report;
        let form = form::request(request, None, &reserved, &mut |what| {
            report.add(&call, &what);
        })?;
        Ok(offer::entry(listed, name, form))
    }

    /// Keeps an entry whose request form is new, when clients can read it.
    fn take(&mut self, mut entry: Entry) -> bool {
        let call = format!("{} {}", entry.method.as_str(), entry.path);
        let action = Action::new(entry.clone(), Arc::clone(&self.defs));
        if let Some((rule, what)) = client_findings(action.input_schema(), &[]).first() {
            let what = format!("its request form is not usable: {rule}: {what}");
            self.report.add(&call, &what);
            return false;
        }
        entry.examples.retain(|example| {
            let arguments = Value::Object(example.arguments.clone());
            action
                .input_validator()
                .is_some_and(|validator| validator.is_valid(&arguments))
        });
        self.entries.push(entry);
        true
    }
}

/// Whether two request forms ask for the same, whatever the order.
fn same(a: &Value, b: &Value) -> bool {
    let required = |form: &Value| -> HashSet<String> {
        let names = form.get("required").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let properties = |form| schema::properties(form).filter(|all: &&Map<_, _>| !all.is_empty());
    properties(a) == properties(b) && required(a) == required(b)
}
