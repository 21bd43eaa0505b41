//! What has an effect, step by step: the kill switch, the ledger's memory, the plan with its caps and
//! its proof, the day's money, the ledger's keys, the audit trail, and only then the request.
//!
//! Each step may end the call; then nothing was sent. From the moment the ledger says `sent`, whatever
//! is not certainly without effect is of unknown outcome.

use chrono::{DateTime, Utc};
use tokio::time::{Duration, Instant};

use super::confirm::{Asked, Opened, call_digest, lost, stateless};
use super::once::{End, Held, bare, kept};
use super::plan::{self, Plan};
use super::request::Prepared;
use super::{CallError, Engine, ErrorKind, Outcome, Run, Status, verify};
use crate::observe;
use crate::registry::Action;
use crate::registry::entry::{Class, Targets};
use crate::registry::transform::EXPECTED_COUNT;
use crate::safety::Confirm;
use crate::safety::audit::types::{
    self, ActionName, Amount, CallId, Confirmed, Hash, Name, Refusal,
};
use crate::safety::audit::{Event, Subject};
use crate::safety::money::{self, Booked, Booking};
use crate::safety::switch;
use crate::text::line;

/// A call that ends before its request.
#[derive(Debug)]
pub(super) enum Ended {
    /// With this result.
    Over(Box<Outcome>),
    /// With a refusal, and its reason for the audit trail.
    Blocked(Refusal, Box<CallError>),
}

impl Ended {
    pub(super) fn blocked(reason: Refusal, error: CallError) -> Self {
        Self::Blocked(reason, Box::new(error))
    }
}

/// All that was settled before a request may go out.
#[derive(Debug, Default)]
struct Cleared {
    held: Held,
    booked: Vec<Booking>,
    count: Option<u64>,
    amounts: Vec<Amount>,
    confirmed: Option<Confirmed>,
}

impl Cleared {
    /// Adds what is known of the call to an audit line.
    fn about(&self, mut event: Event) -> Event {
        if let Some(count) = self.count {
            event = event.count(count);
        }
        for amount in &self.amounts {
            event = event.amount(amount.clone());
        }
        match self.confirmed {
            Some(confirmed) => event.confirmed(confirmed),
            None => event,
        }
    }
}

impl Engine {
    /// Runs a call that has an effect.
    pub(super) async fn effect(
        &self,
        run: &Run<'_>,
        request: Prepared,
        asked: Asked,
    ) -> Result<Outcome, CallError> {
        let started = Instant::now();
        let call = call_digest(run.action, &request.arguments);
        let subject = self.subject(
            run.action.name(),
            run.class,
            Some(&call),
            asked.client.as_deref(),
        );
        let cleared = match self.before(run, &request, &asked, &call).await {
            Ok(cleared) => cleared,
            Err(ended) => return self.ended_early(&subject, ended, started).await,
        };
        let intent = cleared.about(Event::intent(self.utc(), &subject));
        if let Err(failure) = self.guards.audit.write(intent).await {
            self.undo(cleared).await;
            let error = unrecorded(run.action, &failure.to_string());
            observe::figures().audit_failed();
            tracing::error!(%failure, "the audit trail cannot be written");
            return Err(error);
        }
        self.sent(run, request, cleared, &subject, started).await
    }

    /// The steps that come before the request.
    async fn before(
        &self,
        run: &Run<'_>,
        request: &Prepared,
        asked: &Asked,
        call: &str,
    ) -> Result<Cleared, Ended> {
        self.switched_on(run).await?;
        let is_final = !run.class.is_reversible();
        let opened = match &asked.proof {
            Some(proof) if is_final => Some(self.opened(run.action, proof, call).await?),
            Some(_) | None => None,
        };
        let mut claims = self.claims(run, request, (asked, opened.as_ref()), call);
        // What was done already needs no plan and no proof again.
        let doubt = self.met_before(run, &mut claims).await?;
        let mut cleared = Cleared::default();
        if is_final {
            let plan = self.planned(run, request, asked).await?;
            self.agreed(
                run,
                &plan,
                (&request.arguments, call),
                asked,
                opened.as_ref(),
                doubt.as_ref(),
            )
            .await?;
            let confirmed = self.confirmed(asked, opened.as_ref());
            for claim in &mut claims {
                claim.count = Some(plan.count);
                claim.amount = told(&plan);
                claim.confirmed = word(confirmed).to_owned();
            }
            cleared.count = Some(plan.count);
            cleared.amounts = plan
                .amounts
                .iter()
                .filter_map(|(currency, amount)| Amount::new(amount, currency))
                .collect();
            cleared.confirmed = Some(confirmed);
            cleared.booked = self.book(run.action, &plan).await?;
        }
        match self.hold(run, claims).await {
            Ok(held) => Ok(Cleared { held, ..cleared }),
            Err(ended) => {
                self.undo(cleared).await;
                Err(ended)
            }
        }
    }

