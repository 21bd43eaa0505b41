//! The ledger: at most one effect for each key.
//!
//! `reserved → sent → done | failed | unknown`. A call takes its key before it does anything, and
//! `sent` is stored before the first byte goes out; so whatever breaks in between, what is stored never
//! says less than what may have happened. A record that stays open longer than [`LEASE`] has lost its
//! process: one that was only `reserved` was never sent and may be taken over; one that was `sent` counts
//! as `unknown`.
//!
//! An unknown outcome is never repeated under the same key as long as its record lives (a day; thirty
//! for money), also when the window of a repeat is long over: who has looked at what happened asks for
//! the call again under a key of his own, or confirms it anew.

mod key;
mod record;
mod reservation;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::registry::entry::Class;
use crate::safety::clock::{self, Clock};
use crate::safety::store::{Space, Store, StoreError};
use record::{Record, Verdict};

pub use key::{How, Key};
pub use record::{MOST_RESULT, Receipt, State};
pub use reservation::Reservation;

/// How long an open record may be somebody's at work. A call ends within 45 s; the rest is for clocks
/// that differ.
pub const LEASE: Duration = Duration::from_secs(90);

/// Pauses between looks at an open record, in milliseconds; five seconds in all.
const PAUSES: [u64; 8] = [50, 100, 200, 400, 800, 1_000, 1_000, 1_450];
/// Beginning of the keys of records that make place for the next of their key.
const OLD: &str = "old/";

/// What a call wants to do.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What it must be the only one of.
    pub key: Key,
    /// The shop, as a keyed hash.
    pub shop: String,
    /// Who calls.
    pub principal: String,
    /// Name of the action.
    pub action: String,
    /// Its class, raised by its arguments or not.
    pub class: Class,
    /// Digest of action and arguments.
    pub digest: String,
    /// How to see what happened, for people and agents.
    pub check: String,
    /// How much it touches.
    pub count: Option<u64>,
    /// Money it moves, as `120.00 USD`.
    pub amount: Option<String>,
    /// How it was confirmed: `elicit`, `handle`, `off`, `terminal`.
    pub confirmed: String,
}

/// How a claim was met.
#[derive(Debug)]
pub enum Begun {
    /// The key is the caller's; it alone may send.
    Mine(Reservation),
    /// It was done before; nothing is sent.
    Replay(Receipt),
    /// Another call of this key has been at work since then (RFC 3339).
    InProgress {
        /// When that call began.
        since: String,
    },
    /// It was sent before and nobody knows what came of it; nothing is sent.
    Unknown(Receipt),
    /// The key was used for something else.
    OtherArguments,
    /// What was confirmed was tried and failed; it needs a new plan.
    Spent,
}

/// Which receipts are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Of this shop.
    pub shop: Option<String>,
    /// Of this principal.
    pub principal: Option<String>,
    /// At most so many, newest first.
    pub limit: usize,
}

/// The ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    store: Arc<dyn Store>,
    clock: Clock,
}

/// How one look at a key ended.
enum Look {
    Over(Box<Begun>),
    /// Somebody's call is open, since then.
    Open(String),
    /// Somebody else was quicker; look again.
    Raced,
}

impl Ledger {
    /// A ledger in a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Takes a key for a call, or says why it cannot be had; waits up to five seconds for another call
    /// of the same key.
    ///
    /// # Errors
    /// When the store fails. Then nothing may be sent.
    pub async fn begin(&self, claim: Claim) -> Result<Begun, StoreError> {
        self.begin_as(claim, None).await
    }

    /// The same for a call that may hold another key already: all keys of a call have one receipt, whose
    /// id is given.
    ///
    /// # Errors
    /// When the store fails. Then nothing may be sent.
    pub async fn begin_as(&self, claim: Claim, receipt: Option<&str>) -> Result<Begun, StoreError> {
        let mut pauses = PAUSES.iter();
        loop {
            match self.look(&claim, receipt).await? {
                Look::Over(begun) => return Ok(*begun),
                Look::Raced => {}
                Look::Open(since) => match pauses.next() {
                    Some(pause) => self.clock.pause(Duration::from_millis(*pause)).await,
                    None => return Ok(Begun::InProgress { since }),
                },
            }
        }
    }

