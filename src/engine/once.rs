//! At most one effect: the ledger's keys of a call, what it says of them, and the receipt at the end.

use serde_json::{Value, json};

use super::confirm::{Asked, Opened, lost, stateless};
use super::effect::Ended;
use super::request::Prepared;
use super::shape::{Polish, Shown};
use super::{CallError, Engine, ErrorKind, Outcome, Run, Status, verify};
use crate::registry::Action;
use crate::registry::transform::{CONFIRM, IDEMPOTENCY_KEY};
use crate::safety::Confirm;
use crate::safety::audit::types::Refusal;
use crate::safety::ledger::{Begun, Claim, How, Key, Receipt, Reservation};
use crate::safety::personal::Masker;
use crate::safety::store::StoreError;

/// How a call that was sent has ended, as far as the ledger is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The API did it, or took it.
    Done,
    /// It is certain that nothing was done.
    Failed,
    /// Nobody can say.
    Unknown,
}

/// The keys that a call holds: it alone may send.
#[derive(Debug, Default)]
pub(super) struct Held {
    reservations: Vec<Reservation>,
}

impl Held {
    /// Gives the keys back: nothing was sent.
    pub(super) async fn release(self) {
        for reservation in self.reservations {
            if let Err(failure) = reservation.release().await {
                // The lease frees it.
                tracing::warn!(%failure, "a key of the ledger could not be given back");
            }
        }
    }

    /// Says that from now on something may have been sent.
    pub(super) async fn sent(&mut self) -> Result<(), StoreError> {
        for reservation in &mut self.reservations {
            reservation.sent().await?;
        }
        Ok(())
    }

    /// Stores how it ended; gives the id of the receipt. `kept` is asked for what stays of a call that
    /// was done, and not for one that holds no key.
    ///
    /// The proof's key comes first and the window's last, and what follows a failure stays open: so
    /// whatever breaks in between leaves the key that names the doubt to the next plan.
    pub(super) async fn ended(
        self,
        end: End,
        kept: impl Fn() -> Value,
    ) -> Option<Result<String, StoreError>> {
        let (mut first, mut result) = (None, None);
        for reservation in self.reservations.into_iter().rev() {
            let stored = match end {
                End::Done => {
                    let result = result.get_or_insert_with(&kept);
                    reservation.done(result.clone()).await
                }
                End::Failed => reservation.failed().await,
                End::Unknown => reservation.unknown().await,
            };
            match stored {
                Ok(receipt) => first = first.or(Some(Ok(receipt.id))),
                Err(failure) => return Some(Err(failure)),
            }
        }
        first
    }
}

impl Engine {
    /// What a call must be the only one of: the plan that was agreed to, and the caller's key or else
    /// the call itself within a short window.
    pub(super) fn claims(
        &self,
        run: &Run<'_>,
        request: &Prepared,
        (asked, opened): (&Asked, Option<&Opened>),
        call: &str,
    ) -> Vec<Claim> {
        let (shop, principal) = (&self.who.shop, &self.who.principal);
        let is_once = !run.class.is_reversible() || !run.action.entry().idempotent;
        let window = self.guards.repeat_window;
        let mut keys = Vec::new();
        match &asked.key {
            Some(text) => keys.push(Key::caller(shop, principal, text.trim())),
            None if is_once && !window.is_zero() => {
                let name = run.action.name();
                keys.push(Key::window(shop, principal, name, call, window));
            }
            None => {}
        }
        if let Some(opened) = opened {
            keys.push(Key::nonce(shop, principal, &opened.pending.nonce));
        }
        let call_time = self.call_time(tokio::time::Instant::now());
        // The store keeps it in the clear, and it may name the shopper of the call.
        let masker = Masker::masked();
        let check = verify::how_to_check(
            run.action,
            &request.arguments,
            call_time.as_deref(),
            &masker,
        );
        let claim = |key| Claim {
            key,
            shop: shop.clone(),
            principal: principal.clone(),
            action: run.action.name().to_owned(),
            class: run.class,
            digest: call.to_owned(),
            check: check.clone(),
            count: None,
            amount: None,
            confirmed: String::new(),
        };
        keys.into_iter().map(claim).collect()
    }

    /// Ends a call that was made before. What may have happened, and may be asked for anew by a plan
    /// that says so, is given back instead.
    ///
    /// A call that is asked for anew takes a key of its own, made of the receipt that is in doubt: so it
    /// too has one effect, whatever number of plans have named that doubt, and the doubt stays told.
    pub(super) async fn met_before(
        &self,
        run: &Run<'_>,
        claims: &mut [Claim],
    ) -> Result<Option<Receipt>, Ended> {
        let mut doubt = None;
        // What the proof has done already counts before what else is known of the call.
        for claim in claims.iter_mut().rev() {
            loop {
                match self.ledger.met(claim).await {
                    Ok(None) => break,
                    Ok(Some(Begun::Unknown(receipt))) => match self.anew(run, claim, &receipt) {
                        Some(key) => {
                            claim.key = key;
                            doubt = Some(receipt);
                        }
                        None => return Err(refused(run.action, claim, Begun::Unknown(receipt))),
                    },
                    Ok(Some(begun)) => return Err(refused(run.action, claim, begun)),
                    Err(failure) if needs_ledger(run, claim) => {
                        return Err(lost(run.action, &failure));
                    }
                    Err(failure) => {
                        tracing::warn!(%failure, "the ledger was not asked");
                        break;
                    }
                }
            }
        }
        Ok(doubt)
    }