    /// Sends the request, and stores how it ended.
    async fn sent(
        &self,
        run: &Run<'_>,
        request: Prepared,
        mut cleared: Cleared,
        subject: &Subject,
        started: Instant,
    ) -> Result<Outcome, CallError> {
        if let Err(failure) = cleared.held.sent().await {
            let event = cleared.about(Event::outcome(self.utc(), subject, types::Status::Failed));
            self.recorded(event).await;
            self.undo(cleared).await;
            return Err(stateless(run.action, &failure.to_string()));
        }
        let check = {
            let call_time = self.call_time(started);
            verify::how_to_check(
                run.action,
                &request.arguments,
                call_time.as_deref(),
                &request.masker,
            )
        };
        let (end, mut result) = judged(run, self.run(run, request).await, &check);
        let points = run.action.entry().points();
        let mut event = cleared
            .about(Event::outcome(self.utc(), subject, status(end, &result)))
            .points(points)
            .took_ms(millis(started.elapsed()));
        if let Some(status) = run.trace.status() {
            event = event.upstream_status(status);
        }
        if end == End::Failed {
            self.unbook(cleared.booked).await;
        }
        let kept = || kept(run.action, &result);
        let stored = cleared.held.ended(end, kept).await;
        if let Ok(outcome) = &mut result {
            match stored {
                Some(Ok(id)) => outcome.receipt = Some(id),
                Some(Err(failure)) => {
                    tracing::error!(%failure, "a receipt could not be stored");
                    outcome.add_note("Its receipt could not be stored: the ledger will call its outcome unknown.");
                }
                None => {}
            }
        }
        self.recorded(event).await;
        result
    }

    /// Ends a call before its request, and says so in the audit trail.
    async fn ended_early(
        &self,
        subject: &Subject,
        ended: Ended,
        started: Instant,
    ) -> Result<Outcome, CallError> {
        match ended {
            Ended::Over(outcome) => {
                let now = self.utc();
                let event = match outcome.status {
                    Status::Replayed => Event::outcome(now, subject, types::Status::Replayed),
                    Status::Ok
                    | Status::Accepted
                    | Status::Planned
                    | Status::Running
                    | Status::OutcomeUnknown => Event::blocked(now, subject, Refusal::Unconfirmed),
                };
                self.recorded(event.took_ms(millis(started.elapsed())))
                    .await;
                Ok(*outcome)
            }
            Ended::Blocked(reason, error) => {
                self.recorded(Event::blocked(self.utc(), subject, reason))
                    .await;
                Err(*error)
            }
        }
    }

    /// Writes down that the policy has refused a call.
    pub(super) async fn blocked(&self, name: &str, client: Option<&str>, refusal: &CallError) {
        if refusal.kind != ErrorKind::Forbidden {
            return;
        }
        let Some(action) = self.registry.get(name) else {
            return;
        };
        let subject = self.subject(action.name(), action.entry().class, None, client);
        let event = Event::blocked(self.utc(), &subject, Refusal::Policy);
        self.recorded(event).await;
    }

    /// Refuses while writes are switched off. When nobody can say whether they are, what cannot be
    /// taken back waits.
    async fn switched_on(&self, run: &Run<'_>) -> Result<(), Ended> {
        match switch::writes_off(self.guards.store.as_ref()).await {
            Ok(None) => Ok(()),
            Ok(Some(off)) => Err(Ended::blocked(
                Refusal::WritesOff,
                CallError::new(
                    ErrorKind::Forbidden,
                    format!(
                        "`{}` was not done: the operator has switched writes off (since {}{}).",
                        run.action.name(),
                        off.since,
                        because(&off)
                    ),
                    "Nothing was sent. Reads go on. The operator can run `stoq-mcp writes on`.",
                ),
            )),
            Err(failure) if run.class.is_reversible() => {
                tracing::warn!(%failure, "the kill switch was not asked");
                Ok(())
            }
            Err(failure) => Err(lost(run.action, &failure)),
        }
    }

