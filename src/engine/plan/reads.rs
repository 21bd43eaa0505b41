//! The reads of a plan: what they cost is counted, and none of many records is read singly while a
//! list shows them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::{CallError, Engine, Run, error, request};
use super::words::count;
use crate::registry::entry::{Class, Method};
use crate::upstream::{Priority, Repeat, UpstreamError};

/// Points that one plan may cost; a shop has 360 a minute for everything (vendor docs: Rate Limits).
pub const PLAN_POINTS: u32 = 12;
/// So many records are as cheap to read singly as by a list.
const FEW: u64 = 1;

/// The reads of one plan.
pub(super) struct Reads<'a> {
    engine: &'a Engine,
    run: &'a Run<'a>,
    spent: u32,
}

/// One page of a list.
pub(super) struct Listed {
    pub(super) rows: Vec<Value>,
    /// Rows on all pages.
    pub(super) total: u64,
    /// Pages in all.
    pub(super) pages: u64,
}

/// Where records of one kind are read.
pub(super) struct Kind {
    /// Reads one.
    pub(super) reader: &'static str,
    /// Its placeholder.
    pub(super) placeholder: &'static str,
    /// Lists many.
    pub(super) list: &'static str,
    /// The filter under which the list also shows a record's neighbours, and its value.
    pub(super) neighbours: fn(&Value) -> Option<(&'static str, Value)>,
}

/// What was found of wanted records.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By id.
    pub(super) records: BTreeMap<String, Value>,
    /// Ids that the API does not know.
    pub(super) missing: BTreeSet<String>,
    /// Ids that were not looked at, for what it would have cost.
    pub(super) unseen: BTreeSet<String>,
    /// How the API says that one is not there.
    refusal: Option<UpstreamError>,
}

impl Found {
    pub(super) fn missing(&self) -> u64 {
        count(self.missing.len())
    }

    pub(super) fn unseen(&self) -> u64 {
        count(self.unseen.len())
    }

    /// The error of the call, when none of its records is there.
    pub(super) fn or_refused(mut self, reads: &Reads<'_>) -> Result<Self, CallError> {
        let refusal = self.refusal.take();
        let is_none = self.records.is_empty() && self.unseen.is_empty();
        match refusal.filter(|_| is_none) {
            Some(refusal) => Err(error::from_upstream(reads.run.action, refusal)),
            None => Ok(self),
        }
    }
}

impl<'a> Reads<'a> {
    pub(super) fn new(engine: &'a Engine, run: &'a Run<'a>) -> Self {
        Self {
            engine,
            run,
            spent: 0,
        }
    }

    pub(super) fn spent(&self) -> u32 {
        self.spent
    }

    /// Whether another read lies within the budget.
    pub(super) fn may_read(&self) -> bool {
        self.spent < PLAN_POINTS
    }