    /// Takes the keys of a call.
    pub(super) async fn hold(&self, run: &Run<'_>, claims: Vec<Claim>) -> Result<Held, Ended> {
        let mut held = Held::default();
        for claim in claims {
            let receipt = held.reservations.first().map(Reservation::id);
            let ended = match self.ledger.begin_as(claim.clone(), receipt).await {
                Ok(Begun::Mine(reservation)) => {
                    held.reservations.push(reservation);
                    continue;
                }
                Ok(begun) => refused(run.action, &claim, begun),
                Err(failure) if needs_ledger(run, &claim) => lost(run.action, &failure),
                Err(failure) => {
                    tracing::warn!(%failure, "the ledger was not asked");
                    continue;
                }
            };
            held.release().await;
            return Err(ended);
        }
        Ok(held)
    }

    /// The key under which a call of unknown outcome may be made again by a plan that says what is
    /// unknown; `None` when it may not.
    fn anew(&self, run: &Run<'_>, claim: &Claim, doubt: &Receipt) -> Option<Key> {
        let window = match claim.key.how() {
            How::Window(window) => window,
            How::Nonce | How::Caller => return None,
        };
        let is_asked = !run.class.is_reversible() && self.guards.confirm != Confirm::Off;
        is_asked.then(|| {
            let call = format!("{} {}", claim.digest, doubt.id);
            Key::window(&claim.shop, &claim.principal, &claim.action, &call, window)
        })
    }
}

/// Whether a call must not be sent while the ledger cannot be asked.
fn needs_ledger(run: &Run<'_>, claim: &Claim) -> bool {
    let is_promised = match claim.key.how() {
        How::Nonce | How::Caller => true,
        How::Window(_) => false,
    };
    is_promised || !run.class.is_reversible()
}

/// The end of a call whose key is not free.
fn refused(action: &Action, claim: &Claim, begun: Begun) -> Ended {
    let name = action.name();
    let repeated = |reason, what: String, next: String| {
        Ended::blocked(reason, CallError::new(ErrorKind::Repeated, what, next))
    };
    match begun {
        Begun::Replay(receipt) => Ended::Over(Box::new(replayed(&receipt, claim.key.how()))),
        Begun::InProgress { since } => repeated(
            Refusal::InProgress,
            format!("`{name}`: the same call has been in progress since {since}."),
            "Nothing was sent now. Call again in some seconds to have its result.".to_owned(),
        ),
        Begun::Unknown(receipt) => repeated(
            Refusal::OutcomeUnknown,
            format!(
                "`{name}`: the same call was sent at {}, and it is unknown whether it took effect (receipt {}).",
                receipt.at, receipt.id
            ),
            format!(
                "Nothing was sent now. {} If it did not take effect, call again with another `{IDEMPOTENCY_KEY}`.",
                receipt.check
            ),
        ),
        Begun::OtherArguments => repeated(
            Refusal::KeyReused,
            format!("`{name}`: that `{IDEMPOTENCY_KEY}` was used for another call."),
            "Nothing was sent. Use a key of its own for each call that is meant.".to_owned(),
        ),
        Begun::Spent => repeated(
            Refusal::WrongProof,
            format!("`{name}`: the plan agreed to was tried, and the API refused it."),
            format!("Nothing was sent now. Call without `{CONFIRM}` to see a new plan."),
        ),
        // Nobody else's answer: keys that are free are the caller's.
        Begun::Mine(_) => Ended::blocked(
            Refusal::Store,
            stateless(action, "the ledger gave a key twice"),
        ),
    }
}

/// The receipt of a call that was done before, as its result.
fn replayed(receipt: &Receipt, how: How) -> Outcome {
    let mut outcome = Outcome::new(Status::Replayed);
    outcome.receipt = Some(receipt.id.clone());
    let result = receipt.result.as_ref();
    let part = |name: &str| result.and_then(|result| result.get(name)).cloned();
    outcome.data = part("data").filter(Value::is_object).map(Shown::kept);
    outcome.add_note(&format!(
        "This was done before, at {}, and nothing was sent now: this is its receipt.",
        receipt.at
    ));
    if let How::Window(window) = how {
        outcome.add_note(&format!(
            "The same call within {} s counts as a repeat; one that is meant again takes another `{IDEMPOTENCY_KEY}`.",
            window.as_secs()
        ));
    }
    if !receipt.left_out.is_empty() {
        let missing = receipt.left_out.join(", ");
        outcome.add_note(&format!("Too long to be kept: {missing}."));
    }
    if let Some(Value::String(note)) = part("note") {
        outcome.add_note(&note);
    }
    if let Some(Value::Object(job)) = part("job") {
        outcome.add_note(&format!("Its job: {}.", Value::Object(job)));
    }
    outcome
}

/// What the ledger keeps of a result: personal data is masked, whatever the caller is shown.
pub(super) fn kept(action: &Action, result: &Result<Outcome, CallError>) -> Value {
    let masker = Masker::masked();
    match result {
        Ok(outcome) => {
            let mut whole = outcome.clone().into_structured();
            if let Some(data) = whole.get_mut("data") {
                Polish::new(&masker).value(Some(action.form()), data);
            }
            if let Some(Value::String(note)) = whole.get_mut("note") {
                *note = masker.text(note).into_owned();
            }
            Value::Object(whole)
        }
        Err(error) => json!({"note": masker.text(&error.to_string())}),
    }
}

/// A sentence of what is unknown of the same call.
pub(super) fn doubtful(receipt: &Receipt) -> String {
    format!(
        "The same call was sent at {}, and it is unknown whether it took effect (receipt {}): going ahead may do it twice. {}",
        receipt.at, receipt.id, receipt.check
    )
}

/// Nothing but how it ended and why.
pub(super) fn bare(status: Status, note: &str) -> Outcome {
    let mut outcome = Outcome::new(status);
    outcome.add_note(note);
    outcome
}