    /// What the call would do, within the caps.
    async fn planned(
        &self,
        run: &Run<'_>,
        request: &Prepared,
        asked: &Asked,
    ) -> Result<Plan, Ended> {
        let is_query = matches!(run.action.entry().targets, Some(Targets::Query { .. }));
        let counts_money = run.class == Class::Money && self.guards.caps.money_per_day.is_some();
        let light = plan::light(run.action, run.class, &request.arguments);
        let is_counted = light.count != plan::UNCOUNTED;
        let plan = if self.guards.confirm == Confirm::Off && is_counted && !counts_money {
            light
        } else {
            let made = self.plan(run, request).await;
            made.map_err(|error| Ended::blocked(Refusal::Unplanned, error))?
        }
        .polished(&self.masker);
        self.capped(run.action, &plan)?;
        let wants_count = is_query && !run.action.entry().class.is_reversible();
        match asked.expected_count {
            Some(expected) if expected != plan.count => {
                Err(miscounted(run.action, &plan, expected))
            }
            None if wants_count && self.guards.confirm == Confirm::Off => {
                Err(uncounted(run.action, &plan))
            }
            Some(_) | None => Ok(plan),
        }
    }

    fn capped(&self, action: &Action, plan: &Plan) -> Result<(), Ended> {
        let cap = plan.unit.cap();
        self.guards.caps.check(cap, plan.count).map_err(|most| {
            Ended::blocked(
                Refusal::Cap,
                CallError::new(
                    ErrorKind::Forbidden,
                    format!(
                        "`{}` was not done: it would touch {} {}, and one call may touch {most}.",
                        action.name(),
                        plan.count,
                        plan.unit.noun(plan.count)
                    ),
                    format!(
                        "Nothing was sent. Split it into smaller calls; the operator can set `{}` within its ceiling.",
                        cap.setting()
                    ),
                ),
            )
        })
    }

    /// Books the money of a plan on this day.
    async fn book(&self, action: &Action, plan: &Plan) -> Result<Vec<Booking>, Ended> {
        let (Class::Money, Some(most)) = (plan.class, self.guards.caps.money_per_day) else {
            return Ok(Vec::new());
        };
        if plan.amount_unknown {
            let what = "how much money it moves cannot be read";
            return Err(over_the_day(action, what, most));
        }
        let mut booked = Vec::new();
        for (currency, decimal) in &plan.amounts {
            let ended = match self.book_one(action, (currency, decimal), most).await {
                Ok(booking) => {
                    booked.push(booking);
                    continue;
                }
                Err(ended) => ended,
            };
            self.unbook(booked).await;
            return Err(ended);
        }
        Ok(booked)
    }

    async fn book_one(
        &self,
        action: &Action,
        (currency, decimal): (&str, &str),
        most: u64,
    ) -> Result<Booking, Ended> {
        let Some(amount) = money::Amount::new(decimal, currency) else {
            let what = format!("`{}` is no amount of money", line(decimal, 40));
            return Err(over_the_day(action, &what, most));
        };
        let store = self.guards.store.as_ref();
        match money::book(store, &self.who.shop, self.now(), &amount, Some(most)).await {
            Ok(Booked::Within(booking)) => Ok(booking),
            Ok(Booked::TooMuch(moved)) => {
                let what = format!("it moves {amount}, and {moved} moved today already");
                Err(over_the_day(action, &what, most))
            }
            Err(failure) => Err(lost(action, &failure)),
        }
    }

    async fn unbook(&self, booked: Vec<Booking>) {
        for one in booked {
            let store = self.guards.store.as_ref();
            if let Err(failure) = money::unbook(store, one, self.now()).await {
                // It counts as moved: less may move today, never more.
                tracing::warn!(%failure, "money that did not move stays booked");
            }
        }
    }

    /// Takes back what was settled for a call that is not sent.
    async fn undo(&self, cleared: Cleared) {
        self.unbook(cleared.booked).await;
        cleared.held.release().await;
    }

    fn confirmed(&self, asked: &Asked, opened: Option<&Opened>) -> Confirmed {
        match (self.guards.confirm, opened) {
            (Confirm::Off, _) | (_, None) => Confirmed::Off,
            (Confirm::Elicit | Confirm::Handle, Some(opened)) => {
                match (opened.is_typed(), &asked.client) {
                    (true, Some(_)) => Confirmed::Elicited,
                    (true, None) => Confirmed::Terminal,
                    (false, _) => Confirmed::Handle,
                }
            }
        }
    }

    fn subject(
        &self,
        action: &str,
        class: Class,
        digest: Option<&str>,
        client: Option<&str>,
    ) -> Subject {
        let hash = |text: &str| Hash::try_from(text.to_owned()).ok();
        Subject {
            call: CallId::new(),
            principal: Name::new(&self.who.principal),
            shop: hash(&self.who.shop),
            client: client.map(Name::new),
            action: ActionName::new(action),
            class,
            digest: digest.and_then(hash),
        }
    }

