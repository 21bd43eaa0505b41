//! A call that has its key, from there to its end.

use serde_json::Value;

use super::record::{Record, State};
use super::{Ledger, Receipt};
use crate::safety::store::{Space, StoreError};

/// A key that is this call's alone.
///
/// Dropped without an end, its record stays as it is: `reserved` frees the key when its lease is over,
/// `sent` becomes unknown then. So nothing that happened is forgotten, whoever dies.
#[derive(Debug)]
#[must_use = "a call that is dropped keeps its key for as long as a lease"]
pub struct Reservation {
    ledger: Ledger,
    key: String,
    record: Record,
    /// The record as it is stored.
    stored: Vec<u8>,
    /// What may be stored instead: the store failed while it was written.
    doubt: Option<Vec<u8>>,
}

impl Reservation {
    pub(super) fn new(ledger: Ledger, key: String, record: Record, stored: Vec<u8>) -> Self {
        Self {
            ledger,
            key,
            record,
            stored,
            doubt: None,
        }
    }

    /// Id of the receipt that the call will have.
    pub fn id(&self) -> &str {
        &self.record.receipt.id
    }

    /// Says that from now on something may have been sent. Before the first byte goes out, and only once
    /// this returned well.
    ///
    /// # Errors
    /// When the store fails, or the lease was over and the key is another's. Then nothing may be sent,
    /// and [`Reservation::failed`] or [`Reservation::release`] ends the call.
    pub async fn sent(&mut self) -> Result<(), StoreError> {
        if self.record.receipt.state == State::Sent {
            return Ok(());
        }
        self.turn(State::Sent, None).await
    }

    /// It was done; `result` is what the caller is given, personal data masked already.
    ///
    /// # Errors
    /// When the store fails. The record stays `sent`, and so becomes unknown.
    pub async fn done(mut self, result: Value) -> Result<Receipt, StoreError> {
        self.turn(State::Done, Some(result)).await?;
        Ok(self.record.receipt)
    }

    /// It is certain that nothing was done.
    ///
    /// # Errors
    /// When the store fails. What was sent becomes unknown then; what was not sent is free after its
    /// lease.
    pub async fn failed(mut self) -> Result<Receipt, StoreError> {
        self.turn(State::Failed, None).await?;
        Ok(self.record.receipt)
    }

    /// Nobody can say whether it was done.
    ///
    /// # Errors
    /// When the store fails. The record stays `sent`, and so becomes unknown.
    pub async fn unknown(mut self) -> Result<Receipt, StoreError> {
        self.turn(State::Unknown, None).await?;
        Ok(self.record.receipt)
    }

    /// Gives the key back before anything was sent, as if the call had never begun: a confirmation
    /// stays good. A call that may have been sent has failed instead.
    ///
    /// # Errors
    /// When the store fails. The key is free after its lease then.
    pub async fn release(self) -> Result<(), StoreError> {
        if self.record.receipt.state != State::Reserved {
            return self.failed().await.map(drop);
        }
        let until = self.record.until();
        let store = &self.ledger.store;
        // When it is another's by now there is nothing to give back.
        for from in std::iter::once(&self.stored).chain(&self.doubt) {
            if store
                .swap(Space::Ledger, &self.key, from, None, until)
                .await?
            {
                break;
            }
        }
        Ok(())
    }

    /// Stores the next state over the last one, and over nothing else.
    async fn turn(&mut self, state: State, result: Option<Value>) -> Result<(), StoreError> {
        let next = self.record.next(state, result, self.ledger.clock.now());
        let bytes = next.to_bytes()?;
        let doubt = self.doubt.take();
        for from in std::iter::once(&self.stored).chain(&doubt) {
            let swapped =
                self.ledger
                    .store
                    .swap(Space::Ledger, &self.key, from, Some(&bytes), next.until());
            match swapped.await {
                Ok(true) => {
                    self.record = next;
                    self.stored = bytes;
                    return Ok(());
                }
                Ok(false) => {}
                Err(error) => {
                    self.doubt = Some(bytes);
                    return Err(error);
                }
            }
        }
        Err(StoreError::new(
            "the record of this call is no longer its own: it took longer than its lease. Look at the receipts before it is asked for again",
        ))
    }
}