    /// How a call of the same key was met before, without taking the key: `None` when it is free. Waits
    /// as [`Ledger::begin`] does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn met(&self, claim: &Claim) -> Result<Option<Begun>, StoreError> {
        let mut pauses = PAUSES.iter();
        loop {
            let key = claim.key.as_str();
            let Some(stored) = self.store.get(Space::Ledger, key).await? else {
                return Ok(None);
            };
            let there = Record::from_bytes(&stored)?;
            match there.judge(claim, self.clock.now()) {
                Verdict::Over(begun) => return Ok(Some(*begun)),
                Verdict::Free => return Ok(None),
                Verdict::Open => match pauses.next() {
                    Some(pause) => self.clock.pause(Duration::from_millis(*pause)).await,
                    None => {
                        return Ok(Some(Begun::InProgress {
                            since: there.receipt.at,
                        }));
                    }
                },
            }
        }
    }

    async fn look(&self, claim: &Claim, receipt: Option<&str>) -> Result<Look, StoreError> {
        let now = self.clock.now();
        let key = claim.key.as_str();
        let mut mine = Record::reserved(claim, now);
        if let Some(id) = receipt {
            id.clone_into(&mut mine.receipt.id);
        }
        let bytes = mine.to_bytes()?;
        let until = mine.until();
        let stored = self
            .store
            .put_new(Space::Ledger, key, &bytes, until)
            .await?;
        if let Some(stored) = stored {
            let there = Record::from_bytes(&stored)?;
            match there.judge(claim, now) {
                Verdict::Over(begun) => return Ok(Look::Over(begun)),
                Verdict::Open => return Ok(Look::Open(there.receipt.at)),
                Verdict::Free => {}
            }
            self.put_aside(&there, &stored).await?;
            let swapped = self
                .store
                .swap(Space::Ledger, key, &stored, Some(&bytes), until);
            if !swapped.await? {
                return Ok(Look::Raced);
            }
        }
        let mine = Reservation::new(self.clone(), key.to_owned(), mine, bytes);
        Ok(Look::Over(Box::new(Begun::Mine(mine))))
    }

    /// Keeps the receipt of a record that makes place; one of a call that was never sent tells nothing.
    async fn put_aside(&self, record: &Record, bytes: &[u8]) -> Result<(), StoreError> {
        if record.receipt.state == State::Reserved {
            return Ok(());
        }
        let kept = [(format!("{OLD}{}", record.receipt.id), bytes.to_vec())];
        self.store.put(Space::Ledger, &kept, record.until()).await
    }

    /// The receipts there are, newest first, each with the state it has by now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn receipts(&self, filter: &Filter) -> Result<Vec<Receipt>, StoreError> {
        let wanted = |asked: &Option<String>, is: &str| asked.as_ref().is_none_or(|it| it == is);
        let mut found = self.all().await?;
        found.retain(|receipt| {
            wanted(&filter.shop, &receipt.shop) && wanted(&filter.principal, &receipt.principal)
        });
        found.truncate(filter.limit);
        Ok(found)
    }

    /// One receipt.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn receipt(&self, id: &str) -> Result<Option<Receipt>, StoreError> {
        let mut all = self.all().await?.into_iter();
        Ok(all.find(|receipt| receipt.id == id))
    }

    async fn all(&self) -> Result<Vec<Receipt>, StoreError> {
        let now = self.clock.now();
        let stored = self.store.list(Space::Ledger, "").await?;
        let mut found = Vec::new();
        // A call of several keys has a record for each, and one that makes place is there twice.
        let mut seen = HashSet::new();
        for (_, bytes) in stored {
            let receipt = Record::from_bytes(&bytes)?.as_of(now);
            if seen.insert(receipt.id.clone()) {
                found.push(receipt);
            }
        }
        found.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        Ok(found)
    }
}

/// How long a record is kept, in milliseconds: a day, thirty for money.
pub const fn kept(class: Class) -> i64 {
    const DAY: i64 = 86_400_000;
    match class {
        Class::Read | Class::Write | Class::Send | Class::Destroy => DAY,
        Class::Money => 30 * DAY,
    }
}

/// Whether a record that is open since then has lost its process.
fn has_lapsed(since: i64, now: i64) -> bool {
    now.saturating_sub(since) >= clock::millis(LEASE)
}