    /// Writes an audit line whose loss must not undo what it tells of.
    async fn recorded(&self, event: Event) {
        if let Err(failure) = self.guards.audit.write(event).await {
            observe::figures().audit_failed();
            tracing::error!(%failure, "a line of the audit trail is lost");
        }
    }

    fn utc(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now()).unwrap_or_default()
    }
}

/// The refusal of money that would pass the bound of a day.
fn over_the_day(action: &Action, what: &str, most: u64) -> Ended {
    Ended::blocked(
        Refusal::MoneyPerDay,
        CallError::new(
            ErrorKind::Forbidden,
            format!(
                "`{}` was not done: {what}, and a day (UTC) may move {most} of each currency.",
                action.name()
            ),
            "Nothing was sent. The operator can set how much: --money-per-day.",
        ),
    )
}

/// How a call that was sent has ended. An error that leaves open what happened becomes a result that
/// says so.
fn judged(
    run: &Run<'_>,
    result: Result<Outcome, CallError>,
    check: &str,
) -> (End, Result<Outcome, CallError>) {
    match result {
        Ok(outcome) => {
            let end = match outcome.status {
                Status::OutcomeUnknown => End::Unknown,
                Status::Ok
                | Status::Accepted
                | Status::Planned
                | Status::Running
                | Status::Replayed => End::Done,
            };
            (end, Ok(outcome))
        }
        Err(error) if run.trace.nothing_done() => (End::Failed, Err(error)),
        // The API has told how it ended.
        Err(error) if error.kind == ErrorKind::JobFailed => (End::Done, Err(error)),
        Err(error) => {
            let note = format!(
                "It is unknown whether it took effect: {} Do not repeat it before you know. {check}",
                error.what
            );
            (End::Unknown, Ok(bare(Status::OutcomeUnknown, &note)))
        }
    }
}

fn status(end: End, result: &Result<Outcome, CallError>) -> types::Status {
    match (end, result) {
        (End::Unknown, _) => types::Status::Unknown,
        (End::Failed, _) => types::Status::Failed,
        (End::Done, Ok(outcome)) => match outcome.status {
            Status::Accepted | Status::Running => types::Status::Accepted,
            Status::Ok | Status::Planned | Status::Replayed | Status::OutcomeUnknown => {
                types::Status::Done
            }
        },
        (End::Done, Err(_)) => types::Status::Done,
    }
}

/// The money of a plan in one text.
fn told(plan: &Plan) -> Option<String> {
    let amounts = plan.amounts.iter();
    let amounts: Vec<String> = amounts
        .map(|(currency, amount)| format!("{amount} {currency}"))
        .collect();
    (!amounts.is_empty()).then(|| amounts.join(", "))
}

/// How a receipt says that it was confirmed.
const fn word(confirmed: Confirmed) -> &'static str {
    match confirmed {
        Confirmed::Elicited => "elicit",
        Confirmed::Terminal => "terminal",
        Confirmed::Handle => "handle",
        Confirmed::Off => "off",
    }
}

fn because(off: &switch::Off) -> String {
    match &off.why {
        Some(why) => format!(": {}", line(why, 120)),
        None => String::new(),
    }
}

fn miscounted(action: &Action, plan: &Plan, expected: u64) -> Ended {
    Ended::blocked(
        Refusal::Changed,
        CallError::new(
            ErrorKind::Unagreed,
            format!(
                "`{}` was not done: `{EXPECTED_COUNT}` is {expected}, and it would touch {} {}.",
                action.name(),
                plan.count,
                plan.unit.noun(plan.count)
            ),
            format!(
                "Nothing was sent. {} Call again with the count that is meant.",
                plan.sentence
            ),
        ),
    )
}

fn uncounted(action: &Action, plan: &Plan) -> Ended {
    Ended::blocked(
        Refusal::Unconfirmed,
        CallError::new(
            ErrorKind::Unagreed,
            format!(
                "`{}` was not done: its arguments do not say how many records it touches. {}",
                action.name(),
                plan.sentence
            ),
            format!(
                "Nothing was sent. Call again with `{EXPECTED_COUNT}`: {}.",
                plan.count
            ),
        ),
    )
}

/// The refusal of a call that could not be written down.
fn unrecorded(action: &Action, failure: &str) -> CallError {
    CallError::new(
        ErrorKind::State,
        format!("`{}` was not done: {}", action.name(), line(failure, 300)),
        "Nothing was sent. Reads go on. The operator mends the audit trail (folder of the setting `state`) and calls again.",
    )
}

/// How long a call took, as the audit trail tells it.
pub(super) fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