    pub(super) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.engine.upstream.clock()
    }

    /// One read; anything but a read is refused here, whatever the registry says.
    async fn send(
        &mut self,
        reader: &str,
        arguments: Map<String, Value>,
        page: Option<u64>,
    ) -> Result<Value, UpstreamError> {
        let unusable = || UpstreamError::Setup {
            reason: format!("the read `{reader}` of the plan cannot be made"),
        };
        let action = self.engine.registry.get(reader).filter(|action| {
            action.entry().method == Method::Get && action.entry().class == Class::Read
        });
        let action = action.ok_or_else(unusable)?;
        let built = request::build(action, arguments, &self.engine.seal);
        let mut request = built.map_err(|_| unusable())?.request;
        if let (Some(page), Some(rows)) = (page, action.rows()) {
            request.parameters.insert("page".to_owned(), page.into());
            request
                .parameters
                .insert("per_page".to_owned(), rows.max.into());
        }
        self.spent += request.points();
        let answer = self
            .engine
            .upstream
            .send(&request, Repeat::Safe, Priority::Normal, self.run.deadline)
            .await?;
        // What is told of it is polished with the plan.
        Ok(answer.body.into_unshown())
    }

    /// A record that the plan cannot do without.
    pub(super) async fn record(
        &mut self,
        reader: &str,
        arguments: Map<String, Value>,
    ) -> Result<Value, CallError> {
        let found = self.send(reader, arguments, None).await;
        found.map_err(|failure| error::from_upstream(self.run.action, failure))
    }

    /// A fact that only makes the plan plainer: without it the plan is made all the same.
    pub(super) async fn perhaps(
        &mut self,
        reader: &str,
        arguments: Map<String, Value>,
        page: Option<u64>,
    ) -> Option<Value> {
        if !self.may_read() {
            return None;
        }
        self.send(reader, arguments, page).await.ok()
    }

    /// A page of a list.
    pub(super) async fn page(
        &mut self,
        list: &str,
        filters: Map<String, Value>,
        page: u64,
    ) -> Result<Listed, CallError> {
        let body = self.send(list, filters, Some(page)).await;
        let mut body = body.map_err(|failure| error::from_upstream(self.run.action, failure))?;
        let rows = self.engine.registry.get(list).and_then(|it| it.rows());
        let (key, most) = rows.map_or(("", 1), |rows| (rows.key.as_str(), rows.max));
        let total = body.pointer("/meta/total_count").and_then(Value::as_u64);
        let rows = match body.get_mut(key).map(Value::take) {
            Some(Value::Array(rows)) => rows,
            Some(_) | None => Vec::new(),
        };
        let total = total.unwrap_or_else(|| count(rows.len()));
        Ok(Listed {
            rows,
            total,
            pages: total.div_ceil(most.max(1)),
        })
    }

    /// All rows of a list, or as many as the budget allows with `kept` points left; and their total.
    pub(super) async fn all(
        &mut self,
        list: &str,
        filters: &Map<String, Value>,
        kept: u32,
    ) -> Result<(Vec<Value>, u64), CallError> {
        let first = self.page(list, filters.clone(), 1).await?;
        let (mut rows, total) = (first.rows, first.total);
        for page in 2..=first.pages {
            if self.spent + kept >= PLAN_POINTS {
                break;
            }
            rows.extend(self.page(list, filters.clone(), page).await?.rows);
        }
        Ok((rows, total))
    }

    /// Looks for records. The first of them shows by which filter its neighbours are listed; what no
    /// list shows is read singly; what the budget does not reach stays unseen.
    /// `kept` points are left for what else the plan reads.
    pub(super) async fn look(
        &mut self,
        kind: &Kind,
        ids: BTreeSet<String>,
        kept: u32,
    ) -> Result<Found, CallError> {
        let mut found = Found {
            unseen: ids,
            ..Found::default()
        };
        let limit = PLAN_POINTS.saturating_sub(kept);
        // More than can be read singly: if the whole list is short, it shows them all.
        if found.unseen() > u64::from(limit) {
            self.walk(kind, Map::new(), &mut found, limit).await?;
        }
        let mut walked: Vec<(&'static str, Value)> = Vec::new();
        let mut pays = true;
        while self.spent < limit {
            let Some(id) = found.unseen.pop_first() else {
                break;
            };
            let arguments =
                Map::from_iter([(kind.placeholder.to_owned(), Value::from(id.clone()))]);
            let record = match self.send(kind.reader, arguments, None).await {
                Ok(record) => record,
                Err(refusal @ UpstreamError::NotFound { .. }) => {
                    found.missing.insert(id);
                    found.refusal = Some(refusal);
                    continue;
                }
                Err(failure) => return Err(error::from_upstream(self.run.action, failure)),
            };
            let neighbours = (kind.neighbours)(&record);
            found.records.insert(id, record);
            let left = u64::from(limit.saturating_sub(self.spent));
            let is_wanted = found.unseen() > left || (pays && found.unseen() > FEW);
            let new = neighbours.filter(|filter| is_wanted && !walked.contains(filter));
            if let Some(filter) = new {
                let before = (found.unseen(), self.spent);
                let filters = Map::from_iter([(filter.0.to_owned(), filter.1.clone())]);
                self.walk(kind, filters, &mut found, limit).await?;
                let (gained, paid) = (before.0 - found.unseen(), self.spent - before.1);
                pays = gained > u64::from(paid);
                walked.push(filter);
            }
        }
        Ok(found)
    }

    /// Takes what a list shows of the unseen, while it can be gone through within the limit and its
    /// pages are cheaper than reading them singly.
    async fn walk(
        &mut self,
        kind: &Kind,
        filters: Map<String, Value>,
        found: &mut Found,
        limit: u32,
    ) -> Result<(), CallError> {
        let (mut page, mut pages) = (1, 1);
        loop {
            let rest = u64::from(limit.saturating_sub(self.spent));
            let to_come = (pages + 1_u64).saturating_sub(page);
            if to_come == 0 || to_come > rest || to_come >= found.unseen() {
                return Ok(());
            }
            let listed = self.page(kind.list, filters.clone(), page).await?;
            pages = listed.pages;
            page += 1;
            for row in listed.rows {
                let id = id_of(row.get("id"));
                if let Some(id) = id.filter(|id| found.unseen.remove(id)) {
                    found.records.insert(id, row);
                }
            }
        }
    }
}

/// An id as a text, in the one spelling the API uses.
pub(super) fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_ascii_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
